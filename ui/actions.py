"""The verbs of the app: what each control does, without a line of Gradio or HTML.

Every verb takes the owner first and gives back frozen values; the screens turn them into
HTML, the routes into files. Nothing here computes: long work is handed to `Jobs`.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import EncryptedFile, NotInLibrary, PrecisError, UnsupportedModel
from engine.ingest.boxes import boxes_of
from engine.tasks.placement import AS_TRAINED
from engine.types import MOST_QUESTION_CHARS, Document
from ui.computer import Computer
from ui.exports import ExportedFile, compared, export, file_stem, marks
from ui.jobs import Jobs, Story
from ui.languages import Languages
from ui.parts import read_part
from ui.passwords import MOST_CHARS, Passwords
from ui.placing import params_of_run, read_options
from ui.preflight import Preflight, estimate, read_measured, setting_name
from ui.scanning import Scanning
from ui.services import Engine
from ui.values import LOCAL, MOST_HITS, BadRequest, Hosting, JobView, Workspace, is_active, seconds_left
from ui.work import MACHINE, Work

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader, PageImage
    from storage.rows import DocumentRow, Hit, JobRow, SavedAnswer, SavedSummary
    from storage.store import Store

log = logging.getLogger(__name__)

KEPT_FOR_UNDO = timedelta(minutes=2)
SECONDS_BETWEEN_SWEEPS = 60.0
JOBS_SHOWN = 100
ANNOTATED, COMPARED = "notes.pdf", "compare.csv"
PAGE_DPI, THUMBNAIL_DPI = 120, 40


class Actions(Computer):
    """The verbs, over a store, a reader and an engine that are made on first use."""

    def __init__(
        self,
        store: Callable[[], Store],
        reader: Callable[[], DocumentReader],
        engine: Callable[[], Engine],
        hosting: Hosting = LOCAL,
    ) -> None:
        self.hosting = hosting
        super().__init__(store, engine)
        self._reader = reader
        self._documents = lru_cache(maxsize=4)(
            lambda owner, document_id: store().document(owner, document_id)
        )
        self._images = lru_cache(maxsize=64)(self._render)
        self._passwords = Passwords(hosting.kept_for)
        self._languages = Languages()
        work = Work(store, reader, engine, self.document, self._passwords, self._forget)
        self.jobs = Jobs(store, work.lanes())
        self.scanning = Scanning(store, reader, self.jobs, hosting)
        self._closing = threading.Event()
        self._sweeper = threading.Thread(target=self._keep_sweeping, daemon=True, name="precis-sweep")

    def start(self) -> None:
        """Open the library, take up queued jobs, forget what was deleted."""
        self.sweep()
        self.jobs.start()
        self._sweeper.start()

    def close(self) -> None:
        """Stop all work; what was running can be resumed."""
        self._closing.set()
        self.jobs.close()
        if self._sweeper.is_alive():
            self._sweeper.join(timeout=5)

    def _keep_sweeping(self) -> None:
        while not self._closing.wait(SECONDS_BETWEEN_SWEEPS):
            try:
                self.sweep()
            except PrecisError as error:
                log.warning("what was deleted could not be removed: %s", error.code)

    # ------------------------------------------------------------- documents

    def add(self, owner: str, path: Path, name: str) -> int:
        """Copy a file into the library and queue its reading; the job's number."""
        limit = self.hosting.max_documents
        if limit is not None and len(self.documents(owner)) + self._n_being_read(owner) >= limit:
            raise BadRequest(f"This demonstration keeps {limit} documents for you. Delete one first.")
        original = self._store().keep_original(owner, path)
        return self.jobs.submit(
            owner, "ingest", {"name": name, "sha256": original.sha256, "n_bytes": original.n_bytes}
        )

    def add_text(self, owner: str, text: str, folder: Path) -> int:
        """Add a text as a file of its own; `folder` holds it for the moment. The job's number."""
        lines = [line for line in text.splitlines() if line.strip()]
        if not lines:
            raise BadRequest("Paste a text first.")
        title = re.sub(r"[^\w ,.()-]", " ", " ".join(lines[0].split()))[:80].strip(" .")
        file = folder / f"{secrets.token_hex(16)}.txt"
        try:
            file.write_text(text, "utf-8", errors="replace")
            return self.add(owner, file, f"{title or 'Pasted text'}.txt")
        finally:
            file.unlink(missing_ok=True)

    def unlock(self, owner: str, job_id: int, password: str) -> None:
        """Read again, with a password, a file that was refused for want of one. Raises NotInLibrary."""
        job = self._store().job(owner, job_id)
        if job.kind != "ingest" or job.error_code != EncryptedFile.code:
            raise BadRequest
        self._passwords.keep(owner, str(job.params["sha256"]), _checked(password))
        self.jobs.resume(owner, job_id)

    def unlock_pages(self, owner: str, document_id: str, password: str) -> None:
        """Draw pages of an encrypted document again, after a restart. Raises EncryptedFile, NotInLibrary."""
        original = self._store().original(owner, document_id)
        self._reader().render(original, 1, dpi=THUMBNAIL_DPI, password=_checked(password))
        self._passwords.keep(owner, document_id, password)

    def _n_being_read(self, owner: str) -> int:
        return sum(is_active(job) and job.kind == "ingest" for job in self.job_rows(owner))

    def documents(self, owner: str) -> tuple[DocumentRow, ...]:
        """The library, newest first."""
        return self._store().documents(owner)

    def document(self, owner: str, document_id: str) -> Document:
        """A document. Raises NotInLibrary, also when it is somebody else's."""
        self._store().document_row(owner, document_id)  # a deleted document may still be remembered here
        return self._documents(owner, document_id)

    def workspace(self, owner: str, document_id: str) -> Workspace:
        """What the document's screen shows. Raises NotInLibrary."""
        store, document = self._store(), self.document(owner, document_id)
        return Workspace(
            row=store.document_row(owner, document_id),
            document=document,
            summaries=store.summaries(owner, document_id),
            answers=store.answers(owner, document_id),
            jobs=store.jobs_about(owner, document_id),
            language=self._languages.of(document),
            known_languages=tuple(code for model in self._engine().models() for code in model.languages),
        )

    def page_image(self, owner: str, document_id: str, page: int, *, small: bool = False) -> PageImage:
        """A page as a picture. Raises NotInLibrary for a document or page that is not there."""
        row = self._store().document_row(owner, document_id)
        if not 1 <= page <= row.n_pages:
            raise NotInLibrary
        return self._images(owner, document_id, page, THUMBNAIL_DPI if small else PAGE_DPI)

    def _render(self, owner: str, document_id: str, page: int, dpi: int) -> PageImage:
        original = self._store().original(owner, document_id)
        password = self._passwords.get(owner, document_id)
        return self._reader().render(original, page, dpi=dpi, password=password)

    def export(
        self, owner: str, document_id: str, what: str, shown: int | None = None, other: int | None = None
    ) -> ExportedFile:
        """A summary, the answers, or the PDF with both as notes, as a file: of the newest summary, or of
        the one numbered `shown`; or the table that compares it with `other`. Raises NotInLibrary."""
        workspace = self.workspace(owner, document_id)
        if what == COMPARED:
            return compared(workspace, shown, other)
        if shown is not None:
            chosen = tuple(saved for saved in workspace.summaries if saved.id == shown)
            workspace = replace(workspace, summaries=chosen)
        if what != ANNOTATED:
            return export(workspace, what)
        if not workspace.document.lines:
            raise NotInLibrary
        original = self._store().original(owner, document_id)
        password = self._passwords.get(owner, document_id)
        copy = self._reader().annotate(original, marks(workspace, boxes_of), password=password)
        return ExportedFile(f"{file_stem(workspace.row.title)}-notes.pdf", "application/pdf", copy)

    def delete(self, owner: str, document_ids: tuple[str, ...]) -> None:
        """Take documents out of the library; for a short while `undo` brings them back."""
        self._stop_all(owner, document_ids)
        self._store().delete_documents(owner, document_ids)
        self._passwords.forget(owner, document_ids)
        self._forget()

    def _stop_all(self, owner: str, document_ids: tuple[str, ...] | None = None) -> None:
        for job in self.job_rows(owner):
            if is_active(job) and (document_ids is None or job.document_id in document_ids):
                self.jobs.stop(owner, job.id)

    def forget(self, owner: str) -> int:
        """Delete everything of an owner for good, at once; how many documents it was."""
        self._stop_all(owner)
        n_documents = self._store().forget(owner=owner)
        self._passwords.forget(owner)
        self._forget()
        return n_documents

    def undo(self, owner: str, document_ids: tuple[str, ...]) -> None:
        """Bring back what was just deleted."""
        self._store().restore_documents(owner, document_ids)

    def rename(self, owner: str, document_id: str, title: str) -> None:
        """Give a document another title."""
        words = " ".join(title.split())[:300]
        if not words:
            raise BadRequest("Write a title first.")
        self._store().rename_document(owner, document_id, words)
        self._forget()

    def sweep(self) -> None:
        """Forget for good what was deleted a while ago."""
        store = self._store()
        if store.read_only:
            return
        n_gone = store.purge_deleted(KEPT_FOR_UNDO)
        if self.hosting.kept_for is not None:
            n_gone += store.forget(self.hosting.kept_for)
        if n_gone:
            self._forget()

    def _forget(self) -> None:
        """Drop what is remembered of documents and pages."""
        self._documents.cache_clear()
        self._images.cache_clear()

    def search(self, owner: str, query: str) -> tuple[Hit, ...]:
        """Passages of the library that match, best first."""
        return self._store().search(owner, query, MOST_HITS) if query.strip() else ()

    # ------------------------------------------------------------- long work

    def summarize(
        self, owner: str, document_id: str, length: str, part: str = "", placement: str = AS_TRAINED,
        picked: str = "", *, together: str = "",
    ) -> int:
        """Queue a summary of a document or a part of it (ui/parts.py), with global attention where the
        reader wants it (ui/placing.py); the job's number. `together` names the set of documents that
        it is one of (ui/together.py)."""
        part, picked = " ".join(part.split()), " ".join(picked.split())
        read_options(self.document(owner, document_id), length, part, placement, picked)
        params = {"length": length, **_given(part=part, together=together)}
        if placement != AS_TRAINED:
            params |= {"placement": placement, **_given(picked=picked if placement == "picked" else "")}
        return self.jobs.submit(owner, "summarize", params, document_id)

    def map_attention(self, owner: str, document_id: str, summary: int) -> int:
        """Queue the map of where the model looked for a summary, once; the job's number.
        Raises NotInLibrary."""
        saved = self._store().summary(owner, summary)
        if saved is None or saved.summary.run.document != document_id:
            raise NotInLibrary
        params = params_of_run(saved.summary.run)
        for job in self._store().jobs_about(owner, document_id):
            if job.kind == "map" and dict(job.params) == params and is_active(job):
                return job.id
        return self.jobs.submit(owner, "map", params, document_id)

    def preflight(
        self, owner: str, document_id: str, part: str = "", placement: str = AS_TRAINED, picked: str = ""
    ) -> Preflight:
        """What a summary will take. Raises UnknownPart."""
        document = self.document(owner, document_id)
        options = read_options(document, "medium", part, placement, picked)
        model = next((model for model in self._engine().models() if "summarize" in model.tasks), None)
        if model is None:
            raise UnsupportedModel("No model that summarizes is on this computer. Install Precis again.")
        # Asking the engine for its device would load torch, which opening a document need not wait for.
        device = str(self._store().get_setting(MACHINE, "device") or "cpu")
        earlier = read_measured(self._store().get_setting(MACHINE, setting_name(model.name, device)))
        return estimate(document, options, model, device, earlier)

    def ask(
        self, owner: str, document_id: str, question: str, part: str = "", *, together: str = ""
    ) -> int:
        """Queue a question about a document or a part of it, or one of a set of documents; the job's
        number. Raises UnknownPart."""
        part = " ".join(part.split())
        read_part(part, self.document(owner, document_id))
        question = " ".join(question.split())
        if not question:
            raise BadRequest("Write a question first.")
        if len(question) > MOST_QUESTION_CHARS:
            raise BadRequest(f"A question may have {MOST_QUESTION_CHARS} characters. Shorten it.")
        params = {"question": question, **_given(part=part, together=together)}
        return self.jobs.submit(owner, "answer", params, document_id)

    def suggest(self, owner: str, document_id: str) -> int:
        """Queue the search for questions that a document answers, once; the job's number."""
        self._store().document_row(owner, document_id)
        for job in self._store().jobs_about(owner, document_id):
            if job.kind == "suggest" and (is_active(job) or job.state == "done"):
                return job.id
        return self.jobs.submit(owner, "suggest", {}, document_id)

    def stop(self, owner: str, job_id: int) -> None:
        """Stop a job."""
        self.jobs.stop(owner, job_id)

    def resume(self, owner: str, job_id: int) -> None:
        """Go on with a job that was stopped, interrupted or failed."""
        self.jobs.resume(owner, job_id)

    def job_rows(self, owner: str, limit: int = JOBS_SHOWN) -> tuple[JobRow, ...]:
        """The newest jobs and all that wait or run, newest first."""
        return self._store().jobs(owner, limit)

    def job_row(self, owner: str, job_id: int) -> JobRow:
        """A job. Raises NotInLibrary, also when it is somebody else's."""
        return self._store().job(owner, job_id)

    def result(self, owner: str, row: JobRow) -> SavedSummary | SavedAnswer | None:
        """What a job that is done gave; None where there is nothing, or no longer."""
        if row.state != "done" or row.result_id is None:
            return None
        find = {"summarize": self._store().summary, "answer": self._store().answer}.get(row.kind)
        return find(owner, row.result_id) if find is not None else None

    def tell(self, owner: str, row: JobRow, story: Story) -> JobView:
        """A job with whatever its log says beyond `story`."""
        told = story.told(self._store().events(owner, row.id, after=story.last))
        return JobView(row, told, seconds_left(row, told, datetime.now(UTC)))


def _given(**params: str) -> dict[str, str]:
    return {name: value for name, value in params.items() if value}


def _checked(password: str) -> str:
    if not 0 < len(password) <= MOST_CHARS:
        raise BadRequest("Write the password first.")
    return password

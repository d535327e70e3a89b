"""The verbs for programs: named endpoints, with the same owner checks and the same jobs as the page.

Long work gives back a job's number at once; `job` says how it stands and what came of it. docs/API.md
describes them for those who call. Everything else that Gradio would offer is private.
"""

# No `from __future__ import annotations`: Gradio reads the types of these functions when it starts.

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr

from engine.errors import NotInLibrary, PrecisError
from ui import together
from ui.jobs import Story
from ui.security import ENDPOINTS
from ui.tabs.page import Page
from ui.values import BadRequest

if TYPE_CHECKING:
    from storage.rows import DocumentRow, JobRow

MOST_LISTED = 1_000
Wanted = Literal["line", "short", "medium", "long", "sections"]


def said_plainly(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Answer what a verb refuses with our own sentence and its code."""

    @functools.wraps(verb)
    def frame(*arguments: Any, **named: Any) -> Any:
        try:
            return verb(*arguments, **named)
        except PrecisError as error:
            raise gr.Error(f"{error} ({error.code})", print_exception=False) from None

    return frame


class Endpoints:
    """Each method that ENDPOINTS names is one endpoint; its docstring is what callers are told."""

    def __init__(self, page: Page, uploads: Path) -> None:
        self.page, self.actions, self.uploads = page, page.actions, uploads.resolve()

    def publish(self) -> None:
        """Add the endpoints to the page that is being built."""
        for name in ENDPOINTS:
            gr.api(said_plainly(getattr(self, name)), api_name=name, queue=False)

    # ------------------------------------------------------------- documents

    def add_document(self, file: dict, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Add an uploaded file to the library.

        Args:
            file: the upload, as gradio_client's handle_file gives it
        Returns:
            {"job": number}; the job's "document" is the new document's id when it is done
        """
        owner = self.page.owner(request)
        path = Path(str(file.get("path", ""))).resolve() if isinstance(file, dict) else Path()
        if not path.is_relative_to(self.uploads) or not path.is_file():
            raise BadRequest("Upload the file first; an upload can be used once.")
        try:
            return {"job": self.actions.add(owner, path, path.name)}
        finally:
            path.unlink(missing_ok=True)

    def add_text(self, text: str, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Add a text to the library; its first line becomes its title.

        Args:
            text: the text
        Returns:
            {"job": number}
        """
        return {"job": self.actions.add_text(self.page.owner(request), _text(text), self.uploads)}

    def unlock(self, job: int, password: str, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Read again, with its password, a PDF whose job failed with the code "password".

        Args:
            job: the number of the failed job
            password: the password; it is kept in memory alone
        Returns:
            {"job": number}
        """
        self.actions.unlock(self.page.owner(request), _number(job), _text(password))
        return {"job": job}

    def recognise(self, document: str, job: int, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Recognise the text of pages that are pictures (OCR): of a document, or of a PDF whose job failed
        with the code "no_text".

        Args:
            document: its id; empty for a PDF that was refused
            job: the number of the failed job; 0 for a document
        Returns:
            {"job": number, "seconds": about how long it takes}
        """
        owner, scanning = self.page.owner(request), self.actions.scanning
        if document:
            row = self.actions.workspace(owner, _text(document)).row
            offer = scanning.offer(row.pages_without_text, row.n_pages)
            return {"job": scanning.recognise(owner, row.id), "seconds": round(offer.seconds)}
        refused = self._row(owner, job)
        file_offer = scanning.offer_for(owner, refused)
        if file_offer is None:
            raise NotInLibrary
        return {"job": scanning.recognise_file(owner, refused.id), "seconds": round(file_offer.seconds)}

    def list_documents(self, request: gr.Request) -> list[dict]:  # type: ignore[type-arg]
        """List the library, newest first.

        Returns:
            objects with "document" (its id), "title", "name", "pages", "characters", "bytes", "added",
            "pages_without_text", "pages_failed", "has_summary"
        """
        return [_document(row) for row in self.actions.documents(self.page.owner(request))[:MOST_LISTED]]

    def search(self, query: str, request: gr.Request) -> list[dict]:  # type: ignore[type-arg]
        """Find pages that hold every word of a query, best first.

        Args:
            query: words; the last may be the beginning of one
        Returns:
            objects with "document", "title", "page", "text"
        """
        hits = self.actions.search(self.page.owner(request), _text(query))
        words = ((hit, "".join(text for text, _ in hit.pieces)) for hit in hits)
        return [{"document": h.document, "title": h.title, "page": h.page, "text": text} for h, text in words]

    def delete_documents(self, documents: list[str], request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Delete documents; for two minutes restore_documents brings them back.

        Args:
            documents: their ids
        Returns:
            {"deleted": ids of those that were there}
        """
        owner, wanted = self.page.owner(request), set(_ids(documents))
        there = tuple(row.id for row in self.actions.documents(owner) if row.id in wanted)
        self.actions.delete(owner, there)
        return {"deleted": list(there)}

    def restore_documents(self, documents: list[str], request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Bring back documents that were just deleted.

        Args:
            documents: their ids
        Returns:
            {"documents": ids of those that are in the library now}
        """
        owner, wanted = self.page.owner(request), _ids(documents)
        self.actions.undo(owner, wanted)
        return {"documents": [row.id for row in self.actions.documents(owner) if row.id in wanted]}

    # ------------------------------------------------------------- long work

    def summarize(
        self, request: gr.Request, documents: list[str], length: Wanted = "medium", part: str = ""
    ) -> dict:  # type: ignore[type-arg]
        """Summarise documents, each by a job of its own.

        Args:
            documents: their ids
            length: "line", "short", "medium", "long" or "sections"
            part: pages such as "2-5, 9"; only with one document
        Returns:
            {"jobs": numbers, in the order of the documents}
        """
        owner, wanted = self.page.owner(request), _ids(documents)
        if len(wanted) == 1:
            return {"jobs": [self.actions.summarize(owner, wanted[0], length, _text(part))]}
        if part:
            raise BadRequest("A part can be chosen of one document at a time.")
        return {"jobs": list(together.summarize(self.actions, owner, wanted, length))}

    def ask(self, documents: list[str], question: str, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Ask a question of documents, each by a job of its own; compare the confidence of the answers
        (null where the whole was asked about).

        Args:
            documents: their ids
            question: in plain words
        Returns:
            {"jobs": numbers, in the order of the documents}
        """
        owner, wanted = self.page.owner(request), _ids(documents)
        if len(wanted) == 1:
            return {"jobs": [self.actions.ask(owner, wanted[0], _text(question))]}
        return {"jobs": list(together.ask(self.actions, owner, wanted, _text(question)))}

    def job(self, job: int, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Say how a job stands, and what came of it when it is done.

        Args:
            job: its number
        Returns:
            an object with "job", "kind", "state" (queued, running, done, failed, stopped, interrupted),
            "document", "progress", "error", and "result": a summary or an answer with its citations
        """
        owner = self.page.owner(request)
        return self._job(owner, self._row(owner, job), result=True)

    def list_jobs(self, request: gr.Request) -> list[dict]:  # type: ignore[type-arg]
        """List the newest jobs, newest first.

        Returns:
            objects as `job` gives them, without "result"
        """
        owner = self.page.owner(request)
        return [self._job(owner, row, result=False) for row in self.actions.job_rows(owner)]

    def stop_job(self, job: int, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Stop a job; what it read is kept.

        Args:
            job: its number
        Returns:
            the job
        """
        owner = self.page.owner(request)
        self.actions.stop(owner, _number(job))
        return self._job(owner, self._row(owner, job), result=False)

    def resume_job(self, job: int, request: gr.Request) -> dict:  # type: ignore[type-arg]
        """Go on with a job that was stopped, interrupted or failed.

        Args:
            job: its number
        Returns:
            the job
        """
        owner = self.page.owner(request)
        self.actions.resume(owner, _number(job))
        return self._job(owner, self._row(owner, job), result=False)

    def _row(self, owner: str, job: int) -> "JobRow":
        return self.actions.job_row(owner, _number(job))

    def _job(self, owner: str, row: "JobRow", *, result: bool) -> dict[str, Any]:
        progress = self.actions.tell(owner, row, Story()).story.progress if row.state == "running" else None
        said: dict[str, Any] = {
            "job": row.id, "kind": row.kind, "state": row.state, "document": row.document_id,
            "progress": {"phase": progress.phase, "done": progress.done, "total": progress.total}
            if progress else None,
            "error": {"code": row.error_code, "message": row.error_message} if row.error_code else None,
        }
        if result:
            saved = self.actions.result(owner, row)
            made = getattr(saved, "summary", None) or getattr(saved, "answer", None)
            said["result"] = json.loads(json.dumps(made.as_json())) if made is not None else None
        return said


def _document(row: "DocumentRow") -> dict[str, Any]:
    return {
        "document": row.id, "title": row.title, "name": row.name, "pages": row.n_pages,
        "characters": row.n_chars, "bytes": row.n_bytes, "added": row.added.isoformat(),
        "pages_without_text": list(row.pages_without_text), "pages_failed": list(row.pages_failed),
        "has_summary": row.has_summary,
    }


def _ids(value: object) -> tuple[str, ...]:
    """Callers may send anything, whatever the types say."""
    if not isinstance(value, list) or not value or len(value) > MOST_LISTED:
        raise BadRequest("Give the ids of documents as a list.")
    if not all(isinstance(one, str) for one in value):
        raise NotInLibrary
    return tuple(dict.fromkeys(value))


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise BadRequest("A job's number is a whole number.")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadRequest("Words are expected here.")
    return value

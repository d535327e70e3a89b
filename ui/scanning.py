"""The verbs about pages that are pictures: what recognising their text will take, and doing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.errors import RecognitionMissing
from engine.types import JsonScalar
from ui.jobs import Jobs, Story
from ui.recognition import KIND, SETTING, Offer, read_pace, seconds_for, superseded, wants_recognition
from ui.values import BadRequest, Hosting, is_active
from ui.work import MACHINE

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader
    from storage.rows import JobRow
    from storage.store import Store

JOBS_SEEN = 100


class Scanning:
    """Offer and queue the recognition of text. Every verb sees only what the owner has."""

    def __init__(
        self, store: Callable[[], Store], reader: Callable[[], DocumentReader], jobs: Jobs, hosting: Hosting
    ) -> None:
        self._store, self._reader, self._jobs, self._hosting = store, reader, jobs, hosting

    def offer(self, pages: tuple[int, ...], n_pages: int) -> Offer:
        """What recognising the text of these pages will take."""
        pace = read_pace(self._store().get_setting(MACHINE, SETTING))
        installed, most = self._reader().can_recognise, self._hosting.max_recognised
        return Offer(pages, n_pages, seconds_for(len(pages), pace), bool(pace), installed, most)

    def offer_for(self, owner: str, job: JobRow) -> Offer | None:
        """The same for a file that was refused because all of it is pictures; None for other jobs."""
        if not wants_recognition(job) or job.id in superseded(self._store().jobs(owner, JOBS_SEEN)):
            return None
        n_pages = self._n_pages(owner, job)
        return self.offer(tuple(range(1, n_pages + 1)), n_pages)

    def recognise(self, owner: str, document_id: str) -> int:
        """Queue the recognition of the text of a document's pictures; the job's number."""
        row = self._store().document_row(owner, document_id)
        jobs = self._store().jobs_about(owner, document_id)
        if not row.pages_without_text or any(job.kind == KIND and is_active(job) for job in jobs):
            raise BadRequest
        self._check(len(row.pages_without_text))
        params: dict[str, JsonScalar] = {"name": row.name, "sha256": row.id, "n_bytes": row.n_bytes}
        return self._jobs.submit(owner, KIND, params, document_id)

    def recognise_file(self, owner: str, job_id: int) -> int:
        """The same for a file that was refused because all of it is pictures; the new job's number."""
        job = self._store().job(owner, job_id)
        if self.offer_for(owner, job) is None:
            raise BadRequest
        self._check(self._n_pages(owner, job))
        most = self._hosting.max_documents
        if most is not None and len(self._store().documents(owner)) >= most:
            raise BadRequest(f"This demonstration keeps {most} documents for you. Delete one first.")
        params: dict[str, JsonScalar] = {**job.params, "new": True}
        return self._jobs.submit(owner, KIND, params)

    def _check(self, n_pages: int) -> None:
        most = self._hosting.max_recognised
        if most is not None and not 0 < n_pages <= most:
            raise BadRequest(f"This demonstration recognises the text of {most} pages at most.")
        if not self._reader().can_recognise:
            raise RecognitionMissing

    def _n_pages(self, owner: str, job: JobRow) -> int:
        """How many pages a refused file has, as the log of its reading says; 0 where it says nothing."""
        progress = Story().told(self._store().events(owner, job.id, after=0)).progress
        return progress.total if progress is not None else 0

"""Several documents at once: a question to all of them, a summary of each of them.

Each document is read by itself, by a job of its own, and gets an answer or a summary that is kept
like any other, with its own run record. What belongs together is known by the set's name in the
jobs' settings. Confidences are calibrated alike for every document, so they can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import NotInLibrary
from engine.types import Answer, Summary
from ui.actions import Actions
from ui.choosing import MOST_TOGETHER
from ui.jobs import Story
from ui.values import BadRequest, JobView, is_active

if TYPE_CHECKING:
    from storage.rows import DocumentRow, JobRow

JOBS_LOOKED_AT = 1_000
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Part:
    """What came of one document: its job, and the output when the job is done."""

    row: DocumentRow
    view: JobView
    answer: Answer | None = None
    summary: Summary | None = None


@dataclass(frozen=True, slots=True)
class Gathering:
    """One question, or one length of summary, over several documents, in the order they were chosen."""

    kind: str  # of the jobs: "answer" or "summarize"
    asked: str  # the question, or the length
    parts: tuple[Part, ...]

    @property
    def active(self) -> tuple[Part, ...]:
        """Those that wait or are being read."""
        return tuple(part for part in self.parts if is_active(part.view.row))


def name_of(document_ids: Sequence[str]) -> str:
    """The name of a set of documents, whatever their order."""
    return hashlib.sha256(",".join(sorted(document_ids)).encode()).hexdigest()[:24]


def chosen_rows(actions: Actions, owner: str, document_ids: Sequence[str]) -> tuple[DocumentRow, ...]:
    """The documents of a set. Raises NotInLibrary where one is missing, BadRequest for none or too many."""
    if not 0 < len(document_ids) <= MOST_TOGETHER:
        raise BadRequest(f"Choose between 1 and {MOST_TOGETHER} documents.")
    known = {row.id: row for row in actions.documents(owner)}
    if not all(one in known for one in document_ids):
        raise NotInLibrary("A document of this choice was deleted. Choose again in the library.")
    return tuple(known[one] for one in document_ids)


def ask(
    actions: Actions, owner: str, document_ids: Sequence[str], question: str, *, chosen: Sequence[str] = ()
) -> tuple[int, ...]:
    """Queue a question to each document; the jobs' numbers. Where others of the set were deleted, `chosen`
    is the set as it was. Raises NotInLibrary, BadRequest."""
    rows, name = chosen_rows(actions, owner, document_ids), name_of(chosen or document_ids)
    return tuple(actions.ask(owner, row.id, question, together=name) for row in rows)


def summarize(
    actions: Actions, owner: str, document_ids: Sequence[str], length: str, *, chosen: Sequence[str] = ()
) -> tuple[int, ...]:
    """Queue a summary of each document, as `ask` does. Raises NotInLibrary, BadRequest."""
    rows, name = chosen_rows(actions, owner, document_ids), name_of(chosen or document_ids)
    return tuple(actions.summarize(owner, row.id, length, together=name) for row in rows)


def gathered(
    actions: Actions, owner: str, document_ids: Sequence[str], *, chosen: Sequence[str] = ()
) -> tuple[Gathering, ...]:
    """What was asked of these documents together, newest first; `chosen` as for `ask`. Raises
    NotInLibrary, BadRequest."""
    rows, name = chosen_rows(actions, owner, document_ids), name_of(chosen or document_ids)
    newest: dict[tuple[str, str], dict[str, JobRow]] = {}
    for job in actions.job_rows(owner, JOBS_LOOKED_AT):
        if job.params.get("together") == name and job.document_id is not None:
            asked = str(job.params.get("question") or job.params.get("length"))
            newest.setdefault((job.kind, asked), {}).setdefault(job.document_id, job)
    return tuple(
        Gathering(kind, asked, tuple(_part(actions, row, jobs[row.id]) for row in rows if row.id in jobs))
        for (kind, asked), jobs in list(newest.items())[:MOST_SHOWN]
    )


def _part(actions: Actions, row: DocumentRow, job: JobRow) -> Part:
    view = actions.tell(row.owner, job, Story()) if is_active(job) else JobView(job, Story())
    result = actions.result(row.owner, job)
    return Part(row, view, getattr(result, "answer", None), getattr(result, "summary", None))

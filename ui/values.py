"""What the verbs of ui/actions.py give back to the screens, and how a hosted library differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from engine.errors import PrecisError
from engine.types import Document
from storage.rows import UNFINISHED
from ui.jobs import Story

if TYPE_CHECKING:
    from storage.rows import DocumentRow, JobRow, SavedAnswer, SavedSummary


MOST_HITS = 50  # of a search


class BadRequest(PrecisError):
    """The page asked for something it cannot have meant; it is probably out of date."""

    code = "bad-request"
    default = "This page is out of date. Reload it and try again."


@dataclass(frozen=True, slots=True)
class Hosting:
    """What differs where strangers share one server: documents go by themselves, and are few."""

    kept_for: timedelta | None = None
    max_documents: int | None = None
    max_recognised: int | None = None  # pages of a document whose text may be recognised


LOCAL = Hosting()
HOSTED = Hosting(kept_for=timedelta(minutes=60), max_documents=3, max_recognised=20)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job and what its log says."""

    row: JobRow
    story: Story
    seconds_left: float | None = None  # estimated from how fast it came so far


def seconds_left(row: JobRow, story: Story, now: datetime) -> float | None:
    """An estimate once it can mean something: after a twentieth of the work and three seconds. What was
    saved before the job went on took no time of these."""
    progress = story.progress
    if row.state != "running" or row.started is None or progress is None or not progress.total:
        return None
    elapsed, done = (now - row.started).total_seconds(), progress.done / progress.total
    before = story.before
    saved = before.done / before.total if before is not None and before.total == progress.total else 0.0
    gained = done - saved
    return elapsed * (1 - done) / gained if gained >= 0.05 and elapsed >= 3 else None


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything that is known about one document."""

    row: DocumentRow
    document: Document
    summaries: tuple[SavedSummary, ...]  # newest first
    answers: tuple[SavedAnswer, ...]  # oldest first
    jobs: tuple[JobRow, ...]  # newest first
    language: str | None = None  # ISO 639-1, where it can be told
    known_languages: tuple[str, ...] = ()  # of the models


def is_active(row: JobRow) -> bool:
    """Whether a job waits or runs."""
    return row.state in UNFINISHED

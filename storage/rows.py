"""What the store gives out: frozen values, never rows that still hang on a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from engine.types import Answer, JsonScalar, Status, Summary
from storage.files import Trouble

JobState = Literal["queued", "running", "done", "failed", "stopped", "interrupted"]
UNFINISHED: Final = ("queued", "running")
RESUMABLE: Final = ("stopped", "failed", "interrupted")


@dataclass(frozen=True, slots=True)
class Original:
    """A file that is kept."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """What a list of documents shows. `id` is the SHA-256 of the file."""

    id: str
    owner: str
    name: str  # of the file, as it came
    title: str
    status: Status
    n_pages: int
    n_chars: int
    n_bytes: int
    pages_without_text: tuple[int, ...]
    pages_failed: tuple[int, ...]
    added: datetime
    has_summary: bool
    pages_recognised: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that matches a search. `pieces` are runs of its text and whether each is a match."""

    document: str
    title: str
    page: int
    pieces: tuple[tuple[str, bool], ...]
    score: float  # greater is better


@dataclass(frozen=True, slots=True)
class SavedSummary:
    """A summary as it was saved."""

    id: int
    created: datetime
    summary: Summary


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """An answer as it was saved."""

    id: int
    created: datetime
    answer: Answer


@dataclass(frozen=True, slots=True)
class JobRow:
    """A piece of long work and how it stands."""

    id: int
    owner: str
    kind: str
    state: JobState
    document_id: str | None
    params: Mapping[str, JsonScalar]
    created: datetime
    started: datetime | None
    finished: datetime | None
    error_code: str | None
    error_message: str | None
    result_id: int | None
    pid: int | None
    pid_start: str | None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One entry of a job's log."""

    id: int
    created: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the library holds and takes on the disk."""

    n_documents: int
    original_bytes: int
    database_bytes: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the library that is not as it was stored."""

    what: Trouble | Literal["document altered", "database damaged"]
    owner: str
    document: str | None

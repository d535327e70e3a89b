"""What recognising the text of a document's pictures will take: pages, seconds, and whether it can be done.

The pace comes from what it took on this computer before; only counts and seconds are kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import NoText
from engine.ingest.recogniser import SECONDS_PER_PAGE
from engine.types import JsonScalar

if TYPE_CHECKING:
    from storage.rows import JobRow

KEPT = 8  # measures
SETTING = "measured:recognition"
KIND = "recognise"  # of job
SCRIPTS = "Latin, Greek, Chinese and Japanese letters"  # what the models of the extra know

Pace = tuple[tuple[int, float], ...]  # pages and seconds of earlier times


@dataclass(frozen=True, slots=True)
class Offer:
    """`pages` of `n_pages` are pictures whose text could be recognised in about so many seconds;
    `is_measured` says whether this computer did it before, `most_pages` how many are allowed here."""

    pages: tuple[int, ...]
    n_pages: int
    seconds: float
    is_measured: bool
    is_installed: bool
    most_pages: int | None = None


def seconds_for(n_pages: int, pace: Pace) -> float:
    """About how long so many pages take."""
    known = sum(n for n, _ in pace)
    each = sum(seconds for _, seconds in pace) / known if known else SECONDS_PER_PAGE
    return n_pages * each


def read_pace(value: JsonScalar) -> Pace:
    """The measures in a kept value; none where there is nothing that can be read."""
    try:
        rows = json.loads(value) if isinstance(value, str) else []
        return tuple((int(n), float(seconds)) for n, seconds in rows if int(n) > 0 and float(seconds) > 0)
    except (TypeError, ValueError):
        return ()


def with_measure(pace: Pace, n_pages: int, seconds: float) -> str | None:
    """The value to keep after another time; None where nothing was looked at."""
    if n_pages < 1 or seconds <= 0:
        return None
    return json.dumps([*pace, (n_pages, round(seconds, 2))][-KEPT:])


def wants_recognition(row: JobRow) -> bool:
    """Whether a file was refused that recognition of its text might still bring in."""
    name = str(row.params.get("name", "")).lower()
    return row.state == "failed" and row.kind == "ingest" and row.error_code == NoText.code and (
        name.endswith(".pdf")
    )


def is_new(row: JobRow) -> bool:
    """Whether a job recognises a file that is not in the library yet."""
    return row.kind == KIND and bool(row.params.get("new"))


def superseded(rows: Sequence[JobRow]) -> set[int]:
    """Refused files whose text was recognised since, or is about to be: their rows say nothing new."""
    newest = {str(row.params.get("sha256")): row.id for row in reversed(rows) if is_new(row)}
    return {
        row.id
        for row in rows
        if row.kind == "ingest" and newest.get(str(row.params.get("sha256")), 0) > row.id
    }

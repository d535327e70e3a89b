"""Recognise the text of pages that are pictures, page by page, and make the document anew with it.

Each page is drawn in one child process and looked at in another, which sees only pixels; the lines
then take the way of all printed lines. What was recognised is told as `WindowDone`, so whoever keeps
that and gives it back as `kept` need not wait for those pages again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import DocumentError, EncryptedFile, FileTooLarge, NoText
from engine.ingest.merge import merge
from engine.ingest.recogniser import ReadPage, Recogniser, unpack
from engine.types import (
    Document,
    IsCancelled,
    OnEvent,
    Progress,
    Span,
    WindowDone,
    ignore_event,
    never_cancelled,
)

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader

MAX_FAILED = 8  # pages that may take too long before the others are left as they are
NO_PAGES: Mapping[int, bytes] = {}


@dataclass(frozen=True, slots=True)
class Scan:
    """A file some of whose pages are pictures. `before` is what could be read of it, if anything
    could; `n_pages` is how many pages it has. The password is kept nowhere."""

    path: Path
    name: str
    n_pages: int
    before: Document | None = None
    password: str = ""

    @property
    def pages(self) -> tuple[int, ...]:
        """Numbers of the pages to look at."""
        return self.before.pages_without_text if self.before else tuple(range(1, self.n_pages + 1))


@dataclass(frozen=True, slots=True)
class Recognition:
    """A document with recognised pages, and where the places of the one before are now. `n_looked`
    pages took `seconds`; what was kept from earlier is not among them."""

    document: Document
    moved: Callable[[Span], Span]
    failed: tuple[int, ...]
    n_looked: int
    seconds: float


def recognise(
    reader: DocumentReader, scan: Scan, *, kept: Mapping[int, bytes] = NO_PAGES,
    on_event: OnEvent = ignore_event, cancelled: IsCancelled = never_cancelled,
) -> Recognition:
    """Recognise the text of a scan.

    `kept` are payloads of earlier WindowDone events, by page number. Raises NoText where there is
    none to recognise, Cancelled, RecognitionMissing, RecognitionFailed, DocumentError.
    """
    started, n_looked, n_failed = time.monotonic(), 0, 0
    pages: list[ReadPage] = []
    with closing(reader.recogniser()) as recogniser:
        for done, number in enumerate(scan.pages, start=1):
            on_event(Progress("Recognising", done, len(scan.pages), "page"))
            if number in kept:
                pages.append(unpack(kept[number]))
                continue
            if n_failed >= MAX_FAILED:  # a file that is made to take its time does not get all of it
                pages.append(ReadPage(number, 612.0, 792.0, failed=True))
                continue
            page = _look(reader, recogniser, scan, number, cancelled)
            n_looked += not page.is_blank
            n_failed += page.failed
            pages.append(page)
            if not page.failed:  # another try may do better
                on_event(WindowDone(number, scan.n_pages, page.packed()))
    seconds = time.monotonic() - started
    if not any(page.lines for page in pages):
        raise NoText(_nothing(pages, scan), pages=scan.n_pages)
    on_event(Progress("Setting the text", 0, 1))
    recognised = reader.compose(scan, pages)
    failed = tuple(page.number for page in pages if page.failed)
    if scan.before is None:
        return Recognition(recognised, _stay, failed, n_looked, seconds)
    merged = merge(scan.before, replace(recognised, id=scan.before.id))
    return Recognition(merged.document, merged.moved, failed, n_looked, seconds)


def _look(
    reader: DocumentReader, recogniser: Recogniser, scan: Scan, number: int, cancelled: IsCancelled
) -> ReadPage:
    """One page. A page that cannot be drawn is given up; a file that cannot be opened is not looked at."""
    try:
        picture = reader.draw_grey(scan.path, number, password=scan.password, cancelled=cancelled)
    except (EncryptedFile, FileTooLarge):
        raise
    except DocumentError:
        return ReadPage(number, 612.0, 792.0, failed=True)
    return recogniser.look(picture, number, cancelled)


def _stay(span: Span) -> Span:
    return span


def _nothing(pages: Sequence[ReadPage], scan: Scan) -> str:
    if pages and all(page.failed for page in pages):
        return "The pages that are pictures took too long or could not be drawn. Nothing was changed."
    return "No text was recognised: the pages are empty, or hold pictures without text."

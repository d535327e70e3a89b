"""Bytes -> Document, in child processes that may fail without consequence.

    reader = DocumentReader(LOCAL)
    document = reader.read(Path("paper.pdf"))

The file is checked and hashed here (engine.ingest.intake), opened and understood in a child
(engine.ingest.child), and what comes back is checked again (engine.ingest.wire). A page on which
a child dies or hangs is skipped in the next attempt, so that one bad page costs one page.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import Cancelled, DocumentError, ReadingTimedOut, RecognitionMissing, UnreadableFile
from engine.ingest.intake import Intake, admit, is_unchanged
from engine.ingest.limits import HOSTED, LOCAL, Limits
from engine.ingest.recogniser import RECOGNISER, Picture, ReadPage, Recogniser, is_installed
from engine.ingest.wire import Assembly, PageImage, read_copy, read_image, read_picture, refusal
from engine.ingest.worker import CHILD, ChildFailed, Message, Worker
from engine.types import Document, IsCancelled, OnEvent, Progress, ignore_event, never_cancelled

if TYPE_CHECKING:
    from engine.ingest.recognise import Scan

__all__ = ["HOSTED", "LOCAL", "DocumentReader", "Limits", "PageImage"]

N_WORKERS = 2
DOCUMENTS_PER_WORKER = 50
MAX_SKIPPED = 8  # pages that may kill a child before the file counts as damaged
TICK = 0.1  # seconds between looks at the cancel flag
GRACE = 2.0  # seconds that a child has beyond its own budget to say so itself


class DocumentReader:
    """Owns the child processes. Thread-safe; at most `N_WORKERS` documents are read at once.

    `child` names the module that serves in them, `recogniser` the one that recognises text: the
    tests put one there that hangs or crashes.
    """

    def __init__(
        self, limits: Limits = LOCAL, *, child: str = CHILD, recogniser: str = RECOGNISER
    ) -> None:
        self.limits = limits
        self._child, self._recogniser = child, recogniser
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._seats = threading.BoundedSemaphore(N_WORKERS)
        self._closed = False

    def read(
        self, path: Path, *, name: str | None = None, password: str = "",
        on_event: OnEvent = ignore_event, cancelled: IsCancelled = never_cancelled,
    ) -> Document:
        """Read a document. `name` is the original file name, whose extension counts; `password`
        opens an encrypted PDF, and is kept nowhere.

        Raises a DocumentError whose status says why the file cannot be used, or Cancelled.
        """
        name = path.name if name is None else name
        intake = admit(path, name, self.limits, cancelled)
        attempt = _Attempt(path, name, intake, self.limits, password)
        try:
            with self._seat(cancelled):
                document = self._read(attempt, on_event, cancelled)
        except DocumentError as error:
            error.document = intake.sha256
            error.pages = error.pages or attempt.n_pages
            raise
        if not is_unchanged(path, intake):
            raise UnreadableFile("This file changed while it was read. Add it again.", document=intake.sha256)
        return document

    def render(self, path: Path, page: int, *, dpi: int = 110, password: str = "") -> PageImage:
        """Picture of a page of a PDF; `page` counts from 1. Raises DocumentError."""
        order = {"do": "render", "page": page, "dpi": dpi, "password": password}
        message = self._order(path, order, self.limits.page_seconds)
        if message is None:
            raise ReadingTimedOut("Drawing this page took too long. Its text is still available.")
        return read_image(message)

    @property
    def can_recognise(self) -> bool:
        """Whether text recognition is installed."""
        return self._recogniser != RECOGNISER or is_installed()

    def recogniser(self) -> Recogniser:
        """A new process for text recognition, to be closed. Raises RecognitionMissing."""
        if not self.can_recognise:
            raise RecognitionMissing
        return Recogniser(self.limits, self._recogniser)

    def draw_grey(
        self, path: Path, page: int, *, password: str = "", cancelled: IsCancelled = never_cancelled
    ) -> Picture:
        """A page as text recognition wants it. Raises DocumentError, Cancelled."""
        order = {"do": "grey", "page": page, "password": password}
        message = self._order(path, order, 3 * self.limits.page_seconds, cancelled)
        if message is None:
            raise ReadingTimedOut("Drawing this page took too long.")
        return read_picture(message)

    def compose(self, scan: Scan, pages: Sequence[ReadPage]) -> Document:
        """The document that recognised pages make, all others empty. Raises DocumentError."""
        intake = admit(scan.path, scan.name, self.limits, never_cancelled)
        rows = [page.as_row() for page in pages]
        order = {"do": "compose", "name": scan.name, "password": scan.password}
        request = self._request(scan.path, order, self.limits.seconds)
        assembly, deadline = Assembly(intake.sha256, self.limits), time.monotonic() + self.limits.seconds
        with self._seat(never_cancelled), self._worker() as worker:
            try:
                worker.wait_until_ready()
                worker.ask(request, json.dumps(rows).encode())
                while time.monotonic() < deadline:
                    message = worker.next(TICK)
                    if message is not None and "error" in message:
                        raise refusal(message)
                    if message is not None and (document := assembly.take(message)) is not None:
                        return document
            except ChildFailed:
                raise UnreadableFile("The recognised text could not be set. Try again.") from None
        raise ReadingTimedOut("Setting the recognised text took too long. Split the file and add the parts.")

    def annotate(
        self, path: Path, marks: Sequence[Mapping[str, object]], *, password: str = ""
    ) -> bytes:
        """A copy of a PDF with highlights and notes (engine.ingest.annotate). Raises DocumentError."""
        order = {"do": "annotate", "marks": list(marks), "password": password}
        message = self._order(path, order, self.limits.seconds)
        if message is None:
            raise ReadingTimedOut("Writing the notes into this PDF took too long. Export the text instead.")
        return read_copy(message)

    def _request(self, path: Path, order: Mapping[str, object], seconds: float) -> dict[str, object]:
        limits = self.limits.as_json()
        return {**order, "path": os.fsencode(path).hex(), "limits": limits, "seconds": seconds}

    def _order(
        self, path: Path, order: Mapping[str, object], seconds: float,
        cancelled: IsCancelled = never_cancelled,
    ) -> Message | None:
        """Ask a child for one message about a file; None where it takes too long."""
        with self._seat(cancelled), self._worker() as worker:
            try:
                worker.wait_until_ready()
                worker.ask(self._request(path, order, seconds))
                return worker.next(seconds + GRACE)
            except ChildFailed:
                raise UnreadableFile("This page cannot be shown. Its text is still available.") from None

    def close(self) -> None:
        """End the child processes; a reader that was closed cannot be used again."""
        with self._lock:
            self._closed = True
            workers, self._idle = self._idle, []
        for worker in workers:
            worker.close()

    def _read(self, attempt: _Attempt, on_event: OnEvent, cancelled: IsCancelled) -> Document:
        while True:
            try:
                with self._worker() as worker:
                    return _converse(worker, attempt, on_event, cancelled)
            except ChildFailed as failure:
                attempt.learn(failure)

    @contextmanager
    def _seat(self, cancelled: IsCancelled) -> Iterator[None]:
        """Wait for a turn, watching the cancel flag."""
        while not self._seats.acquire(timeout=TICK):
            if cancelled():
                raise Cancelled
        try:
            yield
        finally:
            self._seats.release()

    @contextmanager
    def _worker(self) -> Iterator[Worker]:
        """A child that is idle, or a new one; afterwards it is idle again or gone."""
        with self._lock:
            if self._closed:
                raise ValueError("this DocumentReader was closed")
            worker = self._idle.pop() if self._idle else None
        worker = worker or Worker(self._child)
        healthy = False
        try:
            yield worker
        finally:
            healthy = worker.end() and worker.served < DOCUMENTS_PER_WORKER
            with self._lock:
                keep = healthy and not self._closed
                if keep:
                    self._idle.append(worker)
            if not keep:
                worker.close()


@dataclass(slots=True)
class _Attempt:
    """A document on its way: what is known, what to skip, and until when."""

    path: Path
    name: str
    intake: Intake
    limits: Limits
    password: str = field(default="", repr=False)
    deadline: float = 0.0  # the clock starts when the first child is ready
    skip: set[int] = field(default_factory=set)
    lean: bool = False  # without the edges of every letter and without layout
    n_pages: int = 0
    page: int = 0  # the page under way; 0 before the first and after the last
    is_second: bool = False  # whether it failed before anything was known, be it for lack of memory

    def request(self) -> dict[str, object]:
        """What the child is asked, with the time that is left."""
        self.page = 0
        self.deadline = self.deadline or time.monotonic() + self.limits.seconds
        return {
            "do": "read", "path": os.fsencode(self.path).hex(), "name": self.name, "kind": self.intake.kind,
            "skip": sorted(self.skip), "lean": self.lean, "limits": self.limits.as_json(),
            "seconds": max(1.0, self.deadline - time.monotonic()), "password": self.password,
        }

    def learn(self, failure: ChildFailed) -> None:
        """Change what caused the failure, or give up: raises a DocumentError."""
        if self.deadline and self.deadline - time.monotonic() < 1.0:
            raise ReadingTimedOut
        if self.page and len(self.skip) < MAX_SKIPPED:
            self.skip.add(self.page)
        elif self.n_pages and not self.lean:
            self.lean = True
        elif not self.n_pages and not self.is_second:
            self.is_second = True
        else:
            raise UnreadableFile


def _converse(worker: Worker, attempt: _Attempt, on_event: OnEvent, cancelled: IsCancelled) -> Document:
    """Take one document's messages. Raises ChildFailed where another attempt may do better."""
    limits = attempt.limits
    worker.wait_until_ready()
    worker.ask(attempt.request())
    assembly = Assembly(attempt.intake.sha256, limits)
    page_deadline = attempt.deadline
    while True:
        if cancelled():
            raise Cancelled
        message = worker.next(TICK)
        now = time.monotonic()
        if message is None:
            if now > min(page_deadline, attempt.deadline + GRACE):
                raise ChildFailed(None)
            continue
        if "gone" in message:
            raise ChildFailed(None)
        if "at" in message:
            _note_progress(attempt, message, on_event)
            page_deadline = now + limits.page_seconds if attempt.page else attempt.deadline + GRACE
        elif "error" in message:
            raise refusal(message)
        elif (document := assembly.take(message)) is not None:
            return document


def _note_progress(attempt: _Attempt, message: Message, on_event: OnEvent) -> None:
    page, total = message.get("at"), message.get("of")
    if not (isinstance(page, int) and isinstance(total, int) and 0 <= page <= total <= attempt.limits.pages):
        raise ChildFailed(None)
    attempt.page, attempt.n_pages = page, total
    if page:
        on_event(Progress("Reading", page, total, "page"))

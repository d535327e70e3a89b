"""Long work: who does it, what is written down about it, how it stops and how it goes on.

A job is a row in the store. Two threads own all jobs of this process: one runs models, one
reads files, so a book being summarised does not keep a new file waiting. What a job does is
kept as an append-only log in the store, which the page watches; nothing hangs on a browser
staying open. Each window a model finishes is saved, so a job that was stopped or killed
continues where it was.

    queued -> running -> done | failed | stopped | interrupted
                                         stopped, failed, interrupted -> queued   (resume)
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from engine.errors import Cancelled, PrecisError, StorageError
from engine.types import (
    AttentionMap,
    Citation,
    Event,
    JsonScalar,
    Mapped,
    Progress,
    Provisional,
    Span,
    WindowDone,
)
from storage.rows import RESUMABLE
from ui.turns import Turns

if TYPE_CHECKING:
    from storage.rows import JobEvent, JobRow
    from storage.store import Store

log = logging.getLogger(__name__)
T = TypeVar("T")

SECONDS_BETWEEN_GROUPS = 0.6  # of at most three events each: five events a second
SECONDS_BETWEEN_TRIES = 2.0  # to write down how a job stands, while the disk is full
DUPLICATE = "Already in the library"  # what the log of a file says that was added before


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job leaves behind: the output's row, and the document it belongs to."""

    result_id: int | None = None
    document_id: str | None = None


class JobWork(Protocol):
    """What is done for one kind of job. Raises Cancelled soon after `cancelled()` turns true."""

    def __call__(
        self,
        job: JobRow,
        on_event: Callable[[Event], None],
        cancelled: Callable[[], bool],
        windows: Mapping[int, bytes],
    ) -> Outcome:
        """Do the job."""


class Jobs:
    """The jobs of one process. `lanes` gives, for each thread, the kinds of job it does."""

    def __init__(self, store: Callable[[], Store], lanes: Iterable[Mapping[str, JobWork]]) -> None:
        self._store = store
        self._lanes = [_Lane(dict(kinds), self._run) for kinds in lanes]
        self._cancelled: dict[int, threading.Event] = {}
        self._closing = threading.Event()

    def start(self) -> None:
        """Start the threads, and take up what an earlier process left queued."""
        for lane in self._lanes:
            lane.thread.start()
        store = self._store()
        if store.is_holder:
            for job in store.queued_jobs():
                self._enqueue(job.owner, job.id, job.kind)

    def submit(
        self, owner: str, kind: str, params: Mapping[str, JsonScalar], document_id: str | None = None
    ) -> int:
        """Queue a job and return its number."""
        job_id = self._store().create_job(owner, kind, params, document_id)
        self._enqueue(owner, job_id, kind)
        return job_id

    def stop(self, owner: str, job_id: int) -> None:
        """Stop the computation of a job, or take it out of the queue. What it saved stays."""
        if not self._store().withdraw_job(owner, job_id):
            # It has started, if it has not ended: its flag is older than its start.
            flag = self._cancelled.get(job_id)
            if flag is not None:
                flag.set()

    def resume(self, owner: str, job_id: int) -> None:
        """Queue again a job that did not end well; it continues from its saved windows."""
        job = self._store().job(owner, job_id)
        if job.state in RESUMABLE:
            self._store().requeue_job(owner, job_id)
            self._enqueue(owner, job_id, job.kind)

    def close(self) -> None:
        """Stop everything; what was running is marked interrupted and can be resumed."""
        self._closing.set()
        for cancelled in list(self._cancelled.values()):
            cancelled.set()
        for lane in self._lanes:
            lane.close()

    def _enqueue(self, owner: str, job_id: int, kind: str) -> None:
        next(lane for lane in self._lanes if kind in lane.kinds).waiting.put(owner, job_id)

    def _run(self, job_id: int, kinds: Mapping[str, JobWork]) -> None:
        flag = self._cancelled[job_id] = threading.Event()
        try:
            job = self._insist(lambda: self._take(job_id))
            if job is not None:
                end = self._do(job, kinds[job.kind], flag)
                self._insist(lambda: self._record(job_id, end))
        except PrecisError as error:  # closing; the next start finds the job queued or interrupted
            log.error("job %d cannot be recorded: %s", job_id, error.code)
        finally:
            del self._cancelled[job_id]

    def _insist(self, write: Callable[[], T]) -> T:
        """Write down how a job stands, again and again where the disk is full: nothing else could be
        done meanwhile, and a row that says "running" for good could not be stopped."""
        while True:
            try:
                return write()
            except StorageError:
                if self._closing.wait(SECONDS_BETWEEN_TRIES):
                    raise

    def _record(self, job_id: int, end: _End) -> None:
        self._store().finish_job(
            job_id,
            end.state,
            error_code=end.error_code,
            error_message=end.error_message,
            result_id=end.outcome.result_id,
            document_id=end.outcome.document_id,
        )

    def _take(self, job_id: int) -> JobRow | None:
        """The job, now running here; None if it was stopped while it waited, is left for the next
        start, or was taken by another process."""
        waiting = {job.id: job for job in self._store().queued_jobs()}
        if self._closing.is_set() or job_id not in waiting or not self._store().start_job(job_id):
            return None
        return waiting[job_id]

    def _do(self, job: JobRow, work: JobWork, flag: threading.Event) -> _End:
        recorder = Recorder(self._store(), job.id)
        try:
            outcome = work(job, recorder, flag.is_set, self._store().windows(job.id))
            recorder.flush()  # what some jobs found stands in their log alone
            return _End("done", outcome)
        except Cancelled:
            return _End("interrupted" if self._closing.is_set() else "stopped")
        except PrecisError as error:
            return _End("failed", error_code=error.code, error_message=str(error))
        except Exception as error:  # the one guard: a job may fail in any way, the thread must live
            _log_unexpected(job.id, error)
            return _End("failed", error_code="internal", error_message=PrecisError.default)
        finally:
            with suppress(PrecisError):  # the last words of a job do not change how it ended
                recorder.flush()


@dataclass(frozen=True, slots=True)
class _End:
    state: Literal["done", "failed", "stopped", "interrupted"]
    outcome: Outcome = Outcome()
    error_code: str | None = None
    error_message: str | None = None


def _log_unexpected(job_id: int, error: Exception) -> None:
    """Where it happened and of what kind; never the message, which may quote a document."""
    frames = traceback.extract_tb(error.__traceback__)
    place = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    log.error("job %d failed: %s in %s", job_id, type(error).__name__, place)


class _Lane:
    """One thread and the jobs that wait for it."""

    def __init__(self, kinds: dict[str, JobWork], run: Callable[[int, Mapping[str, JobWork]], None]) -> None:
        self.kinds = kinds
        self.waiting = Turns()
        self.thread = threading.Thread(
            target=self._loop, args=(run,), daemon=True, name=f"precis-{'-'.join(kinds)}"
        )

    def _loop(self, run: Callable[[int, Mapping[str, JobWork]], None]) -> None:
        while (job_id := self.waiting.get()) is not None:
            run(job_id, self.kinds)

    def close(self) -> None:
        self.waiting.close()
        if self.thread.is_alive():
            self.thread.join(timeout=10)


class Recorder:
    """Writes the events of one job to the store: the newest of each kind, in small groups."""

    def __init__(self, store: Store, job_id: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._job_id, self._clock = store, job_id, clock
        self._pending: dict[str, dict[str, object]] = {"start": {"kind": "start"}}
        self._last_flush = -SECONDS_BETWEEN_GROUPS
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        """Take note of an event; a finished window is saved before anything else."""
        if isinstance(event, WindowDone):
            self._store.save_window(self._job_id, event.index, event.total, event.payload)
        with self._lock:
            kind, data = as_data(event)
            self._pending[kind] = {"kind": kind, **data}
        if self._clock() - self._last_flush >= SECONDS_BETWEEN_GROUPS:
            self.flush()

    def flush(self) -> None:
        """Write down what is pending."""
        with self._lock:
            group, self._pending = list(self._pending.values()), {}
            self._last_flush = self._clock()
        if group:
            self._store.add_events(self._job_id, group)


def as_data(event: Event) -> tuple[str, dict[str, object]]:
    """An event as the log keeps it. Text is not repeated there: it is in the document."""
    match event:
        case Progress(phase, done, total, unit):
            return "progress", {"phase": phase, "done": done, "total": total, "unit": unit}
        case Provisional(citations):
            return "provisional", {
                "places": [[c.span.start, c.span.end, c.page, round(c.score, 4)] for c in citations]
            }
        case WindowDone(index, total):
            return "window", {"index": index, "total": total}
        case Mapped(found):
            return "map", found.as_json()


@dataclass(frozen=True, slots=True)
class Story:
    """What the log of a job says so far."""

    last: int = 0
    progress: Progress | None = None
    before: Progress | None = None  # how far an earlier attempt came: what it saved is not done again
    places: tuple[tuple[int, int, int, float], ...] = ()  # provisional: start, end, page, score
    map: AttentionMap | None = None

    def told(self, events: Iterable[JobEvent]) -> Story:
        """The story with more of the log read."""
        story = self
        for event in events:
            data = event.data
            if data["kind"] == "start":
                story = replace(story, before=story.progress, progress=None)
            elif data["kind"] == "progress":
                story = replace(
                    story, progress=Progress(data["phase"], data["done"], data["total"], data["unit"])
                )
            elif data["kind"] == "provisional":
                story = replace(
                    story, places=tuple((int(a), int(b), int(p), float(s)) for a, b, p, s in data["places"])
                )
            elif data["kind"] == "map":
                story = replace(story, map=AttentionMap.from_json(data))
            story = replace(story, last=event.id)
        return story


def citations_of(story: Story, text: str) -> tuple[Citation, ...]:
    """The provisional places of a story, with their words."""
    return tuple(
        Citation(span=Span(start, end), page=page, text=text[start:end], score=score)
        for start, end, page, score in story.places
    )

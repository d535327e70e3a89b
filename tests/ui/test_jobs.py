"""Jobs over a real store: order, stop, resume, failure, restart, and how much is written down."""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import ui.jobs
from engine.errors import Cancelled, DiskFull, OutOfMemory
from engine.types import Citation, Progress, Provisional, Span, WindowDone
from storage.store import Store
from ui.jobs import SECONDS_BETWEEN_GROUPS, Jobs, Outcome, Recorder, Story, citations_of

OWNER = "local"


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.01)


class Steps:
    """Work that counts to five, one window each, and can be held up."""

    def __init__(self) -> None:
        self.done: list[tuple[int, int]] = []
        self.go = threading.Event()
        self.go.set()
        self.hold = 0  # the step before which it waits for `go`
        self.error: Exception | None = None

    def __call__(self, job, on_event, cancelled, windows: Mapping[int, bytes]) -> Outcome:
        for step in range(5):
            while step >= self.hold and not self.go.is_set() and not cancelled():
                time.sleep(0.005)
            if cancelled():
                raise Cancelled
            if step == 3 and self.error is not None:
                raise self.error
            on_event(Progress("Counting", step + 1, 5))
            if step not in windows:
                self.done.append((job.id, step))
                on_event(WindowDone(step, 5, f"{step}".encode()))
        return Outcome(result_id=41, document_id=None)


@pytest.fixture
def store(tmp_path: Path):
    with_store = Store.open(tmp_path / "library")
    yield with_store
    with_store.close()


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def jobs(store: Store, steps: Steps):
    running = Jobs(lambda: store, lanes=[{"count": steps}, {"other": steps}])
    running.start()
    yield running
    steps.go.set()
    running.close()


def state(store: Store, job_id: int) -> str:
    return store.job(OWNER, job_id).state


def test_jobs_of_a_lane_run_one_after_the_other(store, jobs, steps) -> None:
    first, second = jobs.submit(OWNER, "count", {}), jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, second) == "done")
    assert steps.done == [(first, n) for n in range(5)] + [(second, n) for n in range(5)]
    assert store.job(OWNER, first).result_id == 41


def test_lanes_do_not_wait_for_each_other(store, jobs, steps) -> None:
    steps.go.clear()
    held = jobs.submit(OWNER, "count", {})
    other = jobs.submit(OWNER, "other", {})
    wait_until(lambda: state(store, held) == state(store, other) == "running")


def test_stop_ends_the_work_and_resume_continues_from_saved_windows(store, jobs, steps) -> None:
    steps.hold = 2
    steps.go.clear()
    job = jobs.submit(OWNER, "count", {})
    wait_until(lambda: len(steps.done) == 2)
    jobs.stop(OWNER, job)
    wait_until(lambda: state(store, job) == "stopped")
    assert len(store.windows(job)) == 2
    steps.go.set()
    jobs.resume(OWNER, job)
    wait_until(lambda: state(store, job) == "done")
    assert [n for _, n in steps.done] == list(range(5)), "no window was computed twice"


def test_a_waiting_job_can_be_stopped_and_never_starts(store, jobs, steps) -> None:
    steps.go.clear()
    jobs.submit(OWNER, "count", {})
    waiting = jobs.submit(OWNER, "count", {})
    jobs.stop(OWNER, waiting)
    steps.go.set()
    last = jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, last) == "done")
    assert state(store, waiting) == "stopped"
    assert waiting not in {job for job, _ in steps.done}


def test_a_job_that_starts_while_it_is_stopped_is_stopped(store, jobs, steps, monkeypatch) -> None:
    steps.go.clear()
    job = jobs.submit(OWNER, "count", {})
    withdraw = store.withdraw_job

    def late(owner: str, job_id: int) -> bool:
        wait_until(lambda: state(store, job) == "running")
        return withdraw(owner, job_id)

    monkeypatch.setattr(store, "withdraw_job", late)
    jobs.stop(OWNER, job)
    wait_until(lambda: state(store, job) == "stopped")
    steps.go.set()
    last = jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, last) == "done")
    assert job not in {done for done, _ in steps.done}


def test_how_a_job_ended_is_written_down_as_soon_as_there_is_room(store, jobs, steps, monkeypatch) -> None:
    """On a full disk the log, the record and the start of the next job fail, each twice."""
    monkeypatch.setattr(ui.jobs, "SECONDS_BETWEEN_TRIES", 0.01)
    steps.error = OutOfMemory()
    steps.go.clear()
    job = jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, job) == "running")
    refused = []

    def full(name: str):
        write = getattr(store, name)

        def refuse_twice(*arguments, **named):
            refused.append(name)
            if refused.count(name) <= 2:
                raise DiskFull
            return write(*arguments, **named)

        return refuse_twice

    for name in ("finish_job", "start_job"):
        monkeypatch.setattr(store, name, full(name))
    monkeypatch.setattr(ui.jobs.Recorder, "flush", lambda self: (_ for _ in ()).throw(DiskFull()))
    monkeypatch.setattr(ui.jobs.Recorder, "__call__", lambda self, event: None)
    steps.go.set()
    wait_until(lambda: state(store, job) == "failed")
    assert store.job(OWNER, job).error_code == "out-of-memory"
    steps.error = None
    later = jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, later) == "failed")
    assert store.job(OWNER, later).error_code == "disk-full", "its log was lost"
    assert refused.count("start_job") == 3
    wait_until(lambda: not jobs._cancelled)


def test_a_failure_keeps_its_code_and_can_be_tried_again(store, jobs, steps) -> None:
    steps.error = OutOfMemory()
    job = jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, job) == "failed")
    row = store.job(OWNER, job)
    assert row.error_code == "out-of-memory" and row.error_message == OutOfMemory.default
    steps.error = None
    jobs.resume(OWNER, job)
    wait_until(lambda: state(store, job) == "done")


def test_an_unexpected_error_shows_no_words_of_its_own(store, jobs, steps, caplog) -> None:
    steps.error = RuntimeError("the patient's name is Ada")
    job = jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, job) == "failed")
    row = store.job(OWNER, job)
    assert row.error_code == "internal" and "Ada" not in (row.error_message or "")
    assert "Ada" not in caplog.text and "RuntimeError" in caplog.text
    after = jobs.submit(OWNER, "count", {})
    wait_until(lambda: state(store, after) == "failed")


def test_closing_interrupts_and_the_next_start_takes_up_what_waited(store, steps) -> None:
    first = Jobs(lambda: store, lanes=[{"count": steps}])
    first.start()
    steps.go.clear()
    running, waiting = first.submit(OWNER, "count", {}), first.submit(OWNER, "count", {})
    wait_until(lambda: state(store, running) == "running")
    first.close()
    assert state(store, running) == "interrupted" and state(store, waiting) == "queued"
    steps.go.set()
    second = Jobs(lambda: store, lanes=[{"count": steps}])
    second.start()
    wait_until(lambda: state(store, waiting) == "done")
    second.resume(OWNER, running)
    wait_until(lambda: state(store, running) == "done")
    second.close()


def test_other_peoples_jobs_cannot_be_touched(store, jobs, steps) -> None:
    from engine.errors import NotInLibrary

    steps.go.clear()
    job = jobs.submit(OWNER, "count", {})
    for verb in (jobs.stop, jobs.resume):
        with pytest.raises(NotInLibrary):
            verb("somebody else", job)


def test_at_most_five_events_a_second_are_written(store) -> None:
    """A thousand events in ten seconds of an injected clock."""
    job, now = store.create_job(OWNER, "count", {}), [0.0]
    recorder = Recorder(store, job, clock=lambda: now[0])
    citation = Citation(Span(0, 3), 1, "abc", 0.5)
    for n in range(1000):
        now[0] += 0.01
        recorder(Progress("Counting", n, 1000))
        recorder(Provisional((citation,)))
        recorder(WindowDone(n, 1000, b"x")) if n % 100 == 0 else None
    recorder.flush()
    events = store.events(OWNER, job)
    assert len(events) <= 5 * 10 + 3
    assert SECONDS_BETWEEN_GROUPS * 5 >= 3
    story = Story().told(events)
    assert story.progress == Progress("Counting", 999, 1000), "the newest is never lost"
    assert citations_of(story, "abcdef") == (citation,)
    assert len(store.windows(job)) == 10, "every window is saved, whatever the log leaves out"


def test_the_time_left_counts_nothing_that_an_earlier_attempt_saved(store) -> None:
    from datetime import timedelta

    from ui.values import seconds_left

    job = store.create_job(OWNER, "count", {})

    def attempt(*done: int) -> None:
        recorder = Recorder(store, job, clock=iter(range(0, 100, 10)).__next__)
        for n in done:
            recorder(Progress("Reading", n, 100, "window"))
        recorder.flush()

    attempt(0, 40, 60)
    store.start_job(job)
    row, story = store.job(OWNER, job), Story().told(store.events(OWNER, job))
    assert seconds_left(row, story, row.started + timedelta(seconds=60)) == pytest.approx(40)
    attempt(60)
    story = story.told(store.events(OWNER, job, after=story.last))
    assert seconds_left(row, story, row.started + timedelta(seconds=4)) is None, "nothing was done yet"
    further = {"kind": "progress", "phase": "Reading", "done": 70, "total": 100, "unit": "window"}
    store.add_events(job, [further])
    story = story.told(store.events(OWNER, job, after=story.last))
    assert seconds_left(row, story, row.started + timedelta(seconds=20)) == pytest.approx(60)


def test_a_story_can_be_read_in_parts(store) -> None:
    job = store.create_job(OWNER, "count", {})
    store.add_events(job, [{"kind": "progress", "phase": "A", "done": 1, "total": 2, "unit": ""}])
    story = Story().told(store.events(OWNER, job))
    store.add_events(job, [{"kind": "window", "index": 0, "total": 2}])
    later = story.told(store.events(OWNER, job, after=story.last))
    assert later.last > story.last and later.progress == story.progress

"""Jobs: their states, their log in order, their windows, and who notices that a process died."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import NotInLibrary
from storage import processes
from storage.store import Store

ROOT = Path(__file__).parents[2]


def test_a_job_goes_from_queued_to_done(store, clock):
    job = store.create_job("local", "summarize", {"length": "short", "n": 3, "x": None}, "d" * 64)
    queued = store.job("local", job)
    assert (queued.state, queued.kind, queued.document_id) == ("queued", "summarize", "d" * 64)
    assert queued.params == {"length": "short", "n": 3, "x": None} and queued.created == clock.now
    assert store.start_job(job)
    clock.jump(timedelta(seconds=5))
    running = store.job("local", job)
    assert running.state == "running" and running.pid == os.getpid() and running.pid_start
    store.finish_job(job, "done", result_id=7, document_id="e" * 64)
    done = store.job("local", job)
    assert (done.state, done.result_id, done.document_id, done.finished) == ("done", 7, "e" * 64, clock.now)


def test_jobs_stand_newest_first_and_the_queue_oldest_first(store, clock):
    jobs = []
    for owner in ("ada", "bob", "ada"):
        clock.jump(timedelta(days=-1))
        jobs.append(store.create_job(owner, "answer", {}))
    assert [job.id for job in store.jobs("ada")] == [jobs[2], jobs[0]]
    assert store.jobs("ada", limit=1) == store.jobs("ada"), "what has not ended is always there"
    assert [job.id for job in store.queued_jobs()] == jobs
    store.start_job(jobs[0])
    assert [job.id for job in store.queued_jobs()] == jobs[1:]
    store.finish_job(jobs[0], "done")
    assert [job.id for job in store.jobs("ada", limit=1)] == [jobs[2]]


def test_the_jobs_about_a_document_are_all_there(store):
    about = [store.create_job("ada", "answer", {}, "d" * 64) for _ in range(120)]
    store.create_job("ada", "answer", {}, "e" * 64)
    store.create_job("bob", "answer", {}, "d" * 64)
    for job in about:
        store.finish_job(job, "done")
    assert [job.id for job in store.jobs_about("ada", "d" * 64)] == about[::-1]


def test_a_stopped_job_is_not_started(store):
    job = store.create_job("local", "answer", {})
    store.finish_job(job, "stopped")
    assert not store.start_job(job)
    assert store.job("local", job).state == "stopped"


def test_only_a_job_that_waits_is_withdrawn(store, clock):
    job = store.create_job("local", "answer", {})
    with pytest.raises(NotInLibrary):
        store.withdraw_job("else", job)
    assert store.withdraw_job("local", job) and not store.withdraw_job("local", job)
    assert (store.job("local", job).state, store.job("local", job).finished) == ("stopped", clock.now)
    store.requeue_job("local", job)
    store.start_job(job)
    assert not store.withdraw_job("local", job) and store.job("local", job).state == "running"


def test_a_job_ends_once(store):
    job = store.create_job("local", "answer", {})
    store.start_job(job)
    assert not store.start_job(job)
    store.finish_job(job, "failed", error_code="disk-full", error_message="The disk is full.")
    store.finish_job(job, "done", result_id=1)
    ended = store.job("local", job)
    assert (ended.state, ended.error_code, ended.result_id) == ("failed", "disk-full", None)


@pytest.mark.parametrize("state", ["stopped", "failed", "interrupted"])
def test_a_job_that_did_not_end_well_can_go_on_from_its_windows(store, state):
    job = store.create_job("local", "answer", {})
    store.start_job(job)
    store.save_window(job, 0, 2, b"first")
    store.finish_job(job, state, error_code="x", error_message="y")
    store.requeue_job("local", job)
    again = store.job("local", job)
    assert (again.state, again.error_code, again.finished, again.pid) == ("queued", None, None, None)
    assert store.windows(job) == {0: b"first"}
    assert store.start_job(job)


def test_what_is_done_or_running_is_not_queued_again(store):
    job = store.create_job("local", "answer", {})
    store.start_job(job)
    store.requeue_job("local", job)
    assert store.job("local", job).state == "running"
    store.finish_job(job, "done")
    store.requeue_job("local", job)
    assert store.job("local", job).state == "done"


def test_windows_come_back_and_go_when_the_job_is_done(store):
    job, other = store.create_job("local", "answer", {}), store.create_job("local", "answer", {})
    payloads = {2: b"", 0: bytes(range(256)) * 999, 1: b"\x00"}
    for index, payload in payloads.items():
        store.save_window(job, index, 3, payload)
    store.save_window(other, 0, 1, b"other")
    store.save_window(job, 1, 3, b"replaced")
    assert store.windows(job) == payloads | {1: b"replaced"}
    store.start_job(job)
    store.finish_job(job, "done")
    assert store.windows(job) == {} and store.windows(other) == {0: b"other"}


def test_events_come_in_order_and_from_where_one_left_off(store, clock):
    job, other = store.create_job("local", "answer", {}), store.create_job("local", "answer", {})
    for i in range(5):
        clock.jump(timedelta(days=-i))
        store.add_events(job, [{"n": 2 * i}, {"n": 2 * i + 1, "text": "\ud800é", "deep": [{"a": None}]}])
        store.add_events(other, [{"n": -1}])
    events = store.events("local", job)
    assert [event.data["n"] for event in events] == list(range(10))
    assert [event.id for event in events] == sorted(event.id for event in events)
    assert events[1].data["deep"] == [{"a": None}] and events[1].data["text"] == "\ud800é"
    assert store.events("local", job, after=events[6].id) == events[7:]
    assert store.events("local", job, after=events[-1].id) == ()
    assert store.events("local", job, after=-5) == events and store.events("local", job, after=10**30) == ()


@pytest.mark.parametrize("wrong", [0, -1, 99, 10**30])
def test_an_unknown_job_is_not_in_the_library(store, wrong):
    store.create_job("local", "answer", {})
    with pytest.raises(NotInLibrary):
        store.job("local", wrong)
    with pytest.raises(NotInLibrary):
        store.requeue_job("local", wrong)
    assert store.events("local", wrong) == ()


def test_nothing_is_written_for_a_job_that_was_deleted(store):
    job = store.create_job("local", "answer", {})
    store.forget(owner="local")
    with pytest.raises(NotInLibrary):
        store.add_events(job, [{"n": 1}])
    with pytest.raises(NotInLibrary):
        store.save_window(job, 0, 1, b"x")
    store.finish_job(job, "done")
    assert store.create_job("local", "answer", {}) > job, "an id never comes back"


# -------------------------------------------------------- processes that die

START_A_JOB = """
import sys, time
from pathlib import Path
from storage.store import Store
store = Store.open(Path(sys.argv[1]))
job = store.create_job("local", "answer", {})
store.start_job(job)
store.save_window(job, 0, 9, b"kept")
print(job, store.is_holder, flush=True)
time.sleep(600)
"""


def start_elsewhere(folder: Path) -> tuple[subprocess.Popen[str], int, bool]:
    process = subprocess.Popen(
        [sys.executable, "-c", START_A_JOB, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    job, is_holder = process.stdout.readline().split()
    return process, int(job), is_holder == "True"


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_the_job_of_a_killed_process_is_marked_interrupted_and_goes_on(folder):
    process, job, is_holder = start_elsewhere(folder)
    assert is_holder
    end(process)
    with Store.open(folder) as store:
        assert store.is_holder
        assert store.job("local", job).state == "interrupted"
        store.requeue_job("local", job)
        assert store.start_job(job) and store.windows(job) == {0: b"kept"}


def test_the_job_of_a_living_process_is_left_alone(folder):
    with Store.open(folder) as first:
        process, job, is_holder = start_elsewhere(folder)
        try:
            assert not is_holder and first.is_holder
            first.close()
            with Store.open(folder) as second:
                assert second.is_holder and second.job("local", job).state == "running"
                end(process)
                assert second.mark_interrupted() == 1
                assert second.job("local", job).state == "interrupted"
        finally:
            if process.poll() is None:
                end(process)


def test_only_the_holder_marks_jobs(folder):
    with Store.open(folder) as holder:
        process, job, _ = start_elsewhere(folder)
        end(process)
        with Store.open(folder) as second:
            assert not second.is_holder and second.job("local", job).state == "running"
        assert holder.job("local", job).state == "running"


def test_a_number_that_was_given_again_is_another_process():
    mine = processes.beginning_of(os.getpid())
    assert mine is not None and processes.is_alive(os.getpid(), mine)
    if mine != processes.UNKNOWN:
        assert not processes.is_alive(os.getpid(), mine + "0")
    assert not processes.is_alive(None, None) and not processes.is_alive(0, mine)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert processes.beginning_of(child.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_zombie_is_gone_and_a_name_with_parentheses_does_not_confuse(tmp_path):
    script = tmp_path / "a) S 1 (b"
    script.symlink_to("/bin/sleep")
    child = subprocess.Popen([script, "60"])
    began = processes.beginning_of(child.pid)
    assert began is not None and processes.is_alive(child.pid, began)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    assert processes.beginning_of(child.pid) is None
    child.wait()

"""Many threads, several processes: nothing is lost, nobody is told that a database is locked."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.store import Store
from storage.tables import settings

ROOT = Path(__file__).parents[2]


def in_threads(count: int, work: Callable[[int], object]) -> list[object]:
    start = threading.Barrier(count)

    def run(number: int) -> object:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_fifty_writers_lose_no_update(store):
    """A counter that is read and then written in one transaction, as lost updates are made."""
    store.set_setting("local", "counter", 0)
    key = settings.c.owner == "local", settings.c.name == "counter"

    def count(_: int) -> None:
        for _ in range(4):
            with store._database.write() as connection:
                now = connection.scalar(sa.select(settings.c.value).where(*key))
                connection.execute(sa.update(settings).where(*key).values(value=now + 1))

    in_threads(50, count)
    assert store.get_setting("local", "counter") == 200


def test_two_stores_in_one_process_lose_no_update_either(folder):
    with Store.open(folder) as first, Store.open(folder) as second:
        first.set_setting("local", "counter", 0)
        key = settings.c.owner == "local", settings.c.name == "counter"

        def count(number: int) -> None:
            for _ in range(5):
                with (first, second)[number % 2]._database.write() as connection:
                    now = connection.scalar(sa.select(settings.c.value).where(*key))
                    connection.execute(sa.update(settings).where(*key).values(value=now + 1))

        in_threads(12, count)
        assert first.get_setting("local", "counter") == second.get_setting("local", "counter") == 60


def test_readers_and_writers_of_every_kind_at_once(store, claim, new_document, new_summary):
    documents = [
        new_document(str(i).encode(), texts=(f"Page about gulls {i}. ", "More. ")) for i in range(24)
    ]

    def use(number: int) -> None:
        owner, document = f"owner{number % 3}", documents[number]
        claim(store, str(number).encode(), owner)
        store.add_document(owner, document, name="x", n_bytes=1, seconds=0)
        job = store.create_job(owner, "summarize", {}, document.id)
        store.start_job(job)
        for n in range(3):
            store.add_events(job, [{"n": n}])
            store.save_window(job, n, 3, b"x" * 1000)
            assert store.document(owner, document.id) == document
            assert any(hit.document == document.id for hit in store.search(owner, f"gulls {number}"))
        store.save_summary(owner, new_summary(document))
        store.finish_job(job, "done")
        assert [event.data["n"] for event in store.events(owner, job)] == [0, 1, 2]
        store.delete_documents(owner, [document.id])
        store.restore_documents(owner, [document.id])

    in_threads(24, use)
    for number, document in enumerate(documents):
        owner = f"owner{number % 3}"
        assert store.document(owner, document.id) == document
        assert len(store.summaries(owner, document.id)) == 1
    assert {len(store.documents(f"owner{i}")) for i in range(3)} == {8}
    assert store.queued_jobs() == () and store.problems(thorough=True) == ()


def test_one_file_from_many_sides_is_one_document(store, new_document, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"a file")
    document = new_document(b"a file")

    def add(number: int) -> str:
        original = store.keep_original("local", source)
        store.add_document("local", document, name="x", n_bytes=6, seconds=0)
        assert store.original("local", original.sha256).read_bytes() == b"a file"
        return original.sha256

    assert set(in_threads(12, add)) == {document.id}
    assert len(store.documents("local")) == 1 and store.problems(thorough=True) == ()
    assert not list(store._files.folder.glob("*.tmp"))


def test_one_job_is_taken_on_once(store):
    job = store.create_job("local", "answer", {})
    assert sorted(map(bool, in_threads(16, lambda _: store.start_job(job)))) == [False] * 15 + [True]


def test_adding_and_purging_the_same_file_never_leaves_a_row_without_it(store, keep, tmp_path):
    from datetime import timedelta

    source = tmp_path / "contested"
    source.write_bytes(b"contested")

    def fight(number: int) -> None:
        for _ in range(6):
            if number % 2:
                store.keep_original(f"owner{number}", source)
                assert store.problems() == (), "between claims the file is never away"
            else:
                store.forget(timedelta(0), owner=f"owner{number + 1}")

    in_threads(6, fight)
    assert store.problems(thorough=True) == ()


WORK = """
import sys
from pathlib import Path
from storage.store import Store
folder, source, me = map(Path, sys.argv[1:])
with Store.open(folder) as store:
    for n in range(15):
        source.with_suffix(f".{me}").write_bytes(f"{me} {n}".encode())
        store.keep_original(str(me), source.with_suffix(f".{me}"))
        job = store.create_job(str(me), "answer", {"n": n})
        store.start_job(job)
        store.add_events(job, [{"n": n}])
        store.finish_job(job, "done")
    print(store.is_holder)
"""


def test_processes_open_and_write_a_new_library_at_once(folder, tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WORK, folder, tmp_path / "source", str(me)],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for me in range(4)
    ]
    ends = [process.communicate(timeout=200) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, ends
    assert any(out == "True\n" for out, _ in ends)
    with Store.open(folder) as store:
        for me in range(4):
            assert [job.params["n"] for job in store.jobs(str(me))] == list(range(15))[::-1]
            assert {job.state for job in store.jobs(str(me))} == {"done"}
        assert store.problems(thorough=True) == () and store.sizes().original_bytes > 0


def test_a_second_store_may_do_everything_but_keep_house(folder, keep, new_summary):
    with Store.open(folder) as first:
        document = keep(first)
        with Store.open(folder) as second:
            assert first.is_holder and not second.is_holder and not second.read_only
            assert second.document("local", document.id) == document
            second.save_summary("local", new_summary(document))
            stray = folder / "originals" / "half.tmp"
            stray.write_bytes(b"arriving")
            Store.open(folder).close()
            assert stray.exists(), "only the holder sweeps"
        assert first.document_row("local", document.id).has_summary
    with Store.open(folder) as third:
        assert third.is_holder and not stray.exists()


def test_what_comes_after_closing_is_refused(store):
    from engine.errors import StorageError

    store.close()
    store.close()
    with pytest.raises(StorageError, match="closed"):
        store.documents("local")
    with pytest.raises(StorageError, match="closed"):
        store.create_job("local", "answer", {})

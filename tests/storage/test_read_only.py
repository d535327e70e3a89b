"""A library that may not be written is read.

Two forms: an `os.access` that says no, and permissions that the kernel holds. Those stop everybody
but root; where the tests run as root, the reading process gives up being root first.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import ReadOnlyLibrary
from storage.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def locked(folder, keep, new_summary, monkeypatch):
    """A library with one document in it that the process is told it may not write."""
    with Store.open(folder) as store:
        document = keep(store)
        store.save_summary("local", new_summary(document))
        job = store.create_job("local", "answer", {})
    monkeypatch.setattr(os, "access", lambda path, mode, **options: not mode & os.W_OK)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with Store.open(folder) as store:
        yield store, document, job
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before, "nothing was touched"


def test_everything_can_be_read(locked):
    store, document, job = locked
    assert store.read_only and not store.is_holder
    assert store.document("local", document.id) == document and store.documents("local")[0].has_summary
    assert store.search("local", "lighthouse") and store.summaries("local", document.id)
    assert store.original("local", document.id).read_bytes() == b"a file"
    assert store.job("local", job).state == "queued" and store.problems(thorough=True) == ()
    assert store.get_setting("local", "theme") is None and store.sizes().n_documents == 1


def test_every_write_says_why_not(locked, new_summary, new_answer, tmp_path):
    store, document, job = locked
    source = tmp_path / "source"
    for write in (
        lambda: store.keep_original("local", source),
        lambda: store.add_document("local", document, name="x", n_bytes=1, seconds=0),
        lambda: store.rename_document("local", document.id, "x"),
        lambda: store.delete_documents("local", [document.id]),
        lambda: store.restore_documents("local", [document.id]),
        lambda: store.purge_deleted(timedelta(0)),
        lambda: store.forget(),
        lambda: store.save_summary("local", new_summary(document)),
        lambda: store.save_answer("local", new_answer(document)),
        lambda: store.create_job("local", "answer", {}),
        lambda: store.start_job(job),
        lambda: store.finish_job(job, "done"),
        lambda: store.requeue_job("local", job),
        lambda: store.add_events(job, [{}]),
        lambda: store.save_window(job, 0, 1, b""),
        lambda: store.set_setting("local", "theme", "dark"),
    ):
        with pytest.raises(ReadOnlyLibrary, match="cannot be written"):
            write()


def test_where_there_is_no_library_none_can_be_read(folder, monkeypatch):
    folder.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode, **options: not mode & os.W_OK)
    with pytest.raises(ReadOnlyLibrary, match="no library in this folder"):
        Store.open(folder)


def test_a_write_ahead_log_that_was_closed_can_be_read(folder, keep, monkeypatch):
    """As a newer Python leaves it, whose SQLite may use the log."""
    import sqlite3

    with Store.open(folder) as store:
        document = keep(store)
    with sqlite3.connect(folder / "precis.db") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    monkeypatch.setattr(os, "access", lambda path, mode, **options: not mode & os.W_OK)
    with Store.open(folder) as store:
        assert store.read_only and store.document("local", document.id) == document


READ = """
import os, sys, tempfile
from pathlib import Path
from engine.errors import ReadOnlyLibrary
from storage.store import Store
if os.geteuid() == 0:  # whom permissions do not stop
    with tempfile.TemporaryDirectory() as warm:
        Store.open(Path(warm)).close()  # imports what another user may not be able to read
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
with Store.open(Path(sys.argv[1])) as store:
    assert store.read_only, "opened for writing"
    row, = store.documents("local")
    assert store.document("local", row.id).id == row.id and store.search("local", "lighthouse")
    assert store.original("local", row.id).read_bytes() == b"a file"
    try:
        store.create_job("local", "answer", {})
    except ReadOnlyLibrary:
        print("read only")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_folder_that_the_kernel_protects(keep):
    place = Path(tempfile.mkdtemp())
    try:
        folder = place / "library"
        with Store.open(folder) as store:
            keep(store)
        for path in [*folder.rglob("*"), folder, place]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", READ, folder],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout == "read only\n", done.stderr
    finally:
        for path in [place, *place.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        shutil.rmtree(place)

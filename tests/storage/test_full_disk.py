"""A full disk costs nothing that is stored, has a name, and is over as soon as there is room.

Three forms: SQLite's own limit on pages, a limit on file sizes (RLIMIT_FSIZE, in a process of
its own), and, where mounting is allowed, a small tmpfs.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.errors import DiskFull
from storage.database import Database
from storage.store import Store

ROOT = Path(__file__).parents[2]


def limit_pages(database: Database, spare: int) -> None:
    """Let the file grow by so many pages and no more, on the one connection that writes."""
    assert database._writer is not None
    with database._writer.connect() as connection:
        now = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {now + spare}")


def test_what_does_not_fit_is_refused_whole_and_fits_again(store, keep, claim, new_document, new_summary):
    first = keep(store)
    claim(store, b"big")
    limit_pages(store._database, 20)
    words = " ".join(f"word{i}" for i in range(8_000))
    big = new_document(b"big", texts=(words, words))
    for _ in range(3):
        with pytest.raises(DiskFull, match="free some space"):
            store.add_document("local", big, name="big", n_bytes=1, seconds=0)
    assert [row.id for row in store.documents("local")] == [first.id]
    assert store.document("local", first.id) == first and store.problems(thorough=True) == ()
    store.save_summary("local", new_summary(first))
    limit_pages(store._database, 100_000)
    store.add_document("local", big, name="big", n_bytes=1, seconds=0)
    assert store.document("local", big.id) == big and store.search("local", "word7999")


def test_every_kind_of_write_names_a_full_disk(store, keep, new_summary, new_answer):
    document = keep(store)
    job = store.create_job("local", "answer", {})
    limit_pages(store._database, 0)
    long = "x" * 200_000
    for write in (
        lambda: store.save_summary("local", new_summary(document, long)),
        lambda: store.save_answer("local", new_answer(document, long)),
        lambda: store.create_job("local", "answer", {"question": long}),
        lambda: store.add_events(job, [{"text": long}]),
        lambda: store.save_window(job, 0, 1, b"x" * 200_000),
        lambda: store.set_setting("local", "name", long),
    ):
        with pytest.raises(DiskFull):
            write()
    limit_pages(store._database, 1000)
    assert store.document("local", document.id) == document and store.problems(thorough=True) == ()
    assert store.events("local", job) == () and store.windows(job) == {}
    store.add_events(job, [{"text": long}])


# Fills a library until it is refused, twice; then makes room and goes on, without opening it again.
FILL = """
import resource, signal, sys
from pathlib import Path
from engine.errors import DiskFull
from engine.types import Document, Page, Span
from storage.store import Store
folder, source, way = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
store = Store.open(folder)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
ballast = folder / "ballast"
if way == "limit":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
else:
    ballast.write_bytes(b"x" * (3 << 20))
kept, refused = [], 0
def add(n, size):
    source.write_bytes(str(n).encode() * size)
    original = store.keep_original("local", source)
    text = " ".join(f"word{n}x{i}" for i in range(size // 10))
    document = Document(original.sha256, str(n), text, (Page(1, 1.0, 1.0, Span(0, len(text))),))
    store.add_document("local", document, name="x", n_bytes=original.n_bytes, seconds=0)
    kept.append(document)
for n in range(300):
    try:
        add(n, 20_000)
    except DiskFull:
        refused += 1
        if refused == 4:
            break
assert kept and refused == 4, (len(kept), refused)
assert all(store.document("local", d.id) == d for d in kept)
if way == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
else:
    ballast.unlink()
add(1000, 20_000)
assert all(store.document("local", d.id) == d for d in kept) and store.problems(thorough=True) == ()
store.close()
print("kept", len(kept))
"""


def fill(folder: Path, source: Path, way: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FILL, folder, source, way],
        cwd=ROOT, capture_output=True, text=True, timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("kept ") and done.stderr == ""
    with Store.open(folder) as store:
        assert store.problems(thorough=True) == ()
        assert len(store.documents("local")) == int(done.stdout.split()[1])


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_files_that_may_not_grow(folder, tmp_path):
    fill(folder, tmp_path / "source", "limit")


@pytest.mark.privileged
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounts a tmpfs; the other forms always run"
)
def test_a_file_system_that_is_full(tmp_path):
    libc = ctypes.CDLL(None, use_errno=True)
    folder = tmp_path / "small"
    folder.mkdir()
    if libc.mount(b"none", bytes(folder), b"tmpfs", 0, b"size=8m") != 0:
        pytest.skip("mounting is not allowed here; the other forms always run")
    try:
        fill(folder, tmp_path / "source", "tmpfs")
    finally:
        assert libc.umount2(bytes(folder), 2) == 0


def test_an_error_of_the_disk_is_not_called_full(store):
    import sqlite3

    from engine.errors import StorageError
    from storage.database import named_errors

    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
    with pytest.raises(StorageError) as caught, named_errors():
        raise sa.exc.OperationalError(None, None, error)
    assert type(caught.value) is StorageError

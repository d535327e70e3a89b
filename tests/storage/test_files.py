"""Originals: durable before anybody is told, swept when a crash left something, never swept too much."""

import errno
import os
from pathlib import Path

import pytest

from engine.errors import DiskFull, ReadOnlyLibrary, StorageError
from storage.database import Database
from storage.files import Files
from storage.store import Store


@pytest.mark.skipif(os.name != "posix", reason="folders are synchronised on POSIX")
def test_bytes_and_name_are_on_the_disk_before_the_row(store, tmp_path, monkeypatch):
    source = tmp_path / "source"
    source.write_bytes(b"bytes")
    steps: list[str] = []
    fsync, replace, write = os.fsync, os.replace, Database.write

    def note_fsync(descriptor: int) -> None:
        fsync(descriptor)
        name = (
            Path(os.readlink(f"/proc/self/fd/{descriptor}")).name if os.path.isdir("/proc/self/fd") else "?"
        )
        steps.append(f"fsync {'tmp' if name.endswith('.tmp') else 'folder'}")

    def note_replace(old: Path, new: Path) -> None:
        replace(old, new)
        steps.append("rename")

    def note_write(database: Database) -> object:
        steps.append("row")
        return write(database)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "replace", note_replace)
    monkeypatch.setattr(Database, "write", note_write)
    store.keep_original("local", source)
    assert [s for s in steps if s != "fsync folder"] == ["fsync tmp", "rename", "row"]
    assert steps[steps.index("rename") + 1] == "fsync folder"
    assert steps[: steps.index("rename")].count("fsync folder") == 2, (
        "the names of new folders are durable too"
    )


def test_what_a_crash_left_is_swept(store, keep, folder):
    document = keep(store)
    store.close()
    unclaimed = folder / "originals" / "ab" / "cd" / ("abcd" + "0" * 60)
    unclaimed.parent.mkdir(parents=True)
    unclaimed.write_bytes(b"renamed, and then the power went")
    arriving = folder / "originals" / "1234.tmp"
    arriving.write_bytes(b"half")
    foreign = folder / "originals" / "notes.txt"
    foreign.write_bytes(b"not ours")
    with Store.open(folder) as again:
        assert not unclaimed.exists() and not arriving.exists() and foreign.exists()
        assert again.original("local", document.id).read_bytes() == b"a file"
    assert not (folder / "unclaimed").exists()


def test_originals_of_a_lost_database_are_set_aside_not_swept(store, keep, folder):
    document = keep(store)
    store.close()
    (folder / "precis.db").unlink()
    with Store.open(folder) as again:
        assert again.documents("local") == ()
        assert (folder / "unclaimed" / document.id).read_bytes() == b"a file"
        keep(again, content=b"new")
    with Store.open(folder) as third:
        assert third.problems(thorough=True) == () and (folder / "unclaimed" / document.id).exists()


def test_a_file_swept_by_another_process_before_it_was_claimed_is_copied_again(store, keep, monkeypatch):
    add, calls = Files.add, []

    def add_and_lose(files: Files, source: Path) -> tuple[str, int]:
        sha256, n_bytes = add(files, source)
        if not calls:
            files.remove(sha256)
        calls.append(sha256)
        return sha256, n_bytes

    monkeypatch.setattr(Files, "add", add_and_lose)
    document = keep(store)
    assert len(calls) == 2 and store.original("local", document.id).read_bytes() == b"a file"


@pytest.mark.parametrize(
    "number, named",
    [
        (errno.ENOSPC, DiskFull), (errno.EDQUOT, DiskFull), (errno.EFBIG, DiskFull),
        (errno.EROFS, ReadOnlyLibrary), (errno.EACCES, ReadOnlyLibrary), (errno.EIO, StorageError),
    ],
)
def test_what_the_disk_says_has_a_name_and_leaves_nothing(
    store, tmp_path, folder, monkeypatch, number, named
):
    source = tmp_path / "source"
    source.write_bytes(b"bytes")

    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StorageError) as caught:
            store.keep_original("local", source)
    assert type(caught.value) is named and str(folder) not in str(caught.value)
    assert not list((folder / "originals").glob("*.tmp")) and store.sizes().original_bytes == 0
    assert store.keep_original("local", source).n_bytes == 5

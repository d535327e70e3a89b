"""The original files, by content: originals/ab/cd/<sha256>.

A file counts as kept once its bytes and its name are on the disk: written beside, fsync, renamed
into place, fsync of the folder; the row in the database follows, and only then anybody is told.
Whatever a crash leaves is therefore either a *.tmp or a whole file that no row claims.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

from engine.errors import DamagedLibrary, DiskFull, ReadOnlyLibrary, StorageError, UnreadableFile

BLOCK: Final = 1 << 20
SHA256: Final = re.compile(r"[0-9a-f]{64}")
NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NOT_ALLOWED: Final = {errno.EROFS, errno.EACCES, errno.EPERM}
MARKER: Final = "library-id"

Trouble = Literal["original missing", "original altered"]


class Files:
    """The folder of originals."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the file with this digest is, or would be. Raises DamagedLibrary for what is no digest:
        a row that somebody changed must not lead out of the folder."""
        if not SHA256.fullmatch(sha256):
            raise DamagedLibrary
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def add(self, source: Path) -> tuple[str, int]:
        """Copy a file in; its SHA-256 and its size in bytes. On the disk when this returns.

        Raises UnreadableFile for a source that is no readable file, DiskFull, ReadOnlyLibrary.
        """
        with _opened(source) as descriptor, _named_errors():
            make_private(self.folder)
            arriving = self.folder / f"{secrets.token_hex(16)}.tmp"
            try:
                sha256, n_bytes = _copy(descriptor, arriving)
                self._put(arriving, sha256)
            finally:
                with suppress(OSError):  # a sweep takes what stays behind
                    arriving.unlink(missing_ok=True)
        return sha256, n_bytes

    def _put(self, arriving: Path, sha256: str) -> None:
        path = self.path(sha256)
        for folder in (path.parent.parent, path.parent):
            if make_private(folder):
                sync_folder(folder.parent)
        os.replace(arriving, path)  # also over an older copy, which may be damaged
        sync_folder(path.parent)

    def remove(self, sha256: str) -> None:
        """Take a file away; nothing happens where there is none."""
        with _named_errors():
            self.path(sha256).unlink(missing_ok=True)

    def sweep(self, claimed: Collection[str], library_id: str) -> None:
        """Remove what no row claims: the leavings of a crash.

        If the folder belonged to another database (the present one is new, or was restored from
        a backup), files without a row may be all that is left of a document: they are set aside
        in unclaimed/ instead.
        """
        with _named_errors():
            make_private(self.folder)
            marker = self.folder / MARKER
            ours = marker.is_file() and marker.read_text("ascii", "replace") == library_id
            for path in self._stored():
                if path.suffix == ".tmp":
                    path.unlink(missing_ok=True)
                elif path.name not in claimed:
                    path.unlink(missing_ok=True) if ours else self._set_aside(path)
            if not ours:
                write_private(marker, library_id.encode())

    def _stored(self) -> Iterator[Path]:
        for path in self.folder.rglob("*"):
            if path.is_file() and (path.suffix == ".tmp" or SHA256.fullmatch(path.name)):
                yield path

    def _set_aside(self, path: Path) -> None:
        aside = self.folder.parent / "unclaimed"
        make_private(aside)
        os.replace(path, aside / path.name)

    def trouble(self, sha256: str, n_bytes: int, *, thorough: bool) -> Trouble | None:
        """What is wrong with a file, by its size and, if `thorough`, by the content it is named after."""
        try:
            with self.path(sha256).open("rb") as file:
                intact = os.fstat(file.fileno()).st_size == n_bytes and (
                    not thorough or hashlib.file_digest(file, "sha256").hexdigest() == sha256
                )
                return None if intact else "original altered"
        except (OSError, DamagedLibrary):
            return "original missing"


def make_private(folder: Path) -> bool:
    """Make a folder that only its owner may enter, where there is none; whether it was made."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return False
    return True


def write_private(path: Path, data: bytes) -> None:
    """Write a small file, whole or not at all, that only its owner may read."""
    beside = path.with_name(f"{path.name}.tmp")
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the platform lets a folder be synchronised."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _opened(source: Path) -> Iterator[int]:
    """The source as a descriptor. A pipe or a device is refused without waiting for it."""
    try:
        descriptor = os.open(source, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise UnreadableFile(CANNOT_OPEN) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnreadableFile(CANNOT_OPEN)
        yield descriptor
    finally:
        os.close(descriptor)


CANNOT_OPEN = "This cannot be opened as a file. Check that it still exists and that you may read it."


def _copy(source: int, target: Path) -> tuple[str, int]:
    digest, n_bytes = hashlib.sha256(), 0
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(target, flags, 0o600), "wb", buffering=0) as file:
        while block := os.read(source, BLOCK):
            digest.update(block)
            n_bytes += len(block)
            rest = memoryview(block)
            while rest:
                rest = rest[file.write(rest) or 0 :]
        os.fsync(file.fileno())
    return digest.hexdigest(), n_bytes


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFull from error
        if error.errno in NOT_ALLOWED:
            raise ReadOnlyLibrary from error
        if error.errno == errno.ENOENT:
            raise  # a sweep of another process was faster; Documents.keep_original tries again
        raise StorageError("The library's files cannot be reached. Check the disk and try again.") from error

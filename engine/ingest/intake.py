"""What may be opened at all: an ordinary file, not too large, whose name and first bytes agree.

Only bytes are looked at here, so it runs in the program's own process. Nothing is opened that
could block or act (a FIFO, a device), and a file over the limit is refused before it is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Cancelled, EmptyFile, FileTooLarge, UnreadableFile, UnsupportedFile
from engine.ingest.kinds import PACKED, Kind, kind_by_name
from engine.ingest.limits import Limits
from engine.types import IsCancelled

HEAD = 1024  # a PDF must say so this early (ISO 32000-1, annex H, implementation note 13)
# A PDF that lost its first line begins with an object; every reader repairs that.
HEADLESS = re.compile(rb"^[^<]{0,16}\b\d{1,6}\s+\d{1,3}\s+obj\b")
ZIP = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Word files under a password are wrapped in this
CHUNK = 1 << 20
FLAGS = os.O_RDONLY
for _flag in ("O_BINARY", "O_NONBLOCK", "O_NOCTTY"):  # which of them exist differs between systems
    FLAGS |= getattr(os, _flag, 0)


@dataclass(frozen=True, slots=True)
class Intake:
    """A file that was let in: its digest, its kind, and what it looked like while it was hashed."""

    sha256: str
    kind: Kind
    n_bytes: int
    modified: int  # nanoseconds


def admit(path: Path, name: str, limits: Limits, cancelled: IsCancelled) -> Intake:
    """Check and hash a file. Raises EmptyFile, FileTooLarge, UnreadableFile, UnsupportedFile, Cancelled."""
    descriptor = _open_ordinary(path)
    with open(descriptor, "rb", buffering=0) as file:
        found = os.fstat(descriptor)
        _check_size(found, limits)
        head = file.read(HEAD)
        kind = kind_of(head, name)
        digest = hashlib.sha256(head)
        n_bytes = len(head)
        while chunk := file.read(CHUNK):
            if cancelled():
                raise Cancelled
            digest.update(chunk)
            n_bytes += len(chunk)
            if n_bytes > limits.n_bytes:
                raise _too_large(limits)
    return Intake(digest.hexdigest(), kind, n_bytes, found.st_mtime_ns)


def is_unchanged(path: Path, intake: Intake) -> bool:
    """Whether the file still is what was hashed, as far as size and time tell."""
    try:
        now = os.stat(path)
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns) == (intake.n_bytes, intake.modified)


def kind_of(head: bytes, name: str) -> Kind:
    """The kind on which content and file name agree; UnsupportedFile where they do not."""
    head, kind = head[:HEAD], kind_by_name(name)
    if kind is None:
        raise UnsupportedFile
    if kind == "pdf":
        if not is_pdf(head):
            raise UnsupportedFile("This file is named .pdf, but it is none. Convert it to PDF and add that.")
    elif kind in PACKED:
        if not head.startswith(ZIP) and not (kind == "docx" and head.startswith(COMPOUND)):
            words = f"This file is named .{kind}, but it is none. Convert it to PDF and add that."
            raise UnsupportedFile(words)
    elif head.startswith(b"%PDF-"):
        raise UnsupportedFile("This file is not named .pdf, but it is a PDF. Rename it and add it again.")
    elif head.startswith((ZIP, COMPOUND)):
        raise UnsupportedFile("This file has the name of a text, but it is none. Add it as a PDF.")
    return kind


def is_pdf(head: bytes) -> bool:
    """Whether a file that begins so is a PDF, or was one before it lost its first line."""
    return not head.startswith((ZIP, COMPOUND)) and (b"%PDF" in head or HEADLESS.search(head) is not None)


def _open_ordinary(path: Path) -> int:
    """Open for reading without ever waiting: FIFOs, sockets, devices and folders are refused first."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise UnsupportedFile("This is a folder, not a file. Add the files in it one by one.")
        if not stat.S_ISREG(mode):
            raise UnsupportedFile("This is not an ordinary file. Choose a document.")
        descriptor = os.open(path, FLAGS)
    except FileNotFoundError:
        raise UnreadableFile("This file is not there any more. Check where it is and add it again.") from None
    except PermissionError:
        raise UnreadableFile("This file may not be read. Change its permissions and add it again.") from None
    except (OSError, ValueError):  # a loop of links, a name that no file can have, a failing disk
        raise UnreadableFile("This file cannot be opened. Copy it elsewhere and add the copy.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # exchanged between the two looks
        os.close(descriptor)
        raise UnsupportedFile("This is not an ordinary file. Choose a document.")
    return descriptor


def _check_size(found: os.stat_result, limits: Limits) -> None:
    if found.st_size == 0:
        raise EmptyFile
    if found.st_size > limits.n_bytes:
        raise _too_large(limits)


def _too_large(limits: Limits) -> FileTooLarge:
    limit = limits.n_bytes // (1024 * 1024)
    return FileTooLarge(f"This file is over the limit of {limit} MB. Split it and add the parts.")

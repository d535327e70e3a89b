"""P4: no document can stop the server. P5: what could not be read is said."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import Cancelled, DocumentError
from engine.ingest.reader import LOCAL, DocumentReader
from tests.promises.figures import Figure, Setting, none_of, resident
from tests.promises.files import half_scanned, hostile, ordinary, scanned

MB = 1 << 20
NEIGHBOUR = 3.0  # seconds for somebody else's small file
SLACK = 3.0  # times, for a machine that does other things as well


def check(setting: Setting) -> Iterator[Figure]:
    """Every hostile file through one reader, watched from outside."""
    files = hostile(setting.folder)
    if setting.documents:
        files += sorted(path for path in setting.documents.rglob("*") if path.is_file())
    strangers = set(_children())  # of other readers in this process
    reader = DocumentReader(LOCAL)
    try:
        reader.read(_small(setting.folder))
        before, n_open = resident(), len(os.listdir("/proc/self/fd"))
        wild, slow, slowest, biggest = _read_all(reader, files)
        growth = (resident() - before) / MB
        yield none_of("P4", f"files without a known code (of {len(files)})", wild, len(files))
        yield none_of("P4", f"files over 60 s; slowest {slowest:.1f} s", slow, len(files))
        yield Figure(
            "P4",
            "memory of the reading process, most",
            f"{biggest / MB:.0f} MB",
            "<= 1024 MB",
            biggest <= 1024 * MB,
        )
        yield Figure("P4", "growth of the program itself", f"{growth:.0f} MB", "<= 50 MB", growth <= 50)
        grown = len(os.listdir("/proc/self/fd")) - n_open
        yield Figure(
            "P4", "descriptors more than before", str(grown), "<= 6 (a second child's pipes)", grown <= 6
        )
        yield _neighbour(reader, setting.folder)
    finally:
        reader.close()
    yield none_of("P4", "children left behind", sorted(set(_children()) - strangers), 1)


def _small(folder: Path) -> Path:
    path = folder / "small.pdf"
    path.write_bytes(ordinary())
    return path


def _read_all(reader: DocumentReader, files: list[Path]) -> tuple[list[str], list[str], float, int]:
    """Names of files that ended oddly and that took too long, the longest time, the most memory."""
    wild, slow, slowest = [], [], 0.0
    watch = _Watch()
    for path in files:
        started = time.monotonic()
        try:
            reader.read(path)
        except DocumentError as error:
            if error.status not in (
                "no_text",
                "password",
                "unsupported",
                "corrupt",
                "empty",
                "too_large",
                "timeout",
            ):
                wild.append(path.name)
        except Exception as error:  # whatever a document does, this is what must not happen
            wild.append(f"{path.name}: {type(error).__name__}")
        seconds = time.monotonic() - started
        slowest = max(slowest, seconds)
        if seconds > LOCAL.seconds + 10:  # between two looks at the clock, and the child's end
            slow.append(path.name)
    return wild, slow, slowest, watch.stop()


class _Watch:
    """The most memory that any child held."""

    def __init__(self) -> None:
        self._most, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._most

    def _look(self) -> None:
        while not self._over.wait(0.1):
            for child in _descendants(os.getpid()):
                with contextlib.suppress(OSError):
                    self._most = max(self._most, resident(child))


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


def _children() -> list[str]:
    """Children of this process that ended and were not waited for, or still read."""
    left = []
    for child in _descendants(os.getpid()):
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{child}/cmdline").read_bytes()
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            if b"engine.ingest.child" in name or state == "Z":
                left.append(str(child))
    return left


def _neighbour(reader: DocumentReader, folder: Path) -> Figure:
    """A small file while another reader's file keeps a child busy."""
    busy = folder / "busy.html"
    busy.write_bytes(b"<a b='" * 200_000)

    def be_busy() -> None:
        with contextlib.suppress(DocumentError, Cancelled):
            reader.read(busy, cancelled=over.is_set)

    over = threading.Event()
    thread = threading.Thread(target=be_busy)
    reader.read(_small(folder))
    thread.start()
    time.sleep(0.3)
    started = time.monotonic()
    reader.read(_small(folder))
    seconds = time.monotonic() - started
    over.set()
    thread.join()
    return Figure(
        "P4",
        "a small PDF while a hostile file is read",
        f"{seconds:.1f} s",
        f"<= {NEIGHBOUR:.0f} s (x {SLACK:.0f} on a busy machine)",
        seconds <= NEIGHBOUR * SLACK,
    )


def check_coverage(setting: Setting) -> Iterator[Figure]:
    """Scans, half scans, passwords, and, in a set from elsewhere, every page that says nothing."""
    reader = DocumentReader(LOCAL)
    try:
        path = setting.folder / "half.pdf"
        path.write_bytes(half_scanned())
        document = reader.read(path)
        n_silent = len(document.pages_without_text)
        yield Figure(
            "P5",
            "a mixed scan of 12 pages",
            f"{n_silent} without text, {document.status}",
            "6, partial",
            n_silent == 6 and document.status == "partial",
        )
        path.write_bytes(scanned())
        yield _refused(reader, path, "a scan", "no_text")
        yield from _refusals_of(reader, setting)
    finally:
        reader.close()


def _refused(reader: DocumentReader, path: Path, what: str, status: str) -> Figure:
    found = "ok"
    try:
        found = reader.read(path).status
    except DocumentError as error:
        found = error.status
    return Figure("P5", what, found, status, found == status)


def _refusals_of(reader: DocumentReader, setting: Setting) -> Iterator[Figure]:
    """Documents of the set without any text may not pass for read."""
    if setting.documents is None:
        return
    claimed, n_files = [], 0
    for path in sorted(setting.documents.rglob("*.pdf")):
        with contextlib.suppress(DocumentError):
            document = reader.read(path)
            n_files += 1
            if document.status == "ok" and not document.text.strip():
                claimed.append(path.name)
    yield none_of("P5", "documents without text that are called read", claimed, n_files)

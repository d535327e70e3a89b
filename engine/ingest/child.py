"""The child's side: an idle process that forks once for every document.

    parent --request line-->  warden  --fork-->  reader: opens the file, writes JSON lines, exits
    parent --"end N" line-->  warden  --kill-->  and answers {"end": N}

The warden has PyMuPDF loaded and one thread, so a fork costs milliseconds, and every document is
read by a process that never saw another one. Where there is no fork (Windows) or it is unsafe
(macOS) the process reads one document itself and exits.

A reader writes `{"at": page, "of": pages}` before each page, then one line a page with the text
and one final line; see engine.ingest.wire. The warden says `{"gone": code}` when a reader ended.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
from collections.abc import Mapping

from engine.ingest.perform import perform, warm_up
from engine.ingest.pipes import read_exactly, read_line, silence, write
from engine.ingest.sandbox import FORKS, give_up_rights, limit_resources


def main() -> None:
    """Serve requests from stdin until it closes."""
    requests = os.fdopen(os.dup(0), "rb", buffering=0)
    replies = os.dup(1)
    silence()
    warm_up()
    gc.collect()
    gc.freeze()
    write(replies, {"ready": FORKS})
    while line := read_line(requests.fileno()):
        request = json.loads(line)
        request["payload"] = read_exactly(requests.fileno(), request.get("more", 0))
        if not FORKS:
            _read_document(request, replies)
            return
        if not _serve(request, requests.fileno(), replies):
            return


def _serve(request: Mapping[str, object], requests: int, replies: int) -> bool:
    """Fork a reader and watch it until the parent says end; False when the parent is gone."""
    alive, held = os.pipe()  # only the reader holds the writing end: it reads as closed when it died
    reader = os.fork()
    if reader == 0:
        code = 1
        try:
            os.setpgid(0, 0)
            os.close(requests)
            os.close(alive)
            _read_document(request, replies)
            code = 0
        finally:
            os._exit(code)  # nothing of the warden's is cleaned up twice
    os.close(held)
    try:
        return _watch(reader, alive, requests, replies)
    finally:
        os.close(alive)


def _watch(reader: int, alive: int, requests: int, replies: int) -> bool:
    waiting = [requests, alive]
    gone = False
    while True:
        ready, _, _ = select.select(waiting, [], [])
        if alive in ready:
            gone = True
            waiting.remove(alive)
            write(replies, {"gone": _bury(reader)})
        if requests in ready:
            line = read_line(requests)
            if not gone:
                _bury(reader, kill=True)
            if not line:
                return False
            write(replies, {"end": json.loads(line)["end"]})
            return True


def _bury(reader: int, kill: bool = False) -> int:
    """Wait for the reader, so that no zombie stays; its exit code, negative for a signal."""
    if kill:
        try:
            os.killpg(reader, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(reader, signal.SIGKILL)  # it has not become a group of its own yet
    return os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1])


def _read_document(request: Mapping[str, object], replies: int) -> None:
    """What a reader does: open the one file, give up everything else, work."""
    path = bytes.fromhex(str(request["path"]))
    limits = request["limits"]
    assert isinstance(limits, dict)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    limit_resources(int(limits["memory"]), float(str(request["seconds"])))
    if FORKS:
        gc.set_threshold(100_000, 50, 50)
        give_up_rights(descriptor)
    perform(request, descriptor, lambda message: write(replies, message))


if __name__ == "__main__":
    main()

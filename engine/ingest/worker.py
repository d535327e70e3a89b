"""The program's side of a child process: start it, ask it, read its lines in time, end it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from engine.ingest.sandbox import FORKS

ROOT = Path(__file__).resolve().parents[2]
CHILD = "engine.ingest.child"  # the module whose main() serves
BOOT = """
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
importlib.import_module(sys.argv[2]).main()
"""
MAX_LINE = 32 * 1024 * 1024
START_SECONDS = 30.0

Message = dict[str, object]


class ChildFailed(Exception):
    """The child died or broke the protocol; `code` is its exit code where there is one."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"reader process ended with {code}")
        self.code = code


class Worker:
    """One child process. Not thread-safe: one request at a time, ended before the next."""

    def __init__(self, child: str = CHILD) -> None:
        folders = json.dumps([str(ROOT), *filter(None, sys.path)])  # -I forgets where packages are
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-X", "utf8", "-c", BOOT, folders, child],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=_environment(), close_fds=True, start_new_session=True,
        )
        self._lines: queue.Queue[bytes] = queue.Queue(maxsize=4)
        self._closing = threading.Event()
        assert self._process.stdout is not None
        self._pump = threading.Thread(target=self._read_lines, args=(self._process.stdout,), daemon=True)
        self._pump.start()
        self._ready = False
        self._closed = False  # whether it closed its end
        self.served = 0

    @property
    def pid(self) -> int:
        """Process id of the child, which leads its own process group."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait for a new child to have loaded what it needs. Raises ChildFailed."""
        if not self._ready and self.next(START_SECONDS) is None:
            raise ChildFailed(None)
        self._ready = True

    def ask(self, request: Mapping[str, object], payload: bytes = b"") -> None:
        """Send a request, and bytes too many for its line. Raises ChildFailed where nobody takes it."""
        self.served += 1
        self._send({**request, "more": len(payload)} if payload else request, payload)

    def next(self, seconds: float) -> Message | None:
        """The next message, or None when none came in time. Raises ChildFailed."""
        try:
            line = self._lines.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None
        return self._parse(line)

    def end(self) -> bool:
        """End the request, whatever state it is in; whether the child can take another."""
        if not FORKS or self._closed or not self._ready:
            return False
        token = secrets.token_hex(8)  # the reader process never sees it, so it cannot speak for the warden
        try:
            self._send({"end": token})
            while True:
                line = self._lines.get(timeout=START_SECONDS)
                if not line:
                    return False
                if line.startswith(b'{"end":') and json.loads(line).get("end") == token:
                    return True
        except (ChildFailed, queue.Empty, ValueError):
            return False

    def close(self) -> None:
        """Kill the process group, wait for it, and give back the pipes."""
        self._closing.set()
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it may be gone already
            self._process.stdin.close()  # the warden kills its reader and exits by itself
        try:
            self._process.wait(timeout=2.0 if FORKS else 0.1)
        except subprocess.TimeoutExpired:
            _kill_group(self._process)
            self._process.wait()
        self._pump.join()
        self._process.stdout.close()

    def _send(self, message: Mapping[str, object], payload: bytes = b"") -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n" + payload)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise ChildFailed(self._process.poll()) from error

    def _parse(self, line: bytes) -> Message:
        if not line:
            self._closed = True
            raise ChildFailed(self._process.poll())
        try:
            message = json.loads(line)
        except ValueError as error:  # cut off in the middle: it died while it wrote
            raise ChildFailed(None) from error
        if not isinstance(message, dict):
            raise ChildFailed(None)
        return message

    def _read_lines(self, stream: IO[bytes]) -> None:
        """Run in a thread of its own, because a pipe cannot be read with a time limit everywhere."""
        while line := stream.readline(MAX_LINE):
            self._put(line)
        self._put(b"")

    def _put(self, line: bytes) -> None:
        while not self._closing.is_set():
            try:
                self._lines.put(line, timeout=0.1)
                return
            except queue.Full:
                continue


def _environment() -> dict[str, str]:
    """Almost nothing: a child that reads hostile files has no use for the reader's tokens."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()

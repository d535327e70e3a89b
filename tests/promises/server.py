"""The real server as a process, and visitors that speak HTTP with it as its page does."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.promises.figures import ROOT, command, environment

BOUNDARY = "precis-promise"
PATIENCE = 120.0  # seconds, on a machine that is busy


class Running:
    """A server over a library of its own, from `with` to the end of the block."""

    def __init__(self, data_dir: Path, *, hosted: bool = False) -> None:
        self.data_dir, self.hosted = data_dir, hosted
        self.lines: list[str] = []
        self._visitors: list[Visitor] = []

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.data_dir.mkdir(parents=True, exist_ok=True)
        more = {"PRECIS_DATA_DIR": str(self.data_dir), "PYTHONUNBUFFERED": "1"}
        if self.hosted:
            more["PRECIS_HOSTED"] = "1"
        self.process = subprocess.Popen(
            command(self.data_dir, "serve", "--port", str(self.port)),
            cwd=ROOT,
            env=environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        until = time.monotonic() + PATIENCE
        while not any(line.startswith("Ready") for line in self.lines):
            assert self.process.poll() is None and time.monotonic() < until, "\n".join(self.lines)
            time.sleep(0.05)
        address = next(line for line in self.lines if line.startswith("Ready"))
        self.port = int(re.findall(r":(\d+)", address)[-1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for visitor in self._visitors:
            visitor.close()
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reading.join(10)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip())

    def visitor(self) -> Visitor:
        """Somebody with a cookie of their own."""
        self._visitors.append(Visitor(self.port))
        return self._visitors[-1]


class Visitor:
    """One browser's worth of requests, over one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.cookie = ""
        _, headers, _ = self.ask("/")
        self.cookie = headers["set-cookie"].split(";")[0]
        self.session = hashlib.sha256(self.cookie.encode()).hexdigest()[:12]
        config = json.loads(self.ask("/config")[2])
        self.files = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "upload")
        self.verb = next(
            d["id"]
            for d in config["dependencies"]
            if [self.files, "upload"] in d["targets"] and self.files in d["inputs"]
        )
        self.n_inputs = next(len(d["inputs"]) for d in config["dependencies"] if d["id"] == self.verb)
        self.watching = next(d for d in config["dependencies"] if d["types"]["generator"])

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers with small letters, body."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            sent["cookie"] = self.cookie
        try:
            return self._exchange(path, method, body, sent)
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            return self._exchange(path, method, body, sent)

    def _exchange(
        self, path: str, method: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def upload(self, name: str, data: bytes) -> str:
        """Hand a file over; the path that the server gave it."""
        body = (
            (
                f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n"
            ).encode()
            + data
            + f"\r\n--{BOUNDARY}--\r\n".encode()
        )
        status, _, reply = self.ask(
            "/gradio_api/upload", "POST", body, content_type=f"multipart/form-data; boundary={BOUNDARY}"
        )
        assert status == 200, (status, reply[:200])
        return str(json.loads(reply)[0])

    def join(self, path: str, name: str) -> tuple[int, bytes]:
        """Ask for an uploaded file to be added to the library."""
        file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        data = {
            "data": [[file], *[None] * (self.n_inputs - 1)],
            "fn_index": self.verb,
            "session_hash": self.session,
            "trigger_id": self.files,
            "event_data": None,
        }
        status, _, reply = self.ask(
            "/gradio_api/queue/join", "POST", json.dumps(data).encode(), content_type="application/json"
        )
        return status, reply

    def watch(self) -> int:
        """Have this page told of everything that changes, as every open page is; the status."""
        data = {
            "data": [None] * len(self.watching["inputs"]),
            "fn_index": self.watching["id"],
            "session_hash": self.session,
            "trigger_id": None,
            "event_data": None,
        }
        return self.ask(
            "/gradio_api/queue/join", "POST", json.dumps(data).encode(), content_type="application/json"
        )[0]

    def add(self, name: str, data: bytes) -> int:
        """Upload and add a file; the status of the answer."""
        return self.join(self.upload(name, data), name)[0]

    def read_until_there(self, data: bytes, seconds: float = PATIENCE) -> bytes:
        """The first page of a document that was added, as the page asks for it."""
        document, until = hashlib.sha256(data).hexdigest(), time.monotonic() + seconds
        while time.monotonic() < until:
            status, _, body = self.ask(f"/precis/text/{document}/1")
            if status == 200:
                return body
            time.sleep(0.1)
        raise AssertionError(f"the document did not come into the library in {seconds} s")

"""The real server as a process, and visitors that speak HTTP with it as its page does."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.promises.figures import ROOT, environment

LAUNCH = Path(__file__).with_name("launch.py")
BOUNDARY = "precis-promise"
PATIENCE = 120.0  # seconds, on a machine that is busy


class Running:
    """A server over a library of its own, from `with` to the end of the block.

    `options` are those of tests/promises/launch.py, `under` a command that the server runs under.
    """

    def __init__(
        self, data_dir: Path, *, hosted: bool = False, under: Sequence[str] = (), **options: Any
    ) -> None:
        self.data_dir, self.hosted = data_dir, hosted
        self.lines: list[str] = []
        self._command = [*under, sys.executable, str(LAUNCH), json.dumps(options), "serve", "--port", "0"]
        self._visitors: list[Visitor] = []

    def __enter__(self) -> Self:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.temporary = self.data_dir.parent / f"{self.data_dir.name}-temporary"
        self.temporary.mkdir(exist_ok=True)
        more = {"PRECIS_DATA_DIR": str(self.data_dir), "TMPDIR": str(self.temporary), "PYTHONUNBUFFERED": "1"}
        if self.hosted:
            more["PRECIS_HOSTED"] = "1"
        started = time.monotonic()
        self.process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.port = int(self._wait_for("Precis is starting at").rpartition(":")[2])
        self.seconds_to_answer = time.monotonic() - started
        self._wait_for("Ready")
        return self

    def _wait_for(self, words: str) -> str:
        until = time.monotonic() + PATIENCE
        while True:
            for line in list(self.lines):
                if line.startswith(words):
                    return line
            assert self.process.poll() is None and time.monotonic() < until, "\n".join(self.lines)
            time.sleep(0.02)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for visitor in self._visitors:
            visitor.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reading.join(10)

    def kill(self) -> None:
        """As by a loss of power, with every child."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip())

    def visitor(self) -> Visitor:
        """Somebody with a cookie of their own."""
        self._visitors.append(Visitor(self.port))
        return self._visitors[-1]


def as_browsers_send(name: str) -> str:
    """A file name as it stands in the header of a form, where quotes and line ends are escaped."""
    for letter, code in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A"), ("\0", "%00")):
        name = name.replace(letter, code)
    return name.encode("utf-8", "replace").decode()


class Visitor:
    """One browser's worth of requests, over one connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.cookie = ""
        _, headers, _ = self.ask("/")
        self.cookie = headers["set-cookie"].split(";")[0]
        self.session = hashlib.sha256(self.cookie.encode()).hexdigest()[:12]
        self.document = ""
        config = json.loads(self.ask("/config")[2])
        self._names = {c["id"]: c["props"].get("elem_id") or c["type"] for c in config["components"]}
        self._values = {
            c["id"]: c["props"].get("value") or ("" if c["type"] == "textbox" else None)
            for c in config["components"]
        }
        self._verbs = config["dependencies"]

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

    def press(self, control: str, event: str = "click", data: object = None, **values: object) -> int:
        """Use a control as the page would, on the document that is open; the status of the answer."""
        verb, trigger = next(
            (verb, target)
            for verb in self._verbs
            for target, name in verb["targets"]
            if name == event and (self._names.get(target) == control)
        )
        return self._join(verb, values, trigger, data)[0]

    def throw(self, value: object) -> int:
        """Give this value to every handler for every input; how many there are."""
        for verb in self._verbs:
            self._join(verb, {name: [value] for name in self._names.values()})
            self._join(verb, {name: value for name in self._names.values()}, data=value)
        return len(self._verbs)

    def watch(self) -> int:
        """Have this page told of everything that changes, as every open page is; the status."""
        return self._join(next(verb for verb in self._verbs if verb["types"]["generator"]), {})[0]

    def _join(
        self, verb: dict[str, Any], values: dict[str, object], trigger: int | None = None, data: object = None
    ) -> tuple[int, bytes]:
        names = [self._names[number] for number in verb["inputs"]]
        inputs = [  # what the page begins with, where nothing else is given
            values.get(name, self._values[number]) for name, number in zip(names, verb["inputs"], strict=True)
        ]
        if "browserstate" in names:  # the first holds what the page shows
            inputs[names.index("browserstate")] = {"document": self.document or None, "follow": None}
        body = {
            "data": inputs,
            "fn_index": verb["id"],
            "session_hash": self.session,
            "trigger_id": trigger,
            "event_data": data,
        }
        status, _, reply = self.ask(
            "/gradio_api/queue/join", "POST", json.dumps(body).encode(), content_type="application/json"
        )
        return status, reply

    def join(self, path: str, name: str) -> int:
        """Ask for an uploaded file to be added to the library; the status of the answer."""
        file = {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}
        return self.press("upload", "upload", upload=[file])

    def add(self, name: str, data: bytes) -> int:
        """Upload and add a file, which is then the open one; the status of the answer."""
        self.document = hashlib.sha256(data).hexdigest()
        return self.join(self.upload(name, data), name)

    def summarize(self, length: str = "Short") -> None:
        """Have the open document summarised."""
        self.press("summarize", length=length.lower())

    def put(self, question: str) -> None:
        """Ask about the open document."""
        self.press("ask", question=question)

    def delete(self, document: str) -> None:
        """Delete a document."""
        self.press("library", "delete", {"document": document})

    def wait_for(self, path: str, seconds: float = PATIENCE, *, status: int = 200, words: str = "") -> bytes:
        """Ask until the answer has this status and says `words`. Raises AssertionError after `seconds`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found, _, body = self.ask(path)
            if found == status and words.encode() in body:
                return body
            time.sleep(0.1)
        raise AssertionError(f"{path} answered {found} for {seconds} s")

    def read_until_there(self, data: bytes, seconds: float = PATIENCE) -> bytes:
        """The first page of a document that was added, as the page asks for it."""
        return self.wait_for(f"/precis/text/{hashlib.sha256(data).hexdigest()}/1", seconds)

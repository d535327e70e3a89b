"""The server before and around the page: port, first answer, upload directory, failure to build."""

import asyncio
import os
import socket
import stat
import time
from contextlib import asynccontextmanager

import pytest

from ui.server import Front, address_of, private_directory, reserve_port


def test_a_taken_port_moves_on() -> None:
    with reserve_port("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with reserve_port("127.0.0.1", port) as other:
            assert port < other.getsockname()[1] <= port + 100


def test_an_address_that_is_not_ours_is_an_error() -> None:
    with pytest.raises(OSError):
        reserve_port("203.0.113.1", 7860)


def test_the_port_answers_to_connect_at_once() -> None:
    with reserve_port("127.0.0.1", 0) as listening:
        with socket.create_connection(listening.getsockname(), timeout=1):
            assert address_of(listening) == f"http://127.0.0.1:{listening.getsockname()[1]}"


class App:
    alive = False

    async def __call__(self, scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200 if self.alive else 500, "headers": []})
        await send({"type": "http.response.body", "body": b"page"})

    @asynccontextmanager
    async def lifespan(self):
        self.alive = True
        yield
        self.alive = False


def drive(front: Front, seconds: float) -> list[int]:
    """Status codes of requests before and after the page is built; the lifespan is run through."""

    async def main() -> list[int]:
        messages: asyncio.Queue = asyncio.Queue()
        seen: list[int] = []

        async def send(message) -> None:
            if message["type"] == "http.response.start":
                seen.append(message["status"])

        lifespan = asyncio.create_task(front({"type": "lifespan"}, messages.get, send))
        await messages.put({"type": "lifespan.startup"})
        await front({"type": "http", "path": "/"}, messages.get, send)
        await asyncio.sleep(seconds)
        await front({"type": "http", "path": "/"}, messages.get, send)
        await messages.put({"type": "lifespan.shutdown"})
        await lifespan
        return seen

    return asyncio.run(main())


def test_it_says_starting_until_the_page_is_there_and_closes_it() -> None:
    app, ready = App(), []

    def build() -> App:
        time.sleep(0.1)
        return app

    assert drive(Front(build, lambda: ready.append(1), ready.append), 0.6) == [503, 200]
    assert ready == [1] and not app.alive


def test_a_page_that_cannot_be_built_is_reported() -> None:
    failures: list[Exception] = []

    def build() -> App:
        raise RuntimeError("no page")

    assert drive(Front(build, lambda: None, failures.append), 0.3) == [503, 503]
    assert [str(error) for error in failures] == ["no page"]


def test_uploads_are_private_and_old_ones_go(tmp_path) -> None:
    left = tmp_path / "uploads" / "1"
    left.mkdir(parents=True)
    (left / "file").write_text("left by a killed process")
    recent = tmp_path / "uploads" / "2"
    recent.mkdir()
    os.utime(left, (0, 0))
    own = private_directory(tmp_path)
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert not left.exists() and recent.exists()

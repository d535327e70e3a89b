"""The server: the address is printed at once, the page follows when its libraries are loaded.

`serve` reserves the port and says where it is before anything slow is imported. Until the page
is built, `Front` answers that it is starting; then it hands every request on.

This file imports no gradio at the top, and sets nothing that gradio reads: app.py puts the
variables of QUIET into the environment first, `serve` the private upload directory.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
import time
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ui.security import (
    App,
    Headers,
    Identity,
    Message,
    OpenRoutes,
    Receive,
    Scope,
    Send,
    TrustedHost,
    Visitors,
    read_key,
)

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader
    from storage.store import Store
    from ui.services import Engine

PORTS_TRIED = 100
SECONDS_TO_CLOSE = 2
SECONDS_UPLOADS_ARE_KEPT = 24 * 3600
MAX_UPLOAD_BYTES = 500_000_000
MAX_UPLOAD_BYTES_HOSTED = 50_000_000
FRAMED_BY = ("https://huggingface.co",)  # where a Space is shown

STARTING = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="1"><meta name="viewport" content="width=device-width">
<title>Precis is starting</title><style>
body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f7f4ee;color:#26231e;
font:18px/1.6 Georgia,serif}@media(prefers-color-scheme:dark){body{background:#1a1815;color:#ece6da}}
</style></head><body><p role="status">Precis is starting\N{HORIZONTAL ELLIPSIS}</p></body></html>""".encode()


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """Where to listen, and where things are kept."""

    host: str = "127.0.0.1"
    port: int = 7860
    data_dir: Path = Path("data")
    hosted: bool = False
    open_browser: bool = False
    mcp: bool = False  # answer programs that speak the Model Context Protocol
    names: tuple[str, ...] = ()  # host names to answer to, besides localhost and addresses


class LifespanApp(Protocol):
    """What Front needs of the page's application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

    def lifespan(self) -> AbstractAsyncContextManager[object]:
        """What has to be running while requests are answered."""


def reserve_port(host: str, first: int) -> socket.socket:
    """A listening socket on the first free port from `first` on. Raises OSError if none is."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last_error = OSError(f"no free port from {first} on")
    for port in range(first, first + PORTS_TRIED) if first else [0]:
        try:
            return socket.create_server((host, port), family=family, backlog=128)
        except OSError as error:
            if error.errno is None or port == first + PORTS_TRIED - 1:
                raise
            last_error = error
    raise last_error


def address_of(listening: socket.socket) -> str:
    """The address to open in a browser."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Front:
    """Answers "starting" until `build` has made the application, then passes requests on."""

    def __init__(
        self,
        build: Callable[[], LifespanApp],
        on_ready: Callable[[], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self.build, self.on_ready, self.on_failure = build, on_ready, on_failure
        self.app: LifespanApp | None = None
        self._closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self.app is not None:
            await self.app(scope, receive, send)
        else:
            await _say_starting(send)

    async def _live(self, receive: Receive, send: Send) -> None:
        opening = asyncio.create_task(self._open())
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._closing.set()
        opening.cancel() if self.app is None else await opening
        await send({"type": "lifespan.shutdown.complete"})

    async def _open(self) -> None:
        try:
            app = await asyncio.to_thread(self.build)
        except Exception as error:  # building may fail in any way, and the waiting browser must learn of it
            return self.on_failure(error)
        async with app.lifespan():
            self.app = app
            self.on_ready()
            await self._closing.wait()


async def _say_starting(send: Send) -> None:
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"retry-after", b"1"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(STARTING)).encode()),
    ]
    start: Message = {"type": "http.response.start", "status": 503, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": STARTING})


def protect(app: App, visitors: Visitors, names: tuple[str, ...] = (), *, mcp: bool = False) -> App:
    """The application behind everything of ui/security.py."""
    framed_by = () if visitors.key is not None else FRAMED_BY
    return TrustedHost(Headers(OpenRoutes(Identity(app, visitors), mcp=mcp), framed_by), names)


def serve(
    settings: ServeSettings,
    *,
    store: Callable[[], Store],
    reader: Callable[[], DocumentReader],
    engine: Callable[[], Engine],
    describe: Callable[[], Mapping[str, str | list[str]]] = dict,
) -> int:
    """Serve until interrupted; 0, or 1 if the page could not be built or no port is free."""
    try:
        listening = reserve_port(settings.host, settings.port)
    except OSError as error:
        print(f"Cannot listen on {settings.host}: {error.strerror or error}", file=sys.stderr)
        return 1
    address = address_of(listening)
    if settings.port not in (0, listening.getsockname()[1]):
        print(f"Port {settings.port} is taken; using another.")
    print(f"Precis is starting at {address}", flush=True)
    uploads = private_directory(settings.data_dir)
    os.environ["GRADIO_TEMP_DIR"] = str(uploads)
    try:
        return _run(settings, listening, address, store, reader, engine, describe)
    finally:
        shutil.rmtree(uploads, ignore_errors=True)


def _run(
    settings: ServeSettings,
    listening: socket.socket,
    address: str,
    store: Callable[[], Store],
    reader: Callable[[], DocumentReader],
    engine: Callable[[], Engine],
    describe: Callable[[], Mapping[str, str | list[str]]],
) -> int:
    import uvicorn

    from ui.actions import Actions
    from ui.values import HOSTED, LOCAL

    actions = Actions(store, reader, engine, HOSTED if settings.hosted else LOCAL)
    failures: list[Exception] = []
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    visitors = Visitors(None if settings.hosted else read_key(settings.data_dir))

    def build() -> LifespanApp:
        actions.start()
        from ui.layout import build_app

        if actions.opens_browser() and not (settings.open_browser or settings.hosted):
            webbrowser.open(address)
        limit = MAX_UPLOAD_BYTES_HOSTED if settings.hosted else MAX_UPLOAD_BYTES
        return build_app(
            actions, visitors=visitors, data_dir=settings.data_dir, max_upload_bytes=limit, describe=describe,
            mcp=settings.mcp,
        )

    def on_ready() -> None:
        print(f"Ready: {address}", flush=True)
        if settings.mcp:
            print(f"MCP: {address}/gradio_api/mcp/ (docs/API.md says how to connect)", flush=True)

    def on_failure(error: Exception) -> None:
        failures.append(error)
        server.should_exit = True

    front = Front(build, on_ready, on_failure)
    server = uvicorn.Server(
        uvicorn.Config(
            protect(front, visitors, settings.names, mcp=settings.mcp),
            lifespan="on",
            log_level="critical",
            access_log=False,
            ws="none",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SECONDS_TO_CLOSE,
        )
    )
    if settings.open_browser:
        webbrowser.open(address)
    try:
        server.run(sockets=[listening])
    finally:
        actions.close()
    if failures:
        raise failures[0]
    return 0


def private_directory(data_dir: Path) -> Path:
    """A directory for uploads on their way into the library, readable by this user alone; it is
    removed at exit, and what a killed process left there goes after a day."""
    parent = data_dir / "uploads"
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in parent.iterdir():
            if time.time() - left.stat().st_mtime > SECONDS_UPLOADS_ARE_KEPT:
                shutil.rmtree(left, ignore_errors=True)
        own = parent / str(os.getpid())
        own.mkdir(mode=0o700, exist_ok=True)
        return own
    except OSError:
        return Path(tempfile.mkdtemp(prefix="precis-"))

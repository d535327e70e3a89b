"""What stands before every request: who may ask, for what, and what the browser may do with it.

Plain ASGI middleware, outermost first:

    TrustedHost    refuses names that are not ours: a name can be made to point here (DNS rebinding)
    Headers        Content-Security-Policy and its companions on every response
    OpenRoutes     404 for everything that the page does not use
    Identity       our own cookie; nothing but the first page is given to whoever lacks it

The cookie is SameSite=Strict and HttpOnly, and a request that names another origin is refused,
so no other page open in the same browser can use this app.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "precis"
LOCAL_OWNER = "local"
DAY, YEAR = 86_400, 31_536_000

POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's page is built on both
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",  # the last part: Headers may add to it
    ]
)
HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]

# What programs may call; ui/tabs/endpoints.py says what each does.
ENDPOINTS = (
    "add_document", "add_text", "unlock", "recognise", "list_documents", "search", "delete_documents",
    "restore_documents", "summarize", "ask", "job", "list_jobs", "stop_job", "resume_job",
)

# All that the page and they use. Everything else that Gradio would answer is closed: its file cache (not
# separated by user), deep links, proxies, the component server, monitoring.
OPEN = re.compile(
    r"/|/(theme\.css|favicon\.ico|config)|/(assets|static|svelte|precis)/[^?]*"
    rf"|/gradio_api/(info|run/({'|'.join(ENDPOINTS)}))"
    r"|/gradio_api/(queue/(join|data)|upload|upload_progress|cancel|reset|app_id|heartbeat/\w+)"
)


async def refuse(send: Send, status: int, words: str) -> None:
    """A short plain answer."""
    body = words.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: bytes) -> str | None:
    """A request header's value."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


class TrustedHost:
    """Lets through requests for this machine's own names and for any literal address: rebinding
    needs a name, an address cannot be rebound."""

    def __init__(self, app: App, names: Iterable[str] = ()) -> None:
        self.app = app
        self.names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the Host header."""
        if scope["type"] == "http" and not self.knows(header(scope, b"host") or ""):
            return await refuse(send, 400, "Unknown host name.")
        await self.app(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server."""
        match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+))(?::\d+)?", host)
        name = (match[1] or match[2]) if match else ""
        try:
            return bool(ipaddress.ip_address(name))
        except ValueError:
            return name.lower() in self.names


class Headers:
    """Adds the headers above to every response. `framed_by` are sites that may show the page in a
    frame: none on one's own computer, the site of the demo where it is hosted."""

    def __init__(self, app: App, framed_by: Sequence[str] = ()) -> None:
        self.app = app
        policy = " ".join([POLICY, *framed_by]).encode()  # its last part says who may frame the page
        self.headers = [(name, policy if value == POLICY.encode() else value) for name, value in HEADERS]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, adding headers to the start of the response."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in self.headers}
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
                message["headers"] = kept + self.headers
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


MCP = re.compile(r"/gradio_api/mcp/?")  # open only where it was asked for


class OpenRoutes:
    """404 for every path that OPEN does not name, nor MCP where that is wanted. The start page's query
    is for our own script and the load event, which gets it by another way; Gradio would read commands
    in it."""

    def __init__(self, app: App, *, mcp: bool = False) -> None:
        self.app, self.mcp = app, mcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the path."""
        if scope["type"] == "http" and not self.is_open(scope["path"]):
            return await refuse(send, 404, "Not found.")
        if scope["type"] == "http" and scope["path"] == "/":
            scope = {**scope, "query_string": b""}
        if scope["type"] != "websocket":  # nothing of ours speaks it
            await self.app(scope, receive, send)

    def is_open(self, path: str) -> bool:
        """Whether a path is used by the page or by programs."""
        return bool(OPEN.fullmatch(path) or (self.mcp and MCP.fullmatch(path)))


@dataclass(frozen=True, slots=True)
class Visitors:
    """Tells visitors apart by our cookie. With a key there is one owner, and the cookie proves
    that the request comes from the browser which opened the page here. Without (hosted), each
    browser gets a random name of its own, of which only the digest is ever stored."""

    key: str | None = None

    def owner(self, cookies: Mapping[str, str]) -> str | None:
        """Whose library a request is about, or None for a stranger."""
        value = cookies.get(COOKIE, "")
        if self.key is not None:
            return LOCAL_OWNER if hmac.compare_digest(value.encode(), self.key.encode()) else None
        return hashlib.sha256(value.encode()).hexdigest() if re.fullmatch(r"[0-9a-f]{32}", value) else None

    def cookie(self) -> str:
        """A Set-Cookie value for a browser that has none. A hosted page may stand in a frame of
        another site, so its cookie has to be sent there too, and to nobody else."""
        if self.key is not None:
            return f"{COOKIE}={self.key}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Strict"
        flags = "HttpOnly; Secure; SameSite=None; Partitioned"
        return f"{COOKIE}={secrets.token_hex(16)}; Path=/; Max-Age={DAY}; {flags}"


class Identity:
    """Our cookie: given with the page, asked for by everything else."""

    def __init__(self, app: App, visitors: Visitors) -> None:
        self.app, self.visitors = app, visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse foreign pages and strangers; give the page its cookie."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if _is_foreign(scope):
            return await refuse(send, 403, "This request comes from another site.")
        known = self.visitors.owner(_cookies(scope)) is not None
        is_page = scope["path"] == "/" and scope["method"] in ("GET", "HEAD")
        if not known and not is_page:
            return await refuse(send, 403, "Open the start page first.")

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not known:
                cookie = (b"set-cookie", self.visitors.cookie().encode())
                message["headers"] = [*message.get("headers", []), cookie]
            await send(message)

        await self.app(scope, receive, with_cookie)


def _is_foreign(scope: Scope) -> bool:
    """Whether a page of another origin sent this; following a link to the start page is allowed."""
    origin = header(scope, b"origin")
    host = header(scope, b"host")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return True
    site = header(scope, b"sec-fetch-site")
    navigates = header(scope, b"sec-fetch-mode") == "navigate" and scope["method"] == "GET"
    return site in ("cross-site", "same-site") and not (navigates and scope["path"] == "/")


def _cookies(scope: Scope) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header(scope, b"cookie") or "").items()}
    except CookieError:
        return {}


def read_key(data_dir: Path) -> str:
    """The cookie's value: random, made at first start, readable by this user alone. Where it
    cannot be written, it lasts for this run."""
    path = data_dir / "browser-key"
    try:
        key = path.read_text("ascii").strip()
        if re.fullmatch(r"[0-9a-f]{32}", key):
            return key
    except (OSError, UnicodeDecodeError):
        pass
    key = secrets.token_hex(16)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(key)
    except OSError:
        return key
    return key

"""What stands before every request: hosts, origins, the cookie, open paths, headers."""

import asyncio
import stat

import pytest

from ui.security import COOKIE, Headers, Identity, OpenRoutes, TrustedHost, Visitors, read_key
from ui.server import protect

KEY = "0123456789abcdef" * 2


async def inner(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(app, path="/", method="GET", **headers: str) -> tuple[int, dict[str, str]]:
    named = {"host": "127.0.0.1:7860", **{k.replace("_", "-"): v for k, v in headers.items()}}
    scope = {
        "type": "http",
        "path": path,
        "method": method,
        "headers": [(k.encode(), v.encode()) for k, v in named.items()],
    }
    sent = []

    async def send(message) -> None:
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b""}

    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], {k.decode().lower(): v.decode() for k, v in sent[0]["headers"]}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "[::1]:7860", "192.168.1.4:80", "LOCALHOST"]
)
def test_own_names_and_addresses_are_answered(host: str) -> None:
    assert ask(TrustedHost(inner), host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "a b",
        "127.0.0.1@evil.example",
        "[::1",
        "evil.example#127.0.0.1",
    ],
)
def test_other_names_are_refused(host: str) -> None:
    assert ask(TrustedHost(inner), host=host)[0] == 400


def test_a_named_host_can_be_allowed() -> None:
    assert ask(TrustedHost(inner, ["reader.example"]), host="reader.example")[0] == 200


def test_only_a_hosted_page_may_stand_in_a_frame_of_the_site_that_shows_it() -> None:
    def ancestors(key: str | None) -> str:
        _, headers = ask(protect(inner, Visitors(key)))
        return headers["content-security-policy"].split("frame-ancestors ")[1]

    assert ancestors(KEY) == "'self'"
    assert ancestors(None) == "'self' https://huggingface.co"


def test_every_response_carries_the_policy() -> None:
    _, headers = ask(Headers(inner))
    assert "frame-src 'none'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"], "no other origin is allowed anything"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/deep_link",
        "/gradio_api/proxy=http://x",
        "/gradio_api/component_server",
        "/gradio_api/stream/1",
        "/monitoring",
        "/gradio_api/dev/reload",
        "/gradio_api/openapi.json",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/runs",
        "/gradio_api/run/predict",
        "/gradio_api/api/predict",
        "/gradio_api/call/x",
        "/gradio_api/mcp",
        "/login",
        "/docs",
        "/gradio_api//deep_link",
        "//gradio_api/deep_link",
        "/gradio_api/queue/join/",
        "/precis",
        "/file=x",
    ],
)
def test_what_the_page_does_not_use_is_closed(path: str) -> None:
    assert ask(OpenRoutes(inner), path)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/assets/index.js",
        "/theme.css",
        "/gradio_api/queue/join",
        "/gradio_api/upload",
        "/gradio_api/heartbeat/abc123",
        "/precis/page/ab/1",
    ],
)
def test_what_the_page_uses_is_open(path: str) -> None:
    assert ask(OpenRoutes(inner), path)[0] == 200


def test_the_page_gives_a_cookie_and_everything_else_asks_for_it() -> None:
    app = Identity(inner, Visitors(KEY))
    status, headers = ask(app, "/")
    assert status == 200
    assert headers["set-cookie"].startswith(f"{COOKIE}={KEY}; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(headers["set-cookie"].split("; "))
    assert ask(app, "/precis/page/ab/1")[0] == 403
    assert ask(app, "/", method="POST")[0] == 403
    assert ask(app, "/precis/page/ab/1", cookie=f"{COOKIE}={KEY[::-1]}")[0] == 403
    status, headers = ask(app, "/precis/page/ab/1", cookie=f"other=1; {COOKIE}={KEY}")
    assert status == 200 and "set-cookie" not in headers


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8888"},
        {"origin": "http://localhost:7860"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "sec_fetch_mode": "no-cors"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
    ],
)
def test_other_origins_are_refused_even_with_the_cookie(headers: dict[str, str]) -> None:
    assert (
        ask(Identity(inner, Visitors(KEY)), "/precis/page/ab/1", cookie=f"{COOKIE}={KEY}", **headers)[0]
        == 403
    )


def test_a_link_from_elsewhere_may_open_the_page() -> None:
    assert (
        ask(Identity(inner, Visitors(KEY)), "/", sec_fetch_site="cross-site", sec_fetch_mode="navigate")[0]
        == 200
    )
    assert (
        ask(Identity(inner, Visitors(KEY)), "/", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")[0]
        == 403
    )


def test_owner_of_strangers_is_nobody() -> None:
    local = Visitors(KEY)
    assert local.owner({COOKIE: KEY}) == "local"
    assert local.owner({COOKIE: ""}) is None
    assert local.owner({}) is None
    assert local.owner({COOKIE: "\N{SNOWMAN}"}) is None


def test_hosted_visitors_are_strangers_to_one_another() -> None:
    hosted = Visitors()
    first, second = hosted.cookie(), hosted.cookie()
    assert {"HttpOnly", "Secure", "SameSite=None", "Partitioned"} <= set(first.split("; "))
    names = [cookie.split(";")[0].partition("=")[2] for cookie in (first, second)]
    owners = [hosted.owner({COOKIE: name}) for name in names]
    assert None not in owners and owners[0] != owners[1]
    assert not set(names) & set(owners), "what is stored does not open the library"
    assert hosted.owner({COOKIE: "local"}) is None
    assert hosted.owner({COOKIE: ""}) is None


def test_the_key_is_made_once_and_is_private(tmp_path) -> None:
    key = read_key(tmp_path)
    assert len(key) == 32 and read_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "browser-key").stat().st_mode) == 0o600
    (tmp_path / "browser-key").write_text("short")
    assert len(read_key(tmp_path)) == 32
    assert len(read_key(tmp_path / "not" / "there")) == 32

"""The running server as anybody on this machine can reach it, without a browser."""

import http.client
import json

import pytest

from ui.security import ENDPOINTS

BOUNDARY = "precis-test"


def ask(server, path: str, method: str = "GET", body: bytes | None = None, **headers: str):
    """Status, headers and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def cookie(server) -> str:
    status, headers, _ = ask(server, "/")
    assert status == 200
    return headers["set-cookie"].split(";")[0]


def upload(server, cookie: str, name: str, content: bytes, **headers: str):
    body = (
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )
    return ask(
        server,
        "/gradio_api/upload",
        "POST",
        body,
        cookie=cookie,
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        **headers,
    )


def test_the_page_comes_with_its_policy(server, cookie) -> None:
    status, headers, body = ask(server, "/", cookie=cookie)
    assert status == 200 and b"window.gradio_config" in body
    assert "object-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


def test_gradios_settings_are_the_promised_ones(server, cookie) -> None:
    _, _, body = ask(server, "/config", cookie=cookie)
    config = json.loads(body)
    assert config["analytics_enabled"] is False and config["show_error"] is False
    assert config["footer_links"] == [] and config["max_file_size"] == 500_000_000
    assert config["run_history"] is False and config["pwa"] is False and config["mcp_server"] is False
    public = {d["api_name"] for d in config["dependencies"] if d.get("api_visibility") != "private"}
    assert public == set(ENDPOINTS)


@pytest.mark.parametrize(
    "path",
    [
        "/config",
        "/gradio_api/queue/data?session_hash=x",
        "/precis/page/ab/1",
        "/assets/x.js",
        "/gradio_api/heartbeat/x",
        "/precis/alive",
    ],
)
def test_a_stranger_gets_nothing_but_the_page(server, path: str) -> None:
    assert ask(server, path)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/mcp",
        "/gradio_api/openapi.json",
        "/monitoring",
        "/gradio_api/runs",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=http://127.0.0.1:1/",
        "/gradio_api/proxy=http://x.hf.space/",
        "/gradio_api/stream/a/b/c/playlist.m3u8",
        "/gradio_api/dev/reload",
        "/manifest.json",
        "/docs",
        "/openapi.json",
        "/login",
        "/precis/assets/../server.py",
        "/precis/assets/%2e%2e/app.py",
        "/precis/page/../../x/1",
    ],
)
def test_closed_doors(server, cookie, path: str) -> None:
    assert ask(server, path, cookie=cookie)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/run/load",
        "/gradio_api/api/load",
        "/gradio_api/component_server",
        "/gradio_api/call/load",
        "/gradio_api/stream/x",
    ],
)
def test_closed_doors_for_writing(server, cookie, path: str) -> None:
    assert ask(server, path, "POST", b"{}", cookie=cookie, content_type="application/json")[0] == 404


def test_other_hosts_and_origins_are_refused(server, cookie) -> None:
    assert ask(server, "/", host="evil.example")[0] == 400
    assert ask(server, "/config", cookie=cookie, origin="http://evil.example")[0] == 403
    assert upload(server, cookie, "a.txt", b"x", origin="http://evil.example")[0] == 403
    own = f"http://127.0.0.1:{server.port}"
    assert ask(server, "/config", cookie=cookie, origin=own)[0] == 200


def test_commands_in_the_query_are_not_obeyed(server, cookie) -> None:
    for query in ("page=1", "page=../../x", "deep_link=x", "view=settings", "doc=" + "0" * 64):
        assert ask(server, f"/?{query}", cookie=cookie)[0] == 200


def test_an_upload_cannot_be_read_back(server, cookie) -> None:
    status, _, body = upload(server, cookie, "secret.txt", b"FACT")
    assert status == 200
    path = json.loads(body)[0]
    for address in (f"/gradio_api/file={path}", f"/file={path}", f"/gradio_api/file/{path}"):
        assert ask(server, address, cookie=cookie)[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/precis/page/{}/1", "/precis/text/{}/1", "/precis/sentences/{}/1", "/precis/export/{}/summary.md",
        "/precis/export/{}/compare.csv?summary=1&other=1",
    ],
)
@pytest.mark.parametrize("document", ["0" * 64, "x", "..%2f..%2fetc", "%00", "a" * 5000])
def test_unknown_documents_are_all_alike(server, cookie, path: str, document: str) -> None:
    assert ask(server, path.format(document), cookie=cookie)[0] == 404


def join(server, cookie: str, fn_index: int, data: list, trigger: int | None = None):
    body = {
        "data": data,
        "fn_index": fn_index,
        "session_hash": "abcdefgh",
        "trigger_id": trigger,
        "event_data": None,
    }
    return ask(
        server,
        "/gradio_api/queue/join",
        "POST",
        json.dumps(body).encode(),
        cookie=cookie,
        content_type="application/json",
    )


@pytest.mark.parametrize("path", ["/etc/passwd", "http://192.0.2.1/x.pdf", "../../../etc/passwd", "KEY"])
def test_a_file_that_was_not_uploaded_is_never_read(server, cookie, path: str) -> None:
    """The add handler, called by hand with a file of the machine or of the network."""
    config = json.loads(ask(server, "/config", cookie=cookie)[2])
    files = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "upload")
    add = next(
        d["id"]
        for d in config["dependencies"]
        if [files, "upload"] in d["targets"] and d["inputs"] == [files]
    )
    path = str(server.data_dir / "browser-key") if path == "KEY" else path
    before = _originals(server)
    status, _, _ = join(server, cookie, add, [[{"path": path, "meta": {"_type": "gradio.FileData"}}]], files)
    assert status == 200, "it is queued, and refused when it runs"
    messages = _messages(server, cookie)
    assert '"success":false' in messages
    assert "root:" not in messages
    assert _originals(server) == before


def _originals(server) -> list[str]:
    return sorted(path.name for path in (server.data_dir / "originals").rglob("*") if path.is_file())


def _messages(server, cookie: str) -> str:
    """The event stream of the session until the event is over."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/gradio_api/queue/data?session_hash=abcdefgh", headers={"cookie": cookie})
    response, text = connection.getresponse(), ""
    while "process_completed" not in text:
        line = response.readline().decode()
        assert line, text
        text += line
    connection.close()
    return text

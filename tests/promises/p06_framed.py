"""P6 and P8 once more, for a demo that another site shows in a frame."""

from __future__ import annotations

import contextlib
import http.server
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.promises.figures import Figure, Setting, none_of
from tests.promises.server import Running
from tests.ui.conftest import CHROMIUM, QUIET_BROWSER

SLOW = 60_000  # milliseconds


def check(setting: Setting) -> Iterator[Figure]:
    """Readers whose browsers show the demo inside a page of another site."""
    with _host() as host:
        with Running(setting.folder / "library", hosted=True, framed_by=host.origin) as server:
            host.frame = f"http://127.0.0.1:{server.port}/"
            policy = server.visitor().ask("/")[1]["content-security-policy"]
            allowed = policy.rpartition("frame-ancestors ")[2]
            yield Figure(
                "P6",
                "who may show a demo in a frame",
                allowed.replace(host.origin, "the host"),
                "'self' the host",
                allowed == f"'self' {host.origin}",
            )
            if CHROMIUM:
                yield from _visit(host, setting)


def _visit(host: _Host, setting: Setting) -> Iterator[Figure]:
    from playwright.sync_api import sync_playwright

    n_readers = setting.choose(2, 5)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_BROWSER)
        readers = [_Reader(browser, host, setting.folder, number) for number in range(n_readers)]
        for reader in readers:  # all files are under way before the first is waited for
            reader.give()
        read = [reader.waits() for reader in readers]
        foreign, asked = [], 0
        for reader in readers:
            for other in readers:
                if other is not reader:
                    found = reader.tries(other)
                    asked += len(found)
                    foreign += [what for what in found if what != 404]
            shown = reader.frame.locator("body").inner_html()
            foreign += [other.fact for other in readers if other is not reader and other.fact in shown]
        browser.close()
    yield none_of("P8", "readers in a frame whose file was not read", read.count(False), n_readers)
    yield none_of("P6", "answers about another's, in a frame", foreign, asked)


class _Reader:
    """A browser of its own, with the demo in a frame."""

    def __init__(self, browser: Any, host: _Host, folder: Path, number: int) -> None:
        self.fact = f"FACT{secrets.token_hex(8)}"
        self.file = folder / f"{self.fact}.txt"
        self.file.write_text(f"The word of reader {number} is {self.fact}. " * 3)
        self.page = browser.new_context().new_page()
        self.page.set_default_timeout(SLOW)
        self.page.goto(host.origin)
        self.page.wait_for_selector("iframe")
        self.frame = self.page.frames[1]
        self.frame.wait_for_selector("#library .note, #library .cards", state="attached")

    def give(self) -> None:
        self.frame.set_input_files("#upload input[type=file]", str(self.file))

    def waits(self) -> bool:
        self.frame.wait_for_selector("body[data-screen=document] #document-header h2:visible")
        self.frame.wait_for_selector(f"#page-text:has-text({self.fact!r})")
        self.address = self.frame.evaluate("new URLSearchParams(location.search).get('doc')")
        return bool(self.address)

    def tries(self, other: _Reader) -> list[int]:
        """What another's text, page and export answer, asked from within the frame."""
        paths = [
            f"/precis/{what.format(other.address)}"
            for what in ("text/{}/1", "page/{}/1", "export/{}/summary.md")
        ]
        return [
            self.frame.evaluate("path => fetch(path).then(answer => answer.status)", path) for path in paths
        ]


class _Host(http.server.ThreadingHTTPServer):
    """Another site: one page with a frame in it."""

    frame = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.server_port}"


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Host)
        body = f"<!doctype html><iframe src='{self.server.frame}' width=1200 height=800></iframe>".encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is printed."""


@contextlib.contextmanager
def _host() -> Iterator[_Host]:
    with _Host(("127.0.0.1", 0), _Page) as host:
        thread = threading.Thread(target=host.serve_forever, daemon=True)
        thread.start()
        yield host
        host.shutdown()
        thread.join()

"""The running app for browser tests: a server process with its own library, and Chromium."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHROMIUM = next(
    (
        p
        for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        if Path(p).exists()
    ),
    None,
)
QUIET_BROWSER = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SENTENCES = [
    "The lighthouse at Cape Merrow was built in 1871 by the engineer Ada Brandt.",
    "Its lamp could be seen from twenty nautical miles in clear weather.",
    "In the winter of 1893 a storm put out the light for two nights.",
    "No ship was lost, because the daughter of the keeper lit a fire on the headland.",
    "The harbour board paid for the repairs with a loan of four hundred pounds.",
    "Electric light replaced the oil lamp in 1926, and the station was automated in 1974.",
    "Visitors climb its one hundred and ninety-six steps from April to October.",
]
SLOW = 40_000  # milliseconds a wait may take on a busy machine
VOLUMES = ["alpha", "bravo", "charlie", "delta"]
PASSWORD = "Correct horse 7 <b>battery</b>"


@dataclass
class Server:
    """A server process over one data directory."""

    data_dir: Path
    seconds_per_step: float = 0.0
    port: int = 0
    more: tuple[str, ...] = ()  # arguments
    process: subprocess.Popen | None = None
    lines: list[str] = field(default_factory=list)
    seconds_to_address: float = 0.0
    reading: threading.Thread | None = None

    @property
    def counter(self) -> Path:
        return self.data_dir.parent / f"{self.data_dir.name}-steps"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def steps(self) -> int:
        """How many steps the engine has computed."""
        return self.counter.stat().st_size if self.counter.exists() else 0

    def start(self, *, wait: bool = True) -> "Server":
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.lines = []
        started = time.monotonic()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-u",
                str(HERE / "serve_fake.py"),
                str(self.data_dir),
                str(self.port),
                str(self.seconds_per_step),
                str(self.counter),
                *self.more,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self.reading = threading.Thread(target=self._read, args=(self.process,), daemon=True)
        self.reading.start()
        address = self._wait_for(r"starting at http://127\.0\.0\.1:(\d+)", 60)
        self.seconds_to_address = time.monotonic() - started
        self.port = int(address)
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        self._wait_for(r"Ready: (.*)", 120)

    def _read(self, process: subprocess.Popen) -> None:
        with process.stdout:
            for line in process.stdout:
                self.lines.append(line.rstrip())

    def _wait_for(self, pattern: str, seconds: float) -> str:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in list(self.lines):
                if match := re.search(pattern, line):
                    return match[1]
            assert self.process.poll() is None, "\n".join(self.lines)
            time.sleep(0.02)
        raise AssertionError(f"no {pattern!r} in:\n" + "\n".join(self.lines))

    def kill(self) -> None:
        """As by power loss."""
        self.process.kill()
        self.process.wait(30)
        self.reading.join(10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.reading.join(10)


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def make(name: str = "library", seconds_per_step: float = 0.0) -> Server:
        servers.append(Server(tmp_path / name, seconds_per_step))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """One server for the tests that change nothing others rely on."""
    running = Server(tmp_path_factory.mktemp("shared") / "library", 0.05).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def slow_server(tmp_path_factory) -> Iterator[Server]:
    """One whose engine takes four seconds for a summary; each test asks for another length."""
    running = Server(tmp_path_factory.mktemp("slow") / "library", 0.2).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")  # its event loop must be gone before another module runs one
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_BROWSER)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def sample_pdf(tmp_path_factory, request) -> Path:
    """Four pages, each with a heading and the sentences above in another order. Every module has a
    file of its own: the servers are shared, and what one module has computed is kept."""
    import pymupdf

    path = tmp_path_factory.mktemp("files") / "Lighthouse of Cape Merrow.pdf"
    with pymupdf.open() as pdf:
        for number in range(4):
            page = pdf.new_page()
            page.insert_text((72, 80), f"Chapter {number + 1}", fontsize=20)
            turned = SENTENCES[number:] + SENTENCES[:number]
            turned.insert(3, f"Volume {VOLUMES[number]} of the journal was bound in green leather.")
            page.insert_textbox((72, 110, 520, 760), " ".join(turned), fontsize=12, fontname="tiro")
        pdf.set_metadata({"keywords": request.module.__name__})
        pdf.save(path)
    return path


@pytest.fixture(scope="session")
def locked_pdf(tmp_path_factory) -> Path:
    """A PDF of one page that opens with PASSWORD alone."""
    import pymupdf

    path = tmp_path_factory.mktemp("locked") / "Sealed letter.pdf"
    with pymupdf.open() as pdf:
        words = "The sealed letter names the heir of the Merrow estate. It was written in May. " * 6
        pdf.new_page().insert_textbox((72, 80, 520, 700), words, fontsize=12)
        how = {"owner_pw": "owner", "user_pw": PASSWORD, "encryption": pymupdf.PDF_ENCRYPT_AES_256}
        pdf.save(path, **how)
    return path


@pytest.fixture
def open_page(chromium):
    """Opens pages that note every request that leaves this machine and every script error."""
    contexts = []

    def make(url: str, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.outside, page.errors = [], []
        host = url.split("/")[2]
        context.on(
            "request",
            lambda r: (
                page.outside.append(r.url)
                if r.url.split("/")[2:3] != [host] and not r.url.startswith(("data:", "blob:"))
                else None
            ),
        )
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(url)
        page.wait_for_selector("#library .cards, #library .note", state="attached")
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            assert page.outside == [] and page.errors == []
        context.close()


def add(page, file: Path) -> None:
    """Add one file from the library screen; it opens when it is read."""
    page.set_input_files("#upload input[type=file]", str(file))
    page.wait_for_selector("body[data-screen=document] #document-header h2:visible")


LENGTHS = {
    "One line": "line",
    "Short": "short",
    "Medium": "medium",
    "Long": "long",
    "By section": "sections",
}


def summarize(page, length: str = "Medium") -> None:
    """Make a summary and wait for it: one of another length may be shown from before."""
    page.locator("#length").get_by_label(length, exact=True).check()
    page.click("#summarize")
    page.wait_for_selector(f"#summary .result[data-length={LENGTHS[length]}] .chip", timeout=2 * SLOW)


def ask(page, question: str) -> None:
    page.click("#tab-ask")
    page.fill("#question textarea", question)
    page.click("#ask")

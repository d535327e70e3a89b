"""Take the pictures of the README: the real app, the bundled model, the sample paper.

    python tools/screenshots.py [--chromium /usr/bin/chromium]

Starts the app on a library of its own, works in it as a reader would, and writes docs/pictures/.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs" / "pictures"
PATIENCE = 180_000  # milliseconds
QUESTION = "How long did the longest spell of fog last?"


def start(library: str) -> tuple[subprocess.Popen[str], str]:
    """The running app and its address."""
    app = subprocess.Popen(
        [sys.executable, "-u", str(ROOT / "app.py"), "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PRECIS_DATA_DIR": library},
    )
    assert app.stdout is not None
    for line in app.stdout:
        if match := re.search(r"Ready: (http://\S+)", line):
            return app, match[1]
    raise SystemExit("the app did not start")


def summarise(page: Page) -> None:
    """Open the sample paper, summarise it, and show a source."""
    page.click("#library [data-act=sample]")
    page.wait_for_selector("body[data-screen=document]")
    page.click("#summarize")
    page.wait_for_selector("#summary .result .chip")
    page.locator("#summary .chip").nth(1).click()
    page.wait_for_selector("#page-boxes .box")


def ask(page: Page) -> None:
    """Ask about it, and show where the answer stands."""
    page.click("#tab-ask")
    page.fill("#question textarea", QUESTION)
    page.click("#ask")
    page.wait_for_selector("#answers [data-answer] .chip")
    page.locator("#answers .chip").first.click()
    page.mouse.move(2, 2)  # off the chip, whose quote would cover the answer
    page.wait_for_timeout(800)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as library, sync_playwright() as playwright:
        app, address = start(library)
        try:
            browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.set_default_timeout(PATIENCE)
            page.goto(address)
            page.wait_for_selector("#library .note, #library .cards", state="attached")
            summarise(page)
            page.screenshot(path=PICTURES / "summary.png", animations="disabled")
            ask(page)
            page.screenshot(path=PICTURES / "ask.png", animations="disabled")
            browser.close()
        finally:
            app.terminate()
            app.wait(30)


if __name__ == "__main__":
    main()

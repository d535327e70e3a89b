"""Everything that a reader does, in one run: made to be run where there is no network.

python -m tests.promises.offline FOLDER N [COMMAND ...]

N documents and N questions through the real server, every export, addresses thrown at every
handler, and headless Chromium over documents that want to load something from elsewhere.
COMMAND is what the server runs under. The last line printed is JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.promises.files import ordinary
from tests.promises.server import Running, Visitor
from tests.ui.conftest import CHROMIUM, QUIET_BROWSER
from ui.actions import ANNOTATED
from ui.exports import FORMATS

OUTSIDE = "http://192.0.2.1"  # an address that nobody has (RFC 5737)
BEACONS = [
    f"<img src={OUTSIDE}/a.png>",
    f"<img src=x onerror=\"fetch('{OUTSIDE}/b')\">",
    f"<script src={OUTSIDE}/c.js></script>",
    f"<iframe src={OUTSIDE}/d></iframe>",
    f"<link rel=stylesheet href={OUTSIDE}/e.css>",
    f"<style>@import url({OUTSIDE}/f.css);</style>",
    f"<b style='background:url({OUTSIDE}/g.png)'>bold</b>",
    f"<video src={OUTSIDE}/h.mp4 autoplay></video>",
    f"<object data={OUTSIDE}/i></object>",
    f"<svg><image href={OUTSIDE}/j.png /></svg>",
    f"<meta http-equiv=refresh content='0;url={OUTSIDE}/k'>",
    f"<base href={OUTSIDE}/l>",
    f"![picture]({OUTSIDE}/m.png)",
    f"$\\href{{{OUTSIDE}/n}}{{x}}$",
]
EXPORTS = [*FORMATS, ANNOTATED]
SCREENS = ["summary", "ask", "insights", "details"]
SLOW = 60_000  # milliseconds


def main(folder: Path, n: int, under: list[str]) -> dict[str, Any]:
    """What was done, and what was asked of other machines."""
    with Running(folder / "library", under=under) as server:
        visitor = server.visitor()
        document = _read(visitor, n)
        exports = sum(visitor.ask(f"/precis/export/{document}/{what}")[0] == 200 for what in EXPORTS)
        seen = _browse(server, folder) if CHROMIUM else {}
        attempts = _attempts(folder)
        address = {
            "path": f"{OUTSIDE}/x.pdf",
            "url": f"{OUTSIDE}/x.pdf",
            "meta": {"_type": "gradio.FileData"},
        }
        thrown = visitor.throw(address)
    return {"exports": exports, "attempts": attempts, "thrown": thrown, **seen}


def _attempts(folder: Path) -> list[str]:
    log = folder / "library" / "egress.log"
    return log.read_text("utf-8").splitlines() if log.exists() else []


def _read(visitor: Visitor, n: int) -> str:
    for number in range(n):
        data = ordinary(f"Lamp {number} was lit by Ada Brandt in {1800 + number}.")
        visitor.add(f"{number}.pdf", data)
        visitor.read_until_there(data)
        visitor.put(f"Who lit lamp {number}?")
        visitor.wait_for(f"/precis/export/{visitor.document}/answers.md", words=f"lamp {number}")
    visitor.summarize()
    visitor.wait_for(f"/precis/export/{visitor.document}/summary.md")
    return visitor.document


def _browse(server: Running, folder: Path) -> dict[str, Any]:
    """Every screen over a document of beacons, and the requests that Chromium made or was refused."""
    from playwright.sync_api import sync_playwright

    home = f"http://127.0.0.1:{server.port}"
    file = folder / "<img src=x onerror=alert(1)>.txt"
    file.write_text("\n\n".join(f"Sentence {n} says {text} and ends." for n, text in enumerate(BEACONS)))
    broken = folder / "<script src=y>.pdf"
    broken.write_bytes(b"no PDF")
    asked: list[str] = []
    refused: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET_BROWSER)
        context = browser.new_context()
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.on("console", lambda said: refused.append(said.text) if "Security Policy" in said.text else None)
        page.goto(home)
        page.wait_for_selector("#library .cards", state="attached")
        page.set_input_files("#upload input[type=file]", str(file))
        page.wait_for_selector("body[data-screen=document] #document-header h2:visible")
        page.click("#summarize")
        page.wait_for_selector("#summary .result .chip")
        page.click("#tab-ask")
        for text in BEACONS[:3]:
            page.fill("#question textarea", f"What of {text}?")
            page.click("#ask")
            page.wait_for_selector(f"#answers :text({json.dumps(text)})")
        for tab in SCREENS:
            page.click(f"#tab-{tab}")
            page.wait_for_timeout(300)
        page.click(".nav-link[data-screen=library]")
        page.set_input_files("#upload input[type=file]", str(broken))
        page.wait_for_selector("#adding .failed")
        for screen in ("jobs", "about", "library"):
            page.click(f".nav-link[data-screen={screen}]")
            page.wait_for_timeout(300)
        page.reload()
        page.wait_for_selector("#library .cards", state="attached")
        browser.close()
    inside = (home, "data:", "blob:", "about:")
    return {
        "requests": len(asked),
        "outside": [url for url in asked if not url.startswith(inside)],
        "refused": [said for said in refused if home not in said],
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])))

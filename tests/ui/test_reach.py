"""Every newer screen and state: nothing serious for axe in light and dark, no sideways scrolling, and on
a phone buttons that a thumb can hit."""

import pytest

from tests.ui.conftest import SLOW, Server
from tests.ui.test_browser import _assert_button_sizes
from tests.ui.test_suggested import TEXT as ICE
from tests.ui.test_together import TEXTS

pytestmark = pytest.mark.browser

SIDEWAYS = "document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("reach") / "library").start()
    yield running
    running.stop()


def fill(page, locked) -> None:
    """Four documents, one file that wants its password, and what was asked of three together."""
    files = [{"name": n, "mimeType": "text/plain", "buffer": t.encode()} for n, t in TEXTS.items()]
    files.append({"name": "Ice.txt", "mimeType": "text/plain", "buffer": ICE.encode()})
    page.set_input_files("#upload input[type=file]", files)
    page.wait_for_function("document.querySelectorAll('.card').length === 4", timeout=SLOW)
    page.set_input_files("#upload input[type=file]", str(locked))
    page.wait_for_selector("#adding .password input", timeout=SLOW)


def states(page):
    """Go from state to state; yields the name of each."""
    page.check(".card[data-title=Tower] input")
    page.check(".card[data-title=Bridge] input")
    yield "library"
    page.select_option("#filters [name=kind]", "epub")
    yield "no match"
    page.select_option("#filters [name=kind]", "")
    page.click("#chosen [data-act=together]")
    page.wait_for_selector("#together h2:has-text('2 documents together')")
    yield "together, empty"
    page.fill("#question-set textarea", "Who opened the granite?")
    page.click("#put")
    page.wait_for_selector("#gathered .found .chip", timeout=SLOW)
    page.click("#summarize-set")
    page.wait_for_function("document.querySelectorAll('#gathered .sentences').length === 2", timeout=SLOW)
    yield "together"
    page.click(".nav-link[data-screen=jobs]")
    yield "jobs"
    page.click(".nav-link[data-screen=models]")
    page.wait_for_selector("#models .badge")
    yield "models"
    page.click(".nav-link[data-screen=settings]")
    page.wait_for_selector("#settings .facts")
    page.click("#settings [data-act=diagnose]")
    page.wait_for_selector("#diagnostics-text")
    yield "settings"
    page.click(".nav-link[data-screen=library]")
    page.click(".card .title:has-text('Ice')")
    page.wait_for_selector("body[data-screen=document]")
    page.click("#tab-ask")
    if page.is_visible("#suggested [data-act=suggest]"):
        yield "suggestions offered"
        page.click("#suggested [data-act=suggest]")
    page.wait_for_selector("#suggested [data-act=put]", timeout=2 * SLOW)
    page.wait_for_selector("#suggested .running", state="detached", timeout=2 * SLOW)
    yield "suggestions"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, full, locked_pdf, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(full.url, color_scheme=scheme)
    fill(page, locked_pdf)
    found = {}
    for state in states(page):
        page.wait_for_timeout(300)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found[f"{state}: {violation['id']}"] = [node["html"][:160] for node in violation["nodes"]]
    assert found == {}


@pytest.mark.parametrize("width, height", [(390, 844), (1280, 860)])
def test_it_fits(open_page, full, locked_pdf, width: int, height: int) -> None:
    page = open_page(full.url, viewport={"width": width, "height": height})
    fill(page, locked_pdf)
    for state in states(page):
        assert page.evaluate(SIDEWAYS) <= 0, state
        _assert_button_sizes(page, width, state)

"""The app as a reader meets it: Chromium on the real server, store and reader, with the fake engine."""

import re
import time
import urllib.error
import urllib.request

import pytest

from tests.ui.conftest import SLOW, add, ask, summarize

pytestmark = pytest.mark.browser


def test_first_light(open_page, server, sample_pdf) -> None:
    """Add, summarise, click a chip: the page is shown with the sentence boxed; then ask twice."""
    page = open_page(server.url)
    add(page, sample_pdf)
    assert "?doc=" in page.url
    summarize(page)
    assert page.locator("#summary .sentences > li").count() == 6
    chip = page.locator("#summary .chip").last
    wanted = chip.get_attribute("data-page")
    chip.click()
    page.wait_for_function("document.querySelector('#page-boxes .box')")
    assert page.input_value("#page-number") == wanted
    assert f"/{wanted}" in page.get_attribute("#page-image", "src")
    page.wait_for_function("document.querySelector('#page-image')?.naturalWidth > 300")
    box, sheet = page.locator("#page-boxes .box").first.bounding_box(), page.locator("#sheet").bounding_box()
    assert sheet["x"] < box["x"] < box["x"] + box["width"] < sheet["x"] + sheet["width"]

    ask(page, "Who was the engineer?")
    page.wait_for_selector("#answers .answer:has-text('Ada Brandt')")
    assert page.inner_text("#answers .confidence").startswith("Very sure (91")
    page.wait_for_selector("#page-boxes .box")
    ask(page, "What did the zebra eat?")
    page.wait_for_selector("#answers .absent:has-text('Not found in this document.')")


def test_boxes_lie_on_the_printed_sentence(open_page, server, sample_pdf) -> None:
    """What the box covers on the page is the sentence: read back from the PDF at the box's place."""
    import pymupdf

    page = open_page(server.url)
    add(page, sample_pdf)
    summarize(page)
    chip = page.locator("#summary .sentences > li .chip").nth(3)
    said = page.locator("#summary .sentences > li .said").nth(3).inner_text()
    boxes = eval(chip.get_attribute("data-boxes"))  # numbers only, checked by test_render
    with pymupdf.open(sample_pdf) as pdf:
        words = []
        for number, left, top, width, height in boxes:
            sheet = pdf[number - 1]
            w, h = sheet.rect.width / 100, sheet.rect.height / 100
            words.append(
                sheet.get_textbox((left * w - 1, top * h, (left + width) * w + 1, (top + height) * h))
            )
    assert re.sub(r"\W+", "", said) in re.sub(r"\W+", "", " ".join(words))


def start_summary(page, length: str) -> None:
    page.locator("#length").get_by_label(length, exact=True).check()
    page.click("#summarize")
    page.wait_for_selector("#summary progress")


def test_provisional_sentences_appear_while_it_reads(open_page, slow_server, sample_pdf) -> None:
    page = open_page(slow_server.url)
    add(page, sample_pdf)
    start_summary(page, "Short")
    page.wait_for_selector("#summary .provisional li")
    assert "Provisional" in page.inner_text("#summary")
    assert re.match(r"\d+ % ", page.title())
    page.wait_for_selector("#summary .result", timeout=4 * SLOW)
    assert page.locator("#summary .provisional").count() == 0


def test_reload_stop_and_continue(open_page, slow_server, sample_pdf) -> None:
    """A reload finds the running job, Stop ends the computation, Continue uses what was saved."""
    page = open_page(slow_server.url)
    add(page, sample_pdf)
    before = slow_server.steps()
    start_summary(page, "Medium")
    page.reload()
    page.wait_for_selector("#summary .running:visible")
    page.wait_for_function("parseInt(document.title) >= 30", timeout=4 * SLOW)
    page.click("#summary [data-act=stop]")
    page.wait_for_selector("#summary .note:has-text('Stopped')")
    stopped = slow_server.steps()
    time.sleep(1)
    assert slow_server.steps() == stopped < before + 20
    page.click("#summary [data-act=resume]")
    page.wait_for_selector("#summary .result .chip", timeout=4 * SLOW)
    assert slow_server.steps() < stopped + 20, "saved windows are not computed again"


def test_the_job_goes_on_without_a_page(open_page, slow_server, sample_pdf) -> None:
    page = open_page(slow_server.url)
    add(page, sample_pdf)
    before = slow_server.steps()
    start_summary(page, "Long")
    address = page.url
    page.goto("about:blank")
    page.outside.clear()
    until = time.monotonic() + 60
    while slow_server.steps() < before + 20 and time.monotonic() < until:
        time.sleep(0.1)
    page.goto(address)
    page.wait_for_selector("#summary .result .chip")


def test_restart_keeps_the_library_and_kill_can_be_resumed(open_page, make_server, sample_pdf) -> None:
    server = make_server(seconds_per_step=0.3).start()
    page = open_page(server.url)
    add(page, sample_pdf)
    page.click("#summarize")
    page.wait_for_function("parseInt(document.title) >= 30", timeout=2 * SLOW)
    server.kill()
    page.wait_for_selector(".lost", timeout=2 * SLOW)
    before = server.steps()
    server.start()
    page.wait_for_selector("#summary .note:has-text('Interrupted')", timeout=4 * SLOW)
    assert page.inner_text("#document-header h2") == "Lighthouse of Cape Merrow"
    page.click(".nav-link[data-screen=jobs]")
    page.click("#jobs [data-act=resume]")
    page.wait_for_selector("#jobs .badge:has-text('done') >> nth=1", timeout=4 * SLOW)
    assert server.steps() - before < 20
    server.stop()
    server.start()
    page = open_page(server.url)
    page.click(".card .title")
    page.wait_for_selector("#summary .result .chip")


def test_search_opens_at_the_page_and_delete_can_be_undone(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    page.keyboard.press("/")
    page.keyboard.type("volume charlie")
    page.keyboard.press("Enter")
    page.click("#hits .title >> nth=0")
    page.wait_for_selector("body[data-screen=document]")
    assert page.input_value("#page-number") == "3"
    page.click(".nav-link[data-screen=library]")
    cards = page.locator(".card").count()
    page.click(".card [data-act=delete] >> nth=0")
    page.wait_for_function(f"document.querySelectorAll('.card').length === {cards - 1}")
    page.click(".nav-link[data-screen=jobs]")
    page.click(".nav-link[data-screen=library]")
    page.click("#deleted [data-act=undo]")
    page.wait_for_function(f"document.querySelectorAll('.card').length === {cards}")


def test_a_refused_file_says_why(open_page, server, tmp_path) -> None:
    broken = tmp_path / "notes.pdf"
    broken.write_bytes(b"<html><body>not a PDF</body></html>")
    page = open_page(server.url)
    page.set_input_files("#upload input[type=file]", str(broken))
    page.wait_for_selector("#adding .failed:has-text('unsupported')")
    assert "Convert it to PDF" in page.inner_text("#adding .failed")


def test_a_text_file_is_shown_as_text_with_the_sentence_marked(
    open_page, server, tmp_path, sample_pdf
) -> None:
    from tests.ui.conftest import SENTENCES

    text = tmp_path / "notes.txt"
    text.write_text("\n\n".join(SENTENCES))
    page = open_page(server.url)
    add(page, text)
    ask(page, "Who was the engineer?")
    page.wait_for_selector("#answers .answer .chip")
    page.click("#answers .answer .chip")
    page.wait_for_selector("#page-text mark:has-text('Ada Brandt')")


def test_keys(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    page.locator("#stage").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('#page-number')?.value === '2'")
    assert "page=2" in page.url
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.input_value("#page-number") == "1"
    page.locator("#tab-summary").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("body", "data-tab") == "ask"
    page.fill("#question textarea", "Who lit a fire on the headland?")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#answers .answer:has-text('daughter of the keeper')")


def test_deep_link_and_unknown_document(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    address = re.sub(r"page=\d+", "page=3", page.url)
    other = open_page(address)
    other.wait_for_selector("body[data-screen=document]")
    assert other.input_value("#page-number") == "3"
    lost = open_page(server.url + "/?doc=" + "0" * 64)
    lost.wait_for_selector("#message .failed:has-text('not in the library')")
    lost.wait_for_selector("#library .card:visible")


HOSTILE = [
    "<img src=http://evil.example/a.png onerror=document.title='owned'>",
    "<script>document.title='owned'</script><iframe src=http://evil.example></iframe>",
    "![b](http://evil.example/b.png) ${document.title='owned'} {{document.title='owned'}}",
]


def test_hostile_text_is_only_text(open_page, server, tmp_path) -> None:
    """In title, file name, list, summary, answer, evidence, search, details: no request, no script."""
    file = tmp_path / "<img src=x onerror=document.title=1>.txt"
    file.write_text(
        "\n\n".join(
            f"Sentence {n} with a zeppelin says {text} and ends here." for n, text in enumerate(HOSTILE)
        )
    )
    page = open_page(server.url)
    add(page, file)
    summarize(page)
    page.click("#summary .chip >> nth=0")
    ask(page, f"{HOSTILE[0]} zeppelin?")
    page.wait_for_selector("#answers [data-answer]")
    page.click("#tab-details")
    page.keyboard.press("Escape")
    page.click(".nav-link[data-screen=library]")
    page.wait_for_selector(".card:has-text('onerror')")
    page.keyboard.press("/")
    page.keyboard.type("zeppelin")
    page.keyboard.press("Enter")
    page.wait_for_selector("#hits li")
    page.click(".nav-link[data-screen=jobs]")
    page.click(".nav-link[data-screen=library]")
    page.click(".card:has-text('onerror') [data-act=delete]")
    page.wait_for_selector("#deleted .undo")
    assert "owned" not in page.title()
    assert page.locator("main img[src^=http], main img[src=x], main iframe").count() == 0


WIDTHS = [(390, 844), (768, 1024), (1280, 860)]


@pytest.mark.parametrize("width, height", WIDTHS)
def test_no_sideways_scrolling_and_large_enough_buttons(
    open_page, server, sample_pdf, width: int, height: int
) -> None:
    page = open_page(server.url, viewport={"width": width, "height": height})
    add(page, sample_pdf)
    summarize(page, "Short")
    sideways = "document.documentElement.scrollWidth - window.innerWidth"
    for tab in ["page", "summary", "ask", "insights", "details"]:
        if page.locator(f"#tab-{tab}").is_visible():
            page.click(f"#tab-{tab}")
            assert page.evaluate(sideways) <= 0, tab
            _assert_button_sizes(page, width, tab)
    for screen in ["library", "jobs", "about"]:
        page.click(f".nav-link[data-screen={screen}]")
        assert page.evaluate(sideways) <= 0, screen
        _assert_button_sizes(page, width, screen)
    if width < 500:
        page.click(".nav-link[data-screen=library]")
        page.click(".card .title:has-text('Cape Merrow')")
        page.click("#tab-summary")
        page.click("#summary .chip >> nth=0")
        page.wait_for_selector("#page-boxes .box:visible")


def _assert_button_sizes(page, width: int, where: str) -> None:
    if width >= 500:
        return
    small = page.evaluate("""() => Array.from(document.querySelectorAll('main button, main a.button'))
        .filter((b) => b.offsetParent && b.getClientRects().length && !b.closest('#upload'))
        .filter((b) => !b.matches('.title, .link, .rest'))  // words in a text
        .map((b) => [b.textContent.trim() || b.getAttribute('aria-label'), b.getBoundingClientRect().height])
        .filter(([, height]) => height < 43.5)""")
    assert small == [], where


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, server, sample_pdf, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(server.url, color_scheme=scheme)
    add(page, sample_pdf)
    summarize(page, "Short")
    ask(page, "Who was the engineer?")
    page.wait_for_selector("#answers .answer .chip")
    found = {}
    for place in [
        "#tab-summary",
        "#tab-ask",
        "#tab-insights",
        "#tab-details",
        ".nav-link[data-screen=library]",
        ".nav-link[data-screen=jobs]",
        ".nav-link[data-screen=about]",
    ]:
        page.click(place)
        page.wait_for_timeout(200)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found[f"{place} {violation['id']}"] = [node["html"][:160] for node in violation["nodes"]]
    assert found == {}


def test_first_start(open_page, make_server) -> None:
    """The address answers at once; an empty library offers the sample; no upload stays behind."""
    server = make_server().start(wait=False)
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(server.url, timeout=10)
    assert answer.value.code == 503 and "starting" in answer.value.read().decode()
    answer.value.close()
    server.wait_until_ready()
    page = open_page(server.url)
    page.click("#library [data-act=sample]")
    page.wait_for_selector("body[data-screen=document] #document-header h2:visible")
    page.click(".nav-link[data-screen=library]")
    page.set_input_files(
        "#upload input[type=file]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"A line. " * 99}
    )
    page.wait_for_selector(".card >> nth=1", state="attached")
    left = [
        path for path in (server.data_dir / "uploads").rglob("*") if path.is_file() and path.stat().st_size
    ]
    assert left == []
    server.stop()
    assert list((server.data_dir / "uploads").iterdir()) == []

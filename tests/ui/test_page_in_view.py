"""The page that was asked for is the one in view: on a phone, of any shape, locked, or gone for a moment."""

from pathlib import Path

import pytest

from tests.ui.conftest import PASSWORD, SENTENCES, SLOW, add, summarize

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}}
SETTLED = """(() => { const image = document.querySelector('#page-image');
    return image.complete && image.naturalWidth && image.getAttribute('src').endsWith('/NUMBER'); })()"""
SHAPE = "(image => image.naturalWidth / image.naturalHeight)(document.querySelector('#page-image'))"


@pytest.fixture(scope="module")
def turned_pdf(tmp_path_factory) -> Path:
    """A portrait page and a landscape one."""
    import pymupdf

    path = tmp_path_factory.mktemp("turned") / "Turned.pdf"
    with pymupdf.open() as pdf:
        for number, (width, height) in enumerate([(595, 842), (842, 595)]):
            page = pdf.new_page(width=width, height=height)
            words = " ".join([*SENTENCES[3 * number : 3 * number + 3], "The sea is ultramarine." * number])
            page.insert_textbox((72, 90, width - 72, height - 60), words, fontsize=16, lineheight=2)
        pdf.save(path)
    return path


def open_hit(page, words: str) -> None:
    """Search the library, and open the first page that is found."""
    page.click(".nav-link[data-screen=library]")
    page.fill("#query input, #query textarea", words)
    page.press("#query input, #query textarea", "Enter")
    page.locator("#hits [data-act=open]").first.click()


def test_a_hit_shows_its_page_on_a_phone(open_page, server, sample_pdf) -> None:
    """Whatever names a page, a search hit or a chip of documents together, shows it; a title does not."""
    page = open_page(server.url, **PHONE)
    add(page, sample_pdf)
    open_hit(page, "charlie journal bound")
    page.wait_for_selector("body[data-screen=document][data-tab=page]")
    assert page.locator("#sheet").is_visible() and page.input_value("#page-number") == "3"
    page.set_viewport_size({"width": 1280, "height": 860})
    page.wait_for_selector("body[data-tab=summary]")
    assert page.locator("#tab-summary[aria-selected=true]").is_visible()
    page.locator("[data-screen=library].nav-link").click()
    page.locator("#hits [data-act=open]").first.click()
    page.wait_for_selector("body[data-screen=document][data-tab=summary]")


def test_boxes_cover_their_sentence_on_a_page_of_any_shape(open_page, server, turned_pdf, tmp_path) -> None:
    import pymupdf

    page = open_page(server.url)
    add(page, turned_pdf)
    page.wait_for_function(SETTLED.replace("NUMBER", "1"))
    before = page.locator("#sheet").bounding_box()
    summarize(page, "Long")
    with pymupdf.open(turned_pdf) as pdf:
        for number in (1, 2):
            chip = page.locator(f"#summary .chip[data-page='{number}']").first
            chip.click()
            page.wait_for_function(SETTLED.replace("NUMBER", str(number)))
            page.wait_for_timeout(800)
            sheet, image = page.locator("#sheet").bounding_box(), page.locator("#page-image").bounding_box()
            drawn = page.evaluate(SHAPE)
            assert image["width"] / image["height"] == pytest.approx(drawn, rel=0.01)
            assert sheet["height"] == pytest.approx(image["height"], abs=2)
            if number == 1:
                assert sheet["height"] == pytest.approx(before["height"], abs=2)
            words = chip.get_attribute("data-quote").split()
            paper = pdf[number - 1]
            first = paper.search_for(" ".join(words[:3]))[0]
            box = page.locator("#page-boxes .box").first.bounding_box()
            left = image["x"] + image["width"] * first.x0 / paper.rect.width
            middle = image["y"] + image["height"] * (first.y0 + first.y1) / 2 / paper.rect.height
            assert box["x"] == pytest.approx(left, abs=4)
            assert box["y"] < middle < box["y"] + box["height"]
    page.click(".nav-link[data-screen=library]")
    text = tmp_path / "between.txt"
    text.write_text("\n\n".join(SENTENCES) + " This came between.")
    add(page, text)
    open_hit(page, "ultramarine")
    page.wait_for_selector("body[data-screen=document] #sheet:visible")
    sheet = page.locator("#sheet").bounding_box()
    assert sheet["width"] / sheet["height"] == pytest.approx(842 / 595, rel=0.01)


def test_a_text_is_never_shown_under_anothers_number(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    page.click("#text-toggle")
    page.wait_for_selector("#page-text:has-text('Volume alpha')")
    page.route("**/precis/text/*/2", lambda route: route.fulfill(status=500, body="no"))
    page.click("[data-go=next]")
    page.wait_for_selector("#page-text:has-text('could not be fetched')")
    assert "Volume alpha" not in page.inner_text("#page-text")
    page.unroute("**/precis/text/*/2")
    page.click("[data-go=previous]")
    page.click("[data-go=next]")
    page.wait_for_selector("#page-text:has-text('Volume bravo')")


def test_ticks_follow_the_field(open_page, server) -> None:
    """The field says what is summarized; what is ticked never says otherwise."""
    outlined = Path(__file__).resolve().parents[2] / "assets" / "sample.pdf"
    page = open_page(server.url)
    add(page, outlined)
    field, ticked = page.locator("#part input, #part textarea"), page.locator("#sections input:checked")
    page.click("#sections summary")
    page.locator("#sections input").nth(3).check()
    field.fill("1-2, \N{SECTION SIGN}2")
    assert ticked.evaluate_all("boxes => boxes.map((box) => box.value)") == ["2"]
    page.locator("#sections input").nth(4).check()
    assert field.input_value() == "\N{SECTION SIGN}2, \N{SECTION SIGN}5"
    page.click(".nav-link[data-screen=library]")
    page.locator(".card .title").first.click()
    page.wait_for_selector("body[data-screen=document]")
    page.wait_for_function("document.querySelectorAll('#sections input:checked').length === 0")
    assert field.input_value() == ""


def test_the_password_is_asked_for_that_document_alone(open_page, make_server, locked_pdf, tmp_path) -> None:
    server = make_server().start()
    page = open_page(server.url)
    page.set_input_files("#upload input[type=file]", str(locked_pdf))
    page.locator("#adding input[type=password]").fill(PASSWORD)
    page.click("#adding [data-act=unlock]")
    page.wait_for_selector("body[data-screen=document] #document-header h2:visible", timeout=SLOW)
    text = tmp_path / "open.txt"
    text.write_text("\n\n".join(SENTENCES))
    page.click(".nav-link[data-screen=library]")
    add(page, text)
    server.kill()
    server.start()
    again = open_page(server.url)
    again.locator(".card .title:has-text('Sealed')").click()
    again.wait_for_selector("body.is-locked #locked input:visible")
    again.click(".nav-link[data-screen=library]")
    again.locator(".card .title:has-text('open')").click()
    again.wait_for_selector("#page-text:visible")
    assert again.locator("#locked").is_hidden()

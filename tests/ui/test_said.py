"""What did not work is said where it can be read: failed files and copies, and errors far down the page."""

import pytest

from tests.ui.conftest import add, summarize

pytestmark = pytest.mark.browser

WIDTHS = [(390, 844), (1280, 860)]
IN_VIEW = """(() => { const box = document.querySelector('#message').getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight; })()"""


@pytest.fixture
def made(open_page, server, sample_pdf):
    """A page with a summary in it."""
    page = open_page(server.url)
    add(page, sample_pdf)
    summarize(page)
    return page


@pytest.mark.parametrize(("status", "words"), [(404, "Not in the library."), (422, "Too long (too-long)")])
def test_a_file_that_cannot_be_saved_says_why(made, status, words) -> None:
    made.route("**/precis/export/**", lambda route: route.fulfill(status=status, body=words))
    made.click("#summary .tools details > summary")
    made.click("#summary a[download]:has-text('Markdown')")
    made.wait_for_selector(f"#message .failed:has-text('{words}')")
    made.unroute("**/precis/export/**")
    with made.expect_download() as saved:
        made.click("#summary a[download]:has-text('Markdown')")
    assert saved.value.suggested_filename.endswith("-summary.md")
    assert made.locator("#message").is_hidden()


def test_a_file_that_wants_the_password_asks_for_it(made) -> None:
    locked = {"status": 423, "body": "This PDF is protected by a password."}
    made.route("**/precis/export/**", lambda route: route.fulfill(**locked))
    made.set_viewport_size({"width": 390, "height": 844})
    made.click("#summary .tools details > summary")
    made.click("#summary a[download]:has-text('PDF')")
    made.wait_for_selector("#message .failed:has-text('password')")
    assert made.locator("#locked input").is_visible()
    assert made.evaluate("document.activeElement.name") == "password"
    document = made.evaluate("new URLSearchParams(location.search).get('doc')")
    assert made.get_attribute("#locked [data-act=unlock]", "data-document") == document


def test_copying_without_a_clipboard(made) -> None:
    """As on a page that came from another computer over http; and where the old way fails as well."""
    made.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    made.evaluate("document.addEventListener('copy', (copy) => { window.copied = copy.target.value; })")
    button = made.locator("#summary [data-go=copy][data-kind=pages]")
    button.click()
    made.wait_for_function("window.copied")
    assert made.evaluate("window.copied").startswith("1. ")
    made.evaluate("document.execCommand = () => false")
    button.click()
    made.wait_for_selector("#message .failed:has-text('Select the text')")


@pytest.mark.parametrize(("width", "height"), WIDTHS)
def test_an_error_is_in_view_wherever_the_reader_is(made, width, height) -> None:
    made.set_viewport_size({"width": width, "height": height})
    made.click("#tab-ask")
    made.evaluate("document.querySelector('#panel-ask').style.paddingTop = '2000px'")
    made.locator("#ask").scroll_into_view_if_needed()
    made.click("#ask")
    made.wait_for_selector("#message .failed:has-text('Write a question')")
    assert made.evaluate("scrollY") > 500 and made.evaluate(IN_VIEW)
    made.click("#message [data-act=close]")
    made.wait_for_selector("#message", state="hidden")
    made.click("#ask")
    made.wait_for_selector("#message .failed:has-text('Write a question')")


def test_what_was_said_goes_with_the_next_thing_done(made) -> None:
    """With a click, with Enter in a field, and not by itself."""
    question = made.locator("#question textarea")
    said = "#message .failed:has-text('Write a question')"
    for thing in (lambda: made.click("#tab-summary"), lambda: question.press("Enter")):
        made.click("#tab-ask")
        question.fill("")
        made.click("#ask")
        made.wait_for_selector(said)
        made.wait_for_timeout(2_000)  # the watch has looked meanwhile
        assert made.is_visible(said)
        question.fill("When was it built?")
        thing()
        made.wait_for_selector("#message", state="hidden")


def test_what_the_page_presses_by_itself_takes_nothing_away(made) -> None:
    made.click("#tab-ask")
    made.click("#ask")
    made.wait_for_selector("#message .failed:has-text('Write a question')")
    made.evaluate("document.querySelector('.chip').click()")
    made.wait_for_timeout(500)
    assert made.is_visible("#message .failed")

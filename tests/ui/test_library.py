"""The library in the browser: which cards are shown and in what order, and several chosen at once."""

import pytest

from tests.ui.conftest import SLOW, summarize

pytestmark = pytest.mark.browser

FILES = {
    "Alder.txt": b"The alder grows by the river. " * 40,
    "Birch.md": b"# Birch\n\nThe birch grows on the hill. " + b"It is white. " * 200,
    "Cedar.txt": b"The cedar grows in the mountains. " * 90,
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A server whose library holds FILES."""
    from tests.ui.conftest import Server

    running = Server(tmp_path_factory.mktemp("shelf") / "library").start()
    yield running
    running.stop()


@pytest.fixture
def page(open_page, shelf):
    page = open_page(shelf.url)
    files = [{"name": name, "mimeType": "text/plain", "buffer": data} for name, data in FILES.items()]
    page.set_input_files("#upload input[type=file]", files)
    page.wait_for_function("document.querySelectorAll('.card').length === 3", timeout=SLOW)
    return page


def shown(page) -> list[str]:
    """The titles of the cards in the order of the screen, of the Tab key and of screen readers."""
    return page.evaluate("""() => Array.from(document.querySelectorAll('.card:not([hidden])'))
        .map((card) => card.dataset.title)""")


def test_filters_and_order(page) -> None:
    page.select_option("#filters [name=kind]", "md")
    assert shown(page) == ["Birch"] and page.inner_text("#shown-count") == "1 of 3 shown"
    page.select_option("#filters [name=state]", "partly")
    assert shown(page) == [] and page.is_visible("#none-shown")
    page.click("#none-shown button")
    page.select_option("#filters [name=order]", "title")
    assert shown(page) == ["Alder", "Birch", "Cedar"] and page.is_hidden("#none-shown")
    page.select_option("#filters [name=order]", "largest")
    assert shown(page)[0] == "Cedar"
    page.select_option("#filters [name=order]", "newest")
    newest = shown(page)
    page.select_option("#filters [name=order]", "oldest")
    assert shown(page) == newest[::-1]
    page.select_option("#filters [name=days]", "1")
    assert len(shown(page)) == 3


def test_a_filter_stays_while_the_list_changes(page) -> None:
    page.select_option("#filters [name=state]", "not-summarised")
    page.click(".card .title:has-text('Birch')")
    page.wait_for_selector("body[data-screen=document]")
    summarize(page, "One line")
    page.click(".nav-link[data-screen=library]")
    page.wait_for_function("document.querySelector('.card[data-title=Birch]')?.hidden")
    assert len(shown(page)) == 2


def test_several_are_deleted_and_brought_back(page) -> None:
    assert page.is_hidden("#chosen")
    page.check(".card[data-title=Alder] input")
    page.check(".card[data-title=Cedar] input")
    assert page.inner_text("#chosen-count") == "2 chosen"
    page.click("#chosen [data-act=delete]")
    page.wait_for_function("document.querySelectorAll('.card').length === 1")
    assert "2 documents" in page.inner_text("#deleted") and page.is_hidden("#chosen")
    page.click("#deleted [data-act=undo]")
    page.wait_for_function("document.querySelectorAll('.card').length === 3")
    page.check(".card[data-title=Alder] input")
    page.click("[data-go=choose-all]")
    assert page.inner_text("#chosen-count") == "3 chosen"
    page.click("[data-go=choose-none]")
    assert page.is_hidden("#chosen") and page.locator(".card input:checked").count() == 0

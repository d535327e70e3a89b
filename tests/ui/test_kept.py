"""What the reader opened and where the focus is outlive the redrawing of a part of the page."""

from pathlib import Path

import pytest

from tests.ui.conftest import SENTENCES, add, ask

pytestmark = pytest.mark.browser


def text_file(folder: Path, title: str) -> Path:
    path = folder / f"{title}.txt"
    path.write_text("\n\n".join([*SENTENCES, f"Only {title} ends so, of all that is kept."]))
    return path


def test_evidence_stays_open_while_questions_run(open_page, server, tmp_path) -> None:
    """Each answer's own: a new one on top does not open in its place. Another document begins closed."""
    page = open_page(server.url)
    add(page, text_file(tmp_path, "Evidence"))
    ask(page, "When was the lighthouse built?")
    page.wait_for_selector("#answers [data-answer] summary")
    page.locator("#answers [data-answer] summary").first.press("Enter")
    first = page.locator("#answers [data-answer]").first.get_attribute("data-answer")
    ask(page, "Who paid for the repairs?")
    page.wait_for_function("document.querySelectorAll('#answers [data-answer]').length === 2")
    opened = page.locator("#answers details[open]")
    assert opened.count() == 1
    assert page.locator(f"#answers [data-answer='{first}'] details[open]").count() == 1
    page.locator("#answers details[open] summary").click()
    assert opened.count() == 0
    page.locator("#answers summary").first.click()
    page.click(".nav-link[data-screen=library]")
    add(page, text_file(tmp_path, "Another"))
    page.wait_for_function("document.querySelectorAll('#answers details[open]').length === 0")


def test_the_focus_stays_with_its_document(open_page, server, tmp_path) -> None:
    """A document on top makes the second card the third; what is gone leaves no button in its place."""
    page, other = open_page(server.url), open_page(server.url)
    add(page, text_file(tmp_path, "Focus"))
    page.click(".nav-link[data-screen=library]")
    page.locator(".card [aria-label='Delete Focus']").focus()
    add(other, text_file(tmp_path, "Later"))
    page.wait_for_selector(".card >> nth=0 >> text=Later")
    here = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(here) == "Delete Focus"
    page.keyboard.press("Enter")
    page.wait_for_function("!document.querySelector('.card[data-title=Focus]')")
    assert page.evaluate("document.activeElement.id") == "library"
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    assert page.locator(".card[data-title=Later]").count() == 1


def test_the_focus_goes_with_a_card_that_is_sorted(open_page, server, tmp_path) -> None:
    page = open_page(server.url)
    for title in ("Aspen", "Yew"):
        add(page, text_file(tmp_path, title))
        page.click(".nav-link[data-screen=library]")
    page.wait_for_selector(".card[data-title=Yew]")
    page.locator(".card[data-title=Yew] .title").focus()
    page.evaluate("""() => { const order = document.querySelector('#filters [name=order]');
        order.value = 'title'; order.dispatchEvent(new Event('change', { bubbles: true })); }""")
    page.wait_for_function("document.activeElement.closest('.card')?.dataset.title === 'Yew'")
    titles = page.locator(".card").evaluate_all("cards => cards.map((card) => card.dataset.title)")
    assert titles == sorted(titles, key=str.lower)

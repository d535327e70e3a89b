"""Choosing where global attention goes, seeing where the model looked, and passages from the page."""

import re

import pytest

from tests.ui.conftest import SLOW, add, ask, summarize

pytestmark = pytest.mark.browser


def test_a_reader_sees_where_the_model_looked(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    page.click("#tab-insights")
    page.wait_for_selector("#insights .note:has-text('No summary yet')")
    page.click("#tab-summary")
    summarize(page)
    page.click("#tab-insights")
    assert "about a second" in page.inner_text("#insights .offer")
    page.click("#insights [data-act=map]")
    page.wait_for_selector("#insights svg.grid path", state="attached", timeout=SLOW)
    assert page.locator("#insights .ribbon.heat span").count() > 3
    assert "the first token of every window" in page.inner_text("#insights").lower()
    place = page.locator("#insights .hottest button.place").first
    wanted = place.get_attribute("data-page")
    place.click()
    page.wait_for_selector("#page-boxes .box")
    assert page.input_value("#page-number") == wanted
    page.reload()
    page.click("#tab-insights")
    page.wait_for_selector("#insights svg.grid", timeout=SLOW)  # kept


def test_a_map_can_be_stopped_and_goes_on(open_page, slow_server, sample_pdf) -> None:
    page = open_page(slow_server.url)
    add(page, sample_pdf)
    page.locator("#length").get_by_label("One line", exact=True).check()
    page.click("#summarize")
    page.wait_for_selector("#summary .result .chip", timeout=4 * SLOW)
    page.click("#tab-insights")
    page.click("#insights [data-act=map]")
    page.click("#insights .running [data-act=stop]")
    page.wait_for_selector("#insights .note:has-text('Stopped')")
    page.click("#insights [data-act=resume]")
    page.wait_for_selector("#insights svg.grid", timeout=4 * SLOW)


def test_where_global_attention_goes_is_chosen_said_and_recorded(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    page.wait_for_selector("#preflight p:has-text('as trained')")
    page.click("#placing > button")
    page.get_by_label("Sentences too", exact=True).check()
    page.wait_for_selector("#preflight p:has-text('trained with the first token alone')")
    page.click("#summarize")
    page.click("#tab-insights")
    page.wait_for_selector(
        "#insights p:has-text('the first token and the first token of every sentence')", timeout=SLOW
    )
    page.click("#tab-summary")
    page.get_by_label("Passages I pick", exact=True).first.check()
    page.wait_for_selector("#preflight .refused:has-text('Pick the passages')")


def test_a_passage_is_chosen_on_the_page_with_mouse_and_keyboard(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    page.click("#pick-toggle")
    page.wait_for_selector("#page-picks .pickable")
    stops = page.locator("#page-picks .pickable:not([aria-hidden])")
    assert page.locator("#picking [data-use=summarize]").is_disabled()
    stops.nth(1).click()
    stops.nth(3).click()
    assert page.inner_text("#picking-said") == "Passage chosen."
    page.click("#picking [data-use=summarize]")
    words = page.input_value("#part input, #part textarea")
    assert re.fullmatch(r"@\d+-\d+", words)
    page.wait_for_selector("#preflight p:has-text('1 page')")
    page.click("#summarize")
    page.wait_for_selector("#summary .provenance:has-text('of a part')", timeout=SLOW)

    page.focus("#pick-toggle")
    page.keyboard.press("Enter")
    stops = page.locator("#page-picks .pickable:not([aria-hidden])")
    stops.first.wait_for()
    stops.first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.inner_text("#picking-said") == "Passage chosen."
    page.locator("#picking [data-use=ask]").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('#question') !== null")
    ask(page, "What did the zebra eat?")
    page.wait_for_selector("#answers .absent:has-text('Not found in this part of the document.')")


def test_a_passage_of_the_text_can_have_global_attention(open_page, server, tmp_path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("The otters of Lake Ilm swim at dawn. Nobody has counted them. They eat crayfish.\n")
    page = open_page(server.url)
    add(page, file)
    page.click("#pick-toggle")
    page.wait_for_selector("#page-text .pickable")
    assert "They eat crayfish." in page.inner_text("#page-text")
    page.locator("#page-text .pickable").nth(1).click()
    page.click("#picking [data-use=global]")
    page.wait_for_function("/^@/.test(document.querySelector('#picked input, #picked textarea')?.value)")
    page.wait_for_selector("#preflight p:has-text('the passages you picked too')")
    page.keyboard.press("Escape")
    page.click("#pick-toggle")
    page.keyboard.press("Escape")
    assert page.locator("#picking").is_hidden()

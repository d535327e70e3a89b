"""What hands know from other programs: keys, addresses, copying, another title."""

import re

import pytest

from tests.ui.conftest import SLOW, add, ask, summarize

pytestmark = pytest.mark.browser
SAYS_SO = "[...document.querySelectorAll('button')].some((it) => it.textContent === 'Copied')"
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def copied(page, button) -> str:
    page.evaluate("navigator.clipboard.writeText('')")
    button.click()  # again, where the answer was drawn anew meanwhile
    page.wait_for_function("navigator.clipboard.readText().then((text) => text !== '')")
    page.wait_for_function(SAYS_SO)
    return page.evaluate("navigator.clipboard.readText()")


def test_copying(open_page, server, sample_pdf) -> None:
    page = open_page(server.url, **CLIPBOARD)
    add(page, sample_pdf)
    summarize(page, "Short")
    said = page.locator("#summary .said").all_inner_texts()
    pages = page.locator("#summary .chip").evaluate_all("chips => chips.map((chip) => chip.dataset.page)")
    tools = page.locator("#summary .tools")
    numbered = [f"{n}. {text} (p. {p})" for n, (text, p) in enumerate(zip(said, pages, strict=True), 1)]
    assert copied(page, tools.get_by_text("Copy", exact=True)) == "\n".join(numbered)
    assert copied(page, tools.get_by_text("Copy words only")) == " ".join(said)
    quoted = copied(page, tools.get_by_text("Copy with quotes")).splitlines()
    assert quoted[0] == f"1. {said[0]}" and quoted[1].startswith("   > ") and len(quoted) == 6
    page.wait_for_function(f"!{SAYS_SO}")
    ask(page, "Who was the engineer?")
    page.wait_for_selector("#answers .answer .chip")
    lines = copied(page, page.locator("#answers [data-kind=answer]").first).splitlines()
    assert lines[0] == "Who was the engineer?" and "(p. 1)" in lines[1] and "Very sure" in lines[1]
    ask(page, "What is this document about?")
    page.wait_for_selector("#answers .qa .sentences .chip")
    lines = copied(page, page.locator("#answers .qa:has(.sentences) [data-kind=answer]").first).splitlines()
    assert lines[0] == "What is this document about?" and lines[1].startswith("1. ") and "(p. 1)" in lines[2]
    ask(page, "What did the zebra eat?")
    page.wait_for_selector("#answers .absent")
    absent = copied(page, page.locator("#answers .qa:has(.absent) [data-kind=answer]").first)
    assert absent.splitlines()[1].startswith("Not found in this document.")


def test_the_question_mark_lists_the_keys(open_page, server) -> None:
    page = open_page(server.url)
    page.keyboard.press("?")
    page.wait_for_selector("body[data-screen=about]")
    keys = page.inner_text("#screen-about .keys")
    for key in ("Enter", "Esc", "/", "?"):
        assert key in keys
    page.keyboard.press("/")
    page.wait_for_selector("body[data-screen=library]")
    page.keyboard.type("a?b/c")
    assert page.input_value("#query input, #query textarea") == "a?b/c"
    assert page.get_attribute("body", "data-screen") == "library", "what is typed is no command"


def test_control_enter_summarizes_and_escape_stops(open_page, slow_server, sample_pdf) -> None:
    page = open_page(slow_server.url)
    add(page, sample_pdf)
    page.locator("#length").get_by_label("By section", exact=True).check()
    page.fill("#part input, #part textarea", "1-2")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#summary .running")
    page.wait_for_selector("#bar .bar")
    page.keyboard.press("Escape")
    page.wait_for_selector("#summary .note:has-text('Stopped')", timeout=SLOW)
    page.wait_for_selector("#bar .bar", state="detached")


def test_an_address_of_a_job_opens_what_it_made(open_page, make_server, sample_pdf) -> None:
    server = make_server().start()
    page = open_page(server.url)
    add(page, sample_pdf)  # job 1
    ask(page, "Who lit a fire on the headland?")  # job 2
    page.wait_for_selector("#answers .answer:has-text('daughter')")
    for job, tab in ((1, "summary"), (2, "ask")):
        page.goto(f"{server.url}/?job={job}&page=2")
        page.wait_for_selector(f"body[data-screen=document][data-tab={tab}]")
        assert page.input_value("#page-number") == "2"
    for odd in ("job=999999", "job=-1", "job=x", "doc=x&page=9", f"job={'9' * 5000}", "page=" + "9" * 5000):
        page.goto(f"{server.url}/?{odd}")
        page.wait_for_selector("body[data-screen=library]")


def test_the_address_follows_the_page(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    add(page, sample_pdf)
    page.click("[data-go=next]")
    assert re.search(r"\?doc=[0-9a-f]{64}&page=2$", page.url)
    for screen in ("jobs", "models", "settings", "about"):
        page.click(f".nav-link[data-screen={screen}]")
        assert page.url.endswith(f"?screen={screen}")
    page.click(".nav-link[data-screen=library]")
    assert "?" not in page.url


def test_another_title(open_page, make_server, sample_pdf) -> None:
    page = open_page(make_server().start().url)
    add(page, sample_pdf)
    page.click("#tab-details")
    page.fill("#details [name=title]", "  Merrow <b>Light</b>  ")
    page.keyboard.press("Enter")
    page.wait_for_selector("#document-header h2:has-text('Merrow <b>Light</b>')")
    assert page.get_attribute("body", "data-tab") == "details"
    page.fill("#details [name=title]", " ")
    page.click("#details [data-act=rename]")
    page.wait_for_selector("#message:has-text('Write a title first.')")
    page.click(".nav-link[data-screen=library]")
    page.wait_for_selector(".card .title:has-text('Merrow <b>Light</b>')")

"""Reading with evidence: pages, chips and the sentences that rest on them, in Chromium."""

from pathlib import Path

import pytest

from tests.ui.conftest import SENTENCES, add

pytestmark = pytest.mark.browser


def test_a_text_file_has_a_drawn_sheet_in_the_library(open_page, server, tmp_path: Path, sample_pdf) -> None:
    """A text file has no page image; no card may show a broken one."""
    text = tmp_path / "letters.txt"
    text.write_text("\n\n".join(SENTENCES))
    page = open_page(server.url)
    add(page, sample_pdf)
    page.click(".nav-link[data-screen=library]")
    add(page, text)
    page.click(".nav-link[data-screen=library]")
    page.wait_for_selector(".card:has-text('letters') .sheet-icon svg")
    page.wait_for_function("[...document.querySelectorAll('.card img')].every((i) => i.complete)")
    broken = "[...document.querySelectorAll('.card img')].filter((i) => !i.naturalWidth).length"
    assert page.locator(".card img").count() >= 1 and page.evaluate(broken) == 0

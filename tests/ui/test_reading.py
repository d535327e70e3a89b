"""Reading with evidence: pages, chips and the sentences that rest on them, in Chromium."""

from pathlib import Path

import pytest

from tests.ui.conftest import SENTENCES, add, summarize

pytestmark = pytest.mark.browser


OUTLINED = Path(__file__).resolve().parents[2] / "assets" / "sample.pdf"  # four pages, 18 headings


def test_a_text_file_has_a_drawn_sheet_in_the_library(open_page, server, tmp_path: Path, sample_pdf) -> None:
    """A text file has no page image; no card may show a broken one."""
    text = tmp_path / "letters.txt"
    text.write_text("\n\n".join([*SENTENCES, "No other file of these tests ends so."]))
    page = open_page(server.url)
    add(page, sample_pdf)
    page.click(".nav-link[data-screen=library]")
    add(page, text)
    page.click(".nav-link[data-screen=library]")
    page.wait_for_selector(".card:has-text('letters') .sheet-icon svg")
    page.wait_for_function("[...document.querySelectorAll('.card img')].every((i) => i.complete)")
    broken = "[...document.querySelectorAll('.card img')].filter((i) => !i.naturalWidth).length"
    assert page.locator(".card img").count() >= 1 and page.evaluate(broken) == 0


def test_evidence_goes_both_ways(open_page, server, sample_pdf) -> None:
    """Hover or focus shows the quote; a marked sentence of the page shows what rests on it."""
    page = open_page(server.url)
    add(page, sample_pdf)
    summarize(page)
    item = page.locator("#summary .sentences > li").nth(2)
    chip, said = item.locator(".chip"), item.locator(".said").inner_text()
    chip.hover()
    page.wait_for_selector("#quote:visible")
    assert said in page.inner_text("#quote") and chip.get_attribute("aria-describedby") == "quote"
    page.keyboard.press("Escape")
    page.mouse.move(5, 5)
    assert page.locator("#quote").is_hidden()
    chip.focus()
    assert page.locator("#quote").is_visible()
    page.keyboard.press("Enter")
    start = chip.get_attribute("data-start")
    page.click("#tab-ask")
    rest = page.locator(f"#page-rests .rest[data-start='{start}']").first
    rest.click()
    page.wait_for_selector("#summary .sentences > li.rests:visible")
    assert said in page.inner_text("li.rests") and page.locator("li.rests").count() == 1
    assert "One sentence" in page.inner_text("#page-said")
    page.locator("#sheet").click(position={"x": 4, "y": 4})
    assert "No sentence" in page.inner_text("#page-said") and page.locator("li.rests").count() == 0
    rest.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("li.rests")


def test_evidence_goes_both_ways_in_text(open_page, server, tmp_path: Path) -> None:
    text = tmp_path / "diary.txt"
    text.write_text("\n\n".join(SENTENCES))
    page = open_page(server.url)
    add(page, text)
    summarize(page)
    page.locator("#summary .chip").first.click()
    page.wait_for_selector("#page-text mark[role=button]")
    place = page.locator("#page-text [data-go=rests]").nth(1)
    words = place.inner_text()
    place.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("li.rests")
    assert words in page.inner_text("li.rests")
    assert "\n\n".join(SENTENCES).replace("\n", "") == page.inner_text("#page-text").replace("\n", "")


def test_a_part_of_the_document(open_page, server) -> None:
    """The line says what it will take; the summary of a page cites that page alone; a wrong part says why."""
    page = open_page(server.url)
    add(page, OUTLINED)
    page.wait_for_selector("#preflight .preflight:has-text('4 pages')")
    page.fill("#part input, #part textarea", "9")
    page.wait_for_selector("#preflight .refused:has-text('pages 1 to 4')")
    page.click("#sections summary")
    page.locator("#sections input").nth(3).check()
    wanted = page.locator("#sections label").nth(3).inner_text()[-1]
    assert page.input_value("#part input, #part textarea") == "\N{SECTION SIGN}4"
    page.wait_for_function("document.querySelector('#preflight')?.innerText.startsWith('4 pages') === false")
    summarize(page, "One line")
    page.wait_for_selector("#summary .provenance:has-text('One line')")
    assert page.locator("#summary .said").count() == 1
    page.wait_for_selector("#summary .provenance:has-text('of a part')")
    assert page.locator("#summary .chip").get_attribute("data-page") >= wanted
    assert page.locator("#summary .provenance").inner_text().startswith("One line")


def test_section_by_section_stands_under_headings(open_page, server) -> None:
    page = open_page(server.url)
    add(page, OUTLINED)
    page.locator("#length").get_by_label("By section").check()
    page.click("#summarize")
    page.wait_for_selector("#summary .section-title")
    assert page.locator("#summary .section-title").count() >= 3
    titles = page.locator("#summary .section-title").all_inner_texts()
    assert len(set(titles)) == len(titles)


def test_the_summary_can_be_saved_as_files(open_page, server, sample_pdf) -> None:
    """Word opens, and the PDF comes back with a note at the cited place."""
    import pymupdf

    page = open_page(server.url)
    add(page, sample_pdf)
    summarize(page)
    page.click("#summary .tools details > summary")
    for label, start in [
        ("Markdown", b"# "),
        ("Word", b"PK"),
        ("PDF with notes", b"%PDF-"),
        ("BibTeX", b"@misc"),
    ]:
        with page.expect_download() as download:
            page.locator("#summary .tools a", has_text=label).click()
        data = Path(download.value.path()).read_bytes()
        assert data.startswith(start), label
        if label == "PDF with notes":
            with pymupdf.open(stream=data, filetype="pdf") as pdf:
                notes = [note.info["content"] for sheet in pdf for note in sheet.annots()]
            assert any(note.startswith("Summary, sentence 1") for note in notes)


def test_pasted_text_becomes_a_document(open_page, server) -> None:
    page = open_page(server.url)
    page.click("#pasting button >> nth=0")
    page.click("#paste")
    page.wait_for_selector("#message .failed:has-text('Paste a text first')")
    page.fill("#pasted textarea", "Notes on the <b>tower</b>\n\n" + " ".join(SENTENCES))
    page.click("#paste")
    page.wait_for_selector("body[data-screen=document] #document-header h2:has-text('Notes on the')")
    summarize(page, "Short")
    assert list((server.data_dir / "uploads").glob("*.txt")) == []


def test_two_summaries_side_by_side(open_page, server, sample_pdf) -> None:
    """The longer one has marked words that the shorter lacks; both have their figures."""
    page = open_page(server.url)
    add(page, sample_pdf)
    summarize(page, "Short")
    summarize(page, "Long")
    page.wait_for_selector("#summary .provenance:has-text('Long summary')")
    page.click("#summary details > summary:has-text('other summar')")
    page.locator("#summary .earlier li", has_text="Short").locator("button").click()
    page.wait_for_selector("#compared .compare")
    assert page.locator("#compared .side mark").count() > 0
    assert page.locator("#compared th[scope=row]").count() == 10
    assert page.locator("#compared tr:has(th:has-text('Memory'))").count() == 1
    page.fill("#compared input[name=reference]", "The lighthouse was built in 1871.")
    page.click("#compared [data-act=compare]")
    page.wait_for_selector("#compared th:has-text('ROUGE against your reference')")
    with page.expect_download() as saved:
        page.click("#compared a[download]")
    assert saved.value.suggested_filename.endswith("-compared.csv")
    page.click("#compared [data-act=close]")
    page.wait_for_selector("#compared .compare", state="detached")


def test_a_summary_is_copied_with_pages_or_as_words_alone(open_page, server, sample_pdf) -> None:
    page = open_page(server.url)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    add(page, sample_pdf)
    summarize(page, "Short")
    page.get_by_role("button", name="Copy", exact=True).click()
    page.wait_for_selector("#summary button:has-text('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").startswith("1. ")
    assert "(p. " in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Copy words only").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => !text.includes('(p. '))")


def test_the_first_screen_says_what_to_do(open_page, make_server) -> None:
    page = open_page(make_server("empty").start().url)
    assert page.locator("#library .steps li").count() == 3
    assert "stays on it" in page.inner_text("#library")


def test_insights_show_where_the_summary_comes_from(open_page, server) -> None:
    """As many marks as cited places; a mark shows its page; the counts of the sections add up."""
    page = open_page(server.url)
    add(page, OUTLINED)
    summarize(page, "Long")
    page.wait_for_selector("#summary .provenance:has-text('Long summary')")
    n_sentences = page.locator("#summary .sentences > li").count()
    page.click("#tab-insights")
    ticks = page.locator("#insights .tick")
    assert ticks.count() == n_sentences == 12
    wanted = ticks.last.get_attribute("data-page")
    ticks.last.click()
    page.wait_for_selector("#page-boxes .box")
    assert page.input_value("#page-number") == wanted
    cells = page.locator("#insights tbody td:nth-child(3)").all_inner_texts()
    assert sum(int(cell.split()[0]) for cell in cells if cell[0].isdigit()) == n_sentences
    assert "the first token" in page.inner_text("#insights")

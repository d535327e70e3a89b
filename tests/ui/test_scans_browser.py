"""Scans in the browser: the reader is asked first, sees every page, stops, goes on; chips are marked."""

import pytest

from tests.ui.conftest import SLOW, summarize
from tests.ui.test_scans import PROSE, make_pdf

pytestmark = pytest.mark.browser


def test_a_scan_is_offered_recognised_and_cited(open_page, server, tmp_path) -> None:
    page = open_page(server.url)
    page.set_input_files("#upload input[type=file]", str(make_pdf(tmp_path / "Harbour scan.pdf", 3, 5)))
    row = page.locator("#adding li", has_text="Harbour scan.pdf")
    row.locator(".offered").wait_for(timeout=SLOW)
    assert "Recognise the text of 2 pages?" in row.inner_text() and "OCR" in row.inner_text()
    row.locator("[data-act=recognise]").click()
    page.wait_for_selector("body[data-screen=document] #document-header p:has-text('recognised (OCR): 1')")
    assert "recognised in its picture" in page.inner_text("#page-note")
    summarize(page)
    chip = page.locator("#summary .chip").first
    assert chip.inner_text().split() == ["p.", "1", "OCR"]
    chip.hover()
    page.wait_for_selector("#quote small:has-text('Recognised text, 93')")
    chip.click()
    page.wait_for_selector("#page-boxes .box")
    page.click("#tab-details")
    assert "1\N{EN DASH}2" in page.inner_text("#details dt:has-text('recognised (OCR)') + dd")


def test_a_document_with_pictures_is_stopped_and_continued(open_page, server, tmp_path) -> None:
    import pymupdf

    document = pymupdf.open(make_pdf(tmp_path / "text.pdf", PROSE + " Here only."))
    for _ in range(6):  # a narrow bar takes the recogniser a second
        sheet = document.new_page(width=612, height=792)
        sheet.draw_rect((72, 100, 102, 110), color=None, fill=(0, 0, 0))
    document.save(tmp_path / "Minutes.pdf")
    page = open_page(server.url)
    page.set_input_files("#upload input[type=file]", str(tmp_path / "Minutes.pdf"))
    page.wait_for_selector("#document-header .note:has-text('6 of 7 pages are pictures')", timeout=SLOW)
    assert "6 of 7 pages have no text layer: 2\N{EN DASH}7." in page.inner_text("#document-header")
    page.fill("#page-number", "3")
    page.keyboard.press("Enter")
    page.wait_for_selector("#page-note:has-text('it is a picture')")
    page.click("#document-header [data-act=recognise]")
    page.wait_for_selector("#document-header .phase:has-text('Recognising page 2 of 6')", timeout=SLOW)
    page.click("#document-header .running [data-act=stop]")
    page.wait_for_selector("#document-header .note:has-text('was stopped')", timeout=SLOW)
    page.click("#document-header [data-act=resume]")
    page.wait_for_selector("#document-header p:has-text('recognised (OCR): 2')", timeout=SLOW)
    page.wait_for_selector("#page-note:has-text('recognised in its picture')")
    page.wait_for_selector("#preflight:has-text('7 pages')")
    assert page.locator("#document-header .note").count() == 0

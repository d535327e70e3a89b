"""A copy of a PDF with notes: the highlight lies on the words, and nothing in the copy acts."""

from pathlib import Path

import pymupdf
import pytest

from engine.errors import UnreadableFile
from engine.ingest.boxes import boxes_of
from engine.ingest.reader import DocumentReader


@pytest.fixture(scope="module")
def reader():
    reader = DocumentReader()
    yield reader
    reader.close()


def make_pdf(path: Path, rotation: int = 0) -> Path:
    with pymupdf.open() as pdf:
        page = pdf.new_page()
        page.insert_text((72, 200), "The bell rang twice. Nobody came to the door that night.", fontsize=12)
        page.insert_link(
            {"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(0, 0, 50, 50), "uri": "http://evil.example"}
        )
        page.set_rotation(rotation)
        script = pdf.get_new_xref()
        pdf.update_object(script, "<</S/JavaScript/JS(app.alert\\(1\\))>>")
        pdf.xref_set_key(pdf.pdf_catalog(), "OpenAction", f"{script} 0 R")
        pdf.embfile_add("payload.exe", b"MZ")
        pdf.save(path)
    return path


@pytest.mark.parametrize("rotation", [0, 90])
def test_the_highlight_lies_on_the_sentence_and_carries_the_note(reader, tmp_path, rotation: int) -> None:
    path = make_pdf(tmp_path / "bell.pdf", rotation)
    document = reader.read(path)
    sentence = document.sentences[1]
    assert "Nobody" in sentence.span.of(document.text)
    boxes = [[box.page, box.x0, box.y0, box.x1, box.y1] for box in boxes_of(document, sentence.span)]
    copy = reader.annotate(path, [{"boxes": boxes, "note": "Sentence 1 of the summary"}])
    with pymupdf.open(stream=copy, filetype="pdf") as pdf:
        page = pdf[0]  # held: an annotation does not keep its page
        (annotation,) = list(page.annots())
        assert annotation.info["content"] == "Sentence 1 of the summary"
        shown = page.get_pixmap()
    marked = [
        (x, y)
        for y in range(shown.height)
        for x in range(shown.width)
        if shown.pixel(x, y)[2] < 140 and shown.pixel(x, y)[0] > 180
    ]
    ((_, x0, y0, x1, y1),) = boxes
    seen = (
        min(x for x, _ in marked),
        min(y for _, y in marked),
        max(x for x, _ in marked) + 1,
        max(y for _, y in marked) + 1,
    )
    assert seen == pytest.approx((x0, y0, x1, y1), abs=5)


def test_nothing_in_the_copy_acts(reader, tmp_path) -> None:
    copy = reader.annotate(make_pdf(tmp_path / "bell.pdf"), [])
    with pymupdf.open(stream=copy, filetype="pdf") as pdf:
        assert pdf.embfile_count() == 0 and pdf[0].get_links() == []
        objects = " ".join(pdf.xref_object(xref) for xref in range(1, pdf.xref_length()))
    assert "app.alert" not in objects and "evil.example" not in objects and "payload" not in objects


def test_what_is_not_a_pdf_is_refused(reader, tmp_path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"not a PDF")
    with pytest.raises(UnreadableFile):
        reader.annotate(broken, [])

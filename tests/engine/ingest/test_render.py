"""Pictures of pages: bounded, and drawn in the child as well."""

import struct

import pytest

from engine.errors import EncryptedFile, UnreadableFile, UnsupportedFile
from engine.ingest.limits import LOCAL
from engine.types import Box


def png_size(data):
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", data[16:24])


def test_a_page(pdf, reader, save):
    pdf.page((72, 100, 30, "Black on white"))
    pdf.page((72, 100, 30, "Landscape"), size=(792, 612))
    path = save(pdf.data())
    picture = reader.render(path, 1, dpi=72)
    assert picture.media_type == "image/png" and png_size(picture.data) == (612, 792)
    assert (picture.width, picture.height) == (612, 792)
    assert reader.render(path, 2, dpi=144).width == 1584
    assert reader.render(path, 1, dpi=72) == picture


def test_boxes_fit_the_picture_of_a_turned_page(pdf, reader, save):
    pdf.page((72, 100, 20, "Turned by ninety degrees."), extra="/Rotate 90")
    path = save(pdf.data())
    document, picture = reader.read(path), reader.render(path, 1, dpi=72)
    page, line = document.pages[0], document.lines[0]
    assert (page.width, page.height) == (picture.width, picture.height) == (792, 612)
    box: Box = line.box
    assert 0 <= box.x0 < box.x1 <= page.width and 0 <= box.y0 < box.y1 <= page.height
    assert box.y1 - box.y0 > box.x1 - box.x0, "the text runs down the page that is shown"


@pytest.mark.parametrize("size, extra", [
    ((14_400, 14_400), ""), ((200_000, 10), ""), ((612, 792), "/UserUnit 75")])
def test_a_huge_page_gives_a_small_picture(pdf, reader, save, size, extra):
    pdf.page((5, 8, 6, "x"), size=size, extra=extra)
    picture = reader.render(save(pdf.data()), 1, dpi=300)
    assert picture.width * picture.height <= 1.1 * LOCAL.pixels and len(picture.data) < 5_000_000


@pytest.mark.parametrize("page", [0, 2, -1, 10**9])
def test_no_such_page(pdf, reader, save, page):
    pdf.page((72, 100, 10, "One page."))
    with pytest.raises(UnreadableFile, match="no such page"):
        reader.render(save(pdf.data()), page)


def test_what_has_no_pictures(reader, save):
    with pytest.raises((UnreadableFile, UnsupportedFile, EncryptedFile)):
        reader.render(save(b"plain words", "a.txt"), 1)
    with pytest.raises((UnreadableFile, UnsupportedFile)):
        reader.render(save(b"%PDF-1.7 and nothing more"), 1)


def test_a_missing_file(reader, tmp_path):
    with pytest.raises(UnreadableFile):
        reader.render(tmp_path / "gone.pdf", 1)

"""Text files: one page, paragraphs, no boxes."""

import pytest

from engine.errors import EmptyFile, FileTooLarge, NoText, UnsupportedFile
from engine.ingest.boxes import boxes_of
from engine.ingest.limits import Limits
from engine.ingest.reader import DocumentReader
from engine.types import Span


def test_a_text(reader, save):
    lines = ["A Title", "", "The first sentence runs", "over two lines. The second does not.", "", "", "Last"]
    document = reader.read(save("\r\n".join(lines).encode(), "some_notes.txt"))
    assert document.text == (
        "A Title\n\nThe first sentence runs over two lines. The second does not.\n\nLast")
    assert [s.span.of(document.text) for s in document.sentences] == [
        "A Title", "The first sentence runs over two lines.", "The second does not.", "Last"]
    assert (document.title, document.status, len(document.pages)) == ("some notes", "ok", 1)
    assert boxes_of(document, Span(0, 10)) == ()


def test_offsets_count_code_points(reader, save):
    document = reader.read(save("\U0001f4d6 Books. \U0001d54f is a letter.".encode(), "a.txt"))
    found = [s.span.of(document.text) for s in document.sentences]
    assert found == ["\U0001f4d6 Books.", "\U0001d54f is a letter."]


def test_controls_are_gone(reader, save):
    document = reader.read(save("a\x07b\u202ec\u200bd e\x1b[31mf, and so on for a while".encode(), "a.txt"))
    assert document.text == "abcd e[31mf, and so on for a while"


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\x7fELF\x02\x01\x01" + bytes(500), b"\0" * 900])
def test_bytes_that_are_no_text(reader, save, data):
    with pytest.raises(UnsupportedFile):
        reader.read(save(data, "a.txt"))


@pytest.mark.parametrize("data", [b"   \n\t\n ", "\u3000\u00a0\n".encode(), b"\xef\xbb\xbf\n"])
def test_blanks_are_no_text(reader, save, data):
    with pytest.raises(NoText):
        reader.read(save(data, "a.txt"))


def test_empty(reader, save):
    with pytest.raises(EmptyFile):
        reader.read(save(b"", "a.txt"))


def test_too_long(save):
    small = DocumentReader(Limits(chars=1000))
    with pytest.raises(FileTooLarge, match="1001 characters"):
        small.read(save(b"x" * 1001, "a.txt"))
    small.close()


def test_a_long_one(reader, save):
    paragraph = "The keeper wrote down what he saw, and it was much. " * 20
    document = reader.read(save("\n\n".join([paragraph] * 300).encode(), "long.txt"))
    assert len(document.sentences) == 6000 and len(document.text) > 300_000

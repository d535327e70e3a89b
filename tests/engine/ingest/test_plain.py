"""Text files: one page, paragraphs, no boxes."""

import pytest

from engine.errors import EmptyFile, FileTooLarge, NoText, UnsupportedFile
from engine.ingest.boxes import boxes_of
from engine.ingest.limits import Limits
from engine.ingest.reader import DocumentReader
from engine.ingest.typed import split_typed
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


WRAPPED = "The keeper of the harbour had lit it for forty years, and 12 others with\nhim"


@pytest.mark.parametrize("paragraphs", [
    ["Present: Mayor Lee", "Councillor Roe"],
    ["1. Approve the minutes", "2. Adopt the budget", "3. Close"],
    ["Decided:", "- to mend the roof of the tower before the winter comes to the\nharbour", "- to buy oil"],
    ["The council was asked for the following, and it gave most of it at once:", "* oil", "* wicks"],
    ["1. Approve the budget of the town for the next year with all of its parts\nand sums", "2. Close"],
    ["Town Hall", "12 High Street", "Leeds"],
    ["A Title", f"{WRAPPED}."],
    [f"{WRAPPED}.", "Who asked him was told so."],
    [f"{WRAPPED} when he was asked about\nthe lamp. Lee did not believe it, and Roe was\nelsewhere then."],
    [f"{WRAPPED} came; see\nhttp://lamps.example/{'a-very-long-address/' * 6}\nRoe and Lee."],
    ["This was found in several towns, and the numbers of all are given in\n[12] and below."],
    ["He had seen it *often*, he said, and it was then that he\n*really* saw it."],
    ["Lamp, lamp, lit so bright,\nIn the tower of night,\nWhat a keeper, what a hand\nLit thy light on land"],
    ["燈台守は毎晩ランプを灯し、四十年のあいだ一度も休むことがなかったという。\n彼はそれを誇りにしていた。"],
    ["two lines in lower case\nare one"],
])
def test_lines_that_were_typed(paragraphs):
    lines = "\n".join(paragraphs).split("\n")
    assert ["\n".join(found) for found in split_typed(lines)] == paragraphs


def test_points_of_a_list_are_sentences_of_their_own(reader, save):
    text = "MINUTES\nPresent: Mayor Lee\nCouncillor Roe\n\n1. Adopt the budget\n2. Mend the roof\n3. Close\n"
    document = reader.read(save(text.encode(), "a.txt"))
    found = [s.span.of(document.text) for s in document.sentences]
    assert found[:3] == ["MINUTES", "Present: Mayor Lee", "Councillor Roe"] and len(found) == 6


def test_a_heading_in_the_line_of_what_it_heads_is_not_quoted_with_it(reader, save):
    text = "Abstract—Lamps are bright. They shine far.\n\nSummary of lamps: they are bright and many.\n"
    document = reader.read(save(text.encode(), "label.txt"))
    found = [(s.kind, s.span.of(document.text)) for s in document.sentences]
    assert found == [
        ("heading", "Abstract"), ("body", "Lamps are bright."), ("body", "They shine far."),
        ("body", "Summary of lamps: they are bright and many."),
    ]

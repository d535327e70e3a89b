"""Lists, tables of contents, first letters and transcripts: lines that look like something else."""

from array import array

import pytest

from engine.ingest.furniture import drop_furniture
from engine.ingest.limits import LOCAL
from engine.ingest.markdown import read_markdown
from engine.ingest.paragraphs import split_paragraphs
from engine.ingest.roles import assign_roles
from engine.ingest.strips import RawPage, Strip, join_rows
from tests.engine.ingest.test_layout import blocks_of, lines_at, place, running

FULL = 215.0


@pytest.mark.parametrize("first, second, next_one", [
    ("\u2022 The clerk will write to the", "council before the end of May.", "\u2022 The chair will ask us"),
    ("4. The clerk will write to the", "council before the end of May.", "7. The chair will ask the lamp"),
    ("(4) The clerk will write. To the", "council before the end of May.", "(7) The chair will ask the lamp"),
    ("Keeper, A. B. On the lamps of the", "harbour. Press of it, 1901.", "Lee, C. On the oil of the lamps"),
])
def test_items_and_references_of_two_lines(first, second, next_one):
    lines = [place(first, 60, 100, width=FULL), place(second, 78, 112, width=FULL - 40),
             place(next_one, 60, 124, width=FULL), place(second, 78, 136, width=FULL - 40)]
    assert [block.text for block in split_paragraphs(lines, 0)] == [
        f"{first} {second}", f"{next_one} {second}"]


def test_a_line_set_in_after_an_end_begins_a_paragraph():
    lines = [*lines_at(60, 100, ["which was the end of the paragraph."]),
             place("Set in, a new one begins with this", 72, 112, width=223),
             *lines_at(60, 124, running("a", 3))]
    assert [len(block.lines) for block in split_paragraphs(lines, 0)] == [1, 4]


def test_a_table_of_contents_is_a_table():
    entries = ["1.1 Aim . . . . . . . . . 2", "1.2 Lamps ............. 12", "Preface … … … … iv"]
    blocks = split_paragraphs(lines_at(60, 100, [*entries, "He waited .... 5 years for it"]), 0)
    assert [(block.kind, len(block.lines)) for block in blocks] == [("table", 3), ("body", 1)]


def kinds(*texts):
    """What short lines between two paragraphs are."""
    lines = [*lines_at(60, 100, running("body", 4)),
             *(place(text, 60, 170 + 20 * i) for i, text in enumerate(texts)),
             *lines_at(60, 190 + 20 * len(texts), running("more", 4))]
    blocks = blocks_of(lines)
    assign_roles(blocks, {1: 792})
    return [block.kind for block in blocks if block.text in texts]


def test_short_items_are_no_headings():
    assert "heading" not in kinds("1. Approve the minutes", "2. Adopt the budget", "3. Close")
    assert kinds("2. The Lamps") == ["heading"]
    assert kinds("2. The Lamps", "2.1. The Oil") == ["heading", "heading"]


def drop_cap(letter, x, base, size):
    box = (x, base - 0.9 * size, x + 20, base + 2)
    return Strip(letter, *box, base, size, 1, box, array("f", [x, x + 20]))


@pytest.mark.parametrize("n_beside, size", [(2, 27.0), (3, 44.0)])
def test_a_first_letter_as_high_as_lines(n_beside, size):
    texts = ["he lamps of the harbour were lit every evening", *running("body", 6)]
    lines = [place(text, 82 if i < n_beside else 60, 100 + 12 * i, width=213 if i < n_beside else 235)
             for i, text in enumerate(texts)]
    rows = join_rows([drop_cap("T", 60, 100 + 12 * (n_beside - 1), size), *lines])
    assert [row.text for row in rows] == ["T" + texts[0], *texts[1:]]
    assert rows[0].box[0] == 60 and len(rows[0].edges) == len(rows[0].text) + 1
    assert len(split_paragraphs(rows, 0)) == 1


def test_the_letter_of_a_picture_stays_what_it_is():
    labels = [place("lamp", 82, 100), place("oil", 82, 112)]
    rows = join_rows([drop_cap("A", 60, 112, 27.0), *labels, *lines_at(60, 140, running("body", 6))])
    assert rows[0].text == "A lamp"


def test_answers_of_a_transcript_are_no_running_heads():
    """They are the first line of every other page, and stand in the middle of all of them."""
    pages = []
    for number in range(1, 11):
        texts = running(f"Q. {chr(96 + number)}", 12)
        texts[6] = "A. Yes."
        if number % 2:
            texts[0] = "A. Yes."
        lines = lines_at(60, 80, texts, page=number)
        lines.append(place(f"Page {number}", 280, 760, page=number))
        pages.append(RawPage(number, 612, 792, lines, n_chars=600))
    drop_furniture(pages)
    assert [len(page.strips) for page in pages] == [12] * 10


@pytest.mark.parametrize("text, wanted", [
    ("He was born in\n1990. He then moved.", ["He was born in 1990. He then moved."]),
    ("1. one\n2. two\n\nIt was in\n2. place", ["one", "two", "It was in 2. place"]),
    ("Steps:\n1. one\n2. two\n- three", ["Steps:", "one", "two", "three"]),
])
def test_a_number_within_a_paragraph_of_markdown(text, wanted):
    (section,) = read_markdown(text.encode(), LOCAL).sections
    assert [piece.text for piece in section] == wanted

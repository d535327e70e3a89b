"""Reading order, paragraphs, running heads: on strips that are placed by hand."""

from array import array
from dataclasses import replace

import pytest

from engine.ingest.columns import find_gutter, read_columns
from engine.ingest.flow import join_paragraphs
from engine.ingest.furniture import drop_furniture
from engine.ingest.outline import set_outline
from engine.ingest.paragraphs import split_paragraphs
from engine.ingest.roles import assign_roles
from engine.ingest.strips import Entry, RawPage, Strip, join_rows


def place(text, x, y, size=10.0, *, width=None, page=1, bold=False, turn=0):
    width = 5.0 * len(text) if width is None else width
    edges = array("f", [x + width * i / max(1, len(text)) for i in range(len(text) + 1)])
    box = (x, y - 8, x + width, y + 2)
    return Strip(text, *box, y, size, page, box, edges, bold=bold, turn=turn)


def lines_at(x, y, texts, page=1, width=235):
    return [place(text, x, y + 12 * i, page=page, width=width) for i, text in enumerate(texts)]


def running(name, n):
    """Lines as full as those of a column."""
    return [f"{name} line {i} runs on over the whole column" for i in range(n)]


def order(strips):
    return [line.text for region in read_columns(strips) for line in region]


def test_two_columns_are_not_interleaved():
    left, right = running("left", 20), running("right", 20)
    assert order(lines_at(60, 100, left) + lines_at(320, 100, right)) == left + right
    assert order(lines_at(320, 106, right) + lines_at(60, 100, left)) == left + right


def test_three_columns():
    columns = [running(name, 15) for name in ("one", "two", "three")]
    strips = [s for i, texts in enumerate(columns) for s in lines_at(50 + 180 * i, 100, texts, width=160)]
    assert order(strips) == [text for texts in columns for text in texts]


def test_what_is_as_wide_as_the_page_ends_a_band():
    title = place("A title over both columns", 150, 80, 18, width=300)
    figure = place("Figure 1: a wide caption that runs under both columns", 60, 260, width=500)
    upper, lower = (running(f"{name} left", 10) for name in ("upper", "lower"))
    upper_right, lower_right = (running(f"{name} right", 10) for name in ("upper", "lower"))
    strips = [
        *lines_at(60, 280, lower), *lines_at(320, 280, lower_right), figure,
        *lines_at(60, 110, upper), *lines_at(320, 110, upper_right), title,
    ]
    assert order(strips) == [title.text, *upper, *upper_right, figure.text, *lower, *lower_right]


def test_a_line_that_sticks_out_a_little_does_not_cross():
    left, right = running("left", 20), running("right", 20)
    strips = lines_at(60, 100, left) + lines_at(320, 100, right)
    strips[10] = place(left[10], 60, 220, width=268)
    assert order(strips) == left + right


def test_a_table_is_read_by_rows():
    rows = [("alpha", "12.5", "3.1"), ("beta", "13.5", "4.1"), ("gamma", "14.5", "5.1"), ("delta", "1", "6")]
    strips = [
        place(cell, 60 + 150 * j, 100 + 14 * i) for i, row in enumerate(rows) for j, cell in enumerate(row)]
    assert find_gutter(strips) is None
    assert order(strips) == [" ".join(row) for row in rows]
    (block,) = split_paragraphs(read_columns(strips)[0], 0)
    assert block.kind == "table"


def test_a_table_over_both_columns_is_one_band():
    table = [place("12.5", 60 + 90 * j, 100 + 12 * i) for i in range(12) for j in range(6)]
    left, right = running("left", 15), running("right", 15)
    strips = table + lines_at(60, 280, left) + lines_at(320, 280, right)
    assert order(strips) == ["12.5 12.5 12.5 12.5 12.5 12.5"] * 12 + left + right


@pytest.mark.parametrize("ending", ["right line 10 runs on over the whole column", "as the table shows."])
def test_a_table_in_one_column_does_not_cut_the_other(ending):
    """Its cells and a line of the other column stand in one row, over both columns."""
    left, right = running("left", 20), running("right", 20)
    right[10] = ending
    cells = [place(text, 60 + 60 * i, 220) for i, text in enumerate(("ru-en", "DS", "38", "51"))]
    strips = [
        *lines_at(60, 100, left[:9]), *cells, *lines_at(60, 240, left[11:]),
        *lines_at(320, 100, right[:10]), place(ending, 320, 220, width=5.0 * len(ending)),
        *lines_at(320, 232, right[11:]),
    ]
    lines = order(strips)
    assert [line for line in lines if "right" in line or line == ending] == right
    assert lines[-20:] == right


def test_stretched_words_are_no_table():
    left, right = running("left", 15), running("right", 15)
    strips = lines_at(60, 100, left) + lines_at(320, 100, right)
    words = [[place(word, x + 48 * i, 160, width=38) for i, word in enumerate(("few", "far", "apart", "set"))]
             for x in (60, 320)]
    strips = [s for s in strips if s.base != 160] + words[0] + words[1]
    left[5] = right[5] = "few far apart set"
    assert order(strips) == left + right


def test_formulas_beside_lines_leave_the_columns_apart():
    """Few heights have words on both sides: a page of formulas in two columns."""
    left, right = running("left", 30), running("right", 30)
    formulas = [f"b{i} = c (y + {i})" for i in range(18)]
    strips = [
        *lines_at(60, 100, left[:15]), *lines_at(80, 280, formulas[:9], width=90),
        *lines_at(60, 388, left[15:]),
        *lines_at(340, 100, formulas[9:], width=90), *lines_at(320, 208, right[:6]),
        *lines_at(340, 280, ["x = 1"] * 9, width=40), *lines_at(320, 388, right[6:9]),
        *lines_at(340, 424, ["y = 2"] * 12, width=40),
    ]
    assert order(strips) == [*left[:15], *formulas[:9], *left[15:], *formulas[9:], *right[:6],
                             *["x = 1"] * 9, *right[6:9], *["y = 2"] * 12]


def test_long_labels_and_numbers_are_no_columns():
    labels = [f"Operating lease liabilities of the year {2001 + i}" for i in range(12)]
    strips = [place(label, 60, 100 + 12 * i, width=235) for i, label in enumerate(labels)]
    strips += [place(f"{i},125.5", 440, 100 + 12 * i) for i in range(12)]
    assert order(strips) == [f"{label} {i},125.5" for i, label in enumerate(labels)]


def test_a_line_in_two_pieces_beside_a_table_is_no_row_of_it():
    left, right = running("left", 24), running("right", 15)
    pieces = [(place("The rest of a sentence.", 60, 100 + 12 * i, width=110),
               place("The next one begins", 182, 100 + 12 * i, width=113)) for i in (5, 6)]
    cells = [place(cell, 320 + 60 * j, 100 + 12 * i) for i in range(4, 9) for j, cell in
             enumerate(("MFT", "CL", "0.02", "0.18"))]
    whole = [s for i, s in enumerate(lines_at(60, 100, left)) if i not in (5, 6)]
    strips = [*whole, *(p for pair in pieces for p in pair), *cells, *lines_at(320, 220, right)]
    lines = order(strips)
    assert lines[5] == lines[6] == "The rest of a sentence. The next one begins"
    assert lines[:5] + lines[7:24] == left[:5] + left[7:]
    assert lines[24:] == ["MFT CL 0.02 0.18"] * 5 + right


def test_a_page_full_of_pieces_ends():
    strips = [place("piece of text", (i * 37) % 500, (i * 53) % 700) for i in range(20_000)]
    assert len(order(strips)) == 20_000


def test_pieces_of_a_line_become_one():
    (line,) = join_rows([place("first", 60, 100), place("second", 120, 100.4)])
    assert line.text == "first second" and len(line.edges) == len(line.text) + 1
    (line,) = join_rows([place("x", 60, 100), place("2", 65.2, 96, 6)])
    assert line.text == "x2"


@pytest.mark.parametrize("letter, first, begins", [
    ("O", "nce the keeper lit the lamp of the tower", "Once the keeper"),
    ("A", "lamp was lit by the keeper in the evening", "A lamp was"),
    ("A", "fter dusk the keeper lit the other lamp", "After dusk"),
    ("I", "n winter the keeper lit the lamp at four", "In winter"),
    ("A", "cross the sea of a lamp that is as a cross", "Across the sea"),
    ("A", "ll lamps were lit, and we'll be in the boat", "All lamps"),
])
def test_a_first_letter_of_several_lines_is_a_letter_or_a_word(letter, first, begins):
    cap = replace(place(letter, 60, 124, 36, width=20), y0=95)
    beside = [place(text, 82, 100 + 12 * i, width=213) for i, text in enumerate(
        [first, "and the lamp by a cross can't be seen, we'll", "out on the sea, for the night was clear."])]
    (line, *_) = join_rows([cap, *beside, *lines_at(60, 136, running("line", 4))])
    assert line.text.startswith(begins) and len(line.edges) == len(line.text) + 1


@pytest.mark.parametrize("n, lines", [
    (1, [("One line of a paragraph that is quite full", 60), ("and its second line, full as the first", 60)]),
    (2, [("One line of a paragraph that is quite full", 60), ("ends here.", 60),
         ("Another one begins after that one.....", 60)]),
    (2, [("One line of a paragraph that is quite full.", 60), ("Set in, a new one begins with this line", 75),
         ("and goes on at the edge of the same column", 60)]),
    (2, [("\u2022 the first of the points that are listed", 60), ("\u2022 the second of the points", 60)]),
    (3, [("1. the first of the points that are listed", 60), ("2. the second of the points, as full", 60),
         ("3. the third of the points that are listed", 60)]),
    (1, [("A word at the end of this line was bro-", 60), ("ken, which does not end the paragraph", 60)]),
])
def test_paragraphs(n, lines):
    strips = [
        place(text, x, 100 + 12 * i, width=215 if len(text) > 20 else None)
        for i, (text, x) in enumerate(lines)]
    assert len(split_paragraphs(strips, 0)) == n


@pytest.mark.parametrize("n, text", [
    (1, "goes on in small capitals, as full as it"), (2, "Something else begins with these letters")])
def test_a_line_of_other_letters_within_a_sentence(n, text):
    strips = lines_at(60, 100, running("line", 4))
    strips += [place(text, 60, 148, 8.5, width=235), *lines_at(60, 160, running("line", 4))]
    assert len(split_paragraphs(strips, 0)) == n


def test_space_ends_a_paragraph():
    strips = lines_at(60, 100, running("a", 4)) + lines_at(60, 166, running("b", 4))
    assert [len(block.lines) for block in split_paragraphs(strips, 0)] == [4, 4]


# ------------------------------------------------------------ running heads


def book(n, head=lambda i: "The Harbour", foot=lambda i: str(i)):
    pages = []
    for i in range(1, n + 1):
        strips = [place(head(i), 250, 40, page=i), place(foot(i), 300, 760, page=i)]
        strips += lines_at(60, 100, running(f"page {'abcdefghijklmnop'[i]} body", 12), page=i)
        pages.append(RawPage(i, 612, 792, strips, n_chars=600))
    return pages


@pytest.mark.parametrize("head, foot", [
    (lambda i: "The Harbour", lambda i: str(i)),
    (lambda i: f"Chapter {i}", lambda i: f"Page {i} of 10"),
    (lambda i: ["The Harbour", "by A. Keeper"][i % 2], lambda i: "- ii -" if i == 2 else f"- {i} -"),
    (lambda i: "First Part" if i < 6 else "Second Part", lambda i: str(i)),
])
def test_running_heads_and_feet_go(head, foot):
    pages = book(10, head, foot)
    drop_furniture(pages)
    assert [len(page.strips) for page in pages] == [12] * 10


def test_two_pages_keep_everything():
    pages = book(2)
    drop_furniture(pages)
    assert [len(page.strips) for page in pages] == [14, 14]


def test_first_lines_that_differ_stay():
    pages = book(10, head=lambda i: "abcdefghijklmnop"[i] * 8)
    drop_furniture(pages)
    assert [len(page.strips) for page in pages] == [13] * 10


def test_a_form_repeated_on_every_page_stays():
    pages = [RawPage(i, 612, 792, [place(f"Sheet {i}", 60, 40, page=i)], n_chars=7) for i in range(1, 20)]
    drop_furniture(pages)
    assert all(page.strips for page in pages)


def test_a_stamp_in_the_margin_goes():
    stamp = place("arXiv:1234", 20, 300, turn=270)
    page = RawPage(1, 612, 792, [*lines_at(100, 100, running("a", 5)), stamp])
    drop_furniture([page])
    assert len(page.strips) == 5


# -------------------------------------------------------- roles and joining


def blocks_of(*regions):
    return [block for number, lines in enumerate(regions) for block in split_paragraphs(lines, number)]


def test_roles():
    blocks = blocks_of([
        place("A Study of Lamps", 60, 60, 18, bold=True),
        place("1 Introduction", 60, 100, 10, bold=True),
        *lines_at(60, 120, running("body", 8)),
        place("Figure 2: what was seen from the tower", 60, 240, 9),
        *lines_at(60, 270, running("more", 8)),
        place("References", 60, 390, 10, bold=True),
        place("[1] A. Keeper. On lamps. 1901.", 60, 420),
        place("[2] B. Keeper. On oil. 1902.", 60, 445),
        place("[3] C. Keeper. On wicks. 1903.", 60, 470),
        place("A Appendix", 60, 510, 10, bold=True),
        *lines_at(60, 530, running("tail", 4)),
        place("1 A note at the foot of the page, smaller than the rest.", 60, 640, 7),
    ])
    assign_roles(blocks, {1: 792})
    assert [block.kind for block in blocks] == [
        "heading", "heading", "body", "caption", "body", "heading", "reference", "reference", "reference",
        "heading", "body", "footnote"]
    set_outline(blocks, [], blocks[0])
    assert [block.level for block in blocks if block.kind == "heading"] == [0, 1, 1, 1]


@pytest.mark.parametrize("kind, text", [
    ("caption", "TABLE II. Results of the lamps are shown here."),
    ("caption", "TABLE II"),
    ("caption", "Table IV: the lamps of the harbour and their keepers, by year."),
    ("caption", "Extended Data Fig. 1 | The lamps of the harbour, seen from the tower."),
    ("caption", "Supplementary Table 1. The lamps of the harbour, by year."),
    ("caption", "Supplementary Fig. 2: The lamps of the harbour, by year."),
    ("caption", "Additional file 1: The lamps of the harbour, by year."),
    ("caption", "Box 1. What a lamp is made of."),
    ("caption", "Map 2. The harbour and its lamps."),
    ("caption", "Plate IV. The harbour at night, with its lamps."),
    ("caption", "Figure S2. The harbour at night, with its lamps."),
    ("body", "Table 2 shows that the lamps of the harbour were lit every evening."),
    ("body", "Table II shows that the lamps of the harbour were lit every evening."),
    ("body", "Supplementary Table 1 shows that the lamps of the harbour were lit."),
    ("body", "Map ill. The lamps of the harbour are not on it, they say."),
    ("body", "File 3: the lamps of the harbour were lit every evening by hand."),
    ("body", "Box i. of the lamps was lit every evening by hand, they say."),
])
def test_captions(kind, text):
    blocks = blocks_of(lines_at(60, 100, running("body", 8)), [place(text, 60, 240)],
                       lines_at(60, 280, running("more", 8)))
    assign_roles(blocks, {1: 792})
    assert [block.kind for block in blocks] == ["body", kind, "body"]


def test_the_table_of_contents_decides():
    blocks = blocks_of([
        place("Beginnings", 60, 100), *lines_at(60, 130, running("a", 4)),
        place("Of Oil", 60, 210), *lines_at(60, 240, running("b", 4)),
    ])
    assign_roles(blocks, {1: 792})
    set_outline(blocks, [Entry(1, "1. Beginnings", 1), Entry(2, "Of  oil", 1)], None)
    assert [(b.text, b.level) for b in blocks if b.kind == "heading"] == [("Beginnings", 1), ("Of Oil", 2)]


def test_a_paragraph_goes_on_in_the_next_column():
    left = [*running("left", 5), "and here the sentence is not yet at its endx"]
    right = ["but it goes on in lower case at the top of it", *running("right", 4)]
    blocks = blocks_of(lines_at(60, 100, left), lines_at(320, 100, right))
    assign_roles(blocks, {1: 792})
    assert len(join_paragraphs(blocks)) == 1


def test_a_note_between_the_halves_moves_out_of_the_way():
    page_one = [*lines_at(60, 100, [*running("one", 5), "and here the sentence is not yet at its endx"])]
    note = [place("1 A note at the foot of the page, smaller than the rest", 60, 700, 7)]
    page_two = ["but it goes on in lower case at the top of it", *running("two", 4)]
    page_two = lines_at(60, 100, page_two, page=2)
    blocks = blocks_of(page_one + note, page_two)
    assign_roles(blocks, {1: 792, 2: 792})
    joined = join_paragraphs(blocks)
    assert [block.kind for block in joined] == ["footnote", "body"]
    assert [line.page for line in joined[1].lines] == [1] * 6 + [2] * 5


def test_a_table_at_the_head_of_a_column_does_not_cut_the_sentence():
    left = [*running("left", 9), "and here the sentence is not yet at its endx"]
    rows = [("CL", "0.0434"), ("CLMFT N", "0.0817"), ("CLMFT A", "0.07"), ("MFT", "0.0685")]
    cells = [place(cell, 340 + 90 * j, 80 + 12 * i, width=40)
             for i, row in enumerate(rows) for j, cell in enumerate(row)]
    right = [*join_rows(cells), place("Table 3: Results of the lamps.", 330, 150),
             *lines_at(320, 190, ["but it goes on in lower case at the top of it", *running("right", 9)])]
    blocks = blocks_of(lines_at(60, 100, left), right)
    assign_roles(blocks, {1: 792})
    assert [block.kind for block in join_paragraphs(blocks)] == ["table", "caption", "body"]


@pytest.mark.parametrize("rows", [
    ["The lamp was lit", "in 1901 and again", "in 1902 by Lee."],
    ["A NOTICE TO ALL", "WHO SEE THE LAMP", "FROM THE HARBOUR"],
])
def test_short_lines_with_words_are_no_table(rows):
    lines = [place(text, 60, 280 + 12 * i) for i, text in enumerate(rows)]
    blocks = blocks_of(lines_at(60, 100, running("body", 12)), lines)
    assign_roles(blocks, {1: 792})
    assert "table" not in [block.kind for block in blocks if len(block.lines) > 1]


def test_a_new_sentence_does_not_join():
    first = [*running("one", 4), "which is the end of this paragraph."]
    blocks = blocks_of(lines_at(60, 100, first), lines_at(320, 100, running("Next", 4)))
    assign_roles(blocks, {1: 792})
    assert len(join_paragraphs(blocks)) == 2


def test_a_line_whose_numbers_jump_is_no_running_head(pdf, reader, save):
    """The same words with another figure on every page say something on every page."""
    figures = (320145, 71, 99820, 4, 555123, 23, 871, 60)
    for number, figure in enumerate(figures, 1):
        pdf.page((72, 50, 10, f"Section {number}. The reserve figure on page {number} is {figure}."),
                 (72, 770, 10, f"Page {number} of {len(figures)}"), (72, 300, 10, "lamp " * number))
    text = reader.read(save(pdf.data())).text
    assert all(f"is {figure}." in text for figure in figures)
    assert "Page 3 of 8" not in text

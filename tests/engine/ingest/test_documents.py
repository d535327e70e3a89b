"""Whole documents as they are typeset: order, roles, outline, and letters of every kind.

Where an outside truth is needed, it is the text that PDFium finds.
"""

import re
from collections import Counter

import pypdfium2
import pytest

from engine.types import Document, Span


def paper(pdf, column, text_about):
    """Two columns, a title over both, running heads, a footnote, a caption and references."""
    heads = {2: "A. Keeper", 3: "On Lighthouses", 4: "A. Keeper"}
    topics = ("lamp", "tower", "stair", "window", "signal", "harbour", "boat", "storm")
    for number in range(1, 5):
        placed = [(300, 770, 8, str(number))]
        if number > 1:
            placed.append((250, 40, 8, heads[number]))
        top = 70
        if number == 1:
            placed.append((120, 70, 18, "On Lighthouses and Their Keepers"))
            placed.append((230, 95, 10, "A. Keeper and B. Keeper"))
            top = 130
        for side, x in enumerate((60, 320)):
            topic = topics[2 * (number - 1) + side]
            placed.append((x, top, 11, f"{2 * number - 1 + side} The {topic.title()}", "bold"))
            placed += column(text_about(topic, 14), x, top + 18, 42)
        if number == 2:
            placed.append((60, 600, 7.5, "1 A note that stands at the foot of a column."))
            placed.append((320, 600, 8, "Figure 1: What was seen from the tower."))
        pdf.page(*placed)
    entries = [f"[{i}] K. Keeper. On the {topic}. Lamps, {1900 + i}." for i, topic in enumerate(topics, 1)]
    pdf.page((60, 70, 11, "References", "bold"), (250, 40, 8, "On Lighthouses"), (300, 770, 8, "5"),
             *[(60, 90 + 14 * i, 9, entry) for i, entry in enumerate(entries)])
    return pdf


def tokens(text):
    return Counter(re.findall(r"\w+", text.casefold()))


def overlap(found: Counter, wanted: Counter) -> float:
    """F1 of two bags of words."""
    return 2 * sum((found & wanted).values()) / (sum(found.values()) + sum(wanted.values()))


@pytest.fixture(scope="module")
def kinds_of():
    def kinds(document: Document, kind: str) -> list[str]:
        return [s.span.of(document.text) for s in document.sentences if s.kind == kind]
    return kinds


def test_a_paper(pdf, column, text_about, reader, save, kinds_of):
    document = reader.read(save(paper(pdf, column, text_about).data()))
    assert document.title == "On Lighthouses and Their Keepers"
    topics = ("Lamp", "Tower", "Stair", "Window", "Signal", "Harbour", "Boat", "Storm")
    headings = [f"{i} The {topic}" for i, topic in enumerate(topics, 1)] + ["References"]
    assert [h.span.of(document.text) for h in document.outline] == headings
    assert [h.page for h in document.outline] == [1, 1, 2, 2, 3, 3, 4, 4, 5]
    body = kinds_of(document, "body")
    starts = [f"The {topic.lower()} number" for topic in topics]
    positions = [next(i for i, s in enumerate(body) if start in s) for start in starts]
    assert positions == sorted(positions), "columns are read one after the other"
    assert sum(re.fullmatch(r"The \w+ number \d+ .* closes\.", s) is not None for s in body) == 8 * 14
    assert kinds_of(document, "footnote") == ["1 A note that stands at the foot of a column."]
    assert kinds_of(document, "caption") == ["Figure 1: What was seen from the tower."]
    assert len(kinds_of(document, "reference")) == 8
    assert document.text.count("On Lighthouses") == 1, "running heads are gone"
    assert not re.search(r"\n\n\d\n\n", document.text), "page numbers are gone"


def test_no_word_is_lost(pdf, column, text_about, reader, save):
    path = save(paper(pdf, column, text_about).data())
    truth = pypdfium2.PdfDocument(path)
    wanted = Counter()
    for page in truth:
        text_page = page.get_textpage()
        wanted += tokens(text_page.get_text_bounded())
        text_page.close()
        page.close()
    truth.close()
    assert overlap(tokens(reader.read(path).text), wanted) >= 0.98


def test_the_files_own_outline_wins(pdf, reader, save):
    pdf.page((72, 80, 12, "Of Beginnings"), (72, 110, 10, "Some text that stands below it."),
             (72, 200, 12, "Of Endings"), (72, 230, 10, "More text that stands below that."))
    page = pdf.pages[0]
    root = pdf.add("placeholder")
    second = pdf.add(f"<</Title(Of Endings)/Parent {root} 0 R/Dest[{page} 0 R/Fit]>>")
    first = pdf.add(f"<</Title(Of Beginnings)/Parent {root} 0 R/Next {second} 0 R/Dest[{page} 0 R/Fit]>>")
    pdf.objects[root - 1] = f"<</Type/Outlines/First {first} 0 R/Last {second} 0 R/Count 2>>".encode()
    pdf.catalog = f"/Outlines {root} 0 R"
    document = reader.read(save(pdf.data()))
    assert [(h.span.of(document.text), h.level) for h in document.outline] == [
        ("Of Beginnings", 1), ("Of Endings", 1)]


@pytest.mark.parametrize("claimed, wanted", [
    ("A Title Somebody Wrote", "A Title Somebody Wrote"),
    ("Microsoft Word - draft7.doc", "Printed on the Page"),
    ("untitled", "Printed on the Page"),
    ("draft_final_v2.tex", "Printed on the Page"),
    ("\\000\\001", "Printed on the Page"),
    ("<script>alert(1)</script>", "Printed on the Page"),
])
def test_the_title(pdf, reader, save, claimed, wanted):
    pdf.page((72, 80, 20, "Printed on the Page"), (72, 120, 10, "The text below is smaller than that."))
    data = pdf.data()
    info = f"trailer<</Info<</Title({claimed})>>".encode()
    assert reader.read(save(data.replace(b"trailer<<", info))).title == wanted


def test_a_title_from_the_file_name(pdf, reader, save):
    pdf.page((72, 100, 10, "7"))
    assert reader.read(save(pdf.data(), "tide_tables-1901.pdf")).title == "tide tables-1901"


@pytest.mark.parametrize("letters, written, wanted", [
    ({97: "\u65e5", 98: "\u672c", 99: "\u8a9e"}, "abc", "\u65e5\u672c\u8a9e"),
    ({97: "\U0001f4d6", 98: "\U00020000"}, "ab a", "\U0001f4d6\U00020000 \U0001f4d6"),
    ({97: "\ufb03"}, "eacient", "efficient"),
    ({97: "e\u0301"}, "ta", "t\u00e9"),
    ({97: "\u202e", 98: "\u200b"}, "xaby", "xy"),
    ({97: "\u00a0", 98: "\u2003"}, "xayby", "x y y"),
])
def test_letters_of_every_kind(pdf, reader, save, letters, written, wanted):
    pdf.page((72, 100, 10, written, pdf.mapped_font(letters)), (72, 140, 10, "A sentence after it."))
    document = reader.read(save(pdf.data()))
    assert document.text == f"{wanted}\n\nA sentence after it."
    assert document.sentences[-1].span.of(document.text) == "A sentence after it."
    for line in document.lines:
        assert not line.edges or len(line.edges) == len(line.span) + 1


def test_arabic_comes_in_the_order_of_speech(pdf, reader, save):
    alphabet = "\u0645\u0631\u062d\u0628\u0627"  # marhaba
    shown = {97 + i: letter for i, letter in enumerate(reversed(alphabet))}
    pdf.page((72, 100, 10, "abcde", pdf.mapped_font(shown)))
    document = reader.read(save(pdf.data()))
    assert document.text == alphabet
    assert Span(0, 5).of(document.text) == alphabet


def test_text_that_is_turned_on_its_page(pdf, reader, save):
    rows = b"".join(b"BT /mono 10 Tf 0 1 -1 0 %d 100 Tm (Line %d of a page that lies on its side.) Tj ET\n"
                    % (100 + 14 * i, i) for i in range(6))
    pdf.page(content=rows)
    text = reader.read(save(pdf.data())).text
    places = [text.index(f"Line {i} of") for i in range(6)]
    assert places == sorted(places)

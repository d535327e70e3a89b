"""Breaks within paragraphs, tables that only frame text, and what is hidden, in HTML and Word."""

import io
import zipfile

import pytest

from engine.ingest.docx import read_docx
from engine.ingest.limits import LOCAL
from engine.ingest.markup import pieces_of

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
LONG = "The keeper of the harbour had lit the lamp for forty years, and never once was it out before dawn. "
TWO = [LONG.strip() + " One.", LONG.strip() + " Two."]


def html(page: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in pieces_of(page)[0]]


def word(body: str, styles: str = "") -> list[tuple[str, str]]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        packed.writestr("word/styles.xml", f"<w:styles {W}>{styles}</w:styles>")
    return [(piece.kind, piece.text) for section in read_docx(out, LOCAL).sections for piece in section]


def paragraph(text: str, style: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


def row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr>"


@pytest.mark.parametrize("page, found", [
    ("<h2>CHAPTER I.<br/>THE BEGINNING</h2>", [("heading", "CHAPTER I. THE BEGINNING")]),
    ("<h2>CHAPTER I.<br><br>THE BEGINNING</h2>", [("heading", "CHAPTER I. THE BEGINNING")]),
    ("<p>It was a dark night<br/>and the rain fell.</p>",
     [("body", "It was a dark night and the rain fell.")]),
    ("<p>It was a dark\nnight<br>\n<br>\nThe rain fell.",
     [("body", "It was a dark night"), ("body", "The rain fell.")]),
    ("<p>Town Hall<br>12 High Street<br>Leeds",
     [("body", "Town Hall"), ("body", "12 High Street"), ("body", "Leeds")]),
    ("Release date of the book of lamps: June 2008<br>Most recently updated: May 2024",
     [("body", "Release date of the book of lamps: June 2008"), ("body", "Most recently updated: May 2024")]),
    ("<p>Lamp, lamp, lit so bright,<br>In the tower of night</p>",
     [("body", "Lamp, lamp, lit so bright, In the tower of night")]),
    ("<pre>a<br>b</pre>", [("code", "a"), ("code", "b")]),
    ("<tr><td>a<br>b<td>c", [("table", "a b  c")]),
])
def test_breaks(page, found):
    assert html(page) == found


@pytest.mark.parametrize(
    "cell", [f"<p>{TWO[0]}</p><p>{TWO[1]}</p>", f"{TWO[0]}<p>{TWO[1]}", "<br><br>".join(TWO)])
def test_a_table_that_frames_a_page(cell):
    article = [("heading", "Lamps"), *(("body", text) for text in TWO)]
    assert html(f"<table><tr><td><h1>Lamps</h1>{cell}</td></tr></table>") == article
    assert html(f"<table><tr><td>Home</td><td>{cell}</td></tr></table>After") == [
        ("body", "Home"), *article[1:], ("body", "After")]
    inner = "<table><tr><td>a<td>b</tr></table>"
    assert html(f"<table><tr><td><h1>Lamps</h1>{cell}{inner}<p>End</p></td></tr></table>") == [
        *article, ("table", "a  b"), ("body", "End")]


def test_a_table_of_data_stays_one():
    menu = "".join(f"<li>Entry number {i} of the menu" for i in range(20))
    assert [kind for kind, _ in html(f"<table><tr><td><ul>{menu}</ul></td></tr></table>")] == ["table"]
    page = f"<table><tr><td>{LONG}<td><p>short</p><p>and short</p></tr><tr><th>1<th>2</tr></table>"
    assert html(page) == [("table", f"{LONG}  short and short".replace("   ", "  ")), ("table", "1  2")]


@pytest.mark.parametrize("page, shown", [
    ('<p style="display:none">no<p>yes', ["yes"]),
    ('<p style="display:none">no<h2>yes</h2><p>and yes', ["yes", "and yes"]),
    ('<div><p hidden>no</div>yes', ["yes"]),
    ("<ul><li hidden>no<ul><li>no</li></ul><li>yes</ul>after", ["yes", "after"]),
    ("<ul><li hidden>no<p>no</p></ul>after", ["after"]),
    ("<table><tr hidden><td>no<td>no<tr><td>yes</table>after", ["yes", "after"]),
    ("<p hidden>no <b>no</b></p>yes", ["yes"]),
    ("<div hidden>no<p>no</p>no</div>yes", ["yes"]),
])
def test_what_is_hidden_ends(page, shown):
    assert [text for _, text in html(page)] == shown


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "part", ["<table><tr><td>a", "<table>a", "<tr>", "<td>a", "<ul><li hidden>", "a<br>"])
def test_deep_or_broken_tables_take_no_time(part):
    assert len(html(part * 20_000)) <= 20_001


def test_a_word_table_that_frames_text():
    framed = "".join(paragraph(text) for text in TWO)
    texts = [("body", text) for text in TWO]
    styles = '<w:style w:styleId="H"><w:name w:val="heading 2"/></w:style>'
    assert word(row(paragraph("Lamps", "H") + framed), styles) == [("heading", "Lamps"), *texts]
    assert word(row(paragraph("2001"), framed)) == [("body", "2001"), *texts]
    assert word(row(paragraph("a") + paragraph("b"), paragraph("c"))) == [("table", "a b  c")]
    inner = f"<w:tbl>{row(paragraph('b'), paragraph('c'))}</w:tbl>"
    assert word(row(paragraph("a"), inner + paragraph("d"))) == [
        ("table", "a"), ("table", "b  c"), ("body", "d")]


def test_a_caption_in_another_language():
    styles = '<w:style w:styleId="Beschriftung"><w:name w:val="caption"/></w:style>'
    assert word(paragraph("Abbildung 1", "Beschriftung"), styles) == [("caption", "Abbildung 1")]
    assert word(paragraph("Figure 1", "Caption")) == [("caption", "Figure 1")]

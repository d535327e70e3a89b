"""Files without printed pages: Markdown, HTML, EPUB, Word. Sections stand in for pages."""

import contextlib
import io
import zipfile

import pytest

from engine.errors import (
    EncryptedFile,
    FileTooLarge,
    NoText,
    ReadingTimedOut,
    UnreadableFile,
    UnsupportedFile,
)
from engine.ingest import archive
from engine.ingest.docx import read_docx
from engine.ingest.epub import read_epub
from engine.ingest.kinds import EXTENSIONS, IN_WORDS, KINDS
from engine.ingest.limits import LOCAL, Limits
from engine.ingest.markdown import plain, read_markdown
from engine.ingest.markup import pieces_of, read_html
from engine.ingest.reader import DocumentReader

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CONTAINER = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'


def pack(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()


def word(body: str, **parts: str) -> bytes:
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    return pack({"word/document.xml": document} | {f"word/{name}.xml": text for name, text in parts.items()})


def paragraph(text: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r><w:t>{text}</w:t></w:r></w:p>"


def book(chapters: dict[str, str], **more: str | bytes) -> bytes:
    items = "".join(
        f'<item id="c{i}" href="{name}" media-type="application/xhtml+xml"/>'
        for i, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{i}"/>' for i in range(len(chapters)))
    opf = (
        f'<package xmlns:dc="d"><metadata><dc:title>The Lamp Book</dc:title></metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    return pack(
        {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER, "OPS/book.opf": opf}
        | {f"OPS/{name}": text for name, text in chapters.items()}
        | {name.replace("__", "/"): text for name, text in more.items()}
    )


def words(pieces) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in pieces]


STYLES = (
    f'<w:styles {W}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Mine"><w:basedOn w:val="berschrift1"/></w:style></w:styles>'
)
FILES = {
    "a.md": b"---\ntitle: On Many Lamps\n---\n# Lamps\n\nThe *first* lamp burns. It is "
    b"[here](http://x.example/).\n\n"
    b"## Towers\n\nThe tower stands.\n",
    "a.html": b"<!doctype html><title>On Many Lamps</title><h1>Lamps</h1><p>The <em>first</em> lamp burns. "
    b"It is <a href=http://x.example/>here</a>.<h2>Towers</h2><p>The tower stands.",
    "a.epub": book(
        {
            "1.xhtml": "<html><body><h1>Lamps</h1><p>The first lamp burns. It is here.</p></body></html>",
            "2.xhtml": "<html><body><h1>Towers</h1><p>The tower stands.</p></body></html>",
        }
    ),
    "a.docx": word(
        paragraph("Lamps", "berschrift1")
        + paragraph("The first lamp burns. It is here.")
        + paragraph("Towers", "Mine")
        + paragraph("The tower stands."),
        styles=STYLES,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_same_text_in_every_format(reader, save, name):
    """Through the child process, with the same spans and sections."""
    document = reader.read(save(FILES[name], name))
    assert document.text == "Lamps\n\nThe first lamp burns. It is here.\n\nTowers\n\nThe tower stands."
    assert [s.span.of(document.text) for s in document.sentences] == [
        "Lamps",
        "The first lamp burns.",
        "It is here.",
        "Towers",
        "The tower stands.",
    ]
    assert [page.span.of(document.text).split("\n")[0] for page in document.pages] == ["Lamps", "Towers"]
    assert [(h.span.of(document.text), h.page) for h in document.outline] == [("Lamps", 1), ("Towers", 2)]
    assert document.status == "ok" and not document.is_printed and document.lines == ()
    assert document.title in ("On Many Lamps", "The Lamp Book", "Lamps")


def test_markdown():
    text = (
        "Title\n=====\nA line\ngoes on.\n\n* one\n* [x] two\n1. three\n\n> said he\n\n```py\nx = "
        "'*a*'\n```\n\n"
        "| a | b |\n|---|:-:|\n| 1 | 2 |\n\n---\n[ref]: http://x.example\n<!-- not\nshown -->![a "
        "dog](d.png)\n"
    )
    (section,) = read_markdown(text.encode(), LOCAL).sections
    assert words(section) == [
        ("heading", "Title"),
        ("body", "A line goes on."),
        ("body", "one"),
        ("body", "two"),
        ("body", "three"),
        ("body", "said he"),
        ("code", "x = '*a*'"),
        ("table", "a  b"),
        ("table", "1  2"),
        ("body", "a dog"),
    ]


@pytest.mark.parametrize(
    "marked, bare",
    [
        ("**bold** and _em_", "bold and em"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("`a*b*c`", "a*b*c"),
        (r"\*not\*", "*not*"),
        ("a <b>b</b> <script>", "a b "),
        ("<http://x.example/a>", "http://x.example/a"),
        ("[t](<script>alert(1)</script>)", "[t](alert(1))"),
        ("a < b and c > d", "a < b and c > d"),
        ("**_both_**", "both"),
        ("Returns `Option<String>` or a `<div>` tag; use `Vec<T>`.",
         "Returns Option<String> or a <div> tag; use Vec<T>."),
        ("**`a_b`**, [`c`](d) and `[e](f)`", "a_b, c and [e](f)"),
        ("`\\*`", "\\*"),
        (r"\`<b>not code</b>\`", "`not code`"),
        ("\ufdd07\ufdd1 `x`", "7\ufdd1 x"),
    ],
)
def test_marks_of_markdown(marked, bare):
    assert plain(marked) == bare


def test_html_says_what_a_reader_sees():
    page = (
        "<head><title>T &amp; "
        "U</title><style>p{}</style></head><body><nav>Home</nav><script>document.write('no')"
        "</script><p hidden>no</p><div style='display: none'>no <div>no</div> "
        "no</div><p>Caf&eacute;&nbsp;&lt;b&gt;"
        "<br>next<table><tr><th>a<td><p>b</p></tr><tr><td>1<td>2</table><pre>x\n y</pre><img alt=no "
        "src=//x/y>"
        "<figure><figcaption>A dog.</figcaption></figure><ul><li>one<li>two</ul><iframe "
        "src=//x>no</iframe>end"
    )
    pieces, title = pieces_of(page)
    assert title == "T & U"
    assert words(pieces) == [
        ("body", "Café <b> next"),
        ("table", "a  b"),
        ("table", "1  2"),
        ("code", "x"),
        ("code", "y"),
        ("caption", "A dog."),
        ("body", "one"),
        ("body", "two"),
        ("body", "end"),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "koi8-r", "shift_jis"])
def test_the_charset_that_a_page_declares(charset):
    word = {"koi8-r": "Привет", "shift_jis": "日本語"}.get(charset, "Café")
    page = f'<meta charset="{charset}"><p>{word}'.encode(charset)
    assert read_html(page, LOCAL).sections[0][0].text == word


def test_word_says_what_a_reader_sees():
    text = lambda t: f"<w:r><w:t>{t}</w:t></w:r>"  # noqa: E731
    body = (
        f"<w:p>{text('Kept')}<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        f"<w:moveFrom>{text('moved')}"
        f"</w:moveFrom><w:ins>{text(' and added')}</w:ins>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
        "<w:r><w:instrText>HYPERLINK</w:instrText></w:r><w:r><w:tab/><w:t>end.</w:t></w:r></w:p>"
        f"<w:tbl><w:tr><w:tc><w:p>{text('a')}</w:p></w:tc><w:tc><w:p>{text('b')}</w:p></w:tc></w:tr></w:tbl>"
    )
    data = word(body, **{f"{a}notes": f"<w:notes {W}>{paragraph(a)}</w:notes>" for a in ("foot", "end")})
    (section,) = read_docx(io.BytesIO(data), LOCAL).sections
    assert words(section) == [
        ("body", "Kept and added end."), ("table", "a  b"), ("footnote", "foot"), ("footnote", "end")]


# ------------------------------------------------------------------ hostile

XXE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
DEEP = "<w:p>" * 100_000


@pytest.mark.parametrize(
    "evil",
    [
        f"{XXE}<w:document {W}><w:body><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:body></w:document>",
        f"{LAUGHS}<w:document {W}><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>",
        f"<w:document {W}>{DEEP}",
        "<not closed",
        "",
    ],
)
def test_xml_that_is_an_attack(reader, save, evil):
    with pytest.raises(UnreadableFile):
        reader.read(save(pack({"word/document.xml": evil}), "a.docx"))


def test_a_page_with_entities_reads_no_file(reader, save):
    page = XXE.encode() + b"<html><body><p>A word &e; and another &xxe; here.</p></body></html>"
    text = reader.read(save(page, "a.html")).text
    assert ("root:" not in text and text == "A word &e; and another &xxe; here.") or "A word" in text


def test_nothing_is_fetched(reader, save):
    """Addresses of every kind: the child has no sockets, and the reader asks for none."""
    relation = (
        '<Relationships><Relationship Id="1" Type="x/attachedTemplate" TargetMode="External" '
        'Target="http://192.0.2.1/t.dotm"/><Relationship Id="2" Type="x/officeDocument" '
        'TargetMode="External" Target="http://192.0.2.1/d.xml"/></Relationships>'
    )
    data = pack(
        {
            "_rels/.rels": relation,
            "word/_rels/document.xml.rels": relation,
            "word/document.xml": f"<w:document {W}>{paragraph('Only this.')}</w:document>",
        }
    )
    assert reader.read(save(data, "a.docx")).text == "Only this."
    page = b"<base href=//192.0.2.1/><link rel=stylesheet href=x.css><p>Only this.<img src=//192.0.2.1/a>"
    assert reader.read(save(page, "a.html")).text == "Only this."


@pytest.mark.parametrize(
    "outside", ["../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "..%2f..%2fetc%2fpasswd"]
)
def test_names_that_point_outside(reader, save, outside):
    data = book({"1.xhtml": "<p>Only this.</p>", outside: "<p>What lies in the archive is data.</p>"})
    document = reader.read(save(data, "a.epub"))
    assert "root:" not in document.text and document.text.startswith("Only this.")


@pytest.mark.parametrize(
    "name, member", [("a.docx", "word/document.xml"), ("a.epub", "META-INF/container.xml")]
)
def test_a_bomb(reader, save, name, member):
    with pytest.raises(FileTooLarge):
        reader.read(save(pack({member: b" " * (archive.MAX_MEMBER_BYTES + 1)}), name))


def test_many_chapters_may_not_be_a_bomb_together(monkeypatch):
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 100_000)
    chapter = "<p>word</p>" + " " * 30_000
    with pytest.raises(FileTooLarge):
        read_epub(io.BytesIO(book({f"{i}.xhtml": chapter for i in range(4)})), LOCAL)


def test_too_many_members(monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 5)
    with pytest.raises(FileTooLarge):
        archive.Archive(io.BytesIO(pack({str(i): "" for i in range(6)})))


def test_deep_html_is_read(reader, save):
    assert reader.read(save(b"<div>" * 20_000 + b"The bottom.", "deep.html")).text == "The bottom."


@pytest.mark.parametrize(
    "name, data, error",
    [
        ("a.docx", pack({"x": "y"}), UnsupportedFile),
        ("a.epub", pack({"x": "y"}), UnsupportedFile),
        ("a.docx", b"PK\x03\x04" + b"x" * 500, UnreadableFile),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, EncryptedFile),
        ("a.html", b"No tags at all, and 1 < 2.", UnsupportedFile),
        ("a.html", b"<html><body><img></body>", NoText),
        ("a.md", bytes(range(256)) * 8, UnsupportedFile),
        ("a.md", b"---\n\n***\n", NoText),
        ("a.docx", word(""), NoText),
        ("a.epub", book({"1.xhtml": "<body><img/></body>"}), NoText),
        ("a.epub", book({}), UnreadableFile),
        (
            "a.epub",
            book(
                {"1.xhtml": "<p>x</p>"},
                **{
                    "META-INF__encryption.xml":
                    '<encryption><CipherReference URI="OPS/1.xhtml"/></encryption>'
                },
            ),
            EncryptedFile,
        ),
    ],
)
def test_files_that_cannot_be_used(reader, save, name, data, error):
    with pytest.raises(error):
        reader.read(save(data, name))


def test_html_that_keeps_a_parser_busy_ends(save):
    """Some broken markup costs Python's parser quadratic time: the document's seconds bound it."""
    hurried = DocumentReader(Limits(seconds=3.0))
    try:
        hurried.read(save(b"<a b='" * 400_000, "a.html"))
    except (ReadingTimedOut, NoText, UnreadableFile) as error:
        assert error.status in ("timeout", "no_text", "corrupt")
    finally:
        hurried.close()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("mark", ["[", "*", "![", "`", "<a ", "a_", "<!--", "|", "> "])
def test_broken_markdown_takes_no_time(mark):
    with contextlib.suppress(NoText):
        read_markdown((mark * 20_000).encode(), LOCAL)


def test_every_list_of_kinds_names_the_same_ones():
    assert set(EXTENSIONS.values()) == set(KINDS)
    for word_ in ("PDF", "text", "Markdown", "HTML", "EPUB", "Word (.docx)"):
        assert word_ in IN_WORDS and word_ in UnsupportedFile.default


@pytest.mark.parametrize("name", FILES)
def test_no_other_program_draws_them(reader, save, name):
    """MuPDF could, and would lay out what a stranger wrote; sections have no picture."""
    with pytest.raises(UnreadableFile, match="sections instead of pages"):
        reader.render(save(FILES[name], name), 1)

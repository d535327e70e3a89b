"""HTML: what a reader of the page would see as text, in order.

Python's tolerant parser reads it as a stream: nothing is built, nested, fetched or run, so depth
costs nothing and an address is only a word. Scripts, styles, navigation and what the page hides
are left out.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from math import inf

from engine.errors import NoText, UnsupportedFile
from engine.ingest.limits import Limits
from engine.ingest.pieces import Gathered, Piece, check_length, row_pieces, split_sections
from engine.ingest.plain import EMPTY_LINES, decode
from engine.ingest.typed import split_typed
from engine.types import SentenceKind

BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "menu", "nav",
    "ol", "optgroup", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th",
    "thead", "title", "tr", "ul",
))
LEFT_OUT = frozenset((
    "script", "style", "template", "noscript", "nav", "head", "svg", "math", "iframe", "object", "select",
    "textarea", "button", "audio", "video", "canvas", "rt", "rp",
))
VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
))
KINDS: dict[str, SentenceKind] = {"figcaption": "caption", "caption": "caption", "pre": "code"}
# What ends an element whose end nobody needs to write (HTML, section 13.1.2.4): the tags that begin
# its next one, and the end of what it stands in.
ENDED_BY = {
    "p": BLOCKS, "li": {"li"}, "dt": {"dt", "dd"}, "dd": {"dt", "dd"}, "td": {"td", "th", "tr"},
    "th": {"td", "th", "tr"}, "tr": {"tr"},
}
CONTAINERS = frozenset(("ul", "ol", "menu", "dl", "table"))
HEADING = re.compile(r"h[1-6]")
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
DECLARED = re.compile(
    rb"<(?:meta[^>]{0,200}charset\s*=\s*[\"']?|\?xml[^>]{0,80}encoding\s*=\s*[\"'])([\w.:-]{2,40})",
    re.IGNORECASE)
TAG = re.compile(r"<(?:!doctype|!--|\?xml|/?[a-z][a-z0-9]*[\s/>])", re.IGNORECASE)
SAFE_CHARSETS = ("utf-8", "utf8", "iso-8859-1", "latin-1", "latin1", "windows-1252", "cp1252", "us-ascii",
                 "iso-8859-15", "iso-8859-2", "windows-1250", "windows-1251", "koi8-r", "shift_jis",
                 "euc-jp", "gb2312", "gbk", "gb18030", "big5", "euc-kr")
NAME_OF = {"utf8": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "latin1": "cp1252", "latin-1": "cp1252",
           "iso-8859-1": "cp1252", "us-ascii": "cp1252"}  # as browsers read them
PARTS = 1 << 16  # characters given to the parser at once


def read_html(data: bytes, limits: Limits) -> Gathered:
    """The text of a page. Raises UnsupportedFile, NoText, FileTooLarge."""
    text = decode_markup(data)
    if not TAG.search(text):
        raise UnsupportedFile("This file is named .html, but it is none. Rename it to .txt and add that.")
    check_length(len(text) // 4, limits)  # tags may be most of it
    pieces, title = pieces_of(text)
    if not pieces:
        raise NoText("This page holds no text. Save it as PDF from the browser and add that.", pages=1)
    return Gathered(split_sections(pieces), title)


def decode_markup(data: bytes) -> str:
    """Bytes to text by the encoding that the page declares, if its bytes agree."""
    declared = DECLARED.search(data[:1024])
    name = declared[1].decode("ascii").lower() if declared else ""
    if name in SAFE_CHARSETS and name not in ("utf-8", "utf8"):
        try:
            return data.decode(NAME_OF.get(name, name))
        except UnicodeDecodeError:
            return decode(data)
    return decode(data)


def pieces_of(text: str) -> tuple[list[Piece], str]:
    """The pieces of an HTML text, and its title."""
    parser = _Reader()
    for start in range(0, len(text), PARTS):
        parser.feed(text[start : start + PARTS])
    parser.close()
    parser.end_row()
    return parser.pieces, " ".join("".join(parser.title).split())


class _Reader(HTMLParser):
    """Collects text between the tags that end a paragraph."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[Piece] = []
        self.title: list[str] = []
        self._text: list[str] = []
        self._kind: SentenceKind = "body"
        self._level = 0
        self._row: list[list[Piece]] | None = None  # the cells of the row that is open
        self._skipped = ""  # the element that is left out, and how many of its name are open
        self._n_skipped = 0
        self._n_containers = 0  # lists and tables that are open within it
        self._in_title = False
        self._in_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what the tag begins."""
        if tag == "title" and not self._title_is_known():
            self._in_title = True
        if tag == "body":
            self._skipped = ""  # a head that was never closed
        if self._skipped and not self._n_containers and tag in ENDED_BY.get(self._skipped, ()):
            self._skipped = ""  # it had no end tag, and needs none
        if self._skipped:
            self._n_skipped += tag == self._skipped
            self._n_containers += tag in CONTAINERS
            return
        if tag in LEFT_OUT or (tag not in VOID and _is_hidden(attrs)):
            self._skipped, self._n_skipped, self._n_containers = tag, 1, 0
            return
        self._begin(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """In XHTML `<p/>` is empty; in HTML it is `<p>`, which the next tag ends as well."""
        if not self._skipped and (tag in BLOCKS or tag == "br"):
            self._begin(tag)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End what the tag ends."""
        if tag == "title":
            self._in_title = False
        if self._skipped and self._is_left_by(tag):
            self._skipped = ""
        if self._skipped:
            self._n_containers -= tag in CONTAINERS
            if tag == self._skipped:
                self._n_skipped -= 1
                self._skipped = self._skipped if self._n_skipped else ""
            return
        if tag in BLOCKS:
            self.end_piece()
            if tag in ("tr", "table"):
                self.end_row()
            self._in_pre = self._in_pre and tag != "pre"

    def _is_left_by(self, tag: str) -> bool:
        """Whether an end tag ends what the element that is left out stands in, and with it that."""
        if tag == self._skipped or self._skipped not in ENDED_BY or self._n_containers:
            return False
        return tag in (BLOCKS if self._skipped == "p" else CONTAINERS)

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if self._in_title:
            self.title.append(data)
        if self._in_title or self._skipped or not data:
            return
        if not self._in_pre:
            self._text.append(data.replace("\n", " "))
            return
        for i, line in enumerate(data.split("\n")):
            if i:
                self.end_piece("code")
            self._kind = "code"
            self._text.append(line)

    def end_piece(self, then: SentenceKind = "body") -> None:
        """What was collected is a piece."""
        pieces = self.pieces if self._row is None else self._row[-1]
        for text in self._paragraphs():
            pieces.append(Piece(text, self._kind, self._level))
        self._text.clear()
        self._kind, self._level = then, 0

    def _paragraphs(self) -> list[str]:
        """What was collected, where a line feed is a `<br>`: two of them divide paragraphs."""
        text = "".join(self._text)
        if self._kind != "body" or "\n" not in text:
            return [words] if (words := " ".join(text.split())) else []
        lines = [part.split("\n") for part in EMPTY_LINES.split(text)]
        return [" ".join(" ".join(found).split()) for part in lines for found in split_typed(part, inf)]

    def end_row(self) -> None:
        """The row that is open is complete, as is the piece."""
        self.end_piece()
        row, self._row = self._row, None
        if row is not None:
            self.pieces += row_pieces(row)

    def _begin(self, tag: str) -> None:
        if tag == "br" and self._in_pre:
            self.end_piece("code")
        elif tag == "br":
            self._text.append("\n")
        if tag not in BLOCKS:
            return
        self.end_piece()
        if tag in ("table", "tr"):  # a table within a row: that one only frames it
            self.end_row()
        if tag == "tr":
            self._row = [[]]
        elif tag in ("td", "th") and self._row is not None:
            self._row.append([])
        self._in_pre = self._in_pre or tag == "pre"
        if HEADING.fullmatch(tag):
            self._kind, self._level = "heading", int(tag[1])
        else:
            self._kind = KINDS.get(tag, "body")

    def _title_is_known(self) -> bool:
        return any(part.strip() for part in self.title)


def _is_hidden(attrs: list[tuple[str, str | None]]) -> bool:
    return any(
        name == "hidden" or (name == "style" and value and HIDDEN.search(value))
        or (name == "aria-hidden" and value == "true") for name, value in attrs)

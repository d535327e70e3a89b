"""HTML: what a reader of the page would see as text, in order.

Python's tolerant parser reads it as a stream: nothing is built, nested, fetched or run, so depth
costs nothing and an address is only a word. Scripts, styles, navigation and what the page hides
are left out.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from engine.errors import NoText, UnsupportedFile
from engine.ingest.limits import Limits
from engine.ingest.pieces import Gathered, Piece, check_length, split_sections
from engine.ingest.plain import decode
from engine.types import SentenceKind

BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details",
    "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main", "menu", "nav",
    "ol", "optgroup", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead",
    "title", "tr", "ul",
))
LEFT_OUT = frozenset((
    "script", "style", "template", "noscript", "nav", "head", "svg", "math", "iframe", "object", "select",
    "textarea", "button", "audio", "video", "canvas", "rt", "rp",
))
VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
))
KINDS: dict[str, SentenceKind] = {
    "figcaption": "caption", "caption": "caption", "tr": "table", "pre": "code"}
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
    parser.end_piece()
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
        self._row = False  # inside a row of a table
        self._skipped = ""  # the element that is left out, and how many of its name are open
        self._n_skipped = 0
        self._in_title = False
        self._in_pre = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what the tag begins."""
        if tag == "title" and not self._title_is_known():
            self._in_title = True
        if tag == "body":
            self._skipped = ""  # a head that was never closed
        if self._skipped:
            self._n_skipped += tag == self._skipped
            return
        if tag in LEFT_OUT or (tag not in VOID and _is_hidden(attrs)):
            self._skipped, self._n_skipped = tag, 1
            return
        self._begin(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """In XHTML `<p/>` is empty; in HTML it is `<p>`, which the next tag ends as well."""
        if not self._skipped and tag in BLOCKS:
            self._begin(tag)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End what the tag ends."""
        if tag == "title":
            self._in_title = False
        if self._skipped:
            if tag == self._skipped:
                self._n_skipped -= 1
                self._skipped = self._skipped if self._n_skipped else ""
            return
        if tag in BLOCKS and not (self._row and tag in ("p", "div", "li")):
            self.end_piece()
            self._row = self._row and tag not in ("tr", "table")
            self._in_pre = self._in_pre and tag != "pre"

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if self._in_title:
            self.title.append(data)
        if self._in_title or self._skipped or not data:
            return
        if not self._in_pre:
            self._text.append(data)
            return
        for i, line in enumerate(data.split("\n")):
            if i:
                self.end_piece("code")
            self._kind = "code"
            self._text.append(line)

    def end_piece(self, then: SentenceKind = "body") -> None:
        """What was collected is a piece."""
        text = " ".join("".join(self._text).split())
        if text:
            self.pieces.append(Piece(text, self._kind, self._level))
        self._text.clear()
        self._kind, self._level = then, 0

    def _begin(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._text.append(" ")
        if tag not in BLOCKS:
            return
        if self._row and tag in ("p", "div", "br", "li", "ul", "ol"):
            self._text.append(" ")
            return
        self.end_piece()
        self._row = tag == "tr" or (self._row and tag != "table")
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

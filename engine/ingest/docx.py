"""Word files: the paragraphs of the main part, headings by their style, and notes at the end.

ECMA-376 Part 1, section 17. Only parts inside the file are read; templates, pictures, embedded
objects and whatever else a relationship may point to are not even looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import IO

from engine.errors import EncryptedFile, NoText, UnsupportedFile
from engine.ingest.archive import Archive, Attributes, resolve, walk_xml
from engine.ingest.limits import Limits
from engine.ingest.pieces import Gathered, Piece, check_length, row_pieces, split_sections
from engine.types import SentenceKind

RELATIONSHIPS, MAIN = "_rels/.rels", "word/document.xml"
COMPOUND = b"\xd0\xcf\x11\xe0"  # a protected Word file is a compound file instead of an archive
NAMED = re.compile(r"(?:heading|title)\s*([1-9]?)|caption", re.IGNORECASE)
LEFT_OUT = ("Fallback", "moveFrom", "del", "instrText", "fldData")
OFF = ("0", "false", "off")
Styles = dict[str, tuple[SentenceKind, int]]  # what paragraphs of a style are, and a heading's level
CAPTION: Styles = {"Caption": ("caption", 0), "caption": ("caption", 0)}  # where a file defines no styles


@dataclass(slots=True)
class _Paragraph:
    """A paragraph under construction."""

    text: list[str] = field(default_factory=list)
    style: str = ""
    level: int = 0
    hidden: bool = False  # whether the run under way is


def read_docx(file: IO[bytes], limits: Limits) -> Gathered:
    """The text of a Word file. Raises a DocumentError."""
    if file.read(4) == COMPOUND:
        raise EncryptedFile("This file is protected by a password. Save a copy without it and add that.")
    file.seek(0)
    archive = Archive(file)
    main = _main_part(archive)
    if main not in archive:
        raise UnsupportedFile("This file is named .docx, but it is none. Convert it to PDF and add that.")
    folder = main.rpartition("/")[0]
    styles = _styles(archive, f"{folder}/styles.xml")
    pieces = _read_part(archive.read(main), styles)
    for notes in (f"{folder}/footnotes.xml", f"{folder}/endnotes.xml"):
        if notes in archive:
            pieces += [Piece(note.text, "footnote") for note in _read_part(archive.read(notes), {})]
    check_length(sum(len(piece.text) for piece in pieces), limits)
    if not pieces:
        raise NoText("This file holds no text. If it holds pictures of text, print it to a PDF.", pages=1)
    return Gathered(split_sections(pieces), _title(archive))


def _main_part(archive: Archive) -> str:
    """The part that the package calls its document, if it lies in the file."""
    found: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        is_main = name == "Relationship" and attributes.get("Type", "").endswith("/officeDocument")
        if is_main and attributes.get("TargetMode") != "External":
            found.append(resolve("", attributes.get("Target", "")))

    if RELATIONSHIPS in archive:
        walk_xml(archive.read(RELATIONSHIPS), start)
    return next((name for name in found if name in archive), MAIN)


def _title(archive: Archive) -> str:
    words: list[str] = []
    inside = ""

    def start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        inside = name

    if "docProps/core.xml" in archive:
        walk_xml(archive.read("docProps/core.xml"), start, lambda name: start("", {}),
                 lambda data: words.append(data) if inside == "title" else None)
    return " ".join("".join(words).split())


def _styles(archive: Archive, name: str) -> Styles:
    """What the styles of headings and captions are: their names are English in every language."""
    styles: Styles = {}
    parents: dict[str, str] = {}
    style = ""

    def start(name: str, attributes: Attributes) -> None:
        nonlocal style
        value = attributes.get("val", "")
        if name == "style":
            style = attributes.get("styleId", "")
        elif name == "name" and (found := NAMED.fullmatch(value)):
            is_caption = value.lower() == "caption"
            styles[style] = ("caption", 0) if is_caption else ("heading", int(found[1] or 1))
        elif name == "outlineLvl" and value.isdecimal() and int(value) < 9:
            styles[style] = ("heading", int(value) + 1)
        elif name == "basedOn":
            parents[style] = value

    if name in archive:
        walk_xml(archive.read(name), start)
    for child in parents:
        ancestor, n_steps = child, 0
        while ancestor not in styles and ancestor in parents and n_steps < 20:
            ancestor, n_steps = parents[ancestor], n_steps + 1
        if ancestor in styles:
            styles.setdefault(child, styles[ancestor])
    return CAPTION | styles


def _read_part(data: bytes, styles: Styles) -> list[Piece]:
    part = _Part(styles)
    walk_xml(data, part.start, part.end, part.data)
    return part.pieces


class _Part:
    """What a part of the file says, element by element."""

    def __init__(self, styles: Styles) -> None:
        self.pieces: list[Piece] = []
        self._styles = styles
        self._open: list[_Paragraph] = []  # a text box stands within a paragraph
        self._row: list[list[Piece]] | None = None  # the cells of the row that is open
        self._in_text = False
        self._skipped = 0  # how many elements deep in what is left out

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        if self._skipped or name in LEFT_OUT:
            self._skipped += 1
            return
        here = self._open[-1] if self._open else None
        if name == "p":
            self._open.append(_Paragraph())
        elif name == "tr":  # one within a row: that one only frames it
            self._end_row()
            self._row = [[]]
        elif name == "tc" and self._row is not None:
            self._row.append([])
        elif here is None:
            return
        elif name == "r":
            here.hidden = False
        elif name == "t":
            self._in_text = not here.hidden
        elif name in ("tab", "br", "cr"):
            here.text.append(" ")
        elif name in ("noBreakHyphen", "softHyphen"):
            here.text.append("-" if name == "noBreakHyphen" else "")
        else:
            _note_property(here, name, attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        if self._skipped:
            self._skipped -= 1
        elif name == "t":
            self._in_text = False
        elif name == "p" and self._open:
            self._end_paragraph(self._open.pop())
        elif name == "tr":
            self._end_row()

    def data(self, text: str) -> None:
        """Characters within an element."""
        if self._in_text and not self._skipped and self._open:
            self._open[-1].text.append(text)

    def _end_paragraph(self, paragraph: _Paragraph) -> None:
        text = " ".join("".join(paragraph.text).split())
        if not text:
            return
        kind, level = self._styles.get(paragraph.style, ("body", 0))
        if paragraph.level and kind != "caption":
            kind, level = "heading", paragraph.level
        pieces = self.pieces if self._row is None else self._row[-1]
        pieces.append(Piece(text, kind, min(level, 6)))

    def _end_row(self) -> None:
        row, self._row = self._row, None
        if row is not None:
            self.pieces += row_pieces(row)


def _note_property(paragraph: _Paragraph, name: str, attributes: Attributes) -> None:
    value = attributes.get("val", "")
    if name == "pStyle":
        paragraph.style = value
    elif name == "outlineLvl" and value.isdecimal() and int(value) < 9:
        paragraph.level = int(value) + 1
    elif name == "vanish":
        paragraph.hidden = value not in OFF

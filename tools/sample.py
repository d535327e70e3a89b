"""Typeset tools/sample.md as assets/sample.pdf: two columns, running heads, page numbers.

    python tools/sample.py

The same input gives the same bytes. Text and file are CC0 1.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymupdf

ROOT = Path(__file__).resolve().parents[1]
SOURCE, TARGET = ROOT / "tools" / "sample.md", ROOT / "assets" / "sample.pdf"
WIDTH, HEIGHT, MARGIN, GUTTER, TOP, BOTTOM = 595.0, 842.0, 62.0, 24.0, 80.0, 770.0
COLUMN = (WIDTH - 2 * MARGIN - GUTTER) / 2
ROMAN, BOLD, ITALIC = "tiro", "tibo", "tiit"
HEAD = "What a Harbour Remembers"


@dataclass(frozen=True, slots=True)
class Style:
    """How a kind of paragraph is set; sizes and spaces in points."""

    font: str
    size: float
    lead: float
    before: float = 0.0
    indent: float = 0.0
    justified: bool = True


STYLES = {
    "##": Style(BOLD, 12.5, 16, before=14, justified=False),
    "###": Style(BOLD, 11, 15, before=10, justified=False),
    "first": Style(ROMAN, 11, 14.4, before=4),
    "body": Style(ROMAN, 11, 14.4, indent=12),
    "reference": Style(ROMAN, 10, 12.5, before=4, justified=False),
}


def read_paragraphs(source: str) -> list[tuple[str, str]]:
    """(style, text) of every paragraph, the heading marks taken off."""
    found: list[tuple[str, str]] = []
    for paragraph in re.split(r"\n\s*\n", source.strip()):
        mark, _, rest = paragraph.partition(" ")
        if mark in ("#", "##", "###"):
            found.append((mark, rest))
        elif paragraph.startswith("["):
            found.append(("reference", paragraph))
        else:
            found.append(("first" if found and found[-1][0].startswith("#") else "body", paragraph))
    return found


def break_lines(text: str, style: Style, width: float) -> Iterator[tuple[list[str], float, bool]]:
    """The words of each line, its indent, and whether it is the last."""
    font = pymupdf.Font(style.font)
    words, indent, line = text.split(), style.indent, list[str]()
    for word in words:
        if line and font.text_length(" ".join([*line, word]), style.size) > width - indent:
            yield line, indent, False
            line, indent = [], 0.0
        line.append(word)
    yield line, indent, True


def set_line(
    page: pymupdf.Page, x: float, y: float, words: list[str], style: Style, width: float | None
) -> None:
    """Write a line; with a width, its blanks stretch to fill it."""
    font = pymupdf.Font(style.font)
    if width is None or len(words) < 2:
        page.insert_text((x, y), " ".join(words), fontname=style.font, fontsize=style.size)
        return
    blank = (width - sum(font.text_length(word, style.size) for word in words)) / (len(words) - 1)
    for word in words:
        page.insert_text((x, y), word, fontname=style.font, fontsize=style.size)
        x += font.text_length(word, style.size) + blank


class Columns:
    """Where the next line goes."""

    def __init__(self, document: pymupdf.Document) -> None:
        self.document, self.column, self.y = document, 1, BOTTOM
        self.top = TOP

    def advance(self, lead: float) -> tuple[pymupdf.Page, float, float]:
        """Page, x and y of the next line."""
        if self.y + lead > BOTTOM:
            self._next_column()
        self.y += lead
        return self.document[-1], MARGIN + self.column * (COLUMN + GUTTER), self.y

    def start_below(self, y: float) -> None:
        """Begin both columns of the first page below its title."""
        self.column, self.top, self.y = 0, y, y

    def _next_column(self) -> None:
        if self.column == 1:
            page = self.document.new_page(width=WIDTH, height=HEIGHT)
            number = self.document.page_count
            page.insert_text((WIDTH / 2 - 3, HEIGHT - 36), str(number), fontname=ROMAN, fontsize=9)
            page.insert_text((MARGIN, 46), HEAD, fontname=ITALIC, fontsize=9)
            self.column, self.top = 0, TOP
        else:
            self.column = 1
        self.y = self.top


def set_title(document: pymupdf.Document, paragraphs: list[tuple[str, str]]) -> float:
    """Set title, authors and notice over both columns; the height at which the columns begin."""
    page = document.new_page(width=WIDTH, height=HEIGHT)
    page.insert_text((WIDTH / 2 - 3, HEIGHT - 36), "1", fontname=ROMAN, fontsize=9)
    y = 66.0
    for (_, text), (name, size, lead) in zip(
        paragraphs, ((BOLD, 17.0, 21.0), (ROMAN, 11.0, 20.0), (ITALIC, 9.0, 12.0)), strict=True
    ):
        style = Style(name, size, lead)
        y += 6
        for words, _, _ in break_lines(text, style, WIDTH - 2 * MARGIN - 60):
            y += lead
            length = pymupdf.Font(name).text_length(" ".join(words), size)
            set_line(page, (WIDTH - length) / 2, y, words, style, None)
    return y + 8


def typeset(source: str) -> pymupdf.Document:
    """The sample as a document."""
    paragraphs = read_paragraphs(source)
    document = pymupdf.open()
    columns = Columns(document)
    columns.start_below(set_title(document, paragraphs[:3]))
    for kind, text in paragraphs[3:]:
        style = STYLES[kind]
        if kind.startswith("#") and columns.y + style.before + 4 * style.lead > BOTTOM:
            columns.y = BOTTOM  # no heading at the foot of a column
        elif columns.y > columns.top:
            columns.y += style.before
        for words, indent, is_last in break_lines(text, style, COLUMN):
            page, x, y = columns.advance(style.lead)
            full = COLUMN - indent if style.justified and not is_last else None
            set_line(page, x + indent, y, words, style, full)
    title, author = paragraphs[0][1], paragraphs[1][1]
    for page in document:
        page.clean_contents()
    document.set_metadata({"title": title, "author": author, "subject": "Sample, CC0 1.0"})
    return document


def main() -> None:
    """Write assets/sample.pdf."""
    document = typeset(SOURCE.read_text("utf-8"))
    TARGET.write_bytes(document.tobytes(garbage=3, deflate=True, no_new_id=True))
    print(f"{TARGET.name}: {document.page_count} pages, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()

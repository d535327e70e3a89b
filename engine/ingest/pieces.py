"""A piece: one paragraph, heading or table row of a file that was never printed.

Files without pages get page-like anchors instead: sections. A chapter of a book is one; in other
files a heading of the two outermost levels begins one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from engine.errors import FileTooLarge
from engine.ingest.clean import clean_piece
from engine.ingest.limits import Limits
from engine.ingest.paragraphs import Block
from engine.ingest.references import mark_unprinted
from engine.ingest.strips import RawPage, Strip
from engine.types import SentenceKind

SECTION_LEVEL = 2  # headings up to this level begin a section
LONG_CELL, LONGEST_CELL = 200, 600  # characters of a row's only cell, or of any, that are text to be read
LONG_PARAGRAPH = 100  # characters of a cell's paragraph; two of them are text to be read
SHORT_PARAGRAPH = 60  # characters of one that is none, such as an entry of a menu


@dataclass(frozen=True, slots=True)
class Piece:
    """Running text, what it is, and, for a heading, its level from 1."""

    text: str
    kind: SentenceKind = "body"
    level: int = 0


@dataclass(slots=True)
class Gathered:
    """What was found in a file: its sections, in order, and the title it claims."""

    sections: list[list[Piece]] = field(default_factory=list)
    title: str = ""


def split_sections(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Cut where a heading begins a section; headings that follow one another stay together."""
    sections: list[list[Piece]] = [[]]
    for piece in pieces:
        begins = piece.kind == "heading" and 1 <= piece.level <= SECTION_LEVEL
        if begins and any(other.kind != "heading" for other in sections[-1]):
            sections.append([])
        sections[-1].append(piece)
    return sections


def row_pieces(cells: Iterable[Sequence[Piece]]) -> list[Piece]:
    """What a row of a table is: one piece, or those of its cells where it only frames running text."""
    cells = [cell for cell in cells if cell]
    if _is_frame(cells):
        return [piece for cell in cells for piece in cell]
    text = "  ".join(" ".join(piece.text for piece in cell) for cell in cells)
    return [Piece(text, "table")] if text else []


def _is_frame(cells: Sequence[Sequence[Piece]]) -> bool:
    lengths = [sum(len(p.text) for p in cell if len(p.text) > SHORT_PARAGRAPH) for cell in cells]
    kinds = {piece.kind for cell in cells for piece in cell}
    if not cells or kinds & {"table", "code", "caption"}:
        return True
    if max(lengths) > (LONG_CELL if len(cells) == 1 else LONGEST_CELL):
        return True
    if "heading" in kinds and (len(cells) == 1 or sum(lengths) > LONG_CELL):
        return True
    return any(sum(len(piece.text) > LONG_PARAGRAPH for piece in cell) > 1 for cell in cells)


def lay_out(gathered: Gathered, limits: Limits) -> tuple[list[RawPage], list[Block]]:
    """Sections as pages without a size, pieces as blocks. Raises FileTooLarge."""
    sections = gathered.sections
    check_length(sum(len(piece.text) for section in sections for piece in section), limits)
    if len(sections) > limits.pages:
        rest = [piece for section in sections[limits.pages - 1 :] for piece in section]
        sections = [*sections[: limits.pages - 1], rest]
    pages = [RawPage(number, 0.0, 0.0) for number in range(1, len(sections) + 1)]
    blocks = [block for number, section in enumerate(sections, 1) for block in _blocks(section, number)]
    mark_unprinted(blocks)
    return pages, blocks


def check_length(n_chars: int, limits: Limits) -> None:
    """Raises FileTooLarge for more characters than a document may have."""
    if n_chars > limits.chars:
        words = f"This file has {n_chars} characters; the limit is {limits.chars}. Add it in parts."
        raise FileTooLarge(words)


def _blocks(section: Sequence[Piece], number: int) -> list[Block]:
    """One block a piece, but the rows of a table together."""
    blocks: list[Block] = []
    for piece in section:
        lines = [line_of_text(text, number) for text in map(clean_piece, piece.text.split("\n")) if text]
        if lines and piece.kind == "table" and blocks and blocks[-1].kind == "table":
            blocks[-1].lines += lines
        elif lines:
            blocks.append(Block(lines, number, 0.0, 0.0, piece.kind, piece.level))
    return blocks


def line_of_text(text: str, page: int) -> Strip:
    """A line that was never printed, so that it has no place on a page."""
    return Strip(text, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, page, (0.0, 0.0, 0.0, 0.0))

"""Printed lines of a column -> paragraphs.

What ends a paragraph: more space than between its lines, another size or weight, an indented or
outdented line, a bullet, the next number of a list, a row of a table, and a line that ends though
the first word of the next one would still have fitted on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from engine.ingest.clean import POINTS, SOFT_HYPHEN
from engine.ingest.strips import Strip, is_rtl, typical_pitch, typical_size
from engine.types import SentenceKind

BULLET = re.compile(rf"^(?:[{POINTS}]|[–—-] )")
ITEM = re.compile(r"^(?:\[(\d{1,4})\]|(\d{1,3})[.)]|\((\d{1,3})\))\s")
LEADER = re.compile(r"(?:[.·…] ?){4}\s*(?:\d{1,4}|[ivxl]{1,7})$")  # dots up to the number of a page
SECTION = re.compile(r"^\d{1,2}(?:\.\d{1,2})*\.?\s+[^\W\d_]")
HYPHENS = ("-", "\u2010", SOFT_HYPHEN)


@dataclass(slots=True, eq=False)
class Block:
    """Lines that belong together, and what they are."""

    lines: list[Strip]
    region: int  # number of the stretch of column it stands in
    left: float  # the column's edges
    right: float
    kind: SentenceKind = "body"
    level: int = 0  # of a heading that belongs into the outline

    @property
    def text(self) -> str:
        """Its words, for recognising what it is."""
        return " ".join(line.text for line in self.lines)

    @property
    def first(self) -> Strip:
        """Its first line."""
        return self.lines[0]

    @property
    def last(self) -> Strip:
        """Its last line."""
        return self.lines[-1]

    @property
    def size(self) -> float:
        """Font size of its longest line, in points."""
        return max(self.lines, key=lambda line: len(line.text)).size


def split_paragraphs(lines: Sequence[Strip], region: int) -> list[Block]:
    """The paragraphs of one stretch of a column."""
    if not lines:
        return []
    left, right = _edges(lines)
    pitch = typical_pitch(lines)
    items = _list_starts(lines)
    blocks = [Block([lines[0]], region, left, right)]
    for i in range(1, len(lines)):
        block, line = blocks[-1], lines[i]
        after = lines[i + 1] if i + 1 < len(lines) else None
        if i in items or _ends(block, line, after, pitch):
            blocks.append(Block([line], region, left, right))
        else:
            block.lines.append(line)
    for block in blocks:
        if _is_table(block.lines):
            block.kind = "table"
    return blocks


def _edges(lines: Sequence[Strip]) -> tuple[float, float]:
    """Left and right edge of a column, whatever a few lines and the small print do."""
    size = typical_size(lines)
    lines = [line for line in lines if abs(line.size - size) < 0.75] or lines
    if len(lines) < 4:
        return min(line.x0 for line in lines), max(line.x1 for line in lines)
    return quantiles((line.x0 for line in lines), n=20)[1], quantiles((line.x1 for line in lines), n=20)[17]


def _list_starts(lines: Sequence[Strip]) -> set[int]:
    """Indices of lines that begin with 1, 2, 3 ... in turn, in brackets or with a full stop."""
    starts: list[tuple[int, int]] = []
    for i, line in enumerate(lines):
        number = item_number(line.text)
        if number is not None and (not starts or number == starts[-1][1] + 1):
            starts.append((i, number))
    return {i for i, _ in starts} if len(starts) >= 3 else set()


def item_number(text: str) -> int | None:
    """The number that an item of a list begins with."""
    match = ITEM.match(text)
    return int(next(filter(None, match.groups()))) if match else None


def _ends(block: Block, line: Strip, after: Strip | None, pitch: float) -> bool:
    """Whether `line` begins a new paragraph after `block`."""
    before = block.last
    if _is_row(before) != _is_row(line):
        return True
    step = line.base - before.base
    most = max(1.4 * pitch, pitch + 0.4 * line.size)
    if min(line.size, before.size) > pitch:  # a heading of several lines among smaller text
        most = max(most, 1.5 * line.size)
    if step > most or step < -0.5 * line.size:
        return True
    if abs(line.size - before.size) > 0.12 * max(line.size, before.size) and step > 0.8 * pitch:
        return not _runs_on(block, line, step, pitch)
    if line.turn != before.turn or BULLET.match(line.text):
        return True
    if before.text.endswith(HYPHENS):
        return False
    if line.bold != before.bold:
        apart = step > pitch + 0.2 * line.size or (before.bold and SECTION.match(block.first.text))
        if apart or _is_short(before, block) or _is_short(line, block):
            return True
    return _is_outdented(block, line) or _is_indented(block, line, after) or _left_room(block, line, after)


def _runs_on(block: Block, line: Strip, step: float, pitch: float) -> bool:
    """Whether a line goes on in the middle of a sentence though most of its letters have another size:
    small capitals, or a line of formulas. Nothing but the size says that something else begins."""
    before = block.last
    is_full = block.right - before.x1 < line.size and abs(line.x0 - block.left) < 0.5 * line.size
    return is_full and line.text[:1].islower() and not _ends_sentence(before.text) and (
        abs(step - pitch) < 0.15 * pitch and line.bold == before.bold)


def _is_short(line: Strip, block: Block) -> bool:
    return line.width < 0.75 * (block.right - block.left)


def _is_indented(block: Block, line: Strip, after: Strip | None) -> bool:
    """A first line set in, with the next one back at the edge."""
    if is_rtl(line.text):
        return block.last.x1 - line.x1 > 0.8 * line.size
    inset = line.x0 - block.last.x0
    if not 0.8 * line.size < inset:
        return False
    if _are_centred(block.last, line):
        return False
    if len(block.lines) == 1:  # the first line of an item or a reference hangs out
        return _ends_sentence(block.last.text) and not (BULLET.match(block.text) or ITEM.match(block.text))
    return after is None or after.x0 < line.x0 - 0.5 * line.size or _ends_sentence(block.last.text)


def _is_outdented(block: Block, line: Strip) -> bool:
    """Back to the left after lines that were set in, unless only the first one was."""
    if is_rtl(line.text) or len(block.lines) < 2:
        return False
    if _are_centred(block.last, line):
        return False
    return line.x0 < block.last.x0 - 0.8 * line.size


def _left_room(block: Block, line: Strip, after: Strip | None) -> bool:
    """Whether the first word of `line` would have fitted at the end of the line before it."""
    before = block.last
    if before.bold and line.bold:  # a heading breaks where its words want it to
        return SECTION.match(line.text) is not None
    if is_rtl(line.text) or _are_centred(before, line):
        return False
    neighbours = [*block.lines[-4:-1], line]
    if after is not None and abs(after.size - line.size) < 0.75:
        neighbours.append(after)
    reach = min(block.right, max(strip.x1 for strip in neighbours))
    if block.right - before.x1 > 0.4 * (block.right - block.left):
        reach = block.right
    word = line.text.split(" ", 1)[0]
    needed = line.width * (len(word) + 1) / max(1, len(line.text)) + 1.2 * line.size
    return reach - before.x1 > needed


def _are_centred(before: Strip, line: Strip) -> bool:
    """Set around one axis rather than along an edge."""
    return abs(before.middle - line.middle) < 2.0 and abs(before.x0 - line.x0) > 0.8 * line.size


def _ends_sentence(text: str) -> bool:
    return text.rstrip("\"'”’»)]").endswith((".", "!", "?", ":", "。", "！", "？", "…"))


def _is_row(line: Strip) -> bool:
    return line.cells >= 3 or LEADER.search(line.text) is not None


def _is_table(lines: Sequence[Strip]) -> bool:
    return all(_is_row(line) for line in lines)

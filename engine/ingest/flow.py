"""Paragraphs that a column or page break cut in two become one again.

Between the halves there may be captions, tables and footnotes. Those on the page of the first
half move before it and those on later pages after the whole, so that the text still runs page by
page and every sentence is in one piece.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.ingest.paragraphs import BULLET, HYPHENS, Block

FLOATS = ("caption", "table", "footnote")
MAX_FLOATS = 80  # blocks between the halves
TERMINAL = (".", "!", "?", ":", "。", "！", "？", "…")


def join_paragraphs(blocks: Sequence[Block]) -> list[Block]:
    """The blocks in reading order, halves joined."""
    waiting = list(blocks)
    sets_in = _sets_in(blocks)
    done: list[Block] = []
    i = 0
    while i < len(waiting):
        block = waiting[i]
        j = _continuation(waiting, i, sets_in)
        if j is None:
            done.append(block)
            i += 1
            continue
        page = block.last.page
        between = waiting[i + 1 : j]
        done += [b for b in between if b.last.page <= page]
        rest = waiting[j]
        whole = Block(block.lines + rest.lines, rest.region, rest.left, rest.right, block.kind)
        waiting[i : j + 1] = [whole, *(b for b in between if b.last.page > page)]
    return done


def _sets_in(blocks: Sequence[Block]) -> bool:
    """Whether this document begins paragraphs with a line that is set in."""
    long = [block for block in blocks if block.kind == "body" and len(block.lines) >= 3]
    return 4 * sum(_is_set_in(block) for block in long) > len(long)


def _is_set_in(block: Block) -> bool:
    return 0.6 * block.size < block.first.x0 - block.left < 4 * block.size


def _continuation(blocks: Sequence[Block], i: int, sets_in: bool) -> int | None:
    """Index of the block that goes on with block `i`'s paragraph."""
    block = blocks[i]
    if block.kind not in ("body", "reference"):
        return None
    is_open = _is_open(block)
    if not is_open and not (sets_in and block.kind == "body" and _is_full(block)):
        return None
    for j in range(i + 1, min(len(blocks), i + 2 + MAX_FLOATS)):
        other = blocks[j]
        if other.kind == block.kind:
            if other.region == block.region or not _matches(block, other):
                return None
            at_edge = abs(other.first.x0 - other.left) < 0.3 * other.size
            return j if (_goes_on(block, other) if is_open else at_edge) else None
        if other.kind not in FLOATS:
            return None
    return None


def _is_open(block: Block) -> bool:
    """Whether the last line is full and stops in the middle of a sentence."""
    text = block.last.text
    if text.endswith(HYPHENS):
        return True
    closed = text.rstrip("\"'”’»)]").endswith(TERMINAL)
    return not closed and block.right - block.last.x1 < 0.25 * (block.right - block.left) + block.size


def _is_full(block: Block) -> bool:
    """Whether the last line reaches the edge, so that nothing says that the paragraph ends there."""
    return len(block.lines) >= 2 and abs(block.right - block.last.x1) < 0.5 * block.size


def _matches(block: Block, other: Block) -> bool:
    """Whether two blocks look alike and stand close enough to be halves."""
    if abs(block.size - other.size) > 0.8 or block.last.bold != other.first.bold:
        return False
    return not BULLET.match(other.first.text) and 0 <= other.first.page - block.last.page <= 3


def _goes_on(block: Block, other: Block) -> bool:
    """Whether the first words of a block can be the next ones of an unfinished sentence."""
    letter = other.first.text.lstrip("\"'“‘«([")[:1]
    if letter.islower() or block.last.text.endswith(HYPHENS):
        return True
    if block.kind != "body" or len(block.lines) < 2 or other.first.x0 - other.left > 0.8 * other.size:
        return False
    return letter.isupper() or letter.isdigit()

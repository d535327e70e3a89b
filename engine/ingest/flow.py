"""Paragraphs that a column or page break cut in two become one again.

Between the halves there may be captions, tables and footnotes. Those on the page of the first
half move before it and those on later pages after the whole, so that the text still runs page by
page and every sentence is in one piece.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.ingest.paragraphs import BULLET, HYPHENS, Block

FLOATS = ("caption", "table", "footnote")
MAX_FLOATS = 12  # blocks between the halves
TERMINAL = (".", "!", "?", ":", "。", "！", "？", "…")


def join_paragraphs(blocks: Sequence[Block]) -> list[Block]:
    """The blocks in reading order, halves joined."""
    waiting = list(blocks)
    done: list[Block] = []
    i = 0
    while i < len(waiting):
        block = waiting[i]
        j = _continuation(waiting, i)
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


def _continuation(blocks: Sequence[Block], i: int) -> int | None:
    """Index of the block that goes on with block `i`'s last sentence."""
    block = blocks[i]
    if block.kind not in ("body", "reference") or not _is_open(block):
        return None
    for j in range(i + 1, min(len(blocks), i + 2 + MAX_FLOATS)):
        other = blocks[j]
        if other.kind == block.kind:
            return j if other.region != block.region and _goes_on(block, other) else None
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


def _goes_on(block: Block, other: Block) -> bool:
    if abs(block.size - other.size) > 0.8 or block.last.bold != other.first.bold:
        return False
    if BULLET.match(other.first.text) or not 0 <= other.first.page - block.last.page <= 3:
        return False
    letter = other.first.text.lstrip("\"'“‘«([")[:1]
    if letter.islower() or block.last.text.endswith(HYPHENS):
        return True
    if block.kind != "body" or len(block.lines) < 2 or other.first.x0 - other.left > 0.8 * other.size:
        return False
    return letter.isupper() or letter.isdigit()

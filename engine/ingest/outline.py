"""The outline: the file's own table of contents where it has one that fits the text, else headings
ranked by their numbers and looks."""

from __future__ import annotations

from collections.abc import Sequence

from engine.ingest.clean import clean
from engine.ingest.paragraphs import Block
from engine.ingest.references import announces
from engine.ingest.roles import NAMES, NUMBER
from engine.ingest.strips import Entry


def set_outline(blocks: Sequence[Block], entries: Sequence[Entry], title: Block | None) -> None:
    """Give headings their level: from the file's table of contents if it fits, else by their looks."""
    if entries and _set_from_entries(blocks, entries):
        return
    headings = [block for block in blocks if block.kind == "heading" and block is not title]
    looks = sorted({_look(block) for block in headings if _depth(block) == 0}, reverse=True)
    for block in headings:
        depth = _depth(block)
        block.level = depth if depth else min(looks.index(_look(block)) + 1, 4)


def _look(block: Block) -> tuple[float, bool]:
    return round(block.size), block.first.bold


def _depth(block: Block) -> int:
    """1 for `2 Methods`, 2 for `2.1 Data`; 0 for a heading without a number or with a known name."""
    match = NUMBER.match(block.text)
    if match:
        return min(match[1].count(".") + 1, 6)
    return 1 if announces(block.text) or NAMES.match(block.text.strip(" .:")) else 0


def _set_from_entries(blocks: Sequence[Block], entries: Sequence[Entry]) -> bool:
    """Find each entry's title on its page or the next; whether at least half were found."""
    by_page: dict[int, list[tuple[str, Block]]] = {}
    for block in blocks:
        if len(block.text) <= 400 and block.kind in ("body", "heading"):
            by_page.setdefault(block.first.page, []).append((_letters(block.text), block))
    found: list[tuple[Block, int]] = []
    taken: set[int] = set()
    for entry in entries:
        wanted = _letters(clean(entry.title))
        near = [pair for page in (entry.page, entry.page + 1) for pair in by_page.get(page, ())]
        for letters, block in near:
            if wanted and id(block) not in taken and _fits(wanted, letters):
                taken.add(id(block))
                found.append((block, entry.level))
                break
    if 2 * len(found) < len(entries):
        return False
    for block, level in found:
        block.kind, block.level = "heading", level
    return True


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _fits(wanted: str, letters: str) -> bool:
    """Equal but for a number in front of one of them, or a short entry for a longer heading."""
    longer, shorter = (letters, wanted) if len(letters) >= len(wanted) else (wanted, letters)
    if shorter and longer.endswith(shorter) and len(longer) - len(shorter) <= 10:
        return True
    return letters.startswith(wanted) and len(wanted) >= 0.6 * len(letters)

"""What a paragraph is: heading, caption, reference, footnote, or the body of the text.

Headings are found by what typesetters do to them (size, weight, numbers, capitals) and by their
names; the outline takes the file's own table of contents where it has one that fits the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.ingest.clean import clean
from engine.ingest.paragraphs import Block
from engine.ingest.strips import Entry, typical_size

NUMBER = re.compile(
    r"^(?:(?:chapter|part|section|appendix)\s+)?"
    r"(\d{1,2}(?:\.\d{1,2}){0,4}|[A-H](?:\.\d{1,2}){0,3}|[IVX]{1,5})[.:)]?\s+(?=\S)", re.IGNORECASE)
NAMES = re.compile(
    r"^(?:abstract|summary|executive summary|introduction|background|related work|methods?|"
    r"materials and methods|methodology|experiments?|results|results and discussion|evaluation|discussion|"
    r"conclusions?|future work|limitations|acknowledge?ments?|appendix|contents|table of contents|preface|"
    r"foreword|keywords)$", re.IGNORECASE)
REFERENCES = re.compile(
    r"^(?:references?|references cited|references and notes|bibliography|works cited|literature cited|"
    r"literature|cited literature|literatur|literaturverzeichnis|références|bibliographie|referencias|"
    r"bibliografía|参考文献)$", re.IGNORECASE)
AFTER_REFERENCES = re.compile(
    r"^(?:appendi|supplement|acknowledg|about the author|index\b|glossary|notes?$|annex)", re.IGNORECASE)
CAPTION = re.compile(
    r"^(?:figure|fig\.?|table|tab\.?|scheme|algorithm|listing|plate|chart|exhibit|abbildung|abb\.|tabelle|"
    r"tableau)\s*(?:[A-Z]\.?)?\d{1,3}[a-z]?(?:\.\d{1,3})*\s*([.:|—–]?)", re.IGNORECASE)
NOTE_MARK = re.compile(r"^(?:\d{1,3}|[*†‡§¶#]{1,3})\s*\S")
MAX_HEADING = 200


def assign_roles(blocks: Sequence[Block], heights: dict[int, float]) -> None:
    """Set the kind of every block. `heights` gives each page's height in points."""
    body = [block for block in blocks if block.kind == "body"]
    size = typical_size(line for block in body for line in block.lines)
    for i, block in enumerate(blocks):
        if block.kind != "body":
            continue
        following = blocks[i + 1] if i + 1 < len(blocks) else None
        if _is_caption(block, size):
            block.kind = "caption"
        elif _is_heading(block, following, size):
            block.kind = "heading"
    _mark_footnotes(blocks, size, heights)
    _mark_references(blocks)


def _is_caption(block: Block, size: float) -> bool:
    match = CAPTION.match(block.text)
    if match is None or len(block.text) > 2_000:
        return False
    return bool(match[1]) or block.size < size - 0.4 or (block.first.bold and len(block.lines) < 4)


def _is_heading(block: Block, following: Block | None, size: float) -> bool:
    text = block.text
    if len(text) > MAX_HEADING or len(block.lines) > 3 or sum(c.isalpha() for c in text) < 2:
        return False
    name = NUMBER.sub("", text).strip(" .:")
    if REFERENCES.match(name) or (NAMES.match(name) and len(block.lines) == 1):
        return True
    if following is None or text.endswith((",", ";")) or block.size < 0.9 * size:
        return False
    if block.size > 1.12 * size:
        return True
    if text.endswith(".") and not NUMBER.match(text):
        return False
    numbered = text[0].isdigit() and NUMBER.match(text) is not None and name[:1].isupper()
    capitals = name.isupper() and len(name) >= 4 and len(text) <= 100
    if all(line.bold for line in block.lines) and not following.first.bold:
        return len(text) <= 150 and not name[:1].islower()
    is_narrow = block.last.width < 0.85 * (block.right - block.left)
    return len(block.lines) == 1 and is_narrow and len(text) <= 100 and (
        (numbered and not text.endswith(".")) or capitals) and following.kind == "body"


def _mark_footnotes(blocks: Sequence[Block], size: float, heights: dict[int, float]) -> None:
    """Smaller text under the body of a column, from the first mark of a note on."""
    by_region: dict[int, list[Block]] = {}
    for block in blocks:
        by_region.setdefault(block.region, []).append(block)
    for region in by_region.values():
        if sum(len(b.text) for b in region if b.size > 0.93 * size) == 0 and len(region) > 1:
            continue  # a column of small print is no note
        noted = None
        for i, block in enumerate(region):
            small = block.kind == "body" and block.size <= 0.93 * size
            if not small:
                noted = None
            elif noted is None and _is_note(block, heights):
                noted = i
                rest = region[i:]
                if all(b.kind == "body" and b.size <= 0.93 * size for b in rest):
                    for note in rest:
                        note.kind = "footnote"
                    break


def _is_note(block: Block, heights: dict[int, float]) -> bool:
    low = block.first.box[1] > 0.4 * heights.get(block.first.page, 792.0)
    if block.first.box[1] > 0.82 * heights.get(block.first.page, 792.0):
        return True
    return low and (block.first.raised or NOTE_MARK.match(block.text) is not None)


def _mark_references(blocks: Sequence[Block]) -> None:
    """From the heading of the references to the heading of what follows them."""
    opening: Block | None = None
    for block in blocks:
        if block.kind == "heading":
            name = NUMBER.sub("", block.text).strip(" .:")
            if REFERENCES.match(name):
                opening = block
            elif opening is not None and _is_peer(block, opening):
                opening = None
            elif opening is not None:
                block.kind = "reference"
        elif opening is not None and block.kind in ("body", "footnote"):
            block.kind = "reference"


def _is_peer(heading: Block, other: Block) -> bool:
    """Whether a heading ranks as high as another, so that it ends the other's section."""
    if AFTER_REFERENCES.match(NUMBER.sub("", heading.text)) or AFTER_REFERENCES.match(heading.text):
        return True
    return heading.size > other.size - 0.3 and (heading.first.bold or not other.first.bold) and not re.search(
        r"\b(?:19|20)\d\d\b", heading.text)


# ------------------------------------------------------------------ outline


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
    return 1 if REFERENCES.match(block.text.strip(" .:")) or NAMES.match(block.text.strip(" .:")) else 0


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

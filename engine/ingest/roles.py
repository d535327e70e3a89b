"""What a paragraph is: heading, caption, reference, footnote, or the body of the text.

Headings are found by what typesetters do to them (size, weight, numbers, capitals) and by their
names. What is no prose (formulas on lines of their own, the labels of a diagram, names beside a
title) counts as a table: it stays in the text, and whoever summarises can leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.ingest.paragraphs import Block, item_number
from engine.ingest.references import announces, is_certain, looks_like_entry, mark_printed
from engine.ingest.strips import typical_size

NUMBER = re.compile(
    r"^(?:(?:chapter|part|section|appendix)\s+)?"
    r"(\d{1,2}(?:\.\d{1,2}){0,4}|[A-H](?:\.\d{1,2}){0,3}|[IVX]{1,5})[.:)]?\s+(?=\S)", re.IGNORECASE)
NAMES = re.compile(
    r"^(?:abstract|summary|executive summary|introduction|background|related work|methods?|"
    r"materials and methods|methodology|experiments?|results|results and discussion|evaluation|discussion|"
    r"conclusions?|future work|limitations|acknowledge?ments?|appendix|contents|table of contents|preface|"
    r"foreword|keywords)$", re.IGNORECASE)
CAPTION = re.compile(  # a figure's number, or a Roman one; then what divides it from the caption's words
    r"^(?:(?:supplementary|supplemental|supporting|extended data|additional)\s+)?"
    r"(?:figure|fig\.?|table|tab\.?|scheme|algorithm|listing|plate|chart|exhibit|box|map|abbildung|abb\.|"
    r"tabelle|tableau|(?<=\s)(?:file|movie|video|data))\s*"
    r"(?:(?:[A-Z]\.?)?\d{1,3}[a-z]?(?:\.\d{1,3})*|(?-i:(?<=\s)[IVXL]{1,6}\b))\s*([.:|—–]?)", re.IGNORECASE)
NOTE_MARK = re.compile(r"^(?:\d{1,3}|[*†‡§¶#]{1,3})\s*\S")
ENDED = re.compile(r"[.!?:;,。！？…-][\"'”’»)\]]*$")
WORD = re.compile(r"[^\W\d_]{3,}")
MAX_HEADING = 200
MAX_DISPLAY, MAX_WORDS = 80, 5  # characters and words of a block that is shown rather than read
MIN_ROWS = 3  # of what is a table though its rows have but two cells
LONG = 200  # characters from which on a block is prose


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
        elif _is_heading(block, blocks[i - 1] if i else None, following, size):
            block.kind = "heading"
    _release_authors(blocks)
    _mark_footnotes(blocks, size, heights)
    mark_printed(blocks)
    _mark_displays(blocks)


def _is_caption(block: Block, size: float) -> bool:
    match = CAPTION.match(block.text)
    if match is None or len(block.text) > 2_000:
        return False
    if match[1] or match.end() == len(block.text):  # as IEEE sets it: the label alone
        return True
    return block.size < size - 0.4 or (block.first.bold and len(block.lines) < 4)


def _is_heading(block: Block, previous: Block | None, following: Block | None, size: float) -> bool:
    text = block.text
    if len(text) > MAX_HEADING or len(block.lines) > 3 or sum(c.isalpha() for c in text) < 2:
        return False
    name = NUMBER.sub("", text).strip(" .:")
    if is_certain(name) or (NAMES.match(name) and len(block.lines) == 1):
        return True
    if following is not None and announces(name) and looks_like_entry(following.text):
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
    if _is_next_item(block, previous) or _is_next_item(block, following):
        return False
    is_narrow = block.last.width < 0.85 * (block.right - block.left)
    return len(block.lines) == 1 and is_narrow and len(text) <= 100 and (
        (numbered and not text.endswith(".")) or capitals) and following.kind == "body"


def _is_next_item(block: Block, other: Block | None) -> bool:
    """Whether two neighbours are items of a list: between numbered headings there is text."""
    if other is None or other.region != block.region or len(other.lines) > 1:
        return False
    here, there = item_number(block.text), item_number(other.text)
    return here is not None and there is not None and abs(here - there) == 1


def _release_authors(blocks: Sequence[Block]) -> None:
    """What is set like a heading between a title and the first section is a name or an address."""
    page = blocks[0].first.page if blocks else 0
    here = [block for block in blocks if block.first.page == page and block.kind == "heading"]
    openers = [block for block in here if NAMES.match(NUMBER.sub("", block.text).strip(" .:"))]
    if not openers:
        return
    top = min(block.first.box[1] for block in openers)
    largest = max(block.size for block in here)
    for block in here:
        if block not in openers and block.first.box[1] < top and block.size < largest - 0.5:
            block.kind = "body"


def _mark_displays(blocks: Sequence[Block]) -> None:
    """A few words without an end among long paragraphs: formulas, labels, the cells of a form."""
    body = [block for block in blocks if block.kind == "body"]
    n_long = sum(len(block.text) for block in body if len(block.text) >= LONG)
    if 2 * n_long < sum(len(block.text) for block in body):
        return  # a document of short lines is what it is
    for block in body:
        if _is_display(block.text) or _is_tabular(block):
            block.kind = "table"


def _is_display(text: str) -> bool:
    return len(text) <= MAX_DISPLAY and len(WORD.findall(text)) <= MAX_WORDS and not ENDED.search(text)


def _is_tabular(block: Block) -> bool:
    """Rows of two cells, or of numbers, in which labels are in capitals and hardly a word is to be read."""
    n_lines = len(block.lines)
    n_rows = sum(line.cells > 1 or 3 * sum(c.isdigit() for c in line.text) > len(line.text)
                 for line in block.lines)
    n_words = sum(not word.isupper() for word in WORD.findall(block.text))
    return n_lines >= MIN_ROWS and 3 * n_rows > 2 * n_lines and 2 * n_words <= n_lines


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

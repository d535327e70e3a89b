"""Printed pages -> blocks that know what they are, in reading order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from engine.ingest.clean import clean
from engine.ingest.columns import read_columns
from engine.ingest.flow import join_paragraphs
from engine.ingest.furniture import drop_furniture
from engine.ingest.line_numbers import drop_line_numbers
from engine.ingest.outline import set_outline
from engine.ingest.paragraphs import Block, split_paragraphs
from engine.ingest.roles import assign_roles
from engine.ingest.strips import Entry, RawPage, Strip

# What programs put into the metadata when nobody wrote a title.
UNTITLED = re.compile(
    r"^(?:untitled|unknown|none|null|title|document\d*|microsoft (?:word|powerpoint)|presentation|print|"
    r"layout \d|\(?anonymous\)?|no title|paper title|template|slide \d)", re.IGNORECASE)
FILE_NAME = re.compile(
    r"\.(?:pdf|docx?|tex|dvi|ps|indd|qxd|fm|rtf|odt|pptx?|xlsx?|html?|txt|eps)\b", re.IGNORECASE)
MAX_TITLE = 250


def understand(pages: Sequence[RawPage], entries: Sequence[Entry]) -> tuple[list[Block], Block | None]:
    """The blocks of a document, and the one that looks like its title."""
    drop_line_numbers(pages)
    drop_furniture(pages)
    blocks: list[Block] = []
    region = 0
    for page in pages:
        for lines in _regions(page.strips):
            blocks += split_paragraphs(lines, region)
            region += 1
    assign_roles(blocks, {page.number: page.height for page in pages})
    title = find_title(blocks)
    set_outline(blocks, entries, title)
    return join_paragraphs(blocks), title


def _regions(strips: Sequence[Strip]) -> list[list[Strip]]:
    """The stretches of column of a page, the text that runs in the page's main direction first."""
    turns = sorted({s.turn for s in strips}, key=lambda t: -sum(len(s.text) for s in strips if s.turn == t))
    return [region for turn in turns for region in read_columns([s for s in strips if s.turn == turn])]


def find_title(blocks: Sequence[Block]) -> Block | None:
    """The largest text in the upper part of the first page that has text."""
    if not blocks:
        return None
    page = blocks[0].first.page
    first = [b for b in blocks if b.first.page == page and sum(c.isalpha() for c in b.text) >= 4
             and len(b.text) <= MAX_TITLE and b.kind in ("heading", "body") and b.first.turn == 0]
    if not first:
        return None
    largest = max(first, key=lambda b: round(b.size, 1))
    others = [b.size for b in blocks if b.first.page == page and b is not largest]
    return largest if not others or largest.size > min(others) + 0.5 else None


def choose_title(metadata: str, block: Block | None, name: str) -> str:
    """The metadata's title if somebody wrote one, else the largest words, else the file's name."""
    claimed = clean(metadata)
    if _is_title(claimed, name):
        return claimed[:MAX_TITLE]
    if block is not None and len(clean(block.text)) >= 4:
        return clean(block.text)[:MAX_TITLE]
    stem = clean(PurePath(name.encode("utf-8", "replace").decode()).stem.replace("_", " "))
    return stem[:MAX_TITLE] or "Untitled"


def _is_title(claimed: str, name: str) -> bool:
    if len(claimed) < 4 or UNTITLED.match(claimed) or FILE_NAME.search(claimed):
        return False
    letters = sum(c.isalpha() for c in claimed)
    if letters < 0.5 * len(claimed) or "\ufffd" in claimed:
        return False
    return " " in claimed or not claimed.isascii()

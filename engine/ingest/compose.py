"""Blocks in reading order -> the text of the document, and where each of its parts stands.

Here offsets are made. Paragraphs are separated by an empty line, the lines of a paragraph by one
space (the rows of a table by a line feed), and a word that was broken at a line's end is whole
again, while both of its lines keep their boxes.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.ingest.clean import SOFT_HYPHEN
from engine.ingest.hyphens import count_words, join
from engine.ingest.paragraphs import Block
from engine.ingest.sentences import split_sentences
from engine.ingest.strips import Strip
from engine.types import SentenceKind, Span

GARBLED = "\ufffd"  # what stands for a letter that could not be told
WHOLE_KINDS = ("heading", "reference")  # one sentence each, if it is not too long
MAX_WHOLE = 600
# A heading in the line of what it heads.
LABEL = re.compile(
    r"(Abstract|ABSTRACT|Summary|SUMMARY)\s*(?:[:—–]|\.\s?[—–-]|--|\s-\s)\s*(?=[^\W_a-z]|[“\"(«])"
)


@dataclass(slots=True)
class Composition:
    """The text with spans into it; `starts[page]` is where a page's text begins."""

    text: str = ""
    starts: dict[int, int] = field(default_factory=dict)
    lines: list[tuple[Span, Strip]] = field(default_factory=list)
    sentences: list[tuple[Span, SentenceKind, int]] = field(default_factory=list)
    outline: list[tuple[Span, int, int]] = field(default_factory=list)  # span, page, level


def compose(blocks: Sequence[Block]) -> Composition:
    """Write the text down."""
    words = count_words(line.text for block in blocks for line in block.lines)
    result = Composition()
    parts: list[str] = []
    offset = 0
    for number, block in enumerate(blocks):
        if parts:
            parts.append("\n\n")
            offset += 2
        text = _add_lines(block, offset, words, result)
        parts.append(text)
        _add_sentences(block, text, offset, number, result)
        if block.kind == "heading" and block.level:
            result.outline.append((Span(offset, offset + len(text)), block.first.page, block.level))
        offset += len(text)
    result.text = "".join(parts)
    return result


def _add_lines(block: Block, offset: int, words: Counter[str], result: Composition) -> str:
    """Join the lines of a block and note where each of them went; the block's text."""
    parts: list[str] = []
    length = 0
    for i, line in enumerate(block.lines):
        text, between = line.text, ""
        if i + 1 < len(block.lines):
            drop, between = (0, "\n") if block.kind == "table" else join(text, block.lines[i + 1].text, words)
            text = text[: len(text) - drop]
        elif text.endswith(SOFT_HYPHEN):
            text = text[:-1] + "-"
        result.starts.setdefault(line.page, offset + length)
        result.lines.append((Span(offset + length, offset + length + len(text)), line))
        parts += (text, between)
        length += len(text) + len(between)
    return "".join(parts)


def _add_sentences(block: Block, text: str, offset: int, number: int, result: Composition) -> None:
    if block.kind == "table":
        start = 0
        for row in text.split("\n"):
            if row:
                result.sentences.append((Span(offset + start, offset + start + len(row)), "table", number))
            start += len(row) + 1
        return
    if block.kind in WHOLE_KINDS and len(text) <= MAX_WHOLE and not is_garbled(text):
        result.sentences.append((Span(offset, offset + len(text)), block.kind, number))
        return
    if block.kind == "body" and (label := LABEL.match(text)):
        result.sentences.append((Span(offset, offset + label.end(1)), "heading", number))
        text, offset = text[label.end() :], offset + label.end()
    for span in split_sentences(text, offset):
        if not is_garbled(text[span.start - offset : span.end - offset]):
            result.sentences.append((span, block.kind, number))


def is_garbled(text: str) -> bool:
    """Whether at least half of the letters could not be told: nothing that could be read."""
    n_lost = text.count(GARBLED)
    return n_lost > 0 and 2 * n_lost >= len(text) - text.count(" ")


def tenths(edges: array[float], n_letters: int) -> list[int]:
    """Edges of the first letters of a line, as whole tenths of a point."""
    return [round(10 * x) for x in edges[: n_letters + 1]] if len(edges) > n_letters else []

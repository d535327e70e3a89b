"""A part of a document in a reader's words: `2-5, 9` are pages, `§3` is the third heading of the outline,
`@120-340` a passage that was selected on the page, in code points of the text.

The same words stand in the field on the page, in `--part` of the terminal and in a job's settings.
"""

from __future__ import annotations

import re

from engine.errors import PrecisError
from engine.tasks.scope import under_headings
from engine.types import Document, Span

MOST_CHARS = 1_000
PAGES = re.compile(r"(\d{1,6})(?:\s*[-\N{EN DASH}]\s*(\d{1,6}))?")
PASSAGE = re.compile(r"@(\d{1,9})\s*[-\N{EN DASH}]\s*(\d{1,9})")
SECTION = re.compile(r"(?:\N{SECTION SIGN}|s)\s*(\d{1,6})", re.I)


class UnknownPart(PrecisError):
    """Words that name no part of this document."""

    code = "unknown-part"
    default = "Write pages as 2-5, 9 and sections as \N{SECTION SIGN}3. Leave it empty for all of it."


def read_part(words: str, document: Document) -> tuple[Span, ...]:
    """The spans that the words name, in order and without overlaps; none for the whole document.

    Raises UnknownPart, also where nothing could be read there.
    """
    if len(words) > MOST_CHARS:
        raise UnknownPart
    items = [item.strip() for item in re.split(r"[,;]", words) if item.strip()]
    spans = _joined(sorted(span for item in items for span in _named(item, document)))
    if items and not any(s.span.overlaps(span) for s in document.sentences for span in spans):
        raise UnknownPart("There is no text in this part of the document. Choose another.")
    return spans


def _named(item: str, document: Document) -> list[Span]:
    if match := SECTION.fullmatch(item):
        parts, number = under_headings(document), int(match[1])
        if not 1 <= number <= len(parts):
            raise UnknownPart(f"The outline has {len(parts)} headings. Choose among them in Sections.")
        return [parts[number - 1]]
    if match := PAGES.fullmatch(item):
        first, last = int(match[1]), int(match[2] or match[1])
        n_pages = len(document.pages)
        if not 1 <= first <= last <= n_pages:
            raise UnknownPart(f"This document has pages 1 to {n_pages}. Write for example 1-{n_pages}.")
        return [page.span for page in document.pages if first <= page.number <= last]
    if match := PASSAGE.fullmatch(item):
        start, end = int(match[1]), int(match[2])
        if not start < end <= len(document.text):
            raise UnknownPart("This passage is not in the document. Select it again on the page.")
        return [Span(start, end)]
    raise UnknownPart


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(span for span in joined if span.start < span.end)

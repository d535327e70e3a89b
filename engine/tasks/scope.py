"""Which part of a document a task reads: the sections of its outline, and a document cut to spans.

A cut document keeps its text and its offsets; only what lies outside is no longer among its
sentences and pages. So every task reads a part exactly as it reads a whole document, and what it
cites stands where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.types import Document, Span

FEWEST_SECTIONS = 2


@dataclass(frozen=True, slots=True)
class Section:
    """A heading's words and what stands under it, the heading included; the part before the first
    heading has no words."""

    title: str
    span: Span


def under_headings(document: Document) -> tuple[Span, ...]:
    """For every heading of the outline, what stands under it until the next of its level or above."""
    outline, end = document.outline, len(document.text)
    found = []
    for number, heading in enumerate(outline):
        following = (other.span.start for other in outline[number + 1 :] if other.level <= heading.level)
        found.append(Span(heading.span.start, max(heading.span.start, next(following, end))))
    return tuple(found)


def sections(document: Document) -> tuple[Section, ...]:
    """The document cut at the outermost level of its outline that has more than one heading; the
    whole as one section where no level has."""
    for level in sorted({heading.level for heading in document.outline}):
        cuts = [heading for heading in document.outline if heading.level <= level]
        if len(cuts) >= FEWEST_SECTIONS:
            break
    else:
        return (Section("", Span(0, len(document.text))),)
    starts = [heading.span.start for heading in cuts]
    ends = [*starts[1:], len(document.text)]
    found = [
        Section(" ".join(heading.span.of(document.text).split()), Span(start, end))
        for heading, start, end in zip(cuts, starts, ends, strict=True)
        if start <= end
    ]
    before = Span(0, starts[0])
    return (Section("", before), *found) if any(s.span.overlaps(before) for s in document.sentences) else (
        tuple(found)
    )


def within(document: Document, scope: Sequence[Span]) -> Document:
    """The document as if nothing but these spans were to be read; itself where there are none."""
    if not scope:
        return document
    return replace(
        document,
        sentences=tuple(s for s in document.sentences if any(s.span.overlaps(part) for part in scope)),
        pages=tuple(page for page in document.pages if any(page.span.overlaps(part) for part in scope)),
    )

"""Where a reader puts global attention when a document is weighed, and which places that is.

The first token of a window always has it: the encoder was trained so. What a reader adds, sees all
of the window and is seen by all of it (arXiv 2004.05150, section 3.1).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from engine.types import Document, Placement, Span, SummaryOptions

AS_TRAINED: Placement = "first"
IN_WORDS: dict[Placement, str] = {
    "first": "the first token",
    "headings": "the first token and all tokens of the headings",
    "sentences": "the first token and the first token of every sentence",
    "picked": "the first token and all tokens of the passages that the reader picked",
}


def global_parts(document: Document, options: SummaryOptions) -> tuple[Span, ...]:
    """The parts of the text whose tokens have global attention beside the first one's, in order."""
    if options.placement == "headings":
        spans = [s.span for s in document.sentences if s.kind == "heading"]
        spans += [heading.span for heading in document.outline]
    elif options.placement == "sentences":
        spans = [Span(s.span.start, s.span.start + 1) for s in document.sentences if len(s.span)]
    else:
        spans = list(options.picked) if options.placement == "picked" else []
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)


def tokens_within(offsets: Sequence[tuple[int, int]], parts: Sequence[Span]) -> list[bool]:
    """For every token, given by where it stands in the text, whether it overlaps one of the parts
    (which are in order and apart)."""
    ends = [part.end for part in parts]

    def is_within(start: int, end: int) -> bool:
        at = bisect_left(ends, start + 1)
        return at < len(parts) and parts[at].start < end

    return [is_within(start, end) for start, end in offsets]

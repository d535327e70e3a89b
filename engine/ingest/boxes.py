"""Which boxes to draw for a span of a document."""

from __future__ import annotations

from bisect import bisect_right

from engine.types import Box, Document, Line, Span


def boxes_of(document: Document, span: Span) -> tuple[Box, ...]:
    """The boxes of a span, one for each printed line that it touches, in points.

    Exact to the letter where a line knows its edges, else in proportion to its letters. A document
    without boxes (plain text) gives none.
    """
    lines = document.lines
    first = max(0, bisect_right(lines, span.start, key=lambda line: line.span.start) - 1)
    boxes: list[Box] = []
    for line in lines[first:]:
        if line.span.start >= span.end:
            break
        if line.span.overlaps(span):
            boxes.append(_part(line, span))
    return tuple(boxes)


def _part(line: Line, span: Span) -> Box:
    start = max(span.start, line.span.start) - line.span.start
    end = min(span.end, line.span.end) - line.span.start
    box = line.box
    if line.edges:
        x0, x1 = line.edges[start], line.edges[end]
    else:
        step = (box.x1 - box.x0) / max(1, len(line.span))
        x0, x1 = box.x0 + start * step, box.x0 + end * step
        if box.y1 - box.y0 > 2 * (box.x1 - box.x0):  # text that runs up or down the page
            x0, x1 = box.x0, box.x1
    return Box(box.page, min(x0, x1), box.y0, max(x0, x1), box.y1)

"""The sentences of a page as places that a reader can choose a passage from."""

from __future__ import annotations

import json

from engine.errors import NotInLibrary
from engine.ingest.boxes import boxes_of
from engine.types import Document
from ui.render import boxes_in_percent


def sentences_of(document: Document, number: int) -> list[dict[str, object]]:
    """`{"start", "end", "text", "gap", "boxes"}` for every sentence that stands on a page, in order; `gap` is
    what stands between it and the next. Raises NotInLibrary for a page that is not there."""
    page = next((page for page in document.pages if page.number == number), None)
    if page is None:
        raise NotInLibrary
    here = [sentence.span for sentence in document.sentences if sentence.span.overlaps(page.span)]
    ends = [*(span.start for span in here[1:]), max([page.span.end, *(span.end for span in here[-1:])])]
    return [
        {
            "start": span.start, "end": span.end, "text": span.of(document.text),
            "gap": document.text[span.end : end],
            "boxes": json.loads(boxes_in_percent(document, span, boxes_of)),
        }
        for span, end in zip(here, ends, strict=True)
    ]

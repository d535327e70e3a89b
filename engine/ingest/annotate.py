"""A copy of a PDF with highlights and notes, and without anything in it that acts.

Runs in a child process like all that touches a PDF. What could act when the copy is opened goes:
scripts, attached files, links, and thumbnails that no longer fit.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.errors import FileTooLarge, UnreadableFile
from engine.ingest import pdf

MOST_BYTES = 20 * 1024 * 1024  # as base64 it must fit into one message
AUTHOR = "Precis"
YELLOW = (1.0, 0.84, 0.29)


def annotate(
    document: Any, marks: Sequence[Mapping[str, Any]], send: Callable[[Mapping[str, object]], None]
) -> None:
    """Send the copy. A mark is `{"boxes": [[page, x0, y0, x1, y1], ...], "note": words}`.

    Raises UnreadableFile, FileTooLarge.
    """
    try:
        document.scrub(
            attached_files=True, embedded_files=True, javascript=True, remove_links=True, thumbnails=True,
            clean_pages=False, hidden_text=False, metadata=False, redactions=False, reset_fields=False,
            reset_responses=False, xml_metadata=False,
        )
        for mark in marks:
            _highlight(document, mark)
        data = document.tobytes(garbage=3, deflate=True)
    except pdf.MUPDF_ERRORS as error:
        raise UnreadableFile("This PDF cannot be written with notes. Export the summary as text.") from error
    if len(data) > MOST_BYTES:
        raise FileTooLarge("The PDF with notes is over 20 MB. Export the summary as Word or Markdown.")
    send({"pdf": base64.b64encode(data).decode()})


def _highlight(document: Any, mark: Mapping[str, Any]) -> None:
    """One highlight for each page that the mark stands on; the first carries the note."""
    boxes = [(int(page), tuple(map(float, box))) for page, *box in mark["boxes"]]
    note = str(mark["note"])
    for number in sorted({page for page, _ in boxes}):
        if not 1 <= number <= document.page_count:
            continue
        page = document[number - 1]
        turned = page.derotation_matrix  # boxes are on the page as it is shown
        places = [pdf.rect(*box) * turned for at, box in boxes if at == number]
        highlight = page.add_highlight_annot(places)
        highlight.set_colors(stroke=YELLOW)
        highlight.set_info(title=AUTHOR, content=note)
        highlight.update()
        note = ""

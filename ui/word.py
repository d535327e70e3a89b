"""A summary as a Word file, through python-docx: words only, nothing that is fetched or run."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence

from engine.errors import PrecisError
from ui.html import INVISIBLE


class NoWordWriter(PrecisError):
    """python-docx is not installed."""

    code = "no-docx"
    default = "Word files need python-docx: run `pip install python-docx`, or export Markdown instead."


def can_write() -> bool:
    """Whether python-docx is installed."""
    return importlib.util.find_spec("docx") is not None


def write_docx(
    title: str, paragraphs: Sequence[tuple[str, str]], record: Sequence[tuple[str, str]]
) -> bytes:
    """A heading, numbered paragraphs each with its pages, and a table of how it was made.

    Raises NoWordWriter.
    """
    if not can_write():
        raise NoWordWriter
    import docx

    file = docx.Document()
    file.core_properties.author, file.core_properties.title = "Precis", clean(title)[:250]
    file.add_heading(clean(title), level=1)
    for words, pages in paragraphs:
        paragraph = file.add_paragraph(clean(words) + " ", style="List Number")
        paragraph.add_run(clean(pages)).italic = True
    file.add_heading("How this was made", level=2)
    table = file.add_table(rows=0, cols=2)
    for name, value in record:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = clean(name), clean(value)
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


def clean(text: str) -> str:
    """On one line, without the characters that XML forbids."""
    return " ".join(INVISIBLE.sub("\ufffd", text).split())

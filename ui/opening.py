"""A file as a document, for a command of the terminal; with --ocr also the text of its pictures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import NoText
from engine.types import Document
from ui.ahead import duration
from ui.pieces import page_ranges
from ui.printing import ProgressLine
from ui.recognition import SCRIPTS, seconds_for

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader


def open_document(reader: DocumentReader, path: Path, *, password: str = "", ocr: bool = False) -> Document:
    """Read a file. Raises DocumentError, and RecognitionError where `ocr` cannot be had."""
    try:
        with ProgressLine() as line:
            document = reader.read(path, name=path.name, password=password, on_event=line)
    except NoText as refused:
        if not refused.pages or path.suffix.lower() != ".pdf":
            raise
        if not ocr:
            words = f"{refused} Add --ocr to have it recognised."
            raise NoText(words, document=refused.document, pages=refused.pages) from None
        return _recognised(reader, path, refused.pages, password, refused=refused)
    # A whole document may still have empty pages; there is nothing to recognise on them.
    if ocr and document.status == "partial" and document.pages_without_text and document.is_printed:
        return _recognised(reader, path, len(document.pages), password, before=document)
    return document


def _recognised(
    reader: DocumentReader, path: Path, n_pages: int, password: str, *,
    before: Document | None = None, refused: NoText | None = None,
) -> Document:
    """The document with the text of its pictures; what it takes is said first."""
    from engine.ingest.recognise import Scan, recognise

    scan = Scan(path, path.name, n_pages, before, password)
    takes = duration(seconds_for(len(scan.pages), ()))
    pictures = f"{len(scan.pages)} of {n_pages} pages are pictures."
    print(
        f"{pictures} Recognising their text takes {takes} (a guess); it reads {SCRIPTS}.", file=sys.stderr
    )
    try:
        with ProgressLine() as line:
            found = recognise(reader, scan, on_event=line)
    except NoText as error:
        if before is not None:
            print(error, file=sys.stderr)
            return before
        error.document = refused.document if refused else None
        raise
    if found.failed:
        failed = page_ranges(found.failed, "-")
        print(f"Left as pictures, because they took too long: {failed}.", file=sys.stderr)
    return found.document

"""The summary that comes with the sample paper, so that a first look needs no model.

It was made by a bundled model and says so in its record (tools/sample_summary.py writes it). It is
shown only where the sample was read to exactly the text that it was made from.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from engine.types import Citation, Document, Run, Span, Summary, SummarySentence

FILE = Path(__file__).resolve().parent.parent / "assets" / "sample.json"
NAME = "Sample paper.pdf"


def summary_of_sample(name: str, document: Document) -> Summary | None:
    """The summary, where the document is the sample; else None."""
    if name != NAME or not FILE.is_file():
        return None
    stored = json.loads(FILE.read_text("utf-8"))
    if (stored["document"], stored["text"]) != (document.id, text_digest(document)):
        return None
    run = stored["run"]
    lists = ("pages_skipped", "pages_without_text", "pages_recognised")
    pages = {name: tuple(run[name]) for name in lists}
    sentences = tuple(_sentence(one) for one in stored["sentences"])
    options = {**run["options"], "made": "beforehand"}  # so that Summarize makes one of its own
    values = {name: value for name, value in run.items() if name != "key"}
    return Summary(sentences, Run(**{**values, **pages, "options": options}))


def as_sample(document: Document, summary: Summary) -> dict[str, object]:
    """What to keep in the file."""
    return {"document": document.id, "text": text_digest(document), **summary.as_json()}


def text_digest(document: Document) -> str:
    """SHA-256 of the text that all offsets count in."""
    return hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()


def _sentence(one: dict[str, Any]) -> SummarySentence:
    citations = tuple(
        Citation(Span(cited["start"], cited["end"]), cited["page"], cited["text"], cited["score"])
        for cited in one["citations"]
    )
    return SummarySentence(one["text"], one["support"], citations, one["origin"])

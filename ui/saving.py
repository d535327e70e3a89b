"""How an output was made, in a line, and the files it can be saved as."""

from __future__ import annotations

from datetime import datetime

from engine.types import Document, Run
from ui.html import Html, element
from ui.pieces import page_ranges, plural
from ui.word import can_write

LENGTHS = {"line": "One line", "sections": "Section by section"} | {
    name: f"{name.capitalize()} summary" for name in ("short", "medium", "long")
}


def offered(document: Document) -> list[tuple[str, str]]:
    """The files that a summary can be saved as here, and their names."""
    kinds = [("summary.md", "Markdown"), ("summary.txt", "Text"), ("summary.json", "JSON")]
    kinds += [("summary.docx", "Word")] if can_write() else []
    kinds += [("notes.pdf", "PDF with notes")] if document.lines else []
    return [*kinds, ("summary.bib", "BibTeX")]


def download(document_id: str, what: str, label: str, shown: int | None = None) -> Html:
    """A link that saves a file; of the summary that is shown, where one is named."""
    query = f"?summary={shown}" if shown is not None else ""
    address = f"/precis/export/{document_id}/{what}{query}"
    return element("a", label, href=address, download=True, class_="button quiet")


def copy_button(label: str, kind: str) -> Html:
    """Copies what stands around it: `plain`, with `pages`, with `quotes`, or an `answer` (copying.js)."""
    return element("button", label, type="button", class_="button quiet", data_go="copy", data_kind=kind)


def copies() -> list[Html]:
    """The ways a summary can be copied."""
    kinds = [("Copy", "pages"), ("Copy words only", "plain"), ("Copy with quotes", "quotes")]
    return [copy_button(label, kind) for label, kind in kinds]


def provenance(run: Run, created: datetime) -> Html:
    """What was read, by which model, how long it took, and when."""
    missing = []
    if run.pages_without_text:
        missing.append(f"no text on pages {page_ranges(run.pages_without_text)}")
    if run.pages_skipped:
        missing.append(f"not read: pages {page_ranges(run.pages_skipped)}")
    if run.pages_recognised:
        missing.append(f"text recognised (OCR) on pages {page_ranges(run.pages_recognised)}")
    length = run.options.get("length")
    facts = [
        *([LENGTHS.get(str(length), "Summary")] if length else []),
        *(["of a part"] if run.options.get("scope") else []),
        *(["came with the sample"] if run.options.get("made") else []),
        f"{plural(run.pages_read, 'page')} read",
        *missing,
        f"{run.model} ({run.quantization})",
        f"{run.seconds:.0f} s" if run.seconds >= 1 else "under a second",
        f"{created.day} {created:%b %Y}",
    ]
    return element("p", " \N{MIDDLE DOT} ".join(facts), class_="faint provenance")

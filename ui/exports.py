"""Summaries and answers as files to keep: Markdown, plain text, JSON, Word and a citation.

Document text is escaped for the format it goes into, so an export can be opened without fear:
Markdown loses nothing of the text but cannot hold an image, a link or HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import NotInLibrary
from engine.types import Answer, Box, Citation, Document, Run, Span, Summary
from ui.absent import not_found_in_words, whose_sentences
from ui.doubts import in_words
from ui.word import write_docx

if TYPE_CHECKING:
    from ui.values import Workspace

BoxesOf = Callable[[Document, Span], Iterable[Box]]
TEX = re.compile(r"[\\{}$&#%_^~\x00-\x1f\x7f]")
TEX_NAMES = {"\\": r"\textbackslash ", "^": r"\textasciicircum ", "~": r"\textasciitilde "}
MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&$^=:@])")


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file to download. The name is ASCII and holds nothing of the document but its title's letters."""

    name: str
    media_type: str
    data: bytes


def export(workspace: Workspace, what: str) -> ExportedFile:
    """`what` is one of FORMATS, e.g. "summary.md". Raises NotInLibrary where there is nothing to export."""
    if what not in FORMATS:
        raise NotInLibrary
    topic, extension = what.split(".")
    has_content = workspace.summaries if topic == "summary" else workspace.answers
    if not has_content:
        raise NotInLibrary
    name = f"{file_stem(workspace.row.title)}-{topic}.{extension}"
    written = FORMATS[what](workspace)
    if isinstance(written, bytes):
        return ExportedFile(name, MEDIA_TYPES[extension], written)
    return ExportedFile(name, f"{MEDIA_TYPES[extension]}; charset=utf-8", written.encode("utf-8", "replace"))


def compared(workspace: Workspace, one: int | None, other: int | None) -> ExportedFile:
    """The table of two summaries as CSV. Raises NotInLibrary."""
    from ui.compare import as_csv

    known = {saved.id: saved.summary for saved in workspace.summaries}
    if one not in known or other not in known:
        raise NotInLibrary
    table = as_csv(known[one], known[other], workspace.document)
    name = f"{file_stem(workspace.row.title)}-compared.csv"
    return ExportedFile(name, "text/csv; charset=utf-8", table.encode("utf-8"))


def marks(workspace: Workspace, boxes_of: BoxesOf) -> list[dict[str, object]]:
    """The places of the newest summary and of the answers, as engine.ingest.annotate takes them.

    Raises NotInLibrary where there is nothing to mark.
    """
    notes: dict[Span, list[str]] = {}
    for saved in workspace.summaries[:1]:
        for number, sentence in enumerate(saved.summary.sentences, 1):
            for citation in sentence.citations:
                words = f"Summary, sentence {number}{_recognised(citation.recognition)}"
                notes.setdefault(citation.span, []).append(words)
    for answered in workspace.answers:
        question = " ".join(answered.answer.question.split())
        for span in _places(answered.answer):
            sure = workspace.document.recognition(span)
            notes.setdefault(span, []).append(f"Answer to: {question}{_recognised(sure)}")
    found: list[dict[str, object]] = []
    for span, said in notes.items():
        places = [[b.page, b.x0, b.y0, b.x1, b.y1] for b in boxes_of(workspace.document, span)]
        found.append({"boxes": places, "note": "\n".join(said)})
    if not found:
        raise NotInLibrary
    if workspace.summaries:
        found[0]["note"] = f"{found[0]['note']}\n{_provenance(workspace.summaries[0].summary.run)}"
    return found


def _places(answer: Answer) -> list[Span]:
    if answer.is_told:
        return [citation.span for citation in answer.evidence]
    return [answer.span] if answer.span is not None else []


def _recognised(sure: float | None) -> str:
    return "" if sure is None else f" (recognised text, OCR, {round(100 * sure)} % sure)"


def file_stem(title: str) -> str:
    """A title as the beginning of a file name, safe on every system."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:60] or "document"


def as_markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def record(run: Run) -> list[tuple[str, str]]:
    """How an output was made, as names and values."""
    options = ", ".join(f"{name} {value}" for name, value in run.options.items() if name != "question")
    pages = f"{run.pages_read} read"
    if run.pages_recognised:
        pages += f", text of {len(run.pages_recognised)} recognised (OCR)"
    if run.pages_without_text:
        pages += f", {len(run.pages_without_text)} without text"
    if run.pages_skipped:
        pages += f", {len(run.pages_skipped)} not readable"
    return [
        ("Document (SHA-256)", run.document),
        ("Pages", pages),
        ("Model", f"{run.model}, {run.quantization}"),
        ("Weights", run.weights_digest),
        ("Options", options or "none"),
        ("Global attention", f"{run.placement}, at most {run.n_global} tokens in a window"),
        ("Read", f"{run.tokens_read} tokens in {run.windows} windows"),
        ("Computed", f"on {run.device}, in {run.seconds:.1f} s, by Precis {run.app_version}"),
        ("Run", run.key),
    ]


def _summary_markdown(workspace: Workspace) -> str:
    summary = workspace.summaries[0].summary
    lines = [f"# {as_markdown(workspace.row.title)}", ""]
    lines += [
        f"{n}. {as_markdown(in_words(s))} ({_pages(s.citations)})" for n, s in enumerate(summary.sentences, 1)
    ]
    made = [f"- {name}: {as_markdown(value)}" for name, value in record(summary.run)]
    return "\n".join([*lines, "", "## How this was made", "", *made, ""])


def _summary_text(workspace: Workspace) -> str:
    summary = workspace.summaries[0].summary
    lines = [
        f"{n}. {in_words(s)} ({_pages(s.citations)})" for n, s in enumerate(summary.sentences, 1)
    ]
    return "\n".join([" ".join(workspace.row.title.split()), "", *lines, "", _provenance(summary.run), ""])


def _summary_docx(workspace: Workspace) -> bytes:
    summary = workspace.summaries[0].summary
    paragraphs = [(in_words(sentence), f"({_pages(sentence.citations)})") for sentence in summary.sentences]
    return write_docx(workspace.row.title, paragraphs, record(summary.run))


def _summary_bib(workspace: Workspace) -> str:
    """The document as a BibTeX entry: what is known of it, which is not its authors."""
    row, saved = workspace.row, workspace.summaries[0]
    fields = {
        "title": "{" + as_tex(row.title) + "}",
        "note": as_tex(f"{row.n_pages} pages, SHA-256 {row.id}. {_provenance(saved.summary.run)}"),
        "urldate": f"{saved.created:%Y-%m-%d}",
    }
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{{file_stem(row.title)}-{row.id[:8]},\n{body}\n}}\n"


def as_tex(text: str) -> str:
    """Text that TeX prints as it is, on one line."""
    return TEX.sub(lambda found: TEX_NAMES.get(found[0], "\\" + found[0]), " ".join(text.split()))


def _summary_json(workspace: Workspace) -> str:
    return _json(workspace, summary=workspace.summaries[0].summary)


def _answers_markdown(workspace: Workspace) -> str:
    lines = [f"# {as_markdown(workspace.row.title)}", ""]
    for saved in workspace.answers:
        lines += [f"**{as_markdown(saved.answer.question)}**", "", as_markdown(_answer(saved.answer)), ""]
    return "\n".join(lines)


def _answers_json(workspace: Workspace) -> str:
    return _json(workspace, answers=[saved.answer for saved in workspace.answers])


def _answer(answer: Answer) -> str:
    if not answer.found:
        return not_found_in_words(answer)
    if answer.is_told:
        return f"{whose_sentences(answer)} " + " ".join(f"{c.text} ({_pages((c,))})" for c in answer.evidence)
    sure = f"{round(answer.confidence * 100)} % sure"
    ocr = " (OCR)" if answer.page in answer.run.pages_recognised else ""
    return f"{answer.text} (p. {answer.page}{ocr}, {sure})"


def _json(
    workspace: Workspace, *, summary: Summary | None = None, answers: list[Answer] | None = None
) -> str:
    row = workspace.row
    content: dict[str, object] = {"document": row.id, "title": row.title, "pages": row.n_pages}
    if summary is not None:
        content["summary"] = summary.as_json()
    if answers is not None:
        content["answers"] = [answer.as_json() for answer in answers]
    return json.dumps(content, indent=2, ensure_ascii=True) + "\n"


def _pages(citations: tuple[Citation, ...]) -> str:
    """`p. 3, 7 (OCR)`: marked where the text of the page was recognised."""
    ocr = {citation.page for citation in citations if citation.recognition is not None}
    pages = sorted({citation.page for citation in citations})
    marked = ", ".join(f"{page} (OCR)" if page in ocr else str(page) for page in pages)
    return f"p. {marked}" if pages else "no source found"


def _provenance(run: Run) -> str:
    ocr = f", text of {len(run.pages_recognised)} recognised (OCR)" if run.pages_recognised else ""
    return f"Precis {run.app_version}, {run.model} ({run.quantization}), {run.pages_read} pages read{ocr}."


FORMATS: dict[str, Callable[[Workspace], str | bytes]] = {
    "summary.md": _summary_markdown,
    "summary.txt": _summary_text,
    "summary.json": _summary_json,
    "summary.docx": _summary_docx,
    "summary.bib": _summary_bib,
    "answers.md": _answers_markdown,
    "answers.json": _answers_json,
}
MEDIA_TYPES = {
    "md": "text/markdown",
    "txt": "text/plain",
    "json": "application/json",
    "bib": "text/x-bibtex",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

"""Summaries and answers as files to keep: Markdown, plain text and JSON.

Document text is escaped for the format it goes into, so an export can be opened without fear:
Markdown loses nothing of the text but cannot hold an image, a link or HTML.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import NotInLibrary
from engine.types import Answer, Citation, Run, Summary

if TYPE_CHECKING:
    from ui.actions import Workspace

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
    text = FORMATS[what](workspace)
    name = f"{file_stem(workspace.row.title)}-{topic}.{extension}"
    return ExportedFile(name, f"{MEDIA_TYPES[extension]}; charset=utf-8", text.encode("utf-8", "replace"))


def file_stem(title: str) -> str:
    """A title as the beginning of a file name, safe on every system."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:60] or "document"


def as_markdown(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _summary_markdown(workspace: Workspace) -> str:
    summary = workspace.summaries[0].summary
    lines = [f"# {as_markdown(workspace.row.title)}", ""]
    lines += [
        f"{n}. {as_markdown(s.text)} ({_pages(s.citations)})" for n, s in enumerate(summary.sentences, 1)
    ]
    return "\n".join([*lines, "", f"*{as_markdown(_provenance(summary.run))}*", ""])


def _summary_text(workspace: Workspace) -> str:
    summary = workspace.summaries[0].summary
    lines = [
        f"{n}. {' '.join(s.text.split())} ({_pages(s.citations)})" for n, s in enumerate(summary.sentences, 1)
    ]
    return "\n".join([" ".join(workspace.row.title.split()), "", *lines, "", _provenance(summary.run), ""])


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
    sure = f"{round(answer.confidence * 100)} % sure"
    return (
        f"{answer.text} (p. {answer.page}, {sure})"
        if answer.found
        else f"Not found in this document ({sure})."
    )


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
    pages = sorted({citation.page for citation in citations})
    return "p. " + ", ".join(map(str, pages)) if pages else "no source found"


def _provenance(run: Run) -> str:
    return f"Precis {run.app_version}, {run.model} ({run.quantization}), {run.pages_read} pages read."


FORMATS = {
    "summary.md": _summary_markdown,
    "summary.txt": _summary_text,
    "summary.json": _summary_json,
    "answers.md": _answers_markdown,
    "answers.json": _answers_json,
}
MEDIA_TYPES = {"md": "text/markdown", "txt": "text/plain", "json": "application/json"}

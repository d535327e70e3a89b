"""The Details tab as escaped HTML: what is known about a document and how its outputs were made."""

from __future__ import annotations

from engine.types import Document
from ui.html import Html, element, join
from ui.languages import name_of
from ui.lists import TRASH, day, size
from ui.pieces import act, icon, page_ranges
from ui.saving import download, provenance
from ui.values import Workspace

HEADINGS_SHOWN = 400


def details_view(workspace: Workspace) -> Html:
    """Extent, what was not read, outline, runs, exports, delete."""
    outline = _outline(workspace.document)
    runs = [provenance(saved.summary.run, saved.created) for saved in workspace.summaries]
    return join(
        [
            _facts(workspace),
            _title(workspace),
            element("section", element("h3", "Outline"), outline) if outline else None,
            element("section", element("h3", "Runs"), *runs) if runs else None,
            _tools(workspace),
        ]
    )


def _facts(workspace: Workspace) -> Html:
    row = workspace.row
    facts = [
        ("File", element("bdi", row.name)),
        ("Size", size(row.n_bytes)),
        ("Pages", str(row.n_pages)),
        ("Sentences", f"{len(workspace.document.sentences):,}"),
        ("Language", name_of(workspace.language) if workspace.language else "cannot be told"),
        ("Added", day(row.added)),
        ("SHA-256", element("span", row.id, class_="code")),
        ("No text on pages", page_ranges(row.pages_without_text) or "none"),
        ("Text recognised (OCR) on pages", page_ranges(row.pages_recognised) or "none"),
        ("Pages that failed", page_ranges(row.pages_failed) or "none"),
    ]
    parts = [part for name, value in facts for part in (element("dt", name), element("dd", value))]
    return element("dl", *parts, class_="facts")


def _title(workspace: Workspace) -> Html:
    """A field to give the document another title."""
    field = element("input", type="text", name="title", value=workspace.row.title, autocomplete="off")
    label = element("label", element("span", "Title"), field)
    rename = act("rename", "Rename", class_="button", data_document=workspace.row.id)
    return element("div", label, rename, class_="fields rename", data_key=f"title-{workspace.row.id}")


def _outline(document: Document) -> Html | None:
    """The headings; each turns the viewer to its page."""
    items = []
    for heading in document.outline[:HEADINGS_SHOWN]:
        words = " ".join(heading.span.of(document.text).split())[:200]
        button = element(
            "button", words, type="button", class_="link", data_go="page", data_page=heading.page
        )
        page = element("span", f"p.\N{NO-BREAK SPACE}{heading.page}", class_="faint")
        items.append(element("li", button, page, class_=f"level-{min(heading.level, 4)}"))
    return element("ol", *items, class_="outline") if items else None


def _tools(workspace: Workspace) -> Html:
    document_id = workspace.document.id
    exports = []
    if workspace.summaries:
        exports.append(download(document_id, "summary.json", "Summary as JSON"))
    if workspace.answers:
        exports.append(download(document_id, "answers.json", "Answers as JSON"))
    look = "button quiet danger"
    delete = act("delete", icon(TRASH), "Delete this document", class_=look, data_document=document_id)
    return element("div", *exports, delete, class_="tools")

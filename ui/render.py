"""Results as escaped HTML: the only door through which document text reaches the page.

Each function takes frozen values and gives back `Html`. A control that acts on the server
carries `data-act` (its verb) and whatever the verb needs as data attributes; a control that
only moves the view carries `data-go`. assets/precis.js and the js_on_load of the tabs read both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from engine.tasks.scope import sections
from engine.types import Citation, Document, Span, Summary, SummarySentence
from ui.compare import earlier_view
from ui.doubts import notes, said
from ui.html import Html, element, join
from ui.pieces import (
    act,
    failure,
    note,
    page_ranges,
    plural,
    progress_words,
    under_way,
)
from ui.saving import copies, download, offered, provenance
from ui.values import JobView, Workspace, is_active

if TYPE_CHECKING:
    from storage.rows import DocumentRow, SavedSummary

WELL_SUPPORTED = 0.5  # below this a summary sentence says that the document hardly supports it
BoxesOf = Callable[[Document, Span], Iterable[object]]


# --------------------------------------------------------------- the places


def boxes_in_percent(document: Document, span: Span, boxes_of: BoxesOf) -> str:
    """Boxes as JSON `[[page, left, top, width, height], ...]` in percent of their page."""
    sizes = {page.number: (page.width, page.height) for page in document.pages}
    found = []
    for box in boxes_of(document, span):
        page, x0, y0, x1, y1 = (getattr(box, name) for name in ("page", "x0", "y0", "x1", "y1"))
        width, height = sizes.get(page, (0, 0))
        if width > 0 and height > 0:
            found.append(
                [
                    page,
                    round(100 * x0 / width, 2),
                    round(100 * y0 / height, 2),
                    round(100 * (x1 - x0) / width, 2),
                    round(100 * (y1 - y0) / height, 2),
                ]
            )
    return json.dumps(found, separators=(",", ":"))


def chip(document: Document, citation: Citation, boxes_of: BoxesOf) -> Html:
    """The page behind a sentence; a click shows the page with the place boxed."""
    quote = " ".join(citation.text.split())
    sure = document.recognition(citation.span)
    read = "" if sure is None else f", recognised text, {round(100 * sure)}\N{NO-BREAK SPACE}% sure"
    return element(
        "button",
        f"p.\N{NO-BREAK SPACE}{citation.page}",
        element("span", "OCR", class_="ocr") if read else None,
        type="button",
        class_="chip",
        data_go="place",
        data_document=document.id,
        data_page=citation.page,
        data_start=citation.span.start,
        data_end=citation.span.end,
        data_boxes=boxes_in_percent(document, citation.span, boxes_of),
        data_quote=quote[:400],
        data_ocr=read[2:] or None,
        aria_label=f"Show the source on page {citation.page}{read}",
    )


def summary_list(document: Document, summary: Summary, boxes_of: BoxesOf) -> Html:
    """The sentences, numbered, each with its pages and, where it is low, its support; under the
    headings of their sections where it was made section by section."""
    items = [(sentence, _sentence_item(document, sentence, boxes_of)) for sentence in summary.sentences]
    if summary.run.options.get("length") != "sections":
        return element("ol", *(item for _, item in items), class_="sentences")
    views: list[str | None] = []
    for part in sections(document):
        inside = [item for sentence, item in items if part.span.start <= _place(sentence) < part.span.end]
        if inside:
            views += [element("h3", part.title, class_="section-title") if part.title else None]
            views += [element("ol", *inside, class_="sentences")]
    return element("div", *views)


def _place(sentence: SummarySentence) -> int:
    return sentence.citations[0].span.start if sentence.citations else 0


def _sentence_item(document: Document, sentence: SummarySentence, boxes_of: BoxesOf) -> Html:
    chips = [chip(document, citation, boxes_of) for citation in sentence.citations]
    weak = sentence.support < WELL_SUPPORTED or not sentence.citations
    words = (
        "No source found in the document"
        if not sentence.citations
        else (f"Weakly supported: {round(100 * sentence.support)}\N{NO-BREAK SPACE}%")
    )
    return element(
        "li",
        element("span", *said(sentence), class_="said"),
        " ",
        element("span", *chips, class_="chips"),
        element("span", words, class_="weak") if weak else None,
        *notes(sentence),
    )


def provisional_list(document: Document, citations: Sequence[Citation], boxes_of: BoxesOf) -> Html:
    """What the windows read so far put forward; marked, because the final list may differ."""
    marked = {"class_": "sentences provisional", "aria_label": "Provisional sentences"}
    return quoted_list(document, citations, boxes_of, **marked)


def quoted_list(
    document: Document, citations: Sequence[Citation], boxes_of: BoxesOf, **attributes: str
) -> Html:
    """Sentences of the document in a list, each with its place."""
    items = [
        element(
            "li", element("span", " ".join(c.text.split()), class_="said"), " ", chip(document, c, boxes_of)
        )
        for c in citations
    ]
    return element("ol", *items, **attributes)


def running(view: JobView, waiting: int = 0) -> Html:
    """A job under way: what it does, how far it is, Stop."""
    if view.row.state == "queued":
        words = f"Waiting for {plural(waiting, 'job')} before it" if waiting else "Waiting to start"
    else:
        words = progress_words(view.story.progress)
    return under_way(view, words)


def not_finished(view: JobView) -> Html:
    """A job that ended without a result, and the way on."""
    again = act("resume", "Continue", class_="button", data_job=view.row.id)
    if view.row.state == "failed":
        return failure(
            view.row.error_code or "unknown",
            view.row.error_message or "",
            act("resume", "Try again", class_="button", data_job=view.row.id),
        )
    if view.row.state == "interrupted":
        return note("Interrupted", "Precis was closed while this ran. What was read is kept.", again)
    return note("Stopped", "What was read until then is kept.", again)


# --------------------------------------------------------------- whole views


def summary_view(
    workspace: Workspace, job: JobView | None, provisional: Sequence[Citation], boxes_of: BoxesOf
) -> Html:
    """The Summary tab: the job under way or its ending, else the newest summary, else an invitation."""
    document = workspace.document
    if job is not None and is_active(job.row):
        return join([running(job), so_far(document, provisional, boxes_of)])
    newest = last_made(workspace, job)
    ending = not_finished(job) if job is not None and job.row.state != "done" else None
    if newest is not None:
        others = earlier_view(workspace.summaries, newest.id)
        return join([ending, saved_summary(document, newest, boxes_of), others])
    if ending is not None:
        return join([ending, so_far(document, provisional, boxes_of)])
    return note(
        "No summary yet",
        "Choose a length and press Summarize. Every sentence will carry the page it comes from.",
    )


def last_made(workspace: Workspace, job: JobView | None) -> SavedSummary | None:
    """What the last job gave, which may be a summary that was saved long before; else the newest."""
    given = [saved for saved in workspace.summaries if job is not None and saved.id == job.row.result_id]
    return next(iter([*given, *workspace.summaries]), None)


def so_far(document: Document, citations: Sequence[Citation], boxes_of: BoxesOf) -> Html | None:
    """What the part read so far puts forward; None where it is nothing yet."""
    if not citations:
        return None
    return element(
        "div",
        element("p", "Provisional \N{EM DASH} from the part read so far", class_="faint"),
        provisional_list(document, citations, boxes_of),
    )


def saved_summary(document: Document, saved: SavedSummary, boxes_of: BoxesOf) -> Html:
    """A finished summary with its exports and how it was made."""
    downloads = [download(document.id, what, label, saved.id) for what, label in offered(document)]
    return element(
        "article",
        summary_list(document, saved.summary, boxes_of),
        element(
            "div",
            *copies(),
            element("details", element("summary", "Save as"), element("div", *downloads, class_="tools")),
            class_="tools",
        ),
        provenance(saved.summary.run, saved.created),
        class_="result",
        data_length=str(saved.summary.run.options.get("length", "")),
    )


def warnings_of(row: DocumentRow) -> Html | None:
    """What could not be read; silence would be a claim that all was."""
    lines = []
    if row.pages_without_text:
        lines.append(
            f"{len(row.pages_without_text)} of {plural(row.n_pages, 'page')} have no text layer: "
            f"{page_ranges(row.pages_without_text)}."
        )
    if row.pages_failed:
        lines.append(
            f"{len(row.pages_failed)} of {plural(row.n_pages, 'page')} could not be read: "
            f"{page_ranges(row.pages_failed)}."
        )
    return element("p", " ".join(lines), class_="warning") if lines else None


def header(row: DocumentRow, *cards: Html | None) -> Html:
    """The document's title and size above its tabs, and what is to be said of its pictures (ui/scans.py)
    and of its language."""
    facts = [plural(row.n_pages, "page"), plural(row.n_chars, "character")]
    if row.pages_recognised:
        n_pages = plural(len(row.pages_recognised), "page")
        facts.append(f"text of {n_pages} recognised (OCR): {page_ranges(row.pages_recognised)}")
    return element(
        "header",
        element("h2", element("bdi", row.title)),
        element("p", " \N{MIDDLE DOT} ".join(facts), class_="faint"),
        warnings_of(row),
        *cards,
        class_="document-head",
        data_pictures=page_ranges(row.pages_without_text),
        data_recognised=page_ranges(row.pages_recognised),
        data_unread=page_ranges(row.pages_failed),
    )

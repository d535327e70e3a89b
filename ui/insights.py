"""Where a summary looks, as escaped HTML: its sources along the document, and in every section.

Drawn from the shown summary's citations and its run record; the map of attention is made when asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.tasks.scope import Section, sections
from engine.types import Document, ModelInfo, Run, Span, Summary
from ui.attention import attention_view
from ui.html import Html, element, join
from ui.pieces import note, plural
from ui.render import BoxesOf, boxes_in_percent, last_made

if TYPE_CHECKING:
    from ui.values import JobView, Workspace

SECTIONS_SHOWN = 60


def insights_view(
    workspace: Workspace, job: JobView | None, maps: Sequence[JobView], models: Sequence[ModelInfo],
    boxes_of: BoxesOf,
) -> Html:
    """The tab: a ribbon of the document, its sections, and what the model attended to."""
    shown = last_made(workspace, job)
    if shown is None:
        return note("No summary yet", "Make a summary first. This shows which parts of the document it uses.")
    summary, document = shown.summary, workspace.document
    return join(
        [
            element("h3", "Where the summary comes from"),
            element(
                "p",
                "The document from beginning to end. Each mark is a sentence that the summary rests on.",
                class_="faint",
            ),
            ribbon(document, summary, boxes_of),
            coverage(document, summary),
            element("h3", "Global attention"),
            element("p", placement(summary.run)),
            attention_view(workspace, shown, maps, models, boxes_of),
        ]
    )


def ribbon(document: Document, summary: Summary, boxes_of: BoxesOf) -> Html:
    """A strip with a mark for every cited place; a click shows it on its page."""
    length = max(1, len(document.text))
    places = {citation.span: citation for sentence in summary.sentences for citation in sentence.citations}
    marks = [
        element(
            "button",
            type="button",
            class_="tick",
            data_go="place",
            data_document=document.id,
            data_page=citation.page,
            data_start=span.start,
            data_end=span.end,
            data_boxes=boxes_in_percent(document, span, boxes_of),
            style=f"left:{100 * span.start / length:.2f}%;width:{max(0.6, 100 * len(span) / length):.2f}%",
            aria_label=f"Show the source on page {citation.page}",
            title=" ".join(citation.text.split())[:200],
        )
        for span, citation in sorted(places.items())
    ]
    return element("div", *marks, class_="ribbon")


def coverage(document: Document, summary: Summary) -> Html:
    """For every section its share of the text, and how many sentences of the summary rest on it."""
    cited = [citation.span for sentence in summary.sentences for citation in sentence.citations[:1]]
    rows = [_row(part, document, cited) for part in sections(document)[:SECTIONS_SHOWN]]
    names = ("Section", "Share of the text", "In the summary")
    head = element("tr", *(element("th", name, scope="col") for name in names))
    return element("table", element("thead", head), element("tbody", *rows), class_="figures")


def _row(part: Section, document: Document, cited: list[Span]) -> Html:
    n_cited = sum(part.span.start <= span.start < part.span.end for span in cited)
    share = 100 * len(part.span) / max(1, len(document.text))
    name = part.title[:120] or ("The beginning" if part.span.start == 0 else "The document")
    return element(
        "tr",
        element("th", name, scope="row"),
        element("td", f"{share:.0f}\N{NO-BREAK SPACE}%"),
        element("td", plural(n_cited, "sentence") if n_cited else "\N{EM DASH}"),
    )


def placement(run: Run) -> str:
    """Where global attention was put, in a sentence."""
    return (
        f"The document was read in {plural(run.windows, 'window')}, {run.tokens_read:,} tokens in all. "
        f"Every token looked at its neighbours; all of a window was seen by {run.placement}, "
        f"at most {plural(run.n_global, 'token')} in a window."
    )

"""Where the model looked, as escaped HTML: heat on the document's sentences, and a map of its parts.

The figures are those of engine/tasks/attended.py, read from the log of the job that made them; what
is not made yet is offered with what it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.tasks.placement import global_parts
from engine.tasks.scope import within
from engine.types import AttentionMap, Document, ModelInfo, Sentence, Span
from ui.ahead import duration
from ui.html import Html, element, join
from ui.pieces import act, note, plural
from ui.placing import options_of_job, params_of_run
from ui.render import BoxesOf, boxes_in_percent, not_finished, running
from ui.values import JobView, Workspace, is_active

if TYPE_CHECKING:
    from storage.rows import SavedSummary

LEVELS = 8
MOST_LISTED, MOST_WORDS = 8, 400
FAMILY = "longformer"  # whose weights engine/tasks/attended.py can read


def attention_view(
    workspace: Workspace, saved: SavedSummary, jobs: Sequence[JobView], models: Sequence[ModelInfo],
    boxes_of: BoxesOf,
) -> Html:
    """The map for a summary: made, under way, not made yet, or not to be had of its model."""
    run = saved.summary.run
    model = next((model for model in models if model.name == run.model), None)
    if model is None:
        words = "The model that made this summary is not on this computer. Make a new summary first."
        return note("No map of this summary", words)
    if model.family != FAMILY:
        words = "What this model looked at cannot be shown: only Longformer models give it away."
        return note("No map of this model", words)
    wanted = params_of_run(run)
    job = next((job for job in jobs if dict(job.row.params) == wanted), None)
    offer = act("map", "Show where the model looked", class_="button", data_summary=saved.id)
    cost = element("p", f"It reads the document once more: {duration(run.seconds)}.", class_="faint")
    if job is None:
        return element("div", offer, cost, class_="offer")
    if is_active(job.row):
        return running(job)
    if job.row.state != "done":
        return not_finished(job)
    part = within(workspace.document, options_of_job(wanted, workspace.document).scope)
    if job.story.map is None or not _fits(job.story.map, part):
        return element("div", offer, cost, class_="offer")
    return drawn(workspace.document, part, job.story.map, wanted, boxes_of)


def _fits(found: AttentionMap, part: Document) -> bool:
    """Whether the document is still the one that was looked at: its pictures may have been read since."""
    return len(found.heat) == len(part.sentences) and found.parts[-1].end <= len(part.text)


def drawn(
    document: Document, part: Document, found: AttentionMap, params: dict[str, str], boxes_of: BoxesOf
) -> Html:
    """The heat along the document, the sentences looked at most, and the map."""
    n_given = sum(found.to_global) / max(1, len(found.to_global))
    return join(
        [
            element(
                "p",
                f"Means over {plural(found.layers, 'layer')}, their heads and "
                f"{plural(found.windows, 'window')}. "
                f"A token gave {100 * n_given:.0f}\N{NO-BREAK SPACE}% of its attention to global tokens.",
                class_="faint",
            ),
            element("h4", "What was looked at most"),
            heat(document, part, found, boxes_of),
            most_looked_at(document, part, found, boxes_of),
            element("h4", "Who looked at whom"),
            grid(found),
            global_places(document, params, boxes_of),
        ]
    )


def heat(document: Document, part: Document, found: AttentionMap, boxes_of: BoxesOf) -> Html:
    """A strip of the document in which each part is the darker, the more its sentences were looked at."""
    length = max(1, len(document.text))
    sums = [[0.0, 0.0] for _ in found.parts]
    at = 0
    for sentence, value in zip(part.sentences, found.heat, strict=True):
        while at + 1 < len(found.parts) and sentence.span.start >= found.parts[at].end:
            at += 1
        sums[at][0] += value * len(sentence.span)
        sums[at][1] += len(sentence.span)
    means = [given / size if size else 0.0 for given, size in sums]
    most = max(means, default=0.0) or 1.0
    marks = [
        element(
            "span",
            class_=f"level-{_level(mean / most)}",
            style=f"left:{100 * span.start / length:.2f}%;width:{100 * len(span) / length:.2f}%",
        )
        for span, mean in zip(found.parts, means, strict=True)
    ]
    label = "Attention along the document, darker where the model looked more"
    return element("div", *marks, class_="ribbon heat", role="img", aria_label=label)


def most_looked_at(document: Document, part: Document, found: AttentionMap, boxes_of: BoxesOf) -> Html:
    """The hottest sentences, each a way to its page."""
    ranked = sorted(zip(found.heat, part.sentences, strict=True), key=lambda one: -one[0])[:MOST_LISTED]
    items = [
        element("li", _place(document, sentence, boxes_of, class_=f"place level-{_level(value)}"))
        for value, sentence in ranked
    ]
    return element("ol", *items, class_="hottest")


def _place(document: Document, sentence: Sentence, boxes_of: BoxesOf, class_: str) -> Html:
    words = " ".join(sentence.span.of(document.text).split())[:MOST_WORDS]
    return _button(document, sentence.span, sentence.page, words, boxes_of, class_)


def _button(
    document: Document, span: Span, page: int, words: str, boxes_of: BoxesOf, class_: str
) -> Html:
    return element(
        "button", words, element("span", f" p.\N{NO-BREAK SPACE}{page}", class_="faint"),
        type="button", class_=class_, data_go="place", data_document=document.id, data_page=page,
        data_start=span.start, data_end=span.end, data_boxes=boxes_in_percent(document, span, boxes_of),
    )


def grid(found: AttentionMap) -> Html:
    """The map: rows look, columns are looked at; the column in front are the global tokens, the row
    above is what they look at. Each row is shaded by its own largest value."""
    size = len(found.parts)
    shades: dict[int, list[str]] = {}

    def fill(column: float, row: float, value: float) -> None:
        if value > 0:
            shades.setdefault(_level(value**0.5), []).append(f"M{column:g} {row:g}h1v1h-1z")

    most_given, most_from = max(found.to_global, default=0) or 1, max(found.from_global, default=0) or 1
    for row, looks in enumerate(found.looks):
        most = max(looks, default=0) or 1
        fill(0, row + 1.5, found.to_global[row] / most_given)
        for column, value in enumerate(looks):
            fill(column + 1.5, row + 1.5, value / most)
    for column, value in enumerate(found.from_global):
        fill(column + 1.5, 0, value / most_from)
    paths = [element("path", d="".join(cells), class_=f"level-{level}") for level, cells in shades.items()]
    words = (
        f"The document in {plural(size, 'part')}, from its beginning to its end. Each row is a part that "
        "looks, each column a part that it looks at: the darker, the more, by the root of its share. The row "
        "above is what global tokens look at, the column in front what looks at them. Away from the diagonal "
        "parts meet in no window."
    )
    return element(
        "div",
        element(
            "svg", *paths, viewBox=f"0 0 {size + 1.5:g} {size + 1.5:g}", class_="grid", role="img",
            aria_label="Map of attention between the parts of the document",
        ),
        element("p", words, class_="faint"),
        class_="map",
    )


def global_places(document: Document, params: dict[str, str], boxes_of: BoxesOf) -> Html:
    """Which tokens were global."""
    spans = global_parts(document, options_of_job(params, document))
    if not spans:
        return element("p", "Global was the first token of every window, a sign that frames it.")
    if params.get("placement") == "sentences":
        return element("p", "Global were the first token of every window and of every sentence.")
    items = [
        element(
            "li",
            _button(
                document, span, document.page_at(span.start), " ".join(span.of(document.text).split())[:200],
                boxes_of, "place",
            ),
        )
        for span in spans[: 3 * MOST_LISTED]
    ]
    more = len(spans) - len(items)
    return join(
        [
            element("p", "Global were the first token of every window, and these places:"),
            element("ul", *items, class_="hottest"),
            element("p", f"and {plural(more, 'more place')}", class_="faint") if more > 0 else None,
        ]
    )


def _level(value: float) -> int:
    """0 to LEVELS; what is not nothing is seen."""
    return min(LEVELS, max(1, round(LEVELS * value))) if value > 0 else 0

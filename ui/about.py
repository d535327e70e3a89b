"""The changing half of the About screen as escaped HTML: models, device, what is kept, how it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.types import ModelInfo
from ui.html import Html, element, join
from ui.lists import size
from ui.pieces import act, plural

if TYPE_CHECKING:
    from storage.rows import Sizes


def models_view(models: Sequence[ModelInfo], device_reason: str) -> Html:
    """The models on this computer, and where they are computed."""
    return join(
        [
            element("h3", "Models"),
            element("ul", *map(_model, models), class_="models"),
            element("h3", "Computed on"),
            element("p", device_reason),
        ]
    )


def _model(model: ModelInfo) -> Html:
    state = ("verified", "badge good") if model.verified else ("missing or changed", "badge warn")
    facts = [
        f"{model.family}, {model.quantization}, {size(model.n_bytes)}",
        f"up to {model.max_tokens:,} tokens at once",
        ", ".join(model.languages),
        model.licence,
    ]
    return element(
        "li",
        element("strong", model.name),
        " ",
        element("span", state[0], class_=state[1]),
        element("p", " \N{MIDDLE DOT} ".join(facts), class_="faint"),
    )


def data_view(sizes: Sizes | None) -> Html:
    """What is kept, and the way to delete all of it."""
    kept = (
        f"{plural(sizes.n_documents, 'document')}, "
        f"{size(sizes.original_bytes + sizes.database_bytes)} on this disk."
        if sizes is not None
        else "Documents are deleted an hour after they were added."
    )
    sure = element(
        "details",
        element("summary", "Delete everything"),
        element("p", "All documents, summaries, answers and jobs go for good. This cannot be undone."),
        act("forget", "Delete everything now", class_="button danger"),
    )
    return join([element("h3", "Your documents"), element("p", kept), sure])

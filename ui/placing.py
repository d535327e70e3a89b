"""What a reader may choose of a summary, as words from a page or a terminal, and as options again.

The same words stand in the fields on the page, in the terminal, and in a job's settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from engine.tasks.placement import AS_TRAINED, global_parts
from engine.types import Document, JsonScalar, Length, Placement, Run, SummaryOptions
from ui.parts import UnknownPart, read_part
from ui.values import BadRequest

# (what the page offers, its name)
PLACEMENTS: list[tuple[str, Placement]] = [
    ("First token, as trained", "first"),
    ("Headings too", "headings"),
    ("Sentences too", "sentences"),
    ("Passages I pick", "picked"),
]
AHEAD: dict[Placement, str] = {
    "first": "the first token of a window, as trained",
    "headings": "the headings too",
    "sentences": "the first token of every sentence too",
    "picked": "the passages you picked too",
}
UNTRAINED = "The model was trained with the first token alone: what it chooses may be worse."


def read_options(
    document: Document, length: str, part: str = "", placement: str = AS_TRAINED, picked: str = "",
    model: str | None = None,
) -> SummaryOptions:
    """The options that these words mean. Raises BadRequest, and UnknownPart where there is nothing to
    choose by that name in this document."""
    if length not in get_args(Length) or placement not in get_args(Placement):
        raise BadRequest
    scope = read_part(part, document)
    options = SummaryOptions(
        length=cast(Length, length), model=model, scope=scope, placement=cast(Placement, placement),
        picked=read_part(picked, document) if placement == "picked" else (),
    )
    if placement != AS_TRAINED and not global_parts(document, options):
        raise UnknownPart(
            "Pick the passages that should have global attention: pages such as 2-5, or select on the page."
            if placement == "picked"
            else f"This document has no {placement} to place global attention on. Choose another placement."
        )
    return options


def read_global(words: str) -> tuple[str, str]:
    """What the terminal was told: the name of a placement, or passages (ui/parts.py); as placement
    and passages."""
    return (words, "") if words in get_args(Placement) else ("picked", words)


def options_of_job(params: Mapping[str, JsonScalar], document: Document) -> SummaryOptions:
    """The options in the settings of a job."""
    words = {name: str(params.get(name) or "") for name in ("part", "picked")}
    placement = str(params.get("placement") or AS_TRAINED)
    return read_options(document, str(params.get("length") or "medium"), placement=placement, **words)


def params_of_run(run: Run) -> dict[str, str]:
    """The part and placement of a run as settings of a job that shall look at the same."""
    options = run.options
    words = {
        "part": _passages(options.get("scope")), "placement": str(options.get("global") or ""),
        "picked": _passages(options.get("picked")),
    }
    return {name: value for name, value in words.items() if value}


def _passages(ranges: JsonScalar) -> str:
    """`3-9, 12-30` as read_part takes it."""
    return ", ".join(f"@{one.strip()}" for one in str(ranges).split(",")) if ranges else ""

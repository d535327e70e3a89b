"""What a reader may choose about a summary or an answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.document import Span

JsonScalar = str | int | float | bool | None
Length = Literal["line", "short", "medium", "long", "sections"]
Placement = Literal["first", "headings", "sentences", "picked"]  # of global attention


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """What a reader may choose about a summary."""

    length: Length = "medium"
    model: str | None = None  # None: the default of the registry
    scope: tuple[Span, ...] = ()  # the parts of the text to read; none: all of it
    placement: Placement = "first"  # of global attention; the first token is as trained
    picked: tuple[Span, ...] = ()  # the parts that have it where the placement is "picked"

    def as_settings(self) -> dict[str, JsonScalar]:
        """The part that decides the output, for the run record."""
        settings: dict[str, JsonScalar] = {"length": self.length, **_scope(self.scope)}
        if self.placement != "first":
            settings["global"] = self.placement
        if self.placement == "picked":
            settings["picked"] = _ranges(self.picked)
        return settings


MOST_QUESTION_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """What a reader may choose about an answer."""

    model: str | None = None
    scope: tuple[Span, ...] = ()  # the parts of the text to read; none: all of it

    def as_settings(self) -> dict[str, JsonScalar]:
        """The part that decides the output, for the run record."""
        return _scope(self.scope)


def _scope(spans: tuple[Span, ...]) -> dict[str, JsonScalar]:
    return {"scope": _ranges(spans)} if spans else {}


def _ranges(spans: tuple[Span, ...]) -> str:
    return ", ".join(f"{span.start}-{span.end}" for span in spans)

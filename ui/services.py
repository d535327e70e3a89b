"""What the screens and commands are given to work with, each made on first use.

app.py chooses the concrete things; nobody below knows how they are built, and a command that
needs no model never pays for one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from engine.types import (
    Answer,
    AnswerOptions,
    AttentionMap,
    Document,
    IsCancelled,
    ModelInfo,
    OnEvent,
    Summary,
    SummaryOptions,
    ignore_event,
    never_cancelled,
)
from ui.settings import Settings

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader
    from storage.store import Store

NO_WINDOWS: Mapping[int, bytes] = {}


class Engine(Protocol):
    """What the screens need of engine.runtime.Runtime; tests put a slow or a failing one here."""

    def models(self) -> tuple[ModelInfo, ...]:
        """Every model on this computer."""

    def device_reason(self) -> str:
        """Where it computes, and why."""

    def key(self, task: Literal["summarize", "answer"], document_id: str,
            options: SummaryOptions | AnswerOptions, question: str | None = None,
            recognised: tuple[int, ...] = ()) -> str:
        """Run.key of the output to come."""

    def summarize(self, document: Document, options: SummaryOptions, *,
                  on_event: OnEvent = ignore_event, cancelled: IsCancelled = never_cancelled,
                  windows: Mapping[int, bytes] = NO_WINDOWS) -> Summary:
        """Summarise a document."""

    def answer(self, document: Document, question: str, options: AnswerOptions, *,
               on_event: OnEvent = ignore_event, cancelled: IsCancelled = never_cancelled,
               windows: Mapping[int, bytes] = NO_WINDOWS) -> Answer:
        """Answer a question from a document."""

    def map_attention(self, document: Document, options: SummaryOptions, *,
                      on_event: OnEvent = ignore_event, cancelled: IsCancelled = never_cancelled,
                      windows: Mapping[int, bytes] = NO_WINDOWS) -> AttentionMap:
        """Where the model looks when it weighs a document."""


@dataclass(frozen=True)
class Services:
    """Settings, and a factory for each part; every factory returns the same object each time."""

    settings: Settings
    reader: Callable[[], DocumentReader]
    engine: Callable[[], Engine]
    store: Callable[[], Store]
    close: Callable[[], None]

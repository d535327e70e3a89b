"""The verbs about this computer, whoever reads: its models, how fast they are, its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.types import ModelInfo
from ui.preflight import pace_of, read_measured, setting_name
from ui.services import Engine
from ui.work import MACHINE

if TYPE_CHECKING:
    from storage.rows import Sizes
    from storage.store import Store

OPENS_BROWSER = "open-browser"  # the name of a setting


class Computer:
    """What does not depend on the owner, over a store and an engine that are made on first use."""

    def __init__(self, store: Callable[[], Store], engine: Callable[[], Engine]) -> None:
        self._store, self._engine = store, engine

    def sizes(self) -> Sizes:
        """What the library takes on the disk."""
        return self._store().sizes()

    def models(self) -> tuple[ModelInfo, ...]:
        """The models on this computer."""
        return self._engine().models()

    def speed(self, model: ModelInfo) -> float | None:
        """Tokens a second of a model's latest runs on this computer; None before the first."""
        device = str(self._store().get_setting(MACHINE, "device") or "cpu")
        return pace_of(read_measured(self._store().get_setting(MACHINE, setting_name(model.name, device))))

    def opens_browser(self) -> bool:
        """Whether the reader wants the browser opened when the program starts."""
        return self._store().get_setting(MACHINE, OPENS_BROWSER) is True

    def set_opens_browser(self, wanted: bool) -> None:
        """Remember that. Raises ReadOnlyLibrary."""
        self._store().set_setting(MACHINE, OPENS_BROWSER, wanted)

    def device_reason(self) -> str:
        """Where models are computed, and why."""
        return self._engine().device_reason()

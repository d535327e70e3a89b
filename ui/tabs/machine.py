"""The screens about this computer, Models and Settings: not built where strangers share one server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from ui.about import diagnostics_view, models_view, settings_view
from ui.tabs.frame import Update, guarded
from ui.tabs.page import Page
from ui.tabs.regions import region

Describe = Callable[[], Mapping[str, str | list[str]]]


@dataclass(frozen=True)
class Screens:
    """The components of both screens."""

    models: gr.HTML
    settings: gr.HTML
    diagnostics: gr.HTML

    def all(self) -> list[gr.HTML]:
        """The components, as outputs of an event."""
        return [self.models, self.settings, self.diagnostics]


class Machine:
    """The handlers. Each asks for the owner, as all do, and says nothing to a stranger."""

    def __init__(self, page: Page, screens: Screens, data_dir: Path, describe: Describe) -> None:
        self.page, self.actions, self.regions = page, page.actions, page.regions
        self.screens, self.data_dir, self._describe = screens, data_dir, describe

    @guarded
    def models(self, request: gr.Request) -> Update:
        """Show the models."""
        self.page.owner(request)
        models = self.actions.models()
        speeds = {model.name: self.actions.speed(model) for model in models}
        known = {name: speed for name, speed in speeds.items() if speed is not None}
        return {self.screens.models: models_view(models, known, self.actions.device_reason())}

    @guarded
    def settings(self, request: gr.Request) -> Update:
        """Show the settings."""
        self.page.owner(request)
        return {self.screens.settings: self._settings(), self.screens.diagnostics: ""}

    def _settings(self) -> str:
        reason, opens = self.actions.device_reason(), self.actions.opens_browser()
        return settings_view(self.actions.sizes(), self.data_dir, reason, opens_browser=opens)

    @guarded
    def startup(self, request: gr.Request) -> Update:
        """Turn the opening of the browser on or off."""
        self.page.owner(request)
        self.actions.set_opens_browser(not self.actions.opens_browser())
        return {self.screens.settings: self._settings()}

    @guarded
    def diagnose(self, request: gr.Request) -> Update:
        """Show what this installation consists of."""
        self.page.owner(request)
        return {self.screens.diagnostics: diagnostics_view(self._describe())}


def build_machine() -> Screens:
    """Both screens."""
    with gr.Column(elem_id="screen-models", elem_classes="screen"):
        models = region("models")
    with gr.Column(elem_id="screen-settings", elem_classes="screen"):
        settings = region("settings", "startup", "forget", "diagnose")
        diagnostics = region("diagnostics")
    return Screens(models, settings, diagnostics)

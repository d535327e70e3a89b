"""The jobs: what runs, waits, was finished, stopped, interrupted or failed."""

from __future__ import annotations

import gradio as gr

from ui.html import element
from ui.tabs.regions import region


def build_jobs() -> gr.HTML:
    """The screen."""
    with gr.Column(elem_id="screen-jobs", elem_classes="screen"):
        gr.HTML(element("h2", "Jobs"), js_on_load=None, padding=False, apply_default_css=False)
        return region("jobs", "stop", "resume", "open", "unlock", "recognise")

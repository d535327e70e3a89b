"""One document: its pages beside the tabs Summary, Ask and Details."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from engine.tasks.placement import AS_TRAINED
from engine.types import MOST_QUESTION_CHARS
from ui.html import Html, element
from ui.parts import MOST_CHARS
from ui.passwords import password_field
from ui.pieces import note
from ui.placing import PLACEMENTS
from ui.tabs.regions import region
from ui.viewer import build_viewer

TABS = {"page": "Page", "summary": "Summary", "ask": "Ask", "insights": "Insights", "details": "Details"}
LENGTHS = [
    ("One line", "line"),
    ("Short", "short"),
    ("Medium", "medium"),
    ("Long", "long"),
    ("By section", "sections"),
]


@dataclass(frozen=True)
class Workspace:
    """The components of this screen."""

    header: gr.HTML
    locked: gr.HTML
    length: gr.Radio
    run: gr.Button
    part: gr.Textbox
    placement: gr.Radio
    picked: gr.Textbox
    sections: gr.HTML
    preflight: gr.HTML
    summary: gr.HTML
    compared: gr.HTML
    question: gr.Textbox
    ask: gr.Button
    ask_part: gr.Textbox
    suggested: gr.HTML
    answers: gr.HTML
    insights: gr.HTML
    details: gr.HTML


def tab_list() -> Html:
    """The tabs; "Page" is one of them only where the viewer has no room beside them."""
    tabs = [
        element(
            "button",
            label,
            type="button",
            role="tab",
            class_=f"tab tab-{name}",
            data_go="tab",
            data_tab=name,
            id=f"tab-{name}",
            aria_selected="true" if name == "summary" else "false",
            aria_controls=f"panel-{name}",
            tabindex=0 if name == "summary" else -1,
        )
        for name, label in TABS.items()
    ]
    return element("div", *tabs, role="tablist", class_="tabs", aria_label="Document")


def locked_view() -> Html:
    """Asks for the password of the document whose pages cannot be drawn without it."""
    words = "Its text is here; to see its pages as they are printed, give its password again."
    return note("This PDF is protected by a password", words, password_field(document="", page=1))


def build_workspace() -> Workspace:
    """The screen."""
    with gr.Column(elem_id="screen-document", elem_classes="screen"):
        header = region("document-header", "recognise", "stop", "resume")
        with gr.Row(elem_id="panes", equal_height=False):
            with gr.Column(elem_id="panel-page", elem_classes="pane tab-panel", min_width=0):
                locked = region("locked", "unlock", value=locked_view())
                build_viewer()
            with gr.Column(elem_id="pane-tabs", elem_classes="pane", min_width=0):
                gr.HTML(tab_list(), js_on_load=None, padding=False, apply_default_css=False)
                with gr.Column(elem_id="panel-summary", elem_classes="tab-panel"):
                    length = gr.Radio(LENGTHS, value="medium", label="Length", elem_id="length")
                    with gr.Row(elem_classes="run-row"):
                        part = gr.Textbox(
                            label="Pages or sections",
                            placeholder="All of it; or pages such as 2-5, 9",
                            elem_id="part",
                            max_lines=1,
                            max_length=MOST_CHARS,
                            scale=3,
                            min_width=200,
                        )
                        run = gr.Button(
                            "Summarize", variant="primary", elem_id="summarize", scale=1, min_width=140
                        )
                    with gr.Accordion("Global attention", open=False, elem_id="placing"):
                        placement = gr.Radio(
                            PLACEMENTS, value=AS_TRAINED, elem_id="placement",
                            label="What sees all of a window, and is seen by all",
                        )
                        picked = gr.Textbox(
                            label="Passages I pick", placeholder="Pages such as 2-5; or Select on the page",
                            elem_id="picked", max_lines=1, max_length=MOST_CHARS,
                        )
                    sections = region("sections")
                    preflight = region("preflight")
                    summary = region("summary", "stop", "resume", "compare")
                    compared = region("compared", "close", "compare")
                with gr.Column(elem_id="panel-ask", elem_classes="tab-panel"):
                    with gr.Row(elem_classes="run-row"):
                        question = gr.Textbox(
                            label="Your question",
                            placeholder="What do you want to know?",
                            max_lines=4,
                            max_length=MOST_QUESTION_CHARS,
                            elem_id="question",
                            scale=3,
                            min_width=200,
                        )
                        ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=1, min_width=100)
                    ask_part = gr.Textbox(
                        label="Pages or sections to ask about", placeholder="All of it",
                        elem_id="ask-part", max_lines=1, max_length=MOST_CHARS,
                        info="Each window is read with your question in front of it. All of the question "
                        "sees all of the window, and is seen by it: global attention, as trained.",
                    )
                    suggested = region("suggested", "suggest", "put", "stop", "resume")
                    answers = region("answers", "stop", "resume")
                with gr.Column(elem_id="panel-insights", elem_classes="tab-panel"):
                    insights = region("insights", "map", "stop", "resume")
                with gr.Column(elem_id="panel-details", elem_classes="tab-panel"):
                    details = region("details", "delete", "rename")
    return Workspace(
        header, locked, length, run, part, placement, picked, sections, preflight, summary, compared,
        question, ask, ask_part, suggested, answers, insights, details,
    )

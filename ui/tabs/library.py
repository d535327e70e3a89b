"""The library: add files, search, the documents."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from engine.ingest.kinds import IN_WORDS
from ui.choosing import chosen_view, filters_view
from ui.html import element
from ui.tabs.regions import region


@dataclass(frozen=True)
class Library:
    """The components of this screen."""

    files: gr.File
    pasted: gr.Textbox
    paste: gr.Button
    adding: gr.HTML
    query: gr.Textbox
    hits: gr.HTML
    chosen: gr.HTML
    library: gr.HTML


MOST_PASTED = 2_000_000  # characters; a longer text is a file
HOSTED_NOTICE = (
    "This is a shared demonstration. What you add is sent to this server, can be read by who runs it, and is "
    "deleted after an hour. Do not add anything confidential."
)


def build_library(*, hosted: bool = False) -> Library:
    """The screen."""
    with gr.Column(elem_id="screen-library", elem_classes="screen"):
        if hosted:
            notice = element("p", HOSTED_NOTICE, class_="warning")
            gr.HTML(notice, js_on_load=None, padding=False, apply_default_css=False)
        files = gr.File(
            label=f"Add documents: {IN_WORDS}", file_count="multiple", elem_id="upload", height=132
        )
        with gr.Accordion("Paste text instead", open=False, elem_id="pasting"):
            pasted = gr.Textbox(
                label="Text",
                placeholder="Paste a text. Its first line becomes its title.",
                lines=6,
                max_lines=14,
                max_length=MOST_PASTED,
                elem_id="pasted",
            )
            paste = gr.Button("Add this text", elem_id="paste", size="md")
        adding = region("adding", "open", "stop", "resume", "unlock", "recognise")
        query = gr.Textbox(
            label="Search the library",
            placeholder="Search all pages",
            elem_id="query",
            max_lines=1,
            max_length=300,
        )
        hits = region("hits", "open", "clear")
        region("filters", value=filters_view())
        chosen = region("chosen", "together", "delete", value=chosen_view())
        library = region("library", "open", "delete", "sample")
    return Library(files, pasted, paste, adding, query, hits, chosen, library)

"""The page viewer: a page's picture with boxes over it, or its text with a mark in it.

What is here never changes while the app runs; assets/viewer.js fills it from the chips' data
attributes and from our own routes (ui/routes.py). Boxes are numbers in percent of the page,
page text is set as text nodes, so nothing of a document is ever read as markup.
"""

from __future__ import annotations

import gradio as gr

from ui.html import Html, element
from ui.pieces import icon

PREVIOUS, NEXT = "M15 5l-7 7 7 7", "M9 5l7 7-7 7"
SMALLER, LARGER = "M6 12h12", "M12 6v12M6 12h12"


def viewer_html() -> Html:
    """Toolbar and an empty sheet."""

    def tool(go: str, label: str, *content: str) -> Html:
        return element(
            "button", *content, type="button", class_="button bare", data_go=go, aria_label=label, title=label
        )

    return element(
        "section",
        element(
            "div",
            tool("previous", "Previous page", icon(PREVIOUS)),
            element(
                "label",
                "Page ",
                element("input", type="text", id="page-number", value="1", aria_label="Page number"),
                element("span", " of ", element("span", "1", id="page-count")),
            ),
            tool("next", "Next page", icon(NEXT)),
            element("span", class_="stretch"),
            tool("smaller", "Smaller", icon(SMALLER)),
            tool("larger", "Larger", icon(LARGER)),
            element(
                "button",
                "Text",
                type="button",
                class_="button quiet",
                id="text-toggle",
                data_go="text",
                aria_pressed="false",
            ),
            element(
                "button", "Select", type="button", class_="button quiet", id="pick-toggle",
                aria_pressed="false", title="Select a passage, from sentence to sentence",
            ),
            class_="viewer-tools",
        ),
        picking_html(),
        element("p", id="page-note", class_="page-note", role="note", hidden=True),
        element("p", id="page-said", class_="page-said", role="status", aria_live="polite"),
        element(
            "div",
            element(
                "div",
                element("img", id="page-image", alt="", src="/precis/assets/empty.svg"),
                element("div", id="page-rests"),
                element("div", id="page-boxes"),
                element("div", id="page-picks"),
                class_="sheet",
                id="sheet",
            ),
            element("div", id="page-text", class_="page-text", lang="", hidden=True),
            id="stage",
            class_="stage",
            tabindex=0,
            role="region",
            aria_label="Page",
        ),
        class_="viewer",
        id="viewer",
        aria_label="Document pages",
    )


def picking_html() -> Html:
    """What can be done with a passage, while one is being selected (assets/passages.js)."""
    uses = {
        "summarize": "Summarize this passage", "ask": "Ask about this", "global": "Give it global attention",
    }
    return element(
        "div",
        element("p", id="picking-said", role="status", aria_live="polite"),
        element("p", "No sentence could be read on this page.", id="picking-none", hidden=True),
        *(
            element("button", words, type="button", class_="button quiet", data_use=name, disabled=True)
            for name, words in uses.items()
        ),
        element("button", "Cancel", type="button", class_="button quiet", id="picking-close"),
        class_="picking",
        id="picking",
        hidden=True,
        role="group",
        aria_label="Passage",
    )


def build_viewer() -> gr.HTML:
    """The viewer as a component."""
    return gr.HTML(
        viewer_html(), elem_id="viewer-region", js_on_load=None, padding=False, apply_default_css=False
    )

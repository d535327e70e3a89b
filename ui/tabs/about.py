"""About: what this program promises, its keys, its licence."""

from __future__ import annotations

import gradio as gr

from ui.about import data_view
from ui.html import Html, element
from ui.tabs.regions import region

KEYS = [
    ("Ctrl or \N{PLACE OF INTEREST SIGN} + Enter", "summarize, or ask the question that is being written"),
    ("Esc", "stop what runs"),
    ("\N{LEFTWARDS ARROW} \N{RIGHTWARDS ARROW}", "turn the page"),
    ("/", "search the library"),
    ("?", "this list"),
]


HOSTED = (
    "This page is a shared demonstration, deleted by the hour. On your own computer Precis works "
    "without a network and keeps your library for as long as you want.",
)
OFFLINE = (
    "This program makes no connection to any other computer: not for fonts, not for statistics, "
    "not for models. Anything in it that tries is refused and written down; ",
    element("span", "python app.py doctor", class_="code"),
    " shows the list.",
)
EXPECT = (
    "A summary is made of the document's own sentences. An answer is a passage of the document with "
    "the estimated probability that it is right; when the document does not seem to say, Precis says "
    "so. Both can be wrong: the page is one click away."
)


def promises(*, hosted: bool = False) -> Html:
    """The words that never change."""
    keys = [part for key, does in KEYS for part in (element("dt", key), element("dd", does))]
    where = "this server" if hosted else "this computer"
    offline = ("Run it on your own computer", HOSTED) if hosted else ("Nothing leaves this computer", OFFLINE)
    return element(
        "article",
        element("h2", "About Precis"),
        element(
            "p",
            f"Precis reads long documents on {where}, summarises them and answers questions about them, "
            "and shows the page behind every sentence it says.",
        ),
        element("h3", offline[0]),
        element("p", *offline[1]),
        element("h3", "What to expect"),
        element("p", EXPECT),
        element("h3", "Keys"),
        element("dl", *keys, class_="facts keys"),
        class_="prose",
    )


def build_about(*, hosted: bool = False) -> gr.HTML:
    """The screen; what a hosted demo keeps stands here, elsewhere there are the settings for it."""
    with gr.Column(elem_id="screen-about", elem_classes="screen"):
        gr.HTML(promises(hosted=hosted), js_on_load=None, padding=False, apply_default_css=False)
        kept = region("kept", "forget", value=data_view() if hosted else "")
        gr.HTML(
            element(
                "article",
                element("h3", "Licence"),
                element("p", "AGPL-3.0-or-later. The source comes with this program."),
                class_="prose",
            ),
            js_on_load=None,
            padding=False,
            apply_default_css=False,
        )
        return kept

"""What stands above the cards of the library: which to show and in what order, and what can be done
with those that were chosen. assets/library.js does the showing and choosing, without the server.
"""

from __future__ import annotations

from ui.html import Html, element, join
from ui.lists import TRASH
from ui.pieces import act, icon

MOST_TOGETHER = 20
KINDS = {
    "": "All kinds",
    "pdf": "PDF",
    "txt": "Text",
    "md": "Markdown",
    "html": "HTML",
    "epub": "EPUB",
    "docx": "Word",
}
STATES = {
    "": "In any state",
    "summarised": "Summarised",
    "not-summarised": "Not summarised",
    "partly": "Partly readable",
    "no-text": "Pages without text",
    "failed": "Pages that failed",
}
DAYS = {"": "Added any time", "1": "Added today", "7": "In the last 7 days", "30": "In the last 30 days"}
ORDERS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "By title",
    "largest": "Largest first",
    "longest": "Most pages first",
}


def filters_view() -> Html:
    """Four choices and how many documents they leave."""
    choices = [
        ("kind", "Kind", KINDS),
        ("state", "State", STATES),
        ("days", "Added", DAYS),
        ("order", "Order", ORDERS),
    ]
    none = element(
        "div",
        element("h3", "No document is like this"),
        element("p", "The library has documents, but none that all these choices leave."),
        element("button", "Show all", type="button", class_="button", data_go="show-all"),
        class_="note quiet",
        id="none-shown",
        hidden=True,
    )
    return join(
        [
            element(
                "div",
                *(_choice(*one) for one in choices),
                element("span", class_="faint", id="shown-count", role="status"),
                class_="filters",
                role="group",
                aria_label="Show and sort",
            ),
            none,
        ]
    )


def _choice(name: str, label: str, options: dict[str, str]) -> Html:
    items = [element("option", words, value=value) for value, words in options.items()]
    return element("select", *items, name=name, class_="choice", aria_label=label)


def chosen_view() -> Html:
    """What can be done with the chosen documents; hidden while there are none."""
    return element(
        "div",
        element("strong", id="chosen-count", role="status"),
        act("together", "Ask or summarize together", class_="button", data_chosen=""),
        act("delete", icon(TRASH), "Delete", class_="button danger", data_chosen=""),
        element("button", "Choose all shown", type="button", class_="button quiet", data_go="choose-all"),
        element("button", "Choose none", type="button", class_="button quiet", data_go="choose-none"),
        class_="chosen",
        role="group",
        aria_label="Chosen documents",
        data_most=MOST_TOGETHER,
    )

"""Several documents at once: the screen, and what happens when something on it is used."""

from __future__ import annotations

import re
from dataclasses import dataclass

import gradio as gr

from engine.errors import PrecisError
from engine.types import MOST_QUESTION_CHARS
from ui.gathered import documents_view, gathered_view
from ui.tabs.frame import Update, document_ids, guarded, place
from ui.tabs.page import Page
from ui.tabs.regions import region
from ui.tabs.workspace import LENGTHS
from ui.together import ask, chosen_rows, gathered, summarize


@dataclass(frozen=True)
class Several:
    """The components of this screen."""

    documents: gr.HTML
    question: gr.Textbox
    ask: gr.Button
    length: gr.Radio
    run: gr.Button
    gathered: gr.HTML


def read_chosen(value: object) -> tuple[str, ...]:
    """The documents that a browser remembers; it may send anything."""
    values = value if isinstance(value, list) else []
    return tuple(one for one in values[:100] if isinstance(one, str) and re.fullmatch("[0-9a-f]{64}", one))


class Together:
    """The handlers, beside those of one document."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions, self.regions = page, page.actions, page.regions

    def show(self, owner: str, chosen: tuple[str, ...]) -> Update:
        """The parts of the page that are about these documents; those deleted meanwhile are left out."""
        left = self._left(owner, chosen)
        if not left:
            return {self.regions.together: documents_view(()), self.regions.gathered: ""}
        return {
            self.regions.together: documents_view(chosen_rows(self.actions, owner, left)),
            self.regions.gathered: gathered_view(gathered(self.actions, owner, left, chosen=chosen)),
        }

    def _left(self, owner: str, chosen: tuple[str, ...]) -> tuple[str, ...]:
        known = {row.id for row in self.actions.documents(owner)}
        return tuple(one for one in chosen if one in known)

    def load(self, chosen: object, request: gr.Request) -> Update:
        """A page was opened or reloaded: show what was chosen in it last. What is wrong with the address
        is said by the page's own handler, whose words stay."""
        try:
            return self.show(self.page.owner(request), read_chosen(chosen))
        except PrecisError:
            return {self.regions.together: documents_view(()), self.regions.gathered: ""}

    @guarded
    def choose(self, event: gr.EventData, request: gr.Request) -> Update:
        """Show what can be asked of the chosen documents."""
        owner, chosen = self.page.owner(request), document_ids(event)
        chosen_rows(self.actions, owner, chosen)
        return {
            **self.show(owner, chosen),
            self.regions.chosen: list(chosen),
            self.regions.place: place("together"),
        }

    @guarded
    def ask(self, chosen: object, question: str, request: gr.Request) -> Update:
        """Queue a question to each of the documents that are left."""
        owner, ids = self.page.owner(request), read_chosen(chosen)
        ask(self.actions, owner, self._left(owner, ids), question, chosen=ids)
        return {**self.show(owner, ids), self.regions.put: ""}

    @guarded
    def summarize(self, chosen: object, length: str, request: gr.Request) -> Update:
        """Queue a summary of each of the documents that are left."""
        owner, ids = self.page.owner(request), read_chosen(chosen)
        summarize(self.actions, owner, self._left(owner, ids), length, chosen=ids)
        return self.show(owner, ids)


def build_several() -> Several:
    """The screen."""
    with gr.Column(elem_id="screen-together", elem_classes="screen"):
        documents = region("together", "open", value=documents_view(()))
        with gr.Row(elem_classes="run-row only-set"):
            question = gr.Textbox(
                label="Your question to all of them",
                placeholder="What do you want to know?",
                max_lines=4,
                max_length=MOST_QUESTION_CHARS,
                elem_id="question-set",
                scale=3,
                min_width=200,
            )
            put = gr.Button("Ask all", variant="primary", elem_id="put", scale=1, min_width=100)
        with gr.Row(elem_classes="run-row only-set"):
            length = gr.Radio(LENGTHS, value="short", label="Length", elem_id="length-set", scale=3)
            run = gr.Button("Summarize each", elem_id="summarize-set", scale=1, min_width=140)
        results = region("gathered", "open", "stop", "resume")
    return Several(documents, question, put, length, run, results)

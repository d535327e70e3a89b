"""The parts of the page that handlers write to, and how a part sends its verbs to the server.

A region is a `gr.HTML` with a constant template: its value is HTML that ui/render.py or
ui/lists.py made, already escaped. A click on a control with `data-act="verb"` triggers the
event `verb` with the control's other data attributes, and what is written in the fields beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import gradio as gr

from ui.pieces import dismiss

SEND = """
const verbs = [%s];
element.addEventListener('click', (event) => {
  const control = event.target.closest('[data-act]');
  if (!control || !verbs.includes(control.dataset.act)) return;
  const data = {...control.dataset};
  for (const field of control.closest('.fields')?.querySelectorAll('input[name]') || []) {
    data[field.name] = field.value;
    if (field.type === 'password') field.value = '';
  }
  trigger(control.dataset.act, data);
});
"""
EMPTY = "document.addEventListener('precis-next', () => { if (props.value) props.value = ''; });"


def region(name: str, *verbs: str, value: str = "", after: str = "", script: str | None = None) -> gr.HTML:
    """An empty region that sends these verbs, or has a script of its own; `after` is HTML that always
    stands behind its value."""
    return gr.HTML(
        value,
        html_template="${value}" + after,
        elem_id=name,
        js_on_load=sends(*verbs) if verbs else script,
        padding=False,
        apply_default_css=False,
    )


def said() -> gr.HTML:
    """The region of messages, which the page empties itself before the next thing is done."""
    return region("message", after=dismiss(), script=EMPTY)


def sends(*verbs: str) -> str:
    """The script that triggers these verbs."""
    return SEND % ", ".join(f"'{verb}'" for verb in verbs)


@dataclass(frozen=True)
class Regions:
    """Everything that a handler may change."""

    place: gr.HTML  # which screen, document and page; assets/precis.js obeys it
    chosen: gr.BrowserState  # the documents of the screen "together"
    memory: gr.BrowserState  # {"document": id or None, "follow": job or None}
    message: gr.HTML  # what went wrong, or was done; assets/message.js takes it away
    deleted: gr.HTML  # what can be brought back; stays while other things are done
    bar: gr.HTML
    adding: gr.HTML
    library: gr.HTML
    hits: gr.HTML
    header: gr.HTML
    summary: gr.HTML
    compared: gr.HTML
    sections: gr.HTML
    preflight: gr.HTML
    part: gr.Textbox
    placement: gr.Radio
    picked: gr.Textbox
    ask_part: gr.Textbox
    suggested: gr.HTML
    answers: gr.HTML
    insights: gr.HTML
    details: gr.HTML
    jobs: gr.HTML
    together: gr.HTML
    gathered: gr.HTML
    put: gr.Textbox
    pasted: gr.Textbox
    question: gr.Textbox
    query: gr.Textbox

    def all(self) -> list[Any]:
        """The components, as outputs of an event."""
        return [getattr(self, field.name) for field in fields(self)]

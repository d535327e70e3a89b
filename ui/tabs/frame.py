"""The frame of every handler: what an event says, what a verb refuses, where the page goes.

What a verb refuses is shown with its code in the message region, never as a raw exception.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, Protocol

import gradio as gr

from engine.errors import NotInLibrary, PrecisError
from ui.html import Html, element
from ui.pieces import failure
from ui.tabs.memory import Memory
from ui.tabs.regions import Regions
from ui.values import BadRequest

Update = dict[Any, Any]
MOST_AT_ONCE = 10_000  # documents


class HasRegions(Protocol):
    """What `guarded` needs of whoever has handlers."""

    regions: Regions


def guarded(handler: Callable[..., Update]) -> Callable[..., Update]:
    """Show what a verb refuses instead of failing. The one place where errors meet the page."""

    @functools.wraps(handler)
    def frame(self: HasRegions, *arguments: Any) -> Update:
        try:
            return handler(self, *arguments)
        except NotInLibrary as error:
            return {
                self.regions.message: failure(error.code, str(error)),
                self.regions.place: place("library"),
                self.regions.memory: Memory().kept(),  # else every look of the page asks for it again
            }
        except PrecisError as error:
            return {self.regions.message: failure(error.code, str(error))}

    return frame


def place(screen: str, **where: str | int | None) -> Html:
    """Tells assets/precis.js where to go. The stamp makes every order a new one."""
    return element(
        "span",
        data_screen=screen,
        data_stamp=time.monotonic_ns(),
        **{f"data_{name}": value for name, value in where.items()},
    )


def number(event: gr.EventData, name: str) -> int:
    """A whole number among the data of an event. Raises BadRequest."""
    return numbers(event, name)[0]


def numbers(event: gr.EventData, name: str) -> tuple[int, ...]:
    """Whole numbers among the data of an event, with commas between them. Raises BadRequest."""
    values = str((event._data or {}).get(name)).split(",")
    if len(values) > MOST_AT_ONCE or not all(value.isdecimal() and len(value) < 19 for value in values):
        raise BadRequest
    return tuple(map(int, values))


def document_id(event: gr.EventData) -> str:
    """The document an event is about. Raises BadRequest."""
    value = (event._data or {}).get("document")
    if not isinstance(value, str):
        raise BadRequest
    return value


def document_ids(event: gr.EventData) -> tuple[str, ...]:
    """The documents an event is about, one or several. Raises BadRequest."""
    value = (event._data or {}).get("documents")
    if value is None:
        return (document_id(event),)
    ids = tuple(dict.fromkeys(value.split(","))) if isinstance(value, str) else ()
    if not ids or len(ids) > MOST_AT_ONCE:
        raise BadRequest("Choose documents first.")
    return ids

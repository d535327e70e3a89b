"""Passwords of encrypted PDFs, and the field that asks for one.

A password lives in the memory of this process alone, so that the pages of a file that it opened
can be drawn: it is never written down, never logged, and given to nobody but the child process
that opens the file.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import timedelta

from ui.html import Html, element
from ui.pieces import act

MOST_KEPT = 200
MOST_CHARS = 500
KEPT_WORDS = "Precis keeps it in memory until it is closed, and writes it nowhere."


class Passwords:
    """By owner and document. Thread-safe; the oldest go first, and all after `kept_for`."""

    def __init__(self, kept_for: timedelta | None = None, clock: Callable[[], float] = time.monotonic):
        self._seconds = kept_for.total_seconds() if kept_for is not None else float("inf")
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, owner: str, document_id: str, password: str) -> None:
        """Remember a password."""
        with self._lock:
            self._kept.pop((owner, document_id), None)
            self._kept[owner, document_id] = self._clock(), password
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def get(self, owner: str, document_id: str) -> str:
        """The password; empty where none is known."""
        with self._lock:
            since, password = self._kept.get((owner, document_id), (0.0, ""))
            if password and self._clock() - since > self._seconds:
                del self._kept[owner, document_id]
                return ""
            return password

    def forget(self, owner: str, document_ids: Iterable[str] | None = None) -> None:
        """Drop those of an owner's documents, or all of an owner's."""
        gone = set(document_ids) if document_ids is not None else None
        with self._lock:
            for key in [key for key in self._kept if key[0] == owner and (gone is None or key[1] in gone)]:
                del self._kept[key]


def password_field(**about: str | int) -> Html:
    """A field for a password and the button that sends it, with what it is about: a job or a document."""
    return element(
        "div",
        element(
            "label",
            element("span", "Password"),
            element("input", type="password", name="password", value="", autocomplete="off"),
        ),
        act("unlock", "Open", class_="button", **{f"data_{name}": value for name, value in about.items()}),
        element("p", KEPT_WORDS, class_="faint"),
        class_="fields password",
        data_key="-".join(f"{name}-{value}" for name, value in about.items()),
    )

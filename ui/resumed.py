"""Windows of a job that was interrupted, with the mark of what they were computed by.

A window is of use only to the same model, settings and version; one that was kept before an update is
computed again, instead of standing among those of another model in one result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.types import Event, OnEvent, WindowDone


def of_key(key: str, windows: Mapping[int, bytes]) -> dict[int, bytes]:
    """The payloads that `marking` marked with this key, without their marks."""
    mark = _mark(key)
    return {
        index: payload[len(mark) :] for index, payload in windows.items() if payload.startswith(mark)
    }


def marking(key: str, on_event: OnEvent) -> OnEvent:
    """The same listener, to whom each finished window comes with the mark of a key before its payload."""
    mark = _mark(key)

    def told(event: Event) -> None:
        on_event(replace(event, payload=mark + event.payload) if isinstance(event, WindowDone) else event)

    return told


def _mark(key: str) -> bytes:
    return f"{key}\n".encode()

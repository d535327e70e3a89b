"""How much memory this program holds, and the most it held while something ran."""

from __future__ import annotations

import os
from pathlib import Path

from engine.types import Event, OnEvent

STATM = Path("/proc/self/statm")


def resident_bytes() -> int:
    """Bytes of memory in use now; 0 where the system does not say (all but Linux)."""
    try:
        return int(STATM.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


class Watermark:
    """A listener that hands every event on, and remembers the most memory it saw on the way."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self.peak = resident_bytes()

    def __call__(self, event: Event) -> None:
        """Hand it on."""
        self.peak = max(self.peak, resident_bytes())
        self._on_event(event)

"""Before a run, as escaped HTML: which part of the document is chosen, and what it will take."""

from __future__ import annotations

from engine.tasks.placement import AS_TRAINED
from engine.types import Document
from ui.html import Html, element, join
from ui.pieces import plural
from ui.placing import AHEAD, UNTRAINED
from ui.preflight import Preflight

HEADINGS_OFFERED = 200


def sections_view(document: Document) -> Html:
    """The outline as boxes to tick; nothing where there is no outline. What is ticked is written
    into the field above it (assets/sections.js)."""
    items = [
        element(
            "li",
            element(
                "label",
                element("input", type="checkbox", name="section", value=number),
                element("span", " ".join(heading.span.of(document.text).split())[:200]),
                element("span", f"p.\N{NO-BREAK SPACE}{heading.page}", class_="faint"),
            ),
            class_=f"level-{min(heading.level, 4)}",
        )
        for number, heading in enumerate(document.outline[:HEADINGS_OFFERED], 1)
    ]
    if not items:
        return Html("")
    return element("details", element("summary", "Choose sections"), element("ol", *items, class_="picker"))


def preflight_view(ahead: Preflight) -> Html:
    """One line: how much is to be read, where, and about how long it will take."""
    facts = [
        plural(ahead.n_pages, "page"),
        f"about {rounded(ahead.n_tokens):,} tokens in {plural(ahead.n_windows, 'window')}",
        {"cpu": "on the processor", "cuda": "on the graphics card"}.get(ahead.device, ahead.device),
        f"{ahead.n_bytes / 1e9:.1f} GB of memory",
        duration(ahead.seconds) + ("" if ahead.is_measured else " (a guess until the first run)"),
    ]
    facts.append(f"global attention on {AHEAD[ahead.placement]}")
    line = element("p", " \N{MIDDLE DOT} ".join(facts), class_="faint preflight", role="status")
    honest = None if ahead.placement == AS_TRAINED else element("p", UNTRAINED, class_="faint preflight")
    return join([line, honest])


def rounded(count: int) -> int:
    """Two significant digits: an estimate that looks like one."""
    size = int(10 ** max(0, len(str(count)) - 2))
    return int(round(count / size) * size)


def duration(seconds: float) -> str:
    """`about 40 s`, `about 3 min`."""
    if seconds < 1.5:
        return "about a second"
    if seconds < 90:
        return f"about {round(seconds)} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"

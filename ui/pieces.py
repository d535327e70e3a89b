"""Small views that the larger ones are made of: icons, buttons, notes, failures, progress."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.errors import PrecisError
from engine.types import Progress
from ui.html import Html, element

if TYPE_CHECKING:
    from ui.values import JobView


def icon(path: str) -> Html:
    """A 24 x 24 line drawing."""
    return element("svg", element("path", d=path), viewBox="0 0 24 24", class_="icon", aria_hidden="true")


CLOSE = "M6 6l12 12M18 6L6 18"
STOP = "M7 7h10v10H7z"


def note(title: str, words: str, *more: str, kind: str = "quiet") -> Html:
    """A card that says something instead of showing results: empty, failed, stopped."""
    return element("div", element("h3", title), element("p", words), *more, class_=f"note {kind}")


def failure(code: str, message: str, *more: str) -> Html:
    """What went wrong, in our own words, with the code to quote."""
    return element(
        "div",
        element("h3", "This did not work"),
        element("p", message),
        element("p", "Code: ", element("span", code, class_="code"), class_="faint"),
        *more,
        class_="note failed",
        role="alert",
    )


def refusals(refused: Sequence[tuple[str, PrecisError]]) -> Html:
    """Which files were refused, each with why."""
    items = [
        element("li", element("bdi", name), ": ", str(error), " ", element("span", error.code, class_="code"))
        for name, error in refused
    ]
    title = f"Not added: {plural(len(refused), 'file')}"
    return element("div", element("h3", title), element("ul", *items), class_="note failed", role="alert")


def dismiss() -> Html:
    """Closes what it stands in."""
    return act("close", icon(CLOSE), class_="button bare dismiss", aria_label="Close", title="Close")


def plural(count: int, word: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def page_ranges(pages: Sequence[int], dash: str = "\N{EN DASH}") -> str:
    """`1-3, 7` for 1, 2, 3, 7."""
    parts: list[list[int]] = []
    for page in pages:
        if parts and page == parts[-1][1] + 1:
            parts[-1][1] = page
        else:
            parts.append([page, page])
    return ", ".join(str(a) if a == b else f"{a}{dash}{b}" for a, b in parts)


def act(verb: str, *children: str, class_: str = "button", **data: str | int | float | bool | None) -> Html:
    """A button that does something on the server."""
    return element("button", *children, type="button", class_=class_, data_act=verb, **data)


def link(screen: str, *children: str, class_: str, label: str | None = None) -> Html:
    """A button that shows a screen; in the shell it also brings the screen up to date."""
    return element(
        "button",
        *children,
        type="button",
        class_=class_,
        data_go="screen",
        data_screen=screen,
        data_act=screen,
        aria_label=label,
    )


def progress_words(progress: Progress | None) -> str:
    """`Reading page 3 of 12`."""
    if progress is None:
        return "Starting"
    if not progress.total or not progress.done:
        return progress.phase
    unit = f" {progress.unit}" if progress.unit else ""
    return f"{progress.phase}{unit} {progress.done} of {progress.total}"


def meter(progress: Progress | None) -> Html:
    """A progress bar; without a known end it moves but claims nothing."""
    label = progress_words(progress)
    if progress is None or not progress.total:
        return element("progress", aria_label=label)
    return element("progress", value=progress.done, max=progress.total, aria_label=label)


def time_left(seconds: float | None) -> str:
    """`about 40 s left`, rounded so that it does not jump; nothing where it is not known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return f"about {max(5, 5 * round(seconds / 5))} s left"
    return (
        f"about {round(seconds / 60)} min left" if seconds < 5400 else f"about {round(seconds / 3600)} h left"
    )


def under_way(view: JobView, words: str) -> Html:
    """A job that runs: what it does, how far it is, how long it may take, Stop."""
    left = time_left(view.seconds_left)
    return element(
        "div",
        element("span", words, f" \N{MIDDLE DOT} {left}" if left else None, class_="phase"),
        meter(view.story.progress),
        act("stop", icon(STOP), "Stop", class_="button quiet", data_job=view.row.id),
        class_="running",
        role="status",
    )

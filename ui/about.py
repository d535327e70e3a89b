"""What is on this computer, as escaped HTML: its models, its settings, what is kept, and how it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.types import ModelInfo
from ui.html import Html, element, join
from ui.languages import name_of
from ui.lists import size
from ui.pieces import act

if TYPE_CHECKING:
    from storage.rows import Sizes

TASKS = {"summarize": "summaries", "answer": "answers"}
THEMES = {"system": "As the system", "light": "Light", "dark": "Dark"}
LARGER = (
    "The models above came with this program. It fetches no others: nothing here asks the network. A "
    "published LongT5, LED or Longformer checkpoint that lies on this computer can be tried in the terminal:"
)
TRY = "python app.py predict --task summarize --model DIR --file paper.txt"
AT_START = "Device and threads are chosen when Precis starts. To choose others, start it as"
CHOICES = "PRECIS_DEVICE=cpu PRECIS_THREADS=4 python app.py"


# ------------------------------------------------------------------- models


def models_view(models: Sequence[ModelInfo], speeds: Mapping[str, float], device_reason: str) -> Html:
    """The models on this computer, how fast they were here, and how others can be tried."""
    defaults = {task: next((m.name for m in models if task in m.tasks), "") for task in TASKS}
    cards = [_model(model, speeds.get(model.name), defaults) for model in models]
    none = element("p", "No model came with this copy. Clone or install Precis again.")
    listed = element("ul", *cards, class_="models") if cards else none
    return join(
        [
            element("h2", "Models"),
            listed,
            element("h3", "Computed on"),
            element("p", device_reason),
            element("h3", "Larger models"),
            element("p", LARGER),
            element("p", TRY, class_="code command"),
        ]
    )


def _model(model: ModelInfo, speed: float | None, defaults: Mapping[str, str]) -> Html:
    state = ("verified", "badge good") if model.verified else ("missing or changed", "badge warn")
    used = [words for task, words in TASKS.items() if defaults[task] == model.name]
    facts = [
        ("Makes", " and ".join(TASKS[task] for task in model.tasks)),
        ("Used for", " and ".join(used) or "nothing unless it is named"),
        ("Kind", f"{model.family}, {model.quantization}"),
        ("Size", size(model.n_bytes)),
        ("Languages", ", ".join(map(name_of, model.languages))),
        ("Longest input at once", f"{model.max_tokens:,} tokens; longer documents are read in windows"),
        ("Licence", model.licence),
        ("Speed here", f"{speed:,.0f} tokens a second" if speed else "not measured yet: make a summary"),
        ("SHA-256", element("span", model.sha256, class_="code")),
    ]
    parts = [part for name, value in facts for part in (element("dt", name), element("dd", value))]
    return element(
        "li",
        element("h3", model.name, " ", element("span", state[0], class_=state[1])),
        element("dl", *parts, class_="facts"),
    )


# ----------------------------------------------------------------- settings


def settings_view(sizes: Sizes, data_dir: Path, device_reason: str, *, opens_browser: bool) -> Html:
    """How it looks, how it starts, where it computes, what it keeps, what it consists of."""
    themes = [
        element(
            "button", words, type="button", class_="button", data_go="theme-of", data_theme=name,
            aria_pressed="false",
        )
        for name, words in THEMES.items()
    ]
    start = act(
        "startup",
        element("span", class_="knob"),
        "Open the browser when Precis starts",
        class_="switch",
        role="switch",
        aria_checked="true" if opens_browser else "false",
    )
    return join(
        [
            element("h2", "Settings"),
            element("h3", "Light or dark"),
            element("div", *themes, class_="tools themes", role="group", aria_label="Light or dark"),
            element("h3", "Start"),
            start,
            element("h3", "Computed on"),
            element("p", device_reason),
            element("p", AT_START, class_="faint"),
            element("p", CHOICES, class_="code command"),
            element("h3", "Kept on this computer"),
            _kept(sizes, data_dir),
            sure(),
            element("h3", "Diagnostics"),
            element("p", "Versions, device, models, folders. No document and no file name.", class_="faint"),
            act("diagnose", "Show diagnostics", class_="button quiet"),
        ]
    )


def _kept(sizes: Sizes, data_dir: Path) -> Html:
    facts = [
        ("Folder", element("span", str(data_dir), class_="code")),
        ("Documents", f"{sizes.n_documents:,}"),
        ("Original files", size(sizes.original_bytes)),
        ("Database", size(sizes.database_bytes)),
    ]
    parts = [part for name, value in facts for part in (element("dt", name), element("dd", value))]
    return element("dl", *parts, class_="facts")


def diagnostics_view(report: Mapping[str, str | list[str]]) -> Html:
    """What can be sent to somebody who helps."""
    lines = []
    for name, value in report.items():
        values = value if isinstance(value, list) else [value]
        lines += [f"{name}: {values[0] if values else 'none'}", *(f"    {more}" for more in values[1:])]
    look = {"type": "button", "class_": "button quiet", "data_go": "copy-text"}
    copy = element("button", "Copy", data_from="diagnostics-text", **look)
    return join([element("div", "\n".join(lines), class_="code plain", id="diagnostics-text"), copy])


# --------------------------------------------------------------- what is kept


def data_view() -> Html:
    """What a hosted demo keeps, and the way to delete all of it."""
    words = "Documents are deleted an hour after they were added."
    return join([element("h3", "Your documents"), element("p", words), sure()])


def sure() -> Html:
    """Delete everything, behind a second click."""
    return element(
        "details",
        element("summary", "Delete everything"),
        element("p", "All documents, summaries, answers and jobs go for good. This cannot be undone."),
        act("forget", "Delete everything now", class_="button danger"),
    )



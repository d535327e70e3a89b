"""Draw the attention patterns of docs/MODELS.md from their definitions.

    python tools/pictures.py          writes the pictures of the page anew

A picture stands in a fence whose first line says what it shows:

    ```window radius=1 global=g..-          engine/attention/reference.py: window_allowed
    ```blocks radius=1 block=2 valid=11111-  near_allowed, then side_allowed over place_global

A test compares the page with what this draws.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch
from torch import Tensor

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "MODELS.md"
FENCE = re.compile(r"```(window|blocks) ([^\n]*)\n.*?```", re.DOTALL)


def draw_window(radius: int, marks: str) -> list[str]:
    """Longformer's pattern; `marks` has g for a global token and - for padding."""
    from engine.attention.reference import window_allowed

    valid = torch.tensor([[mark != "-" for mark in marks]])
    is_global = torch.tensor([[mark == "g" for mark in marks]])
    return rows_of(window_allowed(valid, is_global, radius)[0])


def draw_blocks(radius: int, block: int, marks: str) -> list[str]:
    """LongT5's pattern: the tokens near by, then the side tokens; `marks` has 1 for real tokens."""
    from engine.attention.reference import near_allowed, side_allowed
    from engine.models.longt5 import place_global

    valid = torch.tensor([[mark == "1" for mark in marks]])
    ids, n_side = place_global(valid, block), len(marks) // block
    near, side = rows_of(near_allowed(valid, radius)[0]), rows_of(side_allowed(ids, n_side)[0])
    names = ["-" if one < 0 else str(one) for one in ids[0].tolist()]
    rows = zip(near, side, names, strict=True)
    return [f"{left}  |  {right}    block {name}" for left, right, name in rows]


def rows_of(allowed: Tensor) -> list[str]:
    """1 where one may look, a dot where not."""
    return [" ".join("1" if seen else "." for seen in row) for row in allowed.tolist()]


def redraw(page: str) -> str:
    """The page with every picture drawn anew."""

    def picture(fence: re.Match[str]) -> str:
        kind, words = fence.groups()
        values = dict(word.split("=") for word in words.split())
        if kind == "window":
            rows = draw_window(int(values["radius"]), values["global"])
        else:
            rows = draw_blocks(int(values["radius"]), int(values["block"]), values["valid"])
        return "\n".join([f"```{kind} {words}", *rows, "```"])

    return FENCE.sub(picture, page)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(redraw(PAGE.read_text("utf-8")), "utf-8")

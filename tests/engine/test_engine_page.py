"""docs/ENGINE.md runs from top to bottom, in one Python, in an empty folder."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ENGINE.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
CLASSES = re.compile(r"^class ((?:Longformer|LED|LongT5)(?:Model|EncoderModel|For\w+))\(", re.MULTILINE)


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, block in enumerate(BLOCKS):
        first = PAGE[: PAGE.index(block)].count("\n")
        exec(compile("\n" * first + block, f"docs/ENGINE.md, block {number}", "exec"), names)


def test_every_class_is_shown() -> None:
    for path in (ROOT / "engine" / "models").glob("*.py"):
        for name in CLASSES.findall(path.read_text("utf-8")):
            assert any(f"{name}(" in block for block in BLOCKS), name

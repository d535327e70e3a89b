"""docs/MODELS.md is held to the code: its pictures, its names, and every deviation."""

import re
from pathlib import Path

import pytest
import torch

from engine.attention.reference import window_allowed

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "MODELS.md").read_text("utf-8")
FOLDERS = ("attention", "models", "decode")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / "engine" / folder).glob("*.py"))
MARK = re.compile(r"Deviation: (.*?[.:;(])(?:\s|$|\"|[a-z])", re.DOTALL)


def plain(text: str) -> str:
    """Words alone, so that line breaks and comment marks do not count."""
    return re.sub(r"[\s#*\"]+", " ", text).strip()


def deviations() -> list[tuple[str, str]]:
    """The first sentence, or part of one, of each `Deviation:` in the code."""
    found = []
    for path in SOURCES:
        for match in MARK.finditer(path.read_text("utf-8")):
            found.append((path.name, plain(match.group(1)).rstrip(".:;( ")))
    return found


def test_the_code_marks_deviations() -> None:
    assert len(deviations()) >= 5


@pytest.mark.parametrize("file, sentence", deviations())
def test_every_deviation_is_listed(file: str, sentence: str) -> None:
    assert sentence.casefold() in plain(PAGE).casefold(), f"{file}: {sentence}"


PICTURES = re.findall(r"```window radius=(\d+) global=([g.-]+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("radius, marks, picture", PICTURES)
def test_pictures_are_what_the_definition_says(radius: str, marks: str, picture: str) -> None:
    valid = torch.tensor([[mark != "-" for mark in marks]])
    is_global = torch.tensor([[mark == "g" for mark in marks]])
    allowed = window_allowed(valid, is_global, int(radius))[0]
    drawn = "\n".join(" ".join("1" if seen else "." for seen in row) for row in allowed)
    assert drawn == picture.strip()


def test_there_are_pictures() -> None:
    assert len(PICTURES) >= 3


def test_names_in_the_tables_exist() -> None:
    """A name in code marks that looks like one of ours stands in a source file."""
    code = "\n".join(path.read_text("utf-8") for path in SOURCES)
    rows = [line.split("|")[2] for line in PAGE.splitlines() if line.startswith("|") and "---" not in line]
    names = {
        name
        for quoted in re.findall(r"`([^`]+)`", "".join(rows))
        for name in re.findall(r"\b(?:[A-Z]\w+|[a-z]+_\w+|_\w+)\b", quoted.split(": ")[-1])
    }
    assert len(names) > 20
    assert not {name for name in names if name not in code}

"""The sample in assets/ says what its source says, and reads as a paper should."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def sample(reader):
    return reader.read(ROOT / "assets" / "sample.pdf")


@pytest.fixture(scope="module")
def source():
    return (ROOT / "tools" / "sample.md").read_text("utf-8")


def test_every_paragraph_is_there_in_order(sample, source):
    wanted = [re.sub(r"^#+ ", "", paragraph) for paragraph in source.strip().split("\n\n")]
    place = 0
    for paragraph in wanted:
        place = sample.text.find(paragraph, place)
        assert place >= 0, paragraph[:60]


def test_its_parts_are_recognised(sample, source):
    headings = re.findall(r"^###? (.+)$", source, re.MULTILINE)
    assert [heading.span.of(sample.text) for heading in sample.outline] == headings
    levels = {h.span.of(sample.text): h.level for h in sample.outline}
    assert (levels["4 Results"], levels["4.2 Tides"]) == (1, 2)
    assert sample.status == "ok" and 4 <= len(sample.pages) <= 6
    assert sample.title.startswith("What a Harbour Remembers")
    assert sum(sentence.kind == "reference" for sentence in sample.sentences) == 5
    assert sample.text.count("What a Harbour Remembers") == 1, "running heads are gone"

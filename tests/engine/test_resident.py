"""How much memory the program holds while something runs."""

import os
import sys

import pytest

from engine import resident
from engine.resident import Watermark, resident_bytes
from engine.types import Progress


def test_the_most_is_remembered_and_events_are_handed_on(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """From what the system says at each event: what it really says moves by itself, as the system takes
    back memory that nobody looks at."""
    said, page = tmp_path / "statm", os.sysconf("SC_PAGE_SIZE")
    monkeypatch.setattr(resident, "STATM", said)
    said.write_text("90 10 3 4 0 60 0")
    heard: list[Progress] = []
    watch = Watermark(heard.append)
    assert watch.peak == 10 * page
    for done, n_pages in ((1, 70), (2, 20)):
        said.write_text(f"90 {n_pages} 3 4 0 60 0")
        watch(Progress("Reading", done, 2))
    assert watch.peak == 70 * page and [event.done for event in heard] == [1, 2]
    assert resident_bytes() == 20 * page


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it without a library")
def test_a_running_program_holds_some_memory() -> None:
    assert 2**20 < resident_bytes() < 2**40


def test_where_the_system_does_not_say_it_is_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(resident, "STATM", tmp_path / "none")
    assert resident_bytes() == 0

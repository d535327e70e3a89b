"""How much memory the program holds while something runs."""

import sys

import pytest

from engine import resident
from engine.resident import Watermark, resident_bytes
from engine.types import Progress


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it without a library")
def test_the_most_is_remembered_and_events_are_handed_on() -> None:
    heard = []
    watch = Watermark(heard.append)
    before = watch.peak
    held = bytearray(64 * 2**20)
    held[::4096] = b"x" * len(held[::4096])
    watch(Progress("Reading", 1, 2))
    del held
    watch(Progress("Reading", 2, 2))
    assert watch.peak - before > 48 * 2**20 and [event.done for event in heard] == [1, 2]
    assert 0 < resident_bytes() < watch.peak


def test_where_the_system_does_not_say_it_is_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(resident, "STATM", tmp_path / "none")
    assert resident_bytes() == 0

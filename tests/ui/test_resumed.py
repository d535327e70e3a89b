"""Kept windows count only for what they were computed by."""

from engine.types import Progress, WindowDone
from ui.resumed import marking, of_key


def test_windows_come_back_to_their_own_key_alone() -> None:
    told = []
    listener = marking("a1", told.append)
    listener(Progress("Reading", 0, 2))
    listener(WindowDone(0, 2, b"\x00one"))
    listener(WindowDone(1, 2, b""))
    assert told[0] == Progress("Reading", 0, 2), "what is no window passes as it is"
    kept = {event.index: event.payload for event in told[1:]}
    assert of_key("a1", kept) == {0: b"\x00one", 1: b""}
    assert of_key("a", kept) == of_key("a12", kept) == of_key("b1", kept) == {}


def test_windows_kept_by_an_older_version_are_computed_again() -> None:
    assert of_key("a1", {0: b"[]", 1: b"a1"}) == {}

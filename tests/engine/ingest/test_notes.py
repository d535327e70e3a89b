"""Marks of notes behind the end of a sentence."""

import pytest

from engine.ingest.notes import without_notes


@pytest.mark.parametrize("sentence, wanted", [
    ("It was founded in 1850.[3]", "It was founded in 1850."),
    ("It grew fast.[4][5] ", "It grew fast."),
    ("Mortality fell.12,13", "Mortality fell."),
    ("the rate (of all).3", "the rate (of all)."),
    ("\u201cgreat charm.\u201d[^4]", "\u201cgreat charm.\u201d"),
    ("It rose by 3.5", "It rose by 3.5"),
    ("as in version 2.12", "as in version 2.12"),
    ("We refer to [12]", "We refer to [12]"),
    ("We refer to [12].", "We refer to [12]."),
    ("", ""),
])
def test_only_what_stands_behind_a_full_stop_goes(sentence, wanted):
    assert without_notes(sentence) == wanted

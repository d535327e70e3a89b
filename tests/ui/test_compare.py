"""Two summaries side by side."""

import dataclasses

from engine.types import Run, Summary, SummarySentence
from ui.compare import compare_view, name_of

RUN = Run("summarize", "d", "m", "0", "int8", "cpu", {"length": "short"}, "", 1, 1, 9, 3, (), (), "0", 2.0)


def make(*sentences: str, **run) -> Summary:
    said = tuple(SummarySentence(text, 1.0, ()) for text in sentences)
    return Summary(said, dataclasses.replace(RUN, **run))


def test_only_words_that_differ_are_marked() -> None:
    view = compare_view(make("The bell rang."), make("The bell rang.", "Nobody came."))
    assert view.count("<mark>") == 1 and "<mark>Nobody came.</mark>" in view
    assert "75 % of the words" in view


def test_equal_summaries_have_no_mark_and_hostile_words_stay_words() -> None:
    hostile = make("<script>x</script> ${y}")
    view = compare_view(hostile, hostile)
    assert "<mark>" not in view and "<script>" not in view and "100 % of the words" in view
    assert "<script>" not in compare_view(hostile, make("Else."))


def test_a_part_is_said() -> None:
    assert name_of(make("x", options={"length": "line", "scope": "0-9"})) == "One line of a part"

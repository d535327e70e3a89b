"""Two summaries side by side."""

import dataclasses
from datetime import UTC, datetime

import pytest

from engine.types import Document, Heading, Page, Run, Span, Summary, SummarySentence
from storage.rows import SavedSummary
from ui.compare import abstract_of, as_csv, name_of
from ui.compare import compare_view as view_of

TEXT = "Title\nAbstract\nThe bell rang at noon.\nResults\nNobody came."
DOCUMENT = Document(
    "d" * 64, "T", TEXT, (Page(1, 9, 9, Span(0, len(TEXT))),),
    outline=(Heading(Span(6, 14), 1), Heading(Span(38, 45), 1)),
)

RUN = Run("summarize", "d", "m", "0", "int8", "cpu", {"length": "short"}, "", 1, 1, 9, 3, (), (), "0", 2.0)


def make(*sentences: str, **run) -> Summary:
    said = tuple(SummarySentence(text, 1.0, ()) for text in sentences)
    return Summary(said, dataclasses.replace(RUN, **run))


def compare_view(one: Summary, other: Summary, document: Document = DOCUMENT, reference: str = "") -> str:
    now = datetime.now(UTC)
    return view_of(SavedSummary(1, now, one), SavedSummary(2, now, other), document, reference)


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


def test_both_are_measured_by_the_abstract_or_by_what_was_pasted() -> None:
    one, other = make("The bell rang at noon."), make("Nobody came.")
    assert abstract_of(DOCUMENT) == "The bell rang at noon."
    by_abstract = compare_view(one, other)
    assert "ROUGE against the abstract" in by_abstract and "100.0 / 100.0 / 100.0" in by_abstract
    pasted = compare_view(one, other, reference="Nobody came at <noon>.")
    assert "against your reference" in pasted and "<noon>" not in pasted
    plain = dataclasses.replace(DOCUMENT, outline=())
    assert "ROUGE against" not in compare_view(one, other, plain)
    rows = as_csv(one, other, DOCUMENT).splitlines()
    assert rows[0] == ",Short summary,Short summary"
    assert rows[1].endswith("100.0 / 100.0 / 100.0,0.0 / 0.0 / 0.0")


def test_the_scores_are_those_of_the_published_library() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer")
    from engine.tasks import rouge

    one = "the keeper lit the lamp and the keeper slept until the storm came"
    two = "when the storm came the keeper slept and nobody lit the lamp"
    wanted = scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=False).score(two, one)
    got = (*rouge.rouge_n(rouge.words_of(one), rouge.words_of(two)),)
    got = (*got, rouge.rouge_l(rouge.words_of(one), rouge.words_of(two)))
    assert got == pytest.approx([100 * value.fmeasure for value in wanted.values()])

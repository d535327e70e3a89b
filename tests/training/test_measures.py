"""What the tables are made of: ROUGE against the published package, calibration error, intervals."""

import pytest
from rouge_score.rouge_scorer import RougeScorer

from training.extracts import rouge, rouge_l
from training.reliability import bins, calibration_error, draw

PAIRS = [
    ("the cat sat on the mat", "a cat was sitting on the mat"),
    ("Nothing here is shared.", "quite other words stand there"),
    ("one two three four five six", "six five four three two one"),
    ("rivers flow to the sea and ships sail", "the ships sailed to sea on the flowing river"),
]


@pytest.mark.parametrize("candidate, summary", PAIRS)
def test_rouge_equals_the_published_package(candidate: str, summary: str) -> None:
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    wanted = [100 * one.fmeasure for one in scorer.score(summary, candidate).values()]
    assert [*rouge(candidate, summary), rouge_l(candidate, summary)] == pytest.approx(wanted)


def test_calibration_error_is_the_gap_between_claims_and_truth() -> None:
    assert calibration_error(bins([0.9] * 10, [True] * 9 + [False])) == pytest.approx(0.0)
    assert calibration_error(bins([0.9] * 10, [True] * 5 + [False] * 5)) == pytest.approx(0.4)


def test_a_reliability_diagram_has_a_dot_for_each_bin_that_holds_something() -> None:
    found = bins([0.05, 0.15, 0.18, 0.95, 1.0], [False, True, False, True, True])
    assert [(one.n, one.true) for one in found] == [(1, 0.0), (2, 0.5), (2, 1.0)]
    assert found[1].claimed == pytest.approx(0.165)
    picture = draw(found)
    assert picture.count("<circle") == 3 and picture.startswith("<svg") and "error 0.1" in picture
    assert bins([], []) == [] and calibration_error([]) == 0.0 and "<circle" not in draw([])

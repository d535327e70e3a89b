"""What the tables are made of: ROUGE against the published package, calibration error, intervals."""

import pytest
from rouge_score.rouge_scorer import RougeScorer

from training.calibrate import calibration_error
from training.extracts import rouge, rouge_l

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
    assert calibration_error([0.9] * 10, [True] * 9 + [False]) == pytest.approx(0.0)
    assert calibration_error([0.9] * 10, [True] * 5 + [False] * 5) == pytest.approx(0.4)

"""Fit what scores mean, on validation documents: `calibration.json`.

Two logistic regressions: one over the features of every candidate ("does this span answer?"), which
weighs the candidates of all windows against one another; and one over the best score of each
document, once for "the answer is right" and once for "there is none". The threshold is the score
above which giving the answer is right more often than saying that there is none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from engine.tasks.answer import NOTHING
from engine.tasks.reader import Calibration
from training.whole import Judged

RIGHT = 0.5  # F1 from which an answer counts as right
Numbers = npt.NDArray[np.float64]


def fit(judged: Sequence[Judged]) -> Calibration:
    """A calibration from documents that no training has seen."""
    features = np.array([row for one in judged for row in one.features])
    labels = np.array([value >= RIGHT for one in judged for value in one.quality])
    groups = np.array([number for number, one in enumerate(judged) for _ in one.features])
    counts = np.bincount(groups, minlength=len(judged))
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=2000)
    model.fit(features, labels, sample_weight=1 / counts[groups] ** 0.5)
    weights = model.coef_[0]
    best = np.array([_best(one, weights) for one in judged])
    right = np.array([_is_right(one, weights) for one in judged])
    absent = np.array([not one.asked.answers for one in judged])
    found, none = _logistic(best, right), _logistic(best, absent)
    return Calibration(tuple(weights.tolist()), found, none, _threshold(best, right, absent))


def _best(one: Judged, weights: Numbers) -> float:
    return float((np.array(one.features) @ weights).max()) if one.features else NOTHING


def _is_right(one: Judged, weights: Numbers) -> bool:
    return bool(one.features) and one.quality[int((np.array(one.features) @ weights).argmax())] >= RIGHT


def _logistic(scores: Numbers, labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    model = LogisticRegression(C=1e4, max_iter=2000).fit(scores[:, None], labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _threshold(best: Numbers, right: npt.NDArray[np.bool_], absent: npt.NDArray[np.bool_]) -> float:
    """The score that makes most statements true: right answers above it, no answers below."""
    choices = [*np.sort(best), float(best.max()) + 1]
    truths = [(right & (best >= at)).sum() + (absent & (best < at)).sum() for at in choices]
    top = [at for at, truth in zip(choices, truths, strict=True) if truth == max(truths)]
    return float(np.median(top))


def calibration_error(confidences: Sequence[float], truths: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error (Guo et al. 2017): over bins of equal width, the mean distance
    between what was claimed and what came true, weighed by the number of statements."""
    claimed, true = np.array(confidences), np.array(truths, dtype=float)
    place = np.minimum((claimed * bins).astype(int), bins - 1)
    parts = [np.flatnonzero(place == number) for number in range(bins)]
    return float(
        sum(len(part) * abs(claimed[part].mean() - true[part].mean()) for part in parts if len(part))
        / len(claimed)
    )

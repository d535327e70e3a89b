"""Fit what scores mean, on validation documents: `calibration.json`.

Two logistic regressions: one over the features of every candidate ("does this span answer?"), which
weighs the candidates of all windows against one another; and one over the best score of each
document, once for "the answer is right" and once for "there is none". The threshold is the score
where the two are equally likely.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression

from engine.tasks.answer import NOTHING
from engine.tasks.reader import Calibration, LoadedReader
from engine.text.tokenizer import WordPiece
from training.minilm import start_from_minilm
from training.whole import Judged, ask, read

SEED = 5
QUESTIONS = {
    "squad-dev": 200,
    "nq-qed": 52,
    "fairytaleqa": 100,
    "cuad": 48,
    "medquad": 60,
    "openstax-terms": 60,
}
EVEN = Calibration((1.0,) + (0.0,) * 10, (1.0, 0.0), (-1.0, 0.0), 0.0)  # the margin alone
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
    return Calibration(tuple(weights.tolist()), found, none, _threshold(found, none))


def _best(one: Judged, weights: Numbers) -> float:
    return float((np.array(one.features) @ weights).max()) if one.features else NOTHING


def _is_right(one: Judged, weights: Numbers) -> bool:
    return bool(one.features) and one.quality[int((np.array(one.features) @ weights).argmax())] >= RIGHT


def _logistic(scores: Numbers, labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    model = LogisticRegression(C=1e4, max_iter=2000).fit(scores[:, None], labels)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def _threshold(found: tuple[float, float], none: tuple[float, float]) -> float:
    """The score from which "this is the answer" is likelier than "there is none": where the two
    curves meet, so that what is said is always the likelier of the two statements."""
    return (none[1] - found[1]) / (found[0] - none[0])


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


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="weights of a stage, as training.train leaves them")
    parser.add_argument("--start", type=Path, required=True, help="the folder of MiniLM's files")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True, help="the calibration.json to write")
    parser.add_argument("--quick", action="store_true", help="a quarter of the questions")
    options = parser.parse_args()
    model = start_from_minilm(options.start)
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True))
    reader = LoadedReader(model.eval(), WordPiece.from_directory(options.start), EVEN, torch.device("cpu"))
    judged: list[Judged] = []
    for source, count in QUESTIONS.items():
        count = count // 4 if options.quick else count
        judged += [read(reader, one) for one in ask(options.corpus, source, "valid", count, SEED)]
        print(f"{source}: {len(judged)} documents read", flush=True)
    made = fit(judged)
    options.to.write_text(json.dumps(asdict(made), indent=1) + "\n", "utf-8")
    print(describe(judged, made))


def describe(judged: Sequence[Judged], made: Calibration) -> str:
    """How the calibration does on the documents it was fitted on, by source."""
    lines = [
        f"threshold {made.threshold:.2f}, weights {', '.join(f'{weight:.2f}' for weight in made.weights)}"
    ]
    weights = np.array(made.weights)
    for source in dict.fromkeys(one.asked.source for one in judged):
        own = [one for one in judged if one.asked.source == source]
        able = [one for one in own if one.asked.answers]
        right = [_is_right(one, weights) for one in able]
        margins = [one.quality[int(np.argmax([row[0] for row in one.features]))] >= RIGHT for one in able]
        true = [
            _is_right(one, weights) if _best(one, weights) >= made.threshold else not one.asked.answers
            for one in own
        ]
        within = [max(one.quality, default=0.0) >= RIGHT for one in able]
        lines.append(
            f"{source:16} {len(own):4} questions, {len(able):4} with an answer: right {np.mean(right):.3f} "
            f"(by margin alone {np.mean(margins):.3f}, among the candidates {np.mean(within):.3f}); "
            f"true statements {np.mean(true):.3f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()

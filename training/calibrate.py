"""Fit what scores mean, on validation documents: `calibration.json`.

Logistic regressions: over the features of every candidate ("does this span answer?"), which weigh the
candidates of all windows against one another, once to choose what is read again and once with what the
second reading says; and two over how the best one stands in its document, for "it is right" and for
"there is no answer". What is said is the likelier of these.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression

from engine.tasks.candidates import rank, stand
from engine.tasks.reader import Calibration, LoadedReader
from engine.text.tokenizer import WordPiece
from training.minilm import start_from_minilm
from training.reliability import bins, calibration_error
from training.whole import Judged, ask, ask_among_others, ask_papers, read, read_again

SEED = 5
QUESTIONS = {
    "squad-dev": 200,
    "nq-qed": 52,
    "fairytaleqa": 100,
    "cuad": 48,
    "medquad": 60,
    "openstax-terms": 60,
}
PAPERS = 348
AMONG_OTHERS = 100
EVEN = Calibration(  # the margin alone
    (1.0,) + (0.0,) * 10, (1.0,) + (0.0,) * 14, (1.0,) + (0.0,) * 6, (-1.0,) + (0.0,) * 6
)
FITTED = ("weights", "again", "found", "absent")
RIGHT = 0.5  # F1 from which an answer counts as right
Numbers = npt.NDArray[np.float64]


def fit(judged: Sequence[Judged], first: tuple[float, ...]) -> Calibration:
    """A calibration from documents that no training has seen, read twice; `first` are the weights that
    chose what was read again."""
    weights = fit_weights(judged)
    ranked = [rank(one.candidates, one.features, weights) for one in judged]
    standings = np.array(
        [stand(order, one.features, one.known)[0] for one, order in zip(judged, ranked, strict=True)]
    )
    right = np.array([_is_right(one, order) for one, order in zip(judged, ranked, strict=True)])
    absent = np.array([not one.asked.answers for one in judged])
    return Calibration(first, weights, _logistic(standings, right), _logistic(standings, absent))


def fit_weights(judged: Sequence[Judged]) -> tuple[float, ...]:
    """How much each feature of a candidate says that it answers."""
    features = np.array([row for one in judged for row in one.features])
    labels = np.array([value >= RIGHT for one in judged for value in one.quality])
    groups = np.array([number for number, one in enumerate(judged) for _ in one.features])
    counts = np.bincount(groups, minlength=len(judged))
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=2000)
    model.fit(features, labels, sample_weight=1 / counts[groups] ** 0.5)
    return tuple(model.coef_[0].tolist())


def _is_right(one: Judged, ranked: Sequence[tuple[float, int]]) -> bool:
    return bool(ranked) and one.quality[ranked[0][1]] >= RIGHT


def _logistic(standings: Numbers, labels: npt.NDArray[np.bool_]) -> tuple[float, ...]:
    """Log-odds as a weighted sum of a standing, whose last value is 1. The values are brought to one
    scale while they are fitted, so that the same penalty holds for all."""
    values = standings[:, :-1]
    middle, scale = values.mean(0), values.std(0) + 1e-6
    model = LogisticRegression(C=0.1, max_iter=2000).fit((values - middle) / scale, labels)
    weights = model.coef_[0] / scale
    return (*weights.tolist(), float(model.intercept_[0] - weights @ middle))


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
    share = 4 if options.quick else 1
    sets = {"papers": ask_papers(options.corpus, "valid", PAPERS // share)}
    sets |= {
        source: ask(options.corpus, source, "valid", count // share, SEED)
        for source, count in QUESTIONS.items()
    }
    sets["among others"] = ask_among_others(options.corpus, "valid", AMONG_OTHERS // share)
    for source, asked in sets.items():
        judged += [read(reader, one) for one in asked]
        print(f"{source}: {len(judged)} documents read", flush=True)
    first = fit_weights(judged)
    reader = replace(reader, calibration=replace(EVEN, weights=first))
    judged = [read_again(reader, one) for one in judged]
    made = fit(judged, first)
    options.to.write_text(json.dumps(asdict(made), indent=1) + "\n", "utf-8")
    print(describe(judged, made))


def describe(judged: Sequence[Judged], made: Calibration) -> str:
    """How the calibration does on the documents it was fitted on, by source."""
    lines = [f"{name}: {', '.join(f'{value:.2f}' for value in getattr(made, name))}" for name in FITTED]
    claims, truths = [], []
    for source in dict.fromkeys(one.asked.source for one in judged):
        own = [one for one in judged if one.asked.source == source]
        right, within, true = [], [], []
        for one in own:
            ranked = rank(one.candidates, one.features, made.again)
            standing = stand(ranked, one.features, one.known)[0]
            found, absent = (_claim(weights, standing) for weights in (made.found, made.absent))
            is_right = _is_right(one, ranked)
            true.append(is_right if found >= absent else not one.asked.answers)
            claims.append(max(found, absent))
            if one.asked.answers:
                right.append(is_right)
                within.append(max(one.quality, default=0.0) >= RIGHT)
        truths += true
        lines.append(
            f"{source:16} {len(own):4} questions, {len(right):4} with an answer: right {np.mean(right):.3f} "
            f"(among the candidates {np.mean(within):.3f}); true statements {np.mean(true):.3f}"
        )
    lines.append(f"expected calibration error {calibration_error(bins(claims, truths)):.3f}")
    return "\n".join(lines)


def _claim(weights: Sequence[float], standing: Sequence[float]) -> float:
    return float(1 / (1 + np.exp(-np.dot(weights, standing))))


if __name__ == "__main__":
    main()

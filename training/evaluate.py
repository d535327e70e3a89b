"""The table of a model: `python -m training.evaluate MODEL --corpus DIR [--quick] [--full]`.

Fixed, unpicked samples of the test splits, whole documents, through the very functions of the app.
Every figure stands with its 95 % bootstrap interval; every extract gets the same budget of words.
A table for people, and one JSON line last.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.device import choose_device
from engine.tasks.answer import AnswerResult, answer_document
from engine.tasks.features import candidates, describe
from engine.tasks.reader import LoadedReader, load_reader
from engine.tasks.retrieval import Bm25
from engine.tasks.salience import SentenceScores, score_sentences, title_vector
from engine.types import Document, never_cancelled
from training.baselines import Forest, grow, plain_orders, trees
from training.calibrate import RIGHT
from training.corpus import pairs, questions
from training.documents import wrap
from training.extracts import by_score, cut, greedy_oracle, plainly, rouge, rouge_l
from training.reliability import bins, calibration_error, draw
from training.whole import Asked, ask, ask_among_others, ask_papers, best_f1, exact

SEED = 7
EXTRACTS = (
    "pmc-ccby",
    "openstax",
    "wikipedia-lead",
    "peps",
    "k8s-keps",
    "rust-rfcs",
    "wikinews-lead",
    "qmsum",
)
GROWN_ON = 30  # training documents of each source
WITHOUT_TEST = ("qmsum",)  # sources whose unseen documents are the validation split
WHOLE = {
    "squad-dev": 1.0,
    "nq-qed": 0.7,
    "fairytaleqa": 0.5,
    "cuad": 1.5,  # few of its questions have an answer in a contract
    "medquad": 0.3,
    "openstax-terms": 0.3,
}
RESAMPLES = 1000

Row = dict[str, float | str | int]


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and the bounds that hold 95 % of bootstrap means."""
    if not values:
        return 0.0, 0.0, 0.0
    chance, n = random.Random(SEED), len(values)
    means = sorted(sum(chance.choices(values, k=n)) / n for _ in range(RESAMPLES))
    return sum(values) / n, means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1]


def area(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """The chance that a positive scores above a negative."""
    ups = [score for score, is_up in zip(scores, positive, strict=True) if is_up]
    downs = [score for score, is_up in zip(scores, positive, strict=True) if not is_up]
    if not ups or not downs:
        return float("nan")
    wins = sum((up > down) + 0.5 * (up == down) for up in ups for down in downs)
    return wins / (len(ups) * len(downs))


# ------------------------------------------------------------------ extracts


def features_of(reader: LoadedReader, document: Document, scores: SentenceScores) -> Tensor:
    """What the salience head and the boosted trees know of each sentence that could be chosen."""
    chosen = candidates(document)
    title = title_vector(reader, document, never_cancelled)
    return describe(chosen, scores.vectors[list(chosen.indices)], title)


def extract_rows(
    reader: LoadedReader,
    corpus: Path,
    source: str,
    count: int,
    forest: Forest | None,
) -> list[Row]:
    """One row for each system on one source."""
    split = "valid" if source in WITHOUT_TEST else "test"
    seen: dict[str, dict[str, str]] = {}
    for row in pairs(corpus, source, split):
        seen.setdefault(row["document"][:200], row)
    rows = list(seen.values())
    random.Random(f"{SEED} {source}").shuffle(rows)
    found: dict[str, list[tuple[float, float, float]]] = {}
    for row in rows[:count]:
        document, summary = wrap(row["document"], row["title"] or "", row["id"]), row["summary"]
        n_words = len(summary.split())
        with torch.autocast("cpu", torch.bfloat16):
            scores = score_sentences(reader, document)
        orders = {
            "precis-longformer": by_score(document, scores.salience, scores.vectors, n_words),
            "salience alone": plainly(document, scores.salience),
            **plain_orders(document, n_words),
            "oracle": greedy_oracle(document, summary, n_words),
        }
        if forest is not None:
            ratings = forest(document, features_of(reader, document, scores))
            orders["boosted features"] = by_score(document, ratings, scores.vectors, n_words)
        for name, order in orders.items():
            found.setdefault(name, []).append(measured(cut(document, order, n_words), summary))
    return [_extract_row(source, name, values) for name, values in found.items()]


def measured(extract: str, summary: str) -> tuple[float, float, float]:
    """ROUGE-1, ROUGE-2 and ROUGE-L."""
    return *rouge(extract, summary), rouge_l(extract, summary)


def _extract_row(source: str, system: str, values: Sequence[tuple[float, float, float]]) -> Row:
    one, two, longest = (interval([row[i] for row in values]) for i in range(3))
    return {
        "task": "extract",
        "source": source,
        "system": system,
        "n": len(values),
        "rouge1": one[0],
        "rouge1_low": one[1],
        "rouge1_high": one[2],
        "rouge2": two[0],
        "rouge2_low": two[1],
        "rouge2_high": two[2],
        "rougeL": longest[0],
    }


def grown(reader: LoadedReader, corpus: Path, quick: bool) -> Forest:
    """The boosted features, trained on documents that this reader has just read."""

    def describe_one(document: Document) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            scores = score_sentences(reader, document)
        return features_of(reader, document, scores)

    sources = [source for source in EXTRACTS if source not in WITHOUT_TEST]
    return grow(corpus, sources, 4 if quick else GROWN_ON, describe_one, SEED)


# ------------------------------------------------------------------ answers


def passages(corpus: Path, count: int, split: str = "test") -> list[Asked]:
    """SQuAD questions, each to its own passage alone."""
    rows = list(questions(corpus, "squad-dev", split))
    random.Random(SEED).shuffle(rows)
    return [
        Asked(
            "squad-dev passage",
            wrap(row["context"], row["title"], row["context_id"]),
            row["question"],
            () if row["impossible"] else tuple(answer["text"] for answer in row["answers"]),
        )
        for row in rows[:count]
    ]


@dataclass(frozen=True)
class Verdict:
    """What became of one question."""

    asked: Asked
    result: AnswerResult
    seconds: float

    @property
    def is_right(self) -> bool:
        """Whether what was stated is true: the answer, or that there is none."""
        wanted = self.asked.answers
        return best_f1(self.result.text, wanted) >= RIGHT if self.result.found else not wanted


def judge(reader: LoadedReader, asked: Sequence[Asked]) -> list[Verdict]:
    """Answer every question as the app does."""
    verdicts = []
    for one in asked:
        began = time.monotonic()
        with torch.autocast("cpu", torch.bfloat16):
            result = answer_document(reader, one.document, one.question)
        verdicts.append(Verdict(one, result, time.monotonic() - began))
    return verdicts


def answer_row(name: str, verdicts: Sequence[Verdict]) -> Row:
    """All measures of one set. The answer is forced for EM and F1; `true` is the share of
    statements (an answer, or that there is none) that are right."""
    able = [one for one in verdicts if one.asked.answers]
    mean, low, high = interval([100 * best_f1(one.result.best, one.asked.answers) for one in able])
    truths = [one.is_right for one in verdicts]
    n_tokens = sum(one.result.n_tokens for one in verdicts)
    return {
        "task": "answer",
        "source": name,
        "n": len(verdicts),
        "n_answerable": len(able),
        "em": interval([100 * exact(one.result.best, one.asked.answers) for one in able])[0],
        "f1": mean,
        "f1_low": low,
        "f1_high": high,
        "f1_bm25_sentence": interval(
            [100 * best_f1(_best_sentence(one.asked), one.asked.answers) for one in able]
        )[0],
        "auc": area([one.result.score for one in verdicts], [bool(one.asked.answers) for one in verdicts]),
        "true": interval([100.0 * truth for truth in truths])[0],
        "ece": calibration_error(bins([one.result.confidence for one in verdicts], truths)),
        "seconds_per_4096": sum(one.seconds for one in verdicts) / max(1, n_tokens) * 4096,
    }


def _best_sentence(one: Asked) -> str:
    texts = [sentence.span.of(one.document.text) for sentence in one.document.sentences]
    scores = Bm25(texts).scores(one.question)
    return texts[max(range(len(texts)), key=lambda i: (scores[i], -i))] if texts else ""


# ------------------------------------------------------------------ the table


def show(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    lines = ["| source | system | n | ROUGE-1 | ROUGE-2 | ROUGE-L |", "|---|---|--:|--:|--:|--:|"]
    for row in rows:
        if row["task"] == "extract":
            lines.append(
                "| {source} | {system} | {n} | {rouge1:.1f} ({rouge1_low:.1f}-{rouge1_high:.1f}) | "
                "{rouge2:.1f} ({rouge2_low:.1f}-{rouge2_high:.1f}) | {rougeL:.1f} |".format(**row)
            )
    heads = "questions|n|EM|F1|F1 of BM25's sentence|no-answer AUC|true statements|ECE|s / 4,096"
    lines += ["", "| " + heads.replace("|", " | ") + " |", "|---|" + "--:|" * 8]
    for row in rows:
        if row["task"] == "answer":
            lines.append(
                "| {source} | {n} | {em:.1f} | {f1:.1f} ({f1_low:.1f}-{f1_high:.1f}) "
                "| {f1_bm25_sentence:.1f} | {auc:.2f} | {true:.1f} % | {ece:.3f} "
                "| {seconds_per_4096:.1f} |".format(**row)
            )
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="a model directory")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples")
    parser.add_argument("--full", action="store_true", help="all documents and questions")
    parser.add_argument("--documents", type=int, help="how many of each source")
    parser.add_argument("--only", choices=("extract", "answer"))
    parser.add_argument("--plot", type=Path, help="where to draw the reliability of the answers (.svg)")
    parser.add_argument(
        "--trees", type=Path, help="features that a training run stored, to grow the boosted trees on"
    )
    options = parser.parse_args()
    reader = load_reader(options.model, choose_device("cpu"))
    n_documents, n_questions = (4, 24) if options.quick else (10**6, 10**6) if options.full else (40, 240)
    n_documents = options.documents or n_documents
    rows: list[Row] = []
    if options.only != "answer":
        forest = trees(options.trees) if options.trees else grown(reader, options.corpus, options.quick)
        for source in EXTRACTS:
            rows += extract_rows(reader, options.corpus, source, n_documents, forest)
            print(show(rows[-8:]).split("\n\n")[0], flush=True)
    if options.only != "extract":
        sets = {"squad-dev passage": passages(options.corpus, n_questions)}
        sets["squad-dev at 4k tokens"] = ask_among_others(options.corpus, "test", n_questions // 3)
        sets |= {
            f"{source} whole": ask(options.corpus, source, "test", max(8, int(share * n_questions / 3)), SEED)
            for source, share in WHOLE.items()
        }
        sets["papers whole"] = ask_papers(options.corpus, "test", max(12, int(0.55 * n_questions)))
        whole: list[Verdict] = []
        for name, asked in sets.items():
            verdicts = judge(reader, asked)
            whole += verdicts if name.endswith(" whole") else []
            rows.append(answer_row(name, verdicts))
            print(json.dumps(rows[-1]), flush=True)
        rows.append(answer_row("all whole documents", whole))
        if options.plot:
            claims, truths = [one.result.confidence for one in whole], [one.is_right for one in whole]
            options.plot.write_text(draw(bins(claims, truths)), "utf-8")
    print(show(rows))
    print(json.dumps({"model": options.model.name, "rows": rows}))


if __name__ == "__main__":
    main()

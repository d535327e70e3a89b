"""Other people's extracts: TextRank and LexRank from sumy, and boosted trees over our features.

sumy's own tokenizer wants data from the network; it is handed sentences that know their words.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer

from engine.tasks.features import candidates
from engine.tasks.retrieval import STOP, WORD
from engine.types import Document
from training.corpus import pairs
from training.documents import gains, wrap
from training.extracts import Order, at_random, lead

Forest = Callable[[Document, torch.Tensor], list[float]]
MOST = 600  # sentences; sumy compares each with each


@dataclass(frozen=True)
class Words:
    """A sentence as sumy asks for it."""

    index: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Parsed:
    """A document as sumy asks for it."""

    sentences: tuple[Words, ...]


def textrank(document: Document, n_words: int) -> list[int]:
    """Mihalcea and Tarau 2004."""
    return _sumy(TextRankSummarizer(), document)


def lexrank(document: Document, n_words: int) -> list[int]:
    """Erkan and Radev 2004."""
    return _sumy(LexRankSummarizer(), document)


def plain_orders(document: Document, n_words: int) -> dict[str, Order]:
    """What every extract is measured against, by its name."""
    return {
        "lead": lead(document),
        "random": at_random(document),
        "TextRank": textrank(document, n_words),
        "LexRank": lexrank(document, n_words),
    }


def _sumy(summarizer: TextRankSummarizer | LexRankSummarizer, document: Document) -> list[int]:
    summarizer.stop_words = STOP
    chosen = candidates(document)
    sentences = tuple(
        Words(index, tuple(WORD.findall(text.lower())) or ("-",))
        for index, text in list(zip(chosen.indices, chosen.texts, strict=True))[:MOST]
    )
    parsed = Parsed(sentences)
    if isinstance(summarizer, LexRankSummarizer):
        ratings = _lexrank_ratings(summarizer, sentences)
    else:
        ratings = summarizer.rate_sentences(parsed)
    return [one.index for one in sorted(sentences, key=lambda one: (-ratings[one], one.index))]


def _lexrank_ratings(summarizer: LexRankSummarizer, sentences: tuple[Words, ...]) -> dict[Words, float]:
    words = [summarizer._to_words_set(one) for one in sentences]
    frequencies = summarizer._compute_tf(words)
    rarities = summarizer._compute_idf(words)
    matrix = summarizer._create_matrix(words, summarizer.threshold, frequencies, rarities)
    values = summarizer.power_method(matrix, summarizer.epsilon)
    return dict(zip(sentences, values.tolist(), strict=True))


def fit_trees(features: torch.Tensor, gains: torch.Tensor) -> HistGradientBoostingRegressor:
    """Boosted trees on the same features and the same graded targets as the salience head."""
    model = HistGradientBoostingRegressor(max_iter=200, learning_rate=0.07, max_leaf_nodes=31, random_state=1)
    return model.fit(features.numpy(), gains.numpy())


def trees(file: Path) -> Forest:
    """Boosted trees on the features that training stored: a function that scores sentences."""
    stored = torch.load(file, weights_only=True)
    return _scorer(fit_trees(stored["features"], stored["gains"]))


def grow(
    corpus: Path, sources: Sequence[str], count: int, describe: Callable[[Document], torch.Tensor], seed: int
) -> Forest:
    """The same on `count` training documents of each source, described here and now."""
    features, targets = [], []
    for source in sources:
        rows = [row for row in pairs(corpus, source, "train") if len(row["document"]) > 800]
        for row in random.Random(f"{seed} {source}").sample(rows, min(count, len(rows))):
            document = wrap(row["document"], row["title"] or "", row["id"])
            features.append(describe(document))
            targets += gains(document, row["summary"])
    return _scorer(fit_trees(torch.cat(features), torch.tensor(targets)))


def _scorer(model: HistGradientBoostingRegressor) -> Forest:

    def score(document: Document, features: torch.Tensor) -> list[float]:
        whole = [0.0] * len(document.sentences)
        for index, value in zip(candidates(document).indices, model.predict(features.numpy()), strict=True):
            whole[index] = max(float(value), 0.001)
        return whole

    return score

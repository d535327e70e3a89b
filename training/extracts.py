"""Extracts as they are measured: sentences in an order of preference, cut at a budget of words.

Every system is given the same budget, the length of the summary that somebody wrote; the last
sentence that is taken is cut there, and the rest stands in the order of the document. ROUGE-1 and
ROUGE-2 are computed on stemmed words, as rouge-score does.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor

from engine.tasks import rouge as counting
from engine.tasks.features import candidates
from engine.tasks.salience import SentenceScores
from engine.tasks.selection import rank
from engine.types import Document
from training.documents import STEMMED

Order = Sequence[int]  # sentences of the document, the first to be taken first


def cut(document: Document, order: Order, n_words: int) -> str:
    """The extract that an order gives under a budget."""
    kept: dict[int, str] = {}
    left = n_words
    for index in order:
        words = document.sentences[index].span.of(document.text).split()[:left]
        kept[index] = " ".join(words)
        left -= len(words)
        if not left:
            break
    return "\n".join(kept[index] for index in sorted(kept))


def rouge(candidate: str, summary: str) -> tuple[float, float]:
    """ROUGE-1 and ROUGE-2, F in percent."""
    return counting.rouge_n(STEMMED.tokenize(candidate), STEMMED.tokenize(summary))


def rouge_l(candidate: str, summary: str) -> float:
    """ROUGE-L: F in percent of the longest common subsequence of words."""
    return counting.rouge_l(STEMMED.tokenize(candidate), STEMMED.tokenize(summary))


def lead(document: Document) -> Order:
    """The first sentences."""
    return candidates(document).indices


def at_random(document: Document) -> Order:
    """Any sentences, the same ones each time."""
    order = list(candidates(document).indices)
    random.Random(document.id).shuffle(order)
    return order


def by_score(document: Document, scores: Sequence[float], vectors: Tensor, n_words: int) -> Order:
    """As the app chooses, and then whatever scores best, should the budget not be used up."""
    chosen = rank(SentenceScores(tuple(scores), vectors, 0, 0, 0), document, n_words)
    rest = sorted(candidates(document).indices, key=lambda i: (-scores[i], i))
    return [*chosen, *(i for i in rest if i not in set(chosen))]


def plainly(document: Document, scores: Sequence[float]) -> Order:
    """The best scores first, and nothing else considered."""
    return sorted(candidates(document).indices, key=lambda i: (-scores[i], i))


def greedy_oracle(document: Document, summary: str, n_words: int) -> Order:
    """Sentences that raise ROUGE-1 + ROUGE-2 most, one after the other: what no extract can beat by much."""
    wanted = STEMMED.tokenize(summary)
    one, two = Counter(wanted), Counter(pairwise(wanted))
    parts = {
        index: (Counter(words), Counter(pairwise(words)), len(text.split()))
        for index, text in zip(candidates(document).indices, candidates(document).texts, strict=True)
        for words in [STEMMED.tokenize(text)]
    }
    chosen: list[int] = []
    size = 0
    while size < n_words and parts:
        values = {
            index: ((words & one).total() / len(wanted) + (pairs & two).total() / max(1, len(wanted) - 1))
            / (min(n, n_words - size) + 4)
            for index, (words, pairs, n) in parts.items()
        }
        best = max(parts, key=lambda index: (values[index], -index))
        words, pairs, n = parts.pop(best)
        one, two, size = one - words, two - pairs, size + n
        chosen.append(best)
    return chosen

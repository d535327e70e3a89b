"""Choose sentences under a budget of words: salient, unlike one another, understandable alone.

The app and the evaluation choose by this one function. Sentences are taken by salience less what
they repeat of those already taken; one that begins by pointing back ("This ...", "However, it ...")
comes with the sentence it points to, or not at all. The result is in the order of the document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.tasks.features import ANAPHOR, candidates
from engine.tasks.salience import SentenceScores
from engine.types import Document

SLACK = 0.2  # of the budget, either way
REPEATED = 0.6  # how much likeness to a chosen sentence costs
LEAST_WORDS, MOST_WORDS = 5, 90
WORD = re.compile(r"\w+")


def choose(scores: SentenceScores, document: Document, budget_words: int) -> tuple[int, ...]:
    """Indices of the chosen sentences in the order of the document; together they have
    `budget_words` give or take a fifth, where the document has that much to choose from."""
    return tuple(sorted(rank(scores, document, budget_words)))


def rank(scores: SentenceScores, document: Document, budget_words: int) -> list[int]:
    """The same in the order in which they were chosen."""
    texts = {i: document.sentences[i].span.of(document.text) for i in candidates(document).indices}
    n_words = {i: len(text.split()) for i, text in texts.items()}
    trigrams = {i: _trigrams(text) for i, text in texts.items()}
    open_ = {i for i, text in texts.items() if _can_stand(text)} or set(texts)
    nearest = dict.fromkeys(texts, 0.0)
    most, least = budget_words * (1 + SLACK), budget_words * (1 - SLACK)
    chosen: list[int] = []
    size = 0
    while open_ and size < least:
        best = max(open_, key=lambda i: (scores.salience[i] - REPEATED * nearest[i] * scores.salience[i], -i))
        open_.discard(best)
        group = _with_antecedent(best, document, texts, chosen)
        words = sum(n_words[i] for i in group)
        if not group or size + words > most or any(_repeats(trigrams[i], trigrams, chosen) for i in group):
            continue
        for index in group:
            chosen.append(index)
            open_.discard(index)
            size += n_words[index]
            for other in open_:
                likeness = float(scores.vectors[index] @ scores.vectors[other])
                nearest[other] = max(nearest[other], likeness)
    return chosen or _shortest(texts, n_words, scores, most)


def _with_antecedent(
    best: int, document: Document, texts: dict[int, str], chosen: Sequence[int]
) -> list[int]:
    """The sentence, with the one before it where it points back; nothing where that will not do."""
    if not ANAPHOR.match(texts[best]):
        return [best]
    before = best - 1
    if before in chosen:
        return [best]
    same = before in texts and document.sentences[before].paragraph == document.sentences[best].paragraph
    if not same or ANAPHOR.match(texts[before]) or not _can_stand(texts[before]):
        return []
    return [before, best]


def _can_stand(text: str) -> bool:
    """Whether it looks like a whole sentence of a length that can be quoted."""
    n_words = len(text.split())
    letters = sum(letter.isalpha() for letter in text)
    return (
        LEAST_WORDS <= n_words <= MOST_WORDS
        and letters > 0.6 * len(text)
        and text.rstrip()[-1:] in '.!?…"”’)。！？'
    )


def _trigrams(text: str) -> set[tuple[str, ...]]:
    words = WORD.findall(text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def _repeats(
    own: set[tuple[str, ...]], trigrams: dict[int, set[tuple[str, ...]]], chosen: Sequence[int]
) -> bool:
    """Whether a third of its trigrams stand in one chosen sentence."""
    return any(len(own & trigrams[other]) > len(own) / 3 for other in chosen) if own else False


def _shortest(
    texts: dict[int, str], n_words: dict[int, int], scores: SentenceScores, most: float
) -> list[int]:
    """Where nothing fits: the most salient sentence that does, or the shortest of all."""
    fitting = [i for i in texts if 0 < n_words[i] <= most]
    if fitting:
        return [max(fitting, key=lambda i: (scores.salience[i], -i))]
    return [min(texts, key=lambda i: (n_words[i], i))] if texts else []

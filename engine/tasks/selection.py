"""Choose sentences under a budget of words: salient, unlike one another, understandable alone.

The app and the evaluation choose by this one function. Sentences are taken by salience less what
they repeat of those already taken; one that begins by pointing back ("This ...", "However, it ...")
comes with the sentence it points to, or not at all. The result is in the order of the document.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import torch

from engine.ingest.notes import without_notes
from engine.tasks.features import ANAPHOR, candidates
from engine.tasks.notices import is_notice
from engine.tasks.salience import SentenceScores
from engine.types import Document

SLACK = 0.2  # of the budget, either way
REPEATED = 0.6  # share of its salience that a sentence loses by perfect likeness to a chosen one
LEAST_WORDS, MOST_WORDS = 5, 90
WORD = re.compile(r"\w+")
FIRST = re.compile(r"[^\W\d_]+(?=[\s,;:)])")  # a word, and no name such as asn1Parser
ENDS, CLOSERS = ".!?…。！？", "\"'”’»)]」』）"


def choose(
    scores: SentenceScores, document: Document, budget_words: int, among: Collection[int] | None = None
) -> tuple[int, ...]:
    """Indices of the chosen sentences in the order of the document; together they have
    `budget_words` give or take a fifth, where the document has that much to choose from. `among`
    are the indices that may be chosen, where not all may."""
    return tuple(sorted(rank(scores, document, budget_words, among)))


def most_telling(scores: SentenceScores, document: Document, most_words: int) -> tuple[int, ...]:
    """The one most salient sentence that can be understood alone and has at most so many words."""
    selection = Selection(scores, document, most_words)
    alone = [
        i for i, text in selection.texts.items()
        if _can_stand(text) and not ANAPHOR.match(text) and selection.n_words[i] <= most_words
    ]
    if not alone:
        return tuple(selection.smallest())
    return (max(alone, key=lambda i: (float(selection.salience[i]), -i)),)


def rank(
    scores: SentenceScores, document: Document, budget_words: int, among: Collection[int] | None = None
) -> list[int]:
    """The same in the order in which they were chosen."""
    selection = Selection(scores, document, budget_words, among)
    selection.take(strictly=True)
    selection.take(strictly=False)  # only where the strict rules leave the budget unused
    return selection.chosen or selection.smallest()


class Selection:
    """What was chosen so far, and what may still be."""

    def __init__(
        self, scores: SentenceScores, document: Document, budget_words: int,
        among: Collection[int] | None = None,
    ) -> None:
        self.document = document
        self.texts = {
            i: document.sentences[i].span.of(document.text)
            for i in candidates(document).indices
            if among is None or i in among
        }
        self.n_words = {i: len(text.split()) for i, text in self.texts.items()}
        self.trigrams = {i: _trigrams(text) for i, text in self.texts.items()}
        self.salience = torch.tensor(scores.salience)
        self.vectors = scores.vectors
        self.nearest = torch.zeros(len(document.sentences))  # likeness to the most alike chosen one
        self.most, self.least = budget_words * (1 + SLACK), budget_words * (1 - SLACK)
        self.chosen: list[int] = []
        self.size = 0

    def take(self, strictly: bool) -> None:
        """Take the best sentence again and again until the budget is used. Strictly, only what can
        stand alone, or with the sentence before it."""
        can_stand = {i for i, text in self.texts.items() if _can_stand(text)}
        open_ = (can_stand if strictly else set(self.texts)) - set(self.chosen)
        while open_ and self.size < self.least:
            value = (self.salience * (1 - REPEATED * self.nearest)).tolist()
            best = max(open_, key=lambda i: (value[i], -i))
            open_.discard(best)
            group = _with_antecedent(best, self.document, self.texts, self.chosen) if strictly else [best]
            if self._fits(group):
                open_ -= set(group)
                self._add(group)

    def smallest(self) -> list[int]:
        """Where nothing fits: the most salient sentence that does alone, or the shortest of all."""
        fitting = [i for i in self.texts if 0 < self.n_words[i] <= self.most]
        if fitting:
            return [max(fitting, key=lambda i: (float(self.salience[i]), -i))]
        return [min(self.texts, key=lambda i: (self.n_words[i], i))] if self.texts else []

    def _fits(self, group: Sequence[int]) -> bool:
        n_words = sum(self.n_words[i] for i in group)
        repeats = any(_repeats(self.trigrams[i], self.trigrams, self.chosen) for i in group)
        return bool(group) and self.size + n_words <= self.most and not repeats

    def _add(self, group: Sequence[int]) -> None:
        for index in group:
            self.chosen.append(index)
            self.size += self.n_words[index]
            self.nearest = torch.maximum(self.nearest, self.vectors @ self.vectors[index])


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
        and without_notes(text).rstrip(CLOSERS)[-1:] in ENDS
        and not _begins_inside(text)
        and not is_notice(text)
    )


def _begins_inside(text: str) -> bool:
    """Whether it is the rest of something, as the items of some lists are."""
    first = FIRST.match(text)
    return first is not None and first[0].islower()


def _trigrams(text: str) -> set[tuple[str, ...]]:
    words = WORD.findall(text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def _repeats(
    own: set[tuple[str, ...]], trigrams: dict[int, set[tuple[str, ...]]], chosen: Sequence[int]
) -> bool:
    """Whether a third of its trigrams stand in one chosen sentence."""
    return any(len(own & trigrams[other]) > len(own) / 3 for other in chosen) if own else False

"""Questions that a passage almost answers: one word swapped for another of its kind.

"Who designed the north wing?" becomes "Who designed the south wing?" over the same passage, which
now has no answer: what annotators of SQuAD 2.0 wrote by hand (Rajpurkar et al. 2018, section 3).
Words of a kind are near one another in MiniLM's own embeddings: other years for a year, "largest"
for "smallest". So that an odd wording is no hint, half of the swaps are made in the passage too,
and those questions keep their answer.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.prepare import Ints

NEAR = 12  # words of a kind
COMMON = 400  # the most frequent tokens of a source say nothing about one passage
SAME_STEM = 4  # words that begin with the same letters mean the same too often


@dataclass(frozen=True)
class Swapped:
    """A question and its passage after a swap, and whether it still has its answer."""

    question: list[int]
    text: list[int]
    answered: bool


class Swapper:
    """Swaps words of questions. `embeddings` is (V, D), `words` the vocabulary in its order."""

    def __init__(self, embeddings: Tensor, words: Sequence[str], texts: Ints) -> None:
        self._unit = functional.normalize(embeddings.float(), dim=-1)
        self._words = words
        self._whole = torch.tensor([_is_word(word) for word in words])
        counts = np.bincount(texts, minlength=len(words))
        self._common = set(np.argsort(-counts, kind="stable")[:COMMON].tolist())
        self._near: dict[int, list[int]] = {}

    def neighbours(self, token: int) -> list[int]:
        """Words of the same kind, nearest first."""
        if token not in self._near:
            likeness = (self._unit @ self._unit[token]).masked_fill(~self._whole, -1)
            word = self._words[token]
            near = [int(one) for one in likeness.topk(min(4 * NEAR, len(likeness))).indices]
            apart = [one for one in near if self._whole[one] and _are_apart(word, self._words[one])]
            self._near[token] = apart[:NEAR]
        return self._near[token]

    def swap(
        self, question: list[int], text: list[int], answer: tuple[int, int], chance: random.Random
    ) -> Swapped | None:
        """One swap, or None where the question shares no telling word with its passage."""
        kept = set(text[answer[0] : answer[1] + 1])
        around = set(text) - kept - self._common
        places = [
            at for at in range(len(question)) if question[at] in around and self._is_whole(question, at)
        ]
        chance.shuffle(places)
        for at in places:
            token = question[at]
            near = [one for one in self.neighbours(token) if one not in question and one not in kept]
            if near:
                other = chance.choice([one for one in near if one in around] or near)
                answered = chance.random() < 0.5
                renamed = [other if one == token else token if one == other else one for one in text]
                asked = [other if one == token else one for one in question]
                return Swapped(asked, renamed if answered else text, answered)
        return None

    def _is_whole(self, ids: list[int], at: int) -> bool:
        goes_on = at + 1 < len(ids) and self._words[ids[at + 1]].startswith("##")
        return bool(self._whole[ids[at]]) and not goes_on


def _is_word(word: str) -> bool:
    return word.isdigit() or (len(word) >= 3 and word.isascii() and word.isalpha())


def _are_apart(word: str, other: str) -> bool:
    if word.isdigit() or other.isdigit():
        return word != other and word.isdigit() == other.isdigit()
    return word[:SAME_STEM] != other[:SAME_STEM]

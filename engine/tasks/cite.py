"""Where in a document a written sentence comes from: its closest passages.

A written sentence has no exact source, so it gets the sentences that hold its words: one after
another, the one that covers most of what is not covered yet, rare words counting most. What they
cover together is its support.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar

from engine.tasks.facts import NAMED, key_of, numbers
from engine.tasks.retrieval import terms
from engine.types import Citation, Document

MOST = 3  # citations of a sentence
LEAST_GAIN = 0.12  # share of a sentence that one more citation must add
STEM_OF_NAME = 4  # letters in which "Romania" and "Romanian" agree
ENDING = 4  # letters in which they may differ
Key = TypeVar("Key", str, float)


@dataclass(frozen=True, slots=True)
class Cited:
    """Numbers of sentences, best first, and the share of the words' weight they cover, 0..1."""

    sentences: tuple[int, ...]
    support: float


class Sources:
    """A document's sentences, found by word, by name and by number."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.texts = [sentence.span.of(document.text) for sentence in document.sentences]
        self.terms = [frozenset(terms(text)) for text in self.texts]
        self._holding = Counter(term for one in self.terms for term in one)
        self._by_term = _index(self.terms)
        self._by_name = _index({key_of(match[0]) for match in NAMED.finditer(text)} for text in self.texts)
        self._by_number = _index({number.value for number in numbers(text)} for text in self.texts)
        self._names = sorted(self._by_name)
        self.title = {key_of(match[0]) for match in NAMED.finditer(document.title)}

    def weight(self, term: str) -> float:
        """How rare a term is in the document: its inverse document frequency, positive."""
        n_texts, n_holding = len(self.terms), self._holding[term]
        return math.log(1 + (n_texts - n_holding + 0.5) / (n_holding + 0.5))

    def holding(self, wanted: Collection[str]) -> set[int]:
        """Sentences that hold at least one of these terms."""
        return {index for term in wanted for index in self._by_term.get(term, ())}

    def with_number(self, value: float) -> list[int]:
        """Sentences that hold a number."""
        return self._by_number.get(value, [])

    def with_name(self, key: str) -> list[int]:
        """Sentences that hold a name, in any of its forms ("Romanian" for "Romania")."""
        found = set(self._by_name.get(key, ()))
        for part in key.split("-") if "-" in key else ():
            found.update(self._by_name.get(part, ()))
        for other in self._forms(key):
            found.update(self._by_name[other])
        return sorted(found)

    def _forms(self, key: str) -> Iterator[str]:
        if len(key) < STEM_OF_NAME:
            return
        for other in self._names[bisect_left(self._names, key[:STEM_OF_NAME]) :]:
            if not other.startswith(key[:STEM_OF_NAME]):
                return
            shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(key, other, strict=False)))
            if shared >= min(len(key), len(other)) - 1 and max(len(key), len(other)) - shared <= ENDING:
                yield other

    def cover(self, wanted: Collection[str], index: int, around: int = 0) -> float:
        """The share of the terms' weight that a sentence and its neighbours hold, 0..1."""
        near = range(max(0, index - around), min(len(self.terms), index + around + 1))
        total = sum(map(self.weight, wanted))
        held = {term for at in near for term in self.terms[at] if term in wanted}
        return sum(map(self.weight, held)) / total if total else 0.0

    def cite(self, text: str) -> Cited:
        """The closest passages of a written sentence."""
        left = {term: self.weight(term) for term in terms(text)}
        total = sum(left.values())
        chosen: list[int] = []
        covered = 0.0
        while len(chosen) < MOST and left and total:
            gains: dict[int, float] = defaultdict(float)
            for term, weight in left.items():
                for index in self._by_term.get(term, ()):
                    gains[index] += weight
            best = max(gains, key=lambda index: (gains[index], -index), default=None)
            if best is None or gains[best] < LEAST_GAIN * total:
                break
            chosen.append(best)
            covered += gains[best]
            left = {term: weight for term, weight in left.items() if term not in self.terms[best]}
        return Cited(tuple(chosen), covered / total if total else 0.0)

    def citation(self, index: int, text: str) -> Citation:
        """A sentence as the closest passage of a written one."""
        sentence = self.document.sentences[index]
        score = self.cover(frozenset(terms(text)), index)
        return Citation(sentence.span, sentence.page, self.texts[index], score)


def _index(held: Iterable[Collection[Key]]) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = defaultdict(list)
    for index, keys in enumerate(held):
        for key in keys:
            found[key].append(index)
    return found

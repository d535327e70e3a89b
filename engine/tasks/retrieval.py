"""Which sentences share rare words with a question: BM25 (Robertson and Zaragoza 2009)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

WORD = re.compile(r"\w+")
STOP = frozenset("""
a an and are as at be been but by can could did do does for from had has have he her him his how i
if in into is it its may me might much many must my no not of on or our shall she should so some
such than that the their them then there these they this those to was we were what when where which
while who whom whose why will with would you your
""".split())  # noqa: SIM905
SATURATION, LENGTH = 1.2, 0.75  # k1 and b


def stem(word: str) -> str:
    """A word without the commonest English endings, so that most plurals meet their singular. It is rough:
    "genes" and "gene" stay apart."""
    for ending, least in (("ies", 5), ("ing", 6), ("ed", 5), ("es", 5), ("s", 4), ("ly", 6)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def terms(text: str) -> list[str]:
    """The content words of a text, lower-cased and stemmed."""
    return [stem(word) for word in WORD.findall(text.lower()) if word not in STOP]


class Bm25:
    """An index over short texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(terms(text)) for text in texts]
        self._sizes = [sum(counts.values()) for counts in self._counts]
        self._mean = max(1.0, sum(self._sizes) / max(1, len(texts)))
        self._holding = Counter(term for counts in self._counts for term in counts)

    def weight(self, term: str) -> float:
        """How rare a term is: its inverse document frequency, positive."""
        n_texts, n_holding = len(self._counts), self._holding[term]
        return math.log(1 + (n_texts - n_holding + 0.5) / (n_holding + 0.5))

    def scores(self, query: str) -> list[float]:
        """One score for each text, 0 where no term is shared."""
        wanted = self._wanted(query)
        return [self._score(wanted, index) for index in range(len(self._counts))]

    def coverage(self, query: str) -> list[float]:
        """The share of the query's weight whose terms each text holds, 0..1."""
        wanted = self._wanted(query)
        total = sum(wanted.values()) or 1.0
        return [
            sum(weight for term, weight in wanted.items() if term in counts) / total
            for counts in self._counts
        ]

    def known(self, query: str) -> float:
        """The share of the query's weight whose terms stand anywhere in these texts, 0..1."""
        wanted = self._wanted(query)
        total = sum(wanted.values()) or 1.0
        return sum(weight for term, weight in wanted.items() if self._holding[term]) / total

    def _wanted(self, query: str) -> dict[str, float]:
        """The weight of each term of a query."""
        return {term: self.weight(term) for term in terms(query)}

    def _score(self, wanted: dict[str, float], index: int) -> float:
        counts = self._counts[index]
        damp = SATURATION * (1 - LENGTH + LENGTH * self._sizes[index] / self._mean)
        return sum(
            weight * counts[term] * (SATURATION + 1) / (counts[term] + damp)
            for term, weight in wanted.items()
            if term in counts
        )

"""ROUGE (Lin 2004): how many words and word pairs a summary shares with one that a person wrote.

Here is the counting, over words that were cut already. Training cuts and stems them as the published
scores do; the app takes them as they stand, so its figures are a little lower.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, unstemmed."""
    return WORD.findall(text.lower())


def rouge_n(one: Sequence[str], two: Sequence[str]) -> tuple[float, float]:
    """ROUGE-1 and ROUGE-2: F in percent of what both share of words, and of pairs of neighbours."""
    return _overlap(one, two), _overlap(list(pairwise(one)), list(pairwise(two)))


def rouge_l(one: Sequence[str], two: Sequence[str]) -> float:
    """ROUGE-L: F in percent of the longest common subsequence of words."""
    best = [0] * (len(two) + 1)
    for word in one:
        before = 0
        for at, other in enumerate(two, 1):
            before, best[at] = best[at], before + 1 if word == other else max(best[at], best[at - 1])
    return 200 * best[-1] / (len(one) + len(two)) if best[-1] else 0.0


def _overlap(found: Sequence[object], wanted: Sequence[object]) -> float:
    shared = sum((Counter(found) & Counter(wanted)).values())
    return 200 * shared / (len(found) + len(wanted)) if shared else 0.0

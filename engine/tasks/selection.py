"""Choose sentences under a budget of words: salient, unlike one another, understandable alone.

The app and the evaluation choose by this one function. Sentences are taken by salience less what
they repeat of those already taken; one that begins by pointing back ("This ...", "However, it ...")
comes with the sentence it points to, or not at all. What cannot stand alone is quoted only where a
document hardly has anything else. The result is in the order of the document.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence

import torch

from engine.ingest.notes import without_notes
from engine.tasks.features import ANAPHOR, candidates
from engine.tasks.notices import is_notice
from engine.tasks.retrieval import terms
from engine.tasks.salience import SentenceScores
from engine.types import Document

SLACK = 0.2  # of the budget, either way
REPEATED = 0.6  # share of its salience that a sentence loses by perfect likeness to a chosen one
SAME, SAME_WORDS = 0.85, 0.6  # likeness, and share of the fewer words that say something, of one thing twice
FEWEST_WORDS = 5  # that two sentences share which say the same
LEAST_WORDS, MOST_WORDS = 5, 90
WORD = re.compile(r"\w+")
MARKER = re.compile(r"^\W*(?:\w{1,4}\)\s*)?")  # of an item of a list
CLAIM = re.compile(r"\d+(?:[.,]\d+)*|\b(?:not|no|never|without|neither|nor|cannot)\b")
FIRST = re.compile(r"[^\W\d_]+(?=[\s,;:)])")  # a word, and no name such as asn1Parser
INSIDE = frozenset(",;:.)")
ENDS, CLOSERS = ".!?…。！？", "\"'”’»)]」』）"
# What speaks of the document itself points to nothing before it.
ITSELF = re.compile(
    r"^\W*(?:this (?:paper|study|article|work|proposal|document|pep|rfc|report|book|chapter|review|thesis|"
    r"standard|specification|guide|manual|tutorial|survey|policy|agreement|act)\b|(?:second|third)\b(?!,))",
    re.I,
)
BACK = re.compile(
    r"^\W*(?:in (?:this|these|such|that) (?:cases?|way|respect|example|sense|context|situation|regard)|"
    r"(?:for|because of|due to) (?:this|these|that)|at (?:this|that) (?:point|time|stage)|"
    r"the (?:above|preceding))\b",
    re.I,
)
# Without the picture or the place that it names, or in brackets beside another, a sentence says too little.
BESIDE = re.compile(
    r"^\W*(?:(?:as|see)\b[^,.]{0,60}\b(?:fig(?:ure)?s?|tables?|section|above|below|earlier|previously)\b|"
    r"(?:fig(?:ure)?s?|tables?)\b\.?\s*[\dIVX]|"
    r"\(?[a-h]\)\s+(?:(?:an?|the)\s+)?(?:\w+ )?(?:visuali[sz]ation|plot|illustration|photograph|picture|"
    r"image|view|sketch|diagram|distribution|histogram|schematic)\b)|^\s*\(.*\)\W*$",
    re.I | re.S,
)


def choose(
    scores: SentenceScores, document: Document, budget_words: int,
    among: Collection[int] | None = None, told: Told | None = None,
) -> tuple[int, ...]:
    """Indices of the chosen sentences in the order of the document; together they have
    `budget_words` give or take a fifth, where the document has that much to choose from. `among`
    are the indices that may be chosen, where not all may; what was `told` before is not repeated while
    there is anything else, and what is chosen is told now."""
    return tuple(sorted(rank(scores, document, budget_words, among, told)))


def most_telling(scores: SentenceScores, document: Document, most_words: int) -> tuple[int, ...]:
    """The one most salient sentence that can be understood alone, of at most so many words where there
    is one."""
    selection = Selection(scores, document, most_words)
    return tuple(selection.best_alone(most_words) or selection.best_alone(MOST_WORDS) or selection.smallest())


def rank(
    scores: SentenceScores, document: Document, budget_words: int,
    among: Collection[int] | None = None, told: Told | None = None,
) -> list[int]:
    """The same in the order in which they were chosen."""
    selection = Selection(scores, document, budget_words, among, told)
    selection.take(strictly=True)
    selection.take(strictly=True, apart=False)  # where a document has nothing else to say
    if selection.is_scarce:
        selection.take(strictly=False, apart=False)
    if not selection.chosen:
        selection.add(selection.best_alone(MOST_WORDS) or selection.smallest())
    return selection.chosen


Said = frozenset[str | tuple[str, ...]]  # words, or runs of three


class Told:
    """What was quoted, by its runs of three words and by its words that say something."""

    def __init__(self) -> None:
        self._holding: dict[str | tuple[str, ...], list[int]] = {}
        self._words: list[Said] = []
        self._claims: list[frozenset[str]] = []

    def add(self, text: str) -> None:
        """One more sentence."""
        words = _telling_words(text)
        for one in words | _trigrams(text):
            self._holding.setdefault(one, []).append(len(self._words))
        self._words.append(words)
        self._claims.append(_claims(text))

    def repeats(self, text: str) -> bool:
        """Whether a third of its runs stand in one sentence that was told."""
        trigrams = _trigrams(text)
        return max(self._shared(trigrams).values(), default=0) > len(trigrams) / 3

    def says(self, text: str) -> bool:
        """Whether one sentence that was told says the same in other words: it shares most words, denies
        what this one denies, and has its numbers."""
        words, claims = _telling_words(text), _claims(text)
        return any(
            count >= FEWEST_WORDS
            and count >= SAME_WORDS * min(len(words), len(self._words[number]))
            and claims == self._claims[number]
            for number, count in self._shared(words).items()
        )

    def _shared(self, said: Said) -> Counter[int]:
        return Counter(number for one in said for number in self._holding.get(one, ()))


class Selection:
    """What was chosen so far, and what may still be."""

    def __init__(
        self, scores: SentenceScores, document: Document, budget_words: int,
        among: Collection[int] | None = None, told: Told | None = None,
    ) -> None:
        self.document = document
        self.indices = sorted(candidates(document).indices if among is None else among)
        self.texts = {i: document.sentences[i].span.of(document.text) for i in self.indices}
        self.n_words = {i: len(text.split()) for i, text in self.texts.items()}
        self.standing = {i for i, text in self.texts.items() if _can_stand(text)}
        self.told = Told() if told is None else told
        self.salience = torch.tensor([scores.salience[i] for i in self.indices])
        self.vectors = scores.vectors[self.indices]
        self.nearest = torch.zeros(len(self.indices))  # likeness to the most alike chosen one
        self.most, self.least = budget_words * (1 + SLACK), budget_words * (1 - SLACK)
        self.chosen: list[int] = []
        self.size = 0

    @property
    def is_scarce(self) -> bool:
        """Whether all that can stand alone is less than the budget."""
        return sum(self.n_words[i] for i in self.standing) < self.least

    def take(self, strictly: bool, apart: bool = True) -> None:
        """Take the best sentence again and again until the budget is used. Strictly, only what can
        stand alone, or with the sentence before it; apart, nothing that says what was said."""
        open_ = (self.standing if strictly else set(self.texts)) - set(self.chosen)
        while open_ and self.size < self.least:
            for best in self._by_value(open_):
                open_.discard(best)
                group = self._with_antecedent(best) if strictly else [best]
                if self._fits(group, apart):  # what does not fit now never will
                    open_ -= set(group)
                    self.add(group)
                    break

    def best_alone(self, most_words: int) -> list[int]:
        """The most salient sentence that can be understood alone and has at most so many words."""
        alone = {i for i in self.standing if self.n_words[i] <= most_words and not points_back(self.texts[i])}
        return self._by_value(alone)[:1]

    def smallest(self) -> list[int]:
        """Where nothing can stand: the most salient sentence that fits, or the shortest of all."""
        fitting = {i for i in self.texts if 0 < self.n_words[i] <= self.most}
        return self._by_value(fitting)[:1] or sorted(self.texts, key=lambda i: (self.n_words[i], i))[:1]

    def _by_value(self, which: Collection[int]) -> list[int]:
        value = dict(zip(self.indices, (self.salience * (1 - REPEATED * self.nearest)).tolist(), strict=True))
        return sorted(which, key=lambda i: (-value[i], i))

    def _fits(self, group: Sequence[int], apart: bool) -> bool:
        n_words = sum(self.n_words[i] for i in group)
        if not group or self.size + n_words > self.most:
            return False
        return not any(self.told.repeats(self.texts[i]) or (apart and self._is_told(i)) for i in group)

    def _is_told(self, index: int) -> bool:
        """Whether what it says was said, to the model or in most of its words."""
        nearest = float(self.nearest[bisect_left(self.indices, index)])
        return nearest >= SAME or self.told.says(self.texts[index])

    def add(self, group: Sequence[int]) -> None:
        """Choose these."""
        for index in group:
            self.chosen.append(index)
            self.told.add(self.texts[index])
            self.size += self.n_words[index]
            vector = self.vectors[bisect_left(self.indices, index)]
            self.nearest = torch.maximum(self.nearest, self.vectors @ vector)

    def _with_antecedent(self, best: int) -> list[int]:
        """The sentence, with the one before it where it points back; nothing where that will not do."""
        before = best - 1
        if not points_back(self.texts[best]) or before in self.chosen:
            return [best]
        paragraphs = (self.document.sentences[i].paragraph for i in (before, best))
        if before not in self.standing or points_back(self.texts[before]) or len(set(paragraphs)) > 1:
            return []
        return [before, best]


def stands_alone(text: str) -> bool:
    """Whether it can be understood without what stands around it, and quoted."""
    return _can_stand(text) and not points_back(text)


def points_back(text: str) -> bool:
    """Whether it begins by pointing to what stands before it."""
    return bool((ANAPHOR.match(text) and not ITSELF.match(text)) or BACK.match(text))


def _can_stand(text: str) -> bool:
    """Whether it looks like a whole sentence of a length that can be quoted."""
    n_words = len(text.split())
    letters = sum(letter.isalpha() for letter in text)
    return (
        LEAST_WORDS <= n_words <= MOST_WORDS
        and letters > 0.6 * len(text)
        and without_notes(text).rstrip(CLOSERS)[-1:] in ENDS
        and not _begins_inside(text)
        and not BESIDE.match(text)
        and not is_notice(text)
    )


def _begins_inside(text: str) -> bool:
    """Whether it is the rest of something, as the items of some lists are."""
    first = FIRST.match(text, MARKER.match(text).end())  # type: ignore[union-attr]
    return text[:1] in INSIDE or (first is not None and first[0].islower())


def _trigrams(text: str) -> Said:
    words = WORD.findall(text.lower())
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def _telling_words(text: str) -> Said:
    return frozenset(terms(text))


def _claims(text: str) -> frozenset[str]:
    """Its numbers, and whether it denies."""
    return frozenset(CLAIM.findall(text.lower().replace("n't", " not")))

"""Whether the document says what a written sentence says: its numbers, its names, its denials.

Each is looked up where the sentence's other words stand. A number or a name that the document has,
but only where it speaks of something else, is doubted as one that it lacks; so is a word that one of
the two denies and the other does not. Nothing is hidden: a doubt names its words and its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.tasks.cite import Cited, Sources
from engine.tasks.facts import cues, denied, names, numbers
from engine.tasks.retrieval import WORD, stem, terms
from engine.types import Doubt, Span

NEAR = {"number": 0.8, "name": 0.7}  # of the best passage's cover, where it must stand
AROUND = 2  # sentences before and after, where a pronoun may stand for a name
SAME_MATTER = 0.45  # cover from which a sentence and its source are about one thing


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence with its closest passages, its support (0..1), and what is doubtful about it."""

    text: str
    cited: Cited
    doubts: tuple[Doubt, ...]


def check(sources: Sources, text: str) -> Checked:
    """Look up everything that a sentence claims."""
    cited = sources.cite(text)
    doubts = [
        *(
            _look_up(sources, text, "number", one.span, sources.with_number(one.value))
            for one in numbers(text)
        ),
        *(
            _look_up(sources, text, "name", one.span, sources.with_name(one.key))
            for one in names(text)
            if one.key not in sources.title
        ),
        *_doubt_negation(sources, text, cited),
    ]
    found = sorted((doubt for doubt in doubts if doubt), key=lambda doubt: doubt.span)
    return Checked(text, cited, tuple(found))


def _look_up(
    sources: Sources, text: str, kind: Literal["number", "name"], span: Span, holding: Sequence[int]
) -> Doubt | None:
    """A doubt, unless the words stand near what the rest of the sentence is about."""
    rest = frozenset(terms(text)) - frozenset(terms(span.of(text)))
    near = max((sources.cover(rest, index, AROUND) for index in holding), default=0.0)
    if holding and near >= NEAR[kind] * _best(sources, rest):
        return None
    return Doubt(kind, span, _reason(span.of(text), bool(holding)))


def _best(sources: Sources, matter: frozenset[str]) -> float:
    """The most of a sentence's matter that one passage holds."""
    return max((sources.cover(matter, index, 1) for index in sources.holding(matter)), default=0.0)


def _reason(words: str, elsewhere: bool) -> str:
    quoted = f"\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}"
    if elsewhere:
        return f"The document has {quoted} only where it speaks of something else."
    return f"{quoted} does not occur in the document."


def _doubt_negation(sources: Sources, text: str, cited: Cited) -> list[Doubt]:
    """Doubts about what is denied on one side only, against the closest passages."""
    own, held = denied(text), frozenset(terms(text))
    close = [index for index in cited.sentences if sources.cover(held, index) >= SAME_MATTER]
    if cited.support < SAME_MATTER:
        return []
    source = denied(sources.texts[close[0]]) if close else {}
    found = []
    for cue in cues(text):
        words = {word for word, of in own.items() if of == cue and close and word in sources.terms[close[0]]}
        if not (words & source.keys() if words else any(_denies(sources, one) for one in cited.sentences)):
            found.append(Doubt("negation", cue, "The passage that this rests on does not deny it."))
    for word in source if not own.keys() & source.keys() else ():
        if word in held - own.keys() and all(word in denied(sources.texts[one]) for one in close):
            found.append(Doubt("negation", _place(text, word), "The passage that this rests on denies it."))
            break
    return found


def _denies(sources: Sources, index: int) -> bool:
    return bool(cues(sources.texts[index]))


def _place(text: str, wanted: str) -> Span:
    """Where a stem stands in a text."""
    for match in WORD.finditer(text):
        if stem(match[0].lower()) == wanted:
            return Span(match.start(), match.end())
    return Span(0, len(text))

"""Questions that a document itself suggests: what its headings ask, what its abbreviations stand
for, what it defines, when something that it names was done.

They are made by a few patterns over headings and sentences, so they can only be proposals: whoever shows one
asks the model first, and shows it only where the document answers it. The same document gives the
same questions, each with the place of the term that it asks about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.tasks.retrieval import STOP
from engine.types import Document, Heading, Sentence, Span

MOST_SENTENCES = 4_000  # looked at
MOST_WORDS = 5  # of a term
WORD = r"[A-Z][\w'’-]*"
LOWER = r"[a-z][\w'’-]*"
NAME = rf"{WORD}(?:(?:\s+(?:of|the|de|for|and))?\s+{WORD}){{0,4}}"
TERM = rf"(?:(?:The|A|An)\s+)?(?:{NAME}|{WORD}(?:\s+{LOWER}){{0,3}})"

ABBREVIATION = re.compile(r"\b[\w’'-]+(?:\s+[\w’'-]+){1,6}\s+\(([A-Z][A-Za-z]*[A-Z]s?)\)")
DEFINITION = re.compile(rf"^({TERM})\s+(is|are)\s+(?:an?|the|any|one of|those)\s")
REFERENCE = re.compile(rf"^({TERM})\s+(?:refers?\s+to|means?|denotes?|is\s+defined\s+as)\s")
DONE = re.compile(
    rf"^((?:The\s+(?:[\w-]+\s+){{0,3}}[\w-]+)|{NAME})\s+(was|were)\s+"
    r"((?:first\s+)?\w+(?:ed|en|lt|it|ut|wn|rn|ght|ast)(?:\s+for\s+the\s+first\s+time)?)\b([^.;]*)"
)
YEAR = re.compile(r"^[^,.;]*\b(?:in|on|at|during|since)\b[^,.;]*\b(1[0-9]{3}|20[0-9]{2})\b")
MAKER = re.compile(r"^\s+by\s+(?:\w+\s+){0,3}[A-Z]")
COUNTED = re.compile(
    r"^(?:\d[\d,]*|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Eleven|Twelve|Twenty|Thirty|Forty|Fifty)\s+"
    r"((?:[a-z-]+\s+){0,2}[a-z]+s\s+(?:(?:were|are|have|had)\s+\w+|\w+ed))\b"
)
MOST_OF_ALL = re.compile(
    r"^(The\s+(?:\w+est|most\s+\w+|first|last)\s+(?:[a-z-]+\s+){0,2}?[a-z-]+)\s+(was|is)\s"
)
ASKING = re.compile(r"^(?:[\d.]+\s+)?((?:What|Who|When|Where|Why|How)\b.{4,80})$")
# "How the heart is made": a subject stands where a question has its verb, or what "how" measures.
INDIRECT = re.compile(
    r"^(How|Why|When|Where)\s+"
    r"(?!(?:many|much|long|short|old|far|often|soon|big|large|small|high|deep|wide|fast|slow|well|good|bad|"
    r"do|does|did|is|are|was|were|can|could|will|would|shall|should|has|have|had|may|might|must|to|not|and|"
    r"else|exactly|come)\b)"
    r"(.+?)\s+(was|were|is|are|can|could|will)\s+(.+)$",
    re.I,
)
# Words that stand where a term would, and are none.
EMPTY = frozenset("""
it this that these those there he she they we you i one what which who here such both each all some many most
however moreover therefore thus then now also but and or if when while although because since as in on at of
for by with from to first second third another other the a an our their his her its figure table section
chapter equation step result results example examples alternative alternatives last next same particularly
following reason question problem answer aim goal idea
""".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and where the term stands that it asks about."""

    text: str
    span: Span


def possible_questions(document: Document, most: int) -> tuple[Question, ...]:
    """At most `most` questions: of each kind in turn, those about what the document speaks of most first."""
    kinds = [list(kind) for kind in _by_kind(document)]
    chosen: list[Question] = []
    seen: set[str] = set()
    while any(kinds) and len(chosen) < most:
        for kind in kinds:
            if kind and (one := kind.pop(0)).text.lower() not in seen and len(chosen) < most:
                seen.add(one.text.lower())
                chosen.append(one)
    return tuple(chosen)


def _by_kind(document: Document) -> Iterator[list[Question]]:
    body = [one for one in document.sentences if one.kind == "body"][:MOST_SENTENCES]
    found: dict[str, list[Question]] = {"done": [], "definition": [], "abbreviation": []}
    for sentence in body:
        for kind, question in _in_sentence(sentence, sentence.span.of(document.text)):
            found[kind].append(question)
    yield [one for heading in document.outline for one in _in_heading(heading, document.text)]
    for questions in found.values():
        weight = {one: document.text.count(one.span.of(document.text)) for one in questions}
        yield sorted(questions, key=lambda one: (-weight[one], one.span.start))


def _in_heading(heading: Heading, text: str) -> Iterator[Question]:
    """A heading that asks something, as a question."""
    words = " ".join(heading.span.of(text).split()).rstrip("?")
    match = ASKING.match(words)
    if match and not match[1].lower().startswith("how to "):
        asked = _as_sentence(match[1].split())
        if turned := INDIRECT.match(asked):
            asked = f"{turned[1]} {turned[3]} {turned[2]} {turned[4]}"
        yield Question(f"{asked}?", heading.span)


def _in_sentence(sentence: Sentence, text: str) -> Iterator[tuple[str, Question]]:
    for match in ABBREVIATION.finditer(text):
        if 2 <= len(match[1]) <= 8:
            yield "abbreviation", _asked(f"What does {match[1]} stand for?", sentence, match)
    defined = DEFINITION.match(text)
    if defined and _is_term(defined[1]):
        yield "definition", _asked(f"What {defined[2]} {_inside(defined[1])}?", sentence, defined)
    meant = REFERENCE.match(text)
    if meant and _is_term(meant[1]):
        yield "definition", _asked(f"What is {_inside(meant[1])}?", sentence, meant)
    counted = COUNTED.match(text)
    if counted:
        yield "done", _asked(f"How many {counted[1]}?", sentence, counted)
    most = MOST_OF_ALL.match(text)
    if most:
        yield "definition", _asked(f"What {most[2]} {_inside(most[1])}?", sentence, most)
    done = DONE.match(text)
    if done and _is_term(done[1]):
        term = _inside(done[1])
        if YEAR.search(done[4]):
            yield "done", _asked(f"When {done[2]} {term} {done[3]}?", sentence, done)
        elif MAKER.match(done[4]):
            yield "done", _asked(f"By whom {done[2]} {term} {done[3]}?", sentence, done)


def _asked(text: str, sentence: Sentence, match: re.Match[str]) -> Question:
    start = sentence.span.start
    return Question(" ".join(text.split()), Span(start + match.start(1), start + match.end(1)))


def _as_sentence(words: list[str]) -> str:
    """A heading as a sentence has it: where it is in Title Case only its first word keeps the capital, and
    abbreviations theirs."""
    first, rest = words[0], words[1:]
    telling = [word for word in rest if word.lower() not in STOP]
    if 2 * sum(word[0].isupper() for word in telling) > len(telling):
        rest = [word.lower() if word[1:].islower() or word == "A" else word for word in rest]
    return " ".join((first, *rest))


def _inside(term: str) -> str:
    """A term as it stands within a sentence."""
    return re.sub(r"^(The|A|An)\b", lambda match: match[0].lower(), " ".join(term.split()))


def _is_term(term: str) -> bool:
    words = [word.lower() for word in term.split()]
    if words and words[0] in ("the", "a", "an"):
        words = words[1:]
    return bool(words) and len(words) <= MOST_WORDS and words[0] not in EMPTY and len("".join(words)) > 2

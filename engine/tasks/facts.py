"""What a sentence claims word by word: its numbers, its names, and what it denies.

These are what a written summary gets wrong most (Maynez et al. 2020), and what can be looked up in
the source without understanding either. English; other languages lose the number words and the
negations, not the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.tasks.retrieval import STOP, stem
from engine.types import Span

NAMED = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}.&-][^\W_]+)*")
PLAIN = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}]\w+)?")
OPENERS = frozenset('.!?:;("\N{LEFT DOUBLE QUOTATION MARK}\N{BULLET}')
RANGE = re.compile(r"\d\d(?=\d\d[\N{EN DASH}-]\d\d\b)")  # the century of "1362-72"
NUMBER = re.compile(r"(?<![^\W\d_])\d[\d,\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]*(?:\.\d+)*")
SCALES = {
    "hundred": 100.0,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
_UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"  # noqa: E501
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
WORDS = (
    {word: float(value) for value, word in enumerate(_UNITS.split())}
    | {word: float(value) for value, word in enumerate(_ORDINALS.split())}
    | {word: 10.0 * value for value, word in enumerate(_TENS.split(), start=2)}
    | {"dozen": 12.0, "once": 1.0, "twice": 2.0, "half": 0.5}
)
VAGUE = frozenset({0.0, 0.5, 1.0, 2.0})  # written as words these count nothing: "one", "second", "half"
CUES = frozenset(
    """no not never none nobody nothing neither nor without cannot hardly scarcely barely unable fail fails
    failed failing lack lacks lacked lacking unlikely absent""".split()  # noqa: SIM905
)
NOT_ONLY = re.compile(r"\s+(?:only|just|merely|least)\b", re.IGNORECASE)  # "not only" denies nothing
REACH = 6  # words after a cue that it denies, inside its clause
CLAUSE = re.compile(
    r"[,;:.!?()\N{EM DASH}]|\b(?:but|although|however|while|whereas|because|which|who|that)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, its value, and the code points of the sentence that hold it."""

    value: float
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A word that names: how it compares, and the code points of the sentence that hold it."""

    key: str
    span: Span


def numbers(text: str) -> tuple[Number, ...]:
    """Every number: in digits, with its scale ("1.2 million"), or spelled out ("twenty-five")."""
    return (*_in_digits(text), *_in_words(text))


def _in_digits(text: str) -> Iterator[Number]:
    for match in NUMBER.finditer(text):
        if text[match.end() : match.end() + 1].isupper():
            continue  # "18F" is a name
        plain = re.sub(r"[^\d.]", "", match[0].rstrip(",\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"))
        if plain.count(".") > 1:  # a version or the number of a section: compared as it is written
            yield Number(hash_of(plain), Span(match.start(), match.start() + len(match[0])))
            continue
        after = re.match(r"[\s-]*([a-z]+)", text[match.end() :], re.IGNORECASE)
        scale = SCALES.get(after[1].lower(), 1.0) if after else 1.0
        end = match.start() + len(match[0].rstrip(", \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"))
        century = RANGE.match(text, match.start() - 5) if len(plain) == 2 else None
        plain = century[0] + plain if century else plain
        yield Number(round(float(plain) * scale, 6), Span(match.start(), end))


def hash_of(version: str) -> int:
    """A whole number that only the same version has."""
    return -int("1" + "".join(f"{int(part):06d}" for part in version.split(".") if part))


def _in_words(text: str) -> Iterator[Number]:
    found = [(match[0].lower(), match.start(), match.end()) for match in re.finditer(r"[A-Za-z]+", text)]
    at = 0
    while at < len(found):
        word, start, end = found[at]
        at += 1
        if word not in WORDS:
            continue
        value = WORDS[word]
        while at < len(found) and text[end : found[at][1]].strip(" -") == "":
            follower = found[at][0]
            if follower in SCALES:
                value *= SCALES[follower]
            elif value >= 20 and value % 10 == 0 and WORDS.get(follower, 99) < 10:
                value += WORDS[follower]
            else:
                break
            end, at = found[at][2], at + 1
        if value not in VAGUE:
            yield Number(value, Span(start, end))


def names(text: str) -> tuple[Name, ...]:
    """Words with a capital that the grammar does not ask for. The word that opens a sentence counts
    only where more than its first letter is a capital."""
    made = []
    for match in NAMED.finditer(text):
        word = match[0]
        named = word[0].isupper() and not _opens(text[: match.start()])
        shouted = any(map(str.isupper, word[1:]))
        if len(word) > 1 and (named or shouted) and word.lower() not in STOP:
            made.append(Name(key_of(word), Span(match.start(), match.end())))
    return tuple(made)


def _opens(before: str) -> bool:
    """Whether a sentence, a quotation or a list begins after these characters."""
    return not before.strip() or before.rstrip()[-1] in OPENERS


def key_of(word: str) -> str:
    """A word as it compares: no possessive, no full stops, lower case."""
    bare = re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]s?$", "", word)
    return bare.replace(".", "").casefold()


def cues(text: str) -> tuple[Span, ...]:
    """The words that deny something: "not", "without", "couldn't"."""
    return tuple(
        Span(match.start(), match.end())
        for match in PLAIN.finditer(text)
        if _denies(match[0].lower()) and not NOT_ONLY.match(text, match.end())
    )


def _denies(word: str) -> bool:
    return word in CUES or word.endswith(("n't", "n\N{RIGHT SINGLE QUOTATION MARK}t"))


def denied(text: str) -> dict[str, Span]:
    """Stems of the content words that a sentence denies, each with the cue that denies it."""
    found: dict[str, Span] = {}
    borders = [match.start() for match in CLAUSE.finditer(text)]
    for cue in cues(text):
        border = min((one for one in borders if one >= cue.end), default=len(text))
        inside = [match[0].lower() for match in PLAIN.finditer(text, cue.end, border)]
        for word in [one for one in inside if one not in STOP][:REACH]:
            found.setdefault(stem(word), cue)
    return found

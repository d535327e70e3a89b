"""Sentences of a paragraph, as exact spans.

syntok finds the borders; what it does not know about abbreviations of scholarly text, about
Chinese and Japanese full stops and about endless sentences is mended here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from syntok import segmenter
from syntok.tokenizer import Tokenizer

from engine.ingest.clean import POINTS
from engine.ingest.notes import BRACKETED, NOTED_STOP
from engine.types import Span

MAX_SENTENCE = 1_500  # characters; longer ones are cut at a blank
# A full stop after these does not end a sentence, whatever follows.
NEVER_LAST = re.compile(
    r"(?:^|[\s(\[“\"])(?:e\.\s?g|i\.\s?e|cf|vs|viz|approx|ca|resp|Figs?|Eqs?|Secs?|Sects?|Tabs?|Refs?|Ch(?:ap)?|App|Thm|Def|"
    r"Prop|Lem|Cor|Algs?|Nos?|Nrs?|Vols?|pp?|eds?|Dr|Mrs?|Ms|Mmes?|Mlle|Messrs|Prof|St|Sr|Jr|Gen|Gov|Sen|Rep|Rev|Hon|"
    r"Capt|Col|Lt|Sgt|Maj|Cmdr|Cpl|Pvt|Adm|Brig|Supt|Insp|Det|Cllr|Pres|Asst|Amb|Atty|Bp|Mt|Ft|Fed|Civ|Crim|Cal|"
    r"Suppl|Exh?s?|Decl|Rs|"
    r"bzw|z\.\s?B|d\.\s?h|vgl|Abb|bzgl)\.$")
# After these it ends none before a number.
NUMBERED = re.compile(
    r"(?:^|[\s(\[“\"])(?:figs?|eqn?s?|sec[st]?s?|tabs?|refs?|ch(?:ap)?s?|paras?|cls?|arts?|scheds?|exs?|app|nos?|vols?|"
    r"regs?|pts?|bk|ver|max|min|ca|Supp|Rptr|Stat|Cir|Ct|Dist|Bros)\.$", re.IGNORECASE)
# After these it ends one only before a capital letter that begins no number or name in brackets.
SELDOM_LAST = re.compile(r"(?:\bet al|\betc|\ba\.m|\bp\.m|\bInc|\bLtd|\bCo|\bCorp|\b[A-Z])\.$")
SPLIT_AFTER_TIME = re.compile(r"\b[ap]\.m\. (?=[A-Z][a-z])(?!(?:on|to|and|or)\b)")
NEXT = r"(?=[A-Z“\"'‘(])"
# syntok misses these: marks of notes, brackets and units hide the full stop from it.
SPLIT_AFTER_NOTES = re.compile(rf"{NOTED_STOP} {NEXT}")
SPLIT_AFTER_CLOSED = re.compile(rf"(?:\w[)\]]|°[CF])[.!?] {NEXT}")
# A number, a unit or a word that may be an abbreviation hides it too, but not from words like these.
SPLIT_AFTER_NUMBER = re.compile(r"\d(?:\.\d+%?| (?:min|max|gal))\. (?=[A-Z][a-z])")
SPLIT_BEFORE = re.compile(  # "K. He" is a name
    r"(?:[a-z]{2}|\b[IVX]{2,}|\.[A-Z](?!\. He\b))\. "
    r"(?=(?:He|We|She|They|Our|These|There|When|While|After|Then)\b(?![,.]))")
LATE_NOTES = re.compile(rf"(?:{BRACKETED} )+{NEXT}")  # they belong to the sentence before
EAST_ASIAN_STOP = re.compile(r"[。！？｡]+[」』”’）)]*")
GOES_ON = re.compile(r"[,;:)\]]|[.!?](?!\w)")
# What is no sentence of its own: 12. (iv) 1.1. Theorem 2.1.
LIST_MARK = re.compile(
    r"[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivxl]{1,5})[.)\]]+|[A-Z][a-z]+ \d{1,3}(?:\.\d{1,3})+\.")
NUMBER = re.compile(r"\s*(?:\d|[(\[][\d.,; \u2013-]+[a-z]?[)\]])")  # also one in brackets, and nothing else
TIME = re.compile(r"\b[ap]\.m\.$")
OF_TIME = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|"
                     r"(?:Eastern|Central|Mountain|Pacific)(?: (?:[Tt]ime|Standard|Daylight)\b|[,.)])")
CITED = re.compile(r"(?:\b[A-Z]\w{0,6}|\.[A-Za-z]|\b[Ii]d)\.$")  # before the sign of a paragraph
SEMICOLON = re.compile(r"(?<![\u0370-\u03ff\u1f00-\u1fff]);$")  # to Greek it is a question mark
# The mark of a list is not part of what is said.
BULLET = re.compile(rf"\s*[{POINTS}·–—\uf0b7\uf0a7-]+\s+(?=\S)")
CLOSERS = re.compile(r"[.!?…][\"'”’»)\]]*$")


def split_sentences(text: str, start: int = 0) -> list[Span]:
    """Spans of the sentences of a paragraph whose text begins at offset `start`."""
    borders = _borders(text)
    spans: list[Span] = []
    for first, last in zip(borders, [*borders[1:], len(text)], strict=True):
        spans += _cut(text, first, last, start)
    return spans


def _borders(text: str) -> list[int]:
    """Offsets at which sentences begin, mended."""
    missed = (SPLIT_AFTER_NOTES, SPLIT_AFTER_CLOSED, SPLIT_AFTER_TIME, SPLIT_AFTER_NUMBER, SPLIT_BEFORE,
              EAST_ASIAN_STOP)
    found = {*_syntok(text), *(m.end() for pattern in missed for m in pattern.finditer(text))}
    borders = [0]
    for border in sorted({_behind_notes(text, border) for border in found}):
        before = text[borders[-1] : border].rstrip()
        if before and border < len(text) and not _is_false(before, text[border : border + 24]):
            borders.append(border)
    return borders


def _syntok(text: str) -> Iterator[int]:
    tokenizer = Tokenizer(emit_hyphen_or_underscore_sep=True, replace_not_contraction=False)
    for tokens in segmenter.segment(tokenizer.tokenize(text)):
        yield tokens[0].offset


def _behind_notes(text: str, border: int) -> int:
    late = LATE_NOTES.match(text, border) if border else None
    return late.end() if late else border


def _is_false(before: str, after: str) -> bool:
    """Whether the text goes on over a border that was found."""
    tail = before[-24:]
    begin = after.lstrip()[:1]
    if not begin or not any(c.isalnum() for c in before):
        return bool(begin)
    if NEVER_LAST.search(tail) or (NUMBER.match(after) and NUMBERED.search(tail)):
        return True
    if SEMICOLON.search(tail) or LIST_MARK.fullmatch(before.lstrip()):
        return True
    if (TIME.search(tail) and OF_TIME.match(after)) or (begin in "§¶" and CITED.search(tail)):
        return True
    if SELDOM_LAST.search(tail):
        return not begin.isupper() and begin not in "“\"‘'"
    return (begin.islower() and not CLOSERS.search(tail)) or bool(GOES_ON.match(after.lstrip()))


def _cut(text: str, first: int, last: int, base: int) -> Iterator[Span]:
    """The span from `first` to `last` without blanks at its ends, in pieces if it is endless."""
    while last - first > MAX_SENTENCE:
        middle = text.rfind("; ", first + MAX_SENTENCE // 3, first + MAX_SENTENCE)
        if middle < 0:
            middle = text.rfind(" ", first + MAX_SENTENCE // 3, first + MAX_SENTENCE)
        middle = middle + 1 if middle >= 0 else first + MAX_SENTENCE
        yield from _trimmed(text, first, middle, base)
        first = middle
    yield from _trimmed(text, first, last, base)


def _trimmed(text: str, first: int, last: int, base: int) -> Iterator[Span]:
    if mark := BULLET.match(text, first, last):
        first = mark.end()
    piece = text[first:last]
    begin = first + len(piece) - len(piece.lstrip())
    end = first + len(piece.rstrip())
    if begin < end:
        yield Span(base + begin, base + end)

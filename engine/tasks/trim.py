"""An answer of whole words and numbers, without the punctuation around it: no half decimal, no full
stop that ends its sentence, no half bracket."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.types import Span

LOOSE_BEFORE, LOOSE_AFTER = ",;:.)]»”’", ",;:.([«“‘"
SHORT_FORMS = frozenset({"Inc.", "Ltd.", "Co.", "Corp.", "Bros.", "Jr.", "Sr.", "al."})
# A decimal with its sign, unless the sign joins it to what stands before (2.5-3.5, GPT-3.5); or a word.
# Scripts without spaces stay as they are.
WORD = re.compile(r"(?:(?<![\w%)\]])[−+-])?\d+(?:[.,]\d+)+%?|[^\W_\u2e80-\U0010ffff]+")
LONGEST_WORD = 40
DOTTED = re.compile(r"(?<!\w)[^\W\d_]\.|\.[^\W\d_]$")  # U.S, p.m, Ph.D; not example.org
OPENING = {"(": ")", "[": "]", "“": "”", "«": "»", "‘": "’", '"': '"'}
CLOSING = {closing: opening for opening, closing in OPENING.items()}


def trimmed(text: str, begin: int, end: int) -> Span:
    """Code points `begin <= i < end` of a text, with the rest of a word or number that is cut there and
    without punctuation at the ends, unless nothing would be left."""
    begin, end = completed(text, begin, end)
    whole = Span(begin, end)
    while begin < end:
        inside = text[begin + 1 : end - 1]
        loose = _is_loose(text[begin], LOOSE_BEFORE, OPENING, inside + text[end - 1])
        if loose and not _is_point(text, begin):
            begin += 1
        elif _is_loose(text[end - 1], LOOSE_AFTER, CLOSING, text[begin] + inside) and not _is_short_form(
            text[begin:end]
        ):
            end -= 1
        elif OPENING.get(text[begin]) == text[end - 1] and OPENING[text[begin]] not in inside:
            begin, end = begin + 1, end - 1
        else:
            return Span(begin, end)
    return whole


def completed(text: str, begin: int, end: int) -> tuple[int, int]:
    """The same place with all of the words and numbers that it cuts: tokens are parts of these."""
    if begin >= end:
        return begin, end
    around = max(0, begin - LONGEST_WORD), min(len(text), end + LONGEST_WORD)
    for found in WORD.finditer(text, *around):
        if found.start() < begin < found.end():
            begin = found.start()
        if found.start() < end < found.end():
            end = found.end()
    return begin, end


def _is_point(text: str, place: int) -> bool:
    """Whether a full stop begins what it stands before: .5, .NET, .csv."""
    is_inside = place > 0 and text[place - 1].isalnum()
    return text[place] == "." and text[place + 1 : place + 2].isalnum() and not is_inside


def _is_loose(mark: str, loose: str, pairs: Mapping[str, str], rest: str) -> bool:
    """Whether a mark at an end belongs to nothing inside."""
    return mark.isspace() or mark in loose or (mark in pairs and pairs[mark] not in rest)


def _is_short_form(words: str) -> bool:
    """Whether the full stop at the end belongs to the last word: U.S., p.m., Inc."""
    last = words.split()[-1]
    return last in SHORT_FORMS or (last.endswith(".") and bool(DOTTED.search(last[:-1])))

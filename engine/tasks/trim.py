"""An answer of whole words and numbers, without the punctuation around it: no half decimal, no full
stop that ends its sentence, no half bracket."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.types import Span

LOOSE_BEFORE, LOOSE_AFTER = ",;:.)]»”’", ",;:.([«“‘"
SHORT_FORMS = frozenset({"Inc.", "Ltd.", "Co.", "Corp.", "Bros.", "Jr.", "Sr.", "al."})
# A decimal, or a word; scripts without spaces stay as they are.
WORD = re.compile(r"[−+-]?\d+(?:[.,]\d+)+%?|[^\W_\u2e80-\U0010ffff]+")
LONGEST_WORD = 40
DOTTED = re.compile(r"[^\W\d_]\.")
OPENING = {"(": ")", "[": "]", "“": "”", "«": "»", "‘": "’", '"': '"'}
CLOSING = {closing: opening for opening, closing in OPENING.items()}


def trimmed(text: str, begin: int, end: int) -> Span:
    """Code points `begin <= i < end` of a text, with the rest of a word or number that is cut there and
    without punctuation at the ends, unless nothing would be left."""
    begin, end = completed(text, begin, end)
    whole = Span(begin, end)
    while begin < end:
        inside = text[begin + 1 : end - 1]
        is_decimal = text[begin] == "." and text[begin + 1 : begin + 2].isdigit()
        if not is_decimal and _is_loose(text[begin], LOOSE_BEFORE, OPENING, inside + text[end - 1]):
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


def _is_loose(mark: str, loose: str, pairs: Mapping[str, str], rest: str) -> bool:
    """Whether a mark at an end belongs to nothing inside."""
    return mark.isspace() or mark in loose or (mark in pairs and pairs[mark] not in rest)


def _is_short_form(words: str) -> bool:
    """Whether the full stop at the end belongs to the last word: U.S., p.m., Inc."""
    last = words.split()[-1]
    return last in SHORT_FORMS or (last.endswith(".") and bool(DOTTED.search(last[:-1])))

"""Mistakes of letters in a row, mended where their places on the page give them away.

    n ˇ s i        an accent printed over the letter that follows it        n š i
    U n i t e d    blanks guessed between spaced letters                    United
    ٤١             digits of a number in Arabic, in the order of the page   ١٤
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from statistics import median

# Spacing accents, as old TeX fonts print them, and the combining marks that they stand for.
ACCENTS = {
    "`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "¯": "\u0304", "˘": "\u0306", "˙": "\u0307",
    "¨": "\u0308", "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327", "˛": "\u0328",
}
ACCENT = re.compile(f"[{''.join(ACCENTS)}]")
ARABIC_NUMBER = re.compile("[\u0660-\u0669\u06f0-\u06f9]{2,}")
SPACED = 0.6  # share of single letters among the words of a line from which on it is letter-spaced


@dataclass(slots=True)
class Glyph:
    """A letter as MuPDF reports it; `guessed` blanks stand nowhere in the file."""

    letter: str
    x0: float
    x1: float
    guessed: bool = False


def mend(glyphs: list[Glyph]) -> list[Glyph]:
    """The letters of a line, mended."""
    text = "".join(glyph.letter for glyph in glyphs)
    if len(text) != len(glyphs):
        return glyphs
    if 3 * text.count(" ") > len(text) and sum(glyph.guessed for glyph in glyphs) > 3:
        glyphs = _close_up(glyphs, text)
    elif not text.isascii() or "`" in text:
        if ACCENT.search(text):
            glyphs = _set_accents(glyphs)
        if ARABIC_NUMBER.search(text):
            glyphs = _turn_numbers(glyphs, text)
    return glyphs


def _set_accents(glyphs: list[Glyph]) -> list[Glyph]:
    """Join an accent with the letter that is printed beneath it."""
    mended: list[Glyph] = []
    for glyph in glyphs:
        over = mended[-1] if mended else None
        covers = over is not None and over.letter in ACCENTS and glyph.x0 < over.x0 + 1.0
        if over is not None and covers and glyph.letter.isalpha():
            base = {"ı": "i", "ȷ": "j"}.get(glyph.letter, glyph.letter)
            letter = unicodedata.normalize("NFC", base + ACCENTS[over.letter])
            if len(letter) == 1:
                mended[-1] = Glyph(letter, glyph.x0, glyph.x1)
                continue
        mended.append(glyph)
    return mended


def _close_up(glyphs: list[Glyph], text: str) -> list[Glyph]:
    """Drop guessed blanks between single letters, but keep those that are much wider than most."""
    words = text.split()
    if sum(len(word) == 1 and word.isalpha() for word in words) < SPACED * len(words):
        return glyphs
    widths = [glyph.x1 - glyph.x0 for glyph in glyphs if glyph.guessed]
    limit = 1.6 * median(widths)
    return [glyph for glyph in glyphs if not glyph.guessed or glyph.x1 - glyph.x0 > limit]


def _turn_numbers(glyphs: list[Glyph], text: str) -> list[Glyph]:
    """Digits run from left to right in every script."""
    mended = list(glyphs)
    for match in ARABIC_NUMBER.finditer(text):
        start, end = match.span()
        if glyphs[start].x0 > glyphs[end - 1].x0:
            mended[start:end] = reversed(glyphs[start:end])
    return mended

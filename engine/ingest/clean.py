"""Characters that may enter a document's text, and what becomes of the others.

Out go control characters, halves of surrogate pairs, non-characters, zero-width and
bidirectional controls; every blank becomes a space, ligatures and Arabic presentation forms
become letters, and the rest is in normal form C. What a printed line loses or joins, its edges
(the x positions between letters) lose or join too.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Sequence

SOFT_HYPHEN = "\u00ad"
# Format characters (category Cf) that are printed: Arabic and Kaithi number signs, Syriac marks.
PRINTED_FORMAT = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}
POINTS = "•▪▫◦‣⁃∙●○■□➢✓✗*"  # marks of a list's points
BULLETS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "➢", 0xF0FC: "✓"}  # Symbol, Wingdings
SPACES = re.compile(" {2,}")


class _Table(dict[int, str]):
    """For str.translate: what a code point becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _replacement(code)
        return self[code]


def _replacement(code: int) -> str:
    character = chr(code)
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in "\t\n\v\f\r\x85":
        return " "
    if code in PRINTED_FORMAT or character == SOFT_HYPHEN:
        return character
    if category in ("Cc", "Cf", "Cs") or (code & 0xFFFE) == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return ""
    if 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF:  # variation selectors
        return ""
    if 0xFB00 <= code <= 0xFDFF or 0xFE70 <= code <= 0xFEFC:
        letters = unicodedata.normalize("NFKC", character)
        return letters if " " not in letters else character
    return BULLETS.get(code, character)


TABLE = _Table()


def clean(text: str) -> str:
    """Clean running text: one line, single spaces, no blanks at the ends."""
    text = unicodedata.normalize("NFC", text.translate(TABLE)).replace(SOFT_HYPHEN, "")
    return SPACES.sub(" ", text).strip()


def clean_piece(text: str) -> str:
    """As `clean`, but a soft hyphen stays where it ends the line."""
    cleaned = clean(text)
    return cleaned + SOFT_HYPHEN if text.rstrip().endswith(SOFT_HYPHEN) else cleaned


def clean_strip(characters: Sequence[str], lefts: Sequence[float], right: float) -> tuple[str, array[float]]:
    """Clean the letters of a printed line, given the left edge of each and the right edge of the last.

    Returns the text and its `len(text) + 1` edges. A soft hyphen stays where it ends the line,
    because there it says that the word goes on; elsewhere fonts use it for the plain hyphen.
    """
    raw = "".join(characters)
    if raw.isascii() and raw.isprintable() and len(raw) == len(characters) and "  " not in raw:
        return _trim(raw, array("f", [*lefts, right]))
    text: list[str] = []
    edges: list[float] = []
    for cluster, left, end in _clusters(characters, lefts, right):
        letters = unicodedata.normalize("NFC", cluster)
        if letters == " " and text and text[-1] == " ":
            continue
        step = (end - left) / max(1, len(letters))
        text.extend(letters)
        edges.extend(left + step * i for i in range(len(letters)))
    whole = "".join(text)
    if SOFT_HYPHEN in whole[:-1]:
        whole = whole[:-1].replace(SOFT_HYPHEN, "-") + whole[-1]
    return _trim(whole, array("f", [*edges, right]))


def _clusters(
    characters: Sequence[str], lefts: Sequence[float], right: float
) -> list[tuple[str, float, float]]:
    """Letters with the combining marks that follow them, as (text, left edge, right edge)."""
    clusters: list[tuple[str, float]] = []
    for character, left in zip(characters, lefts, strict=True):
        cleaned = character.translate(TABLE)
        if not cleaned:
            continue
        if clusters and unicodedata.combining(cleaned[0]) and clusters[-1][0] != " ":
            clusters[-1] = (clusters[-1][0] + cleaned, clusters[-1][1])
        else:
            clusters.append((cleaned, left))
    ends = [*(left for _, left in clusters[1:]), right]
    return [(text, left, end) for (text, left), end in zip(clusters, ends, strict=False)]


def _trim(text: str, edges: array[float]) -> tuple[str, array[float]]:
    """Without blanks at the ends."""
    start = len(text) - len(text.lstrip(" "))
    end = len(text.rstrip(" "))
    if start >= end:
        return "", array("f", edges[:1])
    return text[start:end], edges[start : end + 1]

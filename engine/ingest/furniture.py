"""Running heads, running feet and page numbers: what stands on page after page, and is no text.

A piece in the top or bottom margin is furniture when the same words (digits aside) stand at the
same height on at least half of the pages, or on half of the left or of the right ones, or, as the
title of a chapter does, on three pages of a stretch at a height where most pages have something.
A document of one or two pages keeps all its text; so are kept a line whose numbers go up and down,
and words that stand on lines of their own just as often away from the margins.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from engine.ingest.strips import RawPage, Strip

MARGIN = 0.12  # share of the page's height, at the top and at the bottom
OUTER, OUTER_LINES = 0.25, 2  # the outermost lines count up to here, on pages with wide margins
LEVEL = 4.0  # points that the height may differ
MAX_SHARE = 0.35  # a document of which more would go has no furniture but a form
ROMAN = re.compile(r"^[ivxlc]{1,7}$")
DIGITS = re.compile(r"\d+")


def drop_furniture(pages: Sequence[RawPage]) -> None:
    """Take running heads, running feet and page numbers out of the pages' strips."""
    with_text = [page for page in pages if page.strips]
    _drop_stamps(with_text)
    if len(with_text) < 3:
        return
    found = _find(with_text)
    n_all = sum(page.n_chars for page in with_text)
    n_found = sum(len(strip.text) for page in with_text for strip in page.strips if id(strip) in found)
    if n_found > MAX_SHARE * n_all:
        return
    for page in with_text:
        page.strips = [strip for strip in page.strips if id(strip) not in found]


def _drop_stamps(pages: Sequence[RawPage]) -> None:
    """Turned text in the margin beside the page, as preprint servers stamp it."""
    for page in pages:
        level = [strip for strip in page.strips if strip.turn == 0]
        if 2 * len(level) <= len(page.strips):
            continue
        left, right = min(s.box[0] for s in level), max(s.box[2] for s in level)
        page.strips = [s for s in page.strips if s.turn == 0 or (s.box[2] > left and s.box[0] < right)]


def _find(pages: Sequence[RawPage]) -> set[int]:
    """Identities of the strips to drop."""
    places: dict[tuple[bool, str], list[tuple[int, Strip]]] = defaultdict(list)
    inner: Counter[str] = Counter()  # how often the same words stand away from the margins
    for page in pages:
        high, low = _margins(page)
        for strip in page.strips:
            middle = (strip.box[1] + strip.box[3]) / 2
            if middle < high or middle > low:
                places[middle < page.height / 2, _key(strip.text)].append((page.number, strip))
            else:
                inner[_key(strip.text)] += 1
    numbers = [page.number for page in pages]
    levels = _busy_levels(places, len(pages))
    found: set[int] = set()
    for (top, key), here in places.items():
        for level in _levels(here):
            is_text = inner[key] >= len(level) and any(c.isalpha() for c in key)
            if is_text or not _counts_upwards(level):
                continue
            on = {number for number, _ in level}
            at = _level(level[0][1])
            is_head = (top, at) in levels and (_is_run(on) or _alternates(on, numbers))
            if is_head or _is_everywhere(on, numbers):
                found |= {id(strip) for _, strip in level}
    return found


def _margins(page: RawPage) -> tuple[float, float]:
    """Where the top margin ends and the bottom margin begins, in points."""
    middles = sorted({round((strip.box[1] + strip.box[3]) / 2) for strip in page.strips})
    top, bottom = middles[:OUTER_LINES][-1] + 1.0, middles[-OUTER_LINES:][0] - 1.0
    high = max(MARGIN * page.height, min(top, OUTER * page.height))
    return high, min((1 - MARGIN) * page.height, max(bottom, (1 - OUTER) * page.height))


def _key(text: str) -> str:
    """The words without what changes from page to page."""
    inner = text.strip(" -–—.·|[]()")
    if ROMAN.match(inner):
        return text.replace(inner, "#")
    return DIGITS.sub("#", text.casefold())


def _level(strip: Strip) -> int:
    return round(strip.base / LEVEL)


def _levels(here: Sequence[tuple[int, Strip]]) -> list[list[tuple[int, Strip]]]:
    """The same words, apart where they stand at different heights."""
    groups: list[list[tuple[int, Strip]]] = []
    for number, strip in sorted(here, key=lambda pair: pair[1].base):
        if groups and strip.base - groups[-1][-1][1].base <= LEVEL:
            groups[-1].append((number, strip))
        else:
            groups.append([(number, strip)])
    return groups


def _counts_upwards(level: Sequence[tuple[int, Strip]]) -> bool:
    """Whether the numbers in a line that comes back stay or grow from page to page, as those of
    pages and chapters do. Where they jump, each line says something of its own."""
    rows = [[int(n[:18]) for n in DIGITS.findall(strip.text)] for _, strip in sorted(level, key=_page_of)]
    pairs = [pair for rows_ in itertools.pairwise(rows) for pair in zip(*rows_, strict=False)]
    n_down = sum(a > b for a, b in pairs)
    n_columns = max(map(len, rows))
    return n_columns == 0 or n_down * n_columns <= 0.25 * len(pairs)


def _page_of(placed: tuple[int, Strip]) -> int:
    return placed[0]


def _busy_levels(
    places: dict[tuple[bool, str], list[tuple[int, Strip]]], n_pages: int
) -> set[tuple[bool, int]]:
    """Heights at which at least half of the pages have something, with neighbours."""
    pages_at: dict[tuple[bool, int], set[int]] = defaultdict(set)
    for (top, _), here in places.items():
        for number, strip in here:
            pages_at[top, _level(strip)].add(number)
    busy = {key for key, on in pages_at.items() if 2 * len(on) >= n_pages}
    return {(top, level + step) for top, level in busy for step in (-1, 0, 1)}


def _is_everywhere(on: set[int], numbers: Sequence[int]) -> bool:
    """On half of all pages, or of the odd, or of the even ones; on three at least."""
    if len(on) < min(3, len(numbers)):
        return False
    if 2 * len(on) >= len(numbers):
        return True
    return _alternates(on, numbers, least=3)


def _alternates(on: set[int], numbers: Sequence[int], least: int = 2) -> bool:
    """On at least half of the left pages, or of the right ones."""
    for parity in (0, 1):
        side = {number for number in numbers if number % 2 == parity}
        if len(side) >= least and len(on & side) >= max(least, len(side) / 2):
            return True
    return False


def _is_run(on: set[int]) -> bool:
    """Three pages, each at most two after the one before."""
    pages = sorted(on)
    return any(c - b <= 2 and b - a <= 2 for a, b, c in zip(pages, pages[1:], pages[2:], strict=False))

"""Numbers of lines, as manuscripts and pleadings have them beside their text: they are no text.

A column of whole numbers at the very edge of a page that counts up by 1, or by 5 every fifth line,
may also be the first column of a table, a list, or a table of contents. What stands beside the
numbers of lines is running text: wide, mostly without an end, going on in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from engine.ingest.strips import RawPage, Strip

NUMBER = re.compile(r"\d{1,5}")
STEPS = (1, 5)
MIN_NUMBERS = 5  # one under another
MAX_ROWS = 1.7  # lines of text to a number that counts lines, times the step
MIN_ROWS = 0.4  # as few where some lines are blank
ALIGNED = 3.0  # points that the ends of the numbers may differ
MIN_WIDTH, MIN_LETTERS = 0.5, 30  # share of the widest line, and characters: less is a cell or an item
MIN_LOWER, MAX_ENDED = 0.35, 0.5  # shares of lines that begin in lower case, and that end a sentence
ENDED = re.compile(r"[.!?:;,][\"'”’)\]]*$|\d$")


@dataclass(frozen=True, slots=True)
class _Ruler:
    """A column that counts, and the pieces of text beside its numbers."""

    numbers: list[Strip]
    beside: list[Strip]
    width: float  # of the widest piece of text on the page, in points


def drop_line_numbers(pages: Sequence[RawPage]) -> None:
    """Take the numbers of lines out of the pages' strips, also those of the few lines of a last page."""
    found = [ruler for page in pages for ruler in _rulers(page)]
    for is_left in (True, False):
        side = [ruler for ruler in found if _is_left(ruler) == is_left]
        if not _is_running(side):
            continue
        places = {_place(ruler) for ruler in side}
        for page in pages:
            page.strips = [strip for strip in page.strips if not _stands_in(strip, places)]


def _place(ruler: _Ruler) -> tuple[float, float]:
    """Where the column stands, from its left to its right, in points."""
    return min(s.x0 for s in ruler.numbers) - ALIGNED, max(s.x1 for s in ruler.numbers) + ALIGNED


def _stands_in(strip: Strip, places: Iterable[tuple[float, float]]) -> bool:
    return strip.turn == 0 and NUMBER.fullmatch(strip.text) is not None and any(
        x0 <= strip.x0 and strip.x1 <= x1 for x0, x1 in places)


def _is_left(ruler: _Ruler) -> bool:
    return median(s.x0 for s in ruler.beside) > median(s.x0 for s in ruler.numbers)


def _rulers(page: RawPage) -> list[_Ruler]:
    """The columns of a page that count and stand apart on its left or on its right."""
    level = [strip for strip in page.strips if strip.turn == 0]
    numbers = [strip for strip in level if NUMBER.fullmatch(strip.text)]
    if len(numbers) < MIN_NUMBERS:
        return []
    found = [_ruler(run, level) for column in _columns(numbers) for run in _runs(column)]
    return [ruler for ruler in found if ruler is not None]


def _columns(numbers: Sequence[Strip]) -> list[list[Strip]]:
    """Numbers that begin, or that end, at the same x, from top to bottom."""
    columns: list[list[Strip]] = []
    edges: tuple[Callable[[Strip], float], ...] = (lambda s: s.x0, lambda s: s.x1)
    for edge in edges:
        aligned = sorted(numbers, key=edge)
        column = aligned[:1]
        for strip in aligned[1:]:
            if edge(strip) - edge(column[0]) > ALIGNED:
                columns.append(column)
                column = []
            column.append(strip)
        columns.append(column)
    return [sorted(column, key=lambda s: s.base) for column in columns]


def _runs(column: Sequence[Strip]) -> list[list[Strip]]:
    """Its stretches that count up by one step, long enough to be trusted."""
    runs: list[list[Strip]] = []
    for step in STEPS:
        run = list(column[:1])
        for a, b in pairwise(column):
            if int(b.text) - int(a.text) != step:
                runs.append(run)
                run = []
            run.append(b)
        runs.append(run)
    return [run for run in runs if len(run) >= MIN_NUMBERS]


def _ruler(run: list[Strip], level: Sequence[Strip]) -> _Ruler | None:
    """The ruler that a run of numbers makes, if it is apart and has as many lines of text beside it."""
    pitch = max(1.0, (run[-1].base - run[0].base) / (len(run) - 1))
    own = set(map(id, run))
    top, bottom = run[0].base - 0.5 * pitch, run[-1].base + 0.5 * pitch
    others = [s for s in level if id(s) not in own and top <= s.base <= bottom]
    gap = 0.5 * median(s.size for s in run)
    x0, x1 = min(s.x0 for s in run) - gap, max(s.x1 for s in run) + gap
    is_left = all(s.x0 > x1 or NUMBER.fullmatch(s.text) for s in others)
    if not others or not (is_left or all(s.x1 < x0 or NUMBER.fullmatch(s.text) for s in others)):
        return None
    step = int(run[1].text) - int(run[0].text)
    texts = [s for s in others if not NUMBER.fullmatch(s.text)]
    bases = sorted(s.base for s in texts)
    n_rows = 1 + sum(b - a > 0.4 * pitch / step for a, b in pairwise(bases))
    if not MIN_ROWS * step <= n_rows / len(run) <= MAX_ROWS * step:
        return None
    beside = list(_nearest(run, texts, 0.5 * pitch / step, is_left))
    if not beside:
        return None
    return _Ruler(run, beside, max(1.0, *(s.width for s in texts)))


def _nearest(
    run: Sequence[Strip], texts: Sequence[Strip], reach: float, is_left: bool
) -> Iterable[Strip]:
    """For each number the piece of text next to it on its line."""
    for number in run:
        here = [s for s in texts if abs(s.base - number.base) <= reach]
        if here:
            yield min(here, key=lambda s: s.x0) if is_left else max(here, key=lambda s: s.x1)


def _is_running(rulers: Sequence[_Ruler]) -> bool:
    """Whether what stands beside the numbers of all pages is running text."""
    beside = [(strip, ruler.width) for ruler in rulers for strip in ruler.beside]
    if not beside or median(strip.width / width for strip, width in beside) < MIN_WIDTH:
        return False
    if median(len(strip.text) for strip, _ in beside) < MIN_LETTERS:
        return False
    n_lower = sum(strip.text[:1].islower() for strip, _ in beside)
    n_ended = sum(ENDED.search(strip.text) is not None for strip, _ in beside)
    return n_lower >= MIN_LOWER * len(beside) and n_ended <= MAX_ENDED * len(beside)

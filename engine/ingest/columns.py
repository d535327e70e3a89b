"""Reading order of a page: columns left to right, cut into bands by what is as wide as the page.

Sorting by height alone reads across the gutter. So the gutter is looked for first: for every
height, the gaps between neighbouring pieces are entered into a histogram over x, and the x that
lies in most gaps separates two columns, provided that what stands beside it reads like text and
not like the cells of a table. Pieces that cross it (title, wide figures) end a band; each band is
read left, then right, and each side again in the same way, which gives three columns and more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from engine.ingest.strips import Strip, is_rtl, join_rows, typical_size

MAX_STRIPS = 4_000  # on one page; more is no text to be read in columns
MAX_DEPTH = 4
MIN_ROWS = 3.0  # a gutter runs along at least so many lines
MIN_LETTERS, MIN_FILL = 11, 0.45  # of the pieces beside it: letters, and share of the column's width
MIN_WORDED = 0.3  # share of the places along it that have such pieces on both sides
MIN_LINED = 0.5  # share of the places along it that have a line of text at least on one side
MIN_LINE = 0.8  # of a column's width: what is as wide is a line of text and no cell
WIDE_BLANK = 1.5  # times the size of the letters: wider than between the words of a stretched line
MIN_CELLS = 4  # pieces side by side that make a row of a table, which crosses as a whole
OVERHANG = 0.15  # a line that sticks out of its column by less than this share does not cross


@dataclass(frozen=True, slots=True)
class Gutter:
    """The blank between two columns."""

    x0: float
    x1: float

    @property
    def middle(self) -> float:
        """Where pieces are told apart."""
        return (self.x0 + self.x1) / 2


def read_columns(strips: Sequence[Strip], depth: int = 0) -> list[list[Strip]]:
    """The printed lines of each stretch of a column, in reading order."""
    if not strips:
        return []
    if len(strips) > MAX_STRIPS:
        return [list(strips)]  # in the order of the file
    gutter = find_gutter(strips) if depth < MAX_DEPTH else None
    if gutter is None:
        return [join_rows(strips)]
    regions: list[list[Strip]] = []
    for crossing, left, right in _bands(strips, gutter):
        if crossing:
            regions.append(join_rows(crossing))
        sides = (right, left) if is_rtl("".join(s.text for s in strips)) else (left, right)
        for side in sides:
            regions += read_columns(side, depth + 1)
    return regions


def find_gutter(strips: Sequence[Strip]) -> Gutter | None:
    """The blank that most lines leave free, if text stands on both sides of it."""
    size = typical_size(strips)
    gaps = _gaps(strips, size)
    left = min(strip.x0 for strip in strips)
    worded = [(a, b) for a, b in gaps if _n_letters(a) >= MIN_LETTERS and _n_letters(b) >= MIN_LETTERS]
    histogram = _histogram([(a.x1 - left, b.x0 - left) for a, b in worded])
    step = size / 2  # the height of a level in _gaps
    for x0, x1 in _peaks(histogram, MIN_ROWS * size / step):
        gutter = Gutter(left + x0, left + x1)
        if _is_between_columns(gaps, worded, gutter):
            return gutter
    return None


def _gaps(strips: Sequence[Strip], size: float) -> list[tuple[Strip, Strip]]:
    """Neighbours with a blank between them, once for every level of half a line's height."""
    levels: dict[int, list[Strip]] = {}
    step = size / 2
    for strip in strips:
        top, bottom = int((strip.base - 0.7 * strip.size) // step), int((strip.base - 0.1) // step)
        for level in range(top, min(bottom, top + 8) + 1):
            levels.setdefault(level, []).append(strip)
    gaps: list[tuple[Strip, Strip]] = []
    for row in levels.values():
        row.sort(key=lambda s: s.x0)
        furthest = row[0]
        for strip in row[1:]:
            if strip.x0 - furthest.x1 > 0.6 * size:
                gaps.append((furthest, strip))
            if strip.x1 > furthest.x1:
                furthest = strip
    return gaps


def _histogram(gaps: Sequence[tuple[float, float]]) -> list[int]:
    """How many gaps lie over each point of x."""
    width = min(int(max((end for _, end in gaps), default=0)) + 2, 20_000)
    steps = [0] * (width + 1)
    for start, end in gaps:
        first, last = int(start) + 1, int(end)
        if first <= last < width:
            steps[first] += 1
            steps[last] -= 1
    heights, height = [], 0
    for step in steps:
        height += step
        heights.append(height)
    return heights


def _peaks(histogram: Sequence[int], least: float) -> list[tuple[int, int]]:
    """Up to four stretches of x that lie in most gaps, the best first."""
    found: list[tuple[int, int]] = []
    heights = list(histogram)
    for _ in range(4):
        top = max(heights, default=0)
        if top < least:
            break
        start = heights.index(top)
        end = start
        while end < len(heights) and heights[end] >= 0.9 * top:
            end += 1
        found.append((start, end))
        # What is left of the same hill is no other gutter.
        low = start
        while low > 0 and heights[low - 1] >= 0.5 * top:
            low -= 1
        while end < len(heights) and heights[end] >= 0.5 * top:
            end += 1
        heights[low:end] = [0] * (end - low)
    return found


def _is_between_columns(
    gaps: Sequence[tuple[Strip, Strip]], worded: Sequence[tuple[Strip, Strip]], gutter: Gutter
) -> bool:
    """Whether enough pieces beside the gutter are lines of text rather than labels or numbers. A line
    that fills its column counts beside a formula too, if both columns have such lines."""
    all_beside = [(a, b) for a, b in gaps if a.x1 <= gutter.middle <= b.x0]
    beside = [(a, b) for a, b in worded if a.x1 <= gutter.middle <= b.x0]
    if not beside or not all(_fills_a_column(side) for side in _sides(beside)):
        return False
    if len(beside) >= MIN_WORDED * len(all_beside):
        return True
    lines = [_lines(side) for side in _sides(all_beside)]
    n_lined = sum(id(a) in lines[0] or id(b) in lines[1] for a, b in all_beside)
    return min(map(len, lines)) >= MIN_ROWS and n_lined >= MIN_LINED * len(all_beside)


def _sides(pairs: Sequence[tuple[Strip, Strip]]) -> list[list[Strip]]:
    """The pieces left of the gutter and those right of it, each once."""
    return [list({id(strip): strip for strip in side}.values()) for side in zip(*pairs, strict=True)]


def _lines(side: Sequence[Strip]) -> set[int]:
    """Identities of the pieces as wide as their column."""
    width = _width(side)
    return {id(strip) for strip in side if _is_line([strip], width)}


def _is_line(pieces: Sequence[Strip], column: float) -> bool:
    """Whether pieces side by side are a line of text as wide as a column."""
    return _width(pieces) >= MIN_LINE * column and sum(map(_n_letters, pieces)) >= MIN_LETTERS


def _width(side: Sequence[Strip]) -> float:
    return max(strip.x1 for strip in side) - min(strip.x0 for strip in side)


def _n_letters(strip: Strip) -> int:
    return sum(c.isalpha() for c in strip.text)


def _fills_a_column(side: Sequence[Strip]) -> bool:
    return len(side) >= MIN_ROWS and median(strip.width for strip in side) >= MIN_FILL * _width(side)


def _bands(
    strips: Sequence[Strip], gutter: Gutter
) -> list[tuple[list[Strip], list[Strip], list[Strip]]]:
    """From top to bottom: pieces that cross the gutter, then those left and right of it below."""
    bands: list[tuple[list[Strip], list[Strip], list[Strip]]] = [([], [], [])]
    cells = _cells(strips, gutter)
    for strip in sorted(strips, key=lambda s: s.base):
        crossing, left, right = bands[-1]
        if id(strip) in cells or _crosses(strip, gutter):
            if left or right:
                bands.append(([strip], [], []))
            else:
                crossing.append(strip)
        elif strip.middle < gutter.middle:
            left.append(strip)
        else:
            right.append(strip)
    return bands


def _cells(strips: Sequence[Strip], gutter: Gutter) -> set[int]:
    """Identities of the pieces that are cells of a table over both columns. A line of text beside
    the cells fills its column: then they stand in the other column alone, or are a formula. And a
    table has more than one row."""
    rows: dict[int, list[Strip]] = {}
    left, right = min(s.x0 for s in strips), max(s.x1 for s in strips)

    def has_line(row: list[Strip]) -> bool:
        """A line that was stretched comes in pieces, which count as one."""
        return any(
            _is_line(run, gutter.x0 - left if run[0].middle < gutter.middle else right - gutter.x1)
            for run in _runs(row, gutter)
        )

    for strip in strips:
        rows.setdefault(round(strip.base / 2), []).append(strip)
    both = [row for _, row in sorted(rows.items()) if len({s.middle < gutter.middle for s in row}) == 2]
    alike = [_is_row(row) and not has_line(row) for row in both]
    beside = [a or b for a, b in zip([False, *alike], [*alike[1:], False], strict=False)]
    return {
        id(strip) for row, here, more in zip(both, alike, beside, strict=False) if here and more
        for strip in row
    }


def _runs(row: list[Strip], gutter: Gutter) -> list[list[Strip]]:
    """The pieces of a row, from left to right, those of one column with no wide blank together."""
    row = sorted(row, key=lambda s: s.x0)
    runs = [row[:1]]
    for a, b in pairwise(row):
        if _far(a, b) or (a.middle < gutter.middle) != (b.middle < gutter.middle):
            runs.append([b])
        else:
            runs[-1].append(b)
    return runs


def _is_row(row: list[Strip]) -> bool:
    """Whether pieces side by side are short and far apart, unlike the words of a stretched line."""
    row = sorted(row, key=lambda s: s.x0)
    n_wide = sum(_far(a, b) for a, b in pairwise(row))
    return n_wide + 1 >= MIN_CELLS and median(_n_letters(s) for s in row) < MIN_LETTERS


def _far(a: Strip, b: Strip) -> bool:
    return b.x0 - a.x1 > WIDE_BLANK * a.size


def _crosses(strip: Strip, gutter: Gutter) -> bool:
    left, right = gutter.x0 - strip.x0, strip.x1 - gutter.x1
    return min(left, right) > max(0.3 * strip.size, OVERHANG * max(left, right))

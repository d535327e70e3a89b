"""Recognised lines -> strips, as if they had been printed: from here on a scan is like any other page.

A scan is never quite straight and no two of its lines are quite as high. So a page is set straight
by the slope of most of its lines, and a line about as high as most lines gets their size; else
layout would see headings and columns where there are none.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from engine.ingest.clean import clean_piece, clean_strip
from engine.ingest.strips import NO_EDGES, RawPage, Strip

SIZE, DESCENT = 0.85, 0.25  # of a line's height: the size of its letters, what hangs below the baseline
ALIKE = 0.22  # part of the usual height by which a line may differ and still have the usual size
LONG = 100.0  # points from which on a line tells how the page lies
MOST_SLOPE = math.radians(15)

Point = tuple[float, float]


def as_printed(rows: Iterable[Sequence[Any]], n_pages: int) -> list[RawPage]:
    """All pages of a document: those of `rows` (number, width, height, lines, turn, whether it is blank,
    whether it failed) with their strips, the others without."""
    pages = [RawPage(number, 612.0, 792.0) for number in range(1, n_pages + 1)]
    known = [row for row in rows if 1 <= row[0] <= n_pages]
    usual = _usual_height([line[2] for row in known for line in row[3]])
    for number, width, height, lines, turn, is_blank, _ in known:
        page = pages[number - 1]
        page.width, page.height, page.recognised, page.painted = width, height, True, not is_blank
        slope = _slope([_frame(line[2], turn) for line in lines])
        strips = [_strip(line, number, turn, slope, usual) for line in lines]
        page.strips = [strip for strip in strips if strip.text]
        page.n_chars = sum(len(strip.text) for strip in page.strips)
    return pages


def _strip(line: Sequence[Any], number: int, turn: int, slope: float, usual: float) -> Strip:
    text, sure, corners, edges = line
    straight = [_rotated(point, -slope) for point in _frame(corners, turn)]
    xs, ys = zip(*straight, strict=True)
    height = _height(corners)
    if abs(height - usual) <= ALIKE * usual:
        height = usual
    middle = (ys[2] + ys[3]) / 2  # of the lower corners
    letters, places = clean_piece(text), NO_EDGES
    if edges and turn == 0:
        letters, places = clean_strip(list(text), edges[:-1], edges[-1])
    return Strip(
        letters, min(xs), min(ys), max(xs), max(ys), middle - DESCENT * height, SIZE * height, number,
        _around(corners), array("f", places), turn=turn, sure=sure,
    )


def _frame(corners: Sequence[float], turn: int) -> list[Point]:
    """The corners in a frame in which text of this turn runs from left to right."""
    points = list(zip(corners[::2], corners[1::2], strict=True))
    if turn == 90:
        return [(y, -x) for x, y in points]
    if turn == 180:
        return [(-x, -y) for x, y in points]
    if turn == 270:
        return [(-y, x) for x, y in points]
    return points


def _slope(lines: Iterable[Sequence[Point]]) -> float:
    """The angle of most long lines, in radians; 0 where it is no slope but another way of writing."""
    angles = [
        math.atan2(right[1] - left[1], right[0] - left[0])
        for left, right, *_ in lines
        if math.dist(left, right) > LONG
    ]
    angle = median(angles) if angles else 0.0
    return angle if abs(angle) < MOST_SLOPE else 0.0


def _rotated(point: Point, angle: float) -> Point:
    x, y = point
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def _height(corners: Sequence[float]) -> float:
    x0, y0, x1, y1, x2, y2, x3, y3 = corners
    return max(1.0, (math.dist((x0, y0), (x3, y3)) + math.dist((x1, y1), (x2, y2))) / 2)


def _usual_height(lines: Sequence[Sequence[float]]) -> float:
    """The height of most lines, long ones counting for more."""
    weighed = [
        _height(corners)
        for corners in lines
        for _ in range(1 + round(math.dist(corners[:2], corners[2:4]) / LONG))
    ]
    return median(weighed) if weighed else 1.0


def _around(corners: Sequence[float]) -> tuple[float, float, float, float]:
    return min(corners[::2]), min(corners[1::2]), max(corners[::2]), max(corners[1::2])

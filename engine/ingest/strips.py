"""A strip: letters printed side by side on one baseline. First what MuPDF calls a line, which
may be a piece of one; after `join_rows` a printed line of a column."""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
LONGER = frozenset("""
    about above across afar again ago ahead alike alive all alone along amid among apart around as aside at
    ask avow await awake aware away am an are art arise arose asleep in is it if its inner
""".split())  # noqa: SIM905  # words that are another one behind their first letter
NO_EDGES: array[float] = array("f")
DROP_SIZE, MAX_DROPS = 1.6, 8  # times the size of the text; in one column
DROP_LETTERS = 20  # of each line beside a drop cap, which the letter of a picture's part does not have
RTL_RANGES = (("\u0590", "\u08ff"), ("\ufb1d", "\ufdff"), ("\ufe70", "\ufefc"))


@dataclass(slots=True, eq=False)
class Strip:
    """Text with its place on the page, in points from the top left, y growing downwards.

    Layout reads x0..y1 and base as if the text ran from left to right; on a page whose text is
    turned they are turned with it. `box` is always the place on the page as it is shown.
    """

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    size: float
    page: int
    box: tuple[float, float, float, float]
    edges: array[float] = field(default_factory=lambda: NO_EDGES)
    bold: bool = False
    italic: bool = False
    turn: int = 0  # degrees clockwise that the text is turned by
    raised: bool = False  # begins with a superscript
    sure: float | None = None  # how sure text recognition was of it; None: letters of the file's own
    cells: int = 1  # pieces with wide gaps between them: more than two make a row of a table

    @property
    def width(self) -> float:
        """Width in points."""
        return self.x1 - self.x0

    @property
    def middle(self) -> float:
        """x halfway between both ends."""
        return (self.x0 + self.x1) / 2


@dataclass(slots=True)
class RawPage:
    """A page as it was printed, before anything is understood."""

    number: int
    width: float
    height: float
    strips: list[Strip] = field(default_factory=list)
    failed: bool = False
    recognised: bool = False  # whether its text was recognised in its picture
    painted: bool = False  # whether something is to be seen on it that is no text
    has_layer: bool = False  # whether there is a text layer, be it of blanks
    n_chars: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the file's own table of contents."""

    level: int
    title: str
    page: int  # 0 where it points nowhere


def is_rtl(text: str) -> bool:
    """Whether most letters belong to a script written from right to left."""
    if text.isascii():
        return False
    letters = [c for c in text if c.isalpha()]
    n_rtl = sum(any(low <= c <= high for low, high in RTL_RANGES) for c in letters)
    return 2 * n_rtl > len(letters) > 0


def typical_size(strips: Iterable[Strip]) -> float:
    """Font size of most letters, in points, to the half point; 10 where there is no text."""
    weights: dict[float, int] = {}
    for strip in strips:
        size = round(strip.size * 2) / 2
        weights[size] = weights.get(size, 0) + len(strip.text)
    return max(weights, key=lambda size: (weights[size], -size), default=10.0)


def join_rows(strips: Sequence[Strip]) -> list[Strip]:
    """Join the pieces of each printed line, from the top of a column to its end."""
    rows: list[list[Strip]] = []
    for strip in sorted(_without_drop_caps(strips), key=lambda s: (s.base, s.x0)):
        for row in rows[-1:-4:-1]:
            if _is_same_line(row, strip):
                row.append(strip)
                break
        else:
            rows.append([strip])
    return [_join(row) if len(row) > 1 else row[0] for row in sorted(rows, key=_row_base)]


def _without_drop_caps(strips: Sequence[Strip]) -> Sequence[Strip]:
    """The strips, a first letter as high as several lines put before the first of them. The others
    then begin where the letter does, as if it were not there."""
    letters = [s for s in strips if len(s.text) == 1 and s.text.isupper()]
    size = typical_size(strips) if letters else 0.0
    caps = [s for s in letters if s.size >= DROP_SIZE * size]
    if not 0 < len(caps) <= MAX_DROPS:
        return strips
    kept = {id(strip): strip for strip in strips}
    for cap in caps:
        beside = sorted((s for s in kept.values() if _is_beside(cap, s)), key=lambda s: s.base)
        if not 2 <= len(beside) <= 3 or abs(beside[-1].base - cap.base) > 0.3 * size:
            continue
        before = any(s.x1 <= cap.x0 and cap.y0 < s.base <= cap.base for s in strips)
        if before or not beside[0].text[0].isalpha():
            continue
        del kept[id(cap)]
        for strip in beside:
            kept[id(strip)] = replace(strip, x0=cap.x0)
        first, blank = beside[0], " " if _is_word(cap.text, beside[0].text, strips) else ""
        exact = bool(cap.edges and first.edges)
        edges = (cap.edges if blank else cap.edges[:-1]) + first.edges if exact else NO_EDGES
        kept[id(first)] = replace(first, text=cap.text + blank + first.text, x0=cap.x0,
                                  box=around((cap.box, first.box)), edges=edges)
    return list(kept.values())


def _is_word(letter: str, text: str, strips: Sequence[Strip]) -> bool:
    """Whether a first letter is a word by itself ("A lamp"): what follows it stands elsewhere on the page
    as a word, and both together do not."""
    if letter not in ("A", "I"):
        return False
    rest = WORD.match(text)
    known = {word.lower() for strip in strips if strip.text is not text for word in WORD.findall(strip.text)}
    if rest is None or rest[0].lower() not in known:
        return False
    joined = (letter + rest[0]).lower()
    return joined not in known and joined not in LONGER


def _is_beside(cap: Strip, strip: Strip) -> bool:
    """Whether a line of text begins right of a large letter, at its height."""
    return (0 <= strip.x0 - cap.x1 + 0.1 * cap.size < 0.6 * cap.size and cap.y0 < strip.base < cap.base + 3.0
            and DROP_SIZE * strip.size <= cap.size and len(strip.text) >= DROP_LETTERS)


def _row_base(row: list[Strip]) -> float:
    return max(row, key=lambda s: (s.size, len(s.text))).base


def _is_same_line(row: list[Strip], strip: Strip) -> bool:
    """On one baseline, or a smaller index that hangs on a neighbour, and beside, not over, the rest."""
    main = max(row, key=lambda s: s.size)
    big, small = (main, strip) if main.size >= strip.size else (strip, main)
    if abs(main.base - strip.base) > 0.25 * small.size:
        top, bottom = big.base - 0.85 * big.size, big.base + 0.35 * big.size
        middle = small.base - 0.3 * small.size
        near = min(abs(strip.x0 - s.x1) for s in row) < 0.6 * big.size or min(
            abs(s.x0 - strip.x1) for s in row) < 0.6 * big.size
        if not (small.size < 0.85 * big.size and top < middle < bottom and near):
            return False
    return all(strip.x0 >= s.x1 - 0.5 * s.size or strip.x1 <= s.x0 + 0.5 * s.size for s in row)


def _join(row: list[Strip]) -> Strip:
    rtl = is_rtl("".join(strip.text for strip in row))
    row = sorted(row, key=lambda s: s.x0, reverse=rtl)
    main = max(row, key=lambda s: (len(s.text), s.size))
    text, edges, cells = row[0].text, array("f", row[0].edges), 1
    exact = bool(row[0].edges)
    for left, right in itertools.pairwise(row):
        gap = (left.x0 - right.x1) if rtl else (right.x0 - left.x1)
        cells += gap > 1.5 * main.size
        exact = exact and bool(right.edges) and not rtl
        is_index = abs(left.size - right.size) > 0.1 * main.size or abs(left.base - right.base) > 1.0
        blank = gap > 0.1 * main.size if is_index else True
        text += " " + right.text if blank else right.text
        if exact:
            edges = edges + right.edges if blank else edges[:-1] + right.edges
    return Strip(
        text, min(s.x0 for s in row), min(s.y0 for s in row), max(s.x1 for s in row), max(s.y1 for s in row),
        main.base, main.size, main.page, around(s.box for s in row), edges if exact else NO_EDGES,
        main.bold, main.italic, main.turn, row[0].raised, _least(row), cells,
    )


def _least(row: Sequence[Strip]) -> float | None:
    return min((strip.sure for strip in row if strip.sure is not None), default=None)


def around(boxes: Iterable[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    """The smallest box around boxes."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def typical_pitch(strips: Sequence[Strip]) -> float:
    """Distance of baselines of neighbouring lines, in points."""
    steps = [b.base - a.base for a, b in itertools.pairwise(strips) if b.base > a.base]
    size = typical_size(strips)
    near = [step for step in steps if step < 2.5 * size]
    return median(near) if near else 1.2 * size

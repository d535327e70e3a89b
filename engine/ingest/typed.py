"""Lines whose breaks somebody typed: those of text files, and of pages with `<br>`.

Prose that was broken at a width is one paragraph; the points of a list, the names of those present
and the lines of an address are one each. Verse goes on over its lines like prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from engine.ingest.paragraphs import BULLET, ITEM

SHORT = 0.6  # of the widest line: what is shorter was not broken for want of room
LEAST_WIDTH = 50  # characters that prose is broken at, if it is broken
MAX_WORD = 40  # characters of a word that says nothing about the width, such as an address
GOES_ON = re.compile(r"[,;–—-]$")
ENDED = re.compile(r"[.!?:;。！？…][\"'”’»)\]]*$")
WIDE = re.compile("[\u1100-\u115f\u2e80-\uffdc]")  # letters that take the room of two


def split_typed(lines: Sequence[str], least_width: float = LEAST_WIDTH) -> list[list[str]]:
    """The paragraphs that the lines between two empty ones make. No line of prose is shorter than
    `least_width` for want of room; infinite where lines never are."""
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return []
    width = _width(lines, least_width)
    paragraphs = [[lines[0]]]
    is_list, number = _is_point(lines[0]), _number(lines[0])
    for before, line in pairwise(lines):
        is_short = _room(before) < SHORT * width and not GOES_ON.search(before)
        expected = is_short or ENDED.search(before) is not None or (is_list and number is None)
        follows = number is not None and _number(line) == number + 1
        begins = _is_point(line) and (expected or follows)
        if begins:
            is_list, number = True, _number(line)
        if begins or (is_short and not line[0].islower()):
            paragraphs.append([])
        paragraphs[-1].append(line)
    return paragraphs


def _width(lines: Sequence[str], least: float) -> float:
    """How wide the lines may be. Where none goes on in the next one by its comma, the floor counts."""
    rooms = [_room(line) for line in lines if max(map(len, line.split())) <= MAX_WORD]
    goes_on = any(GOES_ON.search(line) for line in lines[:-1])
    return max([0 if goes_on else least, *rooms])


def _room(line: str) -> int:
    return len(line) + len(WIDE.findall(line))


def _is_point(line: str) -> bool:
    """Whether a line begins like the point of a list; *emphasis* does not."""
    if ITEM.match(line):
        return True
    return BULLET.match(line) is not None and (line[0] != "*" or line[1:2] == " ")


def _number(line: str) -> int | None:
    found = ITEM.match(line)
    return int(next(filter(None, found.groups()))) if found else None

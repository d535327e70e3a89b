"""Lines, sentences and headings as compact bytes, and back, without losing a bit.

A chunk is a list of columns, each a run of numbers, compressed together. Whole numbers are kept
as differences; coordinates that are whole tenths of a point (as the reader of PDFs gives them)
as whole numbers of tenths, all others as the 64-bit floats they are.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, islice, pairwise
from typing import Final, Literal, TypeVar, cast

from engine.types import Box, Heading, Line, Sentence, SentenceKind, Span

T = TypeVar("T")

CHUNK: Final = 4096  # rows; bounds the memory that packing a long book takes
TENTHS: Final = tuple(i / 10 for i in range(20_000))  # a page has few distinct positions: share them
N_COLUMNS: Final = 9  # of a chunk of lines: span, page, box, edges
MAX_TENTHS: Final = 2**50  # beyond, a tenth is finer than a float
WHOLE, TENTH, FLOAT = b"i", b"t", b"f"


def pack_lines(lines: Sequence[Line]) -> bytes:
    """At most CHUNK lines as one chunk."""
    return _pack(
        _whole(line.span.start for line in lines),
        _whole(line.span.end for line in lines),
        _whole(line.box.page for line in lines),
        *(_points([getattr(line.box, side) for line in lines]) for side in ("x0", "y0", "x1", "y1")),
        _whole(len(line.edges) for line in lines),
        _points(list(chain.from_iterable(line.edges for line in lines))),
        *_recognition(lines),
    )


def _recognition(lines: Sequence[Line]) -> tuple[bytes, ...]:
    """One column more where text was recognised; NaN stands for letters of the file's own."""
    sure = [math.nan if line.recognition is None else line.recognition for line in lines]
    return () if all(map(math.isnan, sure)) else (FLOAT + _bytes_of("d", sure),)


def unpack_lines(data: bytes) -> list[Line]:
    """The lines again. Raises ValueError, struct.error or zlib.error for other bytes."""
    columns = list(map(_numbers, _unpack(data)))
    starts, ends, pages, *sides, counts, edges = columns[:N_COLUMNS]
    sure = columns[N_COLUMNS] if len(columns) > N_COLUMNS else [math.nan] * len(starts)
    rest = iter(edges)
    return [
        Line(
            Span(int(start), int(end)), Box(int(page), *box), tuple(islice(rest, int(count))),
            None if math.isnan(recognition) else recognition,
        )
        for start, end, page, count, recognition, *box in zip(
            starts, ends, pages, counts, sure, *sides, strict=True
        )
    ]


def pack_sentences(sentences: Sequence[Sentence]) -> bytes:
    """At most CHUNK sentences as one chunk."""
    return _pack(
        _whole(sentence.span.start for sentence in sentences),
        _whole(sentence.span.end for sentence in sentences),
        _whole(sentence.page for sentence in sentences),
        _whole(sentence.paragraph for sentence in sentences),
        " ".join(sentence.kind for sentence in sentences).encode(),
    )


def unpack_sentences(data: bytes) -> list[Sentence]:
    """The sentences again. Raises ValueError, struct.error or zlib.error for other bytes."""
    *columns, kinds = _unpack(data)
    return [
        Sentence(Span(int(start), int(end)), int(page), cast(SentenceKind, kind), int(paragraph))
        for start, end, page, paragraph, kind in zip(
            *map(_numbers, columns), kinds.decode().split(), strict=True
        )
    ]


def pack_outline(outline: Sequence[Heading]) -> bytes:
    """At most CHUNK headings as one chunk."""
    return _pack(
        _whole(heading.span.start for heading in outline),
        _whole(heading.span.end for heading in outline),
        _whole(heading.page for heading in outline),
        _whole(heading.level for heading in outline),
    )


def unpack_outline(data: bytes) -> list[Heading]:
    """The headings again. Raises ValueError, struct.error or zlib.error for other bytes."""
    return [
        Heading(Span(int(start), int(end)), int(page), int(level))
        for start, end, page, level in zip(*map(_numbers, _unpack(data)), strict=True)
    ]


def chunks(rows: Sequence[T], pack: Callable[[Sequence[T]], bytes]) -> Iterator[bytes]:
    """The rows as packed chunks of at most CHUNK."""
    for start in range(0, len(rows), CHUNK):
        yield pack(rows[start : start + CHUNK])


# ------------------------------------------------------------------ columns


def _whole(values: Iterator[int] | Sequence[int]) -> bytes:
    numbers = list(values)
    return WHOLE + _bytes_of("q", [b - a for a, b in zip([0, *numbers], numbers, strict=False)])


def _points(values: Sequence[float]) -> bytes:
    """Coordinates in points: as differences of tenths if that loses nothing, else as they are."""
    if all(math.isfinite(value) and abs(value) < MAX_TENTHS / 10 for value in values):
        tenths = [round(value * 10) for value in values]
        if all(tenth / 10 == value for tenth, value in zip(tenths, values, strict=True)):
            return TENTH + _whole(tenths)[1:]
    return FLOAT + _bytes_of("d", values)


def _numbers(column: bytes) -> Sequence[float]:
    kind, data = column[:1], column[1:]
    if kind == FLOAT:
        return _array_of("d", data)
    numbers = list(accumulate(cast("array[int]", _array_of("q", data))))
    if kind == WHOLE:
        return numbers
    if kind != TENTH:
        raise ValueError("an unknown kind of column")
    return [TENTHS[n] if 0 <= n < len(TENTHS) else n / 10 for n in numbers]


def _bytes_of(code: Literal["q", "d"], values: Sequence[float]) -> bytes:
    numbers = array(code, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def _array_of(code: Literal["q", "d"], data: bytes) -> array[float]:
    numbers: array[float] = array(code, data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _pack(*columns: bytes) -> bytes:
    lengths = struct.pack(f"<B{len(columns)}I", len(columns), *map(len, columns))
    return zlib.compress(lengths + b"".join(columns), 6)


def _unpack(data: bytes) -> list[bytes]:
    raw = zlib.decompress(data)
    lengths = struct.unpack_from(f"<{raw[0]}I", raw, 1)
    ends = list(accumulate(lengths, initial=1 + 4 * raw[0]))
    return [raw[start:end] for start, end in pairwise(ends)]

"""Packed chunks give back what went in, and refuse what never was one."""

import random
import struct
import zlib

import pytest

from engine.types import Box, Heading, Line, Sentence, Span
from storage import packing


def lines(seed: int) -> list[Line]:
    chance = random.Random(seed)
    numbers = [0.0, -0.1, 72.1, 1 / 3, 1e300, 5e-324, 2.0**53 + 2, float("inf"), 19999.9, 2000.0]
    return [
        Line(
            Span(start := chance.randrange(1000), start + chance.randrange(50)),
            Box(chance.randrange(1, 5), *chance.choices(numbers, k=4)),
            tuple(chance.choices(numbers[: chance.choice((3, 10))], k=chance.randrange(4))),
        )
        for _ in range(chance.randrange(40))
    ]


@pytest.mark.parametrize("seed", range(50))
def test_lines_come_back_bit_for_bit(seed):
    assert packing.unpack_lines(packing.pack_lines(lines(seed))) == lines(seed)


def test_tenths_of_a_point_take_little_room():
    page = [Line(Span(i * 80, i * 80 + 80), Box(1, 72.0, i * 12.0, 523.2, i * 12 + 10.5),
                 tuple(72 + round(j * 5.6, 1) for j in range(81))) for i in range(50)]
    assert packing.unpack_lines(packing.pack_lines(page)) == page
    assert len(packing.pack_lines(page)) < 4_000  # 33 kB as floats


def test_sentences_and_headings_come_back():
    sentences = [
        Sentence(Span(i, i + 2), 1 + i // 10, "caption" if i % 3 else "body", i // 4) for i in range(99)
    ]
    headings = [Heading(Span(5, 9), 1), Heading(Span(2, 3), 7, 3)]
    assert packing.unpack_sentences(packing.pack_sentences(sentences)) == sentences
    assert packing.unpack_outline(packing.pack_outline(headings)) == headings
    assert packing.unpack_outline(packing.pack_outline([])) == []


@pytest.mark.parametrize("position", range(0, 60, 3))
def test_changed_bytes_raise_what_is_promised(position):
    data = bytearray(packing.pack_lines(lines(3)))
    data[position % len(data)] ^= 0x41
    with pytest.raises((ValueError, struct.error, zlib.error)):
        packing.unpack_lines(bytes(data))

"""The second reading of a question: what is read again, and what it says of each candidate."""

import dataclasses

import pytest
import torch

from engine.errors import Cancelled
from engine.tasks.answer import Reading, answer_document, joined
from engine.tasks.candidates import Candidate
from engine.tasks.reread import ENOUGH, MOST, OUTSIDE, compare, gather, once
from engine.tasks.windows import Piece
from tests.engine.tasks import tiny_reader as tiny

QUESTION = "Who built the bridge?"


def piece(sentence: int, n_tokens: int = 3) -> Piece:
    start = sentence * 100
    return Piece(sentence, list(range(n_tokens)), [(start + i, start + i + 1) for i in range(n_tokens)])


def candidate(sentence: int, start: int = 0, end: int = 1) -> Candidate:
    return Candidate(sentence, sentence * 100 + start, sentence * 100 + end, 1.0, -1.0, -2.0)


def test_sentences_are_read_again_with_their_neighbours_in_order() -> None:
    pieces = [piece(number) for number in range(20)]
    chosen = gather(pieces, [candidate(12), candidate(3)])
    assert [one.sentence for one in chosen] == [2, 3, 4, 11, 12, 13]


def test_a_second_window_holds_the_likeliest_and_no_more_than_fits() -> None:
    pieces = [piece(number, 60) for number in range(40)]
    chosen = gather(pieces, [candidate(number) for number in (30, 10, 20, 1)])
    assert ENOUGH - 60 < sum(len(one.ids) for one in chosen) <= MOST
    assert {29, 30, 31, 9, 10, 11} <= {one.sentence for one in chosen}
    assert 1 not in {one.sentence for one in chosen}


def test_of_an_endless_sentence_the_part_with_the_candidate_is_read_again() -> None:
    parts = [Piece(0, [n] * 256, [(256 * n + i, 256 * n + i + 1) for i in range(256)]) for n in range(4)]
    end = Piece(1, [9] * 3, [(2000 + i, 2001 + i) for i in range(3)])
    chosen = gather([*parts, end], [Candidate(0, 800, 803, 1.0, -1.0, -2.0)])
    assert chosen == [parts[3], end], "with its neighbours, as far as they fit"


def test_a_candidate_is_scored_where_it_stands_in_the_second_window() -> None:
    pieces, first = [piece(4), piece(7)], 2
    scores = torch.randn(9, 2)
    inside, outside = candidate(7, 1, 3), candidate(9)
    rows = compare(pieces, scores, first, [inside, outside])
    null = float(scores[0].sum())
    value = float(scores[first + 4, 0] + scores[first + 5, 1])
    assert rows[0][0] == pytest.approx((value - null) / 10, abs=1e-5) and rows[0][3] == 1.0
    assert rows[1][:2] == OUTSIDE and rows[1][3] == 0.0
    assert rows[0][2] == rows[1][2] < 0


def test_a_document_of_one_window_is_read_once() -> None:
    reader, document = tiny.tiny_reader(), tiny.story(2)
    reading = Reading(reader, document, QUESTION)
    assert len(reading.windows) == 1
    found = reading.read(0, lambda: False)
    assert reading.reread(found, refuse) == once(found)


def refuse() -> bool:
    raise AssertionError("nothing was to be computed")


def test_the_second_reading_decides_between_windows() -> None:
    """With weights that hear the second reading alone, the best of the second window is the answer."""
    reader, document = tiny.tiny_reader(), tiny.story()
    alone = (0.0,) * 10 + (0.0, 1.0, 0.0, 0.0, 0.0)
    reader = dataclasses.replace(reader, calibration=dataclasses.replace(reader.calibration, again=alone))
    reading = Reading(reader, document, QUESTION)
    found = [one for index in range(len(reading.windows)) for one in reading.read(index, lambda: False)]
    compared = reading.reread(found, lambda: False)
    best = max(range(len(found)), key=lambda index: compared[index][1])
    weighed, _ = reading.weigh(found, compared)
    assert compared[best][3] == 1.0
    assert weighed[0][1] == found[best]
    assert answer_document(reader, document, QUESTION).best in document.text


def test_the_order_of_the_windows_does_not_matter() -> None:
    reading = Reading(tiny.tiny_reader(), tiny.story(), QUESTION)
    found = [one for index in range(len(reading.windows)) for one in reading.read(index, lambda: False)]
    turned = found[::-1]
    one, other = (reading.conclude(each, reading.reread(each, lambda: False)) for each in (found, turned))
    assert one == other


def test_the_second_reading_can_be_cancelled() -> None:
    reading = Reading(tiny.tiny_reader(), tiny.story(), QUESTION)
    found = [one for index in range(len(reading.windows)) for one in reading.read(index, lambda: False)]
    with pytest.raises(Cancelled):
        reading.reread(found, lambda: True)


def test_both_readings_are_weighed_with_the_constant_last() -> None:
    assert joined((1.0, 2.0, 9.0), (3.0, 4.0, 5.0, 6.0)) == (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 9.0)

"""Swapped words: questions that a passage almost answers."""

import random

import numpy as np
import torch

from training.swapping import Swapper

WORDS = ["[PAD]", "north", "south", "northern", "1912", "1913", "when", "##ed", "bridge", "mayor", "the"]
NORTH, SOUTH, NORTHERN, YEAR, OTHER, WHEN, ENDING, BRIDGE, MAYOR, THE = range(1, 11)


def swapper() -> Swapper:
    vectors = torch.eye(len(WORDS))
    vectors[SOUTH] = vectors[NORTH] + 0.5 * vectors[SOUTH]
    vectors[NORTHERN] = vectors[NORTH] + 0.1 * vectors[NORTHERN]
    vectors[OTHER] = vectors[YEAR] + 0.5 * vectors[OTHER]
    made = Swapper(vectors, WORDS, np.array([0]))
    made._common = {THE, WHEN}
    return made


def test_words_of_a_kind_are_near_and_have_another_stem() -> None:
    assert swapper().neighbours(NORTH)[0] == SOUTH
    assert NORTHERN not in swapper().neighbours(NORTH)
    assert swapper().neighbours(YEAR) == [OTHER]


def test_a_swap_takes_the_answer_away_or_changes_both_sides() -> None:
    question, text = [WHEN, THE, YEAR], [THE, BRIDGE, YEAR, MAYOR]
    seen = set()
    for seed in range(20):
        made = swapper().swap(question, text, (3, 3), random.Random(seed))
        assert made is not None and made.question == [WHEN, THE, OTHER]
        assert made.text == ([THE, BRIDGE, OTHER, MAYOR] if made.answered else text)
        seen.add(made.answered)
    assert seen == {True, False}


def test_words_of_the_answer_common_words_and_parts_of_words_stay() -> None:
    made = swapper()
    assert made.swap([WHEN, THE, MAYOR], [THE, MAYOR, BRIDGE], (1, 1), random.Random(1)) is None
    assert made.swap([NORTH, ENDING], [NORTH, ENDING, MAYOR], (2, 2), random.Random(1)) is None
    assert made.swap([], [THE], (0, 0), random.Random(1)) is None

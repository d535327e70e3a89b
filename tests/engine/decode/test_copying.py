"""Copying from the document: what may be copied, and that the mixture is what it says."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch

from engine.decode.generate import generate
from engine.decode.options import GenerationOptions
from engine.decode.sources import source_attention
from tests.engine.decode.test_generate import OPTIONS, model

__all__ = ["model"]


def documents() -> tuple[torch.Tensor, torch.Tensor]:
    """Two of few tokens; the end of the second is padding with a token that the first alone has."""
    ids = torch.tensor([[5, 7, 9, 11] * 5, [6, 8, 10, 12] * 4 + [5] * 4])
    valid = torch.ones(2, 20, dtype=torch.bool)
    valid[1, 16:] = False
    return ids, valid


@pytest.mark.parametrize("n_beams", [1, 3])
def test_only_copying_writes_only_words_of_ones_own_document(model: Any, n_beams: int) -> None:
    written = generate(model, *documents(), replace(OPTIONS, n_beams=n_beams, copy=1.0))
    assert set(written.ids[0][1:]) <= {5, 7, 9, 11} and set(written.ids[1][1:]) <= {6, 8, 10, 12}


def test_marks_that_frame_a_text_are_not_copied(model: Any) -> None:
    ids, valid = documents()
    ids[:, 0], ids[:, 15:] = OPTIONS.start_id, OPTIONS.eos_ids[0]
    written = generate(model, ids, valid, replace(OPTIONS, copy=1.0)).ids
    assert all(set(row[1:]) <= set(own[1:15].tolist()) for row, own in zip(written, ids, strict=True))


def test_the_mixture_is_of_what_is_written_and_what_is_looked_at(model: Any) -> None:
    ids, valid = documents()
    for row in range(2):
        mine, own = ids[row : row + 1], valid[row : row + 1]
        written = generate(model, mine, own, replace(OPTIONS, copy=0.4)).ids[0]
        states = model.encode(mine, own).last_hidden_state
        looks = source_attention(model, states, own, written)
        state = model.start(states, own, n_beams=1, max_length=len(written))
        for step, (token, following) in enumerate(pairwise(written)):
            with torch.no_grad():
                chances = 0.6 * torch.softmax(model.step(torch.tensor([token]), state).float()[0], -1)
            seen = looks[step] * own[0]
            for place, copied in enumerate(mine[0].tolist()):
                chances[copied] += 0.4 * seen[place] / seen.sum()
            assert int(chances.argmax()) == following
            assert abs(float(chances.sum()) - 1) < 1e-5


def test_beams_are_scored_by_the_mixture(model: Any) -> None:
    """With all its beams alive at each step, the best output is at least as likely as the greedy one."""
    one = generate(model, *documents(), replace(OPTIONS, n_beams=1, copy=0.4, length_penalty=0.0))
    many = generate(model, *documents(), replace(OPTIONS, n_beams=8, copy=0.4, length_penalty=0.0))
    assert all(best >= greedy - 1e-5 for best, greedy in zip(many.scores, one.scores, strict=True))


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_a_probability(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        GenerationOptions(start_id=0, eos_ids=(1,), pad_id=0, copy=share)

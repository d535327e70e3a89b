"""Chunks of tokens give what all at once gives; rows of unequal length stand together."""

import pytest
import torch

from engine.attention.rows import CHUNK, by_rows, pad_rows


def test_chunks_give_the_same() -> None:
    layer = torch.nn.Linear(3, 5)
    states = torch.randn(2, 2 * CHUNK + 7, 3)
    calls: list[int] = []
    with torch.no_grad():
        got = by_rows(layer, states, lambda: calls.append(1))
        assert len(calls) == 3
        assert torch.allclose(got, layer(states), atol=1e-6)
    by_rows(layer, states, lambda: calls.append(1))
    assert len(calls) == 3  # one piece while gradients are recorded


def test_what_a_pulse_raises_stops_it() -> None:
    def stop() -> None:
        raise InterruptedError

    with torch.no_grad(), pytest.raises(InterruptedError):
        by_rows(torch.nn.Identity(), torch.zeros(1, CHUNK + 1, 1), stop)


@pytest.mark.parametrize("multiple, length", [(1, 3), (2, 4), (64, 64)])
def test_padding_on_the_right(multiple: int, length: int) -> None:
    ids, valid = pad_rows([[5, 6, 7], [8], []], pad_id=1, pad_to_multiple_of=multiple)
    assert ids.shape == valid.shape == (3, length)
    assert ids[0, :3].tolist() == [5, 6, 7] and ids[1, :3].tolist() == [8, 1, 1]
    assert valid.sum(1).tolist() == [3, 1, 0]

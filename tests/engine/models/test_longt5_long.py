"""LongT5 on long inputs: what it holds grows with the length, never with its square."""

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from engine.models.longt5 import LongT5Config, LongT5EncoderModel, LongT5ForConditionalGeneration

CONFIG = LongT5Config(
    vocab_size=50, width=16, n_heads=2, head_width=8, feed_forward_width=24, n_encoder_layers=2,
    n_decoder_layers=1,
)


class Largest(TorchDispatchMode):
    """Remembers the size of the largest tensor that any operation gave."""

    def __init__(self) -> None:
        super().__init__()
        self.n_numbers = 0

    def __torch_dispatch__(self, operation: Any, types: Any, inputs: Any = (), options: Any = None) -> Any:
        result = operation(*inputs, **(options or {}))
        for tensor in result if isinstance(result, list | tuple) else (result,):
            if isinstance(tensor, torch.Tensor) and tensor.untyped_storage().nbytes():
                held = tensor.untyped_storage().nbytes() // tensor.element_size()
                self.n_numbers = max(self.n_numbers, min(held, tensor.numel()))
        return result


def largest(length: int, transient_global: bool) -> int:
    torch.manual_seed(0)
    model = LongT5EncoderModel(LongT5Config(**(vars(CONFIG) | {"transient_global": transient_global}))).eval()
    ids, mask = torch.randint(2, 50, (1, length)), torch.ones(1, length)
    mask[:, -9:] = 0
    with torch.no_grad(), Largest() as seen:
        assert torch.isfinite(model(ids, mask).last_hidden_state).all()
    return seen.n_numbers


@pytest.mark.parametrize("transient_global", (True, False))
def test_no_tensor_grows_faster_than_the_length(transient_global: bool) -> None:
    short, long = (largest(length, transient_global) for length in (8192, 16384))
    assert long <= 2.1 * short
    assert long < 16384 * 16384 / 100


def test_more_tokens_than_any_checkpoint_was_trained_on() -> None:
    """20,000 tokens, in a batch with a short document, to the first scores of the output."""
    torch.manual_seed(0)
    model = LongT5ForConditionalGeneration(CONFIG).eval()
    ids = torch.randint(2, 50, (2, 20_000))
    valid = torch.arange(20_000) < torch.tensor([[20_000], [100]])
    with torch.no_grad():
        states = model.encode(ids, valid).last_hidden_state
        state = model.start(states, valid, n_beams=2, max_length=3)
        scores = model.step(torch.zeros(4, dtype=torch.long), state)
        alone = model.encode(ids[1:, :100], valid[1:, :100]).last_hidden_state
    assert scores.shape == (4, 50) and torch.isfinite(scores).all()
    assert torch.allclose(states[1:, :100], alone, atol=1e-5)

"""A wrong LongT5 would be seen: each mistake changes the logits by at least 100 times the tolerance."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.attention import blocks, relative
from engine.models import longt5
from tests.engine.models.longt5_oracle import TOLERANCE, build, difference, make

pytestmark = pytest.mark.parity


def zero_side_bias(ours: Any, patch: pytest.MonkeyPatch) -> None:
    torch.nn.init.zeros_(ours.encoder.side_relative_bias.weight)


def no_side_tokens(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(longt5, "place_global", lambda valid, block: torch.full(valid.shape, -1))


def mean_of_blocks(ours: Any, patch: pytest.MonkeyPatch) -> None:
    """A norm hides the size of a sum, but not that a smaller one weighs its epsilon; so spoil the sum."""
    patch.setattr(blocks, "sum_blocks", lambda states, marks: states[:, : marks.n_side])


def orphans_in_a_block_of_their_own(ours: Any, patch: pytest.MonkeyPatch) -> None:
    def place(valid: Tensor, block: int) -> Tensor:
        n_side = valid.shape[1] // block
        return (torch.arange(valid.shape[1]) // block).clamp(max=n_side - 1).where(valid, -1)

    patch.setattr(longt5, "place_global", place)


def blocks_counted_among_real_tokens(ours: Any, patch: pytest.MonkeyPatch) -> None:
    def place(valid: Tensor, block: int) -> Tensor:
        position = valid.long().cumsum(-1) - 1
        n_full = valid.sum(-1, keepdim=True) // block
        return torch.minimum(position // block, n_full - 1).masked_fill(~valid, -1)

    patch.setattr(longt5, "place_global", place)


def wider_window(ours: Any, patch: pytest.MonkeyPatch) -> None:
    change_bias(patch, lambda matrix, size: matrix.masked_fill(offset(size).abs() == size, 0.0))


def narrower_window(ours: Any, patch: pytest.MonkeyPatch) -> None:
    change_bias(patch, lambda matrix, size: matrix.masked_fill(offset(size).abs() == size - 1, blocks.LOW))


def offset(size: int) -> Tensor:
    position = torch.arange(3 * size)
    return position - position[size : 2 * size, None]


def change_bias(patch: pytest.MonkeyPatch, change: Callable[[Tensor, int], Tensor]) -> None:
    build_biases = blocks.build_biases

    def changed(near: Tensor, side: Tensor | None, radius: int, n_side: int) -> blocks.Biases:
        biases = build_biases(near, side, radius, n_side)
        return replace(biases, near=change(biases.near, radius + 1))

    patch.setattr(longt5, "build_biases", changed)


def other_direction(ours: Any, patch: pytest.MonkeyPatch) -> None:
    bucket_of = relative.bucket_of
    patch.setattr(relative, "bucket_of", lambda relative, *rest: bucket_of(-relative, *rest))


def buckets_off_by_one(ours: Any, patch: pytest.MonkeyPatch) -> None:
    bucket_of = relative.bucket_of
    patch.setattr(relative, "bucket_of", lambda relative, *rest: bucket_of(relative + 1, *rest))


def scaled_scores(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for layer in ours.encoder.layers:
        layer.attention.query.weight.data *= 8**-0.5


def scaled_scores_of_the_decoder(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for layer in ours.decoder.layers:
        layer.attention.query.weight.data *= 8**-0.5


def output_not_scaled(ours: Any, patch: pytest.MonkeyPatch) -> None:
    ours.config = replace(ours.config, scale_output=not ours.config.scale_output)


def forget_padding(ours: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(longt5, "mark", lambda valid, ids, n_side: blocks.mark(valid | True, ids, n_side))


def forget_padding_across(ours: Any, patch: pytest.MonkeyPatch) -> None:
    decode = ours.decode
    ours.decode = lambda ids, own, states, valid, **rest: decode(ids, own, states, valid | True, **rest)


def other_activation(ours: Any, patch: pytest.MonkeyPatch) -> None:
    for layer in (*ours.encoder.layers, *ours.decoder.layers):
        layer.feed_forward.activation = longt5.ACTIVATIONS["silu"]


def norm_subtracts_a_mean(ours: Any, patch: pytest.MonkeyPatch) -> None:
    norm = longt5.RMSNorm.forward
    patch.setattr(longt5.RMSNorm, "forward", lambda self, states: norm(self, states - states.mean(-1, True)))


def side_norm_of_another_layer(ours: Any, patch: pytest.MonkeyPatch) -> None:
    first, second = (layer.attention for layer in ours.encoder.layers)
    second.side_norm = first.side_norm


MUTANTS = (
    zero_side_bias, no_side_tokens, mean_of_blocks, orphans_in_a_block_of_their_own,
    blocks_counted_among_real_tokens, wider_window, narrower_window, other_direction, buckets_off_by_one,
    scaled_scores, scaled_scores_of_the_decoder, output_not_scaled, forget_padding, forget_padding_across,
    other_activation, norm_subtracts_a_mean, side_norm_of_another_layer,
)


@pytest.fixture(scope="module")
def strong(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    return build(tmp_path_factory.mktemp("strong"))


@pytest.mark.parametrize("mutate", MUTANTS, ids=lambda mutate: mutate.__name__)
def test_a_mistake_would_be_seen(
    strong: tuple[Any, Any], mutate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours = strong[0], deepcopy(strong[1])
    given = make(63)
    with torch.no_grad():
        wanted = theirs(**given).logits
        assert difference(ours(**given).logits, wanted) <= TOLERANCE
        mutate(ours, monkeypatch)
        assert difference(ours(**given).logits, wanted) >= 100 * TOLERANCE


def test_even_the_other_gelu_would_be_seen(strong: tuple[Any, Any]) -> None:
    """Its two forms differ by less than 5e-4, so this mistake is smaller than the others."""
    theirs, ours = strong[0], deepcopy(strong[1])
    for layer in (*ours.encoder.layers, *ours.decoder.layers):
        layer.feed_forward.activation = longt5.ACTIVATIONS["gelu"]
    given = make(63)
    with torch.no_grad():
        assert difference(ours(**given).logits, theirs(**given).logits) >= 5 * TOLERANCE

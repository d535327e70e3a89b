"""transformers' LongT5 with strong random weights, ours beside it, and how far apart two results are."""

from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor

from engine.models import longt5

TOLERANCE = 1e-5  # of the largest value
PAD = 0
SIZES: dict[str, Any] = dict(
    vocab_size=99, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_decoder_layers=3, num_heads=3,
    local_radius=6, global_block_size=5, relative_attention_num_buckets=8, relative_attention_max_distance=20,
    feed_forward_proj="gated-gelu", encoder_attention_type="transient-global", decoder_start_token_id=PAD,
    initializer_factor=1.0,
)
VARIANTS: dict[str, dict[str, Any]] = {
    "transient-global": {},
    "local": dict(encoder_attention_type="local"),
    "plain relu, blocks of 3": dict(feed_forward_proj="relu", global_block_size=3),
    "sizes of the checkpoints": dict(
        local_radius=127, global_block_size=16, relative_attention_num_buckets=32,
        relative_attention_max_distance=128, tie_word_embeddings=False,
    ),
}
LENGTHS = (1, 4, 5, 15, 16, 17, 129, 257, 384)


def strengthen(theirs: Any) -> Any:
    for name, parameter in theirs.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(parameter, mean=1.0, std=0.5)
        if "relative" in name:
            torch.nn.init.normal_(parameter, std=1.0)
    return theirs.eval()


def build(directory: Path, head: str = "LongT5ForConditionalGeneration", **sizes: Any) -> tuple[Any, Any]:
    """transformers' model of that name with strong weights, and ours, loaded from its directory."""
    torch.manual_seed(7)
    theirs = strengthen(getattr(transformers, head)(transformers.LongT5Config(**(SIZES | sizes))))
    theirs.save_pretrained(directory)
    return theirs, getattr(longt5, head).from_pretrained(directory)


def make(length: int, n_output: int = 7) -> dict[str, Tensor]:
    """Inputs: one full row, one of about half, one with holes; an output with a masked token."""
    torch.manual_seed(length)
    ids = torch.randint(2, SIZES["vocab_size"], (3, length))
    mask = torch.ones_like(ids)
    mask[1, length // 2 + 1 :] = 0
    mask[2, torch.rand(length) < 0.2] = 0
    mask[2, 0] = 1
    output = torch.randint(2, SIZES["vocab_size"], (3, n_output))
    output_mask = torch.ones_like(output)
    output_mask[1, n_output // 2] = 0
    return dict(
        input_ids=ids.masked_fill(mask == 0, PAD), attention_mask=mask, decoder_input_ids=output,
        decoder_attention_mask=output_mask,
    )


def difference(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference, relative to the largest value."""
    assert ours.shape == theirs.shape
    return float((ours - theirs).detach().abs().max() / theirs.detach().abs().max().clamp_min(1e-9))


def assert_all_same(ours: tuple[Tensor, ...], theirs: tuple[Tensor, ...], real: Tensor | None = None) -> None:
    """Where `real` (B, L) is given, only at real tokens: rows of padding mean nothing."""
    for mine, wanted in zip(ours, theirs, strict=True):
        weight = 1.0 if real is None else real[..., None].to(mine.dtype)
        assert difference(mine * weight, wanted * weight) <= TOLERANCE

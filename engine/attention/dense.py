"""Ordinary attention, for decoders: every query may look at every key that the bias leaves.

Letters: B batch, H heads, D head width, T queries, L keys.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def attend(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Query (B, H, T, D), scaled by the caller where its model scales, over (B, H, L, D).

    `bias` is added to the scores, any shape that broadcasts to (B, H, T, L). Returns the context
    (B, H, T, D) and the weights (B, H, T, L) in float32.
    """
    scores = query @ key.transpose(-1, -2)
    if bias is not None:
        scores = scores + bias
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32)
    return functional.dropout(weights, dropout).to(value.dtype) @ value, weights


def masked_bias(seen: Tensor, dtype: torch.dtype) -> Tensor:
    """0 where `seen`, elsewhere a number so low that softmax gives 0. Finite, so that a row which
    may look at nothing stays a number, and a quarter of the lowest, so that two may be added."""
    zeros = torch.zeros(seen.shape, dtype=dtype, device=seen.device)
    return zeros.masked_fill_(~seen, torch.finfo(dtype).min / 4)


def causal_bias(length: int, dtype: torch.dtype, device: torch.device, valid: Tensor | None = None) -> Tensor:
    """Each token sees itself and those before it: (1, 1, T, T), or (B, 1, T, T) where only the
    `valid` ones, (B, T) bool, may be seen."""
    position = torch.arange(length, device=device)
    seen = (position[:, None] >= position)[None]
    if valid is not None:
        seen = seen & valid[:, None, :]
    return masked_bias(seen, dtype)[:, None]

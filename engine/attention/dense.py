"""Ordinary attention, for decoders: every query may look at every key that the bias leaves.

Letters: B batch, H heads, D head width, W = H x D model width, T queries, L keys.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def attend(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Query (B, H, T, D), scaled by the caller where its model scales, over (B, H, L, D).

    `bias` is added to the scores, any shape that broadcasts to (B, H, T, L). Returns the context
    (B, H, T, D) and the weights (B, H, T, L), in float32 at least.
    """
    scores = query @ key.transpose(-1, -2)
    if bias is not None:
        scores = scores + bias
    weights = torch.softmax(scores, dim=-1, dtype=torch.promote_types(scores.dtype, torch.float32))
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


class DenseAttention(nn.Module):
    """Attention of a BART decoder: over the output so far, or over the input. Scores are scaled."""

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout, self.scale = n_heads, dropout, (width // n_heads) ** -0.5
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, states: Tensor, source: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, W) looking at `source` (B, L, W) where `bias` (B, 1, T, L) lets it: the result
        (B, T, W) and the weights (B, H, T, L)."""
        dropout = self.dropout if self.training else 0.0
        context, weights = attend(self.queries(states), *self.keys(source), bias, dropout)
        return self.merge(context), weights

    def queries(self, states: Tensor) -> Tensor:
        """(B, T, W) to scaled queries (B, H, T, D)."""
        return self._heads(self.query(states) * self.scale)

    def keys(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """(B, L, W) to keys and values, (B, H, L, D) each."""
        return self._heads(self.key(states)), self._heads(self.value(states))

    def merge(self, context: Tensor) -> Tensor:
        """(B, H, T, D) to the result (B, T, W)."""
        return self.out(context.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def _heads(self, states: Tensor) -> Tensor:
        return states.view(*states.shape[:2], self.n_heads, -1).transpose(1, 2)

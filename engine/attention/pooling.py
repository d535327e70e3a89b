"""Attention probabilities summed over parts of a text, so that a person can look at them.

The published layout (`window.Weights`) goes in, one input at a time; out come numbers for each pair
of parts. Nothing longer than the band is built: memory grows with L x (G + 2R + 1), as in the model.

Letters: L tokens, P parts, H heads, R radius, G global tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attention.window import Marks, Weights


@dataclass(frozen=True)
class Pooled:
    """How much parts look at one another, as means over the heads, summed over tokens."""

    looks: Tensor  # (P, P): what the tokens of a part give to the tokens of another
    to_global: Tensor  # (P,): what they give to global tokens
    from_global: Tensor  # (P,): what a global token gives to a part, as a mean over the global tokens


def pool(weights: Weights, marks: Marks, radius: int, part: Tensor, n_parts: int) -> Pooled:
    """Sum the weights of one input (B = 1) by `part`, (L,) long: the part of every token."""
    local = weights.local[0].float().mean(0)  # (L, G + 2R + 1)
    length, n_global = len(local), marks.n_global
    side, band = local[:, :n_global], local[:, n_global:]
    at = torch.arange(length, device=part.device)[:, None] + torch.arange(
        -radius, radius + 1, device=part.device
    )
    by_part = band.new_zeros(length, n_parts)
    by_part.scatter_add_(1, part[at.clamp(0, length - 1)], band)  # outside the input the band is 0
    from_global = band.new_zeros(n_parts)
    if weights.overall is not None and n_global:
        positions = marks.global_positions[0]
        by_part.index_add_(1, part[positions], side)
        rows = weights.overall[0].float().mean(0).T  # (G, L): where each global token looks
        of_global = rows.new_zeros(n_global, n_parts).index_add_(1, part, rows)
        by_part[positions] = of_global
        from_global = of_global.mean(0)
    given = side.sum(1)
    return Pooled(
        looks=band.new_zeros(n_parts, n_parts).index_add_(0, part, by_part),
        to_global=band.new_zeros(n_parts).index_add_(0, part, given),
        from_global=from_global,
    )

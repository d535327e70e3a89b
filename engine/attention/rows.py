"""Work on the tokens of a long input a few at a time, and put texts of unequal length together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

CHUNK = 2048  # rows between two looks at the cancel flag; also bounds what a wide layer holds at once


def by_rows(function: Callable[[Tensor], Tensor], states: Tensor, pulse: Callable[[], None] | None) -> Tensor:
    """`function` of (B, L, W) states, which treats each token alone, in chunks of tokens.

    `pulse` is called before each chunk; what it raises stops the computation. While gradients are
    recorded there is one chunk, since cutting would save nothing.
    """
    if torch.is_grad_enabled() or states.shape[1] <= CHUNK:
        return function(states)
    parts = []
    for part in torch.split(states, CHUNK, dim=1):
        if pulse is not None:
            pulse()
        parts.append(function(part))
    return torch.cat(parts, 1)


def pad_rows(
    rows: Sequence[Sequence[int]], pad_id: int, pad_to_multiple_of: int = 1
) -> tuple[Tensor, Tensor]:
    """Rows of ids as one tensor (B, L), padded on the right, and which of them are real.

    L is the longest row, or the next multiple of `pad_to_multiple_of`. No model here needs that:
    padding changes no result and only costs time.
    """
    longest = max((len(row) for row in rows), default=0)
    length = -(-longest // pad_to_multiple_of) * pad_to_multiple_of
    ids = torch.full((len(rows), length), pad_id)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row, dtype=torch.long)
    valid = torch.arange(length) < torch.tensor([len(row) for row in rows])[:, None]
    return ids, valid

"""What attends to what, stated as a matrix that a person can print.

This file is the definition; `window.py` (Longformer, LED) and `blocks.py` (LongT5) are fast paths
and must equal it over a grid of lengths and masks (tests/engine/attention). It builds L x L
matrices, so it is for tests, pictures and reading, never for documents.

Letters: B batch, L tokens, H heads, D head width, G side tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor


def window_allowed(valid: Tensor, is_global: Tensor, radius: int) -> Tensor:
    """Longformer's pattern (arXiv 2004.05150, section 3.1, figure 2d) as a boolean matrix.

    `valid` and `is_global` are (B, L) bool. True at [b, i, j] where token i may look at token j:
    j is real, and either within `radius` of i, or global, or i itself is global. A token that is
    not real is never global. With radius 1 and token 0 global, over five tokens:

        1 1 1 1 1
        1 1 1 . .
        1 1 1 1 .
        1 . 1 1 1
        1 . . 1 1
    """
    is_global = is_global & valid
    position = torch.arange(valid.shape[1], device=valid.device)
    near = (position[:, None] - position[None, :]).abs() <= radius  # (L, L)
    seen = near | is_global[:, None, :] | is_global[:, :, None]  # (B, L, L)
    return seen & valid[:, None, :]


def attend(query: Tensor, key: Tensor, value: Tensor, allowed: Tensor) -> Tensor:
    """Scaled dot-product attention over `allowed` (B, Lq, Lk); all others are (B, H, L, D).

    A row that may look at nothing gives zeros.
    """
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5  # (B, H, Lq, Lk)
    scores = scores.float().masked_fill(~allowed[:, None], float("-inf"))
    nothing = ~allowed.any(-1)[:, None, :, None]
    weights = torch.softmax(scores.masked_fill(nothing, 0.0), dim=-1).masked_fill(nothing, 0.0)
    return weights.to(value.dtype) @ value


def attend_in_window(
    local: tuple[Tensor, Tensor, Tensor],
    overall: tuple[Tensor, Tensor, Tensor],
    valid: Tensor,
    is_global: Tensor,
    radius: int,
) -> Tensor:
    """Longformer attention, (B, H, L, D).

    `local` and `overall` are (query, key, value) of the two sets of projections (section 3.1,
    "Linear Projections for Global Attention"). Rows of global tokens use the second set; every
    other row uses the first, also for the global tokens it looks at. Rows that are not real are 0.
    """
    is_global = is_global & valid
    allowed = window_allowed(valid, is_global, radius)
    context = torch.where(is_global[:, None, :, None], attend(*overall, allowed), attend(*local, allowed))
    return context.masked_fill(~valid[:, None, :, None], 0.0)


def near_allowed(valid: Tensor, radius: int) -> Tensor:
    """LongT5's local pattern (arXiv 2112.07916, section 3.1.1), (B, L, L): token i may look at token j
    where j is real and within `radius` of i. With radius 1, over five tokens of which four are real:

        1 1 . . .
        1 1 1 . .
        . 1 1 1 .
        . . 1 1 .
        . . . 1 .
    """
    return window_allowed(valid, torch.zeros_like(valid), radius)


def side_allowed(ids: Tensor, n_side: int) -> Tensor:
    """LongT5's transient-global pattern (section 3.1.2), (B, L, G): every real token may look at the
    side token of every block that the document has. `ids` (B, L) are the blocks, -1 for none; a
    block is there if it, or one behind it, has a token. Blocks of two, of which the last is not full:

        block    0  0  1  1  1  -1        looks at    1 1 .   (each row alike)
    """
    present = torch.arange(n_side, device=ids.device) <= ids.amax(1, keepdim=True)  # (B, G)
    return present[:, None, :].expand(-1, ids.shape[1], -1)


def sum_of_blocks(states: Tensor, ids: Tensor, n_side: int) -> Tensor:
    """What a side token is made from: the sum of the states (B, L, W) of its block, (B, G, W)."""
    member = ids[:, None, :] == torch.arange(n_side, device=ids.device)[:, None]  # (B, G, L)
    return member.to(states.dtype) @ states


def attend_to_blocks(
    query: Tensor,
    tokens: tuple[Tensor, Tensor, Tensor],
    side: tuple[Tensor, Tensor, Tensor],
    valid: Tensor,
    ids: Tensor,
    radius: int,
) -> Tensor:
    """LongT5's attention, (B, H, L, D): tokens near by and side tokens under one softmax, unscaled.

    `tokens` and `side` are (key, value, bias): (B, H, L, D) twice and a bias that broadcasts to
    (B, H, L, L) beside the same with G for the side tokens. A row that may look at nothing gives 0.
    """
    key, value = (torch.cat((tokens[at], side[at]), -2) for at in (0, 1))
    bias = torch.cat((tokens[2], side[2]), -1)
    seen = torch.cat((near_allowed(valid, radius), side_allowed(ids, side[0].shape[-2])), -1)
    scores = (query @ key.transpose(-1, -2) + bias).masked_fill(~seen[:, None], float("-inf"))
    return torch.softmax(scores, -1).nan_to_num(0.0) @ value

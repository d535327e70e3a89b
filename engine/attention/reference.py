"""What attends to what, stated as a matrix that a person can print.

This file is the definition; `window.py` is the fast path and must equal it over a grid of
lengths and masks (tests/engine/attention). It builds L x L matrices, so it is for tests,
pictures and reading, never for documents.

Letters: B batch, L tokens, H heads, D head width.
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

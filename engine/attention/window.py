"""Longformer's attention (arXiv 2004.05150, section 3): a window around each token, plus a few
global tokens that see, and are seen by, everything. Longformer and LED share it.

`reference.py` is the definition. Here short inputs take one dense matrix; long ones go block by
block: a block of queries meets its own keys, those of the blocks within reach, and the global
keys beside them, under one softmax. Nothing is padded and no L x L matrix is built.

Rows of global tokens have projections of their own and look at every real token. Where they are
few, the projections of all L keys and values are never computed: the key matrix is folded into
the query and the value matrix applied after the weighted sum, which is the same by associativity.

Deviation: windows have no gaps. The paper dilates them (figure 2c) for its character models alone;
no published checkpoint does.
Deviation: attention probabilities of global tokens are as long as the input, and 0 where a row has
fewer global tokens; the published library leaves padding and filler there.

Letters: B batch, L tokens, H heads, D head width, W = H x D model width, R radius (the one-sided
window), G most global tokens in a row of the batch, S block length, K keys that a block sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attention.dense import masked_bias
from engine.attention.rows import CHUNK

BLOCK = 128  # S: queries computed together. Shorter wastes less work outside the band
Pulse = Callable[[], None]  # called now and then; what it raises stops the computation


@dataclass(frozen=True)
class Marks:
    """Which tokens are real and which are global, in the forms that attention needs.

    Made once for a batch by `mark`; every layer uses the same.
    """

    valid: Tensor  # (B, L) bool
    is_global: Tensor  # (B, L) bool, False where not valid
    global_positions: Tensor  # (B, G) long: positions of the global tokens, ascending, then filler
    global_present: Tensor  # (B, G) bool: False for the filler

    @property
    def n_global(self) -> int:
        """G, the most global tokens in any row."""
        return self.global_positions.shape[1]


def mark(valid: Tensor, is_global: Tensor) -> Marks:
    """Prepare (B, L) bool masks for attention. A token that is not real is never global."""
    is_global = is_global & valid
    counts = is_global.sum(1)
    n_global = int(counts.max()) if counts.numel() else 0
    order = is_global.logical_not().to(torch.uint8).argsort(dim=1, stable=True)
    present = torch.arange(n_global, device=valid.device) < counts[:, None]
    return Marks(valid, is_global, order[:, :n_global], present)


@dataclass(frozen=True)
class Weights:
    """Attention probabilities in the published layout.

    `local` is (B, H, L, G + 2R + 1): the global tokens in order, then the window from R before
    the token to R after it. A global token stands among the first only, and 0 in the window.
    Rows of global tokens are 0 here, and stand in `overall`, (B, H, L, G): how much the g-th
    global token looks at each token.
    """

    local: Tensor
    overall: Tensor | None


class WindowAttention(nn.Module):
    """Self-attention of one layer, without its output projection."""

    def __init__(self, width: int, n_heads: int, radius: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.n_heads, self.radius, self.dropout = n_heads, radius, dropout
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.query_global, self.key_global, self.value_global = (nn.Linear(width, width) for _ in range(3))

    def forward(
        self, hidden: Tensor, marks: Marks, want_weights: bool = False, pulse: Pulse | None = None
    ) -> tuple[Tensor, Weights | None]:
        """(B, L, W) to the context (B, L, W), and the probabilities where wanted. `pulse` is called
        at least every 2,048 rows."""
        n_batch, length, width = hidden.shape
        scale = (width // self.n_heads) ** -0.5
        query = self._heads(self.query(hidden) * scale)
        key, value = self._heads(self.key(hidden)), self._heads(self.value(hidden))
        dropout = self.dropout if self.training else 0.0
        attend = attend_densely if length <= 2 * self.radius + BLOCK else attend_in_blocks
        context, local = attend(query, key, value, marks, self.radius, dropout, want_weights, pulse)
        context = context.view(n_batch, self.n_heads, length, -1).transpose(1, 2).reshape(hidden.shape)
        overall = None
        if marks.n_global:
            rows, overall = self._global_rows(hidden, marks, scale, dropout, want_weights)
            where = marks.is_global.nonzero(as_tuple=True)  # the same order as rows[present]
            context = context.index_put(where, rows[marks.global_present].to(context.dtype))
        context = context.masked_fill(~marks.valid[..., None], 0.0)
        return context, None if local is None else Weights(local, overall)

    def _heads(self, states: Tensor) -> Tensor:
        """(B, L, W) to (B x H, L, D), contiguous, as batched multiplication likes it."""
        n_batch, length, width = states.shape
        head_width = width // self.n_heads
        split = states.view(n_batch, length, self.n_heads, head_width).transpose(1, 2)
        return split.reshape(n_batch * self.n_heads, length, head_width)

    def _global_rows(
        self, hidden: Tensor, marks: Marks, scale: float, dropout: float, want_weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Context of the global tokens (B, G, W), and their probabilities (B, H, L, G)."""
        n_batch, _, width = hidden.shape
        n_heads, head_width = self.n_heads, width // self.n_heads
        chosen = hidden.take_along_dim(marks.global_positions[..., None], dim=1)  # (B, G, W)
        query = self._heads(self.query_global(chosen) * scale).view(n_batch, n_heads, -1, head_width)
        bias = masked_bias(marks.valid, query.dtype)[:, None, None, :]  # (B, 1, 1, L)
        folded = marks.n_global < head_width  # below this, folding is less work
        if folded:
            # q (W_k h + b_k) = (q W_k) h + a number that is the same for every key, which softmax ignores
            keys = self.key_global.weight.view(n_heads, head_width, width)
            query = torch.einsum("bhgd,hdw->bhgw", query, keys)
            key = value = hidden[:, None]  # (B, 1, L, W): shared by the heads
        else:
            shape = (n_batch, n_heads, -1, head_width)
            key = self._heads(self.key_global(hidden)).view(shape)
            value = self._heads(self.value_global(hidden)).view(shape)

        contexts, kept = [], []
        for rows in torch.split(query, BLOCK, dim=2):  # never more than S x L scores at once
            scores = _shared_matmul(rows, key.transpose(-1, -2)) + bias  # (B, H, S, L)
            probs = torch.softmax(scores, dim=-1, dtype=torch.promote_types(scores.dtype, torch.float32))
            if want_weights:
                kept.append(probs)
            probs = functional.dropout(probs, dropout).to(value.dtype)
            mixed = _shared_matmul(probs, value)
            if folded:
                values = self.value_global.weight.view(n_heads, head_width, width)
                mixed = torch.einsum("bhgw,hdw->bhgd", mixed, values)
                if self.value_global.bias is not None:
                    share = probs.sum(-1, keepdim=True)  # 1, or what dropout left of it
                    mixed = mixed + share * self.value_global.bias.view(n_heads, 1, head_width)
            contexts.append(mixed)
        context = torch.cat(contexts, 2).transpose(1, 2).reshape(n_batch, -1, width)
        if not want_weights:
            return context, None
        present = marks.global_present[:, None, None, :]
        return context, torch.cat(kept, 2).transpose(2, 3).masked_fill(~present, 0.0)


def _shared_matmul(left: Tensor, right: Tensor) -> Tensor:
    """(B, H, m, k) x (B, H or 1, k, n). Where the heads share the right side, they are stacked
    under one multiplication instead of copying the right side H times."""
    if right.shape[1] == left.shape[1]:
        return left @ right
    stacked = left.flatten(1, 2) @ right[:, 0]
    return stacked.view(*left.shape[:-1], right.shape[-1])


def attend_densely(
    query: Tensor, key: Tensor, value: Tensor, marks: Marks, radius: int, dropout: float,
    want_weights: bool, pulse: Pulse | None = None,
) -> tuple[Tensor, Tensor | None]:
    """The window and the global columns by one masked matrix, for short inputs.

    Query (scaled), key and value are (B x H, L, D); returns the context in that shape, and the
    probabilities as in `Weights.local` where wanted.
    """
    n_batch, length = marks.valid.shape
    position = torch.arange(length, device=query.device)
    near = (position[:, None] - position).abs() <= radius
    allowed = (near | marks.is_global[:, None, :]) & marks.valid[:, None, :]  # (B, L, L)
    probs = _softmax(query @ key.transpose(1, 2), masked_bias(allowed, query.dtype))
    context = functional.dropout(probs, dropout).to(value.dtype) @ value
    if not want_weights:
        return context, None
    probs = probs.view(n_batch, -1, length, length)
    index = marks.global_positions[:, None, None, :].expand(-1, probs.shape[1], length, -1)
    side = probs.gather(3, index).masked_fill(~marks.global_present[:, None, None, :], 0.0)
    near_probs = probs.masked_fill(marks.is_global[:, None, None, :], 0.0)
    return context, _published(torch.cat((side, _band(near_probs, 0, radius)), -1), marks)


def attend_in_blocks(
    query: Tensor, key: Tensor, value: Tensor, marks: Marks, radius: int, dropout: float,
    want_weights: bool, pulse: Pulse | None = None,
) -> tuple[Tensor, Tensor | None]:
    """The same by blocks of S queries: time and memory grow with L, not with its square."""
    n_batch, length = marks.valid.shape
    n_heads = query.shape[0] // n_batch
    reach = -(-radius // BLOCK)  # blocks to either side
    offset = torch.arange((2 * reach + 1) * BLOCK, device=query.device) - reach * BLOCK
    here = offset[reach * BLOCK :][:BLOCK, None]
    near = masked_bias((offset - here).abs() <= radius, query.dtype)  # (S, K)
    column = masked_bias(marks.valid & ~marks.is_global, query.dtype)[:, None, :]  # (B, 1, L)
    beside = masked_bias(marks.global_present, query.dtype)[:, None, :]  # (B, 1, G)
    index = marks.global_positions.repeat_interleave(n_heads, 0)[..., None]  # (B x H, G, 1)
    side_key, side_value = key.take_along_dim(index, 1), value.take_along_dim(index, 1)
    keys, values = torch.split(key, BLOCK, 1), torch.split(value, BLOCK, 1)

    contexts, kept = [], []
    for block, rows in enumerate(torch.split(query, BLOCK, 1)):
        if pulse is not None and block * BLOCK % CHUNK == 0:
            pulse()
        first, last = max(0, block - reach), min(len(keys), block + reach + 1)
        start, stop = first * BLOCK, min(last * BLOCK, length)
        shift = (reach - block) * BLOCK  # from a key's position to its column in `near`
        band = near[: rows.shape[1], start + shift : stop + shift] + column[:, :, start:stop]
        bias = torch.cat((beside.expand(-1, rows.shape[1], -1), band), -1)  # (B, S, G + K)
        scores = rows @ torch.cat((side_key, *keys[first:last]), 1).transpose(1, 2)
        probs = _softmax(scores, bias)  # (B x H, S, G + K)
        dropped = functional.dropout(probs, dropout).to(value.dtype)
        contexts.append(dropped @ torch.cat((side_value, *values[first:last]), 1))
        if want_weights:
            by_head = probs.view(n_batch, n_heads, rows.shape[1], -1)
            side, window = by_head[..., : marks.n_global], by_head[..., marks.n_global :]
            kept.append(torch.cat((side, _band(window, block * BLOCK - start, radius)), -1))
    context = torch.cat(contexts, 1)
    return context, _published(torch.cat(kept, 2), marks) if want_weights else None


def _softmax(scores: Tensor, bias: Tensor) -> Tensor:
    """Softmax, in float32 at least, of (B x H, m, n) scores, changed in place, plus a (B, m, n) bias."""
    scores.view(bias.shape[0], -1, *scores.shape[1:]).add_(bias[:, None])
    return torch.softmax(scores, dim=-1, dtype=torch.promote_types(scores.dtype, torch.float32))


def _band(probs: Tensor, shift: int, radius: int) -> Tensor:
    """Columns shift + i - R to shift + i + R of row i, 0 outside the matrix: (.., m, 2R + 1)."""
    n_rows, n_columns = probs.shape[-2:]
    at = torch.arange(n_rows, device=probs.device)[:, None] + shift
    at = at + torch.arange(-radius, radius + 1, device=probs.device)  # (m, 2R + 1)
    inside = (at >= 0) & (at < n_columns)
    index = at.clamp(0, n_columns - 1).expand(*probs.shape[:-2], n_rows, -1)
    return probs.gather(-1, index).masked_fill(~inside, 0.0)


def _published(local: Tensor, marks: Marks) -> Tensor:
    """Zero the rows that are shown elsewhere (global tokens) or nowhere (not real)."""
    shown = marks.valid & ~marks.is_global
    return local.masked_fill(~shown[:, None, :, None], 0.0)


def read_masks(
    given: Tensor, attention_mask: Tensor | None, global_attention_mask: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The published masks, 1 for real and 1 for global, as `valid` and `is_global`, (B, L) bool.

    `given` is (B, L) ids or (B, L, W) vectors. Padding is often -1 in the global mask: not global.
    """
    shape = given.shape[:2]
    if attention_mask is None:
        attention_mask = torch.ones(shape, dtype=torch.long, device=given.device)
    if global_attention_mask is None:
        global_attention_mask = torch.zeros(shape, dtype=torch.long, device=given.device)
    merged = attention_mask * (global_attention_mask + 1)  # 0 padding, 1 local, 2 global
    return merged > 0, merged > 1

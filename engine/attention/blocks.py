"""LongT5's encoder attention (arXiv 2112.07916, section 3.1): a window around each token and, in
transient-global attention, one side token for each block of the document.

A side token is the sum of the states of its block, normed: made anew in every layer, from the
same states and with the same key and value projections as the tokens themselves. Every token
looks at all side tokens, at a bias of its own for the distance in blocks.

`reference.py` is the definition. Here queries go by blocks of S = R + 1, which reach one block to
either side; their local keys and the side keys stand under one softmax. Biases are cut from
tables over distances, nothing is padded, and no L x L matrix is built. There is no division by
the root of D: the initialisation accounts for it (T5, arXiv 1910.10683).

Deviation: masks stay finite in every format. In float16 the published code gives NaN on real
tokens where a batch has padding.
Deviation: rows of padding mean nothing, and are not the mean over their slots as in the published
code; nobody looks at them.

Letters: B batch, L tokens, H heads, D head width, W model width, R radius, S = R + 1, G side
tokens, K local keys of a block (at most 3 S).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attention.rows import CHUNK
from engine.attention.t5 import RMSNorm

Pulse = Callable[[], None]  # called now and then; what it raises stops the computation
LOW = -1e10  # float32: swallows every score, yet two of it do not overflow and softmax stays a number


@dataclass(frozen=True)
class Marks:
    """Which tokens are real, and which side token stands for each. Made once for a batch by `mark`.

    `ids` is (B, L) long, -1 for tokens of no block; `present` (B, G) says which side tokens a row
    has. Without side tokens both are empty along G, and every id is -1.
    """

    valid: Tensor  # (B, L) bool
    ids: Tensor  # (B, L) long
    present: Tensor  # (B, G) bool
    some_missing: bool  # whether any token of the batch is not real

    @property
    def n_side(self) -> int:
        """G, the side tokens of the longest row."""
        return self.present.shape[1]


def mark(valid: Tensor, ids: Tensor | None = None, n_side: int = 0) -> Marks:
    """Prepare (B, L) bool `valid` and the blocks `ids` of its tokens, if side tokens are used."""
    if ids is None or n_side == 0:
        ids = torch.full(valid.shape, -1, dtype=torch.long, device=valid.device)
    present = torch.arange(n_side, device=valid.device) <= ids.amax(1, keepdim=True)
    return Marks(valid, ids, present, not bool(valid.all()))


@dataclass(frozen=True)
class Biases:
    """Cut from the tables once for a batch; every layer and every block uses the same.

    `near` is (H, S, 3 S): row i, column j holds the bias of a key j - S - i away, or a finite
    number so low that softmax gives 0 where that is further than R. `side` is (H, G + 1, G) without
    memory of its own: row G - 1 - b holds the biases from block b to every block.
    """

    near: Tensor
    side: Tensor | None


def build_biases(near: Tensor, side: Tensor | None, radius: int, n_side: int) -> Biases:
    """From the tables (H, 2 R + 1) over distances -R..R and (H, 2 G) over blocks 1 - G..G."""
    size = radius + 1
    position = torch.arange(3 * size, device=near.device)
    relative = position - position[size : 2 * size, None]  # (S, 3 S)
    matrix = near.float()[:, (relative + radius).clamp(0, 2 * radius)]  # (H, S, 3 S)
    matrix = matrix.masked_fill(relative.abs() > radius, LOW)
    return Biases(matrix, side.float().unfold(1, n_side, 1) if side is not None and n_side else None)


@dataclass(frozen=True)
class Looked:
    """What the queries of one layer look at: (B x H, L, D) for the tokens, (B x H, G, D) beside them."""

    key: Tensor
    value: Tensor
    side_key: Tensor
    side_value: Tensor
    unseen: Tensor | None  # (B, 1, 1, L + G) float32: LOW where nobody may look; None if all may


class BlockAttention(nn.Module):
    """Self-attention of one encoder layer. `side_norm` norms the side tokens; None: local only."""

    def __init__(
        self, width: int, n_heads: int, head_width: int, radius: int, *,
        side: bool, eps: float, dropout: float,
    ) -> None:
        super().__init__()
        self.n_heads, self.radius, self.dropout = n_heads, radius, dropout
        inner = n_heads * head_width
        self.query, self.key, self.value = (nn.Linear(width, inner, bias=False) for _ in range(3))
        self.out = nn.Linear(inner, width, bias=False)
        self.side_norm = RMSNorm(width, eps) if side else None

    def look(self, normed: Tensor, marks: Marks, pulse: Pulse | None = None) -> Looked:
        """Keys and values of the layer's input, (B, L, W) after its norm, and of its side tokens."""
        key = self._heads(torch.cat([self.key(rows) for rows in chunks(normed, pulse)], 1))
        value = self._heads(torch.cat([self.value(rows) for rows in chunks(normed, pulse)], 1))
        side_key, side_value = key[:, :0], value[:, :0]
        if marks.n_side:
            assert self.side_norm is not None, "side tokens in a layer without them"
            side = self.side_norm(sum_blocks(normed, marks))  # (B, G, W)
            # The tokens' own projections (section 3.1.2): all that is added is a norm and a bias.
            side_key, side_value = self._heads(self.key(side)), self._heads(self.value(side))
        unseen = None
        if marks.some_missing or not bool(marks.present.all()):
            seen = torch.cat((marks.valid, marks.present), 1)[:, None, None]
            unseen = torch.zeros(seen.shape, device=seen.device).masked_fill(~seen, LOW)
        return Looked(key, value, side_key, side_value, unseen)

    def forward(
        self,
        normed: Tensor,
        start: int,
        looked: Looked,
        marks: Marks,
        biases: Biases,
        want_weights: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend from n rows of the layer's normed input, (B, n, W), the first at `start`, a multiple of S.

        Returns (B, n, W), and, where wanted, the probabilities in the published layout,
        (B, n blocks, H, S, 3 S + G): the block before, the block itself, the one after, the side tokens.
        """
        n_batch, n_rows, _ = normed.shape
        size = self.radius + 1
        contexts, kept = [], []
        for at, rows in enumerate(torch.split(self._heads(self.query(normed)), size, 1)):
            block = start // size + at
            probs = self._probabilities(rows, block, looked, marks, biases)  # (B x H, s, K + G)
            if want_weights:
                kept.append(self._published(probs, block, looked, n_batch))
            dropped = functional.dropout(probs, self.dropout, self.training).to(rows.dtype)
            values = torch.cat((looked.value[:, _reach(block, size)], looked.side_value), 1)
            contexts.append(dropped @ values)
        context = torch.cat(contexts, 1).view(n_batch, self.n_heads, n_rows, -1)
        context = self.out(context.transpose(1, 2).reshape(n_batch, n_rows, -1))
        return context, torch.stack(kept, 1) if want_weights else None

    def _probabilities(
        self, rows: Tensor, block: int, looked: Looked, marks: Marks, biases: Biases
    ) -> Tensor:
        """Softmax in float32 of (B x H, s, D) queries over their local keys and the side keys."""
        size, n_side = self.radius + 1, marks.n_side
        near, n_rows = _reach(block, size), rows.shape[1]
        keys = torch.cat((looked.key[:, near], looked.side_key), 1)
        scores = (rows @ keys.transpose(1, 2)).float()
        scores = scores.view(-1, self.n_heads, *scores.shape[1:])  # (B, H, s, K + G)
        n_local = scores.shape[-1] - n_side
        first = near.start - (block - 1) * size  # S in the first block, which has none before it
        scores[..., :n_local].add_(biases.near[:, :n_rows, first : first + n_local])
        if n_side:
            assert biases.side is not None, "side tokens without a bias for them"
            ids = marks.ids[:, block * size : block * size + n_rows]  # (B, s)
            scores[..., n_local:].add_(biases.side[:, n_side - 1 - ids].transpose(0, 1))  # (B, H, s, G)
        if looked.unseen is not None:
            scores[..., :n_local].add_(looked.unseen[..., near.start : near.start + n_local])
            scores[..., n_local:].add_(looked.unseen[..., looked.unseen.shape[-1] - n_side :])
        return torch.softmax(scores, -1).flatten(0, 1)

    def _published(self, probs: Tensor, block: int, looked: Looked, n_batch: int) -> Tensor:
        """One block in the published layout, (B, H, S, 3 S + G), 0 where there is no token."""
        size, n_side = self.radius + 1, looked.side_key.shape[1]
        near = _reach(block, size)
        full = probs.new_zeros(n_batch, self.n_heads, size, 3 * size + n_side)
        by_head = probs.view(n_batch, self.n_heads, *probs.shape[1:])
        n_local, first = by_head.shape[-1] - n_side, near.start - (block - 1) * size
        full[:, :, : probs.shape[1], first : first + n_local] = by_head[..., :n_local]
        full[:, :, : probs.shape[1], 3 * size :] = by_head[..., n_local:]
        return full

    def _heads(self, states: Tensor) -> Tensor:
        """(B, n, H x D) to (B x H, n, D), contiguous, as batched multiplication likes it."""
        n_batch, n_rows, inner = states.shape
        split = states.view(n_batch, n_rows, self.n_heads, inner // self.n_heads).transpose(1, 2)
        return split.reshape(n_batch * self.n_heads, n_rows, -1)


def _reach(block: int, size: int) -> slice:
    """The tokens of a block and of its two neighbours."""
    return slice(max(0, block - 1) * size, (block + 2) * size)


def sum_blocks(states: Tensor, marks: Marks) -> Tensor:
    """The sum of the states of each block, (B, L, W) to (B, G, W). A sum, not a mean (section 3.1.2).

    By multiplication with membership, a chunk of tokens and the blocks it touches at a time: the
    order of addition is fixed, so the same input gives the same bits on every device.
    """
    sums = states.new_zeros(states.shape[0], marks.n_side, states.shape[2], dtype=torch.float32)
    for rows, ids in zip(chunks(states), chunks(marks.ids), strict=True):
        first, last = int(ids.clamp(min=0).min()), int(ids.max())
        if last < 0:
            continue
        member = ids[:, None, :] == torch.arange(first, last + 1, device=ids.device)[:, None]  # (B, g, n)
        part = member.float() @ rows.float()
        sums = sums + functional.pad(part, (0, 0, first, marks.n_side - 1 - last))
    return sums.to(states.dtype)


def chunks(
    states: Tensor, pulse: Pulse | None = None, multiple: int = 1
) -> Iterator[Tensor]:
    """The tokens of (B, L, ..), at most CHUNK at a time and a multiple of `multiple` in all but the
    last; `pulse` is called before each chunk, and what it raises stops the computation."""
    for rows in torch.split(states, max(CHUNK // multiple, 1) * multiple, 1):
        if pulse is not None:
            pulse()
        yield rows

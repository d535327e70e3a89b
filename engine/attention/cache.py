"""What a decoder remembers between two tokens.

Two kinds of keys and values, treated differently because they are:

    of the tokens decoded so far    one set for each beam, in buffers of fixed size; a step adds one
                                    token, and a change of beams moves these rows
    of the encoded document         one set for each document, computed once; all beams look at the
                                    same tensors, which nothing ever copies or moves

Letters: B documents, n beams, N = B x n rows, H heads, D head width, T tokens so far, L tokens of
the document. Row b x n + i is beam i of document b.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


class SelfCache:
    """Keys and values of the tokens decoded so far in one layer."""

    def __init__(self, n_rows: int, n_heads: int, head_width: int, capacity: int, like: Tensor) -> None:
        shape = (n_rows, n_heads, capacity, head_width)
        self.key, self.value = like.new_empty(shape), like.new_empty(shape)
        self.length = 0

    def append(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Add one token, (N, H, 1, D) each; all so far, (N, H, T, D), as views of the buffers."""
        self.key[:, :, self.length] = key[:, :, 0]
        self.value[:, :, self.length] = value[:, :, 0]
        self.length += 1
        return self.key[:, :, : self.length], self.value[:, :, : self.length]

    def reorder(self, rows: Tensor) -> None:
        """Make row i what row `rows[i]` was; `rows` is (N,)."""
        for buffer in (self.key, self.value):
            buffer[:, :, : self.length] = buffer[rows, :, : self.length]


@dataclass
class CrossCache:
    """Keys and values of the documents in one layer, (B, H, L, D).

    Where `watched` is a list, every look at the documents leaves there where it went: the mean of
    the heads' weights, (B, n, L).
    """

    key: Tensor
    value: Tensor
    watched: list[Tensor] | None = None


@dataclass
class DecoderState:
    """Everything that `step` needs besides the next token. Made by a model's `start`.

    `bias` (B, 1, 1, L) is added to the scores over the document: 0 for real tokens, else a finite
    number so low that softmax gives 0. `own_bias` (H, capacity), for models with relative
    positions, is added to the scores over the tokens so far: its last T columns at length T.
    """

    own: list[SelfCache]
    source: list[CrossCache]
    bias: Tensor
    n_beams: int
    own_bias: Tensor | None = None
    length: int = 0  # tokens fed so far: the position of the next one

    def reorder(self, beam_index: Tensor) -> None:
        """Let row i continue row `beam_index[i]`. The documents' keys and values stay."""
        for cache in self.own:
            cache.reorder(beam_index)


def attend_to_source(query: Tensor, cross: CrossCache, bias: Tensor, n_beams: int) -> tuple[Tensor, Tensor]:
    """Look at the document from N rows of one token: query (N, H, 1, D), scaled where its model scales.

    Returns the context (N, H, 1, D) and the weights (B, H, n, L). The beams of a document are
    the rows of one matrix, so its keys and values are read once however many beams there are.
    """
    n_rows, n_heads, _, head_width = query.shape
    beside = query.view(-1, n_beams, n_heads, head_width).transpose(1, 2)  # (B, H, n, D)
    scores = (beside @ cross.key.transpose(-1, -2)).float() + bias  # (B, H, n, L)
    weights = torch.softmax(scores, dim=-1)
    if cross.watched is not None:
        cross.watched.append(weights.mean(1))
    context = weights.to(cross.value.dtype) @ cross.value  # (B, H, n, D)
    return context.transpose(1, 2).reshape(n_rows, n_heads, 1, head_width), weights

"""What LongT5 keeps of T5 (arXiv 1910.10683, in its version 1.1): norm, feed-forward, dense attention.

No projection has a bias, and scores are not divided by the root of D: queries are drawn smaller
by that much instead.

Letters: B batch, H heads, D head width, W model width, T tokens of the output, L of the document,
N rows of one token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attention.cache import CrossCache, SelfCache, attend_to_source
from engine.attention.dense import attend

ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "gelu_new": lambda states: functional.gelu(states, approximate="tanh"),
    "silu": functional.silu,
}
def limit(states: Tensor) -> Tensor:
    """Keep float16 from overflowing, as the published code does after each sublayer."""
    if states.dtype != torch.float16:
        return states
    most = torch.finfo(torch.float16).max - 1000
    return states.clamp(-most, most)


class RMSNorm(nn.Module):
    """Divide by the root mean square, in float32, and scale; no mean, no bias."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, states: Tensor) -> Tensor:
        """(.., W) to (.., W), in the format of the weight where that is a half one."""
        exact = states.float()
        normed = exact * torch.rsqrt(exact.square().mean(-1, keepdim=True) + self.eps)
        return self.weight * normed.to(self.weight.dtype)


class FeedForward(nn.Module):
    """act(gate) x linear, and back to the width (T5 1.1); or act(widen), and back (T5 1.0)."""

    def __init__(self, width: int, inner: int, activation: str, gated: bool, dropout: float) -> None:
        super().__init__()
        self.gate = nn.Linear(width, inner, bias=False) if gated else None
        if gated:
            self.linear = nn.Linear(width, inner, bias=False)
        else:
            self.widen = nn.Linear(width, inner, bias=False)
        self.narrow = nn.Linear(inner, width, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.activation = ACTIVATIONS[activation]

    def forward(self, states: Tensor) -> Tensor:
        """(.., W) to (.., W)."""
        if self.gate is not None:
            inner = limit(self.activation(self.gate(states)) * self.linear(states))
        else:
            inner = self.activation(self.widen(states))
        return self.narrow(self.dropout(inner))  # type: ignore[no-any-return]


class RelativeAttention(nn.Module):
    """T5's attention, for decoders: scores are not divided by the root of D, projections have no bias."""

    def __init__(self, width: int, n_heads: int, head_width: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout = n_heads, dropout
        inner = n_heads * head_width
        self.query, self.key, self.value = (nn.Linear(width, inner, bias=False) for _ in range(3))
        self.out = nn.Linear(inner, width, bias=False)

    def forward(self, states: Tensor, source: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, W) looks at `source` (B, L, W); `bias` broadcasts to (B, H, T, L). And the weights."""
        query = self._heads(self.query(states))
        key, value = self._heads(self.key(source)), self._heads(self.value(source))
        context, weights = attend(query, key, value, bias, self.dropout if self.training else 0.0)
        return self._join(context), weights

    def remember(self, source: Tensor) -> CrossCache:
        """Keys and values of documents (B, L, W), for `step_across`."""
        key, value = (self._heads(part(source)).contiguous() for part in (self.key, self.value))
        return CrossCache(key, value)

    def step_within(self, states: Tensor, cache: SelfCache, bias: Tensor) -> Tensor:
        """One token (N, 1, W) looks at itself and at those before it; `bias` is (H, T)."""
        key, value = cache.append(self._heads(self.key(states)), self._heads(self.value(states)))
        return self._join(attend(self._heads(self.query(states)), key, value, bias[:, None])[0])

    def step_across(self, states: Tensor, source: CrossCache, bias: Tensor, n_beams: int) -> Tensor:
        """One token (N, 1, W) looks at its document; `bias` is (B, 1, 1, L)."""
        return self._join(attend_to_source(self._heads(self.query(states)), source, bias, n_beams)[0])

    def _heads(self, states: Tensor) -> Tensor:
        """(B, n, H x D) to (B, H, n, D)."""
        return states.view(*states.shape[:2], self.n_heads, -1).transpose(1, 2)

    def _join(self, context: Tensor) -> Tensor:
        """(B, H, n, D) to (B, n, W)."""
        return self.out(context.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


def init_weights(model: nn.Module, factor: float, width: int, head_width: int) -> None:
    """Initialise as T5 does, so that every layer keeps the size of its input; embeddings are of size 1."""
    for name, weight in model.named_parameters():
        std = weight.shape[-1] ** -0.5
        if "norm." in name:
            nn.init.constant_(weight, factor)
            continue
        if "relative_bias" in name:
            std = width**-0.5
        elif "query" in name:
            std = (width * head_width) ** -0.5
        elif name.startswith(("shared.", "lm_head.")):
            std = 1.0
        nn.init.normal_(weight, std=factor * std)

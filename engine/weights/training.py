"""What training needs of every family: weights to begin with, and what a head is told off for."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


def init_weights(module: nn.Module, std: float) -> None:
    """Initialise as BERT and BART do: normal weights, zero biases, zero vectors for padding."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.normal_(part.weight, std=std)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
        if isinstance(part, nn.Embedding) and part.padding_idx is not None:
            nn.init.zeros_(part.weight[part.padding_idx].detach())


def token_loss(logits: Tensor, labels: Tensor | None) -> Tensor | None:
    """Mean cross-entropy of (B, L, n) logits over the tokens whose label (B, L) is not -100."""
    return None if labels is None else functional.cross_entropy(logits.flatten(0, -2), labels.flatten())


def document_loss(logits: Tensor, labels: Tensor | None) -> Tensor | None:
    """Of (B, n) logits: squared error for one number, cross-entropy for integer labels (B,), binary
    cross-entropy for float labels (B, n)."""
    if labels is None:
        return None
    if logits.shape[1] == 1:
        return functional.mse_loss(logits.flatten(), labels.flatten().to(logits.dtype))
    if labels.is_floating_point():
        return functional.binary_cross_entropy_with_logits(logits, labels)
    return functional.cross_entropy(logits, labels.flatten())


def span_loss(start: Tensor, end: Tensor, first: Tensor | None, last: Tensor | None) -> Tensor | None:
    """Mean cross-entropy of the scores (B, L) to begin and to end the answer, which runs from
    `first` to `last`, (B,). A position past the last token is not scored."""
    if first is None or last is None:
        return None
    length = start.shape[1]
    first, last = first.flatten().clamp(0, length), last.flatten().clamp(0, length)
    begin = functional.cross_entropy(start, first, ignore_index=length)
    return (begin + functional.cross_entropy(end, last, ignore_index=length)) / 2

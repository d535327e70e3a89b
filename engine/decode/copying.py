"""Copying while writing: with a given probability the next token is one that is being looked at.

A token of the document is copied as likely as the decoder looks at the places where it stands, mean
over layers and heads (See et al. 2017, arXiv 1704.04368, section 2.2; the switch between writing and
copying is not learned here but given, so that any LED or LongT5 can copy).
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.decode.options import GenerationOptions
from engine.decode.protocol import State

LEAST = 1e-30  # probability, so that its logarithm is a number


class Copying:
    """Mixes what is written with what is looked at. It watches the state that decoding goes on with.

    `ids` and `valid` are the documents, (B, L). Padding and the marks that frame a text are not copied."""

    def __init__(self, state: State, ids: Tensor, valid: Tensor, options: GenerationOptions) -> None:
        framing = torch.tensor([options.start_id, options.pad_id, *options.eos_ids], device=ids.device)
        self.state, self.ids, self.share = state, ids, options.copy
        self.words = valid & ~torch.isin(ids, framing)
        self._watch()

    def _watch(self) -> None:
        for layer in self.state.source:
            layer.watched = []

    def mix(self, scores: Tensor) -> Tensor:
        """Log-probabilities (N, V) of the next token, from its scores (N, V) and the last look at the
        documents."""
        looks = torch.stack([torch.cat(layer.watched or [], 1) for layer in self.state.source]).mean(0)
        self._watch()
        n_beams = looks.shape[1]  # (B, n, L)
        looks = (looks * self.words[:, None]).flatten(0, 1)
        looks = looks / looks.sum(1, keepdim=True).clamp_min(LEAST)
        copied = torch.zeros_like(scores).scatter_add_(1, self.ids.repeat_interleave(n_beams, 0), looks)
        mixed = (1 - self.share) * torch.softmax(scores, 1) + self.share * copied
        return mixed.clamp_min(LEAST).log()

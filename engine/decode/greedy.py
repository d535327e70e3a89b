"""Always the token of the highest score; the first of them where several are equal."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.decode.options import GenerationOptions


class Greedy:
    """A strategy (engine/decode/protocol.py) with one row for each of B documents."""

    def __init__(self, n_documents: int, options: GenerationOptions, device: torch.device) -> None:
        self.options = options
        self.done = False
        self.ids = torch.full((n_documents, 1), options.start_id, device=device)
        self.eos = torch.tensor(options.eos_ids, device=device)
        self.open = torch.ones(n_documents, dtype=torch.bool, device=device)
        self.lengths = torch.ones(n_documents, dtype=torch.long, device=device)
        self.scores = torch.zeros(n_documents, device=device)

    def prepare(self, scores: Tensor) -> Tensor:
        """As they are."""
        return scores

    def advance(self, scores: Tensor) -> None:
        """Add the best token to each open row, and padding to the others."""
        chosen = scores.argmax(1)
        gained = torch.log_softmax(scores, 1).gather(1, chosen[:, None])[:, 0]
        self.scores = self.scores + gained * self.open
        chosen = torch.where(self.open, chosen, self.options.pad_id)
        self.ids = torch.cat((self.ids, chosen[:, None]), 1)
        self.lengths = self.lengths + self.open.long()
        self.open = self.open & ~torch.isin(chosen, self.eos)
        self.done = self.ids.shape[1] >= self.options.total_length or not bool(self.open.any())

    def best(self) -> tuple[tuple[int, ...], ...]:
        """What was chosen is final."""
        rows = zip(self.ids.tolist(), self.lengths.tolist(), strict=True)
        return tuple(tuple(row[:length]) for row, length in rows)

    def results(self) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
        """The score is the sum of log-probabilities over the number of new tokens to `length_penalty`."""
        scores = self.scores / (self.lengths - 1) ** self.options.length_penalty
        return self.best(), tuple(scores.tolist())

    def others(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """None: there is one row for each document."""
        return ((),) * len(self.ids)

"""Beam search: n outputs of a document side by side, extended together, the best kept.

At each step the best continuations of all beams of a document are ranked. Those among the first n
that end become candidates for the result, scored by their log-probability over their length to
`length_penalty`; the best n that do not end go on. The result is the best candidate.

When to stop is `early_stopping`: True, when a document has n candidates; False, when the best
beam, divided by its present length, is worse than the worst of n candidates; "never", when it
would be worse even at the length that favours it most.

Letters: B documents, n beams, N = B x n rows, T tokens so far, M the greatest length, V vocabulary,
K continuations that are ranked.
"""

from __future__ import annotations

import torch
from torch import Tensor

from engine.decode.options import GenerationOptions

OUT = -1e9  # added to the score of what may not be kept; no sum of log-probabilities comes near


class Beams:
    """A strategy (engine/decode/protocol.py) with n rows for each of B documents."""

    def __init__(self, n_documents: int, options: GenerationOptions, device: torch.device) -> None:
        n_beams, longest = options.n_beams, options.total_length
        self.options, self.n_beams = options, n_beams
        self.done = False
        self.length = 1
        self.eos = torch.tensor(options.eos_ids, device=device)
        # Enough that n go on even if every beam has all of its ends among the best.
        self.n_ranked = max(2, 1 + len(options.eos_ids)) * n_beams
        self.live = torch.full((n_documents, n_beams, longest), options.pad_id, device=device)
        self.live[:, :, 0] = options.start_id
        # At first all beams are alike: only the first counts.
        self.live_scores = torch.full((n_documents, n_beams), OUT, device=device)
        self.live_scores[:, 0] = 0.0
        self.ended = self.live.clone()
        self.ended_lengths = torch.ones(n_documents, n_beams, dtype=torch.long, device=device)
        self.ended_scores = torch.full((n_documents, n_beams), OUT, device=device)
        self.is_ended = torch.zeros(n_documents, n_beams, dtype=torch.bool, device=device)
        self.may_improve = torch.ones(n_documents, 1, dtype=torch.bool, device=device)

    @property
    def ids(self) -> Tensor:
        """The live beams, (N, T)."""
        return self.live[:, :, : self.length].flatten(0, 1)

    def prepare(self, scores: Tensor) -> Tensor:
        """Log-probabilities: the processors change these, not the scores."""
        return torch.log_softmax(scores, 1)

    def advance(self, scores: Tensor) -> Tensor:
        """Extend the beams by the best continuations, and put aside those that end."""
        n_words = scores.shape[1]
        total = scores.view(-1, self.n_beams, n_words) + self.live_scores[:, :, None]
        ranked_scores, index = total.flatten(1).topk(self.n_ranked)  # (B, K)
        beam, token = index // n_words, index % n_words
        ranked = _take(self.live, beam)  # (B, K, M)
        ranked[:, :, self.length] = token
        ends = torch.isin(token, self.eos) | (self.length + 1 >= self.options.total_length)

        going_scores = ranked_scores + ends * OUT
        going = going_scores.topk(self.n_beams).indices  # (B, n)
        self._keep_ended(ranked, ranked_scores, ends)
        self.live, self.live_scores = _take(ranked, going), going_scores.gather(1, going)
        self.length += 1
        self._look_ahead(ends)
        first_row = torch.arange(len(beam), device=beam.device)[:, None] * self.n_beams
        return (beam.gather(1, going) + first_row).flatten()

    def _keep_ended(self, ranked: Tensor, scores: Tensor, ends: Tensor) -> None:
        """Let continuations that end compete with the candidates. Only the first n of the ranking may:
        the others stand there to replace beams that end."""
        ends = ends & (torch.arange(self.n_ranked, device=ends.device) < self.n_beams)
        scores = scores / self.length**self.options.length_penalty
        closed = ~self.may_improve
        if self.options.early_stopping is True:
            closed = closed | self.is_ended.all(1, keepdim=True)
        scores = scores + closed * OUT
        scores = scores + ~ends * OUT
        scores = torch.cat((self.ended_scores, scores), 1)
        best = scores.topk(self.n_beams).indices
        lengths = torch.full_like(ends, self.length + 1, dtype=torch.long)
        self.ended = _take(torch.cat((self.ended, ranked), 1), best)
        self.ended_lengths = torch.cat((self.ended_lengths, lengths), 1).gather(1, best)
        self.ended_scores = scores.gather(1, best)
        self.is_ended = torch.cat((self.is_ended, ends), 1).gather(1, best)

    def _look_ahead(self, ends: Tensor) -> None:
        """Whether going on could still improve any document's candidates."""
        options, length = self.options, self.length - 1
        if options.early_stopping == "never" and options.length_penalty > 0.0:
            length = options.total_length - 1
        hope = self.live_scores[:, :1] / length**options.length_penalty
        worst = torch.where(self.is_ended, self.ended_scores.min(1, keepdim=True).values, OUT)
        self.may_improve = self.may_improve & (hope > worst).any(1, keepdim=True)
        full = options.early_stopping is True and bool(self.is_ended.all())
        self.done = full or not bool(self.may_improve.any()) or bool(ends.all())

    def best(self) -> tuple[tuple[int, ...], ...]:
        """The leading beams; a later step may prefer others."""
        return tuple(tuple(row) for row in self.live[:, 0, : self.length].tolist())

    def results(self) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
        """The best candidate of each document, and its score."""
        rows = zip(self.ended[:, 0].tolist(), self.ended_lengths[:, 0].tolist(), strict=True)
        return tuple(tuple(row[:length]) for row, length in rows), tuple(self.ended_scores[:, 0].tolist())

    def others(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """The other candidates of each document that ended, best first."""
        return tuple(
            tuple(
                tuple(row[:length])
                for row, length, ended in zip(rows[1:], lengths[1:], is_ended[1:], strict=True)
                if ended
            )
            for rows, lengths, is_ended in zip(
                self.ended.tolist(), self.ended_lengths.tolist(), self.is_ended.tolist(), strict=True
            )
        )


def _take(rows: Tensor, index: Tensor) -> Tensor:
    """rows (B, m, M) at index (B, k): (B, k, M)."""
    return rows.gather(1, index[:, :, None].expand(-1, -1, rows.shape[2]))

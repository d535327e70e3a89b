"""Rules about the next token. Each takes the outputs so far, (N, T), and the scores of the next
token, (N, V), and gives scores; what may not be chosen gets minus infinity.

Their order is that of the published library, since they do not commute: see `build_processors`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.decode.options import GenerationOptions

Processor = Callable[[Tensor, Tensor], Tensor]
NEVER = float("-inf")


def build_processors(options: GenerationOptions, source_ids: Tensor) -> tuple[Processor, ...]:
    """The rules that the options ask for, in the published order. `source_ids` are the documents, (B, L)."""
    rules: list[Processor] = []
    if options.encoder_repetition_penalty != 1.0:
        rules.append(FaithfulnessPenalty(options.encoder_repetition_penalty, source_ids))
    if options.repetition_penalty != 1.0:
        rules.append(RepetitionPenalty(options.repetition_penalty))
    if options.no_repeat_ngram_size:
        rules.append(NoRepeat(options.no_repeat_ngram_size))
    if options.encoder_no_repeat_ngram_size:
        rules.append(NoRepeatOfSource(options.encoder_no_repeat_ngram_size, source_ids))
    if bad_words := [word for word in options.bad_words if word[1:] or word[0] not in options.eos_ids]:
        rules.append(BadWords(tuple(bad_words)))
    if options.least_length and options.eos_ids:
        rules.append(LeastLength(options.least_length, options.eos_ids))
    if options.forced_bos_id is not None:
        rules.append(Forced(1, (options.forced_bos_id,)))
    if options.forced_eos_ids:
        rules.append(Forced(options.total_length - 1, options.forced_eos_ids))
    if options.suppress:
        rules.append(Suppress(options.suppress))
    if options.begin_suppress:
        first = 1 if options.forced_bos_id is None else 2
        rules.append(Suppress(options.begin_suppress, at_length=first))
    if options.renormalize:
        rules.append(lambda ids, scores: torch.log_softmax(scores, -1))
    return tuple(rules)


def _penalise(ids: Tensor, scores: Tensor, penalty: float) -> Tensor:
    """Divide a positive score of these tokens by the penalty, multiply a negative one."""
    seen = scores.gather(1, ids)
    return scores.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))


@dataclass(frozen=True)
class RepetitionPenalty:
    """Tokens that stand in the output, the start token among them, lose."""

    penalty: float

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        return _penalise(ids, scores, self.penalty)


@dataclass(frozen=True)
class FaithfulnessPenalty:
    """Tokens that stand in the document (padding included) gain, so that all others lose."""

    penalty: float
    source_ids: Tensor  # (B, L)

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        source = self.source_ids.repeat_interleave(len(ids) // len(self.source_ids), 0)
        return _penalise(source, scores, 1 / self.penalty)


@dataclass(frozen=True)
class NoRepeat:
    """No n-gram stands twice in an output."""

    size: int

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        if ids.shape[1] < self.size:
            return scores
        return _forbid_completions(ids, ids, self.size, scores)


@dataclass(frozen=True)
class NoRepeatOfSource:
    """No n-gram of the document (padding included) stands in its output."""

    size: int
    source_ids: Tensor  # (B, L)

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        if ids.shape[1] + 1 < self.size or self.source_ids.shape[1] < self.size:
            return scores
        source = self.source_ids.repeat_interleave(len(ids) // len(self.source_ids), 0)
        return _forbid_completions(source, ids, self.size, scores)


def _forbid_completions(source: Tensor, ids: Tensor, size: int, scores: Tensor) -> Tensor:
    """Forbid every token that ends an n-gram of `source` whose beginning now ends `ids`."""
    ngrams = source.unfold(1, size, 1)  # (N, number of n-grams, size), without memory of its own
    last = ids[:, ids.shape[1] - (size - 1) :]
    matches = (ngrams[..., :-1] == last[:, None]).all(-1)
    n_words = scores.shape[1]
    # What does not match goes to a spare column behind the vocabulary.
    forbidden = torch.where(matches, ngrams[..., -1].clamp(max=n_words), n_words)
    mask = torch.zeros(len(scores), n_words + 1, dtype=torch.bool, device=scores.device)
    return scores.masked_fill(mask.scatter_(1, forbidden, True)[:, :n_words], NEVER)


@dataclass(frozen=True)
class BadWords:
    """None of these sequences is completed."""

    words: Sequence[tuple[int, ...]]

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        scores = scores.clone()
        for *before, last in self.words:
            if len(before) > ids.shape[1]:
                continue
            beginning = ids[:, ids.shape[1] - len(before) :]
            matches = (beginning == torch.tensor(before, dtype=ids.dtype, device=ids.device)).all(1)
            scores[matches, last] = NEVER
        return scores


@dataclass(frozen=True)
class LeastLength:
    """Nothing ends before it has this length."""

    length: int
    eos_ids: tuple[int, ...]

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        return _without(scores, self.eos_ids) if ids.shape[1] < self.length else scores


@dataclass(frozen=True)
class Forced:
    """At this length nothing but these tokens, all alike, may follow."""

    length: int
    tokens: tuple[int, ...]

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        if ids.shape[1] != self.length:
            return scores
        forced = torch.full_like(scores, NEVER)
        forced[:, list(self.tokens)] = 0.0
        return forced


@dataclass(frozen=True)
class Suppress:
    """These tokens are never chosen, or not at one length."""

    tokens: tuple[int, ...]
    at_length: int | None = None

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """See the module."""
        return _without(scores, self.tokens) if self.at_length in (None, ids.shape[1]) else scores


def _without(scores: Tensor, tokens: tuple[int, ...]) -> Tensor:
    return scores.index_fill(1, torch.tensor(tokens, device=scores.device), NEVER)

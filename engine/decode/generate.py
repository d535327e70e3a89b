"""The loop that writes: encode once, then score, apply the rules, choose, until the strategy is done.

    options = read_options(directory)
    written = generate(model, ids, valid, replace(options, n_beams=4, max_new_tokens=256))
    written.ids[0]          # token ids of the first document's output, start token first

The same model, input and options give the same ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.decode.beams import Beams
from engine.decode.copying import Copying
from engine.decode.greedy import Greedy
from engine.decode.options import GenerationOptions
from engine.decode.processors import build_processors
from engine.decode.protocol import Seq2Seq, Strategy
from engine.decode.sources import source_attention
from engine.errors import Cancelled
from engine.types import IsCancelled, never_cancelled

OnTokens = Callable[[tuple[tuple[int, ...], ...]], None]


@dataclass(frozen=True)
class Generated:
    """What was written for each document: token ids, the start token first and, where it came to
    that, the end token last; and their scores, log-probability over length to `length_penalty`.
    `others` are the beams of each document that ended behind its best, best first. Where asked for,
    `sources` tell where each output was looked at: for each document a row of (L,) for each token but
    the first (engine/decode/sources.py)."""

    ids: tuple[tuple[int, ...], ...]
    scores: tuple[float, ...]
    sources: tuple[Tensor, ...] = ()
    others: tuple[tuple[tuple[int, ...], ...], ...] = ()


@torch.no_grad()
def generate(
    model: Seq2Seq,
    ids: Tensor,
    valid: Tensor,
    options: GenerationOptions,
    is_global: Tensor | None = None,
    *,
    on_tokens: OnTokens | None = None,
    cancelled: IsCancelled = never_cancelled,
    want_sources: bool = False,
) -> Generated:
    """Write an output for each document: `ids` (B, L), `valid` and `is_global` (B, L) bool.

    `on_tokens` is given, after every token, each document's best output as it stands: greedy, it
    only grows; with beams it may change its mind. `cancelled` is asked before every token, before
    every encoder layer and before every chunk of at most 2,048 tokens in it; raises Cancelled.
    """

    def pulse() -> None:
        if cancelled():
            raise Cancelled

    pulse()
    states = model.encode(ids, valid, is_global, between_layers=pulse).last_hidden_state
    state = model.start(states, valid, n_beams=options.n_beams, max_length=options.total_length)
    strategy: Strategy = (Greedy if options.n_beams == 1 else Beams)(len(ids), options, ids.device)
    rules = build_processors(options, ids)
    copying = Copying(state, ids, valid, options) if options.copy else None
    while not strategy.done:
        pulse()
        scores = model.step(strategy.ids[:, -1], state).float()
        scores = strategy.prepare(copying.mix(scores) if copying else scores)
        for rule in rules:
            scores = rule(strategy.ids, scores)
        rows = strategy.advance(scores)
        if rows is not None and not strategy.done:
            state.reorder(rows)
        if on_tokens is not None:
            on_tokens(strategy.best())
    outputs, scores_of = strategy.results()
    sources = [
        source_attention(model, states[row : row + 1], valid[row : row + 1], output, pulse)
        for row, output in enumerate(outputs) if want_sources
    ]
    return Generated(outputs, scores_of, tuple(sources), strategy.others())

"""Where the model looks while it weighs a document: its attention, summed by sentence as it reads.

The windows are those of salience.py, read once more with the attention probabilities kept, one
layer of one window at a time. What is saved of a window are sums over pairs of its sentences.

Letters: P pieces of a window (sentences, or parts of endless ones), framed by [CLS] and [SEP]; N parts of
the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.attention.pooling import pool
from engine.attention.window import Marks, Weights
from engine.tasks.placement import global_parts, tokens_within
from engine.tasks.reader import LoadedReader
from engine.tasks.salience import NO_WINDOWS, OVERLAP, WINDOW, offsets_of, read_window
from engine.tasks.windows import Piece, Window, cut_pieces, cut_windows
from engine.types import (
    AttentionMap,
    Document,
    IsCancelled,
    OnEvent,
    Progress,
    Span,
    SummaryOptions,
    WindowDone,
    ignore_event,
    never_cancelled,
)

MOST_PARTS = 40


def map_attention(
    reader: LoadedReader, document: Document, options: SummaryOptions, *, on_event: OnEvent = ignore_event,
    cancelled: IsCancelled = never_cancelled, windows: Mapping[int, bytes] = NO_WINDOWS,
) -> AttentionMap:
    """Read the document and map what looks at what. `windows` as in `score_sentences`. Raises Cancelled."""
    pieces = cut_pieces(document, reader.tokenizer)
    cut = cut_windows([len(piece.ids) for piece in pieces], WINDOW, OVERLAP)
    parts, n_global = global_parts(document, options), 1
    gathered = Gathered(document, pieces)
    for index, window in enumerate(cut):
        on_event(Progress("Mapping attention", index, len(cut), "window"))
        inside = pieces[window.first : window.last]
        n_global = max(n_global, 1 + sum(tokens_within(offsets_of(inside), parts)))
        payload = windows.get(index)
        if payload is None:
            payload = window_looks(reader, inside, parts, cancelled).numpy().tobytes()
            on_event(WindowDone(index, len(cut), payload))
        size = len(inside) + 2
        gathered.add(window, torch.frombuffer(bytearray(payload), dtype=torch.float32).view(size + 2, size))
    on_event(Progress("Mapping attention", len(cut), len(cut), "window"))
    return gathered.as_map(n_global, len(cut), reader.model.config.salience_depth)


def window_looks(
    reader: LoadedReader, pieces: Sequence[Piece], parts: Sequence[Span], cancelled: IsCancelled
) -> Tensor:
    """(P + 4, P + 2): how much [CLS], each piece and [SEP] look at one another, then what each gives to
    global tokens, then what a global token gives to each; sums over tokens, means over heads and layers."""
    size, config = len(pieces) + 2, reader.model.config
    owner = [0, *(number for number, piece in enumerate(pieces, 1) for _ in piece.ids), size - 1]
    part = torch.tensor(owner, device=reader.device)
    layers: list[Tensor] = []

    def keep(weights: Weights, marks: Marks) -> None:
        pooled = pool(weights, marks, config.encoder.radii[len(layers)], part, size)
        layers.append(torch.cat((pooled.looks, pooled.to_global[None], pooled.from_global[None])))

    read_window(reader, pieces, cancelled, parts, keep)
    return torch.stack(layers).mean(0).cpu()


class Gathered:
    """What the windows said so far, by part of the document and by sentence."""

    def __init__(self, document: Document, pieces: Sequence[Piece]) -> None:
        lengths = torch.tensor([len(piece.ids) for piece in pieces])
        ahead = lengths.cumsum(0) - lengths
        n_parts = max(1, min(MOST_PARTS, len(pieces)))
        if len(pieces) > MOST_PARTS:
            numbers = ahead * n_parts // max(1, int(lengths.sum()))
        else:
            numbers = torch.arange(len(pieces))
        # Numbers that no piece has are passed over.
        self._part = torch.unique(numbers, return_inverse=True)[1]
        n_parts = int(self._part.max()) + 1 if len(pieces) else 0
        self._document, self._pieces, self._lengths = document, pieces, lengths
        self._looks = torch.zeros(n_parts, n_parts)
        self._to_global, self._from_global = torch.zeros(n_parts), torch.zeros(n_parts)
        self._n_tokens, self._n_windows = torch.zeros(n_parts), torch.zeros(n_parts)
        self._heat = torch.zeros(len(document.sentences))
        self._n_looked = torch.zeros(len(document.sentences))

    def add(self, window: Window, said: Tensor) -> None:
        """Take in a window; `said` is what `window_looks` gives. What two windows share counts twice."""
        part, lengths = self._part[window.first : window.last], self._lengths[window.first : window.last]
        inside, to_global, from_global = said[1:-3, 1:-1], said[-2, 1:-1], said[-1, 1:-1]
        by_column = torch.zeros(len(part), self._looks.shape[1]).index_add_(1, part, inside)
        self._looks.index_add_(0, part, by_column)
        self._to_global.index_add_(0, part, to_global)
        self._n_tokens.index_add_(0, part, lengths.float())
        self._from_global.index_add_(0, part, from_global)
        self._n_windows[part.unique()] += 1
        sentence = torch.tensor([piece.sentence for piece in self._pieces[window.first : window.last]])
        looked = inside.sum(0) / float(lengths.sum())  # by all tokens of the window, on average
        self._heat.index_add_(0, sentence, looked)
        self._n_looked.index_add_(0, sentence, lengths.float())

    def as_map(self, n_global: int, n_windows: int, n_layers: int) -> AttentionMap:
        """Sums to means."""
        tokens = self._n_tokens.clamp(min=1)
        heat = self._heat / self._n_looked.clamp(min=1)
        return AttentionMap(
            parts=self._spans(),
            looks=tuple(tuple(row) for row in (self._looks / tokens[:, None]).tolist()),
            to_global=tuple((self._to_global / tokens).tolist()),
            from_global=tuple((self._from_global / self._n_windows.clamp(min=1)).tolist()),
            heat=tuple((heat / heat.max().clamp(min=1e-12)).tolist()),
            n_global=n_global, windows=n_windows, layers=n_layers,
        )

    def _spans(self) -> tuple[Span, ...]:
        spans: dict[int, Span] = {}
        for part, piece in zip(self._part.tolist(), self._pieces, strict=True):
            start = spans[part].start if part in spans else piece.offsets[0][0]
            spans[part] = Span(start, piece.offsets[-1][1])
        return tuple(spans[part] for part in sorted(spans))

"""How much of the document each sentence says: the encoder's view of every sentence, what the
whole document says about it, and one head over both.

    every window    [CLS] sentences [SEP] through the lower layers of the encoder, global attention on
                    [CLS] alone; the mean of each sentence's states
    the document    vectors and features of all sentences together, through the salience head; of more
                    than 1,024 sentences the features know all, and the head sees parts of equal size

Letters: N sentences that could be chosen, W model width, L tokens.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.attention.window import Marks, Weights
from engine.errors import Cancelled
from engine.tasks.features import Candidates, candidates, describe
from engine.tasks.placement import tokens_within
from engine.tasks.reader import LoadedReader
from engine.tasks.windows import Piece, cut_pieces, cut_windows
from engine.types import (
    Citation,
    Document,
    IsCancelled,
    OnEvent,
    Progress,
    Provisional,
    Span,
    WindowDone,
    ignore_event,
    never_cancelled,
)

WINDOW, OVERLAP = 512, 32  # tokens
MOST_TOGETHER = 1024  # sentences that the head sees at once
SHOWN = 5
MORE_BEFORE_SHOWING = 1.2  # times as many windows before the best so far are shown again
NO_WINDOWS: Mapping[int, bytes] = {}


@dataclass(frozen=True)
class SentenceScores:
    """`salience` for every sentence of the document, 0..1, and 0 for those that cannot be chosen;
    `vectors` (sentences, W) of length 1, near where the meaning is near."""

    salience: tuple[float, ...]
    vectors: Tensor
    n_windows: int
    n_tokens: int
    n_global: int


def score_sentences(
    reader: LoadedReader,
    document: Document,
    *,
    on_event: OnEvent = ignore_event,
    cancelled: IsCancelled = never_cancelled,
    windows: Mapping[int, bytes] = NO_WINDOWS,
    global_parts: Sequence[Span] = (),
) -> SentenceScores:
    """Weigh every sentence. `windows` are payloads of WindowDone events of an earlier call with
    the same arguments; tokens of `global_parts` have global attention. Raises Cancelled."""
    pieces = cut_pieces(document, reader.tokenizer)
    cut = cut_windows([len(piece.ids) for piece in pieces], WINDOW, OVERLAP)
    sums = torch.zeros(len(document.sentences), reader.model.config.encoder.width)
    chosen = candidates(document)
    show_at, n_global = 1, 1
    for index, window in enumerate(cut):
        on_event(Progress("Reading", index, len(cut), "window"))
        payload = windows.get(index)
        inside, skipped = pieces[window.first : window.last], window.fresh - window.first
        n_global = max(n_global, 1 + sum(tokens_within(offsets_of(inside), global_parts)))
        if payload is None:
            payload = _pack(read_window(reader, inside, cancelled, global_parts)[skipped:])
            on_event(WindowDone(index, len(cut), payload))
        fresh = inside[skipped:]
        states = _unpack(payload, sums.shape[1])
        sums.index_add_(0, torch.tensor([piece.sentence for piece in fresh]), states)
        seen = chosen.indices[: bisect_right(chosen.indices, fresh[-1].sentence)]
        if seen and show_at <= index + 1 < len(cut):
            # Ever more rarely: weighing all sentences after each window would cost windows x sentences.
            show_at = math.ceil((index + 1) * MORE_BEFORE_SHOWING + 0.01)
            on_event(Provisional(_first(reader, document, sums, seen)))
    on_event(Progress("Reading", len(cut), len(cut), "window"))
    vectors = similarity(reader, sums)
    scores = weigh(reader, chosen, vectors, title_vector(reader, document, cancelled))
    salience = [0.0] * len(document.sentences)
    for number, score in zip(chosen.indices, torch.sigmoid(scores).tolist(), strict=True):
        salience[number] = score
    n_tokens = sum(len(piece.ids) for piece in pieces)
    return SentenceScores(tuple(salience), vectors, len(cut), n_tokens, n_global)


@torch.inference_mode()
def read_window(
    reader: LoadedReader, pieces: Sequence[Piece], cancelled: IsCancelled, global_parts: Sequence[Span] = (),
    on_weights: Callable[[Weights, Marks], None] | None = None,
) -> Tensor:
    """The sum of the states of each piece, (pieces, W) float32."""
    tokens, device = reader.tokenizer, reader.device
    ids = torch.tensor(
        [[tokens.cls_id, *(one for piece in pieces for one in piece.ids), tokens.sep_id]], device=device
    )
    owner = torch.tensor([number for number, piece in enumerate(pieces) for _ in piece.ids], device=device)
    within = tokens_within(offsets_of(pieces), global_parts)
    is_global = torch.tensor([[True, *within, False]], device=device)

    def check() -> None:
        if cancelled():
            raise Cancelled

    states = reader.model.lower_states(
        ids, torch.ones_like(is_global), is_global, between_layers=check, on_weights=on_weights
    )
    sums = torch.zeros(len(pieces), states.shape[-1], device=device)
    return sums.index_add_(0, owner, states[0, 1:-1].float()).cpu()


def offsets_of(pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Where every token of the pieces stands in the document."""
    return [place for piece in pieces for place in piece.offsets]


@torch.inference_mode()
def similarity(reader: LoadedReader, sums: Tensor) -> Tensor:
    """Pooled states (N, W), of any length, to vectors of length 1 whose product is nearness."""
    pooled = functional.normalize(sums, dim=1) * sums.shape[1] ** 0.5
    return functional.normalize(
        reader.model.salience.similarity(pooled.to(reader.device)).float().cpu(), dim=1
    )


@torch.inference_mode()
def weigh(reader: LoadedReader, chosen: Candidates, vectors: Tensor, title: Tensor | None) -> Tensor:
    """Scores of the candidates, (N,); `vectors` are those of all sentences of the document."""
    own = vectors[list(chosen.indices)]
    features, head = describe(chosen, own, title), reader.model.salience
    device, dtype = reader.device, head.score.weight.dtype
    n_parts = max(1, math.ceil(len(own) / MOST_TOGETHER))  # as equal as can be: no sentence is left by itself
    parts = zip(torch.tensor_split(own, n_parts), torch.tensor_split(features, n_parts), strict=True)
    scores = [
        head(part.to(device, dtype)[None], seen.to(device, dtype)[None])[0].float().cpu()
        for part, seen in parts
    ]
    return torch.cat(scores)


def title_vector(reader: LoadedReader, document: Document, cancelled: IsCancelled) -> Tensor | None:
    """The vector of the title, where there is one."""
    encoded = reader.tokenizer.encode(document.title)
    if not encoded.ids:
        return None
    piece = Piece(0, encoded.ids[:128], encoded.offsets[:128])
    return similarity(reader, read_window(reader, [piece], cancelled))[0]


def _first(
    reader: LoadedReader, document: Document, sums: Tensor, seen: Sequence[int]
) -> tuple[Citation, ...]:
    """The best sentences of what was read so far, in the order of the document."""
    scores = weigh(reader, Candidates(document, tuple(seen)), similarity(reader, sums), None)
    best = scores.topk(min(SHOWN, len(seen)))
    found = sorted(
        (seen[at], float(value)) for at, value in zip(best.indices, best.values.sigmoid(), strict=True)
    )
    return tuple(
        Citation(sentence.span, sentence.page, sentence.span.of(document.text), value)
        for sentence, value in ((document.sentences[number], value) for number, value in found)
    )


def _pack(sums: Tensor) -> bytes:
    return sums.contiguous().numpy().tobytes()


def _unpack(payload: bytes, width: int) -> Tensor:
    return torch.frombuffer(bytearray(payload), dtype=torch.float32).view(-1, width)

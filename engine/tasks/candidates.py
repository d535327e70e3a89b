"""Spans that may answer a question: found in a window, ranked over the whole document, judged by how the
best one stands. Letters: L tokens."""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from engine.tasks.windows import Piece

MOST_ANSWER = 40  # tokens
KEPT = 4  # candidates of each window
NEAR = 24  # starts and ends that are looked at in a window
NOTHING = -20.0  # the score of a document without a single candidate
MOST_LEAD = 3.0  # over the best other candidate, that counts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer, as its window saw it. `margin` is its score less that of [CLS],
    `likelihood` the logarithm of its probability in the window, `null` that of [CLS]."""

    sentence: int
    start: int
    end: int
    margin: float
    likelihood: float
    null: float


def best_spans(scores: Tensor, first: int, pieces: Sequence[Piece]) -> list[Candidate]:
    """The best spans inside one piece each, from (L, 2) scores whose document begins at `first`."""
    null = float(scores[0].sum())
    start, end = scores[first:-1, 0], scores[first:-1, 1]
    if not len(start):
        return []
    normal = float(scores[:, 0].logsumexp(0) + scores[:, 1].logsumexp(0))
    owner = torch.tensor([number for number, piece in enumerate(pieces) for _ in piece.ids])
    inside = torch.tensor([place for piece in pieces for place in range(len(piece.ids))])
    starts, ends = start.topk(min(NEAR, len(start))).indices, end.topk(min(NEAR, len(end))).indices
    length = ends[None, :] - starts[:, None]
    allowed = (length >= 0) & (length < MOST_ANSWER) & (owner[ends][None, :] == owner[starts][:, None])
    total = (start[starts][:, None] + end[ends][None, :]).masked_fill(~allowed, -torch.inf).flatten()
    found: list[tuple[int, int, float]] = []
    for best in total.argsort(descending=True, stable=True).tolist():
        value, one, other = float(total[best]), int(starts[best // len(ends)]), int(ends[best % len(ends)])
        if value == -math.inf or len(found) == KEPT:
            break
        if all(other < begin or one > last for begin, last, _ in found):
            found.append((one, other, value))
    return [
        Candidate(
            sentence=pieces[int(owner[one])].sentence,
            start=pieces[int(owner[one])].offsets[int(inside[one])][0],
            end=pieces[int(owner[other])].offsets[int(inside[other])][1],
            margin=value - null,
            likelihood=value - normal,
            null=null - normal,
        )
        for one, other, value in found
    ]


def pack(found: Sequence[Candidate]) -> bytes:
    """Candidates as JSON: Python writes floats so that they read back exactly."""
    return json.dumps([asdict(candidate) for candidate in found]).encode()


def unpack(payload: bytes) -> list[Candidate]:
    """What `pack` made of them."""
    return [Candidate(**values) for values in json.loads(payload)]


def rank(
    found: Sequence[Candidate], rows: Sequence[Sequence[float]], weights: Sequence[float]
) -> list[tuple[float, int]]:
    """Weighed scores of candidates with these rows of features, best first, each place once:
    pairs of a score and an index into `found`."""
    scored = [(dot(weights, row), index) for index, row in enumerate(rows)]
    scored.sort(key=lambda pair: (-pair[0], found[pair[1]].start, found[pair[1]].end))
    kept: list[tuple[float, int]] = []
    taken: list[tuple[int, int]] = []  # where those kept stand, in the order of the text
    for score, index in scored:
        start, end = found[index].start, found[index].end
        after = bisect_left(taken, (start, end))
        if (not after or taken[after - 1][1] <= start) and (after == len(taken) or taken[after][0] >= end):
            taken.insert(after, (start, end))
            kept.append((score, index))
    return kept


def stand(
    ranked: Sequence[tuple[float, int]], rows: Sequence[Sequence[float]], known: tuple[float, ...]
) -> list[tuple[float, ...]]:
    """What decides whether a ranked candidate is the answer: its score, its lead over the best other,
    the surest margin in the document, the share of the question around it, and what is `known` of the
    question: the share of it that the document speaks of at all, and how many words it has; a constant
    last. Where there is no candidate, one row that says so."""
    if not ranked:
        return [(NOTHING, 0.0, NOTHING / 10, 0.0, *known, 1.0)]
    surest = max(row[0] for row in rows)
    first, second = ranked[0][0], ranked[1][0] if len(ranked) > 1 else ranked[0][0] - MOST_LEAD
    others = [second, *(first for _ in ranked[1:])]
    leads = [min(MOST_LEAD, score - other) for (score, _), other in zip(ranked, others, strict=True)]
    return [
        (score, lead, surest, rows[index][4], *known, 1.0)
        for lead, (score, index) in zip(leads, ranked, strict=True)
    ]


def probability(weights: Sequence[float], standing: Sequence[float]) -> float:
    """0..1: the weighted sum of a standing are log-odds."""
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, dot(weights, standing)))))


def dot(weights: Sequence[float], values: Sequence[float]) -> float:
    """The sum of weighted values."""
    return sum(weight * value for weight, value in zip(weights, values, strict=True))

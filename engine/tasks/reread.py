"""The second reading of a question: what the likeliest candidates of all windows say, side by side.

A window is scored without knowing of the others, and one that does not hold the answer may be as sure of
what it has. So the sentences of the likeliest candidates, each with its neighbours, are put into one
window in the order of the document and read once more; there the candidates compete for the same
probability. How much that counts beside the first reading is fitted (`Calibration.again`).

Letters: L tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from engine.tasks.candidates import Candidate
from engine.tasks.windows import Piece

AROUND = (0, -1, 1)  # sentences (of an endless one, parts): a candidate's own, and what is read with it
MOST, ENOUGH = 440, 400  # tokens
OUTSIDE = (-1.5, -3.0)  # margin and likelihood of a candidate that was not read again

Compared = tuple[float, float, float, float]


def gather(pieces: Sequence[Piece], likeliest: Sequence[Candidate]) -> list[Piece]:
    """The sentences around the likeliest candidates, as many as one window holds, in their order."""
    places: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        places.setdefault(piece.sentence, []).append(number)
    chosen: set[int] = set()
    size = 0
    for candidate in likeliest:
        own = next(i for i in places[candidate.sentence] if pieces[i].offsets[-1][1] > candidate.start)
        for number in (own + step for step in AROUND):
            if number in chosen or not 0 <= number < len(pieces):
                continue
            n_tokens = len(pieces[number].ids)
            if n_tokens <= MOST - size:
                chosen.add(number)
                size += n_tokens
        if size > ENOUGH:
            break
    return [pieces[number] for number in sorted(chosen)]


def compare(
    pieces: Sequence[Piece], scores: Tensor, first: int, found: Sequence[Candidate]
) -> list[Compared]:
    """What the second window says of each candidate: margin, likelihood, the window's own null, and
    whether the candidate was read again. Its (L, 2) scores begin with the pieces at `first`."""
    starts, ends = _places(pieces, first)
    null = float(scores[0].sum())
    normal = float(scores[:, 0].logsumexp(0) + scores[:, 1].logsumexp(0))
    missing = (null - normal) / 5
    rows = []
    for one in found:
        if one.start in starts and one.end in ends:
            value = float(scores[starts[one.start], 0] + scores[ends[one.end], 1])
            rows.append(((value - null) / 10, (value - normal) / 5, missing, 1.0))
        else:
            rows.append((*OUTSIDE, missing, 0.0))
    return rows


def once(found: Sequence[Candidate]) -> list[Compared]:
    """The same for a document that is one window: all of it was side by side already."""
    return [(one.margin / 10, one.likelihood / 5, one.null / 5, 1.0) for one in found]


def _places(pieces: Sequence[Piece], first: int) -> tuple[Mapping[int, int], Mapping[int, int]]:
    """Where tokens begin and end in the document, and their places in the window."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    offsets = (offset for piece in pieces for offset in piece.offsets)
    for place, (start, end) in enumerate(offsets, first):
        starts.setdefault(start, place)
        ends[end] = place
    return starts, ends

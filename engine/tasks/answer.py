"""Answer a question with words of a document, or say honestly that they are not there.

    every window    [CLS] question [SEP] sentences [SEP], global attention on [CLS] and the question;
                    the best spans inside one sentence, each scored against [CLS] ("not here")
    the document    candidates of all windows weighed together with what the question's rare words
                    say about their sentences (BM25), by weights fitted on validation documents
    the answer      the best candidate, or that there is none, whichever is likelier by the
                    calibration of the model; that probability is the confidence

The windows most likely to hold the answer are read first, so that a first answer shows early; the
final answer does not depend on the order. Letters: B batch, L tokens.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from engine.errors import Cancelled
from engine.tasks.reader import LoadedReader
from engine.tasks.retrieval import Bm25, terms
from engine.tasks.trim import trimmed
from engine.tasks.windows import Piece, Window, cut_pieces, cut_windows
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

WINDOW, OVERLAP = 480, 64  # tokens of the document in a window, and of it in the next one again
MOST_QUESTION = 64  # tokens
MOST_ANSWER = 40
KEPT = 4  # candidates of each window
NEAR = 24  # starts and ends that are looked at in a window
EVIDENCE = 3
NOTHING = -20.0  # the score of a document without a single candidate
MOST_LEAD = 3.0  # over the best other candidate, that counts
MORE_BEFORE_SHOWING = 1.2  # times as many windows before the best so far are weighed again
SHOWN_EACH = 16  # the first windows, each of which is shown
IN_CODE = 3.0  # by how much a span in a program must be better: what was learned from was prose
NO_WINDOWS: Mapping[int, bytes] = {}


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """What was found, and what was read for it. Where nothing was found, `text` is empty and
    `confidence` is the probability that the document has no answer."""

    found: bool
    span: Span | None
    text: str
    confidence: float
    evidence: tuple[Citation, ...]
    n_windows: int
    n_tokens: int
    n_global: int
    best: str = ""  # the likeliest answer, also where it was not likely enough to be given
    score: float = 0.0  # the probability that the document has an answer


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


def answer_document(
    reader: LoadedReader,
    document: Document,
    question: str,
    *,
    on_event: OnEvent = ignore_event,
    cancelled: IsCancelled = never_cancelled,
    windows: Mapping[int, bytes] = NO_WINDOWS,
) -> AnswerResult:
    """Read the whole document for the question. `windows` are payloads of WindowDone events of an
    earlier call with the same arguments. Raises Cancelled."""
    reading = Reading(reader, document, question)
    found: list[Candidate] = []
    total, show_at = len(reading.windows), 0
    for done, index in enumerate(reading.order()):
        on_event(Progress("Reading", done, total, "window"))
        payload = windows.get(index)
        if payload is None:
            payload = _pack(reading.read(index, cancelled))
            on_event(WindowDone(index, total, payload))
        found += _unpack(payload)
        if done >= show_at:
            # Ever more rarely: weighing all candidates after each window would cost its square.
            show_at = math.floor(done * MORE_BEFORE_SHOWING) if done > SHOWN_EACH else 0
            best = reading.weigh(found)[0][:EVIDENCE]
            on_event(Provisional(tuple(reading.cite(candidate, score) for score, candidate in best)))
    on_event(Progress("Reading", total, total, "window"))
    return reading.conclude(found)


class Reading:
    """One question to one document."""

    def __init__(self, reader: LoadedReader, document: Document, question: str) -> None:
        self.reader, self.document = reader, document
        self.question = reader.tokenizer.encode(question).ids[:MOST_QUESTION]
        self.pieces = cut_pieces(document, reader.tokenizer)
        self.windows = cut_windows([len(piece.ids) for piece in self.pieces], WINDOW, OVERLAP)
        texts = [sentence.span.of(document.text) for sentence in document.sentences]
        index = Bm25(texts)
        self.matched = index.scores(question)
        self.best_match = max(1e-6, max(self.matched, default=0.0))
        self.coverage = index.coverage(question)
        self.asked = set(terms(question))
        self.n_tokens = sum(len(piece.ids) for piece in self.pieces)

    def order(self) -> list[int]:
        """Windows, those with the best matching sentences first."""

        def promise(window: Window) -> float:
            matches = sorted((self.matched[piece.sentence] for piece in self._fresh(window)), reverse=True)
            return sum(matches[:3])

        return sorted(range(len(self.windows)), key=lambda index: (-promise(self.windows[index]), index))

    def _fresh(self, window: Window) -> Sequence[Piece]:
        return self.pieces[window.fresh : window.last]

    def frame(self, index: int) -> tuple[list[int], int]:
        """The ids of a window with the question in front, and where the document begins in them."""
        window, tokens = self.windows[index], self.reader.tokenizer
        ids = [tokens.cls_id, *self.question, tokens.sep_id]
        first = len(ids)
        ids += [one for piece in self.pieces[window.first : window.last] for one in piece.ids]
        return [*ids, tokens.sep_id], first

    @torch.inference_mode()
    def read(self, index: int, cancelled: IsCancelled) -> list[Candidate]:
        """The candidates of one window, best first."""
        ids, first = self.frame(index)
        input_ids = torch.tensor([ids], device=self.reader.device)
        place = torch.arange(len(ids), device=self.reader.device)[None]
        scores = self.reader.model.span_scores(
            input_ids,
            torch.ones_like(input_ids, dtype=torch.bool),
            place < first - 1,
            (place >= first).long(),
            between_layers=_stop_if(cancelled),
        )
        return self.candidates(index, scores[0].cpu())

    def candidates(self, index: int, scores: Tensor) -> list[Candidate]:
        """The best spans of a window, from its (L, 2) scores."""
        window = self.windows[index]
        pieces, first = self.pieces[window.first : window.last], len(self.question) + 2
        kinds = (self.document.sentences[piece.sentence].kind for piece in pieces)
        dear = [
            IN_CODE * (kind == "code") for piece, kind in zip(pieces, kinds, strict=True) for _ in piece.ids
        ]
        scores = scores.clone()
        scores[first:-1, 0] -= torch.tensor(dear)
        text = self.document.text
        found = _spans(scores, first, pieces)
        return [one for one in found if any(letter.isalnum() for letter in text[one.start : one.end])]

    # ------------------------------------------------------ the document as a whole

    def features(self, candidate: Candidate) -> tuple[float, ...]:
        """What `Calibration.weights` weigh; a constant last."""
        near = range(max(0, candidate.sentence - 1), min(len(self.coverage), candidate.sentence + 2))
        words = set(terms(self.document.text[candidate.start : candidate.end]))
        kind = self.document.sentences[candidate.sentence].kind
        return (
            candidate.margin / 10,
            candidate.likelihood / 5,
            candidate.null / 5,
            self.coverage[candidate.sentence],
            max(self.coverage[i] for i in near),
            self.matched[candidate.sentence] / self.best_match,
            len(words & self.asked) / max(1, len(words)),
            math.log1p(candidate.end - candidate.start) / 3,
            float(kind == "reference"),
            float(kind in ("heading", "caption", "table", "code")),
            1.0,
        )

    def weigh(self, found: Sequence[Candidate]) -> tuple[list[tuple[float, Candidate]], tuple[float, ...]]:
        """Candidates with the probability that each is the answer, best first, each place once;
        and how the best one stands."""
        rows = [self.features(candidate) for candidate in found]
        ranked = rank(found, rows, self.reader.calibration.weights)
        standings = stand(ranked, rows, len(self.windows))
        claims = [_probability(self.reader.calibration.found, one) for one in standings]
        weighed = [(claim, found[index]) for claim, (_, index) in zip(claims, ranked, strict=False)]
        return weighed, standings[0]

    def conclude(self, found: Sequence[Candidate]) -> AnswerResult:
        """The answer, or that there is none: whichever is likelier."""
        weighed, best = self.weigh(found)
        absent = _probability(self.reader.calibration.absent, best)
        claim = weighed[0][0] if weighed else 0.0
        is_found = bool(weighed) and claim >= absent
        best_one = weighed[0][1] if weighed else None
        likeliest = trimmed(self.document.text, best_one.start, best_one.end) if best_one else None
        span = likeliest if is_found else None
        return AnswerResult(
            found=is_found,
            span=span,
            text=span.of(self.document.text) if span else "",
            confidence=claim if is_found else absent,
            evidence=self._evidence(weighed),
            n_windows=len(self.windows),
            n_tokens=self.n_tokens,
            n_global=len(self.question) + 1,
            best=likeliest.of(self.document.text) if likeliest else "",
            score=1 - absent,
        )

    def _evidence(self, weighed: Sequence[tuple[float, Candidate]]) -> tuple[Citation, ...]:
        seen: dict[int, Citation] = {}
        for claim, candidate in weighed:
            if len(seen) < EVIDENCE and candidate.sentence not in seen:
                seen[candidate.sentence] = self.cite(candidate, claim)
        return tuple(seen.values())

    def cite(self, candidate: Candidate, claim: float) -> Citation:
        """The sentence that holds a candidate, with the probability that it answers."""
        sentence = self.document.sentences[candidate.sentence]
        return Citation(sentence.span, sentence.page, sentence.span.of(self.document.text), claim)


def rank(
    found: Sequence[Candidate], rows: Sequence[Sequence[float]], weights: Sequence[float]
) -> list[tuple[float, int]]:
    """Weighed scores of candidates with these rows of features, best first, each place once:
    pairs of a score and an index into `found`."""
    scored = [(_dot(weights, row), index) for index, row in enumerate(rows)]
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
    ranked: Sequence[tuple[float, int]], rows: Sequence[Sequence[float]], n_windows: int
) -> list[tuple[float, ...]]:
    """What decides whether a ranked candidate is the answer: its score, its lead over the best other,
    the surest margin in the document, the share of the question around it, how much was read; a
    constant last. Where there is no candidate, one row that says so."""
    if not ranked:
        return [(NOTHING, 0.0, NOTHING / 10, 0.0, math.log1p(n_windows), 1.0)]
    surest = max(row[0] for row in rows)
    first, second = ranked[0][0], ranked[1][0] if len(ranked) > 1 else ranked[0][0] - MOST_LEAD
    others = [second, *(first for _ in ranked[1:])]
    leads = [min(MOST_LEAD, score - other) for (score, _), other in zip(ranked, others, strict=True)]
    return [
        (score, lead, surest, rows[index][4], math.log1p(n_windows), 1.0)
        for lead, (score, index) in zip(leads, ranked, strict=True)
    ]


def _probability(weights: Sequence[float], standing: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, _dot(weights, standing)))))


def _dot(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


def _stop_if(cancelled: IsCancelled) -> Callable[[], None]:
    def check() -> None:
        if cancelled():
            raise Cancelled

    return check


def _spans(scores: Tensor, first: int, pieces: Sequence[Piece]) -> list[Candidate]:
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


def _pack(found: Sequence[Candidate]) -> bytes:
    """Candidates as JSON: Python writes floats so that they read back exactly."""
    return json.dumps([asdict(candidate) for candidate in found]).encode()


def _unpack(payload: bytes) -> list[Candidate]:
    return [Candidate(**values) for values in json.loads(payload)]

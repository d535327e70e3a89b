"""Answer a question with words of a document, or say honestly that they are not there.

    every window    [CLS] question [SEP] sentences [SEP], global attention on [CLS] and the question;
                    the best spans inside one sentence, each scored against [CLS] ("not here")
    the document    candidates of all windows weighed together with what the question's rare words
                    say about their sentences (BM25), by weights fitted on validation documents; the
                    sentences of the likeliest are read once more side by side (reread.py)
    the answer      the best candidate, or that there is none, whichever is likelier by the
                    calibration of the model; that probability is the confidence

The windows most likely to hold the answer are read first, so that a first answer shows early; the
final answer does not depend on the order. Letters: B batch, L tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from engine.errors import Cancelled
from engine.tasks.candidates import Candidate, best_spans, pack, probability, rank, stand, unpack
from engine.tasks.reader import LoadedReader
from engine.tasks.reread import Compared, compare, gather, once
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
MOST_QUESTION = 256  # tokens
EVIDENCE = 3
MORE_BEFORE_SHOWING = 1.2  # times as many windows before the best so far are weighed again
SHOWN_EACH = 16  # the first windows, each of which is shown
IN_CODE = 3.0  # by how much a span in a program must be better: what was learned from was prose
ScoresOf = Callable[[list[int], int], Tensor]  # ids, and where the document begins: (L, 2)
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
            payload = pack(reading.read(index, cancelled))
            on_event(WindowDone(index, total, payload))
        found += unpack(payload)
        if done >= show_at:
            # Ever more rarely: weighing all candidates after each window would cost its square.
            show_at = math.floor(done * MORE_BEFORE_SHOWING) if done > SHOWN_EACH else 0
            on_event(Provisional(reading.evidence(reading.weigh(found)[0])))
    on_event(Progress("Reading", total, total, "window"))
    return reading.conclude(found, reading.reread(found, cancelled))


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
        self.known = index.known(question), len(self.asked) / 10
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
        return self.framed(self.inside(index))

    def inside(self, index: int) -> Sequence[Piece]:
        """The pieces of a window."""
        return self.pieces[self.windows[index].first : self.windows[index].last]

    def framed(self, pieces: Sequence[Piece]) -> tuple[list[int], int]:
        """The ids of any pieces with the question in front, and where they begin."""
        tokens = self.reader.tokenizer
        ids = [tokens.cls_id, *self.question, tokens.sep_id]
        return [*ids, *(one for piece in pieces for one in piece.ids), tokens.sep_id], len(ids)

    def read(self, index: int, cancelled: IsCancelled) -> list[Candidate]:
        """The candidates of one window, best first."""
        return self.candidates(index, self._scores(*self.frame(index), cancelled))

    def reread(self, found: Sequence[Candidate], cancelled: IsCancelled) -> list[Compared]:
        """What the second reading says of each candidate of all windows."""
        return self.compared(found, lambda ids, first: self._scores(ids, first, cancelled))

    def compared(self, found: Sequence[Candidate], scores_of: ScoresOf) -> list[Compared]:
        """The same, whoever computes the scores of the second window."""
        if len(self.windows) <= 1 or not found:
            return once(found)
        pieces = gather(self.pieces, self.likeliest(found))
        ids, first = self.framed(pieces)
        return compare(pieces, self.dearer(scores_of(ids, first), pieces), first, found)

    @torch.inference_mode()
    def _scores(self, ids: Sequence[int], first: int, cancelled: IsCancelled) -> Tensor:
        """(L, 2) scores of a window whose pieces begin at `first`."""
        input_ids = torch.tensor([ids], device=self.reader.device)
        place = torch.arange(len(ids), device=self.reader.device)[None]
        scores = self.reader.model.span_scores(
            input_ids,
            torch.ones_like(input_ids, dtype=torch.bool),
            place < first - 1,
            (place >= first).long(),
            between_layers=_stop_if(cancelled),
        )
        return scores[0].cpu()

    def dearer(self, scores: Tensor, pieces: Sequence[Piece]) -> Tensor:
        """The same scores, with what stands in a program made harder to choose."""
        kinds = (self.document.sentences[piece.sentence].kind for piece in pieces)
        dear = [
            IN_CODE * (kind == "code") for piece, kind in zip(pieces, kinds, strict=True) for _ in piece.ids
        ]
        scores = scores.clone()
        scores[len(self.question) + 2 : -1, 0] -= torch.tensor(dear)
        return scores

    def candidates(self, index: int, scores: Tensor) -> list[Candidate]:
        """The best spans of a window, from its (L, 2) scores."""
        text, pieces = self.document.text, self.inside(index)
        found = best_spans(self.dearer(scores, pieces), len(self.question) + 2, pieces)
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

    def likeliest(self, found: Sequence[Candidate]) -> list[Candidate]:
        """Candidates of the first reading, best first, each place once."""
        rows = [self.features(candidate) for candidate in found]
        return [found[index] for _, index in rank(found, rows, self.reader.calibration.weights)]

    def weigh(
        self, found: Sequence[Candidate], compared: Sequence[Compared] | None = None
    ) -> tuple[list[tuple[float, Candidate]], tuple[float, ...]]:
        """Candidates with the probability that each is the answer, best first, each place once; and how
        the best one stands. With or without what the second reading says of them. The probability is
        calibrated for the best one; the others are never said to be likelier than those before them."""
        rows, weights = [self.features(candidate) for candidate in found], self.reader.calibration.weights
        if compared is not None:
            weights = self.reader.calibration.again
            rows = [joined(row, more) for row, more in zip(rows, compared, strict=True)]
        ranked = rank(found, rows, weights)
        standings = stand(ranked, rows, self.known)
        claims = accumulate((probability(self.reader.calibration.found, one) for one in standings), min)
        weighed = [(claim, found[index]) for claim, (_, index) in zip(claims, ranked, strict=False)]
        return weighed, standings[0]

    def conclude(self, found: Sequence[Candidate], compared: Sequence[Compared]) -> AnswerResult:
        """The answer, or that there is none: whichever is likelier."""
        weighed, best = self.weigh(found, compared)
        absent = probability(self.reader.calibration.absent, best)
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
            evidence=self.evidence(weighed),
            n_windows=len(self.windows),
            n_tokens=self.n_tokens,
            n_global=len(self.question) + 1,
            best=likeliest.of(self.document.text) if likeliest else "",
            score=1 - absent,
        )

    def evidence(self, weighed: Sequence[tuple[float, Candidate]]) -> tuple[Citation, ...]:
        """The sentences of the best candidates, each once."""
        seen: dict[int, Citation] = {}
        for claim, candidate in weighed:
            if len(seen) < EVIDENCE and candidate.sentence not in seen:
                seen[candidate.sentence] = self.cite(candidate, claim)
        return tuple(seen.values())

    def cite(self, candidate: Candidate, claim: float) -> Citation:
        """The sentence that holds a candidate, with the probability that it answers."""
        sentence = self.document.sentences[candidate.sentence]
        return Citation(sentence.span, sentence.page, sentence.span.of(self.document.text), claim)


def joined(features: Sequence[float], compared: Compared) -> tuple[float, ...]:
    """What `Calibration.again` weighs: both readings, and the constant last."""
    return (*features[:-1], *compared, features[-1])


def _stop_if(cancelled: IsCancelled) -> Callable[[], None]:
    def check() -> None:
        if cancelled():
            raise Cancelled

    return check

"""The values that flow through Precis: frozen dataclasses, standard library only.

Read it top to bottom as the life of a document:

    bytes -> Document (pages, lines with boxes, sentences, outline)
          -> Summary (sentences with citations) | Answer (span, confidence, evidence)
          -> Run, the record that goes with every output
    and, while work is under way, Event values that say how far it has come.

The document itself stands in engine/document.py, what a reader may choose in engine/options.py, and
their names are names of this module too.
Every derived thing carries a Span of code points into `Document.text`, end exclusive;
nothing is ever found again by searching. Pages count from 1. Boxes are in PDF points
(1/72 inch), origin at the top left of the page as it is shown (rotation applied).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from engine.document import Box as Box
from engine.document import Document as Document
from engine.document import Heading as Heading
from engine.document import Line as Line
from engine.document import Page as Page
from engine.document import PageState as PageState
from engine.document import Sentence as Sentence
from engine.document import SentenceKind as SentenceKind
from engine.document import Span as Span
from engine.document import Status as Status
from engine.options import MOST_QUESTION_CHARS as MOST_QUESTION_CHARS
from engine.options import AnswerOptions as AnswerOptions
from engine.options import JsonScalar as JsonScalar
from engine.options import Length as Length
from engine.options import Placement as Placement
from engine.options import SummaryOptions as SummaryOptions

Origin = Literal["quoted", "written", "reworded", "replaced"]


# ------------------------------------------------------------------ results


@dataclass(frozen=True, slots=True)
class Run:
    """How an output came about. Same `key`, same output."""

    task: Literal["summarize", "answer"]
    document: str  # Document.id
    model: str
    weights_digest: str
    quantization: str
    device: str
    options: Mapping[str, JsonScalar]
    placement: str  # where global attention was put, in words
    n_global: int  # most global tokens in any window
    windows: int
    tokens_read: int
    pages_read: int
    pages_skipped: tuple[int, ...]
    pages_without_text: tuple[int, ...]
    app_version: str
    seconds: float
    pages_recognised: tuple[int, ...] = ()  # whose text was recognised in their picture (OCR)
    peak_bytes: int = 0  # most memory the program held meanwhile; 0: unknown

    @property
    def key(self) -> str:
        """Digest of everything that decides the output: look it up before computing again."""
        return run_key(
            self.task, self.document, self.model, self.weights_digest, self.quantization, self.device,
            self.options, self.app_version, self.pages_recognised,
        )

    def as_json(self) -> dict[str, object]:
        """The record as plain JSON values."""
        return asdict(self) | {"options": dict(self.options), "key": self.key}


def run_key(
    task: str, document: str, model: str, weights_digest: str, quantization: str, device: str,
    options: Mapping[str, JsonScalar], app_version: str, recognised: tuple[int, ...] = (),
) -> str:
    """SHA-256 over the settings of a run, in hex. A document reads differently once the text of some
    pages was recognised, so these count too."""
    settings: list[object] = [
        task, document, model, weights_digest, quantization, device, dict(options), app_version
    ]
    settings += [list(recognised)] if recognised else []
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in the document that stands behind a sentence or an answer."""

    span: Span
    page: int
    text: str
    score: float  # 0..1
    recognition: float | None = None  # how sure text recognition (OCR) was of it; None: not recognised

    def as_json(self) -> dict[str, object]:
        """`{"page", "start", "end", "text", "score", "ocr"}`, and `"recognition"` where that is true."""
        ocr = {"ocr": self.recognition is not None}
        sure = {"recognition": round(self.recognition, 4)} if self.recognition is not None else {}
        return {
            "page": self.page, "start": self.span.start, "end": self.span.end,
            "text": self.text, "score": round(self.score, 4), **ocr, **sure,
        }


@dataclass(frozen=True, slots=True)
class Doubt:
    """Words of a written sentence (code points of it) that its source does not bear out, and why."""

    kind: Literal["number", "name", "negation"]
    span: Span
    reason: str

    def as_json(self) -> dict[str, object]:
        """`{"kind", "start", "end", "reason"}`."""
        return {"kind": self.kind, "start": self.span.start, "end": self.span.end, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """One sentence of a summary, how well the document supports it (0..1), and where.

    `origin` says whether it is quoted from the document, was written by a model, or stands for a
    written one that the document did not bear out: in other words of the model, or quoted.
    """

    text: str
    support: float
    citations: tuple[Citation, ...]
    origin: Origin = "quoted"
    doubts: tuple[Doubt, ...] = ()

    def as_json(self) -> dict[str, object]:
        """`{"text", "support", "origin", "doubts", "citations"}`."""
        return {
            "text": self.text, "support": round(self.support, 4), "origin": self.origin,
            "doubts": [doubt.as_json() for doubt in self.doubts],
            "citations": [citation.as_json() for citation in self.citations],
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary with its sources."""

    sentences: tuple[SummarySentence, ...]
    run: Run

    def as_json(self) -> dict[str, object]:
        """`{"sentences", "run"}`."""
        return {"sentences": [s.as_json() for s in self.sentences], "run": self.run.as_json()}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the document words it, or the statement that it was not found.

    `confidence` is the calibrated probability that what is said is right: that the span
    answers the question where `found`, that the document has no answer where not.
    """

    question: str
    found: bool
    text: str
    span: Span | None
    page: int | None
    confidence: float
    evidence: tuple[Citation, ...]
    run: Run

    @property
    def is_told(self) -> bool:
        """Whether a question about the document as a whole is answered by all of the evidence together,
        its most telling sentences. How likely they are to be what was meant is not known."""
        return "asks" in self.run.options

    def as_json(self, id: str | int | None = None) -> dict[str, object]:
        """`{"id", "question", "found", "answer", "page", "start", "end", "ocr", "confidence", ...}`."""
        return {
            "id": id, "question": self.question, "found": self.found, "answer": self.text, "page": self.page,
            "start": self.span.start if self.span else None, "end": self.span.end if self.span else None,
            "ocr": self.page in self.run.pages_recognised,
            "confidence": None if self.is_told else round(self.confidence, 4),
            "evidence": [citation.as_json() for citation in self.evidence], "run": self.run.as_json(),
        }


@dataclass(frozen=True, slots=True)
class AttentionMap:
    """Where the model looked while it weighed a document: means over heads, layers and tokens.

    The text is in parts that follow one another, a sentence or several. `looks[i][j]` is the share of
    its attention that a token of part i gives to part j; what is missing to 1 goes to the tokens that
    frame a window. `to_global[i]` is the share that goes to global tokens, `from_global[i]` the share
    of a global token's own attention that goes to part i.
    """

    parts: tuple[Span, ...]
    looks: tuple[tuple[float, ...], ...]
    to_global: tuple[float, ...]
    from_global: tuple[float, ...]
    heat: tuple[float, ...]  # for each sentence, how much a token of it is looked at; at most 1
    n_global: int  # most global tokens in any window
    windows: int
    layers: int

    def as_json(self) -> dict[str, object]:
        """Its fields as plain JSON values, rounded to what can be seen."""
        return asdict(self) | {
            "parts": [[part.start, part.end] for part in self.parts],
            "looks": [[round(value, 5) for value in row] for row in self.looks],
            "to_global": [round(value, 5) for value in self.to_global],
            "from_global": [round(value, 5) for value in self.from_global],
            "heat": [round(value, 3) for value in self.heat],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AttentionMap:
        """The reverse of `as_json`."""
        return cls(
            parts=tuple(Span(start, end) for start, end in data["parts"]),
            looks=tuple(tuple(row) for row in data["looks"]),
            to_global=tuple(data["to_global"]), from_global=tuple(data["from_global"]),
            heat=tuple(data["heat"]), n_global=data["n_global"], windows=data["windows"],
            layers=data["layers"],
        )


# ------------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a phase has come: "Reading page 3 of 12"."""

    phase: str  # an imperative-free noun phrase for people: "Reading", "Weighing sentences"
    done: int
    total: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Provisional:
    """The best sentences or answers of what was read so far; the final list replaces it."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class WindowDone:
    """One window was computed. Given back as `windows[index]`, `payload` saves computing it
    again, with exactly the same outcome: this is how an interrupted job resumes."""

    index: int
    total: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mapped:
    """The attention of a whole document was mapped."""

    map: AttentionMap


Event = Progress | Provisional | WindowDone | Mapped
OnEvent = Callable[[Event], None]
IsCancelled = Callable[[], bool]


def ignore_event(event: Event) -> None:
    """The listener of whoever does not listen."""


def never_cancelled() -> bool:
    """The cancel flag of whoever does not cancel."""
    return False


# ------------------------------------------------------------------- models


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What the registry says about a model, without loading it."""

    name: str
    family: Literal["longformer", "led", "longt5"]
    tasks: tuple[Literal["summarize", "answer"], ...]
    directory: str
    n_bytes: int
    sha256: str
    quantization: str
    max_tokens: int
    languages: tuple[str, ...]
    licence: str
    verified: bool  # whether the file's digest equals the pinned one

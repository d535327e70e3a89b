"""A document that was read: its text, and where each part of it stands. Standard library only.

Seen from elsewhere these are names of `engine.types`, which says what flows.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

Status = Literal[
    "ok", "partial", "no_text", "password", "unsupported", "corrupt", "empty", "too_large", "timeout"
]
PageState = Literal["text", "ocr", "no_text", "failed"]  # ocr: its text was recognised in its picture
SentenceKind = Literal["body", "heading", "caption", "table", "code", "reference", "footnote"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Code points `start <= i < end` of a document's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span runs forward from 0, not {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of `text` that this span covers."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the page's top left corner."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its size in points, its part of the text, and whether it could be read."""

    number: int
    width: float
    height: float
    span: Span
    state: PageState = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line. `edges` are the x positions between its characters: `len(span) + 1`
    numbers, or none where only the line's box is known (a .txt file has no boxes at all).
    `recognition` is how sure text recognition was of it, 0..1; None for letters of the file's own."""

    span: Span
    box: Box
    edges: tuple[float, ...] = ()
    recognition: float | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, the page it begins on, what it is, and the paragraph it belongs to."""

    span: Span
    page: int
    kind: SentenceKind = "body"
    paragraph: int = 0


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the outline; level 1 is the outermost."""

    span: Span
    page: int
    level: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read. `id` is the SHA-256 of the original bytes, in hex."""

    id: str
    title: str
    text: str
    pages: tuple[Page, ...]
    lines: tuple[Line, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    outline: tuple[Heading, ...] = ()
    status: Status = "ok"

    @property
    def pages_without_text(self) -> tuple[int, ...]:
        """Numbers of the pages that could be opened and hold no text (scans, blanks)."""
        return tuple(page.number for page in self.pages if page.state == "no_text")

    @property
    def pages_failed(self) -> tuple[int, ...]:
        """Numbers of the pages that could not be read at all."""
        return tuple(page.number for page in self.pages if page.state == "failed")

    @property
    def pages_recognised(self) -> tuple[int, ...]:
        """Numbers of the pages whose text was recognised in their picture (OCR)."""
        return tuple(page.number for page in self.pages if page.state == "ocr")

    @property
    def n_pages_read(self) -> int:
        """How many pages have text, printed or recognised."""
        return sum(page.state in ("text", "ocr") for page in self.pages)

    @property
    def is_printed(self) -> bool:
        """Whether `pages` are printed pages; else they are the sections of a file that has none."""
        return any(page.width > 0 for page in self.pages)

    def page_at(self, offset: int) -> int:
        """Number of the page that the character at `offset` stands on."""
        starts = [page.span.start for page in self.pages]
        return self.pages[max(0, bisect_right(starts, offset) - 1)].number

    def recognition(self, span: Span) -> float | None:
        """How sure text recognition was of what stands there, 0..1, the mean over its letters; None
        where no letter of it was recognised."""
        n_letters, total = 0, 0.0
        for line in self.lines[max(0, bisect_right(self.lines, span.start, key=_line_start) - 1) :]:
            if line.span.start >= span.end:
                break
            if line.recognition is not None and line.span.overlaps(span):
                n = min(span.end, line.span.end) - max(span.start, line.span.start)
                n_letters, total = n_letters + n, total + n * line.recognition
        return total / n_letters if n_letters else None


def _line_start(line: Line) -> int:
    return line.span.start

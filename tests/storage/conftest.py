"""What the tests of the library share: a folder, a clock that can jump, and things to put in."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.types import (
    Answer,
    Box,
    Citation,
    Document,
    Heading,
    Line,
    Page,
    Run,
    Sentence,
    Span,
    Summary,
    SummarySentence,
)
from storage.store import Original, Store

PAGE_TEXTS = (
    "The lighthouse was built in 1874. Its keeper wrote a résumé every winter. ",
    "Ships passed by day and by night. Nobody counted the gulls. ",
)


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def jump(self, by: timedelta) -> None:
        self.now += by


def build_document(
    content: bytes = b"a file", texts: tuple[str, ...] = PAGE_TEXTS, title: str = "A title"
) -> Document:
    """A document with every kind of thing in it; the same arguments give the same one."""
    text, pages, lines, sentences = "".join(texts), [], [], []
    start = 0
    for number, part in enumerate(texts, 1):
        span = Span(start, start + len(part))
        pages.append(Page(number, 595.3, 841.9, span, "text" if part.strip() else "no_text"))
        edges = tuple(72 + i * 5.1 for i in range(len(part) + 1))
        lines.append(Line(span, Box(number, 72.0, 90.1, 523.25, 103.7), edges))
        lines.append(Line(span, Box(number, 0.1 + 0.2, 1 / 3, 2.0, 1e-9)))
        sentences.append(Sentence(span, number, "body" if number > 1 else "heading", number))
        start = span.end
    return Document(
        id=hashlib.sha256(content).hexdigest(),
        title=title,
        text=text,
        pages=tuple(pages),
        lines=tuple(lines),
        sentences=tuple(sentences),
        outline=(Heading(Span(0, 3), 1), Heading(Span(4, 14), 1, 2)),
        status="ok" if all(part.strip() for part in texts) else "partial",
    )


def build_run(document: Document, **options: str | int | float | bool | None) -> Run:
    return Run(
        task="summarize",
        document=document.id,
        model="tiny",
        weights_digest="d" * 64,
        quantization="int8",
        device="cpu",
        options={"length": "short", **options},
        placement="the first token",
        n_global=1,
        windows=2,
        tokens_read=900,
        pages_read=2,
        pages_skipped=(3,),
        pages_without_text=(),
        app_version="0.1.0",
        seconds=1.5,
    )


def build_summary(document: Document, text: str = "A lighthouse stood there.", **options: str) -> Summary:
    cited = Citation(Span(4, 14), 1, document.text[4:14], 0.1 + 0.2)
    return Summary(
        (SummarySentence(text, 2 / 3, (cited, cited)), SummarySentence("Nobody says so.", 0.0, ())),
        build_run(document, **options),
    )


def build_answer(document: Document, question: str = "When was it built?") -> Answer:
    return Answer(
        question=question,
        found=True,
        text="1874",
        span=Span(28, 32),
        page=1,
        confidence=0.87,
        evidence=(Citation(Span(0, 33), 1, document.text[:33], 0.9),),
        run=build_run(document, question=question),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library"


@pytest.fixture
def store(folder: Path, clock: Clock) -> Iterator[Store]:
    with Store.open(folder, clock=clock) as opened:
        yield opened


@pytest.fixture
def claim(tmp_path: Path) -> Callable[..., Original]:
    """Keep an original for an owner, as adding a file does before it is read."""

    def put(store: Store, content: bytes = b"a file", owner: str = "local") -> Original:
        source = tmp_path / hashlib.sha256(content).hexdigest()
        source.write_bytes(content)
        return store.keep_original(owner, source)

    return put


@pytest.fixture
def keep(claim: Callable[..., Original]) -> Callable[..., Document]:
    """Put a document with its original into a store, as reading a file does."""

    def put(store: Store, content: bytes = b"a file", owner: str = "local", **parts: object) -> Document:
        original = claim(store, content, owner)
        document = build_document(content, **parts)  # type: ignore[arg-type]
        assert original.sha256 == document.id
        store.add_document(owner, document, name="source.pdf", n_bytes=original.n_bytes, seconds=0.5)
        return document

    return put


@pytest.fixture
def new_document() -> Callable[..., Document]:
    return build_document


@pytest.fixture
def new_summary() -> Callable[..., Summary]:
    return build_summary


@pytest.fixture
def new_answer() -> Callable[..., Answer]:
    return build_answer

"""Put recognised pages between the pages that have a text of their own.

What was there stays letter for letter, so whatever points into it moves with it and still points
to the same words: `Merged.moved` says where.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from engine.types import Document, Heading, Line, Page, Sentence, Span

BETWEEN = "\n\n"
Source = Literal["before", "recognised"]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Text of one page: where it stood in its source, and where it stands now."""

    source: Source
    page: int
    old: Span
    start: int

    @property
    def by(self) -> int:
        return self.start - self.old.start


@dataclass(frozen=True, slots=True)
class Merged:
    """A document with recognised pages, and what became of the places in the one before."""

    document: Document
    moved: Callable[[Span], Span]


def merge(before: Document, recognised: Document) -> Merged:
    """`before`, with the text of those pages of `recognised` that `before` could not read.

    Both have the same pages. A sentence of `before` that runs across a page that is put in is two
    afterwards, and a place that ran across it ends there.
    """
    pages, text, stretches = _lay_out(before, recognised)
    sources: dict[Source, Document] = {"before": before, "recognised": recognised}
    placed = {name: [s for s in stretches if s.source == name] for name in sources}
    sentences = _in_order(
        (name, sentence, piece)
        for name, source in sources.items()
        for sentence in source.sentences
        for piece in _pieces(sentence.span, placed[name], text)
    )
    lines = (
        replace(line, span=piece[1])
        for name, source in sources.items()
        for line in source.lines
        for piece in _pieces(line.span, placed[name], text)[:1]
    )
    outline = (
        replace(heading, span=piece[1])
        for name, source in sources.items()
        for heading in source.outline
        for piece in _pieces(heading.span, placed[name], text)[:1]
    )
    document = replace(
        before, text=text, pages=pages, sentences=sentences, status=_status(before, recognised, pages),
        lines=tuple(sorted(lines, key=_start)), outline=tuple(sorted(outline, key=_start)),
    )
    return Merged(document, lambda span: _moved(span, placed["before"]))


def _start(part: Line | Heading) -> int:
    return part.span.start


def _lay_out(before: Document, recognised: Document) -> tuple[tuple[Page, ...], str, list[_Stretch]]:
    """The pages and the text, and where each stretch of text comes from."""
    parts: list[str] = []
    length = 0
    last = ""
    pages: list[Page] = []
    stretches: list[_Stretch] = []
    for old, new in zip(before.pages, recognised.pages, strict=True):
        is_new = old.state == "no_text" and new.state == "ocr"
        page, source = (new, recognised) if is_new else (old, before)
        name: Source = "recognised" if is_new else "before"
        own = page.span.of(source.text)
        if own and last and stretches[-1].source != name and not last.endswith(BETWEEN):
            parts.append(BETWEEN)
            length += len(BETWEEN)
            pages[-1] = replace(pages[-1], span=Span(pages[-1].span.start, length))
        size = (new.width, new.height) if is_new else (old.width, old.height)
        state = "ocr" if is_new else old.state
        pages.append(Page(page.number, *size, Span(length, length + len(own)), state))
        if own:
            stretches.append(_Stretch(name, page.number, page.span, length))
            parts.append(own)
            last = own
            length += len(own)
    return tuple(pages), "".join(parts), stretches


def _pieces(span: Span, stretches: list[_Stretch], text: str) -> list[tuple[int, Span]]:
    """Where a place of a source is now, as (page, span): in one piece unless another page was put into
    it, and none where its page was left out. Without blanks at the ends."""
    pieces: list[tuple[int, Span]] = []
    end_of_last = -1
    for stretch in stretches[_first(span, stretches) :]:
        if stretch.old.start >= span.end:
            break
        start, end = max(span.start, stretch.old.start), min(span.end, stretch.old.end)
        if start >= end:
            continue
        now = Span(start + stretch.by, end + stretch.by)
        if pieces and now.start == end_of_last:
            pieces[-1] = pieces[-1][0], Span(pieces[-1][1].start, now.end)
        else:
            pieces.append((stretch.page, now))
        end_of_last = now.end
    return [(page, trimmed) for page, piece in pieces if len(trimmed := _trimmed(piece, text))]


def _trimmed(span: Span, text: str) -> Span:
    words = span.of(text)
    start = span.start + len(words) - len(words.lstrip())
    return Span(start, max(start, span.end - (len(words) - len(words.rstrip()))))


def _in_order(found: Iterator[tuple[Source, Sentence, tuple[int, Span]]]) -> tuple[Sentence, ...]:
    """The sentences as they follow one another, their paragraphs counted anew."""
    sentences: list[Sentence] = []
    paragraph, last = -1, None
    for name, sentence, (page, span) in sorted(found, key=lambda item: item[2][1].start):
        if last != (last := (name, sentence.paragraph)):
            paragraph += 1
        sentences.append(Sentence(span, page, sentence.kind, paragraph))
    return tuple(sentences)


def _first(span: Span, stretches: list[_Stretch]) -> int:
    """Index of the stretch that a span begins in or behind; 0 where it begins before all."""
    return max(0, bisect_right(stretches, span.start, key=_old_start) - 1)


def _old_start(stretch: _Stretch) -> int:
    return stretch.old.start


def _moved(span: Span, stretches: list[_Stretch]) -> Span:
    """Where a span of the text before is now: what is left of it, up to a page that was put into it."""
    following = stretches[_first(span, stretches) :]
    if not following:
        return Span(0, 0)
    first = following[0]
    reach = first.old.end
    for stretch in following[1:]:
        if reach >= span.end or stretch.by != first.by or stretch.old.start != reach:
            break
        reach = stretch.old.end
    start, end = (min(max(place, first.old.start), reach) for place in (span.start, span.end))
    return Span(start + first.by, end + first.by)


def _status(before: Document, recognised: Document, pages: tuple[Page, ...]) -> Literal["ok", "partial"]:
    """Whole once nothing is left that is a picture or could not be read."""
    failed = any(page.state == "failed" for page in pages)
    return "partial" if failed or recognised.status == "partial" else "ok"

"""What a child may say, and nothing else: its JSON lines become checked values here.

    {"page": {...}}   number, width, height, state, text, lines, sentences: one message a page
    {"done": {...}}   title and outline: the last message
    {"error": status, "pages": n, "message": words}
    {"image": base64, "type": media type, "width": w, "height": h}

Everything that arrives is suspect, because the process that sent it has read a hostile file.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast, get_args

from engine.errors import (
    DocumentError,
    EmptyFile,
    EncryptedFile,
    FileTooLarge,
    NoText,
    ReadingTimedOut,
    UnreadableFile,
    UnsupportedFile,
)
from engine.ingest.limits import Limits
from engine.ingest.recogniser import Picture
from engine.ingest.worker import ChildFailed, Message
from engine.types import Box, Document, Heading, Line, Page, PageState, Sentence, SentenceKind, Span, Status

REFUSALS: dict[object, type[DocumentError]] = {
    error.status: error
    for error in (
        EmptyFile, EncryptedFile, FileTooLarge, NoText, ReadingTimedOut, UnreadableFile, UnsupportedFile)
}
MEDIA_TYPES = {"image/png", "image/jpeg"}
MAX_TITLE = 300
# Edges travel as whole tenths of a point. A document has millions of them and few distinct values,
# so equal ones share one float.
TENTHS = tuple(i / 10 for i in range(20_000))


@dataclass(frozen=True, slots=True)
class PageImage:
    """A page as a picture."""

    data: bytes
    media_type: str
    width: int
    height: int


def refusal(message: Message) -> DocumentError:
    """The exception that a child asks for. The words are ours: they stand in engine.ingest.perform."""
    error = REFUSALS.get(message.get("error"), UnreadableFile)
    pages, words = message.get("pages"), message.get("message")
    known = pages if isinstance(pages, int) and 0 <= pages <= 10_000_000 else 0
    return error(words[:500] if isinstance(words, str) and words.isascii() else None, pages=known)


def read_image(message: Message) -> PageImage:
    """The picture in a message. Raises DocumentError."""
    if "error" in message:
        raise refusal(message)
    try:
        data = base64.b64decode(str(message["image"]), validate=True)
        media_type = str(message["type"])
        width, height = _count(message["width"]), _count(message["height"])
    except (KeyError, ValueError, binascii.Error):
        raise UnreadableFile("This page cannot be shown. Its text is still available.") from None
    if media_type not in MEDIA_TYPES:
        raise UnreadableFile("This page cannot be shown. Its text is still available.")
    return PageImage(data, media_type, width, height)


def read_copy(message: Message) -> bytes:
    """The PDF in a message. Raises DocumentError."""
    if "error" in message:
        raise refusal(message)
    try:
        data = base64.b64decode(str(message["pdf"]), validate=True)
    except (KeyError, binascii.Error):
        raise UnreadableFile("This PDF cannot be written with notes.") from None
    if not data.startswith(b"%PDF-"):
        raise UnreadableFile("This PDF cannot be written with notes.")
    return data


def read_picture(message: Message) -> Picture:
    """The page drawn in grey in a message; its pixels stay as they are. Raises DocumentError."""
    if "error" in message:
        raise refusal(message)
    try:
        width, height = _count(message["width"]), _count(message["height"])
        size = _point(message["page_width"]), _point(message["page_height"])
        pixels = str(message["pixels"])
    except (KeyError, ValueError):
        raise UnreadableFile("This page cannot be drawn.") from None
    if min(*size, width, height) <= 0 or (pixels and len(pixels) != 4 * ((width * height + 2) // 3)):
        raise UnreadableFile("This page cannot be drawn.")
    return Picture(pixels, width, height, *size)


class Assembly:
    """A Document under construction, page by page."""

    def __init__(self, sha256: str, limits: Limits) -> None:
        self._sha256 = sha256
        self._limits = limits
        self._texts: list[str] = []
        self._length = 0
        self._pages: list[Page] = []
        self._lines: list[Line] = []
        self._sentences: list[Sentence] = []
        self._unread = False  # whether a page shows something that is no text

    def take(self, message: Message) -> Document | None:
        """Add a message; the document when it was the last one. Raises ChildFailed for nonsense."""
        try:
            if "page" in message:
                self._add_page(cast(dict[str, Any], message["page"]))
                return None
            return self._finish(cast(dict[str, Any], message["done"]))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ChildFailed(None) from error

    def _add_page(self, page: dict[str, Any]) -> None:
        number = len(self._pages) + 1
        text, state = page["text"], page["state"]
        if page["number"] != number or number > self._limits.pages or state not in get_args(PageState):
            raise ValueError("pages come in order")
        if not isinstance(text, str) or (not text.isprintable() and not _is_clean(text)):
            raise ValueError("text is clean")
        start, end = self._length, self._length + len(text)
        if end > self._limits.chars + self._limits.page_chars:
            raise ValueError("more text than allowed")
        size = _point(page["width"]), _point(page["height"])
        self._pages.append(Page(number, *size, Span(start, end), state))
        self._texts.append(text)
        self._unread |= state == "failed" or (state == "no_text" and page["painted"] is True)
        self._length = end
        self._lines.extend(_line(row, number, start, end) for row in page["lines"])
        self._sentences.extend(self._sentences_of(page["sentences"], number))

    def _sentences_of(self, rows: list[list[Any]], number: int) -> Iterator[Sentence]:
        for start, end, kind, paragraph in rows:
            if kind not in get_args(SentenceKind):
                raise ValueError("kinds are known")
            yield Sentence(Span(_count(start), _count(end)), number, kind, _count(paragraph))

    def _finish(self, done: dict[str, Any]) -> Document:
        if not self._pages:
            raise ValueError("a document has pages")
        text = "".join(self._texts)
        _check_order([sentence.span for sentence in self._sentences], len(text))
        outline = tuple(
            Heading(Span(_count(start), _count(end)), _count(page), _count(level))
            for start, end, page, level in done["outline"][: self._limits.outline]
        )
        if any(h.span.end > len(text) or not 1 <= h.page <= len(self._pages) for h in outline):
            raise ValueError("headings lie in the document")
        return Document(
            id=self._sha256, title=_title(done["title"]), text=text, pages=tuple(self._pages),
            lines=tuple(self._lines), sentences=tuple(self._sentences), outline=outline,
            status=_status(self._pages, text, self._unread),
        )


def _status(pages: list[Page], text: str, unread: bool) -> Status:
    """Raises NoText and UnreadableFile: a document without a single character is not one."""
    if not text:
        failed = all(page.state == "failed" for page in pages)
        raise UnreadableFile(pages=len(pages)) if failed else NoText(pages=len(pages))
    return "partial" if unread or not text.strip() else "ok"


def _line(row: list[Any], page: int, base: int, limit: int) -> Line:
    start, end, x0, y0, x1, y1, edges, sure = row
    span = Span(base + _count(start), base + _count(end))
    if span.end > limit or len(edges) not in (0, len(span) + 1):
        raise ValueError("lines lie on their page")
    if sure is not None and not 0 <= _point(sure) <= 1:
        raise ValueError("how sure it is lies between 0 and 1")
    box = Box(page, _point(x0), _point(y0), _point(x1), _point(y1))
    return Line(span, box, tuple(map(_tenth, edges)), None if sure is None else float(sure))


def _check_order(spans: list[Span], length: int) -> None:
    end = 0
    for span in spans:
        if span.start < end:
            raise ValueError("sentences do not overlap")
        end = span.end
    if end > length:
        raise ValueError("sentences lie in the text")


def _title(title: object) -> str:
    if not isinstance(title, str) or not title.isprintable():
        raise ValueError("a title is one printable line")
    return title[:MAX_TITLE]


def _is_clean(text: str) -> bool:
    """No control characters but the line feed between paragraphs, and no half characters."""
    return not any((c < " " and c != "\n") or "\x7f" <= c < "\xa0" or "\ud800" <= c <= "\udfff" for c in text)


def _tenth(value: object) -> float:
    if isinstance(value, int) and 0 <= value < len(TENTHS):
        return TENTHS[value]
    if isinstance(value, int) and abs(value) < 10_000_000:
        return value / 10
    raise ValueError("an edge is a whole number of tenths")


def _point(value: object) -> float:
    if isinstance(value, (int, float)) and abs(value) < 1e7:  # also refuses NaN
        return float(value)
    raise ValueError("a coordinate is a number of points")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("a count is a whole number")

"""What a reader process does with the file it was given: read it, or draw a page of it.

Reading is in two halves. First every page is fetched from MuPDF, announced by number so that the
parent knows which one to blame; then the whole is understood and sent, one message a page.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

from engine.errors import DocumentError, UnreadableFile
from engine.ingest import docx, epub, markup, pdf
from engine.ingest.annotate import annotate
from engine.ingest.compose import Composition, compose, is_garbled, tenths
from engine.ingest.intake import HEAD, is_pdf
from engine.ingest.limits import Limits
from engine.ingest.markdown import read_markdown
from engine.ingest.paragraphs import Block
from engine.ingest.pieces import Gathered, Piece, lay_out
from engine.ingest.plain import ENCODINGS, read_plain
from engine.ingest.recognised import as_printed
from engine.ingest.strips import Entry, RawPage
from engine.ingest.understand import choose_title, understand

Send = Callable[[Mapping[str, object]], None]
READING_SHARE = 0.6  # of the time goes into fetching pages at most; the rest is for understanding them


def warm_up() -> None:
    """Do once what is slow or needs files the first time, before rights are given up."""
    pdf.silence()
    document = pdf.new_pdf()
    page = pdf.read_page(document, 1, Limits(), exact=True)
    pdf.draw_page(document, 1, 36, Limits())
    pdf.draw_grey(document, 1, Limits())
    pdf.read_outline(document, Limits())
    pdf.read_title(document)
    document.close()
    compose(understand([page], [])[0])
    for encoding in (*ENCODINGS, *markup.SAFE_CHARSETS, "cp437"):  # the last: names in archives
        "a".encode(encoding).decode(encoding)


def perform(request: Mapping[str, Any], descriptor: int, send: Send) -> None:
    """Carry out a request on an open file and send what comes of it."""
    limits = Limits(**request["limits"])
    try:
        if request["do"] == "render":
            _render(request, descriptor, limits, send)
        elif request["do"] == "grey":
            _draw_grey(request, descriptor, limits, send)
        elif request["do"] == "compose":
            _compose(request, descriptor, limits, send)
        elif request["do"] == "annotate":
            annotate(_opened(request, descriptor, limits), request["marks"], send)
        elif request["kind"] == "pdf":
            _read_pdf(request, descriptor, limits, send)
        else:
            _read_unprinted(request, descriptor, limits, send)
    except DocumentError as error:
        send({"error": error.status, "pages": error.pages, "message": str(error)})


def _render(request: Mapping[str, Any], descriptor: int, limits: Limits, send: Send) -> None:
    head = os.read(descriptor, HEAD)
    os.lseek(descriptor, 0, os.SEEK_SET)
    if not is_pdf(head):
        raise UnreadableFile("This document has sections instead of pages. Its text is still available.")
    document = _opened(request, descriptor, limits)
    if not 1 <= request["page"] <= document.page_count:
        raise UnreadableFile("This document has no such page.")
    data, media_type, width, height = pdf.draw_page(document, request["page"], request["dpi"], limits)
    send({"image": base64.b64encode(data).decode(), "type": media_type, "width": width, "height": height})


def _draw_grey(request: Mapping[str, Any], descriptor: int, limits: Limits, send: Send) -> None:
    document = _opened(request, descriptor, limits)
    if not 1 <= request["page"] <= document.page_count:
        raise UnreadableFile("This document has no such page.")
    data, width, height, page_width, page_height = pdf.draw_grey(document, request["page"], limits)
    send({
        "pixels": base64.b64encode(data).decode(), "width": width, "height": height,
        "page_width": page_width, "page_height": page_height,
    })


def _compose(request: Mapping[str, Any], descriptor: int, limits: Limits, send: Send) -> None:
    """Make a document of pages whose text was recognised; the file says how they are called."""
    document = _opened(request, descriptor, limits)
    pages = as_printed(json.loads(request["payload"]), document.page_count)
    entries, claimed = pdf.read_outline(document, limits), pdf.read_title(document)
    blocks, title = understand(pages, entries)
    _send_document(pages, compose(blocks), choose_title(claimed, title, request["name"]), send)


def _opened(request: Mapping[str, Any], descriptor: int, limits: Limits) -> Any:
    return pdf.open_pdf(_name_of(request, descriptor), limits, request.get("password", ""))


def _read_pdf(request: Mapping[str, Any], descriptor: int, limits: Limits, send: Send) -> None:
    started, budget = time.monotonic(), READING_SHARE * float(request["seconds"])
    document = _opened(request, descriptor, limits)
    n_pages, n_chars = document.page_count, 0
    skip = set(request["skip"])
    pages: list[RawPage] = []
    for number in range(1, n_pages + 1):
        send({"at": number, "of": n_pages})
        elapsed = time.monotonic() - started
        if number in skip or n_chars > limits.chars or elapsed > budget:
            pages.append(RawPage(number, 612.0, 792.0, failed=True))
            continue
        is_late = elapsed > 0.1 * budget and elapsed * n_pages > budget * number  # at this pace
        exact = not request["lean"] and not is_late and n_chars < limits.exact_chars
        page = pdf.read_page(document, number, limits, exact)
        n_chars += page.n_chars
        pages.append(page)
    send({"at": 0, "of": n_pages})
    entries, claimed = pdf.read_outline(document, limits), pdf.read_title(document)
    blocks, title = _understand(pages, entries, bool(request["lean"]))
    result = compose(blocks)
    if not result.text and any(page.has_layer for page in pages):
        result.text = " "  # a text layer of blanks: read, but with nothing in it
    _send_document(pages, result, choose_title(claimed, title, request["name"]), send)


def _understand(pages: list[RawPage], entries: list[Entry], lean: bool) -> tuple[list[Block], Block | None]:
    """In a lean attempt, after a failure, lines are taken as the file has them."""
    if not lean:
        return understand(pages, entries)
    return [Block(page.strips, page.number, 0.0, page.width) for page in pages if page.strips], None


def _read_unprinted(request: Mapping[str, Any], descriptor: int, limits: Limits, send: Send) -> None:
    """A file without printed pages: its sections stand in for them."""
    send({"at": 1, "of": 1})
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        gathered = _gather(request["kind"], file, limits)
    pages, blocks = lay_out(gathered, limits)
    send({"at": 0, "of": len(pages)})
    composition = compose(blocks)
    composition.lines.clear()
    heading = next((block for block in blocks if block.level == 1), None)
    _send_document(pages, composition, choose_title(gathered.title, heading, request["name"]), send)


def _gather(kind: str, file: IO[bytes], limits: Limits) -> Gathered:
    match kind:
        case "epub":
            return epub.read_epub(file, limits)
        case "docx":
            return docx.read_docx(file, limits)
        case "html":
            return markup.read_html(file.read(), limits)
        case "md":
            return read_markdown(file.read(), limits)
        case _:
            return Gathered([[Piece(text) for text in read_plain(file.read(), limits)]])


def _name_of(request: Mapping[str, Any], descriptor: int) -> str:
    """A name for MuPDF: the open file itself where the system allows, so that odd names and
    exchanged files do not matter."""
    own = f"/proc/self/fd/{descriptor}"
    if sys.platform.startswith("linux") and os.path.exists(own):
        return own
    return os.fsdecode(bytes.fromhex(request["path"]))


def _send_document(pages: list[RawPage], result: Composition, title: str, send: Send) -> None:
    """One message a page with what begins on it, then the last one."""
    borders = _borders(pages, result)
    i = j = 0
    for page, (start, end) in zip(pages, borders, strict=True):
        lines: list[list[object]] = []
        while i < len(result.lines) and result.lines[i][0].start < end:
            span, strip = result.lines[i]
            box = [round(x, 2) for x in strip.box]
            edges = tenths(strip.edges, len(span))
            lines.append([span.start - start, span.end - start, *box, edges, strip.sure])
            i += 1
        sentences: list[list[object]] = []
        while j < len(result.sentences) and result.sentences[j][0].start < end:
            span, kind, paragraph = result.sentences[j]
            sentences.append([span.start, span.end, kind, paragraph])
            j += 1
        text = result.text[start:end]
        garbled = is_garbled(text)
        has_text = text.strip() and not garbled
        read = "ocr" if page.recognised else "text"
        state = "failed" if page.failed else read if has_text else "no_text"
        send({"page": {
            "number": page.number, "width": page.width, "height": page.height, "state": state,
            "painted": page.painted or garbled, "text": text, "lines": lines, "sentences": sentences,
        }})
    outline = [[span.start, span.end, page, level] for span, page, level in result.outline]
    send({"done": {"title": title, "outline": outline}})


def _borders(pages: list[RawPage], result: Composition) -> list[tuple[int, int]]:
    """Start and end of each page's text; together they cover it."""
    starts: list[int] = []
    following = len(result.text)
    for page in reversed(pages):
        following = min(following, result.starts.get(page.number, following))
        starts.append(following)
    starts.reverse()
    if starts:
        starts[0] = 0
    return list(zip(starts, [*starts[1:], len(result.text)], strict=True))

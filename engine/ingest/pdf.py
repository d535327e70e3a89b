"""PDF files through PyMuPDF. Imported in child processes only: it crashes when threads share it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from typing import Any

# PyMuPDF brings a layout model and its runtime along. It is not used, and a child without it
# starts four times as fast in a quarter of the memory.
for unused in ("pymupdf.layout", "pymupdf4llm"):
    sys.modules.setdefault(unused, None)  # type: ignore[arg-type]

import pymupdf  # noqa: E402

from engine.errors import EncryptedFile, FileTooLarge, UnreadableFile  # noqa: E402
from engine.ingest.clean import clean_piece, clean_strip  # noqa: E402
from engine.ingest.glyphs import Glyph, mend  # noqa: E402
from engine.ingest.limits import Limits  # noqa: E402
from engine.ingest.strips import NO_EDGES, Entry, RawPage, Strip  # noqa: E402

FLAGS = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
BOLD_NAMES = ("bold", "black", "heavy", "cmbx", "-medi", "semibold", "demi")

LEAST_SIDE = 8  # pixels of a page that can hold a letter
EXACT_PAGE = 100_000  # letters; a page of more is read without the place of each

# What MuPDF raises, through two generations of bindings.
MUPDF_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, OSError, MemoryError)


WRONG_PASSWORD = "The password does not open this file. Check it, capitals too, and try again."


def silence() -> None:
    """MuPDF's messages quote the document."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)


def rect(x0: float, y0: float, x1: float, y1: float) -> Any:
    """A rectangle as PyMuPDF has it."""
    return pymupdf.Rect(x0, y0, x1, y1)


def open_pdf(name: str, limits: Limits, password: str = "") -> pymupdf.Document:
    """Open a file. Raises EncryptedFile, FileTooLarge, UnreadableFile."""
    try:
        document = pymupdf.open(name, filetype="pdf")
        if not document.is_pdf:  # MuPDF goes by content, and opens more than we do
            raise UnreadableFile
        if document.needs_pass and not document.authenticate(password):
            raise EncryptedFile(WRONG_PASSWORD) if password else EncryptedFile
        n_pages = document.page_count
    except MUPDF_ERRORS as error:
        raise UnreadableFile from error
    if n_pages > limits.pages:
        words = f"This file has {n_pages} pages; the limit is {limits.pages}. Split it and add the parts."
        raise FileTooLarge(words, pages=n_pages)
    if n_pages < 1:
        raise UnreadableFile
    return document


def read_page(document: pymupdf.Document, number: int, limits: Limits, exact: bool) -> RawPage:
    """Read page `number`, counted from 1. A page that MuPDF cannot read comes back as failed."""
    raw = RawPage(number, 612.0, 792.0)
    try:
        page = document[number - 1]
        raw.width, raw.height = _size(page.rect.width, page.rect.height)
        # The public get_textpage ignores the page's rotation, and a display list drops blanks.
        text_page = pymupdf.TextPage(page._get_textpage(flags=FLAGS, matrix=pymupdf.Matrix(1, 1)))
        layer = text_page.extractText()
        if len(layer) > limits.page_chars:
            raw.failed = True
            return raw
        exact = exact and len(layer) < EXACT_PAGE
        blocks = (text_page.extractRAWDICT() if exact else text_page.extractDICT())["blocks"]
        raw.painted = not layer.strip() and bool(page.get_bboxlog())
    except MUPDF_ERRORS:
        raw.failed = True
        return raw
    raw.has_layer = bool(layer)
    raw.strips = list(_strips(blocks, number))
    if not raw.strips and layer.strip():
        raw.strips = list(_strips(blocks, number, unknown="\ufffd"))
    raw.n_chars = sum(len(strip.text) for strip in raw.strips)
    return raw


def read_outline(document: pymupdf.Document, limits: Limits) -> list[Entry]:
    """The file's own table of contents, cut at the limit; cycles end there too."""
    entries: list[Entry] = []
    try:
        waiting: list[tuple[Any, int]] = [(document.outline, 1)]
        while waiting and len(entries) < limits.outline:
            item, level = waiting.pop()
            if item is None or not item.this.m_internal:
                continue
            page = item.page
            entries.append(Entry(min(level, 9), str(item.title or ""), page + 1 if page >= 0 else 0))
            waiting += [(item.next, level), (item.down, level + 1)]
    except MUPDF_ERRORS:
        return entries
    return entries


def read_title(document: pymupdf.Document) -> str:
    """The title that the file's metadata claims."""
    try:
        return str((document.metadata or {}).get("title") or "")
    except MUPDF_ERRORS:
        return ""


Picture = tuple[bytes, str, int, int]  # bytes, media type, width and height in pixels


def draw_page(document: pymupdf.Document, number: int, dpi: int, limits: Limits) -> Picture:
    """Draw a page, smaller than asked where it would be huge. Raises UnreadableFile."""
    try:
        page = document[number - 1]
        width, height = page.rect.width, page.rect.height
        if not (0 < width < 1e6 and 0 < height < 1e6):
            raise UnreadableFile("This page has no size and cannot be shown. Its text is still available.")
        side = limits.pixels**0.5
        scale = min(dpi / 72, side / (width * height) ** 0.5, 4 * side / max(width, height))
        pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
        data = pixmap.tobytes("png")
        if len(data) < pixmap.width * pixmap.height // 2:
            return data, "image/png", pixmap.width, pixmap.height
        return pixmap.tobytes("jpeg", jpg_quality=85), "image/jpeg", pixmap.width, pixmap.height
    except MUPDF_ERRORS as error:
        raise UnreadableFile("This page cannot be shown. Its text is still available.") from error


Grey = tuple[bytes, int, int, float, float]  # bytes, width and height in pixels, and in points


def draw_grey(document: pymupdf.Document, number: int, limits: Limits) -> Grey:
    """A page as text recognition wants it: bytes of grey, width and height, and its size in points;
    no bytes where all of it has one colour. Raises UnreadableFile."""
    try:
        page = document[number - 1]
        width, height = page.rect.width, page.rect.height
        if not (0 < width < 1e6 and 0 < height < 1e6):
            raise UnreadableFile("This page has no size.")
        scale = min(limits.ocr_dpi / 72, (limits.ocr_pixels / (width * height)) ** 0.5)
        matrix = pymupdf.Matrix(scale, scale)
        pixmap = page.get_pixmap(matrix=matrix, alpha=False, colorspace=pymupdf.csGRAY)
        blank = pixmap.is_unicolor or min(pixmap.width, pixmap.height) < LEAST_SIDE
        return b"" if blank else bytes(pixmap.samples), pixmap.width, pixmap.height, width, height
    except MUPDF_ERRORS as error:
        raise UnreadableFile("This page cannot be drawn.") from error


def new_pdf() -> pymupdf.Document:
    """A PDF with one page and two words."""
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "1 Introduction")
    data = document.tobytes()
    document.close()
    return pymupdf.open(stream=data, filetype="pdf")


def _size(width: float, height: float) -> tuple[float, float]:
    return min(max(width, 1.0), 1e6), min(max(height, 1.0), 1e6)


def _strips(blocks: list[dict[str, Any]], number: int, unknown: str = "") -> Iterator[Strip]:
    """The strips of a page. `unknown` stands for letters that may not enter a text."""
    for block in blocks:
        for line in block.get("lines", ()):
            strip = _strip(line, number, unknown)
            if strip is not None and strip.text:
                yield strip


def _strip(line: dict[str, Any], number: int, unknown: str) -> Strip | None:
    spans = [span for span in line["spans"] if span.get("chars") or span.get("text", "").strip()]
    if not spans:
        return None
    turn = _turn(line["dir"])
    edges = NO_EDGES
    if "chars" in spans[0]:
        chars = [char for span in spans for char in span["chars"]]
        glyphs = mend([Glyph(c["c"], c["bbox"][0], c["bbox"][2], c["synthetic"]) for c in chars])
        letters = [g.letter if not unknown or g.letter.isprintable() else unknown for g in glyphs]
        text, edges = clean_strip(letters, [g.x0 for g in glyphs], glyphs[-1].x1)
    else:
        text = clean_piece("".join(span["text"] for span in spans))
    main = max(spans, key=lambda span: len(span.get("chars") or span["text"]))
    box = tuple(float(x) for x in line["bbox"])
    x0, y0, x1, y1 = _turned(box, turn)
    first = spans[0]
    name = str(main["font"]).lower()
    return Strip(
        text, x0, y0, x1, y1, _base(main, turn), abs(float(main["size"])) or 1.0, number,
        (box[0], box[1], box[2], box[3]), edges if turn == 0 and _runs_right(edges) else NO_EDGES,
        bold=bool(main["flags"] & pymupdf.TEXT_FONT_BOLD) or any(word in name for word in BOLD_NAMES),
        italic=bool(main["flags"] & pymupdf.TEXT_FONT_ITALIC), turn=turn,
        raised=bool(first["flags"] & pymupdf.TEXT_FONT_SUPERSCRIPT),
    )


def _runs_right(edges: Any) -> bool:
    """Whether letters follow one another from left to right, as they do not in Arabic."""
    return all(a <= b + 0.5 for a, b in itertools.pairwise(edges))


def _turn(direction: tuple[float, float]) -> int:
    """Degrees clockwise, to the right angle."""
    x, y = direction
    if abs(x) >= abs(y):
        return 0 if x >= 0 else 180
    return 90 if y > 0 else 270


def _turned(box: tuple[float, ...], turn: int) -> tuple[float, float, float, float]:
    """The box in a frame in which text of this turn runs from left to right."""
    x0, y0, x1, y1 = box
    if turn == 90:
        return y0, -x1, y1, -x0
    if turn == 180:
        return -x1, -y1, -x0, -y0
    if turn == 270:
        return -y1, x0, -y0, x1
    return x0, y0, x1, y1


def _base(span: dict[str, Any], turn: int) -> float:
    x, y = span["origin"]
    return float({0: y, 90: -x, 180: -y, 270: x}[turn])

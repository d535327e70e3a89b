"""Text recognition, seen from the program: a child process that is shown pictures of pages.

    with closing(Recogniser(limits)) as recogniser:
        page = recogniser.look(picture, number, cancelled)

The child (engine.ingest.recogniser_child) never sees a document, only pixels that another child
has drawn. A page that takes too long or kills it is given up, and the next one gets a new child.
"""

from __future__ import annotations

import json
import math
import time
import zlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from engine.errors import Cancelled, RecognitionFailed
from engine.ingest.limits import Limits
from engine.ingest.worker import ChildFailed, Message, Worker
from engine.types import IsCancelled

RECOGNISER = "engine.ingest.recogniser_child"  # the module whose main() serves
NEEDED = ("rapidocr", "onnxruntime", "cv2")
SECONDS_PER_PAGE = 8.0  # until there is a measure of this computer: one core, a full page of text
MAX_LINE_CHARS = 10_000
TICK = 0.1


@dataclass(frozen=True, slots=True)
class Picture:
    """A page drawn in grey: base64 of `width` x `height` bytes, and the page's size in points.
    A page of one colour has no pixels to look at."""

    pixels: str
    width: int
    height: int
    page_width: float
    page_height: float


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line as it was recognised: four corners (x, y, from its top left, clockwise as it is read)
    and the x between its letters, in points of the page; `sure` 0..1."""

    text: str
    sure: float
    corners: tuple[float, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What was recognised on a page; `turn` says by how many degrees its text is turned clockwise.
    `is_blank` where there is nothing on it at all, `failed` where it was too much."""

    number: int
    width: float
    height: float
    lines: tuple[ReadLine, ...] = ()
    turn: int = 0
    is_blank: bool = False
    failed: bool = False

    def packed(self) -> bytes:
        """As bytes, to be kept; `unpack` gives it back."""
        return zlib.compress(json.dumps(self.as_row(), separators=(",", ":")).encode())

    def as_row(self) -> list[object]:
        """Plain values, as engine.ingest.recognised takes them."""
        lines = [[line.text, line.sure, line.corners, line.edges] for line in self.lines]
        return [self.number, self.width, self.height, lines, self.turn, self.is_blank, self.failed]


def unpack(data: bytes) -> ReadPage:
    """The page again."""
    number, width, height, lines, turn, is_blank, failed = json.loads(zlib.decompress(data))
    return ReadPage(
        number, width, height,
        tuple(ReadLine(text, sure, tuple(corners), tuple(edges)) for text, sure, corners, edges in lines),
        turn, is_blank, failed,
    )


def is_installed() -> bool:
    """Whether the packages that text recognition needs are there; none of them is loaded."""
    return all(find_spec(name) is not None for name in NEEDED)


class Recogniser:
    """One child at a time, made when it is needed. Not thread-safe."""

    def __init__(self, limits: Limits, child: str = RECOGNISER) -> None:
        self._limits = limits
        self._child = child
        self._worker: Worker | None = None

    def look(self, picture: Picture, number: int, cancelled: IsCancelled) -> ReadPage:
        """What stands on a page. Raises Cancelled, and RecognitionFailed where no child can be started."""
        page = ReadPage(number, picture.page_width, picture.page_height)
        if not picture.pixels:
            return _but(page, is_blank=True)
        worker = self._ready()
        try:
            size = {"width": picture.width, "height": picture.height}
            worker.ask({"pixels": picture.pixels, **size, "seconds": self._limits.ocr_seconds})
            message = self._reply(worker, cancelled)
            if message is None:
                return _but(page, failed=True)
            return _checked(page, picture, message, self._limits)
        except ChildFailed:
            self.close()
            return _but(page, failed=True)

    def close(self) -> None:
        """End the child."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _ready(self) -> Worker:
        if self._worker is not None and self._worker.served >= self._limits.ocr_pages:
            self.close()
        if self._worker is None:
            self._worker = Worker(self._child)
            try:
                self._worker.wait_until_ready()
            except ChildFailed:
                self.close()
                raise RecognitionFailed from None
        return self._worker

    def _reply(self, worker: Worker, cancelled: IsCancelled) -> Message | None:
        """The child's message; None where it took too long, and then the child is gone."""
        deadline = time.monotonic() + self._limits.ocr_wait
        while time.monotonic() < deadline:
            if cancelled():
                self.close()
                raise Cancelled
            message = worker.next(TICK)
            if message is not None:
                return message
        self.close()
        return None


def _but(page: ReadPage, *, is_blank: bool = False, failed: bool = False) -> ReadPage:
    return ReadPage(page.number, page.width, page.height, is_blank=is_blank, failed=failed)


def _checked(page: ReadPage, picture: Picture, message: Message, limits: Limits) -> ReadPage:
    """The page with what the child says is on it. Raises ChildFailed for nonsense."""
    scale = picture.page_width / picture.width, picture.page_height / picture.height
    try:
        rows: Any = message["lines"]
        turn = int(str(message["turn"]))
        if turn not in (0, 90, 180, 270) or len(rows) > limits.ocr_lines:
            raise ValueError("a page has so many lines, and right angles")
        lines = tuple(_line(row, scale) for row in rows)
    except (KeyError, TypeError, ValueError) as error:
        raise ChildFailed(None) from error
    return ReadPage(page.number, page.width, page.height, lines, turn)


def _line(row: Any, scale: tuple[float, float]) -> ReadLine:
    text, sure, corners, edges = row
    if not isinstance(text, str) or len(text) > MAX_LINE_CHARS or len(corners) != 8:
        raise ValueError("a line is a text with four corners")
    if len(edges) not in (0, len(text) + 1):
        raise ValueError("a line has edges between all letters or none")
    places = [round(_number(value) * scale[i % 2], 2) for i, value in enumerate(corners)]
    return ReadLine(
        text, min(1.0, max(0.0, _number(sure))), tuple(places),
        tuple(round(_number(x) * scale[0], 1) for x in edges),
    )


def _number(value: object) -> float:
    if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) < 1e6:
        return float(value)
    raise ValueError("a coordinate is a number")

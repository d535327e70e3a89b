"""The recogniser's side: a process that is shown pictures of pages and says which words are in them.

It loads RapidOCR with the three models that came in its wheel, gives up files, processes and the
network, and then answers one request after another:

    {"pixels": base64, "width": w, "height": h, "seconds": s}      8-bit grey, row by row
    -> {"lines": [[text, sure, [x, y of four corners], [x between letters]], ...], "turn": degrees}

It never sees a document, only pixels. A page that stands on its side or its head is turned first;
places are always those of the picture as it came, in pixels.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.ingest.limits import Limits
from engine.ingest.pipes import silence, write
from engine.ingest.sandbox import give_up_rights, limit_resources, limit_time

Picture = npt.NDArray[np.uint8]
Row = list[object]

MODELS = {
    "Det": "PP-OCRv6_det_small.onnx", "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}
UPRIGHT, DOWN, OVER, UP = 0, 1, 2, 3  # quarter turns against the clock that set a page upright
FEWEST = 3  # lines that may decide how a page stands
DETECTED_SIDE = 1440  # pixels: lines are found in a smaller picture, and read in the whole one
SURE = 0.85  # what letters that stand upright reach easily
LONG = 3.0  # times as long as it is wide: a line that tells how the page stands


def main() -> None:
    """Serve requests from stdin until it closes."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.dup(1)
    silence()
    sys.addaudithook(_stay_offline)
    read = load()
    limits = Limits()
    read(_sample())
    limit_resources(limits.ocr_memory, limits.ocr_seconds * limits.ocr_pages)
    give_up_rights(None)
    write(replies, {"ready": True})
    for line in requests:
        request = json.loads(line)
        if "end" in request:
            write(replies, {"end": request["end"]})
        else:
            limit_time(float(request["seconds"]))
            write(replies, read(_picture(request)))


def _stay_offline(event: str, arguments: tuple[object, ...]) -> None:
    """A library that finds no model would fetch one."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise PermissionError("text recognition stays offline")


def _picture(request: dict[str, Any]) -> Picture:
    pixels = np.frombuffer(base64.b64decode(request["pixels"]), np.uint8)
    return pixels.reshape(int(request["height"]), int(request["width"]))


def _sample() -> Picture:
    """Something to read before files are closed: what is loaded late is loaded now."""
    import cv2

    picture = np.full((400, 600), 255, np.uint8)
    for i in range(4):
        cv2.putText(picture, f"Precis {i}", (40, 80 + 90 * i), cv2.FONT_HERSHEY_SIMPLEX, 2.0, 0, 4)
    return picture


# ------------------------------------------------------------------ reading


def load() -> Callable[[Picture], dict[str, object]]:
    """The recogniser with its own models, in one thread: threads would escape the sandbox."""
    import cv2
    import rapidocr

    cv2.setNumThreads(1)
    folder = Path(rapidocr.__file__).parent / "models"
    params: dict[str, object] = {f"{part}.model_path": str(folder / name) for part, name in MODELS.items()}
    params |= {
        "Det.limit_type": "max", "Det.limit_side_len": DETECTED_SIDE,
        "Global.log_level": "critical", "Global.max_side_len": 20_000,  # whoever draws the page limits it
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    engine: Any = rapidocr.RapidOCR(params=params)
    engine.update_params(return_word_box=True)
    return lambda picture: _read(engine, picture)


def _read(engine: Any, picture: Picture) -> dict[str, object]:
    """Set the page upright as far as can be told from its lines, and read it; where that gives nothing
    to be sure of, read it the other way up too."""
    turn = UPRIGHT
    seen = _look(engine, picture, turn)
    if seen is not None and seen.standing == DOWN:
        turn = DOWN
        seen = _look(engine, picture, turn)
    if seen is not None and seen.standing == OVER:
        turn = (turn + OVER) % 4
        seen = _look(engine, picture, turn)
    rows = [] if seen is None else _rows(engine, seen)
    if seen is not None and not _is_sure(rows):
        other = _look(engine, picture, (turn + OVER) % 4)
        others = [] if other is None else _rows(engine, other)
        if _weight(others) > _weight(rows):
            rows, turn = others, (turn + OVER) % 4
    height, width = picture.shape
    return {"lines": [_turned_back(row, turn, width, height) for row in rows], "turn": 90 * turn}


def _weight(rows: Sequence[Row]) -> float:
    """How many letters were read, each as much as it is sure."""
    return sum(len(str(text)) * float(str(sure)) for text, sure, *_ in rows)


def _is_sure(rows: Sequence[Row]) -> bool:
    return _weight(rows) >= SURE * max(1, sum(len(str(row[0])) for row in rows))


@dataclass(slots=True)
class _Seen:
    """Where lines are in a picture, cut out, and how the page stands."""

    grey: Any
    record: dict[str, Any]
    found: Any
    sides: Any
    cuts: list[Any]
    standing: int


def _look(engine: Any, picture: Picture, turn: int) -> _Seen | None:
    from rapidocr.main import RapidOCRError

    grey = engine.load_img(np.ascontiguousarray(np.rot90(picture, turn)))
    image, record = engine.preprocess_img(grey)
    try:
        cuts, found = engine.detect_and_crop(image, record)
        turned, sides = engine.cls_and_rotate(list(cuts))
    except RapidOCRError:  # nothing that looks like text
        return None
    boxes = np.asarray(found.boxes)
    # A single line that seems to stand on its head among others that do not is a mistake.
    chosen = cuts if _long(boxes).sum() >= FEWEST else turned
    return _Seen(grey, record, found, sides, chosen, _standing(boxes, sides.cls_res))


def _rows(engine: Any, seen: _Seen) -> list[Row]:
    words = engine.recognize_txt(seen.cuts)
    result = engine.build_final_output(seen.grey, seen.found, seen.sides, words, seen.cuts, seen.record)
    if result.boxes is None or result.txts is None:
        return []
    by_word = result.word_results if len(result.word_results or ()) == len(result.txts) else None
    rows: list[Row] = []
    for i, (corners, text, sure) in enumerate(zip(result.boxes, result.txts, result.scores, strict=True)):
        edges = _edges(text, by_word[i]) if by_word else []
        rows.append([text, round(float(sure), 4), [round(float(x), 1) for x in corners.ravel()], edges])
    return rows


def _turned_back(row: Row, turn: int, width: int, height: int) -> Row:
    """The line where it stands in the picture as it came, which was turned to be read."""
    text, sure, corners, _ = row
    if turn == UPRIGHT:
        return row
    back: Callable[[float, float], tuple[float, float]] = {
        DOWN: lambda x, y: (width - y, x), OVER: lambda x, y: (width - x, height - y),
        UP: lambda x, y: (y, height - x),
    }[turn]
    assert isinstance(corners, list)
    pairs = zip(corners[::2], corners[1::2], strict=True)
    return [text, sure, [round(value, 1) for x, y in pairs for value in back(x, y)], []]


def _standing(boxes: npt.NDArray[np.float64], sides: Sequence[tuple[str, float]]) -> int:
    """Whether most lines run up or down the page, or stand on their heads."""
    long = _long(boxes)
    if long.sum() < FEWEST:
        return UPRIGHT
    width, height = _sides(boxes)
    if 2 * (height > width)[long].sum() > long.sum():
        return DOWN
    over = np.array([side[0] == "180" for side in sides], bool)
    return OVER if len(over) == len(long) and 2 * over[long].sum() > long.sum() else UPRIGHT


def _long(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which boxes hold enough letters side by side to tell how they run."""
    width, height = _sides(boxes)
    return np.asarray(np.maximum(width, height) > LONG * np.minimum(width, height))


def _sides(boxes: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    width = np.linalg.norm(boxes[:, 1] - boxes[:, 0], axis=1)
    return width, np.linalg.norm(boxes[:, 3] - boxes[:, 0], axis=1)


def _edges(text: str, words: Sequence[tuple[str, float, Any]]) -> list[float]:
    """The x between letters, from the boxes of words; none where these do not make up the text."""
    edges: list[float] = []
    for word, _, box in words:
        start = text.find(word, len(edges))
        xs = [float(x) for x, _ in box]
        left, right = min(xs), max(xs)
        if start < 0 or text[len(edges) : start].strip():
            return []
        edges += [edges[-1] + 0.5 * (left - edges[-1]) if edges else left] * (start - len(edges))
        edges += [left + (right - left) * i / len(word) for i in range(len(word))]
        last = right
    if len(edges) != len(text) or not edges:
        return []
    return [round(x, 1) for x in np.maximum.accumulate([*edges, last])]


if __name__ == "__main__":
    main()

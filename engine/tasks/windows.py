"""Cut a document into windows along its sentences, each with what it needs to point back.

document -> pieces (a sentence, or part of an endless one: ids with offsets into the document)
         -> windows (pieces that follow one another, at most so many tokens, with some overlap)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.text.tokenizer import WordPiece
from engine.types import Document

MOST_PIECE = 256  # tokens; a longer sentence is read in parts


@dataclass(frozen=True, slots=True)
class Piece:
    """Tokens of one sentence: `sentence` is its index in the document, `offsets` count in
    `Document.text`."""

    sentence: int
    ids: list[int]
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """Pieces `first <= i < last` of a document. Those before `fresh` were in the window before."""

    first: int
    fresh: int
    last: int


def cut_pieces(document: Document, tokenizer: WordPiece) -> list[Piece]:
    """The tokens of every sentence, in the order of the document."""
    texts = [sentence.span.of(document.text) for sentence in document.sentences]
    pieces = []
    for index, encoded in enumerate(tokenizer.encode_all(texts)):
        start = document.sentences[index].span.start
        offsets = [(start + first, start + last) for first, last in encoded.offsets]
        for at in range(0, len(encoded), MOST_PIECE):
            pieces.append(Piece(index, encoded.ids[at : at + MOST_PIECE], offsets[at : at + MOST_PIECE]))
    return pieces


def cut_windows(lengths: Sequence[int], most: int, overlap: int) -> list[Window]:
    """Windows of at most `most` tokens over pieces of these lengths (none longer than `most`).

    A window begins again up to `overlap` tokens before the end of the last. The windows are
    about equally long, so that the last one is not a scrap without context.
    """
    total = sum(lengths)
    if total == 0:
        return []
    n_windows = 1 if total <= most else -(-(total - overlap) // max(1, most - overlap))
    even = min(most, -(-(total + (n_windows - 1) * overlap) // n_windows) + max(lengths) // 2)
    windows: list[Window] = []
    first = fresh = 0
    while fresh < len(lengths):
        last, size = first, 0
        while last < len(lengths) and (last <= fresh or size + lengths[last] <= even):
            size += lengths[last]
            last += 1
        windows.append(Window(first, fresh, last))
        fresh, first, back = last, last, 0
        while first > 0 and back + lengths[first - 1] <= overlap:
            first -= 1
            back += lengths[first]
    return windows

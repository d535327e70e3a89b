"""Questions of our own to papers, meetings, proposals and textbooks, to learn from (`asked/train.jsonl.xz`).

A line names a document of the training part of the summarization pairs, the question, and the place of
its answer there; one without an answer, the place of the part that it was asked of. The document is cut
into parts; those that are asked about stand in for one another, so that training can show a question the
wrong part of the right document.

`python -m training.ours --corpus DIR --start DIR` writes `questions.ours.train.npz`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from engine.text.tokenizer import WordPiece
from training.corpus import Row, pairs, rows
from training.papers import CHUNK
from training.prepare import keep, preparing
from training.whole import ASKED

GAP = re.compile(r"\n\s*\n")
LINE = re.compile(r"\n")


def parts(text: str, most: int = CHUNK) -> list[tuple[int, int]]:
    """Borders of parts of about `most` characters that begin and end with paragraphs; a paragraph that is
    longer than two parts (a meeting without blank lines) is cut between its lines."""
    borders = [0, *(gap.end() for gap in GAP.finditer(text)), len(text)]
    fine = {0, len(text)}
    for start, end in pairwise(borders):
        fine.add(start)
        if end - start > 2 * most:
            fine |= {line.end() for line in LINE.finditer(text, start, end)}
    kept = [0]
    for place in sorted(fine):
        if place - kept[-1] >= most or place == len(text):
            kept.append(place)
    return [(start, end) for start, end in pairwise(kept) if start < end]


def ours(corpus: Path, asked_in: Path = ASKED) -> Iterator[Row]:
    """Every question with its part as `training.corpus.questions` has them."""
    asked = list(rows(asked_in, "train"))
    named = {row["document"] for row in asked}
    for source in sorted({row["source"] for row in asked}):
        texts = {row["id"]: row["document"] for row in pairs(corpus, source, "train") if row["id"] in named}
        for row in asked:
            if row["source"] == source and row["document"] in texts:
                yield _placed(row, texts[row["document"]])


def _placed(row: Row, text: str) -> Row:
    borders = parts(text)
    number = bisect_right([start for start, _ in borders], row["start"]) - 1
    start, end = borders[number]
    answers = [{"text": answer, "start": row["start"] - start} for answer in row["answers"]]
    return {
        "context_id": f"{row['document']} {number}",
        "title": row["document"],
        "context": text[start:end],
        "question": row["question"],
        "answers": answers,
        "impossible": not answers,
    }


def main() -> None:
    """The command."""
    options = preparing(__doc__).parse_args()
    tokenizer, file = WordPiece.from_directory(options.start), options.data / "questions.ours.train.npz"
    kept = keep(ours(options.corpus), tokenizer, file)
    print(f"{len(kept):,} questions, {len(kept.texts):,} tokens of text")


if __name__ == "__main__":
    main()

"""Whether sentences jump between columns, over a folder of one's own PDFs.

    python benchmarks/reading_order.py DIR [--name multi-column]

A sentence of running text goes down its column, and from the foot of one to the head of the next.
One that goes sideways, from a line to another beside it on the same height or below, has jumped:
its words come from two columns that are not read after each other. Lines that stand in one row of
a table or a formula also do so; those sentences are listed, to be looked at. A table for people,
and one JSON line last.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.errors import DocumentError  # noqa: E402
from engine.ingest.reader import LOCAL, DocumentReader  # noqa: E402
from engine.types import Document, Line, Sentence  # noqa: E402

LEAST_WIDTH = 100.0  # points; narrower lines stand in tables, formulas and figures
LEAST_GAP = 3.0  # points between two columns


def jumps(document: Document) -> Iterator[tuple[Sentence, Line, Line]]:
    """Sentences of running text with two lines that stand side by side."""
    lines = sorted(document.lines, key=lambda line: line.span.start)
    for sentence in document.sentences:
        if sentence.kind != "body":
            continue
        own = [
            line
            for line in lines
            if line.span.start < sentence.span.end and line.span.end > sentence.span.start
        ]
        for one, other in pairwise(own):
            if _beside(one, other):
                yield sentence, one, other
                break


def _beside(one: Line, other: Line) -> bool:
    a, b = one.box, other.box
    if a.page != b.page or min(a.x1 - a.x0, b.x1 - b.x0) < LEAST_WIDTH:
        return False
    apart = b.x0 - a.x1 > LEAST_GAP or a.x0 - b.x1 > LEAST_GAP
    return apart and b.y0 > a.y0 - 2 * (a.y1 - a.y0)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--name", default="", help="only files whose name has this in it")
    options = parser.parse_args()
    reader = DocumentReader(LOCAL)
    n_files = n_sentences = 0
    found: dict[str, int] = {}
    try:
        for path in sorted(options.folder.rglob(f"*{options.name}*.pdf")):
            try:
                document = reader.read(path)
            except DocumentError:
                continue
            n_files += 1
            n_sentences += sum(sentence.kind == "body" for sentence in document.sentences)
            for _, one, other in jumps(document):
                found[path.name] = found.get(path.name, 0) + 1
                print(f"{path.name} p. {one.box.page}: {one.span.of(document.text)!r}")
                print(f"    then {other.span.of(document.text)!r}")
    finally:
        reader.close()
    n_found = sum(found.values())
    print(f"{n_files} files, {n_sentences:,} sentences, {n_found} jump between columns")
    print(json.dumps({"files": n_files, "sentences": n_sentences, "jumps": n_found, "by_file": found}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Extracts of one's own papers against their abstracts, beside other people's extracts.

    python benchmarks/abstracts.py DIR [--name multi-column] [--most 30]

The abstract of each PDF is taken out and serves as the reference; the rest is read as any document is.
Precis, the first sentences, TextRank, LexRank and chance get as many words as the abstract has. Papers
without a heading "Abstract", or with one of fewer than 40 words, are left out. A table for people, and
one JSON line last. It needs what `training` needs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.device import choose_device  # noqa: E402
from engine.errors import DocumentError  # noqa: E402
from engine.ingest.reader import LOCAL, DocumentReader  # noqa: E402
from engine.tasks.reader import LoadedReader, load_reader  # noqa: E402
from engine.tasks.salience import score_sentences  # noqa: E402
from engine.types import Document  # noqa: E402
from training.baselines import plain_orders  # noqa: E402
from training.evaluate import measured  # noqa: E402
from training.extracts import by_score, cut  # noqa: E402

FEWEST_WORDS, MOST_WORDS = 40, 400  # of an abstract


def without_abstract(document: Document) -> tuple[Document, str] | None:
    """The document as if its abstract were not there, and the abstract; None where it has none."""
    texts = [sentence.span.of(document.text) for sentence in document.sentences]
    heads = [
        i for i, sentence in enumerate(document.sentences)
        if sentence.kind == "heading" and texts[i].strip().strip(".:").lower() == "abstract"
    ]
    if not heads:
        return None
    end = heads[0] + 1
    while end < len(texts) and document.sentences[end].kind == "body":
        end += 1
    abstract = " ".join(" ".join(text.split()) for text in texts[heads[0] + 1 : end])
    if not FEWEST_WORDS <= len(abstract.split()) <= MOST_WORDS:
        return None
    return replace(document, sentences=document.sentences[end:]), abstract


def papers(folder: Path, name: str, most: int) -> Iterator[tuple[str, Document, str]]:
    """Name, document and abstract of the first papers of a folder that have one."""
    files, n_found = DocumentReader(LOCAL), 0
    try:
        for path in sorted(folder.rglob("*.pdf")):
            if name not in path.name or n_found == most:
                continue
            try:
                parts = without_abstract(files.read(path))
            except DocumentError:
                continue
            if parts is not None:
                n_found += 1
                yield path.name, *parts
    finally:
        files.close()


def extracts(reader: LoadedReader, document: Document, n_words: int) -> dict[str, str]:
    """That of each system under a budget of words."""
    scores = score_sentences(reader, document)
    precis = by_score(document, scores.salience, scores.vectors, n_words)
    orders = {"Precis": precis, **plain_orders(document, n_words)}
    return {name: cut(document, order, n_words) for name, order in orders.items()}


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--name", default="", help="only files whose name holds this")
    parser.add_argument("--most", type=int, default=30, help="papers")
    parser.add_argument("--model", type=Path, default=ROOT / "assets" / "models" / "precis-longformer")
    options = parser.parse_args()
    reader = load_reader(options.model, choose_device("cpu"))
    found: dict[str, list[tuple[float, float, float]]] = {}
    for name, document, abstract in papers(options.folder, options.name, options.most):
        for system, text in extracts(reader, document, len(abstract.split())).items():
            found.setdefault(system, []).append(measured(text, abstract))
        print(name, *(f"{system} {rows[-1][0]:.1f}" for system, rows in found.items()), flush=True)
    means = {
        name: [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        for name, rows in found.items()
    }
    for name, mean in means.items():
        print(f"{name:10} {'/'.join(f'{value:.1f}' for value in mean)}")
    print(json.dumps({"papers": len(found.get("Precis", [])), "rouge": means}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

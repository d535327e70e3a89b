"""Read a training corpus: a folder of `KIND.SOURCE.SPLIT.jsonl.xz` files, one JSON row a line.

qa.*            questions: id, source, context_id, question, answers [{text, start}], impossible
qa_contexts.*   their texts: id, title, context
qa_free.*       the same with answers in people's own words (start -1), and qa_free_contexts.*
summ.*          summarization pairs: id, source, title, document, summary
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def rows(corpus: Path, name: str) -> Iterator[Row]:
    """Every row of the files `name`, which may hold `*`, in the order of their names."""
    for file in sorted(corpus.glob(f"{name}.jsonl.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def questions(corpus: Path, source: str, split: str) -> Iterator[Row]:
    """Questions with the title and the text that each is asked about."""
    yield from _with_contexts(corpus, "qa", source, split)


def free_questions(corpus: Path, source: str, split: str) -> Iterator[Row]:
    """The same with answers that need not stand in the text."""
    yield from _with_contexts(corpus, "qa_free", source, split)


def _with_contexts(corpus: Path, kind: str, source: str, split: str) -> Iterator[Row]:
    named = f"{kind}_contexts.{source}"
    contexts = {row["id"]: row for row in rows(corpus, named) if "context" in row}
    for row in rows(corpus, f"{kind}.{source}.{split}"):
        context = contexts.get(row["context_id"])
        if context is not None:
            yield row | {"title": context["title"], "context": context["context"]}


def pairs(corpus: Path, source: str, split: str) -> Iterator[Row]:
    """Documents with a summary that somebody wrote."""
    return rows(corpus, f"summ.{source}.{split}")

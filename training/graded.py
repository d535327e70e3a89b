"""Documents with summaries, as the salience stage needs them: cut as the app does, every sentence graded
by the summary, and the states of the encoder's lower layers pooled by sentence.

Reading them takes most of the stage's time, so what was pooled is kept in `training/data/`, under a name
that says which documents, which lower layers and which rules for the ends of sentences it depends on.
"""

from __future__ import annotations

import hashlib
import inspect
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.ingest import sentences as splitter
from engine.tasks.reader import Reader
from engine.tasks.salience import OVERLAP, WINDOW
from engine.tasks.windows import cut_pieces, cut_windows
from engine.text.tokenizer import WordPiece
from engine.types import Document, Page, Sentence, Span
from training.corpus import pairs
from training.documents import gains, wrap
from training.fast import encode_short


@dataclass
class Graded:
    """A document, its summary, and what was made of it."""

    source: str
    document: Document
    summary: str
    gains: Tensor
    pooled: Tensor = field(default_factory=lambda: torch.empty(0))  # (sentences, W)
    title: Tensor = field(default_factory=lambda: torch.empty(0))  # (W,)
    vectors: Tensor = field(default_factory=lambda: torch.empty(0))  # (sentences, W), length 1
    features: Tensor = field(default_factory=lambda: torch.empty(0))  # (N, F)


def sample(
    corpus: Path, wanted: Mapping[str, int], split: str, seed: int, after: Mapping[str, int] | None = None
) -> list[Graded]:
    """So many documents of each source, those that follow `after` so many; the same ones each time."""
    found = []
    for source, count in sorted(wanted.items()):
        rows = {
            row["document"][:200]: row for row in pairs(corpus, source, split) if len(row["document"]) > 800
        }
        chosen = sorted(rows)
        random.Random(f"{seed} {source}").shuffle(chosen)
        first = (after or {}).get(source, 0)
        for key in chosen[first : first + count]:
            row = rows[key]
            document = wrap(row["document"], row["title"] or "", row["id"])
            found.append(
                Graded(source, document, row["summary"], torch.tensor(gains(document, row["summary"])))
            )
    return found


def save_graded(graded: Sequence[Graded], file: Path) -> None:
    """Keep steps 1 and 2."""
    rows = [
        {
            "source": one.source,
            "document": asdict(one.document),
            "summary": one.summary,
            "gains": one.gains,
            "pooled": one.pooled.half(),
            "title": one.title.half(),
        }
        for one in graded
    ]
    torch.save(rows, file)


def load_graded(file: Path) -> list[Graded]:
    """Read them back."""
    return [
        Graded(
            row["source"],
            _document(row["document"]),
            row["summary"],
            row["gains"],
            row["pooled"].float(),
            row["title"].float(),
        )
        for row in torch.load(file, weights_only=True)
    ]


def _document(values: dict[str, Any]) -> Document:
    sentences = tuple(Sentence(Span(**one.pop("span")), **one) for one in values["sentences"])
    page = Page(1, 612, 792, Span(0, len(values["text"])))
    return Document(values["id"], values["title"], values["text"], (page,), sentences=sentences)


@torch.no_grad()
def pool_(graded: Sequence[Graded], reader: Reader, tokenizer: WordPiece, n_rows: int = 8) -> None:
    """Step 2, in place; windows of many documents together, in bfloat16."""
    began, seen = time.monotonic(), 0
    jobs: list[tuple[Graded, list[int], list[int], bool]] = []
    for one in graded:
        pieces = cut_pieces(one.document, tokenizer)
        one.pooled = torch.zeros(len(one.document.sentences), reader.config.encoder.width)
        one.title = torch.zeros(reader.config.encoder.width)
        for window in cut_windows([len(piece.ids) for piece in pieces], WINDOW, OVERLAP):
            inside = pieces[window.first : window.last]
            fresh = {id(piece) for piece in pieces[window.fresh : window.last]}
            owner = [piece.sentence if id(piece) in fresh else -1 for piece in inside for _ in piece.ids]
            jobs.append((one, [i for piece in inside for i in piece.ids], owner, False))
        title = tokenizer.encode(one.document.title).ids[:128]
        if title:
            jobs.append((one, title, [0] * len(title), True))
    jobs.sort(key=lambda job: len(job[1]))
    for at in range(0, len(jobs), n_rows):
        part = jobs[at : at + n_rows]
        rows = [[tokenizer.cls_id, *ids, tokenizer.sep_id] for _, ids, _, _ in part]
        states = lower_states(reader, rows, tokenizer.pad_id)
        for row, (one, ids, owner, is_title) in enumerate(part):
            own, places = states[row, 1 : len(ids) + 1].float(), torch.tensor(owner)
            if is_title:
                one.title = own.sum(0)
            else:
                one.pooled.index_add_(0, places[places >= 0], own[places >= 0])
            seen += len(ids)
        if at // n_rows % 200 == 0:
            rate = seen / (time.monotonic() - began)
            print(f"pooling {at}/{len(jobs)} windows  {rate:,.0f} tokens/s", flush=True)


def lower_states(reader: Reader, rows: Sequence[list[int]], pad_id: int) -> Tensor:
    """(B, L, W) states of the layers that salience reads; [CLS] is global, everything of type 1."""
    ids = torch.full((len(rows), max(map(len, rows))), pad_id)
    for row, values in enumerate(rows):
        ids[row, : len(values)] = torch.tensor(values)
    ones = torch.ones(len(rows), dtype=torch.long)
    with torch.autocast("cpu", torch.bfloat16):
        return encode_short(
            reader.longformer,
            ids,
            ones,
            (ids != pad_id).long(),
            torch.bfloat16,
            depth=reader.config.salience_depth,
        )


def sample_digest(wanted: Mapping[str, int], after: Mapping[str, int] | None, seed: int, corpus: Path) -> str:
    """What the sample depends on: which documents are drawn, and where their sentences end."""
    borders = inspect.getsource(splitter)
    drawn = (sorted(wanted.items()), sorted((after or {}).items()), seed, str(corpus), borders)
    return hashlib.sha256(repr(drawn).encode()).hexdigest()[:8]


def lower_digest(reader: Reader) -> str:
    """What the pooled states depend on: the embeddings and the layers that salience reads."""
    digest = hashlib.sha256()
    depths = tuple(f"longformer.layers.{i}." for i in range(reader.config.salience_depth))
    for name, tensor in sorted(reader.state_dict().items()):
        if name.startswith(("longformer.embeddings.", *depths)):
            digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]

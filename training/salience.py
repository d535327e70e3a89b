"""The salience stage: documents with summaries -> sentence vectors, features, targets -> the head.

    1  sample documents, cut them as the app does, and grade their sentences by the summary
    2  pool each sentence's states from the lower layers of the encoder, which stay as they are
    3  fit `similarity`: a linear map from these to what MiniLM makes of each sentence alone (ridge)
    4  features of every sentence in its document
    5  train the head on whole documents; keep what is best on the validation documents by ROUGE

Steps 1 to 4 are kept in `training/data/`; 5 takes minutes and is repeated at will.
"""

from __future__ import annotations

import csv
import hashlib
import inspect
import json
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.ingest import sentences as splitter
from engine.tasks.features import candidates, describe
from engine.tasks.reader import Reader
from engine.tasks.salience import OVERLAP, WINDOW
from engine.tasks.windows import cut_pieces, cut_windows
from engine.text.tokenizer import WordPiece
from engine.types import Document, Page, Sentence, Span
from training.corpus import pairs
from training.documents import gains, wrap
from training.extracts import by_score, cut, rouge
from training.fast import encode_short
from training.minilm import start_from_minilm

MOST_SENTENCES = 900  # longer documents are cut there in training
TEACHING_SENTENCES = 16_000
RIDGE = 1.0


@dataclass(frozen=True)
class SalienceStage:
    """What is learned from: how many documents of each source."""

    name: str
    documents: dict[str, int]
    validation: dict[str, int] = field(default_factory=dict)
    held_out: dict[str, int] = field(default_factory=dict)  # training documents that choose, too
    learning_rate: float = 1e-3
    epochs: int = 12
    batch_sentences: int = 4096
    dropout: float = 0.15
    sharpness: float = 8.0  # of the targets: exp(sharpness x gain), made to sum to 1


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


@torch.no_grad()
def teach(teacher: Reader, texts: Sequence[str], tokenizer: WordPiece) -> Tensor:
    """What MiniLM makes of each text alone: the mean of its last states, of length 1."""
    encoded = [one.ids[:120] for one in tokenizer.encode_all(texts)]
    order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
    result = torch.empty(len(texts), teacher.config.encoder.width)
    for at in range(0, len(order), 64):
        part = order[at : at + 64]
        rows = [[tokenizer.cls_id, *encoded[i], tokenizer.sep_id] for i in part]
        ids = torch.full((len(rows), max(map(len, rows))), tokenizer.pad_id)
        for row, values in enumerate(rows):
            ids[row, : len(values)] = torch.tensor(values)
        none = torch.zeros(len(rows), dtype=torch.long)
        with torch.autocast("cpu", torch.bfloat16):
            states = encode_short(
                teacher.longformer, ids, none, torch.zeros_like(ids), torch.bfloat16
            ).float()
        mask = (ids != tokenizer.pad_id).float()[..., None]
        result[torch.tensor(part)] = (states * mask).sum(1) / mask.sum(1)
    return functional.normalize(result, dim=1)


def fit_similarity_(
    reader: Reader, teacher: Reader, graded: Sequence[Graded], tokenizer: WordPiece, seed: int
) -> float:
    """Step 3; returns the mean cosine with the teacher on sentences that were not fitted."""
    places = [(one, i) for one in graded for i in candidates(one.document).indices]
    random.Random(f"{seed} teach").shuffle(places)
    places = places[:TEACHING_SENTENCES]
    texts = [one.document.sentences[i].span.of(one.document.text) for one, i in places]
    wanted = teach(teacher, texts, tokenizer)
    seen = level(torch.stack([one.pooled[i] for one, i in places]))
    n_fit = len(places) * 9 // 10
    x = torch.cat((seen[:n_fit], torch.ones(n_fit, 1)), 1).double()
    y = wanted[:n_fit].double() * wanted.shape[1] ** 0.5
    solution = torch.linalg.solve(x.T @ x + RIDGE * n_fit / 100 * torch.eye(x.shape[1]), x.T @ y).float()
    with torch.no_grad():
        reader.salience.similarity.weight.copy_(solution[:-1].T)
        reader.salience.similarity.bias.copy_(solution[-1])
    made = functional.normalize(reader.salience.similarity(seen[n_fit:]), dim=1)
    return float((made * wanted[n_fit:]).sum(1).mean())


def level(pooled: Tensor) -> Tensor:
    """Pooled sums of any length to one length, as engine.tasks.salience.similarity does."""
    return functional.normalize(pooled, dim=1) * pooled.shape[1] ** 0.5


@torch.no_grad()
def describe_(graded: Sequence[Graded], reader: Reader) -> None:
    """Step 4, in place."""
    for one in graded:
        one.vectors = functional.normalize(reader.salience.similarity(level(one.pooled)), dim=1)
        title = None
        if one.title.any():
            title = functional.normalize(reader.salience.similarity(level(one.title[None])), dim=1)[0]
        chosen = candidates(one.document)
        one.features = describe(chosen, one.vectors[list(chosen.indices)], title)


def measure(graded: Sequence[Graded], scores: Sequence[Tensor]) -> dict[str, tuple[float, float]]:
    """ROUGE-1 and ROUGE-2 by source, under the budget of the summary's length."""
    found: dict[str, list[tuple[float, float]]] = {}
    for one, score in zip(graded, scores, strict=True):
        whole = [0.0] * len(one.document.sentences)
        for index, value in zip(candidates(one.document).indices, score.tolist(), strict=True):
            whole[index] = value
        n_words = len(one.summary.split())
        extract = cut(one.document, by_score(one.document, whole, one.vectors, n_words), n_words)
        found.setdefault(one.source, []).append(rouge(extract, one.summary))
    return {
        source: (sum(a for a, _ in rows) / len(rows), sum(b for _, b in rows) / len(rows))
        for source, rows in found.items()
    }


def batches(graded: Sequence[Graded], most: int, chance: random.Random) -> Iterator[list[Graded]]:
    """Documents of like length, about `most` padded sentences together."""
    order = sorted(graded, key=lambda one: len(one.gains) + chance.random() * 20)
    found: list[list[Graded]] = [[]]
    for one in order:
        if found[-1] and (len(found[-1]) + 1) * min(MOST_SENTENCES, len(one.gains)) > most:
            found.append([])
        found[-1].append(one)
    chance.shuffle(found)
    yield from found


def padded(batch: Sequence[Graded]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(B, N, W) vectors, (B, N, F) features, (B, N) gains and which of them are real."""
    sizes = [min(MOST_SENTENCES, len(one.gains)) for one in batch]
    vectors = torch.zeros(len(batch), max(sizes), batch[0].vectors.shape[1])
    features = torch.zeros(len(batch), max(sizes), batch[0].features.shape[1])
    wanted = torch.zeros(len(batch), max(sizes))
    valid = torch.zeros(len(batch), max(sizes), dtype=torch.bool)
    for row, (one, size) in enumerate(zip(batch, sizes, strict=True)):
        vectors[row, :size] = one.vectors[list(candidates(one.document).indices)][:size]
        features[row, :size] = one.features[:size]
        wanted[row, :size] = one.gains[:size]
        valid[row, :size] = True
    return vectors, features, wanted, valid


def salience_loss(scores: Tensor, wanted: Tensor, valid: Tensor, sharpness: float) -> Tensor:
    """How far the scores' distribution over a document's sentences is from the targets', and how
    far each score alone is from its gain."""
    low = torch.finfo(scores.dtype).min
    target = (wanted * sharpness).masked_fill(~valid, low).softmax(1)
    listwise = -(target * scores.masked_fill(~valid, low).log_softmax(1)).masked_fill(~valid, 0).sum(1).mean()
    alone = functional.binary_cross_entropy_with_logits(scores, wanted, reduction="none")
    return listwise + (alone * valid).sum() / valid.sum()


@torch.no_grad()
def score_all(reader: Reader, graded: Sequence[Graded]) -> list[Tensor]:
    """Scores of every document's candidates."""
    reader.salience.eval()
    return [
        reader.salience(one.vectors[list(candidates(one.document).indices)][None], one.features[None])[
            0
        ].sigmoid()
        for one in graded
    ]


def train_head_(
    reader: Reader,
    stage: SalienceStage,
    train: Sequence[Graded],
    valid: Sequence[Graded],
    seed: int,
    folder: Path,
) -> dict[str, tuple[float, float]]:
    """Step 5, in place; the weights of the best epoch are kept, by the mean of the sources."""
    head = reader.salience
    head.dropout = stage.dropout
    for block in head.blocks:
        block.dropout = stage.dropout
    every = torch.cat([one.features for one in train])
    with torch.no_grad():
        head.feature_mean.copy_(every.mean(0))
        head.feature_scale.copy_(1 / (every.std(0) + 1e-3))
    frozen = ("similarity", "feature_")
    weights = [weight for name, weight in head.named_parameters() if not name.startswith(frozen)]
    optimizer = torch.optim.AdamW(weights, lr=stage.learning_rate, weight_decay=0.02)
    chance, best, kept, result = random.Random(f"{seed} head"), -1.0, head.state_dict(), {}
    torch.manual_seed(seed)
    for epoch in range(stage.epochs):
        head.train()
        losses = []
        for number, batch in enumerate(batches(train, stage.batch_sentences, chance)):
            progress = epoch + number * stage.batch_sentences / max(1, sum(len(one.gains) for one in train))
            for group in optimizer.param_groups:
                group["lr"] = (
                    stage.learning_rate * min(1, progress * 4 + 0.05) * max(0.03, 1 - progress / stage.epochs)
                )
            vectors, features, wanted, mask = padded(batch)
            loss = salience_loss(head(vectors, features, mask), wanted, mask, stage.sharpness)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
        rows = measure(valid, score_all(reader, valid))
        mean = sum(a + b for a, b in rows.values()) / len(rows)
        shown = "  ".join(f"{source} {a:.1f}/{b:.1f}" for source, (a, b) in rows.items())
        print(
            f"{stage.name} epoch {epoch + 1}  loss {sum(losses) / len(losses):.3f}  {shown}  mean {mean:.2f}",
            flush=True,
        )
        with (folder / "salience.csv").open("a", newline="") as stream:
            csv.writer(stream).writerow(
                [stage.name, epoch + 1, f"{sum(losses) / len(losses):.4f}", f"{mean:.3f}", json.dumps(rows)]
            )
        if mean > best:
            best, kept, result = (
                mean,
                {name: value.clone() for name, value in head.state_dict().items()},
                rows,
            )
    head.load_state_dict(kept)
    return result


def train_salience(
    reader: Reader, values: dict[str, Any], seed: int, corpus: Path, start: Path, data: Path, folder: Path
) -> None:
    """The whole stage, in place. What was pooled of the same documents with the same lower layers is
    not pooled again."""
    stage, tokenizer = SalienceStage(**values), WordPiece.from_directory(start)
    parts = pooled_parts(reader.eval(), stage, seed, corpus, tokenizer, data)
    likeness = fit_similarity_(reader, start_from_minilm(start).eval(), parts[0], tokenizer, seed)
    print(f"{stage.name} cosine with MiniLM's own vectors {likeness:.3f}", flush=True)
    for part in parts:
        describe_(part, reader)
    every = {"features": torch.cat([one.features for one in parts[0]])}
    torch.save(every | {"gains": torch.cat([one.gains for one in parts[0]])}, data / "features.pt")
    train_head_(reader, stage, *parts, seed, folder)


def pooled_parts(
    reader: Reader, stage: SalienceStage, seed: int, corpus: Path, tokenizer: WordPiece, data: Path
) -> tuple[list[Graded], list[Graded]]:
    """Steps 1 and 2: the documents to learn from, and those that choose the epoch."""
    found = []
    for name, split, wanted, after in (
        ("train", "train", stage.documents, None),
        ("held", "train", stage.held_out, stage.documents),
        ("valid", "valid", stage.validation, None),
    ):
        digest = _sample_digest(wanted, after, seed, corpus)
        file = data / f"graded.{lower_digest(reader)}.{digest}.{name}.pt"
        if not file.is_file():
            graded = sample(corpus, wanted, split, seed, after)
            pool_(graded, reader, tokenizer)
            save_graded(graded, file)
        found.append(load_graded(file))
    train, held, valid = found
    return train, held + valid


def _sample_digest(
    wanted: Mapping[str, int], after: Mapping[str, int] | None, seed: int, corpus: Path
) -> str:
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

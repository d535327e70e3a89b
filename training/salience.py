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
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from engine.tasks.features import candidates, describe
from engine.tasks.reader import Reader, SalienceHead
from engine.text.tokenizer import WordPiece
from training.extracts import by_score, cut, rouge
from training.fast import encode_short
from training.graded import Graded, load_graded, lower_digest, pool_, sample, sample_digest, save_graded
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
    epochs: int = 6
    batch_sentences: int = 4096
    dropout: float = 0.15
    average: float = 0.998  # decay of the weights' running average
    sharpness: float = 8.0  # of the targets: exp(sharpness x gain), made to sum to 1


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
def score_all(head: nn.Module, graded: Sequence[Graded]) -> list[Tensor]:
    """Scores of every document's candidates."""
    head.eval()
    return [
        head(one.vectors[list(candidates(one.document).indices)][None], one.features[None])[0].sigmoid()
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
    """Step 5, in place; the averaged weights of the best epoch are kept, by the mean of the sources."""
    head = reader.salience
    prepare_(head, stage, train)
    frozen = ("similarity", "feature_")
    weights = [weight for name, weight in head.named_parameters() if not name.startswith(frozen)]
    optimizer = torch.optim.AdamW(weights, lr=stage.learning_rate, weight_decay=0.02)
    averaged = AveragedModel(head, avg_fn=lambda old, new, n: torch.lerp(old, new, 1 - _decay(stage, int(n))))
    chance, best, kept, result = random.Random(f"{seed} head"), -1.0, head.state_dict(), {}
    torch.manual_seed(seed)
    for epoch in range(stage.epochs):
        head.train()
        losses, made = [], list(batches(train, stage.batch_sentences, chance))
        for number, batch in enumerate(made):
            progress = epoch + number / len(made)
            for group in optimizer.param_groups:
                group["lr"] = _rate(stage, progress)
            vectors, features, wanted, mask = padded(batch)
            loss = salience_loss(head(vectors, features, mask), wanted, mask, stage.sharpness)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            averaged.update_parameters(head)
            losses.append(float(loss.detach()))
        rows = measure(valid, score_all(averaged.module, valid))
        mean = sum(a + b for a, b in rows.values()) / len(rows)
        _log(stage, epoch + 1, sum(losses) / len(losses), rows, mean, folder)
        if mean > best:
            best, result = mean, rows
            kept = {name: value.clone() for name, value in averaged.module.state_dict().items()}
    head.load_state_dict(kept)
    return result


def prepare_(head: SalienceHead, stage: SalienceStage, train: Sequence[Graded]) -> None:
    """Dropout, and features brought to one scale."""
    head.dropout = stage.dropout
    for block in head.blocks:
        block.dropout = stage.dropout  # type: ignore[assignment]
    every = torch.cat([one.features for one in train])
    with torch.no_grad():
        head.feature_mean.copy_(every.mean(0))
        head.feature_scale.copy_(1 / (every.std(0) + 1e-3))


def _rate(stage: SalienceStage, progress: float) -> float:
    """Rising for a quarter of the first epoch, then falling to almost nothing."""
    return stage.learning_rate * min(1, progress * 4 + 0.05) * max(0.03, 1 - progress / stage.epochs)


def _decay(stage: SalienceStage, n_steps: int) -> float:
    """Of the running average: short while there is little to average."""
    return min(stage.average, (1 + n_steps) / (10 + n_steps))


def _log(
    stage: SalienceStage,
    epoch: int,
    loss: float,
    rows: dict[str, tuple[float, float]],
    mean: float,
    folder: Path,
) -> None:
    shown = "  ".join(f"{source} {a:.1f}/{b:.1f}" for source, (a, b) in rows.items())
    print(f"{stage.name} epoch {epoch}  loss {loss:.3f}  {shown}  mean {mean:.2f}", flush=True)
    with (folder / "salience.csv").open("a", newline="") as stream:
        csv.writer(stream).writerow([stage.name, epoch, f"{loss:.4f}", f"{mean:.3f}", json.dumps(rows)])


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
        digest = sample_digest(wanted, after, seed, corpus)
        file = data / f"graded.{lower_digest(reader)}.{digest}.{name}.pt"
        if not file.is_file():
            graded = sample(corpus, wanted, split, seed, after)
            pool_(graded, reader, tokenizer)
            save_graded(graded, file)
        found.append(load_graded(file))
    train, held, valid = found
    return train, held + valid

"""Train a writer on pairs: a LED made of MiniLM's layers, or any LED or LongT5 in a directory.

    start_led       encoder = the Longformer reader's, decoder = some of the same layers, each with a
                    second copy of its attention that looks at the input; embeddings shared and tied
    load_writer     a checkpoint in a directory, with its own tokenizer, for pairs of one's own
    writing_loss    cross-entropy of the next token, smoothed; of a LED the first token is global, or
                    the question that stands in front

A recipe of `kind = "writer"` is trained by `training.train`, with the same checkpoints and the same log.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attention.rows import pad_rows
from engine.models.led import (
    DecoderLayer,
    EncoderLayer,
    LEDConfig,
    LEDForConditionalGeneration,
    place_global,
    place_global_on_question,
)
from engine.models.longformer import Layer, LongformerModel
from engine.models.longt5 import LongT5Config, LongT5ForConditionalGeneration
from engine.text.sentencepieces import N_EXTRA, SentencePieces
from engine.text.tokenizer import Tokenizer
from training.gaps import examples
from training.minilm import start_from_minilm
from training.recipe import Recipe, Stage
from training.special import Special, read_special
from training.train import Task, load, train_stages
from training.vocabulary import Texts
from training.writing import Pair, Pairs

Writer = LEDForConditionalGeneration | LongT5ForConditionalGeneration
DECODER_LAYERS = (0, 2, 4, 5)  # of the encoder, that the decoder starts from
SMOOTHING = 0.1
EMBEDDING = 0.05  # standard deviation at the start of a LongT5
TOKENIZERS = ("tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json", "spiece.model")


@dataclass(frozen=True)
class Marks:
    """Ids that frame a text."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    pad: int


@dataclass(frozen=True)
class Limits:
    """Tokens of an example, its marks included."""

    source: int = 480
    target: int = 176
    question: bool = False  # a question stands before the first separator, and its tokens are global


# ------------------------------------------------------------------ where it starts


def start_led(longformer: LongformerModel, special: Special) -> LEDForConditionalGeneration:
    """A LED whose encoder computes what a Longformer of 4,096 positions does on texts of type 0."""
    old = longformer.config
    position = longformer.embeddings.position.weight.detach()[old.pad_id + 1 :]
    config = LEDConfig(
        vocab_size=old.vocab_size,
        width=old.width,
        n_heads=old.n_heads,
        n_decoder_heads=old.n_heads,
        feed_forward_width=old.feed_forward_width,
        decoder_feed_forward_width=old.feed_forward_width,
        radii=old.radii,
        n_decoder_layers=len(DECODER_LAYERS),
        max_positions=len(position),
        max_decoder_positions=512,
        bos_id=special.cls_id,
        pad_id=special.pad_id,
        eos_id=special.sep_id,
        decoder_start_id=special.cls_id,
        dropout=0.0,
    )
    model = LEDForConditionalGeneration(config)
    led, kind = model.led, longformer.embeddings.token_type.weight.detach()[0]
    with torch.no_grad():
        led.shared.weight.copy_(longformer.embeddings.word.weight)
        for stack in (led.encoder, led.decoder):
            stack.position.weight.copy_(position[: stack.position.num_embeddings] + kind)
            stack.norm.load_state_dict(longformer.embeddings.norm.state_dict())
    for layer, old_layer in zip(led.encoder.layers, longformer.layers, strict=True):
        _copy_encoder(layer, old_layer)  # type: ignore[arg-type]
    for layer, number in zip(led.decoder.layers, DECODER_LAYERS, strict=True):
        _copy_decoder(layer, longformer.layers[number])  # type: ignore[arg-type]
    return model


def start_longt5(config: LongT5Config) -> LongT5ForConditionalGeneration:
    """A LongT5 from nothing, for AdamW. T5's own start has embeddings of size 1 for steps that are
    relative to the size of what they change; AdamW's are not, and would hardly move them."""
    model = LongT5ForConditionalGeneration(config)
    nn.init.normal_(model.shared.weight, std=EMBEDDING)
    return model


def _copy_encoder(layer: EncoderLayer, old: Layer) -> None:
    layer.attention.load_state_dict(old.attention.state_dict())
    layer.attention_out.load_state_dict(old.attention_out.state_dict())
    layer.attention_norm.load_state_dict(old.attention_norm.state_dict())
    _copy_feed_forward(layer, old)


def _copy_decoder(layer: DecoderLayer, old: Layer) -> None:
    for attention, norm in ((layer.own, layer.own_norm), (layer.source, layer.source_norm)):
        for part in ("query", "key", "value"):
            getattr(attention, part).load_state_dict(getattr(old.attention, part).state_dict())
        attention.out.load_state_dict(old.attention_out.state_dict())
        norm.load_state_dict(old.attention_norm.state_dict())
    _copy_feed_forward(layer, old)


def _copy_feed_forward(layer: EncoderLayer | DecoderLayer, old: Layer) -> None:
    layer.feed_forward.widen.load_state_dict(old.widen.state_dict())
    layer.feed_forward.narrow.load_state_dict(old.narrow.state_dict())
    layer.feed_forward.norm.load_state_dict(old.output_norm.state_dict())


def load_writer(directory: Path) -> tuple[Writer, Tokenizer | SentencePieces]:
    """A LED or LongT5 and its tokenizer. Raises CheckpointError."""
    kind = json.loads((directory / "config.json").read_text("utf-8")).get("model_type")
    if kind == "longt5":
        return LongT5ForConditionalGeneration.from_pretrained(directory), SentencePieces.from_directory(
            directory
        )
    if (directory / "spiece.model").is_file():
        raise ValueError(f"a LED has tokenizer.json or vocab.json, not spiece.model: {directory}")
    return LEDForConditionalGeneration.from_pretrained(directory), Tokenizer.from_directory(directory)


def marks_of(model: Writer) -> Marks:
    """LED's texts stand between start and end, LongT5's before an end."""
    config = model.config
    before = (config.bos_id,) if isinstance(model, LEDForConditionalGeneration) else ()
    return Marks(before, (config.eos_id,), config.pad_id)


# ------------------------------------------------------------------ examples


def read_pairs(file: Path, tokenizer: Tokenizer | SentencePieces) -> Iterator[Pair]:
    """Pairs of one's own: a JSON object a line, `{"document": ..., "summary": ...}`."""
    for line in file.read_text("utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            yield Pair(tokenizer.encode(row["document"]).ids, tokenizer.encode(row["summary"]).ids)


def stored_pairs(
    data: Path,
    sources: dict[str, float],
    chance: random.Random,
    split: str = "train",
    most: int = 0,
    gaps: Sequence[int] = (),
) -> list[Pair]:
    """Pairs that `training.writing` prepared, each source as often as a stage says; and from texts of
    `training.vocabulary` pairs with gaps, whose ids are `gaps`, of at most `most` tokens."""
    found: list[Pair] = []
    for source, share in sorted(sources.items()):
        file = data / f"pairs.{source}.{split}.npz"
        if (texts := data / f"texts.{source}.{split}.npz").is_file():
            found += examples(Texts.load(texts), share, most, gaps, chance)
            continue
        if split != "train" and not file.is_file():
            continue
        pairs = Pairs.load(file)
        whole, part = divmod(share, 1)
        numbers = list(range(len(pairs))) * int(whole)
        numbers += chance.sample(range(len(pairs)), int(part * len(pairs)))
        found += [pairs[number] for number in numbers]
    return found


def batch_pairs(
    pairs: Sequence[Pair], limits: Limits, n_tokens: int, chance: random.Random
) -> list[list[Pair]]:
    """Batches of like lengths with about `n_tokens` padded tokens, read and written, in random order."""
    order = [Pair(pair.source[: limits.source], pair.target[: limits.target]) for pair in pairs]
    chance.shuffle(order)
    batches: list[list[Pair]] = []
    for at in range(0, len(order), 1000):
        batch: list[Pair] = []
        for pair in sorted(order[at : at + 1000], key=lambda one: (len(one.source), len(one.target))):
            longest = max((len(one.target) for one in [*batch, pair]), default=0)
            if batch and (len(batch) + 1) * (len(pair.source) + longest) > n_tokens:
                batches.append(batch)
                batch = []
            batch.append(pair)
        batches.append(batch)
    chance.shuffle(batches)
    return batches


def collate(
    batch: Sequence[Pair], marks: Marks, limits: Limits, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """(B, L) ids, (B, L) whether real, (B, T) labels with -100 for padding. What is too long is cut."""
    n_marks = len(marks.before) + len(marks.after)
    read = [[*marks.before, *pair.source[: limits.source - n_marks], *marks.after] for pair in batch]
    written = [[*pair.target[: limits.target - len(marks.after)], *marks.after] for pair in batch]
    ids, valid = pad_rows(read, marks.pad)
    return ids.to(device), valid.to(device), pad_rows(written, -100)[0].to(device)


def writing_loss(model: Writer, batch: Sequence[Pair], limits: Limits) -> Tensor:
    """Mean smoothed cross-entropy of the tokens to be written, in bfloat16 but for the softmax."""
    device = next(model.parameters()).device
    ids, valid, labels = collate(batch, marks_of(model), limits, device)
    published: dict[str, Any] = {"input_ids": ids, "attention_mask": valid.long(), "use_cache": False}
    if isinstance(model, LEDForConditionalGeneration):
        published["global_attention_mask"] = placed(model, ids, limits).long()
    with torch.autocast(device.type, torch.bfloat16):
        logits = model(**published, labels=labels).logits
    return functional.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=-100, label_smoothing=SMOOTHING
    )


def placed(model: LEDForConditionalGeneration, ids: Tensor, limits: Limits) -> Tensor:
    """(B, L) which tokens are global: the first for a summary, all of the question for an answer."""
    return place_global_on_question(ids, model.config.eos_id) if limits.question else place_global(ids)


def checkpoint_layers_(model: Writer) -> None:
    """Compute layers again in the backward pass instead of keeping them: less memory, more time."""
    if isinstance(model, LEDForConditionalGeneration):
        model.led.gradient_checkpointing = True
    else:
        model.set_gradient_checkpointing()


# ------------------------------------------------------------------ the run


def train_writer(recipe: Recipe, folder: Path, options: argparse.Namespace) -> None:
    """Train what a recipe of `kind = "writer"` says; the result also as a checkpoint directory."""
    limits = Limits(**(recipe.limits or {}))
    model: Writer
    if recipe.model is not None:
        model, own = start_longt5(LongT5Config(**recipe.model)), None
    elif options.pairs is None:
        reader = start_from_minilm(options.start)
        if options.weights is not None:
            reader.load_state_dict(load(options.weights))
        model, own = start_led(reader.longformer, read_special(options.start)), None
    else:
        model, tokenizer = load_writer(options.start)
        own = list(read_pairs(options.pairs, tokenizer))
        checkpoint_layers_(model)

    gaps = [model.config.vocab_size - 1 - number for number in range(N_EXTRA)]

    def batches(stage: Stage, split: str) -> list[list[Pair]]:
        found = []
        for epoch in range(stage.epochs if split == "train" or own is None else 0):
            chance = random.Random(f"{recipe.seed} {stage.name} {epoch}")
            pairs = (
                own
                if own is not None
                else stored_pairs(options.data, stage.sources, chance, split, limits.source, gaps)
            )
            found += batch_pairs(pairs, limits, stage.batch_tokens, chance)
        return found

    task = Task(lambda model, batch, stage: writing_loss(model, batch, limits), lambda name, stage: True)
    if train_stages(model, recipe, task, batches, folder, options):
        model.cpu().save_pretrained(folder / "model")
        for file in TOKENIZERS:
            if (options.start / file).is_file():
                shutil.copyfile(options.start / file, folder / "model" / file)

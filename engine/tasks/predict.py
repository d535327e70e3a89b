"""What a model directory says about one text: fill a gap, classify, tag, choose, answer, summarise.

    predict("classify", directory, "The flight was late, the food was cold.")

Each task is a function that loads the directory, computes, and gives frozen values; `predict` gives
the same as plain JSON values, for a terminal. The directory is one of a Longformer, LED or LongT5
that was trained for the task; this is for models of one's own. Whole documents, with pages and
citations, are the business of `engine.runtime`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import torch
from torch import Tensor

from engine.attention.rows import pad_rows
from engine.decode.generate import OnTokens, generate
from engine.decode.options import read_options
from engine.errors import InputTooLong, UnsupportedModel
from engine.models import led, longformer, longt5
from engine.text.sentencepieces import SentencePieces
from engine.text.tokenizer import Encoded, Tokenizer
from engine.types import IsCancelled, never_cancelled
from engine.weights.checkpoint import Pretrained
from engine.weights.header import read_object

Task = Literal["fill-mask", "classify", "tag", "choose", "answer", "summarize"]
TASKS: tuple[Task, ...] = ("fill-mask", "classify", "tag", "choose", "answer", "summarize")
MASKS = ("<mask>", "[MASK]")  # how a gap is written in a text
STRIDE = 128  # tokens that two windows of a long text share
MOST_ANSWER = 30  # tokens
CPU = torch.device("cpu")
Model = TypeVar("Model", bound=Pretrained)


@dataclass(frozen=True, slots=True)
class Guess:
    """A token for a gap: its text, and its probability."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a text and its probability; with a single label, the number that was learned."""

    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Tagged:
    """Code points `start <= i < end` of the text that carry a label, and its mean probability."""

    start: int
    end: int
    text: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the texts that were offered, by its number from 0, and its probability."""

    index: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """Code points of the text that answer a question, and the probability of that span."""

    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Written:
    """What a model wrote; `score` is its log-probability over its length to `length_penalty`."""

    text: str
    n_tokens: int
    score: float


# ------------------------------------------------------------------ the tasks


def fill_mask(
    directory: Path, text: str, *, n_best: int = 5, device: torch.device = CPU
) -> list[list[Guess]]:
    """The likeliest tokens for each `<mask>` in the text, best first. A LongformerForMaskedLM."""
    model, _ = _load(directory, {"longformer": longformer.LongformerForMaskedLM}, device)
    tokenizer = Tokenizer.from_directory(directory)
    mask_id = next((one for name in MASKS if (one := tokenizer.id_of(name)) is not None), None)
    parts = _split_at_masks(text)
    if mask_id is None or len(parts) == 1:
        raise ValueError("the text has no <mask>, or the model has none")
    # A gap takes the space before it, as in the data that these models learned from.
    ids = tokenizer.encode(parts[0].rstrip(" ")).ids
    for part in parts[1:-1]:
        ids += [mask_id, *tokenizer.encode(part.rstrip(" ")).ids]
    ids = [tokenizer.cls_id, *ids, mask_id, *tokenizer.encode(parts[-1]).ids, tokenizer.sep_id]
    logits = model(torch.tensor([ids], device=device)).logits[0]
    found = logits[torch.tensor(ids, device=device) == mask_id].softmax(-1).topk(n_best)
    return [
        [Guess(tokenizer.decode([one]).strip(), score) for one, score in zip(row, scores, strict=True)]
        for row, scores in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    ]


def classify(directory: Path, text: str, *, device: torch.device = CPU) -> list[Label]:
    """Every label of the model with its probability, best first. Any ..ForSequenceClassification."""
    heads = {
        "longformer": longformer.LongformerForSequenceClassification,
        "led": led.LEDForSequenceClassification,
    }
    model, config = _load(directory, heads, device)
    encoded = Tokenizer.from_directory(directory).encode_framed(text)
    logits = model(torch.tensor([encoded.ids], device=device)).logits[0]
    several = config.get("problem_type") == "multi_label_classification"
    scores = logits if len(logits) == 1 else logits.sigmoid() if several else logits.softmax(-1)
    names = _labels(config, len(logits))
    labels = [Label(name, score) for name, score in zip(names, scores.tolist(), strict=True)]
    return sorted(labels, key=lambda label: -label.score)


def tag(directory: Path, text: str, *, device: torch.device = CPU) -> list[Tagged]:
    """Stretches of the text with one label, in order. `B-` and `I-` before a label begin and continue a
    stretch; those labelled `O` are left out. A LongformerForTokenClassification."""
    model, config = _load(directory, {"longformer": longformer.LongformerForTokenClassification}, device)
    encoded = Tokenizer.from_directory(directory).encode_framed(text)
    probabilities = model(torch.tensor([encoded.ids], device=device)).logits[0].softmax(-1)
    best = probabilities.max(-1)
    labels = _labels(config, probabilities.shape[-1])
    tokens, stretch = [], 0
    for at, (score, label) in enumerate(zip(best.values.tolist(), best.indices.tolist(), strict=True)):
        if not encoded.special[at]:
            name = labels[label].removeprefix("B-").removeprefix("I-")
            stretch += labels[label].startswith("B-") or labels[label] == "O"
            tokens.append(((stretch, name), encoded.offsets[at], score))
    found = []
    for (_, name), group in groupby(tokens, key=lambda token: token[0]):
        members = list(group)
        start, end = members[0][1][0], members[-1][1][1]
        score = sum(token[2] for token in members) / len(members)
        found.append(Tagged(start, end, text[start:end], name, score))
    return [one for one in found if one.label != "O"]


def choose(
    directory: Path, text: str, choices: Sequence[str], *, device: torch.device = CPU
) -> list[Choice]:
    """The choices with their probabilities of belonging to the text, best first. A
    LongformerForMultipleChoice."""
    if not choices:
        raise ValueError("give at least one choice")
    model, _ = _load(directory, {"longformer": longformer.LongformerForMultipleChoice}, device)
    tokenizer = Tokenizer.from_directory(directory)
    ids, valid = pad_rows([tokenizer.encode_framed(text, one).ids for one in choices], tokenizer.pad_id)
    logits = model(ids[None].to(device), attention_mask=valid[None].long().to(device)).logits[0]
    scores = zip(choices, logits.softmax(-1).tolist(), strict=True)
    found = [Choice(index, one, score) for index, (one, score) in enumerate(scores)]
    return sorted(found, key=lambda choice: -choice.score)


def answer(directory: Path, text: str, question: str, *, device: torch.device = CPU) -> Found:
    """The likeliest answer among all spans of the text of up to 30 tokens. A long text is read in
    windows, and the probability is over the spans of all of them. Any ..ForQuestionAnswering."""
    heads = {"longformer": longformer.LongformerForQuestionAnswering, "led": led.LEDForQuestionAnswering}
    model, config = _load(directory, heads, device)
    most = min(model.config.max_tokens, getattr(model.config, "max_decoder_positions", 2**30))
    windows = _cut(Tokenizer.from_directory(directory), question, text, most)
    starts, ends = [], []
    for ids, inside, _ in windows:
        given = torch.tensor([ids], device=device)
        placed: dict[str, Tensor] = {}
        if config["model_type"] == "led":  # which does not place global attention by itself
            asked = led.place_global_on_question(given, model.config.eos_id)
            placed = {"global_attention_mask": asked.long()}
        seen = model(given, **placed)
        starts.append(seen.start_logits[0, inside].float().cpu())
        ends.append(seen.end_logits[0, inside].float().cpu())
    whole = [torch.cat(scores).logsumexp(0) for scores in (starts, ends)]
    best = max(
        ((*_best_span(start - whole[0], end - whole[1]), offsets)
         for start, end, (_, _, offsets) in zip(starts, ends, windows, strict=True)),
        key=lambda span: span[0],
    )
    score, first, last, offsets = best
    start_at, end_at = offsets[first][0], offsets[last][1]
    return Found(start_at, end_at, text[start_at:end_at], score)


def summarize(
    directory: Path, text: str, *, max_new_tokens: int | None = None, n_beams: int | None = None,
    on_text: Callable[[str], None] | None = None, cancelled: IsCancelled = never_cancelled,
    device: torch.device = CPU,
) -> Written:
    """What the model writes about the text, with the model's own defaults where nothing else is said.

    `on_text` is given the text as it grows. Raises Cancelled, and InputTooLong for what the model
    cannot read at once. An LEDForConditionalGeneration or a LongT5ForConditionalGeneration.
    """
    heads = {"led": led.LEDForConditionalGeneration, "longt5": longt5.LongT5ForConditionalGeneration}
    model, config = _load(directory, heads, device)
    is_led = config["model_type"] == "led"
    tokenizer = Tokenizer.from_directory(directory) if is_led else SentencePieces.from_directory(directory)
    ids = torch.tensor([tokenizer.encode_framed(text).ids], device=device)
    options = read_options(directory)
    if max_new_tokens is not None:
        options = replace(options, max_new_tokens=max_new_tokens)
    if n_beams is not None:
        options = replace(options, n_beams=n_beams)
    if is_led and options.total_length > model.config.max_decoder_positions:
        most = model.config.max_decoder_positions
        raise InputTooLong(f"This model writes up to {most} tokens. Ask for fewer.")
    on_tokens: OnTokens | None = None
    if on_text is not None:
        tell = on_text

        def on_tokens(best: tuple[tuple[int, ...], ...]) -> None:
            tell(tokenizer.decode(best[0]))

    is_global = led.place_global(ids) if is_led else None
    valid = torch.ones_like(ids, dtype=torch.bool)
    written = generate(model, ids, valid, options, is_global, on_tokens=on_tokens, cancelled=cancelled)
    return Written(tokenizer.decode(written.ids[0]).strip(), len(written.ids[0]) - 1, written.scores[0])


@torch.no_grad()
def predict(
    task: Task, directory: str | Path, text: str, *, question: str | None = None, choices: Sequence[str] = (),
    max_new_tokens: int | None = None, n_beams: int | None = None, device: torch.device = CPU,
) -> dict[str, Any]:
    """`{"task", "results"}` with the values of the task's function as JSON values.

    Raises ValueError where the task lacks an input (a question, choices, a `<mask>`), CheckpointError
    for a directory that cannot be used, and InputTooLong.
    """
    directory = Path(directory)
    results: Any
    if task == "fill-mask":
        results = fill_mask(directory, text, device=device)
    elif task == "classify":
        results = classify(directory, text, device=device)
    elif task == "tag":
        results = tag(directory, text, device=device)
    elif task == "choose":
        results = choose(directory, text, choices, device=device)
    elif task == "answer":
        if not question:
            raise ValueError("give a question")
        results = [answer(directory, text, question, device=device)]
    elif task == "summarize":
        results = [
            summarize(directory, text, max_new_tokens=max_new_tokens, n_beams=n_beams, device=device)
        ]
    else:
        raise ValueError(f"no task is called {task!r}; there are {', '.join(TASKS)}")
    return {"task": task, "results": _as_json(results)}


# ------------------------------------------------------------------ inside


def _as_json(value: Any) -> Any:
    return [_as_json(one) for one in value] if isinstance(value, list) else asdict(value)


def _load(
    directory: Path, heads: Mapping[str, type[Any]], device: torch.device
) -> tuple[Any, Mapping[str, object]]:
    """The model of the directory, ready to compute, and its published configuration."""
    config = read_object(Path(directory) / "config.json")
    family = config.get("model_type")
    if family not in heads:
        raise UnsupportedModel(f"This task needs a model of the family {' or '.join(heads)}.")
    model = cast(type[Pretrained], heads[cast(str, family)]).from_pretrained(directory)
    return model.to(device).requires_grad_(False), config


def _labels(config: Mapping[str, object], count: int) -> list[str]:
    """The names of the labels, by number."""
    names = config.get("id2label")
    known = names if isinstance(names, dict) else {}
    return [str(known.get(str(number), f"LABEL_{number}")) for number in range(count)]


def _split_at_masks(text: str) -> list[str]:
    for name in MASKS[1:]:
        text = text.replace(name, MASKS[0])
    return text.split(MASKS[0])


def _cut(
    tokenizer: Tokenizer, question: str, text: str, most: int
) -> list[tuple[list[int], slice, list[tuple[int, int]]]]:
    """Windows of at most `most` tokens: ids with the question before, where the text's tokens stand among
    them, and their offsets."""
    asked, read = tokenizer.encode(question), tokenizer.encode(text)
    between = _count_between(tokenizer.encode_framed("a", "a"))
    before = [tokenizer.cls_id, *asked.ids, *[tokenizer.sep_id] * between]
    room = most - len(before) - 1
    if room < min(2 * MOST_ANSWER, len(read)):
        raise InputTooLong("The question is too long for this model. Ask a shorter one.")
    if not read.ids:
        raise ValueError("the text is empty")
    windows, start = [], 0
    while True:
        ids = read.ids[start : start + room]
        inside = slice(len(before), len(before) + len(ids))
        windows.append(([*before, *ids, tokenizer.sep_id], inside, read.offsets[start : start + room]))
        if start + room >= len(read):
            return windows
        start += room - min(STRIDE, room // 2)


def _count_between(framed: Encoded) -> int:
    """How many special tokens part two texts: one in BERT's form, two in RoBERTa's."""
    second = framed.second.index(True)
    return sum(framed.special[1:second])


def _best_span(start: Tensor, end: Tensor) -> tuple[float, int, int]:
    """Probability, first and last token of the best span, given log-probabilities (n,)."""
    scores = (start[:, None] + end[None, :]).exp()
    width = torch.arange(len(start))
    ahead = width[None, :] - width[:, None]
    scores = scores.masked_fill((ahead < 0) | (ahead >= MOST_ANSWER), -1.0)
    best = int(scores.argmax())
    return float(scores.flatten()[best]), best // len(end), best % len(end)

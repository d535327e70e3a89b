"""Questions -> batches for the span head: `[CLS] question [SEP] text [SEP]`, answer or [CLS].

Every example is made from (seed, epoch, its number) alone, so that a run that was killed goes on
with exactly the batches it would have had. A stage may lengthen a text: other texts of the same
article are put around it, up to a number of tokens; or the answer's own text is left out, which
makes the hardest kind of question without an answer.

A long document is read in windows, and only one of them holds the answer. So a stage may show a question
beside rivals, parts of the same article that lack the answer, and let all of them share one probability:
every score counts relative to the [CLS] of its own window, as it does when windows are compared later
(shared normalisation, arXiv 1710.10723, section 3.1, with one "not here" for all).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from engine.tasks.reader import Reader
from training.fast import encode_short
from training.prepare import Questions
from training.special import Special


@dataclass(frozen=True)
class Mix:
    """How the examples of a stage are made. Shares are 0..1; `lengths` in tokens."""

    most: int = 380  # tokens of a short example
    long_share: float = 0.0  # examples that are lengthened ..
    lengths: tuple[int, int] = (512, 1024)  # .. to between so many tokens
    removed_share: float = 0.0  # lengthened examples whose answer is left out
    rivals: float = 0.0  # how many other parts of the article compete with an example, on average


@dataclass(frozen=True)
class Example:
    """Ids, the number of global tokens in front, and the answer's first and last token (0: none).
    A `rival` competes with the example before it."""

    ids: list[int]
    n_global: int
    start: int
    end: int
    rival: bool = False

    def __len__(self) -> int:
        return len(self.ids)


class Maker:
    """Makes examples of one source."""

    def __init__(self, questions: Questions, special: Special, mix: Mix) -> None:
        self.questions, self.special, self.mix = questions, special, mix
        self._texts_of: dict[int, list[int]] = {}
        for text, group in enumerate(questions.group.tolist()):
            self._texts_of.setdefault(group, []).append(text)

    def make_all(self, index: int, chance: random.Random) -> list[Example]:
        """One example and its rivals. A part that says the answer too would be no rival."""
        found, mix = [self.make(index, chance)], self.mix
        answer = _text(found[0].ids[found[0].start : found[0].end + 1]) if found[0].start else None
        whole, part = divmod(mix.rivals, 1)
        for _ in range(int(whole) + bool(part and chance.random() < part)):
            most = chance.randint(*mix.lengths)
            ids, _ = self._lengthened(int(self.questions.about[index]), most, True, chance)
            if answer is None or answer not in _text(ids):
                rival = self._framed(self.questions.question(index), ids, -1, -1, most, chance)
                found.append(replace(rival, rival=True))
        return found

    def make(self, index: int, chance: random.Random) -> Example:
        """One example; `chance` decides everything that is left open."""
        own = int(self.questions.about[index])
        start, end = (int(value) for value in self.questions.answer[index])
        ids, most = self.questions.text(own), self.mix.most
        if chance.random() < self.mix.long_share:
            most = chance.randint(*self.mix.lengths)
            removed = chance.random() < self.mix.removed_share
            ids, shift = self._lengthened(own, most, removed, chance)
            start, end = (-1, -1) if removed or start < 0 else (start + shift, end + shift)
        return self._framed(self.questions.question(index), ids, start, end, most, chance)

    def _lengthened(self, own: int, most: int, removed: bool, chance: random.Random) -> tuple[list[int], int]:
        """Neighbours of a text around it, or without it; and how far its tokens moved."""
        others = [text for text in self._texts_of[int(self.questions.group[own])] if text != own]
        if not others:
            others = [chance.randrange(len(self.questions.group)) for _ in range(12)]
            others = [text for text in others if text != own]
        chance.shuffle(others)
        chosen, size = [], 0 if removed else len(self.questions.text(own))
        for text in others:
            if size >= most:
                break
            chosen.append(text)
            size += len(self.questions.text(text))
        before = chance.randint(0, len(chosen))
        shift = sum(len(self.questions.text(text)) for text in chosen[:before])
        if not removed:
            chosen.insert(before, own)
        return [one for text in chosen for one in self.questions.text(text)], shift

    def _framed(
        self, question: list[int], ids: list[int], start: int, end: int, most: int, chance: random.Random
    ) -> Example:
        """The question in front of at most `most` tokens around the answer, wherever it stands there."""
        room = most - len(question) - 3
        low = 0
        if len(ids) > room:
            centre = start if start >= 0 else chance.randrange(len(ids))
            low = max(0, min(len(ids) - room, centre - chance.randrange(room // 8, room * 7 // 8)))
            if start >= 0 and end >= low + room:
                low = max(0, end - room + 1)
        special = self.special
        shift = len(question) + 2 - low
        framed = [special.cls_id, *question, special.sep_id, *ids[low : low + room], special.sep_id]
        found = start >= 0
        return Example(framed, len(question) + 1, start + shift if found else 0, end + shift if found else 0)


def _text(ids: Sequence[int]) -> str:
    return f" {' '.join(map(str, ids))} "


def batch_by_tokens(
    groups: Sequence[Sequence[Example]], n_tokens: int, chance: random.Random
) -> list[list[Example]]:
    """Batches of like lengths with about `n_tokens` padded tokens each, in random order. An example and its
    rivals stay together."""
    order = list(groups)
    chance.shuffle(order)
    batches: list[list[Example]] = []
    for at in range(0, len(order), 2000):
        batch: list[Example] = []
        for group in sorted(order[at : at + 2000], key=lambda one: max(map(len, one))):
            if batch and (len(batch) + len(group)) * max(map(len, group)) > n_tokens:
                batches.append(batch)
                batch = []
            batch += group
        batches.append(batch)
    chance.shuffle(batches)
    return batches


def tensors(batch: Sequence[Example], pad_id: int) -> tuple[Tensor, Tensor, Tensor]:
    """(B, L) ids, (B,) numbers of global tokens, (B, L) type ids."""
    length = max(len(example.ids) for example in batch)
    ids = torch.full((len(batch), length), pad_id)
    types = torch.zeros_like(ids)
    for row, example in enumerate(batch):
        size = len(example.ids)
        ids[row, :size] = torch.tensor(example.ids)
        types[row, example.n_global + 1 : size] = 1
    return ids, torch.tensor([example.n_global for example in batch]), types


def span_scores(reader: Reader, batch: Sequence[Example], frozen: int = 0) -> Tensor:
    """(B, L, 2) scores in float32, computed in bfloat16 where the reader is."""
    device = reader.qa_outputs.weight.device
    ids, n_global, types = (one.to(device) for one in tensors(batch, reader.config.encoder.pad_id))
    with torch.autocast(device.type, torch.bfloat16):
        states = encode_short(reader.longformer, ids, n_global, types, torch.bfloat16, frozen)
    scores = functional.linear(states.float(), reader.qa_outputs.weight, reader.qa_outputs.bias)
    able = (ids != reader.config.encoder.pad_id) & (types == 1)
    able[:, 0] = True
    return scores.masked_fill(~able[..., None], -1e4)


def answering_loss(reader: Reader, batch: Sequence[Example], frozen: int = 0) -> Tensor:
    """Cross-entropy of the first and the last token, mean of the two."""
    scores = span_scores(reader, batch, frozen)
    start = torch.tensor([example.start for example in batch], device=scores.device)
    end = torch.tensor([example.end for example in batch], device=scores.device)
    group = torch.tensor([not example.rival for example in batch], device=scores.device).cumsum(0) - 1
    first = competing_loss(scores[..., 0], start, group)
    return (first + competing_loss(scores[..., 1], end, group)) / 2


def competing_loss(scores: Tensor, target: Tensor, group: Tensor) -> Tensor:
    """Cross-entropy over all tokens of all windows of a group, and one "not here", mean over groups: from
    (B, L) scores, (B,) places of the right token (0: none) and (B,) numbers of groups, from 0 on. For
    groups of one window it is the usual cross-entropy."""
    inside = (scores - scores[:, :1])[:, 1:]  # relative to the window's own [CLS]
    among = torch.arange(int(group[-1]) + 1, device=scores.device)[:, None] == group
    windows = inside.logsumexp(1).expand_as(among).masked_fill(~among, -torch.inf)
    total = functional.pad(windows, (1, 0)).logsumexp(1)  # "not here" has the score 0
    right = inside.gather(1, (target - 1).clamp_min(0)[:, None])[:, 0] * (target > 0)
    return (total.sum() - right.sum()) / len(among)

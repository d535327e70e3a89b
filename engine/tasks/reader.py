"""The reader: one Longformer encoder and the heads of two tasks, in one model directory.

    answering   where the answer begins and ends in a window, with [CLS] for "not in this window";
                global attention on [CLS] and the question (arXiv 2004.05150, section 5.2)
    salience    how much of the document each sentence says, from the states of the lower layers,
                pooled by sentence, and from what the whole document says about it (features.py);
                global attention on [CLS]

The directory has the published format: `LongformerForQuestionAnswering` can read its encoder and
span head. Letters: B batch, L tokens, W model width, N sentences, F features, V head width.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attention.window import Marks, Weights, mark
from engine.device import Device
from engine.errors import MissingWeights, UnsupportedModel
from engine.models.longformer import (
    LongformerConfig,
    LongformerModel,
    init_weights,
    read_config,
    write_config,
)
from engine.text.tokenizer import WordPiece
from engine.weights.checkpoint import Names, Pretrained
from engine.weights.fields import Fields

CALIBRATION = "calibration.json"
SIZES = {"weights": 11, "again": 15, "found": 7, "absent": 7}  # of its lists
KEPT = ("salience", "qa_outputs")  # heads stay in full precision when the encoder is quantized


@dataclass(frozen=True)
class ReaderConfig:
    """Sizes of the encoder and of the salience head. `salience_depth` layers of the encoder are
    read for sentences; the layers above know only about questions."""

    encoder: LongformerConfig
    n_features: int
    salience_depth: int = 3
    salience_width: int = 96
    salience_blocks: int = 2


class Block(nn.Module):
    """Sentences of a document look at one another (pre-norm transformer block)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout = 4, dropout
        self.attention_norm, self.norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.widen, self.narrow = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, states: Tensor, bias: Tensor | None) -> Tensor:
        """(B, N, V) to (B, N, V); `bias` (B, 1, 1, N) is added to the scores."""
        heads = self.query_key_value(self.attention_norm(states)).unflatten(-1, (3, self.n_heads, -1))
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # each (B, heads, N, V / heads)
        mixed = functional.scaled_dot_product_attention(query, key, value, bias)
        dropout = self.dropout if self.training else 0.0
        states = states + functional.dropout(self.out(mixed.transpose(1, 2).flatten(2)), dropout)
        widened = functional.gelu(self.widen(self.norm(states)))
        return states + functional.dropout(self.narrow(widened), dropout)


class SalienceHead(nn.Module):
    """Sentence vectors and features of a whole document to one score for each sentence."""

    def __init__(self, config: ReaderConfig, dropout: float = 0.0) -> None:
        super().__init__()
        encoder_width, width = config.encoder.width, config.salience_width
        self.dropout = dropout
        self.similarity = nn.Linear(encoder_width, encoder_width)  # to the space where cosine is meaning
        self.feature_mean = nn.Parameter(torch.zeros(config.n_features), requires_grad=False)
        self.feature_scale = nn.Parameter(torch.ones(config.n_features), requires_grad=False)
        self.from_vector = nn.Linear(encoder_width, width // 2)
        self.from_features = nn.Linear(config.n_features, width)
        self.join = nn.Linear(width + width // 2, width)
        self.blocks = nn.ModuleList(Block(width, dropout) for _ in range(config.salience_blocks))
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, 1)

    def forward(self, vectors: Tensor, features: Tensor, valid: Tensor | None = None) -> Tensor:
        """(B, N, W) similarity vectors of length 1 and (B, N, F) features to (B, N) scores."""
        dropout = self.dropout if self.training else 0.0
        known = (features - self.feature_mean) * self.feature_scale
        seen = functional.dropout(vectors * vectors.shape[-1] ** 0.5, dropout)
        both = torch.cat((functional.gelu(self.from_features(known)), self.from_vector(seen)), -1)
        states = self.join(functional.dropout(both, dropout))
        bias = None
        if valid is not None:
            bias = torch.zeros(valid.shape, dtype=states.dtype).masked_fill(~valid, -1e4)[:, None, None, :]
        for block in self.blocks:
            states = block(states, bias)
        return self.score(self.norm(states))[..., 0]  # type: ignore[no-any-return]


class Reader(Pretrained):
    """The encoder with its two heads."""

    model_type = "longformer"

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__()
        self.config = config
        self.longformer = LongformerModel(config.encoder, pooler=False)
        self.qa_outputs = nn.Linear(config.encoder.width, 2)
        self.salience = SalienceHead(config)
        init_weights(self.qa_outputs, config.encoder.init_std)

    @classmethod
    def names(cls) -> Names:
        """Those of the Longformer classes."""
        return LongformerModel.names()

    @classmethod
    def read_config(cls, published: Mapping[str, object], stored_names: Collection[str]) -> ReaderConfig:
        """A Longformer configuration with an object `reader` beside."""
        own = published.get("reader")
        if not isinstance(own, dict):
            raise UnsupportedModel("config.json describes a Longformer, but no reader. Choose another model.")
        sizes = Fields(own)
        names = [field.name for field in fields(ReaderConfig) if field.name != "encoder"]
        return ReaderConfig(
            read_config(published), **{name: sizes.integer(name, most=4096) for name in names}
        )

    @classmethod
    def write_config(cls, config: ReaderConfig) -> dict[str, object]:
        """The reverse of `read_config`."""
        own = {field.name: getattr(config, field.name) for field in fields(config) if field.name != "encoder"}
        return write_config(config.encoder) | {"reader": own}

    def span_scores(
        self,
        ids: Tensor,
        valid: Tensor,
        is_global: Tensor,
        type_ids: Tensor,
        *,
        between_layers: Callable[[], None] | None = None,
    ) -> Tensor:
        """(B, L) ids, masks and type ids (1 for the document) to (B, L, 2) scores to begin and to
        end the answer, float32. Only [CLS] and tokens of the document can; others get -1e4."""
        states = self.longformer.encode(
            ids, valid, is_global, type_ids, between_layers=between_layers
        ).last_hidden_state
        scores = functional.linear(states.float(), self.qa_outputs.weight, self.qa_outputs.bias).float()
        able = valid & (type_ids == 1)
        able[:, 0] = True
        return scores.masked_fill(~able[..., None], -1e4)

    def lower_states(
        self,
        ids: Tensor,
        valid: Tensor,
        is_global: Tensor,
        *,
        between_layers: Callable[[], None] | None = None,
        on_weights: Callable[[Weights, Marks], None] | None = None,
    ) -> Tensor:
        """(B, L, W) states after `salience_depth` layers; the layers above are not computed.
        `on_weights` is given each layer's attention, where somebody wants to look at it."""
        encoder = self.longformer
        at = encoder.embeddings
        marks = mark(valid, is_global)
        states: Tensor = at(at.word(ids), at.positions_of(ids), valid.long())
        for index in range(self.config.salience_depth):
            if between_layers is not None:
                between_layers()
            states, weights = encoder.layers[index](states, marks, on_weights is not None)
            if on_weights is not None:
                on_weights(weights, marks)
        return states


@dataclass(frozen=True)
class Calibration:
    """Numbers fitted on validation documents: how to weigh candidate answers, and when to believe
    the best. The weights belong to the features and standings of answer.py, in their order."""

    weights: tuple[float, ...]  # of a candidate's features
    again: tuple[float, ...]  # .. of these and of what the second reading says of it
    found: tuple[float, ...]  # of a candidate's standing: log-odds that it is the answer
    absent: tuple[float, ...]  # .. of the best one's standing: log-odds that there is no answer

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read `calibration.json`. Raises UnsupportedModel."""
        try:
            values = json.loads(text)
            read = cls(*(tuple(float(value) for value in values[name]) for name in SIZES))
        except (KeyError, TypeError, ValueError) as error:
            raise UnsupportedModel(f"{CALIBRATION} of this model cannot be read. Fetch it again.") from error
        if any(len(getattr(read, name)) != size for name, size in SIZES.items()):
            raise UnsupportedModel(
                f"{CALIBRATION} belongs to another version of Precis. Fetch the model again, or fit it anew "
                "with training.calibrate."
            )
        return read


@dataclass(frozen=True)
class LoadedReader:
    """A reader ready to compute: what the tasks are handed."""

    model: Reader
    tokenizer: WordPiece
    calibration: Calibration
    device: torch.device


def load_reader(directory: Path, device: Device) -> LoadedReader:
    """Load a model directory. Raises CheckpointError and its subclasses."""
    file = directory / CALIBRATION
    if not file.is_file():
        raise MissingWeights(f"There is no {CALIBRATION} in the model directory. Fetch the model again.")
    calibration = Calibration.from_json(file.read_text("utf-8"))
    model = Reader.from_pretrained(directory, dtype=device.torch_dtype).to(device.torch_device)
    return LoadedReader(model, WordPiece.from_directory(directory), calibration, device.torch_device)

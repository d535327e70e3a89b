"""Longformer: the Long-Document Transformer (Beltagy, Peters, Cohan 2020, arXiv 2004.05150).

An encoder like RoBERTa whose attention costs L instead of L squared (section 3):

    every token        sees the R tokens on either side of it, and every global token
    a global token     sees, and is seen by, every token, with query, key and value of its own
    padding            is seen by nobody and gives zeros

Letters: B batch, L tokens, H heads, D head width, W = H x D model width, R radius (the one-sided
window: a published window of 512 is a radius of 256), G most global tokens in a row.
The parts, in the order that every file here has: configuration, where global attention goes,
layers, model, heads, and the names that published checkpoints use.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from engine.attention.rows import by_rows
from engine.attention.window import Marks, Pulse, Weights, WindowAttention, mark, read_masks
from engine.errors import InputTooLong
from engine.weights.checkpoint import Names, Pretrained
from engine.weights.fields import Fields, read_n_labels, read_radii, read_table, write_table
from engine.weights.training import document_loss, span_loss, token_loss
from engine.weights.training import init_weights as init_weights

# ------------------------------------------------------------------ configuration


@dataclass(frozen=True)
class LongformerConfig:
    """Sizes and constants. The defaults are those of longformer-base-4096 (section 5)."""

    vocab_size: int = 50265
    width: int = 768
    n_heads: int = 12
    feed_forward_width: int = 3072
    radii: tuple[int, ...] = (256,) * 12  # one for each layer
    max_positions: int = 4098  # rows of the position table; the first pad_id + 1 are not positions
    n_token_types: int = 1
    norm_eps: float = 1e-5
    activation: str = "gelu"
    pad_id: int = 1
    sep_id: int = 2
    dropout: float = 0.1
    attention_dropout: float = 0.1
    init_std: float = 0.02
    n_labels: int = 2

    def __post_init__(self) -> None:
        if self.width % self.n_heads:
            raise ValueError(f"width {self.width} does not divide into {self.n_heads} heads")
        if not self.radii or min(self.radii) < 1:
            raise ValueError("every layer needs a radius of at least 1")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {self.activation!r}")

    @property
    def max_tokens(self) -> int:
        """The longest input that has positions."""
        return self.max_positions - self.pad_id - 1


ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": lambda states: functional.gelu(states, approximate="tanh"),
    "relu": functional.relu,
}



PUBLISHED = (  # their name, ours, and what their library takes where the key is absent
    ("vocab_size", "vocab_size", 30522),
    ("hidden_size", "width", 768),
    ("num_attention_heads", "n_heads", 12),
    ("intermediate_size", "feed_forward_width", 3072),
    ("max_position_embeddings", "max_positions", 512),
    ("type_vocab_size", "n_token_types", 2),
    ("layer_norm_eps", "norm_eps", 1e-12),
    ("pad_token_id", "pad_id", 1),
    ("sep_token_id", "sep_id", 2),
    ("hidden_dropout_prob", "dropout", 0.1),
    ("attention_probs_dropout_prob", "attention_dropout", 0.1),
    ("initializer_range", "init_std", 0.02),
)


def read_config(published: Mapping[str, object]) -> LongformerConfig:
    """Translate a published config.json. Raises UnsupportedModel, or ValueError for odd sizes."""
    return LongformerConfig(
        radii=read_radii(published, "num_hidden_layers"),
        activation=Fields(published).word("hidden_act", ACTIVATIONS, "gelu"),
        n_labels=read_n_labels(published),
        **read_table(published, PUBLISHED),
    )


def write_config(config: LongformerConfig) -> dict[str, object]:
    """The reverse of `read_config`."""
    own = {"num_hidden_layers": len(config.radii), "hidden_act": config.activation}
    return write_table(config, PUBLISHED) | own


# ------------------------------------------------------------------ where global attention goes


def place_global(ids: Tensor, sep_id: int) -> Tensor:
    """For question answering: everything before the first separator, that is <s> and the question.

    The question must compare itself with the whole document (section 6.1). (B, L) to (B, L) bool.
    Deviation: the published library demands exactly three separators; here any number will do.

        <s> who ? </s> </s> it was Ann </s>
         1   1  1   .    .   .  .   .   .
    """
    return (ids == sep_id).cumsum(-1) == 0


def place_global_on_choice(ids: Tensor, sep_id: int) -> Tensor:
    """For multiple choice: everything after the two separators that end the first text."""
    after_first = (ids == sep_id).cumsum(-1) >= 1
    return after_first.cumsum(-1) > 2


def place_global_on_first(ids: Tensor) -> Tensor:
    """For classification: the first token, whose state the answer is read from."""
    is_global = torch.zeros_like(ids, dtype=torch.bool)
    is_global[:, 0] = True
    return is_global


# ------------------------------------------------------------------ layers


class Embeddings(nn.Module):
    """Word + position + token type, normed."""

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__()
        self.pad_id = config.pad_id
        self.word = nn.Embedding(config.vocab_size, config.width, padding_idx=config.pad_id)
        self.position = nn.Embedding(config.max_positions, config.width, padding_idx=config.pad_id)
        self.token_type = nn.Embedding(config.n_token_types, config.width)
        self.norm = nn.LayerNorm(config.width, config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, words: Tensor, positions: Tensor, type_ids: Tensor) -> Tensor:
        """(B, L, W) word vectors, (B, L) positions and types, to (B, L, W)."""
        states = words + self.position(positions) + self.token_type(type_ids)
        return self.dropout(self.norm(states))  # type: ignore[no-any-return]

    def positions_of(self, ids: Tensor) -> Tensor:
        """Positions count the real tokens from pad_id + 1; padding has position pad_id."""
        real = (ids != self.pad_id).long()
        return real.cumsum(1) * real + self.pad_id

    def positions_of_vectors(self, words: Tensor) -> Tensor:
        """The same where only vectors are known: all of them count as real."""
        first = self.pad_id + 1
        return torch.arange(first, first + words.shape[1], device=words.device).expand(words.shape[:2])


class Layer(nn.Module):
    """Attention, then feed-forward; each added to its input and normed afterwards (as in BERT)."""

    def __init__(self, config: LongformerConfig, radius: int) -> None:
        super().__init__()
        self.attention = WindowAttention(config.width, config.n_heads, radius, config.attention_dropout)
        self.attention_out = nn.Linear(config.width, config.width)
        self.attention_norm = nn.LayerNorm(config.width, config.norm_eps)
        self.widen = nn.Linear(config.width, config.feed_forward_width)
        self.narrow = nn.Linear(config.feed_forward_width, config.width)
        self.output_norm = nn.LayerNorm(config.width, config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)
        self.activation = ACTIVATIONS[config.activation]

    def forward(
        self, states: Tensor, marks: Marks, want_weights: bool = False, pulse: Pulse | None = None
    ) -> tuple[Tensor, Weights | None]:
        """(B, L, W) to (B, L, W), and the attention probabilities where wanted."""
        context, weights = self.attention(states, marks, want_weights, pulse)
        states = self.attention_norm(states + self.dropout(self.attention_out(context)))
        return by_rows(self._feed_forward, states, pulse), weights

    def _feed_forward(self, states: Tensor) -> Tensor:
        widened = self.activation(self.widen(states))
        return self.output_norm(states + self.dropout(self.narrow(widened)))  # type: ignore[no-any-return]


# ------------------------------------------------------------------ the model


@dataclass(frozen=True)
class LongformerOutput:
    """What the encoder gives. The last three are None unless asked for.

    `hidden_states` are the embeddings and each layer's output, (B, L, W). `attentions` hold for
    each layer (B, H, L, G + 2R + 1): the global tokens in order, then the window. Rows of global
    tokens are 0 there; `global_attentions`, (B, H, L, G), tell how much the g-th global token
    looks at each token.
    """

    last_hidden_state: Tensor  # (B, L, W)
    pooler_output: Tensor | None = None  # (B, W)
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    global_attentions: tuple[Tensor, ...] | None = None


class Longformer(Pretrained):
    """What the encoder and its heads share: where they are stored, and under which names."""

    model_type = "longformer"

    @classmethod
    def names(cls) -> Names:
        """The table at the end of this file."""
        return NAMES

    @classmethod
    def read_config(cls, published: Mapping[str, object], stored_names: Collection[str]) -> LongformerConfig:
        """See the function of this name."""
        return read_config(published)

    @classmethod
    def write_config(cls, config: LongformerConfig) -> dict[str, object]:
        """See the function of this name."""
        return write_config(config)


class LongformerModel(Longformer):
    """The encoder. Set `gradient_checkpointing` to train in less memory and more time."""

    def __init__(self, config: LongformerConfig, *, pooler: bool = True) -> None:
        super().__init__()
        self.config = config
        self.gradient_checkpointing = False
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config, radius) for radius in config.radii)
        self.pooler = nn.Linear(config.width, config.width) if pooler else None
        init_weights(self, config.init_std)

    def encode(
        self,
        ids: Tensor | None,
        valid: Tensor,
        is_global: Tensor,
        type_ids: Tensor | None = None,
        *,
        positions: Tensor | None = None,
        vectors: Tensor | None = None,
        want_states: bool = False,
        want_attentions: bool = False,
        between_layers: Pulse | None = None,
    ) -> LongformerOutput:
        """Encode (B, L) ids, or (B, L, W) word `vectors` in their place.

        `valid` is True for real tokens, `is_global` for tokens with global attention, both (B, L)
        bool. `between_layers` is called before each layer, and within it before each chunk of at
        most 2,048 tokens; what it raises stops the computation. Raises InputTooLong.
        """
        if vectors is None:
            assert ids is not None, "either ids or vectors"
            vectors = self.embeddings.word(ids)
        if positions is None:
            at = self.embeddings
            positions = at.positions_of(ids) if ids is not None else at.positions_of_vectors(vectors)
        if vectors.shape[1] > self.config.max_tokens and int(positions.max()) >= self.config.max_positions:
            raise InputTooLong(f"This model reads {self.config.max_tokens} tokens at once, not more.")
        if type_ids is None:
            type_ids = torch.zeros(vectors.shape[:2], dtype=torch.long, device=vectors.device)
        marks = mark(valid, is_global)
        states = self.embeddings(vectors, positions, type_ids)
        kept, weights = [states], []
        for layer in self.layers:
            if between_layers is not None:
                between_layers()
            if self.gradient_checkpointing and self.training:
                states, seen = checkpoint(layer, states, marks, want_attentions, use_reentrant=False)
            else:
                states, seen = layer(states, marks, want_attentions, between_layers)
            if want_states:
                kept.append(states)
            weights.append(seen)
        pooled = torch.tanh(self.pooler(states[:, 0])) if self.pooler is not None else None
        return LongformerOutput(
            last_hidden_state=states,
            pooler_output=pooled,
            hidden_states=tuple(kept) if want_states else None,
            attentions=tuple(seen.local for seen in weights) if want_attentions else None,
            global_attentions=(
                tuple(seen.overall for seen in weights) if want_attentions and marks.n_global else None
            ),
        )

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        global_attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> LongformerOutput:
        """The published signature: masks are (B, L) of 0 and 1, 1 for real and for global.

        Raises ValueError unless exactly one of `input_ids` and `inputs_embeds` is given.
        """
        given = input_ids if input_ids is not None else inputs_embeds
        if given is None or (input_ids is not None and inputs_embeds is not None):
            raise ValueError("give either input_ids or inputs_embeds")
        valid, is_global = read_masks(given, attention_mask, global_attention_mask)
        return self.encode(
            input_ids, valid, is_global, token_type_ids, positions=position_ids, vectors=inputs_embeds,
            want_states=output_hidden_states, want_attentions=output_attentions,
        )


# ------------------------------------------------------------------ heads


@dataclass(frozen=True)
class LongformerHeadOutput:
    """Scores of a head, the loss where labels were given, and what the encoder was asked for."""

    logits: Tensor
    loss: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    global_attentions: tuple[Tensor, ...] | None = None


@dataclass(frozen=True)
class LongformerSpanOutput:
    """Scores of each token (B, L) to be the first and the last of the answer."""

    start_logits: Tensor
    end_logits: Tensor
    loss: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    global_attentions: tuple[Tensor, ...] | None = None


class Head(Longformer):
    """What the heads share: the encoder, dropout, and how a result is put together."""

    needs_pooler = False

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__()
        self.config = config
        self.longformer = LongformerModel(config, pooler=self.needs_pooler)
        self.dropout = nn.Dropout(config.dropout)

    def _result(self, seen: LongformerOutput, logits: Tensor, loss: Tensor | None) -> LongformerHeadOutput:
        return LongformerHeadOutput(logits, loss, seen.hidden_states, seen.attentions, seen.global_attentions)


class LanguageModelHead(nn.Module):
    """States to scores over the vocabulary; the output matrix is that of the word embeddings."""

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.width, config.width)
        self.norm = nn.LayerNorm(config.width, config.norm_eps)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))

    def forward(self, states: Tensor, words: Tensor) -> Tensor:
        """(B, L, W) states and (V, W) word embeddings to (B, L, V)."""
        return functional.linear(self.norm(functional.gelu(self.dense(states))), words, self.bias)


class LongformerForMaskedLM(Head):
    """Guesses masked words (section 5, pre-training)."""

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__(config)
        self.lm_head = LanguageModelHead(config)
        init_weights(self.lm_head, config.init_std)

    def forward(
        self, input_ids: Tensor | None = None, *, labels: Tensor | None = None, **published: object
    ) -> LongformerHeadOutput:
        """Logits (B, L, V). `labels` (B, L): -100 is not scored. Others as in LongformerModel."""
        seen = self.longformer(input_ids, **published)
        logits = self.lm_head(seen.last_hidden_state, self.longformer.embeddings.word.weight)
        return self._result(seen, logits, token_loss(logits, labels))


class ClassificationHead(nn.Module):
    """The state of <s>, through one hidden layer, to scores."""

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.width, config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.out_proj = nn.Linear(config.width, config.n_labels)

    def forward(self, first: Tensor) -> Tensor:
        """(B, W) to (B, n_labels)."""
        hidden = torch.tanh(self.dense(self.dropout(first)))
        return self.out_proj(self.dropout(hidden))  # type: ignore[no-any-return]


class LongformerForSequenceClassification(Head):
    """One label for a document, or several, or a number (section 6.3)."""

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__(config)
        self.classifier = ClassificationHead(config)
        init_weights(self.classifier, config.init_std)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        global_attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        **published: object,
    ) -> LongformerHeadOutput:
        """Logits (B, n_labels). Integer `labels` (B,) name a class, float ones (B, n_labels) say yes
        or no to each; with one label they are numbers to be met. Global: the first token."""
        if global_attention_mask is None:
            given = input_ids if input_ids is not None else published["inputs_embeds"]
            assert isinstance(given, Tensor)
            global_attention_mask = place_global_on_first(given[..., 0] if given.dim() == 3 else given).long()
        seen = self.longformer(input_ids, global_attention_mask=global_attention_mask, **published)
        logits = self.classifier(seen.last_hidden_state[:, 0])
        return self._result(seen, logits, document_loss(logits, labels))


class LongformerForTokenClassification(Head):
    """A label for each token; no global attention unless given."""

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__(config)
        self.classifier = nn.Linear(config.width, config.n_labels)
        init_weights(self.classifier, config.init_std)

    def forward(
        self, input_ids: Tensor | None = None, *, labels: Tensor | None = None, **published: object
    ) -> LongformerHeadOutput:
        """Logits (B, L, n_labels). `labels` (B, L): -100 is not scored."""
        seen = self.longformer(input_ids, **published)
        logits = self.classifier(self.dropout(seen.last_hidden_state))
        return self._result(seen, logits, token_loss(logits, labels))


class LongformerForMultipleChoice(Head):
    """Which of several texts goes with the first."""

    needs_pooler = True

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__(config)
        self.classifier = nn.Linear(config.width, 1)
        init_weights(self.classifier, config.init_std)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        global_attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
        **published: Tensor | None,
    ) -> LongformerHeadOutput:
        """Logits (B, choices) from ids (B, choices, L); `labels` (B,). Global: the choice."""
        given = input_ids if input_ids is not None else inputs_embeds
        assert given is not None, "either input_ids or inputs_embeds"
        if global_attention_mask is None and input_ids is not None:
            global_attention_mask = place_global_on_choice(input_ids, self.config.sep_id).long()
        published |= {
            "input_ids": input_ids,
            "inputs_embeds": inputs_embeds,
            "global_attention_mask": global_attention_mask,
        }
        flat = {name: None if value is None else value.flatten(0, 1) for name, value in published.items()}
        seen = self.longformer(
            **flat, output_attentions=output_attentions, output_hidden_states=output_hidden_states
        )
        logits = self.classifier(self.dropout(seen.pooler_output)).view(-1, given.shape[1])
        return self._result(seen, logits, document_loss(logits, labels))


class LongformerForQuestionAnswering(Head):
    """Where the answer begins and ends (section 6.1)."""

    def __init__(self, config: LongformerConfig) -> None:
        super().__init__(config)
        self.qa_outputs = nn.Linear(config.width, 2)
        init_weights(self.qa_outputs, config.init_std)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        global_attention_mask: Tensor | None = None,
        start_positions: Tensor | None = None,
        end_positions: Tensor | None = None,
        **published: object,
    ) -> LongformerSpanOutput:
        """Scores (B, L) of each token to begin and to end the answer; positions (B,), those past
        the end are not scored. Global: <s> and the question."""
        if global_attention_mask is None and input_ids is not None:
            global_attention_mask = place_global(input_ids, self.config.sep_id).long()
        seen = self.longformer(input_ids, global_attention_mask=global_attention_mask, **published)
        start, end = self.qa_outputs(seen.last_hidden_state).unbind(-1)
        loss = span_loss(start, end, start_positions, end_positions)
        return LongformerSpanOutput(
            start, end, loss, seen.hidden_states, seen.attentions, seen.global_attentions
        )


# ------------------------------------------------------------------ published names

KEYS: tuple[tuple[str, str], ...] = (
    ("embeddings.word_embeddings.", "embeddings.word."),
    ("embeddings.position_embeddings.", "embeddings.position."),
    ("embeddings.token_type_embeddings.", "embeddings.token_type."),
    ("embeddings.LayerNorm.", "embeddings.norm."),
    ("encoder.layer.{i}.attention.self.", "layers.{i}.attention."),
    ("encoder.layer.{i}.attention.output.dense.", "layers.{i}.attention_out."),
    ("encoder.layer.{i}.attention.output.LayerNorm.", "layers.{i}.attention_norm."),
    ("encoder.layer.{i}.intermediate.dense.", "layers.{i}.widen."),
    ("encoder.layer.{i}.output.dense.", "layers.{i}.narrow."),
    ("encoder.layer.{i}.output.LayerNorm.", "layers.{i}.output_norm."),
    ("pooler.dense.", "pooler."),
    ("lm_head.layer_norm.", "lm_head.norm."),
)
NAMES = Names(
    KEYS,
    base="longformer.",
    tied=(
        ("lm_head.decoder.weight", "embeddings.word_embeddings.weight"),
        ("lm_head.decoder.bias", "lm_head.bias"),
    ),
    ignored=("embeddings.position_ids",),  # old files hold a table of 0, 1, 2, ..
)


"""LongT5: Efficient Text-To-Text Transformer for Long Sequences (Guo et al. 2022, arXiv 2112.07916).

T5 (arXiv 1910.10683, version 1.1) with an encoder whose attention costs L instead of L squared:

    a token of the document    sees the R tokens on either side and, in transient-global attention,
                               a summary of every block of 16 tokens (section 3.1.2)
    a token of the output      sees the output before it and the whole document: ordinary T5
    padding                    is seen by nobody

Three things that T5 does and others do not: scores are not divided by the root of D, positions
are biases by bucketed distance shared by all layers of a stack, and norms do not subtract a mean.

Letters: B batch, L tokens of the document, T tokens of the output, H heads, D head width, W model
width, R radius (one-sided), G side tokens, V vocabulary.
The parts, in the order that every file here has: configuration, where global attention goes,
layers, model, heads, and the names that published checkpoints use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from engine.attention.blocks import LOW, Biases, BlockAttention, Marks, Pulse, build_biases, chunks, mark
from engine.attention.cache import DecoderState, SelfCache
from engine.attention.relative import bias_table
from engine.attention.t5 import ACTIVATIONS, FeedForward, RelativeAttention, RMSNorm, init_weights, limit
from engine.weights.checkpoint import Names, Pretrained
from engine.weights.fields import Fields

# ------------------------------------------------------------------ configuration


@dataclass(frozen=True)
class LongT5Config:
    """Sizes and constants. The defaults are those of long-t5-tglobal-base (section 4.1)."""

    vocab_size: int = 32128
    width: int = 768
    n_heads: int = 12
    head_width: int = 64  # n_heads x head_width need not be the width
    feed_forward_width: int = 2048
    n_encoder_layers: int = 12
    n_decoder_layers: int = 12
    transient_global: bool = True  # False: local attention (section 3.1.1)
    radius: int = 127
    block: int = 16  # tokens that share a side token
    n_buckets: int = 32
    furthest: int = 128  # distances from here on share a bucket
    activation: str = "gelu_new"
    gated: bool = True
    norm_eps: float = 1e-6
    scale_output: bool = False
    own_head: bool = False  # whether the output matrix is not that of the embeddings
    pad_id: int = 0
    eos_id: int = 1
    decoder_start_id: int = 0
    dropout: float = 0.1
    init_factor: float = 1.0

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"unknown activation {self.activation!r}")
        if self.n_buckets % 4 or self.furthest <= self.n_buckets // 2:
            raise ValueError("position buckets must divide by 4, and be fewer than twice the distance")
        if max(self.pad_id, self.eos_id, self.decoder_start_id) >= self.vocab_size:
            raise ValueError("a special token is outside the vocabulary")


KINDS = ("local", "transient-global")
INTEGERS = (  # published name, ours, what its absence means, least
    ("vocab_size", "vocab_size", 32128, 1),
    ("d_model", "width", 512, 1),
    ("num_heads", "n_heads", 8, 1),
    ("d_kv", "head_width", 64, 1),
    ("d_ff", "feed_forward_width", 2048, 1),
    ("local_radius", "radius", 127, 1),
    ("global_block_size", "block", 16, 1),
    ("relative_attention_num_buckets", "n_buckets", 32, 4),
    ("relative_attention_max_distance", "furthest", 128, 1),
    ("pad_token_id", "pad_id", 0, 0),
    ("eos_token_id", "eos_id", 1, 0),
    ("decoder_start_token_id", "decoder_start_id", 0, 0),
)


def read_config(published: Mapping[str, object], stored_names: Collection[str] = ()) -> LongT5Config:
    """Translate a published config.json.

    `tie_word_embeddings: false` does not mean that the output matrix is its own: it means that the
    decoder's output is not scaled by W ** -0.5 before it (T5 1.1). Whether the matrix is its own
    is seen from the stored tensors. `gated-gelu` means the tanh form of gelu, `gelu` the exact one.
    """
    fields = Fields(published)
    projections = [f"{gate}{name}" for name in ACTIVATIONS for gate in ("", "gated-")]
    gate, _, activation = fields.word("feed_forward_proj", projections, "relu").rpartition("-")
    n_layers = fields.integer("num_layers", 6, most=1000)
    return LongT5Config(
        **{ours: fields.integer(theirs, default, least) for theirs, ours, default, least in INTEGERS},
        n_encoder_layers=n_layers,
        n_decoder_layers=fields.integer("num_decoder_layers", n_layers, most=1000),
        transient_global=fields.word("encoder_attention_type", KINDS, "local") == "transient-global",
        activation="gelu_new" if gate and activation == "gelu" else activation,
        gated=bool(gate),
        norm_eps=fields.number("layer_norm_epsilon", 1e-6),
        scale_output=fields.flag("scale_decoder_outputs", fields.flag("tie_word_embeddings", True)),
        own_head=any(name.startswith("lm_head.") for name in stored_names),
        dropout=fields.number("dropout_rate", 0.1, most=1),
        init_factor=fields.number("initializer_factor", 1.0),
    )


def write_config(config: LongT5Config) -> dict[str, object]:
    """The reverse of `read_config`."""
    activation = "gelu" if config.gated and config.activation == "gelu_new" else config.activation
    return {theirs: getattr(config, ours) for theirs, ours, _, _ in INTEGERS} | {
        "num_layers": config.n_encoder_layers,
        "num_decoder_layers": config.n_decoder_layers,
        "encoder_attention_type": KINDS[config.transient_global],
        "feed_forward_proj": f"gated-{activation}" if config.gated else activation,
        "layer_norm_epsilon": config.norm_eps,
        "tie_word_embeddings": config.scale_output,
        "scale_decoder_outputs": config.scale_output,
        "dropout_rate": config.dropout,
        "initializer_factor": config.init_factor,
        "is_encoder_decoder": True,
    }


# ------------------------------------------------------------------ where global attention goes


def place_global(valid: Tensor, block: int = 16) -> Tensor:
    """The block of each token, whose summary stands for it to everyone else; -1 for no block.

    No token is chosen: there is a side token for every block that ends in a real token, and tokens
    beyond the last join it (section 3.1.2; as in the paper's own code). (B, L) bool to (B, L) long.
    With blocks of 3:

        valid    1 1 1 1 1 1 1 .        1 1 1 1 . . . .        1 1 . . . . . .
        block    0 0 0 1 1 1 1 -1       0 0 0 0 -1 -1 -1 -1    -1 -1 -1 -1 -1 -1 -1 -1
    """
    length = valid.shape[1]
    # Not `position // block`: where 1 / block is not exact, the published sum rounds, and so must this.
    step = torch.ones(length) / block
    position = torch.floor(1.0 + (step.cumsum(0) - step) - 1.0).long().to(valid.device)
    ends = torch.arange(length, device=valid.device) % block == block - 1
    last = (valid & ends).sum(1, keepdim=True) - 1
    return torch.minimum(position, last).masked_fill(~valid, -1)


# ------------------------------------------------------------------ layers


def build_feed_forward(config: LongT5Config) -> FeedForward:
    """The second half of every layer."""
    width, inner = config.width, config.feed_forward_width
    return FeedForward(width, inner, config.activation, config.gated, config.dropout)


class EncoderLayer(nn.Module):
    """Attention by blocks, then feed-forward; each on the normed input and added to it."""

    def __init__(self, config: LongT5Config) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.norm_eps)
        self.attention = BlockAttention(
            config.width, config.n_heads, config.head_width, config.radius,
            side=config.transient_global, eps=config.norm_eps, dropout=config.dropout,
        )
        self.feed_forward_norm = RMSNorm(config.width, config.norm_eps)
        self.feed_forward = build_feed_forward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, states: Tensor, marks: Marks, biases: Biases, want_weights: bool = False,
        pulse: Pulse | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """(B, L, W) to (B, L, W), a chunk of rows at a time, and the probabilities where wanted."""
        normed = self.attention_norm(states)
        looked = self.attention.look(normed, marks, pulse)
        done, kept, start = [], [], 0
        for rows in chunks(states, pulse, multiple=self.attention.radius + 1):
            context, weights = self.attention(
                normed[:, start : start + rows.shape[1]], start, looked, marks, biases, want_weights
            )
            rows = limit(rows + self.dropout(context))
            done.append(limit(rows + self.dropout(self.feed_forward(self.feed_forward_norm(rows)))))
            kept += [weights] if weights is not None else []
            start += rows.shape[1]
        return torch.cat(done, 1), torch.cat(kept, 1) if kept else None


class DecoderLayer(nn.Module):
    """Attention to the output so far, to the document, then feed-forward."""

    def __init__(self, config: LongT5Config) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.norm_eps)
        sizes = config.width, config.n_heads, config.head_width, config.dropout
        self.attention = RelativeAttention(*sizes)
        self.source_norm = RMSNorm(config.width, config.norm_eps)
        self.source_attention = RelativeAttention(*sizes)
        self.feed_forward_norm = RMSNorm(config.width, config.norm_eps)
        self.feed_forward = build_feed_forward(config)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, states: Tensor, source: Tensor, bias: Tensor, source_bias: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """(B, T, W) at once, and the weights over the output and over the document."""
        normed = self.attention_norm(states)
        context, own = self.attention(normed, normed, bias)
        states = limit(states + self.dropout(context))
        context, across = self.source_attention(self.source_norm(states), source, source_bias)
        states = limit(states + self.dropout(context))
        return self._forward_feed(states), own, across

    def step(self, states: Tensor, index: int, state: DecoderState, bias: Tensor) -> Tensor:
        """The same for one token (N, 1, W), with what `state` remembers for this layer, `index`."""
        normed = self.attention_norm(states)
        states = limit(states + self.attention.step_within(normed, state.own[index], bias))
        normed = self.source_norm(states)
        context = self.source_attention.step_across(normed, state.source[index], state.bias, state.n_beams)
        return self._forward_feed(limit(states + context))

    def _forward_feed(self, states: Tensor) -> Tensor:
        return limit(states + self.dropout(self.feed_forward(self.feed_forward_norm(states))))


# ------------------------------------------------------------------ the model


@dataclass(frozen=True)
class LongT5StackOutput:
    """What the encoder, or the decoder, gives; all but the first are None unless asked for.

    `hidden_states` are the embeddings, each layer's output but the last, and the last one normed.
    For each layer, `attentions` of the encoder are (B, n blocks, H, R + 1, 3 (R + 1) + G): the tokens
    of the block look at the block before, their own, the next, and the side tokens (rows of padding
    mean nothing). Those of the decoder are (B, H, T, T), and its `cross_attentions` (B, H, T, L).
    """

    last_hidden_state: Tensor  # (B, L or T, W)
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None


@dataclass(frozen=True)
class LongT5Output:
    """What encoder and decoder give, with the shapes of LongT5StackOutput. `logits` (B, T, V) and,
    where labels were given, `loss` come from LongT5ForConditionalGeneration alone."""

    last_hidden_state: Tensor  # (B, T, W)
    encoder_last_hidden_state: Tensor  # (B, L, W)
    decoder_hidden_states: tuple[Tensor, ...] | None = None
    decoder_attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None
    encoder_hidden_states: tuple[Tensor, ...] | None = None
    encoder_attentions: tuple[Tensor, ...] | None = None
    logits: Tensor | None = None
    loss: Tensor | None = None


class Stack(nn.Module):
    """What encoder and decoder have in common: a table of position biases, layers, a last norm."""

    def __init__(self, config: LongT5Config, layers: Iterable[nn.Module]) -> None:
        super().__init__()
        self.config = config
        self.relative_bias = nn.Embedding(config.n_buckets, config.n_heads)
        self.layers = nn.ModuleList(layers)
        self.norm = RMSNorm(config.width, config.norm_eps)
        self.dropout = nn.Dropout(config.dropout)
        self.gradient_checkpointing = False

    def run(
        self, vectors: Tensor, want_states: bool, want_attentions: bool, *shared: object
    ) -> LongT5StackOutput:
        """The layers one after another; each is given `shared`, and gives states and weights."""
        states, kept, seen = self.dropout(vectors), [], []
        for layer in self.layers:
            kept += [states] if want_states else []
            if self.gradient_checkpointing and self.training:
                states, *weights = checkpoint(layer, states, *shared, use_reentrant=False)
            else:
                states, *weights = layer(states, *shared)
            seen += [weights] if want_attentions else []
        states = self.dropout(self.norm(states))
        weights_by_kind = (tuple(kind) for kind in zip(*seen, strict=True))
        return LongT5StackOutput(states, (*kept, states) if want_states else None, *weights_by_kind)


class Encoder(Stack):
    """Vectors of a document to its states."""

    def __init__(self, config: LongT5Config) -> None:
        super().__init__(config, (EncoderLayer(config) for _ in range(config.n_encoder_layers)))
        if config.transient_global:
            self.side_relative_bias = nn.Embedding(config.n_buckets, config.n_heads)

    def forward(
        self, vectors: Tensor, valid: Tensor, want_states: bool, want_attentions: bool, pulse: Pulse | None
    ) -> LongT5StackOutput:
        """(B, L, W) vectors and (B, L) bool `valid`. Positions are biases, made here for all layers."""
        config = self.config
        n_side = valid.shape[1] // config.block if config.transient_global else 0
        marks = mark(valid, place_global(valid, config.block) if n_side else None, n_side)
        table = self.relative_bias.weight
        near = bias_table(table, -config.radius, config.radius, config.furthest, both_ways=True)
        side = None
        if n_side:
            table = self.side_relative_bias.weight
            side = bias_table(table, 1 - n_side, n_side, config.furthest, both_ways=True)
        biases = build_biases(near, side, config.radius, n_side)
        return self.run(vectors, want_states, want_attentions, marks, biases, want_attentions, pulse)


class Decoder(Stack):
    """Vectors of the output so far, and a document's states, to the states of the output."""

    def __init__(self, config: LongT5Config) -> None:
        super().__init__(config, (DecoderLayer(config) for _ in range(config.n_decoder_layers)))

    def biases(self, length: int) -> Tensor:
        """(H, length) in float32: the bias of a token that stands `length - 1` .. 0 before the query."""
        table = self.relative_bias.weight.float()
        return bias_table(table, 1 - length, 0, self.config.furthest, both_ways=False)

    def forward(
        self, vectors: Tensor, own_valid: Tensor, source: Tensor, valid: Tensor,
        want_states: bool, want_attentions: bool,
    ) -> LongT5StackOutput:
        """All T tokens at once, (B, T, W), each seeing the real ones before it, and the document."""
        length = vectors.shape[1]
        position = torch.arange(length, device=vectors.device)
        ahead = position[None, :] - position[:, None]  # (T, T), key minus query
        bias = self.biases(length)[:, (ahead + length - 1).clamp(max=length - 1)]  # (H, T, T)
        bias = bias + LOW * ((ahead > 0) | ~own_valid[:, None, None, :])  # (B, H, T, T)
        return self.run(vectors, want_states, want_attentions, source, bias, LOW * ~valid[:, None, None, :])


class LongT5(Pretrained):
    """What the models share: the embeddings, the encoder, and how they are stored."""

    model_type = "longt5"

    def __init__(self, config: LongT5Config) -> None:
        super().__init__()
        self.config = config
        self.shared = nn.Embedding(config.vocab_size, config.width)
        self.encoder = Encoder(config)

    @classmethod
    def names(cls) -> Names:
        """The table at the end of this file."""
        return NAMES

    @classmethod
    def read_config(cls, published: Mapping[str, object], stored_names: Collection[str]) -> LongT5Config:
        """See the function of this name."""
        return read_config(published, stored_names)

    @classmethod
    def write_config(cls, config: LongT5Config) -> dict[str, object]:
        """See the function of this name."""
        return write_config(config)

    def _published(self, name: str) -> str:
        theirs = super()._published(name)
        return theirs if self.config.transient_global else theirs.replace(TRANSIENT, LOCAL)

    def set_gradient_checkpointing(self, on: bool = True) -> None:
        """Train in less memory and more time: states inside a layer are computed again for gradients."""
        for part in self.modules():
            if isinstance(part, Encoder | Decoder):
                part.gradient_checkpointing = on

    def encode(
        self, ids: Tensor | None, valid: Tensor, is_global: None = None, *,
        vectors: Tensor | None = None, want_states: bool = False, want_attentions: bool = False,
        between_layers: Pulse | None = None,
    ) -> LongT5StackOutput:
        """Encode (B, L) ids, or (B, L, W) `vectors` in their place; `valid` (B, L) bool, True for real.

        LongT5 chooses no tokens for global attention, so `is_global` must be None (ValueError).
        `between_layers` is called at each layer and each chunk of at most 2,048 tokens within it; what
        it raises stops the computation. Padding belongs on the right: blocks are counted from the left.
        """
        if is_global is not None:
            raise ValueError("LongT5 sums up every block; it has no chosen global tokens")
        if vectors is None:
            vectors = self.shared(ids)
        return self.encoder(  # type: ignore[no-any-return]
            vectors, valid, want_states, want_attentions, between_layers
        )


class LongT5EncoderModel(LongT5):
    """The encoder alone."""

    def __init__(self, config: LongT5Config) -> None:
        super().__init__(config)
        init_weights(self, config.init_factor, config.width, config.head_width)

    @classmethod
    def names(cls) -> Names:
        """The same names; a whole model's decoder is left."""
        return Names(KEYS, tied=TIED[:1], ignored=(r"decoder\..*", r"lm_head\..*"))

    def forward(
        self, input_ids: Tensor | None = None, attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None, output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> LongT5StackOutput:
        """The published signature: `attention_mask` is (B, L), 1 for real tokens."""
        valid = read_mask(input_ids, inputs_embeds, attention_mask)
        return self.encode(
            input_ids, valid, vectors=inputs_embeds,
            want_states=output_hidden_states, want_attentions=output_attentions,
        )


class LongT5Model(LongT5):
    """Encoder and decoder, without scores over the vocabulary."""

    def __init__(self, config: LongT5Config) -> None:
        super().__init__(config)
        self.decoder = Decoder(config)
        init_weights(self, config.init_factor, config.width, config.head_width)

    def decode(
        self, ids: Tensor | None, own_valid: Tensor, states: Tensor, valid: Tensor, *,
        vectors: Tensor | None = None, want_states: bool = False, want_attentions: bool = False,
    ) -> LongT5StackOutput:
        """Decode (B, T) `ids`, or (B, T, W) `vectors`, at once; `own_valid` says which of them are real.

        `states` (B, L, W) and `valid` (B, L) are those of the documents.
        """
        if vectors is None:
            vectors = self.shared(ids)
        return self.decoder(  # type: ignore[no-any-return]
            vectors, own_valid, states, valid, want_states, want_attentions
        )

    def forward(
        self, input_ids: Tensor | None = None, attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None, decoder_attention_mask: Tensor | None = None,
        encoder_outputs: LongT5StackOutput | None = None, inputs_embeds: Tensor | None = None,
        decoder_inputs_embeds: Tensor | None = None, output_attentions: bool = False,
        output_hidden_states: bool = False, use_cache: bool = False,
    ) -> LongT5Output:
        """The published signature: masks are 1 for real tokens, (B, L) and (B, T).

        Deviation: a whole output is decoded without a cache, and token by token with one. The latter
        is `start` and `step` of LongT5ForConditionalGeneration. Raises ValueError for `use_cache`,
        and unless exactly one of ids and vectors is given, for the document and for the output.
        """
        if use_cache:
            raise ValueError("forward decodes all tokens at once; decode with start and step to keep a cache")
        own_valid = read_mask(decoder_input_ids, decoder_inputs_embeds, decoder_attention_mask)
        keep: dict[str, Any] = {"want_states": output_hidden_states, "want_attentions": output_attentions}
        if encoder_outputs is None:
            valid = read_mask(input_ids, inputs_embeds, attention_mask)
            encoder_outputs = self.encode(input_ids, valid, vectors=inputs_embeds, **keep)
        states = encoder_outputs.last_hidden_state
        valid = read_mask(None, states, attention_mask)
        seen = self.decode(decoder_input_ids, own_valid, states, valid, vectors=decoder_inputs_embeds, **keep)
        return LongT5Output(
            seen.last_hidden_state, states, seen.hidden_states, seen.attentions, seen.cross_attentions,
            encoder_outputs.hidden_states, encoder_outputs.attentions,
        )


def read_mask(ids: Tensor | None, vectors: Tensor | None, attention_mask: Tensor | None) -> Tensor:
    """The published mask, 1 for real, as (B, L) bool; without one everything is real."""
    given = ids if ids is not None else vectors
    if given is None or (ids is not None and vectors is not None):
        raise ValueError("give either ids or vectors, for the document and for the output")
    if attention_mask is None:
        return torch.ones(given.shape[:2], dtype=torch.bool, device=given.device)
    return attention_mask > 0


# ------------------------------------------------------------------ heads


class LongT5ForConditionalGeneration(LongT5Model):
    """Writes a text from a text. `engine.decode.generate` drives `encode`, `start` and `step`."""

    def __init__(self, config: LongT5Config) -> None:
        super().__init__(config)
        self.lm_head = nn.Linear(config.width, config.vocab_size, bias=False)
        if not config.own_head:
            self.lm_head.weight = self.shared.weight
        init_weights(self, config.init_factor, config.width, config.head_width)

    @classmethod
    def names(cls) -> Names:
        """With the output matrix."""
        return Names(KEYS, tied=TIED, ignored=IGNORED)

    def score(self, states: Tensor) -> Tensor:
        """States of the decoder, (.., W), to scores over the vocabulary, (.., V)."""
        if self.config.scale_output:
            states = states * self.config.width**-0.5
        return self.lm_head(states)  # type: ignore[no-any-return]

    def start(self, states: Tensor, valid: Tensor, *, n_beams: int = 1, max_length: int) -> DecoderState:
        """Prepare to decode up to `max_length` tokens of each of `n_beams` rows a document.

        `states` (B, L, W) and `valid` (B, L) are those of the documents. Their keys and values are
        computed here, once, and shared by the beams.
        """
        config, stack = self.config, self.decoder
        rows = states.shape[0] * n_beams
        own = [SelfCache(rows, config.n_heads, config.head_width, max_length, states) for _ in stack.layers]
        source = [cast(DecoderLayer, layer).source_attention.remember(states) for layer in stack.layers]
        bias = LOW * ~valid[:, None, None, :]
        return DecoderState(own, source, bias, n_beams, own_bias=stack.biases(max_length))

    def step(self, tokens: Tensor, state: DecoderState) -> Tensor:
        """Feed one token to each row, (N,); the scores (N, V) of the next. Advances `state`."""
        assert state.own_bias is not None, "a state of another model"
        state.length += 1
        bias = state.own_bias[:, state.own_bias.shape[1] - state.length :]  # (H, T)
        vectors = self.shared(tokens)[:, None]  # (N, 1, W)
        for index, layer in enumerate(self.decoder.layers):
            vectors = cast(DecoderLayer, layer).step(vectors, index, state, bias)
        return self.score(self.decoder.norm(vectors)[:, 0])

    def shift_right(self, labels: Tensor) -> Tensor:
        """What the decoder reads to learn `labels` (B, T): the start token, then each label but the
        last, where -100, which is not scored, becomes padding."""
        start = labels.new_full((labels.shape[0], 1), self.config.decoder_start_id)
        shifted = torch.cat((start, labels[:, :-1]), 1)
        return shifted.masked_fill(shifted == -100, self.config.pad_id)

    def forward(self, *inputs: Any, labels: Tensor | None = None, **published: Any) -> LongT5Output:
        """As LongT5Model, with logits (B, T, V). `labels` (B, T) give the loss, mean cross-entropy
        where they are not -100, and stand in for `decoder_input_ids` where those are absent."""
        given = len(inputs) > 2 or published.keys() & {"decoder_input_ids", "decoder_inputs_embeds"}
        if labels is not None and not given:
            published["decoder_input_ids"] = self.shift_right(labels)
        seen = super().forward(*inputs, **published)
        logits = self.score(seen.last_hidden_state)
        loss = None if labels is None else functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
        return replace(seen, logits=logits, loss=loss)


# ------------------------------------------------------------------ published names

TRANSIENT, LOCAL = "TransientGlobalSelfAttention", "LocalSelfAttention"


def _attention(theirs: str, ours: str) -> tuple[tuple[str, str], ...]:
    parts = (("q.", "query."), ("k.", "key."), ("v.", "value."), ("o.", "out."))
    return tuple((f"{theirs}.{part}", f"{ours}.{word}") for part, word in parts)


def _encoder_attention(kind: str) -> tuple[tuple[str, str], ...]:
    first, each = f"encoder.block.0.layer.0.{kind}.", f"encoder.block.{{i}}.layer.0.{kind}"
    return (
        (f"{first}relative_attention_bias.", "encoder.relative_bias."),
        (f"{first}global_relative_attention_bias.", "encoder.side_relative_bias."),
        (f"{each}.global_input_layer_norm.", "encoder.layers.{i}.attention.side_norm."),
        *_attention(each, "encoder.layers.{i}.attention"),
    )


def _feed_forward(theirs: str, ours: str) -> tuple[tuple[str, str], ...]:
    parts = (("wi_0.", "gate."), ("wi_1.", "linear."), ("wi.", "widen."), ("wo.", "narrow."))
    inside = ((f"{theirs}.DenseReluDense.{part}", f"{ours}.feed_forward.{word}") for part, word in parts)
    return (*inside, (f"{theirs}.layer_norm.", f"{ours}.feed_forward_norm."))


KEYS: tuple[tuple[str, str], ...] = (
    *_encoder_attention(TRANSIENT),  # of two names for one thing, the first is written: `_published` mends it
    *_encoder_attention(LOCAL),
    ("encoder.block.{i}.layer.0.layer_norm.", "encoder.layers.{i}.attention_norm."),
    *_feed_forward("encoder.block.{i}.layer.1", "encoder.layers.{i}"),
    ("encoder.final_layer_norm.", "encoder.norm."),
    ("decoder.block.0.layer.0.SelfAttention.relative_attention_bias.", "decoder.relative_bias."),
    *_attention("decoder.block.{i}.layer.0.SelfAttention", "decoder.layers.{i}.attention"),
    ("decoder.block.{i}.layer.0.layer_norm.", "decoder.layers.{i}.attention_norm."),
    *_attention("decoder.block.{i}.layer.1.EncDecAttention", "decoder.layers.{i}.source_attention"),
    ("decoder.block.{i}.layer.1.layer_norm.", "decoder.layers.{i}.source_norm."),
    *_feed_forward("decoder.block.{i}.layer.2", "decoder.layers.{i}"),
    ("decoder.final_layer_norm.", "decoder.norm."),
)
TIED = tuple((f"{stack}.embed_tokens.weight", "shared.weight") for stack in ("encoder", "decoder"))
IGNORED = (r"decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight",)  # never used
NAMES = Names(KEYS, tied=TIED, ignored=(*IGNORED, r"lm_head\..*"))

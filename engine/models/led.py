"""LED, the Longformer Encoder-Decoder (Beltagy, Peters, Cohan 2020, arXiv 2004.05150, section 7).

BART (arXiv 1910.13461) whose encoder reads 16,384 tokens with Longformer's attention:

    an encoder token   sees the R tokens on either side of it, and every global token (longformer.py)
    a decoder token    sees itself and those before it, and in a second attention all of the input

Letters: B batch, L input tokens, T output tokens, N = B x beams rows, H heads, D head width, W = H x D
model width, R radius (the one-sided window), G most global tokens in a row, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from engine.attention.cache import CrossCache, DecoderState, SelfCache, attend_to_source
from engine.attention.dense import DenseAttention, attend, causal_bias, masked_bias
from engine.attention.rows import by_rows
from engine.attention.window import Marks, Pulse, Weights, WindowAttention, mark, read_masks
from engine.errors import InputTooLong
from engine.weights.checkpoint import Names, Pretrained
from engine.weights.fields import Fields, read_n_labels, read_radii, read_table, write_table
from engine.weights.training import document_loss, init_weights, span_loss, token_loss

# ------------------------------------------------------------------ configuration


@dataclass(frozen=True)
class LEDConfig:
    """Sizes and constants. The defaults are those of led-base-16384.
    Deviation: training never skips whole layers (layerdrop, 0 in every published checkpoint)."""

    vocab_size: int = 50265
    width: int = 768
    n_heads: int = 12
    n_decoder_heads: int = 12
    feed_forward_width: int = 3072
    decoder_feed_forward_width: int = 3072
    radii: tuple[int, ...] = (512,) * 6  # one for each layer of the encoder
    n_decoder_layers: int = 6
    max_positions: int = 16384
    max_decoder_positions: int = 1024
    activation: str = "gelu"
    bos_id: int = 0
    pad_id: int = 1
    eos_id: int = 2
    decoder_start_id: int = 2
    dropout: float = 0.1
    attention_dropout: float = 0.0
    activation_dropout: float = 0.0
    classifier_dropout: float = 0.0
    init_std: float = 0.02
    n_labels: int = 3

    def __post_init__(self) -> None:
        if self.width % self.n_heads or self.width % self.n_decoder_heads:
            raise ValueError(f"width {self.width} does not divide into its heads")
        if not self.radii or min(self.radii) < 1:
            raise ValueError("every layer needs a radius of at least 1")

    @property
    def max_tokens(self) -> int:
        """The longest input that has positions."""
        return self.max_positions


ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {"gelu": functional.gelu, "relu": functional.relu}


PUBLISHED = (  # their name, ours, and what their library takes where the key is absent
    ("vocab_size", "vocab_size", 50265),
    ("d_model", "width", 1024),
    ("encoder_attention_heads", "n_heads", 16),
    ("decoder_attention_heads", "n_decoder_heads", 16),
    ("encoder_ffn_dim", "feed_forward_width", 4096),
    ("decoder_ffn_dim", "decoder_feed_forward_width", 4096),
    ("decoder_layers", "n_decoder_layers", 12),
    ("max_encoder_position_embeddings", "max_positions", 16384),
    ("max_decoder_position_embeddings", "max_decoder_positions", 1024),
    ("bos_token_id", "bos_id", 0),
    ("pad_token_id", "pad_id", 1),
    ("eos_token_id", "eos_id", 2),
    ("decoder_start_token_id", "decoder_start_id", 2),
    ("dropout", "dropout", 0.1),
    ("attention_dropout", "attention_dropout", 0.0),
    ("activation_dropout", "activation_dropout", 0.0),
    ("classifier_dropout", "classifier_dropout", 0.0),
    ("init_std", "init_std", 0.02),
)


def read_config(published: Mapping[str, object]) -> LEDConfig:
    """Translate a published config.json. Raises UnsupportedModel, or ValueError for odd sizes."""
    return LEDConfig(
        radii=read_radii(published, "encoder_layers"),
        activation=Fields(published).word("activation_function", ACTIVATIONS, "gelu"),
        n_labels=read_n_labels(published),
        **read_table(published, PUBLISHED),
    )


def write_config(config: LEDConfig) -> dict[str, object]:
    """The reverse of `read_config`."""
    own = {"encoder_layers": len(config.radii), "activation_function": config.activation}
    return write_table(config, PUBLISHED) | own | {"is_encoder_decoder": True}


# ------------------------------------------------------------------ where global attention goes


def place_global(ids: Tensor) -> Tensor:
    """For summarization: the first token alone (section 7). (B, L) to (B, L) bool."""
    is_global = torch.zeros_like(ids, dtype=torch.bool)
    is_global[:, 0] = True
    return is_global


def place_global_on_question(ids: Tensor, sep_id: int) -> Tensor:
    """For question answering: everything before the first separator, that is <s> and the question."""
    return (ids == sep_id).cumsum(-1) == 0


def place_global_on_separators(ids: Tensor, separator_id: int) -> Tensor:
    """For several documents: the first token and every separator between two of them, which gather
    what each document says (PRIMERA, arXiv 2110.08499)."""
    return place_global(ids) | (ids == separator_id)


# ------------------------------------------------------------------ layers


class FeedForward(nn.Module):
    """Widen, bend, narrow; added to its input and normed."""

    def __init__(self, config: LEDConfig, width: int) -> None:
        super().__init__()
        self.widen, self.narrow = nn.Linear(config.width, width), nn.Linear(width, config.width)
        self.norm = nn.LayerNorm(config.width)
        self.activation = ACTIVATIONS[config.activation]
        self.dropout = nn.Dropout(config.dropout)
        self.activation_dropout = nn.Dropout(config.activation_dropout)

    def forward(self, states: Tensor) -> Tensor:
        """(B, L, W) to (B, L, W), each token alone."""
        widened = self.activation_dropout(self.activation(self.widen(states)))
        return self.norm(states + self.dropout(self.narrow(widened)))  # type: ignore[no-any-return]


class EncoderLayer(nn.Module):
    """Longformer's attention, then feed-forward; each added to its input and normed afterwards."""

    def __init__(self, config: LEDConfig, radius: int) -> None:
        super().__init__()
        self.attention = WindowAttention(config.width, config.n_heads, radius, config.attention_dropout)
        self.attention_out = nn.Linear(config.width, config.width)
        self.attention_norm = nn.LayerNorm(config.width)
        self.feed_forward = FeedForward(config, config.feed_forward_width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, states: Tensor, marks: Marks, want_weights: bool = False, pulse: Pulse | None = None
    ) -> tuple[Tensor, Weights | None]:
        """(B, L, W) to (B, L, W), and the attention probabilities where wanted."""
        context, weights = self.attention(states, marks, want_weights, pulse)
        states = self.attention_norm(states + self.dropout(self.attention_out(context)))
        return by_rows(self.feed_forward, states, pulse), weights


class DecoderLayer(nn.Module):
    """A look back, a look at the input, feed-forward; each added to its input and normed."""

    def __init__(self, config: LEDConfig) -> None:
        super().__init__()
        width, attention = config.width, (config.width, config.n_decoder_heads, config.attention_dropout)
        self.own = DenseAttention(*attention)
        self.own_norm = nn.LayerNorm(width)
        self.source = DenseAttention(*attention)
        self.source_norm = nn.LayerNorm(width)
        self.feed_forward = FeedForward(config, config.decoder_feed_forward_width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, states: Tensor, source: Tensor, own_bias: Tensor, source_bias: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """All T tokens at once: the states (B, T, W) and the weights of both attentions."""
        back, own_weights = self.own(states, states, own_bias)
        states = self.own_norm(states + self.dropout(back))
        seen, source_weights = self.source(states, source, source_bias)
        states = self.source_norm(states + self.dropout(seen))
        return self.feed_forward(states), own_weights, source_weights

    def step(self, states: Tensor, own: SelfCache, source: CrossCache, bias: Tensor, n_beams: int) -> Tensor:
        """One token for each row, (N, 1, W), with what the caches hold."""
        context, _ = attend(self.own.queries(states), *own.append(*self.own.keys(states)))
        states = self.own_norm(states + self.own.merge(context))
        context, _ = attend_to_source(self.source.queries(states), source, bias, n_beams)
        states = self.source_norm(states + self.source.merge(context))
        return self.feed_forward(states)  # type: ignore[no-any-return]


class Stack(nn.Module):
    """The layers of one side, and its positions, from 0: BART's offset of 2 was cut off."""

    def __init__(self, config: LEDConfig, layers: list[EncoderLayer] | list[DecoderLayer], most: int) -> None:
        super().__init__()
        self.position = nn.Embedding(most, config.width)
        self.norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(layers)

    def embed(self, vectors: Tensor, start: int = 0) -> Tensor:
        """Word vectors (B, L, W) from position `start` on to the first states. Raises InputTooLong."""
        stop, most = start + vectors.shape[1], self.position.num_embeddings
        if stop > most:
            raise InputTooLong(f"This model has positions for {most} tokens, not for {stop}.")
        positions = self.position(torch.arange(start, stop, device=vectors.device))
        return self.dropout(self.norm(vectors + positions))  # type: ignore[no-any-return]


# ------------------------------------------------------------------ the model


@dataclass(frozen=True)
class EncoderOutput:
    """What the encoder gives; the last three are None unless asked for. `attentions` hold, for each
    layer, (B, H, L, G + 2R + 1): the global tokens in order, then the window; rows of global tokens
    stand in `global_attentions`, (B, H, L, G)."""

    last_hidden_state: Tensor  # (B, L, W)
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    global_attentions: tuple[Tensor, ...] | None = None


@dataclass(frozen=True)
class DecoderOutput:
    """What the decoder gives for T tokens: states, and the weights (B, H, T, T) and (B, H, T, L)."""

    last_hidden_state: Tensor  # (B, T, W)
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What both sides did on the way, under the published names."""

    encoder_last_hidden_state: Tensor
    encoder_hidden_states: tuple[Tensor, ...] | None = None
    encoder_attentions: tuple[Tensor, ...] | None = None
    encoder_global_attentions: tuple[Tensor, ...] | None = None
    decoder_hidden_states: tuple[Tensor, ...] | None = None
    decoder_attentions: tuple[Tensor, ...] | None = None
    cross_attentions: tuple[Tensor, ...] | None = None

    def traces(self) -> dict[str, Any]:
        """These fields, to be handed on."""
        return {field.name: getattr(self, field.name) for field in fields(Traces)}


@dataclass(frozen=True, kw_only=True)
class LEDOutput(Traces):
    """States of the decoder."""

    last_hidden_state: Tensor  # (B, T, W)


@dataclass(frozen=True, kw_only=True)
class LEDHeadOutput(Traces):
    """Scores, and the loss where labels were given."""

    logits: Tensor  # (B, T, V) of the next token, or (B, n_labels)
    loss: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class LEDSpanOutput(Traces):
    """Scores of each token (B, T) to be the first and the last of the answer."""

    start_logits: Tensor
    end_logits: Tensor
    loss: Tensor | None = None


class LED(Pretrained):
    """What the model and its heads share: where they are stored, and under which names."""

    model_type = "led"

    @classmethod
    def names(cls) -> Names:
        """The table at the end of this file."""
        return NAMES

    @classmethod
    def read_config(cls, published: Mapping[str, object], stored_names: Collection[str]) -> LEDConfig:
        """See the function of this name."""
        return read_config(published)

    @classmethod
    def write_config(cls, config: LEDConfig) -> dict[str, object]:
        """See the function of this name."""
        return write_config(config)


class LEDModel(LED):
    """Encoder and decoder. Set `gradient_checkpointing` to train in less memory and more time."""

    def __init__(self, config: LEDConfig) -> None:
        super().__init__()
        self.config = config
        self.gradient_checkpointing = False
        self.shared = nn.Embedding(config.vocab_size, config.width, padding_idx=config.pad_id)
        encoder_layers = [EncoderLayer(config, radius) for radius in config.radii]
        decoder_layers = [DecoderLayer(config) for _ in range(config.n_decoder_layers)]
        self.encoder = Stack(config, encoder_layers, config.max_positions)
        self.decoder = Stack(config, decoder_layers, config.max_decoder_positions)
        init_weights(self, config.init_std)

    def encode(
        self,
        ids: Tensor | None,
        valid: Tensor,
        is_global: Tensor | None = None,
        *,
        vectors: Tensor | None = None,
        want_states: bool = False,
        want_attentions: bool = False,
        between_layers: Pulse | None = None,
    ) -> EncoderOutput:
        """Encode (B, L) ids, or (B, L, W) word `vectors` in their place.

        `valid` and `is_global` are (B, L) bool; None is no global attention at all: the caller
        places it (`place_global`). `between_layers` is called before each layer and each chunk of
        at most 2,048 tokens; what it raises stops the computation. Raises InputTooLong.
        """
        vectors = self._words(ids, vectors)
        marks = mark(valid, torch.zeros_like(valid) if is_global is None else is_global)
        states = self.encoder.embed(vectors)
        kept, weights = [states], []
        for layer in self.encoder.layers:
            if between_layers is not None:
                between_layers()
            states, seen = self._run(layer, states, marks, want_attentions, between_layers)
            if want_states:
                kept.append(states)
            weights.append(seen)
        local = tuple(seen.local for seen in weights) if want_attentions else None
        overall = tuple(seen.overall for seen in weights) if want_attentions and marks.n_global else None
        return EncoderOutput(states, tuple(kept) if want_states else None, local, overall)

    def decode(
        self,
        ids: Tensor | None,
        source: Tensor,
        valid: Tensor,
        decoder_valid: Tensor | None = None,
        *,
        vectors: Tensor | None = None,
        want_states: bool = False,
        want_attentions: bool = False,
    ) -> DecoderOutput:
        """All T tokens at once, each seeing those before it: (B, T) ids, or word `vectors`, over the
        encoder's states `source` (B, L, W), of which `valid` (B, L) are real."""
        states = self.decoder.embed(self._words(ids, vectors))
        own_bias = causal_bias(states.shape[1], states.dtype, states.device, decoder_valid)
        biases = own_bias, masked_bias(valid, states.dtype)[:, None, None]
        kept, weights = [states], []
        for layer in self.decoder.layers:
            states, own, cross = self._run(layer, states, source, *biases)
            if want_states:
                kept.append(states)
            weights.append((own, cross))
        own_weights = tuple(own for own, _ in weights) if want_attentions else None
        source_weights = tuple(cross for _, cross in weights) if want_attentions else None
        return DecoderOutput(states, tuple(kept) if want_states else None, own_weights, source_weights)

    def start(self, states: Tensor, valid: Tensor, *, n_beams: int = 1, max_length: int) -> DecoderState:
        """Prepare to decode up to `max_length` tokens from encoded documents (B, L, W): their keys
        and values, computed once for all beams, and room for those of the output."""
        n_rows, heads = states.shape[0] * n_beams, self.config.n_decoder_heads
        capacity, head_width = min(max_length, self.config.max_decoder_positions), self.config.width // heads
        layers = [layer for layer in self.decoder.layers if isinstance(layer, DecoderLayer)]
        return DecoderState(
            own=[SelfCache(n_rows, heads, head_width, capacity, states) for _ in layers],
            source=[CrossCache(*layer.source.keys(states)) for layer in layers],
            bias=masked_bias(valid, states.dtype)[:, None, None],
            n_beams=n_beams,
        )

    def step(self, tokens: Tensor, state: DecoderState) -> Tensor:
        """The next token of each row, (N,) ids, to its states (N, W). Raises InputTooLong."""
        states = self.decoder.embed(self.shared(tokens[:, None]), state.length)
        for layer, own, source in zip(self.decoder.layers, state.own, state.source, strict=True):
            states = cast(DecoderLayer, layer).step(states, own, source, state.bias, state.n_beams)
        state.length += 1
        return states[:, 0]

    def _words(self, ids: Tensor | None, vectors: Tensor | None) -> Tensor:
        if (ids is None) == (vectors is None):
            raise ValueError("give either ids or vectors, to the encoder and to the decoder")
        return self.shared(ids) if vectors is None else vectors

    def _run(self, layer: nn.Module, *given: Any) -> Any:
        if self.gradient_checkpointing and self.training:
            return checkpoint(layer, *given, use_reentrant=False)
        return layer(*given)

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: EncoderOutput | None = None,
        global_attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        decoder_inputs_embeds: Tensor | None = None,
        use_cache: bool = False,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> LEDOutput:
        """The published signature: masks are of 0 and 1, 1 for real and for global. Without decoder
        input the decoder reads the input, shifted right. `use_cache` is refused here: decoding
        token by token is `start` and `step`."""
        if use_cache:
            raise ValueError("this decodes all tokens at once; to go token by token, use start and step")
        states = None if encoder_outputs is None else encoder_outputs.last_hidden_state
        given = [one for one in (input_ids, inputs_embeds, states) if one is not None]
        if not given:
            raise ValueError("give either input_ids or inputs_embeds")
        valid, is_global = read_masks(given[0], attention_mask, global_attention_mask)
        wanted: dict[str, Any] = {"want_states": output_hidden_states, "want_attentions": output_attentions}
        encoded = encoder_outputs or self.encode(input_ids, valid, is_global, vectors=inputs_embeds, **wanted)
        if decoder_input_ids is None and decoder_inputs_embeds is None and input_ids is not None:
            decoder_input_ids = shift_right(input_ids, self.config)
        decoder_valid = None if decoder_attention_mask is None else decoder_attention_mask > 0
        source, vectors = encoded.last_hidden_state, decoder_inputs_embeds
        decoded = self.decode(decoder_input_ids, source, valid, decoder_valid, vectors=vectors, **wanted)
        return LEDOutput(
            last_hidden_state=decoded.last_hidden_state,
            encoder_last_hidden_state=encoded.last_hidden_state,
            encoder_hidden_states=encoded.hidden_states,
            encoder_attentions=encoded.attentions,
            encoder_global_attentions=encoded.global_attentions,
            decoder_hidden_states=decoded.hidden_states,
            decoder_attentions=decoded.attentions,
            cross_attentions=decoded.cross_attentions,
        )


def shift_right(ids: Tensor, config: LEDConfig) -> Tensor:
    """What the decoder reads to say `ids`: the start token, then all but the last; -100 is padding."""
    start = torch.full_like(ids[:, :1], config.decoder_start_id)
    shifted = torch.cat((start, ids[:, :-1]), 1)
    return shifted.masked_fill(shifted == -100, config.pad_id)


# ------------------------------------------------------------------ heads


class LEDForConditionalGeneration(LED):
    """Writes text about text. `encode`, `start` and `step` are what `engine.decode` needs."""

    def __init__(self, config: LEDConfig) -> None:
        super().__init__()
        self.config = config
        self.led = LEDModel(config)
        self.lm_head = nn.Linear(config.width, config.vocab_size, bias=False)
        self.lm_head.weight = self.led.shared.weight
        self.register_buffer("final_logits_bias", torch.zeros(1, config.vocab_size))

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        *,
        labels: Tensor | None = None,
        **published: Any,
    ) -> LEDHeadOutput:
        """Logits (B, T, V). `labels` (B, T): -100 is not scored; without decoder input, the decoder
        reads them shifted right. Others as in LEDModel."""
        if labels is not None and decoder_input_ids is None and "decoder_inputs_embeds" not in published:
            decoder_input_ids = shift_right(labels, self.config)
        seen = self.led(input_ids, attention_mask, decoder_input_ids, **published)
        logits = self.lm_head(seen.last_hidden_state) + self.final_logits_bias
        return LEDHeadOutput(logits=logits, loss=token_loss(logits, labels), **seen.traces())

    def encode(
        self, ids: Tensor | None, valid: Tensor, is_global: Tensor | None = None, **options: Any
    ) -> EncoderOutput:
        """As LEDModel.encode."""
        return self.led.encode(ids, valid, is_global, **options)

    def start(self, states: Tensor, valid: Tensor, *, n_beams: int = 1, max_length: int) -> DecoderState:
        """As LEDModel.start."""
        return self.led.start(states, valid, n_beams=n_beams, max_length=max_length)

    def step(self, tokens: Tensor, state: DecoderState) -> Tensor:
        """The next token of each row, (N,) ids, to the scores (N, V) of the one after it."""
        return self.lm_head(self.led.step(tokens, state)) + self.final_logits_bias  # type: ignore[no-any-return]


class LEDForSequenceClassification(LED):
    """A label for a document, read from the decoder's state at the last </s> of the input.
    Deviation: rows may differ in how many they have."""

    def __init__(self, config: LEDConfig) -> None:
        super().__init__()
        self.config = config
        self.led = LEDModel(config)
        dense, out = nn.Linear(config.width, config.width), nn.Linear(config.width, config.n_labels)
        self.classification_head = nn.ModuleDict({"dense": dense, "out_proj": out})
        self.dropout = nn.Dropout(config.classifier_dropout)
        init_weights(self.classification_head, config.init_std)

    def forward(self, input_ids: Tensor, *, labels: Tensor | None = None, **published: Any) -> LEDHeadOutput:
        """Logits (B, n_labels). Integer `labels` (B,) name a class, float ones (B, n_labels) say yes
        or no to each; with one label they are numbers to be met. Each row needs a </s>."""
        seen = self.led(input_ids, **published)
        is_end = input_ids == self.config.eos_id
        if not bool(is_end.any(1).all()):
            raise ValueError("every row needs an end token, which the label is read from")
        last = input_ids.shape[1] - 1 - is_end.flip(1).int().argmax(1)
        state = seen.last_hidden_state[torch.arange(len(last), device=last.device), last]
        hidden = torch.tanh(self.classification_head["dense"](self.dropout(state)))
        logits = self.classification_head["out_proj"](self.dropout(hidden))
        return LEDHeadOutput(logits=logits, loss=document_loss(logits, labels), **seen.traces())


class LEDForQuestionAnswering(LED):
    """Where the answer begins and ends, read from the decoder's states."""

    def __init__(self, config: LEDConfig) -> None:
        super().__init__()
        self.config = config
        self.led = LEDModel(config)
        self.qa_outputs = nn.Linear(config.width, 2)
        init_weights(self.qa_outputs, config.init_std)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        start_positions: Tensor | None = None,
        end_positions: Tensor | None = None,
        **published: Any,
    ) -> LEDSpanOutput:
        """Scores (B, T) of each token; positions (B,), those past the end are not scored. Global
        attention is the caller's to place (`place_global_on_question`)."""
        seen = self.led(input_ids, **published)
        start, end = self.qa_outputs(seen.last_hidden_state).unbind(-1)
        loss = span_loss(start, end, start_positions, end_positions)
        return LEDSpanOutput(start_logits=start, end_logits=end, loss=loss, **seen.traces())


# ------------------------------------------------------------------ published names

BOTH = (  # after "encoder." and "decoder."
    ("embed_positions.", "position."),
    ("layernorm_embedding.", "norm."),
    ("layers.{i}.fc1.", "layers.{i}.feed_forward.widen."),
    ("layers.{i}.fc2.", "layers.{i}.feed_forward.narrow."),
    ("layers.{i}.final_layer_norm.", "layers.{i}.feed_forward.norm."),
)
KEYS: tuple[tuple[str, str], ...] = (
    *((f"{side}.{theirs}", f"{side}.{ours}") for side in ("encoder", "decoder") for theirs, ours in BOTH),
    ("encoder.layers.{i}.self_attn.longformer_self_attn.", "encoder.layers.{i}.attention."),
    ("encoder.layers.{i}.self_attn.output.", "encoder.layers.{i}.attention_out."),
    ("encoder.layers.{i}.self_attn_layer_norm.", "encoder.layers.{i}.attention_norm."),
    ("decoder.layers.{i}.self_attn.q_proj.", "decoder.layers.{i}.own.query."),
    ("decoder.layers.{i}.self_attn.k_proj.", "decoder.layers.{i}.own.key."),
    ("decoder.layers.{i}.self_attn.v_proj.", "decoder.layers.{i}.own.value."),
    ("decoder.layers.{i}.self_attn.out_proj.", "decoder.layers.{i}.own.out."),
    ("decoder.layers.{i}.self_attn_layer_norm.", "decoder.layers.{i}.own_norm."),
    ("decoder.layers.{i}.encoder_attn.q_proj.", "decoder.layers.{i}.source.query."),
    ("decoder.layers.{i}.encoder_attn.k_proj.", "decoder.layers.{i}.source.key."),
    ("decoder.layers.{i}.encoder_attn.v_proj.", "decoder.layers.{i}.source.value."),
    ("decoder.layers.{i}.encoder_attn.out_proj.", "decoder.layers.{i}.source.out."),
    ("decoder.layers.{i}.encoder_attn_layer_norm.", "decoder.layers.{i}.source_norm."),
)
NAMES = Names(
    KEYS,
    base="led.",
    tied=(
        ("encoder.embed_tokens.weight", "shared.weight"),
        ("decoder.embed_tokens.weight", "shared.weight"),
        ("lm_head.weight", "shared.weight"),
    ),
    zero_if_absent=("final_logits_bias",),
)

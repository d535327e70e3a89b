"""What decoding needs of a model and of a strategy. Both are met by shape alone: nothing inherits.

Letters: B documents, n beams, N = B x n rows, L tokens of a document, T tokens of the output,
W model width, V vocabulary. Row b x n + i is beam i of document b.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

from engine.attention.cache import CrossCache


class State(Protocol):
    """What a decoder remembers between two tokens: `source` are the documents, layer by layer."""

    source: list[CrossCache]

    def reorder(self, beam_index: Tensor) -> None:
        """Let row i continue row `beam_index[i]`; (N,)."""


class EncoderOutput(Protocol):
    """What a model's encoder gives."""

    @property
    def last_hidden_state(self) -> Tensor:
        """States of the document, (B, L, W)."""


class Seq2Seq(Protocol):
    """A model that writes a text from a text. LongT5ForConditionalGeneration and
    LEDForConditionalGeneration are two."""

    @property
    def encode(self) -> Callable[..., EncoderOutput]:
        """`encode(ids, valid, is_global, between_layers=...)`: (B, L) long, bool, and bool or None."""

    @property
    def start(self) -> Callable[..., State]:
        """`start(states, valid, n_beams=..., max_length=...)`: a state for B x n_beams rows."""

    @property
    def step(self) -> Callable[..., Tensor]:
        """`step(tokens, state)`: (N,) tokens fed, scores (N, V) of the next."""


class Strategy(Protocol):
    """Chooses tokens. `advance` takes the scores of the next token and remembers what it chose."""

    done: bool  # whether nothing more is to be chosen

    @property
    def ids(self) -> Tensor:
        """The outputs being written, (N, T), the start token first."""

    def prepare(self, scores: Tensor) -> Tensor:
        """The scores (N, V) in float32 in the form that processors change."""

    def advance(self, scores: Tensor) -> Tensor | None:
        """Choose, given processed scores (N, V). Returns which row each row now continues, (N,), or
        None where each continues itself."""

    def best(self) -> tuple[tuple[int, ...], ...]:
        """For each document the best output as it stands, while it is being written."""

    def results(self) -> tuple[tuple[tuple[int, ...], ...], tuple[float, ...]]:
        """For each document the best output, and its score."""

    def others(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """For each document the finished outputs that came second, third and so on."""

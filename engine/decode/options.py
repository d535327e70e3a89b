"""What may be chosen about decoding, and what a model's directory says about it.

Published models keep their defaults in `generation_config.json`; older ones keep them among the
rest of `config.json`. The first is read where it exists, else the second, as the published
library does; special tokens that the first leaves out are taken from the second.

What a model asks for and Precis does not do is refused, rather than left out in silence.

Deviation: sampling is not offered. A published `do_sample` is ignored, so that the same input
gives the same output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import UnsupportedModel
from engine.weights.fields import Fields
from engine.weights.header import read_object

DEFAULT_NEW_TOKENS = 20  # where neither the caller nor the model says anything
MOST_TOKENS = 2**16


@dataclass(frozen=True, kw_only=True)
class GenerationOptions:
    """How to decode. Lengths count the start token, as the published `max_length` does; those of
    new tokens do not, and win where both are given."""

    start_id: int  # the token that an output begins with
    eos_ids: tuple[int, ...]  # the tokens that end one
    pad_id: int
    n_beams: int = 1  # 1 is greedy
    max_length: int | None = None
    max_new_tokens: int | None = None
    min_length: int = 0
    min_new_tokens: int | None = None
    length_penalty: float = 1.0  # a finished output's log-probability is divided by its length to this power
    early_stopping: bool | Literal["never"] = False  # True: stop at n_beams finished; "never": only when sure
    repetition_penalty: float = 1.0  # Keskar et al. 2019, arXiv 1909.05858, section 4.1
    encoder_repetition_penalty: float = 1.0  # above 1, tokens of the document gain what others lose
    no_repeat_ngram_size: int = 0  # Paulus et al. 2017, arXiv 1705.04304, section 2.5
    encoder_no_repeat_ngram_size: int = 0  # the same for n-grams of the document
    bad_words: tuple[tuple[int, ...], ...] = ()  # sequences that are never completed
    suppress: tuple[int, ...] = ()  # tokens that are never chosen
    begin_suppress: tuple[int, ...] = ()  # nor as the first new token
    forced_bos_id: int | None = None  # must be the first new token
    forced_eos_ids: tuple[int, ...] = ()  # must be the last token at the greatest length
    copy: float = 0.0  # the probability that a token is copied from where the decoder looks
    renormalize: bool = False  # make scores log-probabilities again after all rules

    def __post_init__(self) -> None:
        if self.n_beams < 1 or self.total_length < 2:
            raise ValueError("at least one beam and one new token")
        if min(self.repetition_penalty, self.encoder_repetition_penalty) <= 0:
            raise ValueError("a repetition penalty is above 0; 1 is none")
        if min(self.no_repeat_ngram_size, self.encoder_no_repeat_ngram_size, self.least_length) < 0:
            raise ValueError("n-gram sizes and lengths count from 0")
        if not 0 <= self.copy <= 1:
            raise ValueError("copying is a probability, from 0 to 1")
        if not all(self.bad_words):
            raise ValueError("a bad word has at least one token")

    @property
    def total_length(self) -> int:
        """The greatest length of an output, the start token included."""
        if self.max_new_tokens is not None:
            return self.max_new_tokens + 1
        return DEFAULT_NEW_TOKENS + 1 if self.max_length is None else self.max_length

    @property
    def least_length(self) -> int:
        """The length below which no output ends, the start token included."""
        return self.min_length if self.min_new_tokens is None else self.min_new_tokens + 1


def read_options(directory: str | Path) -> GenerationOptions:
    """The defaults of a model directory; `dataclasses.replace` changes single ones.

    Raises CheckpointError where the files cannot be read or hold values of the wrong kind.
    """
    directory = Path(directory)
    config = read_object(directory / "config.json")
    own = directory / "generation_config.json"
    try:
        return parse_options(read_object(own) if own.is_file() else config, config)
    except ValueError as error:
        raise UnsupportedModel(f"The model's defaults for generation cannot be used: {error}.") from error


def parse_options(published: Mapping[str, object], config: Mapping[str, object]) -> GenerationOptions:
    """Translate published defaults, taking special tokens that they lack from `config`."""
    special = {name: published.get(name, config.get(name)) for name in SPECIAL}
    most = Fields(config).integer("vocab_size") - 1
    fields = Fields(published)
    for name, nothing in REFUSED.items():
        if published.get(name) not in (None, *nothing):
            raise UnsupportedModel(f"The model's defaults for generation ask for {name}, which Precis lacks.")

    def count(name: str) -> int | None:
        return fields.integer(name, least=0, most=MOST_TOKENS) if fields.has(name) else None

    def tokens(values: Mapping[str, object], name: str) -> tuple[int, ...]:
        return _tokens(values.get(name), name, most)

    start = tokens(special, "decoder_start_token_id") or tokens(special, "bos_token_id")
    eos_ids = tokens(special, "eos_token_id")
    pad = tokens(special, "pad_token_id") or eos_ids
    if not start or not pad:
        raise ValueError("decoder_start_token_id and pad_token_id must be given")
    stopping = published.get("early_stopping")
    return GenerationOptions(
        start_id=start[0],
        eos_ids=eos_ids,
        pad_id=pad[0],
        n_beams=fields.integer("num_beams", 1, most=64),
        max_length=count("max_length"),
        max_new_tokens=count("max_new_tokens"),
        min_length=count("min_length") or 0,
        min_new_tokens=count("min_new_tokens"),
        length_penalty=_number(published, "length_penalty", 1.0),
        early_stopping="never" if stopping == "never" else fields.flag("early_stopping", False),
        repetition_penalty=fields.number("repetition_penalty", 1.0),
        encoder_repetition_penalty=fields.number("encoder_repetition_penalty", 1.0),
        no_repeat_ngram_size=count("no_repeat_ngram_size") or 0,
        encoder_no_repeat_ngram_size=count("encoder_no_repeat_ngram_size") or 0,
        bad_words=_bad_words(published.get("bad_words_ids"), most),
        suppress=tokens(published, "suppress_tokens"),
        begin_suppress=tokens(published, "begin_suppress_tokens"),
        forced_bos_id=next(iter(tokens(published, "forced_bos_token_id")), None),
        forced_eos_ids=tokens(published, "forced_eos_token_id"),
        renormalize=fields.flag("renormalize_logits", False),
    )


REFUSED: Mapping[str, tuple[object, ...]] = {  # and the values that mean nothing
    "num_beam_groups": (1,), "diversity_penalty": (0,), "penalty_alpha": (0,), "guidance_scale": (1,),
    "remove_invalid_values": (False,), "sequence_bias": (), "exponential_decay_length_penalty": (),
    "force_words_ids": (), "constraints": (), "watermarking_config": (), "stop_strings": (), "max_time": (),
}
SPECIAL = ("decoder_start_token_id", "bos_token_id", "eos_token_id", "pad_token_id")


def _tokens(value: object, name: str, most: int) -> tuple[int, ...]:
    """One token of the vocabulary, or a list of them."""
    if value is None:
        return ()
    given = value if isinstance(value, list) else [value]
    return tuple(Fields({name: one}).integer(name, least=0, most=most) for one in given)


def _bad_words(value: object, most: int) -> tuple[tuple[int, ...], ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise UnsupportedModel("bad_words_ids must be a list of lists of tokens.")
    return tuple(_tokens(word, "bad_words_ids", most) for word in value)


def _number(published: Mapping[str, object], name: str, default: float) -> float:
    """A number that may be negative."""
    value = published.get(name)
    if isinstance(value, int | float) and value < 0:
        return -Fields({name: -value}).number(name)
    return Fields(published).number(name, default)

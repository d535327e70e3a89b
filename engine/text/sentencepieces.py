"""LongT5's text to ids and back: a SentencePiece unigram model, with the place in the text of every id.

A model directory holds `spiece.model`, as the authors published it, or `tokenizer.json`. The first
is read here (it is a protocol buffer with a list of pieces and a table of replacements) and handed
to the `tokenizers` library, which keeps track of places: SentencePiece's own normalisation (nmt_nfkc:
ligatures become letters, fractions become digits) changes lengths, and what a model finds must be
pointed at in the text as it was given. Offsets count code points.

    X                          X </s>
    A and B                    A </s> B </s>
    <extra_id_0> ..            the last ids of the vocabulary, counted from its end

What a document says is text: `</s>` in it is five characters, unless `special_in_text` is set.
White space is not kept: runs of it, and ends of lines, become one space between words.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tokenizers import AddedToken, Regex, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers import Tokenizer as Library

from engine.errors import CheckpointError, MissingWeights, UnsupportedModel
from engine.text.tokenizer import FILE, MAX_BYTES, Encoded, encoded, whole
from engine.weights.fields import Fields
from engine.weights.header import read_object, refuse

PIECES = "spiece.model"
SETTINGS = "tokenizer_config.json"
N_EXTRA = 100
SPECIAL_NAME = r"<(?=(/s|pad|unk|extra_id_\d+)>)"  # where one begins
UNKNOWN, CONTROL = 2, 3  # kinds of pieces
UNIGRAM = 1  # the kind of model that T5 has


class SentencePieces:
    """The tokenizer of a LongT5 directory. `eos_id` ends each text; LongT5 has no token that begins one."""

    def __init__(
        self, library: Library, *, pieces: bytes | None = None, special_in_text: bool = False
    ) -> None:
        library.no_padding()
        library.no_truncation()
        self._library, self._pieces, self._stored = library, pieces, library.to_str()
        if not special_in_text:
            library.encode_special_tokens = True
            # Not enough: special tokens are pieces too, and likely ones. So their names are parted.
            library.pre_tokenizer = pre_tokenizers.Sequence(
                [library.pre_tokenizer, pre_tokenizers.Split(Regex(SPECIAL_NAME), "isolated")]
            )
        self.pad_id, self.eos_id, self.unk_id = (self._special(name) for name in ("<pad>", "</s>", "<unk>"))

    @classmethod
    def from_directory(cls, directory: str | Path, *, special_in_text: bool = False) -> Self:
        """Read the tokenizer of a model directory.

        Raises MissingWeights where there is none, CheckpointError for a damaged file, and
        UnsupportedModel for a kind of tokenizer that these models do not have.
        """
        directory = Path(directory)
        for name in (PIECES, FILE):
            if (file := directory / name).is_file():
                break
        else:
            raise MissingWeights(f"There is no {PIECES} in the model directory. Fetch the model again.")
        if file.stat().st_size > MAX_BYTES:
            refuse(file, "it is far too large")
        try:
            if file.name == FILE:
                library, pieces = Library.from_str(file.read_text("utf-8")), None
            else:
                pieces = file.read_bytes()
                library = build_library(read_pieces(file, pieces), _count_extra(directory))
            return cls(library, pieces=pieces, special_in_text=special_in_text)
        except CheckpointError:
            raise
        except Exception as error:  # the library raises nothing narrower for a file that it cannot use
            raise CheckpointError("The tokenizer's files are damaged. Fetch the model again.") from error

    @property
    def n_tokens(self) -> int:
        """How many ids there are, extra ids included. Models have rows for a few more."""
        return int(self._library.get_vocab_size(with_added_tokens=True))

    def id_of(self, piece: str) -> int | None:
        """The id of a piece as the vocabulary spells it, such as "▁the", where it has one."""
        number = self._library.token_to_id(piece)
        return None if number is None else int(number)

    def extra_id(self, number: int) -> int:
        """The id of `<extra_id_number>`, which stands for a gap. Raises ValueError where there is none."""
        found = self.id_of(f"<extra_id_{number}>")
        if found is None:
            raise ValueError(f"this vocabulary has no <extra_id_{number}>")
        return found

    def encode(self, text: str) -> Encoded:
        """Ids and offsets, without special tokens."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[Encoded]:
        """The same for many texts at once."""
        mended = [whole(text) for text in texts]
        return [encoded(one) for one in self._library.encode_batch(mended, add_special_tokens=False)]

    def encode_framed(self, text: str, second: str | None = None) -> Encoded:
        """One or two texts, each with `</s>` after it."""
        pair = None if second is None else whole(second)
        return encoded(self._library.encode(whole(text), pair, add_special_tokens=True))

    def decode(self, ids: Sequence[int], *, keep_special: bool = False) -> str:
        """The text that ids stand for; special tokens are left out unless kept."""
        return str(self._library.decode(list(ids), skip_special_tokens=not keep_special))

    def save(self, directory: str | Path) -> None:
        """Write `tokenizer.json`, and `spiece.model` where it came from one."""
        directory = Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / FILE).write_text(self._stored, "utf-8")
        if self._pieces is not None:
            (directory / PIECES).write_bytes(self._pieces)

    def _special(self, name: str) -> int:
        if (number := self.id_of(name)) is None:
            raise UnsupportedModel(f"The tokenizer has no {name}, which LongT5 needs.")
        return number


def _count_extra(directory: Path) -> int:
    """How many extra ids the settings ask for."""
    file = directory / SETTINGS
    fields = Fields(read_object(file) if file.is_file() else {})
    return fields.integer("extra_ids", N_EXTRA, least=0, most=10_000)


# ------------------------------------------------------------------ spiece.model


@dataclass(frozen=True)
class Pieces:
    """What `spiece.model` says: pieces with their log-probabilities and kinds, and the table by which
    text is normalised (empty: it is not)."""

    pieces: tuple[tuple[str, float], ...]
    kinds: tuple[int, ...]
    replacements: bytes


def read_pieces(file: Path, content: bytes) -> Pieces:
    """Parse a SentencePiece model (sentencepiece_model.proto). Raises CheckpointError, UnsupportedModel."""
    pieces, kinds, replacements, kind_of_model = [], [], b"", UNIGRAM
    try:
        for number, value in _fields(content):
            if number == 1 and isinstance(value, bytes):
                piece = dict(_fields(value))
                pieces.append((_bytes(piece[1]).decode("utf-8"), _float(piece.get(2, b"\0\0\0\0"))))
                kinds.append(int(piece.get(3, 1)))
            elif number == 2 and isinstance(value, bytes):
                kind_of_model = int(dict(_fields(value)).get(3, UNIGRAM))
            elif number == 3 and isinstance(value, bytes):
                replacements = _bytes(dict(_fields(value)).get(2, b""))
    except (ValueError, KeyError, IndexError, struct.error):
        refuse(file, "it is not a SentencePiece model")
    if kind_of_model != UNIGRAM:
        raise UnsupportedModel(f"{file.name} is not a unigram model, which LongT5 has.")
    if kinds.count(UNKNOWN) != 1:
        refuse(file, "it does not say which piece stands for what it does not know")
    return Pieces(tuple(pieces), tuple(kinds), replacements)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a protocol buffer: numbers and values. Raises ValueError where it is cut off."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        value: int | bytes
        if kind == 0:
            value, at = _varint(message, at)
        else:
            size, at = (8 if kind == 1 else 4, at) if kind in (1, 5) else _varint(message, at)
            if kind not in (1, 2, 5) or at + size > len(message):
                raise ValueError("cut off, or no protocol buffer")
            value, at = message[at : at + size], at + size
        yield key >> 3, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, seven bits each, the lowest first; and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number without an end")


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("a number where bytes should be")
    return value


def _float(value: int | bytes) -> float:
    return float(struct.unpack("<f", _bytes(value))[0])


def build_library(model: Pieces, n_extra: int) -> Library:
    """The tokenizer of T5: whitespace parts words, `▁` begins each, the likeliest pieces cover it."""
    extra = [f"<extra_id_{number}>" for number in reversed(range(n_extra))]
    known = {piece for piece, _ in model.pieces}
    vocabulary = [*model.pieces, *((name, 0.0) for name in extra if name not in known)]
    library = Library(models.Unigram(vocabulary, model.kinds.index(UNKNOWN), byte_fallback=False))
    if model.replacements:
        library.normalizer = normalizers.Precompiled(model.replacements)
    library.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace("▁", "always", split=True)]
    )
    library.decoder = decoders.Metaspace("▁", "always", split=True)
    kinds = zip(model.pieces, model.kinds, strict=True)
    names = [piece for (piece, _), kind in kinds if kind in (UNKNOWN, CONTROL)] + extra
    library.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in names])
    end = library.token_to_id("</s>")
    if end is None:
        raise UnsupportedModel("The tokenizer has no </s>, which LongT5 needs.")
    library.post_processor = processors.TemplateProcessing(
        single=["$A", "</s>"], pair=["$A", "</s>", "$B", "</s>"], special_tokens=[("</s>", int(end))]
    )
    return library

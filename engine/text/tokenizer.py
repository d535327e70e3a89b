"""Text to ids and back, with the place in the text of every id.

A thin wrapper over the `tokenizers` library. It reads `tokenizer.json` (any kind), or the
`vocab.json` and `merges.txt` of GPT-2's byte-level BPE that LED and Longformer were published with.

Offsets count code points of the text as it was given, also where the tokenizer lower-cases it,
strips accents or splits a character into bytes: what a model finds is pointed at in the original.
Nothing is cut here; how much a model can read is the caller's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tokenizers import AddedToken, Encoding, decoders, models, pre_tokenizers, processors
from tokenizers import Tokenizer as Library

from engine.errors import CheckpointError, MissingWeights, UnsupportedModel
from engine.weights.header import parse_object, refuse

FILE, VOCABULARY, MERGES = "tokenizer.json", "vocab.json", "merges.txt"
MAX_BYTES = 64 * 2**20  # the largest published tokenizer.json of these families has under 20 MiB
LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, as damaged files hold it


@dataclass(frozen=True, slots=True)
class Encoded:
    """Ids of a text, and for each the code points `start <= i < end` that it stands for.

    `special` tells the tokens that the tokenizer added, whose offsets mean nothing. `second` tells
    the tokens of the second of two texts; their offsets count in that text.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]
    special: list[bool] = field(default_factory=list)
    second: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)


class Tokenizer:
    """The tokenizer of a model directory. `cls_id` begins an input, `sep_id` ends each text."""

    def __init__(self, library: Library) -> None:
        library.no_padding()
        library.no_truncation()
        self._library = library
        self.cls_id = self._special("[CLS]", "<s>")
        self.sep_id = self._special("[SEP]", "</s>")
        self.pad_id = self._special("[PAD]", "<pad>")

    @classmethod
    def from_directory(cls, directory: Path) -> Self:
        """Read the tokenizer of a model directory.

        Raises MissingWeights where there is none, CheckpointError for a damaged file, and
        UnsupportedModel for a tokenizer without the special tokens of these models.
        """
        directory = Path(directory)
        try:
            return cls(_read_library(directory))
        except CheckpointError:
            raise
        except Exception as error:  # the library raises nothing narrower for a file that it cannot use
            raise CheckpointError("The tokenizer's files are damaged. Fetch the model again.") from error

    @property
    def n_tokens(self) -> int:
        """How many ids there are, added tokens included."""
        return int(self._library.get_vocab_size(with_added_tokens=True))

    def id_of(self, token: str) -> int | None:
        """The id of a token as the vocabulary spells it, such as "<doc-sep>", where it has one."""
        number = self._library.token_to_id(token)
        return None if number is None else int(number)

    def encode(self, text: str) -> Encoded:
        """Ids and offsets, without special tokens."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[Encoded]:
        """The same for many texts at once."""
        found = self._library.encode_batch([whole(text) for text in texts], add_special_tokens=False)
        return [encoded(one) for one in found]

    def encode_framed(self, text: str, second: str | None = None) -> Encoded:
        """One or two texts with the model's special tokens, such as `<s> A </s></s> B </s>`."""
        pair = None if second is None else whole(second)
        return encoded(self._library.encode(whole(text), pair, add_special_tokens=True))

    def decode(self, ids: Sequence[int], *, keep_special: bool = False) -> str:
        """The text that ids stand for; special tokens are left out unless kept."""
        return str(self._library.decode(list(ids), skip_special_tokens=not keep_special))

    def save(self, directory: Path) -> None:
        """Write `tokenizer.json`."""
        Path(directory).mkdir(parents=True, exist_ok=True)
        self._library.save(str(Path(directory) / FILE), pretty=False)

    def _special(self, *names: str) -> int:
        for name in names:
            if (number := self.id_of(name)) is not None:
                return number
        raise UnsupportedModel(f"The tokenizer has no {' or '.join(names)}, which these models need.")


def encoded(encoding: Encoding) -> Encoded:
    """What the library made of a text, in our own form."""
    special = [bool(added) for added in encoding.special_tokens_mask]
    second = [part == 1 for part in encoding.sequence_ids]
    return Encoded(encoding.ids, encoding.offsets, special, second)


def whole(text: str) -> str:
    """Replace halves of characters, which no encoding of text can hold, one for one."""
    return LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _read_library(directory: Path) -> Library:
    if (file := directory / FILE).is_file():
        return Library.from_str(_read_text(file))
    if not (directory / VOCABULARY).is_file() or not (directory / MERGES).is_file():
        raise MissingWeights(f"There is no {FILE} in the model directory. Fetch the model again.")
    vocabulary = parse_object(directory / VOCABULARY, _read_text(directory / VOCABULARY).encode())
    if not all(type(number) is int and 0 <= number < 2**31 for number in vocabulary.values()):
        refuse(directory / VOCABULARY, "it does not number its tokens")
    lines = _read_text(directory / MERGES).splitlines()
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    if any(len(merge) != 2 for merge in merges):
        refuse(directory / MERGES, "its lines are not pairs")
    return build_byte_level(vocabulary, merges, _added_tokens(directory))  # type: ignore[arg-type]


def _read_text(file: Path) -> str:
    if file.stat().st_size > MAX_BYTES:
        refuse(file, "it is far too large")
    try:
        text = file.read_text("utf-8")
        if file.name == FILE:
            json.loads(text)  # the library's own parser tells less, and stops at the first object
    except (ValueError, RecursionError):
        refuse(file, "it is not valid JSON or text where it should be")
    return text


def _added_tokens(directory: Path) -> list[str]:
    """Tokens beyond vocab.json, such as PRIMERA's <doc-sep>, in the order of their ids."""
    file = directory / "added_tokens.json"
    if not file.is_file():
        return []
    added = parse_object(file, _read_text(file).encode())
    if not all(type(number) is int for number in added.values()):
        refuse(file, "it does not number its tokens")
    return sorted(added, key=lambda token: added[token])  # type: ignore[arg-type, return-value]


def build_byte_level(
    vocabulary: dict[str, int], merges: list[tuple[str, str]], added: Sequence[str] = ()
) -> Library:
    """GPT-2's byte-level BPE with the special tokens of RoBERTa, as LED and Longformer use it.

    Every text has ids, since every byte has one. A space belongs to the word after it, and is not
    part of the word's offsets; `<mask>` takes the space before it.
    """
    library = Library(models.BPE(vocab=vocabulary, merges=merges))
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    library.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in names])
    library.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
    library.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in added])
    begin, end = (int(library.token_to_id(name) or 0) for name in ("<s>", "</s>"))
    library.post_processor = processors.RobertaProcessing(
        ("</s>", end), ("<s>", begin), trim_offsets=True, add_prefix_space=False
    )
    return library


WordPiece = Tokenizer  # the name under which BERT-like readers know it

"""The ids of a tokenizer's special tokens, for training, which needs nothing else of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Special:
    """`cls_id` begins an input, `sep_id` ends each text, `pad_id` fills a batch."""

    cls_id: int
    sep_id: int
    pad_id: int


def read_special(directory: Path) -> Special:
    """From the `tokenizer.json` of a WordPiece tokenizer. Raises KeyError where one is missing."""
    vocabulary = json.loads((directory / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return Special(*(vocabulary[token] for token in ("[CLS]", "[SEP]", "[PAD]")))

"""The same training where there is nothing but torch and numpy: `python -m training.lean RECIPE ...`.

Takes the options of `training.train`. A machine that is borrowed for an hour seldom has the libraries
that read tokenizers and safetensors, and may not be able to fetch them. The texts were tokenised
beforehand, so training needs neither: this puts a reader of safetensors of a few lines in one's place,
and in the other's a stand-in that refuses to be used.

`python -m training.parts` takes the result out in files of a limited size.
"""

from __future__ import annotations

import json
import struct
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}


class Missing(ModuleType):
    """A library that is not there. Its names can be imported; using one says what is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # so that its submodules can be imported too

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        library = self.__name__

        class Absent:
            def __init__(self, *_: object, **__: object) -> None:
                raise RuntimeError(f"{name} needs {library}, which this machine lacks.")

        return Absent


def load_file(file: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file: eight bytes of length, a JSON header, the bytes."""
    data = Path(file).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = (8 + size + at for at in entry["data_offsets"])
            flat = torch.frombuffer(bytearray(data[first:last]), dtype=TYPES[entry["dtype"]])
            found[name] = flat.reshape(entry["shape"])
    return found


def stand_in(names: tuple[str, ...] = ("tokenizers", "safetensors", "sentencepiece", "syntok")) -> list[str]:
    """Put stand-ins where these libraries are missing; the names of those that are."""
    missing = [name for name in names if sys.modules.get(name) is None and find_spec(name) is None]
    for name in missing:
        sys.modules[name] = Missing(name)
    if "safetensors" in missing:
        reader = Missing("safetensors.torch")
        reader.load_file = load_file  # type: ignore[attr-defined]
        sys.modules["safetensors.torch"] = reader
    return missing


def main() -> None:
    """The command."""
    for name in stand_in():
        print(f"{name} is missing: training goes on without it.")
    from training.train import main as train

    train()


if __name__ == "__main__":
    main()

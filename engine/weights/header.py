"""Check a safetensors file before anything is read from it.

The format is 8 bytes of length, that many bytes of JSON, then the tensors. A file from the
network may lie in each of the three. Here every claim is checked against the size of the file, so
that the library which reads the tensors afterwards never sees a lie: the header is short, every
byte of the data belongs to exactly one tensor, and shapes agree with the bytes they claim.
Nothing is allocated that the file does not hold.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from engine.errors import CheckpointError

MAX_HEADER_BYTES = 10 * 2**20
MAX_TENSORS = 10_000  # the largest published LongT5 has under 1,000
MAX_JSON_BYTES = 2**20  # config.json and the like
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the header says about one tensor: its format as safetensors spells it, and its shape."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """The tensors of one file, and the words that its writer left about it."""

    entries: dict[str, Entry]
    metadata: dict[str, str]


def read_header(file: Path) -> Header:
    """Read and check the header of a safetensors file.

    Raises CheckpointError, naming the file, for whatever does not add up.
    """
    n_bytes = file.stat().st_size
    if n_bytes == 0:
        refuse(file, "it is empty")
    with file.open("rb") as stream:
        prefix = stream.read(8)
        if len(prefix) < 8:
            refuse(file, "it is cut off")
        (n_header,) = struct.unpack("<Q", prefix)
        if n_header > n_bytes - 8:
            refuse(file, "it is not a safetensors file, or it is cut off")
        if n_header > MAX_HEADER_BYTES:
            refuse(file, f"its header is longer than {MAX_HEADER_BYTES} bytes")
        header = parse_object(file, stream.read(n_header))
    metadata = _read_metadata(file, header.pop("__metadata__", {}))
    if len(header) > MAX_TENSORS:
        refuse(file, f"it names more than {MAX_TENSORS} tensors")
    places = {name: _read_entry(file, name, entry) for name, entry in header.items()}
    _check_coverage(file, [span for _, span in places.values()], n_bytes - 8 - n_header)
    return Header({name: entry for name, (entry, _) in places.items()}, metadata)


def read_object(file: Path) -> dict[str, object]:
    """Read a small JSON file that must hold one object, strictly: no NaN, no name twice."""
    if not file.is_file():
        raise CheckpointError(f"{file.name} is missing from the model directory. Fetch the model again.")
    if file.stat().st_size > MAX_JSON_BYTES * (64 if file.name.endswith(".index.json") else 1):
        refuse(file, "it is far too large")
    return parse_object(file, file.read_bytes())


def parse_object(file: Path, text: bytes) -> dict[str, object]:
    """Parse JSON that must be one object; `file` is only named in the error."""

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = dict(pairs)
        if len(names) != len(pairs):
            raise ValueError("a name stands twice")
        return names

    def reject(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=reject)
    except (ValueError, RecursionError):
        refuse(file, "it is not valid JSON where it should be")
    if not isinstance(value, dict):
        refuse(file, "it does not hold an object")
    return value


def refuse(file: Path, why: str) -> NoReturn:
    """Raise CheckpointError for a file that cannot be trusted."""
    raise CheckpointError(f"{file.name} cannot be used: {why}. Fetch the model again.")


def _read_metadata(file: Path, metadata: object) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        refuse(file, "its metadata are not words")
    return metadata


def _read_entry(file: Path, name: str, entry: object) -> tuple[Entry, tuple[int, int]]:
    """One tensor of the header, and the bytes of the data that it claims."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        refuse(file, "its header does not describe its tensors")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BYTES:
        refuse(file, "it holds numbers in a format that Precis does not read")
    if not _counts(shape) or not _counts(offsets) or len(offsets) != 2 or len(shape) > 8:
        refuse(file, "its header does not describe its tensors")
    start, stop = offsets
    n_bytes = math.prod(shape) * BYTES[dtype]
    if n_bytes == 0:
        refuse(file, "it holds an empty tensor")
    if stop - start != n_bytes:
        refuse(file, "a tensor's shape does not agree with its size")
    return Entry(dtype, tuple(shape)), (start, stop)


def _counts(value: object) -> bool:
    """Whether this is a list of whole numbers, none below 0 or beyond any file."""
    return isinstance(value, list) and all(type(one) is int and 0 <= one < 2**48 for one in value)


def _check_coverage(file: Path, spans: list[tuple[int, int]], n_bytes: int) -> None:
    """Every byte of the data belongs to exactly one tensor."""
    at = 0
    for start, stop in sorted(spans):
        if start < at:
            refuse(file, "two of its tensors overlap")
        if start > at:
            refuse(file, "it holds bytes that belong to no tensor")
        at = stop
    if at > n_bytes:
        refuse(file, "it is cut off")
    if at < n_bytes:
        refuse(file, "it holds bytes that belong to no tensor")

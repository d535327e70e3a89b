"""Hostile and damaged safetensors files are refused by name before anything is read from them."""

import json
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from engine.errors import CheckpointError
from engine.weights.fields import Fields
from engine.weights.header import MAX_HEADER_BYTES, MAX_TENSORS, read_header, read_object


def make(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(shape: Any = (2,), offsets: Any = (0, 8), dtype: Any = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


EIGHT = b"\0" * 8
HOSTILE = {
    "empty": b"",
    "seven bytes": b"1234567",
    "a web page": b"<!DOCTYPE html><html><title>503</title></html>",
    "a pointer of git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n",
    "a zip": b"PK\x03\x04" + b"\0" * 60,
    "header of 2**63 bytes": struct.pack("<Q", 2**63) + b"{}",
    "header longer than the file": make({"w": tensor()}, EIGHT, 10_000),
    "header is a list": make([1, 2]),
    "header is not UTF-8": make(b'{"\xff": 1}'),
    "header is nested deeply": make(b"[" * 100_000),
    "a name twice": make(b'{"a": 1, "a": 2}'),
    "NaN in the header": make(b'{"a": NaN}'),
    "metadata are numbers": make({"__metadata__": {"a": 1}, "w": tensor()}, EIGHT),
    "an entry is a number": make({"w": 1}),
    "an entry lacks its shape": make({"w": {"dtype": "F32", "data_offsets": [0, 8]}}, EIGHT),
    "unknown format": make({"w": tensor(dtype="F8_E4M3")}, EIGHT),
    "format is a list": make({"w": tensor(dtype=["F32"])}, EIGHT),
    "negative shape": make({"w": tensor(shape=[-2])}, EIGHT),
    "shape of fractions": make({"w": tensor(shape=[2.0])}, EIGHT),
    "shape of truths": make({"w": tensor(shape=[True, 2])}, EIGHT),
    "shape of four terabytes": make({"w": tensor(shape=[10**6, 10**6])}, EIGHT),
    "shape that overflows": make({"w": tensor(shape=[2**40] * 8)}, EIGHT),
    "empty tensor": make({"w": tensor(shape=[0], offsets=[0, 0])}),
    "three offsets": make({"w": tensor(offsets=[0, 4, 8])}, EIGHT),
    "offsets backwards": make({"w": tensor(offsets=[8, 0])}, EIGHT),
    "offsets below zero": make({"w": tensor(offsets=[-8, 0])}, EIGHT),
    "offsets past the end": make({"w": tensor(offsets=[8, 16])}, EIGHT),
    "overlap": make({"a": tensor(), "b": tensor(offsets=[4, 12])}, b"\0" * 12),
    "the same bytes twice": make({"a": tensor(), "b": tensor()}, EIGHT),
    "a gap": make({"a": tensor(), "b": tensor(offsets=[12, 20])}, b"\0" * 20),
    "trailing bytes": make({"w": tensor()}, EIGHT + b"EXTRA"),
    "cut off": make({"w": tensor()}, EIGHT[:-1]),
    "too many tensors": make({f"w{i}": tensor(offsets=[8 * i, 8 * i + 8]) for i in range(MAX_TENSORS + 1)}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_files_are_refused_by_name(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(HOSTILE[kind])
    started = time.monotonic()
    tracemalloc.start()
    with pytest.raises(CheckpointError, match=r"^model\.safetensors cannot be used: "):
        read_header(file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50e6
    assert time.monotonic() - started < 20  # 0.2 s on an idle machine


def test_a_header_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    with file.open("wb") as stream:
        stream.write(struct.pack("<Q", MAX_HEADER_BYTES + 1))
        stream.truncate(MAX_HEADER_BYTES + 100)
    with pytest.raises(CheckpointError, match="longer than"):
        read_header(file)


def test_a_sound_file_is_described(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    save_file({"a": torch.ones(2, 3), "b": torch.ones(4, dtype=torch.int8)}, file, {"format": "pt"})
    header = read_header(file)
    assert header.metadata == {"format": "pt"}
    assert {name: (entry.dtype, entry.shape) for name, entry in header.entries.items()} == {
        "a": ("F32", (2, 3)), "b": ("I8", (4,)),
    }


def test_what_safetensors_itself_accepts_and_we_accept_agree_on_cuts(tmp_path: Path) -> None:
    """Every cut of a sound file is refused."""
    file = tmp_path / "model.safetensors"
    save_file({"a": torch.ones(2, 3), "b": torch.ones(4)}, file)
    sound = file.read_bytes()
    for n_bytes in range(len(sound)):
        file.write_bytes(sound[:n_bytes])
        with pytest.raises(CheckpointError):
            read_header(file)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": NaN}', '{"a": 1, "a": 1}', "\ud800", "[" * 99999])
def test_other_json_is_as_strict(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(CheckpointError, match=r"config\.json"):
        read_object(file)


def test_fields_have_kinds_and_bounds() -> None:
    fields = Fields({"n": 3, "x": 0.5, "on": True, "word": "b", "list": [1, 2], "null": None})
    assert fields.integer("n") == 3 and fields.integer("null", 7) == 7 and fields.number("x") == 0.5
    assert fields.flag("on", False) and fields.word("word", {"a", "b"}) == "b"
    assert fields.integers("list", 2) == (1, 2) and fields.integers("n", 2) == (3, 3)
    assert fields.has("n") and not fields.has("null")
    for refused in (
        lambda: fields.integer("x"), lambda: fields.integer("on"), lambda: fields.integer("absent"),
        lambda: fields.integer("n", most=2), lambda: fields.number("word"), lambda: fields.number("on"),
        lambda: fields.flag("n", True), lambda: fields.word("word", {"a"}), lambda: fields.word("n", {"a"}),
        lambda: fields.integers("list", 3), lambda: fields.integers("word", 1),
        lambda: Fields({"x": 10**400}).number("x"), lambda: Fields({"x": [True]}).integers("x", 1),
    ):
        with pytest.raises(CheckpointError, match=r"config\.json"):
            refused()

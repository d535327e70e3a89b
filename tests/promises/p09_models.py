"""P9: a model file runs no code. P10: a changed one is noticed."""

from __future__ import annotations

import json
import pickle
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import CheckpointError
from engine.weights.header import read_header
from tests.promises.figures import Figure, Setting, none_of, suite

SECONDS = 2.0


class _Canary:
    """Runs `touch` where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def _files(folder: Path, canary: Path) -> list[Path]:
    header = json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    good = struct.pack("<Q", len(header)) + header + bytes(16)
    bad = {
        "pickle.safetensors": pickle.dumps(_Canary(canary)),
        "empty.safetensors": b"",
        "cut.safetensors": good[:-1],
        "longer.safetensors": good + b"x",
        "huge.safetensors": struct.pack("<Q", 1 << 62) + header,
        "page.safetensors": b"<!doctype html><p>404</p>",
        "pointer.safetensors": b"version https://git-lfs.github.com/spec/v1\n",
        "shape.safetensors": good.replace(b"[4]", b"[9]"),
    }
    for name, data in bad.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in bad]


def check(setting: Setting) -> Iterator[Figure]:
    """Hostile weights, while unpickling and torch.load are forbidden."""
    canary = setting.folder / "canary"
    files = _files(setting.folder, canary)
    calls: list[str] = []

    def forbidden(*arguments: object, **more: object) -> None:
        calls.append("unpickled")
        raise AssertionError("nothing may be unpickled")

    taken, slow = [], []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("load", "loads", "Unpickler"):
            patch.setattr(pickle, name, forbidden)
        for path in files:
            started = time.monotonic()
            try:
                read_header(path)
                taken.append(path.name)
            except CheckpointError:
                pass
            if time.monotonic() - started > SECONDS:
                slow.append(path.name)
    yield none_of("P9", "bad model files that were taken", taken, len(files))
    yield none_of("P9", f"refusals that took over {SECONDS:.0f} s", slow, len(files))
    yield none_of(
        "P9", "calls of pickle, files it would have made", calls + ["canary"] * canary.exists(), len(files)
    )
    users = [
        str(path)
        for path in Path(__file__).parents[2].glob("engine/**/*.py")
        if "torch.load(" in path.read_text("utf-8") or "import pickle" in path.read_text("utf-8")
    ]
    yield none_of("P9", "files of the engine that unpickle anything", users, 1)
    if not setting.quick:
        yield suite(
            "P9",
            "headers, shapes, finiteness, whole directories",
            "tests/engine/weights/test_header.py",
            "tests/engine/weights/test_checkpoint.py",
        )
        yield suite(
            "P10",
            "bundled models that were cut, changed or exchanged",
            "tests/engine/weights/test_registry.py",
        )

"""P9: a model file runs no code. P10: a changed one is noticed."""

from __future__ import annotations

import contextlib
import json
import pickle
import re
import shutil
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.errors import CheckpointError
from engine.models.longformer import LongformerConfig, LongformerForQuestionAnswering
from engine.text.tokenizer import Tokenizer
from engine.weights.checkpoint import INDEX, WEIGHTS, StoredWeights
from engine.weights.header import read_header
from engine.weights.registry import find_model, read_registry
from tests.promises.figures import ROOT, Figure, Setting, none_of, resident, suite

SECONDS = 2.0
SMALL = LongformerConfig(
    vocab_size=50, width=16, n_heads=2, feed_forward_width=24, radii=(2, 3), max_positions=40, n_labels=2
)


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


@contextlib.contextmanager
def _forbidden(calls: list[str]) -> Iterator[None]:
    """Unpickling by anybody is an error here, and is written down."""

    def refuse(*arguments: object, **more: object) -> None:
        calls.append("unpickled")
        raise AssertionError("nothing may be unpickled")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("load", "loads", "Unpickler"):
            patch.setattr(pickle, name, refuse)
        patch.setattr(torch, "load", refuse)
        yield


def check_set(setting: Setting) -> Iterator[Figure]:
    """Model files from elsewhere, each in the place of one file of a small model that is good."""
    found = setting.documents.rglob("*") if setting.documents else []
    files = sorted(path for path in found if path.suffix in (".safetensors", ".bin", ".json"))
    if not files:
        return
    taken, wild, slow, calls = [], [], [], list[str]()
    with contextlib.suppress(CheckpointError):
        _load(_exchanged(setting.folder / "first", files[0]))  # libraries that load themselves at first use
    before, most = resident(), 0
    with _forbidden(calls):
        for number, path in enumerate(files):
            started = time.monotonic()
            try:
                _load(_exchanged(setting.folder / str(number), path))
                taken.append(path.name)
            except CheckpointError:
                pass
            except Exception as error:  # whatever a file does, this is what must not happen
                wild.append(f"{path.name}: {type(error).__name__}")
            most = max(most, resident() - before)
            if time.monotonic() - started > SECONDS:
                slow.append(path.name)
    yield none_of("P9", "model files of the set that a model took", taken, len(files))
    yield none_of("P9", "refused without a name of ours, or by unpickling", wild + calls, len(files))
    yield none_of("P9", f"refusals of them that took over {SECONDS:.0f} s", slow, len(files))
    megabytes = most / (1 << 20)
    yield Figure("P9", "memory that they took", f"{megabytes:.0f} MB", "<= 200 MB", megabytes <= 200)


def _exchanged(folder: Path, file: Path) -> Path:
    """A small model whose weights, index, configuration or tokenizer is this file."""
    LongformerForQuestionAnswering(SMALL).save_pretrained(folder)
    for name in ("tokenizer.json", "special_tokens_map.json"):
        (folder / name).write_text("{}")
    if file.suffix == ".json":
        kinds = {"config": "config.json", "tokenizer": "tokenizer.json"}
        name = next((name for kind, name in kinds.items() if kind in file.name), "config.json")
        if "weight_map" in file.read_text(errors="replace"):
            (folder / WEIGHTS).unlink()
            name = INDEX
        shutil.copy(file, folder / name)
    else:
        (folder / WEIGHTS).unlink()
        shutil.copy(file, folder / (WEIGHTS if file.suffix == ".safetensors" else "pytorch_model.bin"))
    return folder


def _load(folder: Path) -> None:
    """Everything of a model directory that is ever read."""
    stored = StoredWeights(folder)
    for _ in stored.tensors(stored.entries):
        pass
    LongformerForQuestionAnswering.from_pretrained(folder)
    Tokenizer.from_directory(folder)


def check(setting: Setting) -> Iterator[Figure]:
    """Hostile weights, while unpickling and torch.load are forbidden."""
    canary = setting.folder / "canary"
    files = _files(setting.folder, canary)
    calls: list[str] = []
    taken, slow = [], []
    with _forbidden(calls):
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
    yield from check_set(setting)
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


def check_changed(setting: Setting) -> Iterator[Figure]:
    """The bundled model's file as a broken transfer would leave it; Precis fetches none itself."""
    models = setting.folder / "models"
    bundled = read_registry(ROOT / "assets" / "models")[0]
    whole = (Path(bundled.directory) / WEIGHTS).read_bytes()
    (models / bundled.name).mkdir(parents=True)
    shutil.copy(ROOT / "assets" / "models" / "registry.toml", models)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    forms = {
        **{f"cut at {percent} %": whole[: int(len(whole) * percent / 100)] for percent in (0, 1, 50, 99.99)},
        "one bit flipped": bytes(flipped),
        "another file": (Path(bundled.directory) / "tokenizer.json").read_bytes(),
        "a pointer": b"version https://git-lfs.github.com/spec/v1\n",
        "a page": b"<!doctype html><p>404</p>",
    }
    taken = [form for form, data in forms.items() if _is_taken(models, bundled.name, data)]
    yield none_of("P10", "forms of a broken file that would be used", taken, len(forms))
    sound = _is_taken(models, bundled.name, whole)
    yield Figure("P10", "the file as it was published", "used" if sound else "refused", "used", sound)
    fetchers = [
        path.name
        for folder in ("engine", "storage", "ui")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(
            r"hf_hub_download|snapshot_download|urlopen|requests\.get|httpx", path.read_text("utf-8")
        )
    ]
    yield none_of("P10", "files of Precis that fetch anything", fetchers, 1)


def _is_taken(models: Path, name: str, data: bytes) -> bool:
    (models / name / WEIGHTS).write_bytes(data)
    try:
        return find_model(read_registry(models), "answer", name).verified
    except CheckpointError:
        return False

"""The models that Precis knows: what `assets/models/registry.toml` says, checked against the files.

Each `[[model]]` pins the SHA-256 of its weights. The digest is computed before a model is
loaded, and `models list` shows whether it holds.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import MissingWeights, UnsupportedModel, WrongDigest
from engine.types import ModelInfo


def read_registry(models: Path) -> tuple[ModelInfo, ...]:
    """Every model of `models/registry.toml`, in the order of the file: the first that can do a
    task is its default. A model whose file is missing is listed as not verified."""
    path = models / "registry.toml"
    if not path.is_file():
        return ()
    entries = tomllib.loads(path.read_text("utf-8")).get("model", [])
    return tuple(_read_entry(models, entry) for entry in entries)


def _read_entry(models: Path, entry: dict[str, Any]) -> ModelInfo:
    file = models / entry["directory"] / entry["file"]
    return ModelInfo(
        name=entry["name"],
        family=entry["family"],
        tasks=tuple(entry["tasks"]),
        directory=str(models / entry["directory"]),
        n_bytes=entry["n_bytes"],
        sha256=entry["sha256"],
        quantization=entry["quantization"],
        max_tokens=entry["max_tokens"],
        languages=tuple(entry["languages"]),
        licence=entry["licence"],
        verified=file.is_file() and digest_of(file) == entry["sha256"],
    )


def find_model(known: tuple[ModelInfo, ...], task: str, name: str | None = None) -> ModelInfo:
    """The named model, or the first that can do `task`.

    Raises UnsupportedModel where no such model is known, MissingWeights or WrongDigest where
    its file is not there or not the pinned one.
    """
    able = [model for model in known if task in model.tasks and name in (None, model.name)]
    if not able:
        names = ", ".join(model.name for model in known if task in model.tasks) or "none"
        raise UnsupportedModel(f"No model of that name can {task}. Models that can: {names}.")
    model = able[0]
    if not model.verified:
        if not any(Path(model.directory).glob("*.safetensors")):
            raise MissingWeights(f"The file of {model.name} is missing. Clone or install Precis again.")
        raise WrongDigest(f"The file of {model.name} was changed. Clone or install Precis again.")
    return model


def digest_of(file: Path) -> str:
    """SHA-256 of a file, in hex; computed anew only when its size or time has changed."""
    status = file.stat()
    return _digest(file, status.st_size, status.st_mtime_ns)


@cache
def _digest(file: Path, n_bytes: int, modified: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

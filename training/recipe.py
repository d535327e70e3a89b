"""What a run does, read from a TOML file: where its weights start, and its stages, each with its sources,
its learning rate and what its examples look like."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.answering import Mix


@dataclass(frozen=True)
class Stage:
    """One part of a recipe. `sources` maps a source to how often its questions are seen an epoch
    (0.5: half of them); `average` is the decay of the weights' running average, 0 for none."""

    name: str
    sources: dict[str, float]
    learning_rate: float
    epochs: int = 1
    batch_tokens: int = 4096
    warm_steps: int = 100
    decay: float = 0.01
    average: float = 0.0
    frozen: int = 0  # lower layers (and embeddings) that stay as they are
    dropout: float = 0.0
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True)
class Recipe:
    """What a run does."""

    name: str
    seed: int
    start: str
    stages: tuple[Stage, ...]
    kind: str = "reader"  # or "writer": training/writers.py
    limits: dict[str, Any] | None = None  # the fields of training.writers.Limits
    model: dict[str, Any] | None = None  # the fields of a LongT5Config, for a writer from nothing
    salience: dict[str, Any] | None = None  # the fields of training.salience.SalienceStage


def read_recipe(file: Path) -> Recipe:
    """Read a recipe. Unknown keys raise TypeError."""
    values = tomllib.loads(file.read_text("utf-8"))
    stages = tuple(_read_stage(values) for values in values.pop("stage"))
    return Recipe(stages=stages, **values)


def _read_stage(values: dict[str, Any]) -> Stage:
    mix = dict(values.pop("mix", {}))
    if "lengths" in mix:
        mix["lengths"] = tuple(mix["lengths"])
    return Stage(mix=Mix(**mix), **values)

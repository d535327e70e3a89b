"""What can be set from outside, read once at start; nothing else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from engine.device import DeviceChoice


class BadSetting(ValueError):
    """A setting has a value that cannot be meant; the message names it and says what may stand there."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are kept and how the app runs."""

    root: Path  # the checkout: assets and bundled models
    data_dir: Path
    app_version: str
    hosted: bool = False
    device: DeviceChoice = "auto"
    threads: int | None = None
    names: tuple[str, ...] = ()  # host names that the server answers to, besides localhost and addresses

    @property
    def models(self) -> Path:
        """The directory of the bundled models."""
        return self.root / "assets" / "models"

    @property
    def egress_log(self) -> Path:
        """What tried to reach the network."""
        return self.data_dir / "egress.log"


def read_settings(root: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from PRECIS_DATA_DIR, PRECIS_HOSTED, PRECIS_DEVICE, PRECIS_THREADS and PRECIS_NAMES.

    PRECIS_NAMES holds the host names that the server answers to, with commas between them; a hosted
    demo answers to SPACE_HOST too, which Hugging Face Spaces sets. Raises BadSetting.
    """
    device = environment.get("PRECIS_DEVICE", "auto")
    if device not in ("auto", "cpu", "cuda"):
        raise BadSetting(f"PRECIS_DEVICE is {device!r}; it may be auto, cpu or cuda.")
    threads = environment.get("PRECIS_THREADS")
    if threads is not None and not (threads.isdecimal() and int(threads) > 0):
        raise BadSetting(f"PRECIS_THREADS is {threads!r}; it takes a whole number from 1.")
    hosted = environment.get("PRECIS_HOSTED", "") not in ("", "0")
    return Settings(
        root=root,
        data_dir=_data_dir(environment.get("PRECIS_DATA_DIR")),
        app_version=_app_version(root),
        hosted=hosted,
        device=cast(DeviceChoice, device),
        threads=int(threads) if threads else None,
        names=_names(environment, "PRECIS_NAMES") + (_names(environment, "SPACE_HOST") if hosted else ()),
    )


def _names(environment: Mapping[str, str], setting: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in environment.get(setting, "").split(",") if name.strip())
    wrong = next((name for name in names if not re.fullmatch(r"[A-Za-z0-9.-]+", name)), None)
    if wrong is not None:
        raise BadSetting(
            f"{setting} has {wrong!r}; it takes names such as precis.example, without https:// or a port."
        )
    return names


def _data_dir(wish: str | None) -> Path:
    if wish:
        return Path(wish).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("precis", appauthor=False))


def _app_version(root: Path) -> str:
    import tomllib

    return str(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"])

"""`python app.py doctor`: what this installation consists of, in words that can be sent to someone."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
from pathlib import Path

from engine.errors import StorageError
from ui.egress import read_log
from ui.services import Services

PACKAGES = ("torch", "tokenizers", "sentencepiece", "safetensors", "pymupdf", "gradio", "sqlalchemy",
            "huggingface_hub", "bitsandbytes", "rapidocr", "onnxruntime")


def describe_installation(services: Services) -> dict[str, str | list[str]]:
    """Name -> one line or several. Names no document and no text of one."""
    settings = services.settings
    engine = services.engine()
    return {
        "precis": settings.app_version,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "packages": [f"{name} {_version(name)}" for name in PACKAGES],
        "sqlite": sqlite3.sqlite_version,
        "device": engine.device_reason(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "models": [
            f"{model.name} {model.quantization} {model.sha256} "
            f"{'verified' if model.verified else 'MISSING OR CHANGED'}"
            for model in engine.models()
        ],
        "library": _library(services),
        "data directory": f"{settings.data_dir} ({_space(settings.data_dir)})",
        "network attempts": read_log(settings.egress_log)[-20:],
    }


def _library(services: Services) -> list[str]:
    """How much is kept, and what of it is not as it was stored; a library is not made by asking."""
    if not (services.settings.data_dir / "precis.db").is_file():
        return ["none yet"]
    try:
        store = services.store()
        sizes, problems = store.sizes(), store.problems(thorough=True)
    except StorageError as error:  # this is where people look when it cannot be opened
        return [str(error)]
    n_bytes = sizes.original_bytes + sizes.database_bytes
    state = "read-only" if store.read_only else "writable"
    troubles = [f"{one.what}: {one.document or one.owner:.8}" for one in problems]
    return [f"{sizes.n_documents} documents, {n_bytes / 1e6:.1f} MB, {state}", *(troubles or ["all intact"])]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _space(directory: Path) -> str:
    """Free space where the directory is or will be."""
    place = directory
    while not place.exists():
        place = place.parent
    state = "" if directory.exists() else "not made yet, "
    return f"{state}{shutil.disk_usage(place).free / 1e9:.1f} GB free"

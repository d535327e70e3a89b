"""The registry pins digests; a file that is missing or changed is not used."""

import hashlib
from pathlib import Path

import pytest

from engine.errors import MissingWeights, UnsupportedModel, WrongDigest
from engine.weights.registry import digest_of, find_model, read_registry

WEIGHTS = b"not really weights"

ENTRY = """
[[model]]
name = "{name}"
family = "longformer"
tasks = {tasks}
directory = "{name}"
file = "model.safetensors"
n_bytes = 18
sha256 = "{sha256}"
quantization = "int8"
max_tokens = 4096
languages = ["en"]
licence = "CC-BY-SA-4.0"
"""


@pytest.fixture
def models(tmp_path: Path) -> Path:
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    entries = [
        ENTRY.format(name="reader", tasks='["summarize", "answer"]', sha256=digest),
        ENTRY.format(name="writer", tasks='["summarize"]', sha256=digest),
    ]
    (tmp_path / "registry.toml").write_text("".join(entries))
    for name in ("reader", "writer"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(WEIGHTS)
    return tmp_path


def test_no_registry_means_no_models(tmp_path: Path) -> None:
    assert read_registry(tmp_path) == ()


def test_the_first_able_model_is_the_default(models: Path) -> None:
    known = read_registry(models)
    assert [model.name for model in known] == ["reader", "writer"]
    assert find_model(known, "summarize").name == "reader"
    assert find_model(known, "summarize", "writer").name == "writer"


def test_an_unable_or_unknown_model_is_refused_with_the_able_ones(models: Path) -> None:
    known = read_registry(models)
    with pytest.raises(UnsupportedModel, match="reader"):
        find_model(known, "answer", "writer")
    with pytest.raises(UnsupportedModel, match="reader, writer"):
        find_model(known, "summarize", "nobody")


def test_a_changed_file_is_not_used(models: Path) -> None:
    (models / "reader" / "model.safetensors").write_bytes(WEIGHTS[:-1] + b"!")
    with pytest.raises(WrongDigest, match="reader"):
        find_model(read_registry(models), "answer")


def test_a_missing_file_is_named(models: Path) -> None:
    (models / "reader" / "model.safetensors").unlink()
    with pytest.raises(MissingWeights, match="reader"):
        find_model(read_registry(models), "answer")


def test_a_digest_is_computed_anew_when_the_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"one")
    before = digest_of(file)
    file.write_bytes(b"three")
    assert before != digest_of(file) == hashlib.sha256(b"three").hexdigest()

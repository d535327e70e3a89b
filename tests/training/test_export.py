"""Exporting: the same weights give the same file."""

import hashlib
from pathlib import Path

from engine.device import choose_device
from engine.tasks.reader import load_reader
from tests.engine.tasks import tiny_reader as tiny
from training.export import export, register


def test_the_same_weights_have_the_same_digest_and_load_again(tmp_path: Path) -> None:
    digests = set()
    for number in range(4):
        loaded = tiny.tiny_reader()
        file = export(loaded.model, loaded.tokenizer, loaded.calibration, tmp_path / str(number))
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert load_reader(tmp_path / "0", choose_device("cpu")).calibration == tiny.tiny_reader().calibration


def test_the_registry_names_what_was_exported(tmp_path: Path) -> None:
    loaded = tiny.tiny_reader()
    file = export(loaded.model, loaded.tokenizer, loaded.calibration, tmp_path / "tiny")
    for _ in range(2):
        register(file, "tiny", "int8", 1024, "CC0-1.0")
    text = (tmp_path / "registry.toml").read_text()
    assert text.count("[[model]]") == 1
    assert hashlib.sha256(file.read_bytes()).hexdigest() in text

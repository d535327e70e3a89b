"""Training where there is nothing but torch, on a budget of minutes, and its result in small files."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file as load_with_library
from safetensors.torch import save_file

from tests.engine.tasks import tiny_reader as tiny
from training.lean import Missing, load_file
from training.parts import join, split
from training.prepare import tokenise
from training.special import Special, read_special

ROOT = Path(__file__).parents[2]
RECIPE = """
name = "tiny"
seed = 1
start = "tiny"

[[stage]]
name = "gold"
learning_rate = 1e-3
batch_tokens = 64
sources = { tiny = 40 }
"""
# A machine that has never heard of these libraries.
BARE = """
import sys
for name in ("tokenizers", "safetensors", "sentencepiece", "syntok", "sklearn"):
    sys.modules[name] = None
from training import lean
lean.main()
"""


def test_special_ids_are_those_of_the_tokenizer(tmp_path: Path) -> None:
    tokenizer = tiny.tiny_tokenizer()
    tokenizer.save(tmp_path)
    expected = Special(tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id)
    assert read_special(tmp_path) == expected


def test_safetensors_are_read_as_the_library_reads_them(tmp_path: Path) -> None:
    tensors = {"a": torch.randn(3, 4), "b": torch.randn(5).bfloat16(), "c": torch.arange(6).reshape(2, 3)}
    save_file(tensors, tmp_path / "x.safetensors", metadata={"format": "pt"})
    mine, theirs = load_file(tmp_path / "x.safetensors"), load_with_library(tmp_path / "x.safetensors")
    assert mine.keys() == theirs.keys()
    for name, tensor in mine.items():
        assert torch.equal(tensor, theirs[name]) and tensor.dtype == theirs[name].dtype


def test_a_missing_library_can_be_imported_from_but_not_used() -> None:
    absent = Missing("tokenizers").Tokenizer
    with pytest.raises(RuntimeError, match="needs tokenizers"):
        absent("x")
    with pytest.raises(AttributeError):
        Missing("tokenizers").__spam__  # noqa: B018


def test_weights_go_through_a_narrow_door(tmp_path: Path) -> None:
    state = {"w": torch.randn(100, 30), "n": torch.arange(4)}
    files = split(state, tmp_path / "parts", most=1000)
    assert len(files) > 5 and all(file.stat().st_size <= 1000 for file in files)
    back = join(tmp_path / "parts")
    assert torch.equal(back["w"], state["w"].bfloat16().float()) and torch.equal(back["n"], state["n"])
    with pytest.raises(FileNotFoundError):
        join(tmp_path)


def start_folder(folder: Path) -> None:
    """Files like MiniLM's: a BERT of one layer, width 24."""
    folder.mkdir()
    tokenizer = tiny.tiny_tokenizer()
    tokenizer.save(folder)
    shapes = {
        "embeddings.word_embeddings.weight": (tokenizer.n_tokens, 24),
        "embeddings.position_embeddings.weight": (64, 24),
        "embeddings.token_type_embeddings.weight": (2, 24),
        "embeddings.LayerNorm.weight": (24,),
        "embeddings.LayerNorm.bias": (24,),
    }
    layer = "encoder.layer.0."
    for part in ("self.query", "self.key", "self.value", "output.dense"):
        shapes |= {f"{layer}attention.{part}.weight": (24, 24), f"{layer}attention.{part}.bias": (24,)}
    shapes |= {f"{layer}intermediate.dense.weight": (32, 24), f"{layer}intermediate.dense.bias": (32,)}
    shapes |= {f"{layer}output.dense.weight": (24, 32), f"{layer}output.dense.bias": (24,)}
    for norm in ("attention.output.LayerNorm", "output.LayerNorm"):
        shapes |= {f"{layer}{norm}.weight": (24,), f"{layer}{norm}.bias": (24,)}
    chance = np.random.default_rng(1)
    tensors = {
        name: torch.tensor(0.1 * chance.standard_normal(shape), dtype=torch.float32)
        for name, shape in shapes.items()
    }
    save_file(tensors, folder / "model.safetensors")


def run(tmp_path: Path, *options: str) -> str:
    command = [sys.executable, "-c", BARE, str(tmp_path / "tiny.toml"), "--start", str(tmp_path / "start")]
    paths = ["--data", str(tmp_path), "--runs", str(tmp_path / "runs"), "--device", "cpu"]
    done = subprocess.run([*command, *paths, *options], cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_but_torch_is_needed_and_minutes_are_kept(tmp_path: Path) -> None:
    start_folder(tmp_path / "start")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    text = "the river 1 flows north . it is the heart of town 1 ."
    answer = {"text": "heart of town", "start": text.index("heart")}
    row = {"context_id": "0", "title": "a", "context": text, "question": "what is it ?"}
    rows = [row | {"answers": [answer], "impossible": False}]
    for part in ("train", "valid"):
        tokenise(rows, tiny.tiny_tokenizer()).save(tmp_path / f"questions.tiny.{part}.npz")
    said = run(tmp_path, "--minutes", "1e-9")
    assert "tokenizers is missing" in said and "minutes are over. Go on with --resume" in said
    folder = tmp_path / "runs" / "tiny"
    assert (folder / "checkpoint.pt").is_file() and not (folder / "gold.pt").exists()
    said = run(tmp_path, "--resume")
    assert "validation loss" in said and (folder / "gold.pt").is_file()
    steps = [line.split(",")[1] for line in (folder / "log.csv").read_text().splitlines()[1:]]
    assert steps[0] == "1" and steps == sorted(steps, key=int)
    assert json.loads((tmp_path / "start" / "tokenizer.json").read_text())

"""A trained checkpoint -> `assets/models/NAME/`: `python -m training.export RUN/STAGE.pt --name NAME ...`.

Writes the int8 weights, `config.json`, `tokenizer.json`, `calibration.json` and the model's entry
in `registry.toml`; copies the card and NOTICE from `training/cards/NAME/`, with the tables of
`training.evaluate` where the card says `<!-- tables -->`, and samples where it says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tomllib
from dataclasses import asdict
from pathlib import Path

import torch

from engine.tasks.reader import CALIBRATION, KEPT, Calibration, Reader
from engine.text.tokenizer import WordPiece
from engine.weights.checkpoint import WEIGHTS
from engine.weights.quantize import Scheme, quantize_
from training.minilm import start_from_minilm

ASSETS = Path(__file__).parent.parent / "assets" / "models"
CARDS = Path(__file__).parent / "cards"


def export(
    reader: Reader, tokenizer: WordPiece, calibration: Calibration, directory: Path, scheme: Scheme = "int8"
) -> Path:
    """Write a model directory; the path of its weights. The reader is quantized in place."""
    directory.mkdir(parents=True, exist_ok=True)
    quantize_(reader, scheme, keep=KEPT)
    reader.save_pretrained(directory)
    tokenizer.save(directory)
    (directory / CALIBRATION).write_text(json.dumps(asdict(calibration), indent=1) + "\n", "utf-8")
    weights = directory / WEIGHTS
    weights.chmod(0o644)
    settle(weights)
    return weights


def settle(file: Path) -> None:
    """Put the notes of a header into one order, in place: the library writes them in any, and the
    same weights should have the same digest."""
    with file.open("r+b") as stream:
        size = int.from_bytes(stream.read(8), "little")
        header = json.loads(stream.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
        if len(text) > size:
            raise ValueError(f"the header of {file.name} is not written as expected")
        stream.seek(8)
        stream.write(text.ljust(size))


def register(weights: Path, name: str, scheme: str, max_tokens: int, licence: str) -> None:
    """Write or replace the model's entry in the registry beside its directory."""
    registry = weights.parent.parent / "registry.toml"
    known = tomllib.loads(registry.read_text("utf-8")).get("model", []) if registry.is_file() else []
    entry = {
        "name": name,
        "family": "longformer",
        "tasks": ["summarize", "answer"],
        "directory": weights.parent.name,
        "file": weights.name,
        "n_bytes": weights.stat().st_size,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "quantization": scheme,
        "max_tokens": max_tokens,
        "languages": ["en"],
        "licence": licence,
    }
    names = [one["name"] for one in known]
    entries = [entry if one["name"] == name else one for one in known] + ([] if name in names else [entry])
    text = "# The models that come with Precis; the first that can do a task is its default.\n"
    for one in entries:
        text += "\n[[model]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in one.items())
    registry.write_text(text, "utf-8")


def write_card(directory: Path, name: str, tables: str, samples: str) -> None:
    """The card with its tables and samples, its plot and NOTICE; a variant that has no card goes without."""
    if not (CARDS / name).is_dir():
        return
    card = (CARDS / name / "README.md").read_text("utf-8")
    card = card.replace("<!-- tables -->", tables.strip()).replace("<!-- samples -->", samples.strip())
    (directory / "README.md").write_text(card, "utf-8")
    for other in ("NOTICE", "reliability.svg"):
        shutil.copyfile(CARDS / name / other, directory / other)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="weights of a stage, as training.train leaves them")
    parser.add_argument("--name", default="precis-longformer")
    parser.add_argument("--start", type=Path, required=True, help="the folder of MiniLM's files")
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--tables", type=Path, help="Markdown of training.evaluate, for the card")
    parser.add_argument("--samples", type=Path, help="output of training.samples, for the card")
    parser.add_argument("--licence", default="CC-BY-SA-4.0")
    parser.add_argument("--to", type=Path, default=ASSETS)
    options = parser.parse_args()
    reader = start_from_minilm(options.start)
    reader.load_state_dict(torch.load(options.checkpoint, weights_only=True))
    tokenizer = WordPiece.from_directory(options.start)
    calibration = Calibration.from_json(options.calibration.read_text("utf-8"))
    weights = export(reader, tokenizer, calibration, options.to / options.name)
    register(weights, options.name, "int8", reader.config.encoder.max_tokens, options.licence)
    texts = [file.read_text("utf-8") if file else "" for file in (options.tables, options.samples)]
    write_card(weights.parent, options.name, *texts)
    print(f"{weights}: {weights.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

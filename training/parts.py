"""Weights in files of a limited size: `python -m training.parts split FINAL.pt DIR`, `join DIR FINAL.pt`.

In bfloat16, which halves them and is what training computed in anyway; read back, they are float32
again. For taking a result from a machine that lets only small files out.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import torch
from torch import Tensor

MOST_BYTES = 15 * 2**20


def split(state: dict[str, Tensor], folder: Path, most: int = MOST_BYTES) -> list[Path]:
    """Write `part.000`, `part.001` and so on, each of at most `most` bytes."""
    stream = io.BytesIO()
    half = {
        name: one.to("cpu", torch.bfloat16 if one.is_floating_point() else one.dtype)
        for name, one in state.items()
    }
    torch.save(half, stream)
    data = stream.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, at in enumerate(range(0, len(data), most)):
        file = folder / f"part.{number:03}"
        file.write_bytes(data[at : at + most])
        files.append(file)
    return files


def join(folder: Path) -> dict[str, Tensor]:
    """The weights again, in float32. Raises FileNotFoundError where there are no parts."""
    files = sorted(folder.glob("part.*"))
    if not files:
        raise FileNotFoundError(f"There are no parts in {folder}.")
    data = b"".join(file.read_bytes() for file in files)
    state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return {name: one.float() if one.is_floating_point() else one for name, one in state.items()}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("split", "join"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    if options.what == "split":
        state = torch.load(options.source, map_location="cpu", weights_only=True)
        for file in split(state, options.target):
            print(f"{file}: {file.stat().st_size:,} bytes")
    else:
        torch.save(join(options.source), options.target)


if __name__ == "__main__":
    main()

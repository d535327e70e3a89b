"""How near the time said before a summary is to the time it takes.

    python benchmarks/preflight.py FILE... [--rounds 1]

The first file teaches the estimate, as the first runs of a reader do; for each of the others the
estimate made before it is compared with what it took. The ratio is the larger of both over the
smaller: 1 is exact. Idle machines only: what else computes makes both figures noise. A table for
people, and one JSON line last.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.errors import DocumentError  # noqa: E402
from engine.ingest.reader import DocumentReader  # noqa: E402
from engine.runtime import Runtime  # noqa: E402
from engine.types import Document, SummaryOptions  # noqa: E402
from ui.preflight import Measured, estimate, most_memory, n_chars_of, read_measured, with_run  # noqa: E402
from ui.settings import read_settings  # noqa: E402

PROMISED = 1.5


def main() -> int:
    """Print a row for each file, and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=1, help="summaries that teach before any is compared")
    options = parser.parse_args()
    settings = read_settings(ROOT)
    runtime = Runtime(settings.models, app_version=settings.app_version, device=settings.device)
    model = next(model for model in runtime.models() if "summarize" in model.tasks)
    earlier: tuple[Measured, ...] = ()
    ratios: list[float] = []
    print(f"{'file':32} {'tokens':>8} {'said':>8} {'took':>8} {'ratio':>6}")
    for number, (path, document) in enumerate(read(options.files)):
        said = estimate(document, SummaryOptions(), model, "cpu", earlier)
        started = time.monotonic()
        run = runtime.summarize(document, SummaryOptions()).run
        took = time.monotonic() - started
        value = with_run(earlier, run, n_chars_of(document), most_memory())
        earlier = read_measured(value) if value else earlier
        ratio = max(said.seconds / took, took / said.seconds)
        compared = number >= options.rounds
        if compared:
            ratios.append(ratio)
        shown = f"{ratio:6.2f}" if compared else "     -"
        print(f"{path.name[:32]:32} {run.tokens_read:8,} {said.seconds:7.1f}s {took:7.1f}s {shown}")
    middle = statistics.median(ratios) if ratios else 0.0
    print(json.dumps({"documents": len(ratios), "median_ratio": round(middle, 3), "promised": PROMISED}))
    return 0 if ratios and middle <= PROMISED else 1


def read(files: list[Path]) -> list[tuple[Path, Document]]:
    """The files that can be read."""
    reader, found = DocumentReader(), []
    for path in files:
        try:
            found.append((path, reader.read(path)))
        except DocumentError as error:
            print(f"{path.name[:32]:32} {error}", file=sys.stderr)
    reader.close()
    return found


if __name__ == "__main__":
    sys.exit(main())

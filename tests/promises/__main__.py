"""python -m tests.promises [P1 P2 ...] [--quick] [--set DIR]: every promise, measured, as a table."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.promises.figures import Figure
from tests.promises.table import CHECKS, carry_out


def main(arguments: Sequence[str]) -> int:
    """Carry out the promises that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.promises", description=__doc__)
    parser.add_argument("promises", nargs="*", metavar="P1", help="which (default: all)")
    parser.add_argument("--quick", action="store_true", help="a part of it, in minutes")
    parser.add_argument("--set", type=Path, metavar="DIR", help="documents to read as well, hostile or not")
    options = parser.parse_args(arguments)
    wanted = {name.upper() for name in options.promises}
    figures: list[Figure] = []
    started = time.monotonic()
    for promises, name in CHECKS:
        if not wanted or wanted & set(promises):
            figures += carry_out(promises, name, quick=options.quick, documents=options.set, say=_print)
    seconds = time.monotonic() - started
    n_failed = sum(not figure.passed for figure in figures)
    print(f"{len(figures) - n_failed} of {len(figures)} figures hold, in {seconds:.0f} s")
    print(
        json.dumps(
            {
                "figures": len(figures),
                "failed": [f"{f.promise} {f.what}: {f.measured}" for f in figures if not f.passed],
                "seconds": round(seconds),
                "quick": options.quick,
            }
        )
    )
    return 1 if n_failed else 0


def _print(figure: Figure) -> None:
    mark = "pass" if figure.passed else "FAIL"
    words = f"{figure.what:68.68} {figure.measured:28.28} {figure.required:34.34}"
    print(f"{figure.promise:4} {mark}  {words} {figure.form}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

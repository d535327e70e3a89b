"""Print every package that runs with Precis, its version and its licence, one a line.

    python tools/licences.py [--strict]

Starts from the dependencies that pyproject.toml names, test and training extras left out, and
follows what those packages require. With --strict, a package that names no licence is a failure.
"""

import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
CLASSIFIER = "License :: "


def packages() -> dict[str, Distribution]:
    """Everything installed that the project needs at run time, by name in small letters."""
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
    waiting, found = list(project["dependencies"]), {}
    while waiting:
        requirement = waiting.pop()
        name = NAME.match(requirement)[0].lower().replace("_", "-")
        if name in found or "extra ==" in requirement:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # for another platform
            continue
        waiting += found[name].requires or []
    return found


def licence(package: Distribution) -> str:
    """The SPDX expression, else what the classifiers or the licence field say; "" for nothing."""
    about = package.metadata
    classified = [c.removeprefix(CLASSIFIER).split(" :: ")[-1] for c in about.get_all("Classifier", [])
                  if c.startswith(CLASSIFIER)]
    field = (about.get("License") or "").strip().splitlines()
    return about.get("License-Expression") or "; ".join(classified) or (field[0][:80] if field else "")


def main() -> int:
    """Print the list."""
    silent = []
    for name, package in sorted(packages().items()):
        words = licence(package)
        print(f"{name:28} {package.version:16} {words or 'names none'}")
        if not words:
            silent.append(name)
    if silent:
        print(f"without a licence in their metadata: {', '.join(silent)}", file=sys.stderr)
    return 1 if silent and "--strict" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())

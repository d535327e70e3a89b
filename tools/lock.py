"""Write requirements.lock: what the suite installs, at one version each, with the digests of its files.

    python tools/lock.py

pip resolves pyproject.toml's requirements for this Python, and looks up the files of the same
versions for the later Pythons on Linux. torch is left out, with what it brings for graphics
cards: which build of it fits is the machine's affair, and constraints.txt names its version.
Run it again after every change of the requirements; tests/test_lock.py says when.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = ("test",)
LEFT_OUT = re.compile(r"torch|triton|nvidia-.*|cuda-.*")
LATER = ("3.12", "3.13", "3.14")
LINUX = [f"manylinux_2_{minor}_x86_64" for minor in range(5, 35)] + ["manylinux2014_x86_64", "linux_x86_64"]
HEAD = "# Made by tools/lock.py: everything that CI installs but torch. Installed with --require-hashes.\n"


def plain(name: str) -> str:
    """A package's name as every spelling of it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def resolve(requirements: Iterable[str], *options: str) -> dict[str, tuple[str, str, str]]:
    """What pip would install: version, file name and SHA-256 by package. Raises CalledProcessError."""
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder, "wanted.txt"), Path(folder, "report.json")
        wanted.write_text("\n".join(requirements), "utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
        subprocess.run([*command, "--report", report, "-r", wanted, *options], cwd=ROOT, check=True)
        found = json.loads(report.read_text("utf-8"))["install"]
    files = {}
    for item in found:
        source = item["download_info"]
        digest = source["archive_info"]["hashes"]["sha256"]
        name = plain(item["metadata"]["name"])
        files[name] = (item["metadata"]["version"], source["url"].rpartition("/")[2], digest)
    return {name: file for name, file in files.items() if not LEFT_OUT.fullmatch(name)}


def main() -> int:
    """Resolve, look up, write."""
    listed = subprocess.run(
        [sys.executable, ROOT / "tools" / "requirements.py", *EXTRAS],
        capture_output=True,
        text=True,
        check=True,
    )
    here = resolve(listed.stdout.splitlines(), "-c", "constraints.txt")
    digests = {name: {digest} for name, (_, _, digest) in here.items()}
    bound = [f"{name}=={version}" for name, (version, file, _) in here.items() if "-cp3" in file]
    for python in LATER:
        platforms = [word for tag in LINUX for word in ("--platform", tag)]
        with tempfile.TemporaryDirectory() as target:
            there = resolve(bound, "--no-deps", "--python-version", python, *platforms, "--target", target)
        for name, (_, _, digest) in there.items():
            digests[name].add(digest)
    lines = [HEAD]
    for name in sorted(here):
        hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in sorted(digests[name]))
        lines.append(f"{name}=={here[name][0]}{hashes}\n")
    LOCK.write_text("".join(lines), "utf-8")
    print(f"{len(here)} packages, {sum(map(len, digests.values()))} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())

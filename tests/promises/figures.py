"""What a promise is measured by, and how one is carried out."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. `form` says how it was measured: strong, or weak for lack of rights."""

    promise: str
    what: str
    measured: str
    required: str
    passed: bool
    form: str = "strong"


@dataclass(frozen=True, slots=True)
class Setting:
    """How much is done, and with what."""

    folder: Path  # empty, for whatever a promise writes
    quick: bool = True
    documents: Path | None = None  # a folder of documents from elsewhere

    def choose(self, quick: int, full: int) -> int:
        """How many rounds, clients, files."""
        return quick if self.quick else full


Check = Callable[[Setting], Iterator[Figure]]


def none_of(promise: str, what: str, found: list[str] | int, of: int, form: str = "strong") -> Figure:
    """A figure that has to be 0, with how often it could have been more."""
    n = found if isinstance(found, int) else len(found)
    shown = f"{n} of {of}" + (f" ({found[0][:60]})" if isinstance(found, list) and found else "")
    return Figure(promise, what, shown, "0", n == 0 and of > 0, form)


def suite(promise: str, what: str, *nodes: str, **more: str) -> Figure:
    """Tests that hold the promise elsewhere in the suite, with more in their environment."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *nodes],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=environment(**more),
        check=False,
    )
    summary = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "nothing ran"
    counts = re.findall(r"(\d+) (passed|failed|error|errors|skipped)", summary)
    words = ", ".join(f"{number} {word}" for number, word in counts) or summary[:60]
    form = "weak" if "skipped" in words else "strong"
    return Figure(promise, what, words, "all pass", done.returncode == 0, form)


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process: one thread, and no library of anybody's."""
    return {**os.environ, "OMP_NUM_THREADS": "1", **more}


def command(folder: Path, *arguments: str | Path) -> list[str]:
    """app.py with these arguments; `folder` only names where its library would be."""
    return [sys.executable, str(ROOT / "app.py"), *map(str, arguments)]


def allowed(*words: str) -> bool:
    """Whether a command that needs privileges works here."""
    with contextlib.suppress(OSError):
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    return False


def descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd"))


def resident(pid: int | str = "self") -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

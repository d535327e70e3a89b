"""P2: what was acknowledged is there. P3: a full disk. P15: old and damaged libraries."""

from __future__ import annotations

import time
from collections.abc import Iterator

from storage.store import Store
from tests.promises.figures import Figure, Setting, none_of, suite
from tests.storage.test_crash import ingest_and_kill

RESTART = 5.0  # seconds


def check(setting: Setting) -> Iterator[Figure]:
    """kill -9 in the middle of adding and purging, again and again over one library."""
    rounds = setting.choose(6, 300)
    folder = setting.folder / "library"
    kept: set[str] = set()
    gone: set[str] = set()
    lost: list[str] = []
    problems: list[str] = []
    slowest = 0.0
    for seed in range(rounds):
        new, purged = ingest_and_kill(folder, setting.folder / "source", seed)
        kept, gone = kept | new, gone | purged
        started = time.monotonic()
        with Store.open(folder) as store:
            slowest = max(slowest, time.monotonic() - started)
            present = {row.id for row in store.documents("local")}
            lost += sorted(kept - gone - present - set(lost))
            problems += [
                str(problem) for problem in store.problems(thorough=seed % 10 == 0 or seed == rounds - 1)
            ]
    yield none_of("P2", f"acknowledged documents lost in {rounds} kills", lost, len(kept))
    yield none_of("P2", "rows without their file, files altered, damage", problems, rounds)
    yield Figure(
        "P2",
        "opening again after a kill, slowest",
        f"{slowest:.2f} s",
        f"<= {RESTART:.0f} s",
        slowest <= RESTART,
    )
    if not setting.quick:
        yield suite(
            "P2",
            "order of fsync, rename, fsync, row; killed migrations",
            "tests/storage/test_files.py",
            "tests/storage/test_crash.py",
        )


def check_full_disk(setting: Setting) -> Iterator[Figure]:
    """Three forms of a full disk, and a folder that cannot be written to."""
    if not setting.quick:
        yield suite("P3", "a full disk", "tests/storage/test_full_disk.py")
        yield suite("P3", "a folder that cannot be written to", "tests/storage/test_read_only.py")


def check_old(setting: Setting) -> Iterator[Figure]:
    """Every earlier form of the tables; bytes flipped at random."""
    if not setting.quick:
        yield suite("P15", "earlier tables, killed migrations", "tests/storage/test_migrations.py")
        yield suite("P15", "flipped bytes", "tests/storage/test_damage.py")

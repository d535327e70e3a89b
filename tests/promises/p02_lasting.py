"""P2: what was acknowledged is there. P3: a full disk. P15: old and damaged libraries."""

from __future__ import annotations

import contextlib
import http.client
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from storage.store import Store
from tests.promises.figures import Figure, Setting, none_of, suite
from tests.promises.files import ordinary
from tests.promises.server import Running, Visitor
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


def check_server(setting: Setting) -> Iterator[Figure]:
    """kill -9 of the whole server while visitors upload and delete; then it is started again."""
    rounds, readers = setting.choose(2, 10), 3
    folder = setting.folder / "library"
    kept: dict[str, bytes] = {}
    lost: list[str] = []
    problems: list[str] = []
    slowest = 0.0
    for seed in range(rounds):
        with Running(folder) as server:
            slowest = max(slowest, server.seconds_to_answer)
            known = server.visitor()
            lost += [name for name in kept if known.ask(f"/precis/text/{name}/1")[0] != 200]
            visitors = [server.visitor() for _ in range(readers)]
            with ThreadPoolExecutor(readers) as pool:
                work = [pool.submit(_work, visitor, f"{seed} {n}") for n, visitor in enumerate(visitors)]
                time.sleep(random.Random(seed).uniform(2.0, 5.0))
                server.kill()
            for new, gone in (one.result() for one in work):
                kept = {name: text for name, text in {**kept, **new}.items() if name not in gone}
        with Store.open(folder) as store:
            for name, text in kept.items():
                if text.decode() not in store.document("local", name).text:
                    problems.append(f"{name[:8]} reads otherwise")
            problems += [str(problem) for problem in store.problems(thorough=True)]
    yield none_of("P2", f"documents shown and lost, in {rounds} kills of the server", lost, len(kept))
    yield none_of("P2", "altered documents, damage, after them", problems, rounds)
    yield Figure(
        "P2",
        "the server answers again after a kill, slowest",
        f"{slowest:.2f} s",
        f"<= {RESTART:.0f} s",
        slowest <= RESTART,
    )


def _work(visitor: Visitor, name: str) -> tuple[dict[str, bytes], set[str]]:
    """Add and delete until the server is gone: what was shown, and what may be deleted."""
    shown: dict[str, bytes] = {}
    gone: set[str] = set()
    with contextlib.suppress(OSError, AssertionError, http.client.HTTPException):
        for number in range(1000):
            said = f"Number {number} of {name}."
            data = ordinary(said)
            visitor.add(f"{number}.pdf", data)
            visitor.read_until_there(data)
            shown[visitor.document] = said.encode()
            visitor.summarize()
            if number % 3 == 2:
                gone.add(visitor.document)
                visitor.delete(visitor.document)
    return shown, gone


def check_full_disk(setting: Setting) -> Iterator[Figure]:
    """Three forms of a full disk, and a folder that cannot be written to."""
    if not setting.quick:
        yield suite("P3", "a full disk", "tests/storage/test_full_disk.py")
        yield suite("P3", "a folder that cannot be written to", "tests/storage/test_read_only.py")


def check_old(setting: Setting) -> Iterator[Figure]:
    """Every earlier form of the tables; bytes flipped at random."""
    if not setting.quick:
        migrations = "tests/storage/test_migrations.py"
        yield suite("P15", "earlier tables, an upgrade killed 100 times", migrations, PRECIS_TEST_KILLS="100")
        yield suite("P15", "50 databases with flipped bytes", "tests/storage/test_damage.py")

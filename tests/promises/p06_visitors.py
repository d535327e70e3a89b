"""P6: visitors are kept apart. P7: the demo forgets. P8: many at once. P13: logs say nothing."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from storage.store import Store
from tests.promises.figures import Figure, Setting, none_of, suite
from tests.promises.files import ordinary
from tests.promises.server import Running, Visitor
from tests.storage.conftest import Clock, build_answer, build_document, build_summary
from tests.storage.test_removal import SECRET, fill, places_of
from ui.turns import Turns

P95 = 1.0  # seconds, for what needs no model
FLOOD = 15.0  # seconds until somebody else is served after a flood
SLACK = 5.0  # times, for a machine that does other things as well


class Guest:
    """A visitor, the words that only they have given, and what they were answered."""

    def __init__(self, server: Running) -> None:
        self.visitor: Visitor = server.visitor()
        self.fact = f"FACT-{secrets.token_hex(8)}"
        self.data = ordinary(f"The word is {self.fact}.")
        self.document = hashlib.sha256(self.data).hexdigest()
        self.upload = ""
        self.seconds: list[float] = []
        self.busy = 0
        self.statuses: set[int] = set()

    def settle(self) -> bool:
        """Upload, add, and read one's own document; whether it came."""
        self.upload = self.visitor.upload(f"{self.fact}.pdf", self.data)
        self.visitor.watch()
        while self.visitor.join(self.upload, f"{self.fact}.pdf") == 503:
            self.busy += 1
            time.sleep(0.5)
        return self.fact.encode() in self.visitor.read_until_there(self.data)

    def pry(self, others: list[Guest], rounds: int) -> tuple[int, list[str]]:
        """Ask for everything of everybody else; how many requests, and what foreign was answered."""
        n, found = 0, []
        for _ in range(rounds):
            for other in others:
                if other is self:
                    continue
                for path in self._doors(other, n):
                    started = time.monotonic()
                    status, _, body = self.visitor.ask(path)
                    self.seconds.append(time.monotonic() - started)
                    self.statuses.add(status)
                    n += 1
                    if other.fact.encode() in body or (status == 200 and other.document in path):
                        found.append(path)
        return n, found

    def _doors(self, other: Guest, n: int) -> list[str]:
        doors = [
            f"/precis/text/{other.document}/1",
            f"/precis/page/{other.document}/1",
            f"/precis/export/{other.document}/summary.md",
            f"/gradio_api/file={other.upload}",
            f"/gradio_api/deep_link?session_hash={other.visitor.session}",
            f"/precis/text/{secrets.token_hex(32)}/1",
        ]
        return [doors[n % len(doors)], doors[(n + 3) % len(doors)]]


def check(setting: Setting) -> Iterator[Figure]:
    """Many guests of one hosted server, each trying everybody else's doors."""
    n_guests, rounds = setting.choose(6, 50), setting.choose(2, 11)
    with Running(setting.folder / "library", hosted=True) as server:
        guests = [Guest(server) for _ in range(n_guests)]
        with ThreadPoolExecutor(n_guests) as pool:
            settled = list(pool.map(Guest.settle, guests))
            pried = list(pool.map(lambda guest: guest.pry(guests, rounds), guests))
        stranger = server.visitor()
        stranger.cookie = ""
        strange = [stranger.ask(f"/precis/text/{guest.document}/1")[0] for guest in guests]
    n, found = sum(count for count, _ in pried), [path for _, paths in pried for path in paths]
    yield none_of("P6", f"foreign words in {n} answers to {n_guests} visitors", found, n)
    statuses = set().union(*(guest.statuses for guest in guests))
    yield Figure(
        "P6",
        "answers about what is another's, or is not there",
        str(sorted(statuses)),
        "[404]",
        statuses == {404},
    )
    yield Figure(
        "P6", "answers to one without a cookie", str(sorted(set(strange))), "[403]", set(strange) == {403}
    )
    yield none_of(
        "P8", f"of {n_guests} visitors at once, those whose file was not read", settled.count(False), n_guests
    )
    times = sorted(second for guest in guests for second in guest.seconds)
    p95 = times[int(0.95 * len(times))]
    yield Figure(
        "P8",
        "95 of 100 answers without a model within",
        f"{p95:.2f} s",
        f"<= {P95:.0f} s (x {SLACK:.0f} on a busy machine)",
        p95 <= P95 * SLACK,
    )
    said = [line for line in server.lines if "locked" in line or "Traceback" in line]
    yield none_of("P8", "lines about a locked database, tracebacks", said, 1)
    yield none_of("P13", "facts, file names in what the server printed", _told(guests, server), n_guests)


def check_busy(setting: Setting) -> Iterator[Figure]:
    """More at once than the server takes up: it says so, and serves again when that is over."""
    n_floods, n_requests = 16, setting.choose(60, 200)
    with Running(setting.folder / "library", hosted=True) as server:
        floods, guest = [server.visitor() for _ in range(n_floods)], Guest(server)

        def flood(visitor: Visitor) -> list[int]:
            own, statuses = visitor.session, []
            for page in range(n_requests):
                visitor.session = f"{own}{page}"
                statuses += [visitor.watch(), visitor.press("shell", "jobs")]
            return statuses

        with ThreadPoolExecutor(n_floods) as pool:
            statuses = [status for one in pool.map(flood, floods) for status in one]
        started = time.monotonic()
        came = guest.settle()
        seconds = time.monotonic() - started
    yield Figure(
        "P8",
        f"answers to {len(statuses):,} events of {n_floods * n_requests:,} pages at once",
        f"{statuses.count(200):,} taken, {statuses.count(503):,} busy",
        "taken (200) or busy (503)",
        set(statuses) <= {200, 503},
    )
    yield Figure(
        "P8",
        "another's file is read right after that flood",
        f"in {seconds:.1f} s" if came else "never",
        f"<= {FLOOD:.0f} s",
        came and seconds <= FLOOD,
    )


def check_turns(setting: Setting) -> Iterator[Figure]:
    """One visitor queues twenty jobs, then another one."""
    turns = Turns()
    for job in range(20):
        turns.put("greedy", job)
    turns.get()  # it runs
    turns.put("other", 100)
    delay = next(n for n in range(1, 21) if turns.get() == 100)
    yield Figure("P8", "jobs of another before one's first", str(delay), "<= 2", delay <= 2)


def _told(guests: list[Guest], server: Running) -> list[str]:
    logs = [path for path in server.data_dir.rglob("*.log") if path.is_file()]
    text = "\n".join([*server.lines, *(path.read_text(errors="replace") for path in logs)])
    return [guest.fact for guest in guests if guest.fact in text]


def check_forgetting(setting: Setting) -> Iterator[Figure]:
    """An hour and a minute later not one byte is left, wherever text can be."""
    folder, clock = setting.folder / "library", Clock()
    with Store.open(folder, clock=clock, full_text=False) as store:
        fill(store, _keeper(setting.folder), build_summary, build_answer)
        n_before = len(places_of(folder, SECRET))
        clock.jump(timedelta(minutes=61))
        store.forget(timedelta(minutes=60))
        left = [name for name, _ in places_of(folder, SECRET)]
    left += [name for name, _ in places_of(folder, SECRET)]
    yield none_of("P7", "files that still hold a word of it after 61 minutes", left, n_before)


def _keeper(folder: Path):  # type: ignore[no-untyped-def]
    def keep(store: Store, content: bytes, owner: str, **parts):  # type: ignore[no-untyped-def]
        source = folder / "source"
        source.write_bytes(content)
        original = store.keep_original(owner, source)
        source.unlink()
        document = build_document(content, **parts)
        store.add_document(owner, document, name="source.pdf", n_bytes=original.n_bytes, seconds=0.5)
        return document

    return keep


def check_copies(setting: Setting) -> Iterator[Figure]:
    """The same file of two visitors: deleting one leaves the other."""
    folder = setting.folder / "library"
    with Store.open(folder, full_text=False) as store:
        keep = _keeper(setting.folder)
        document = keep(store, content=b"same", owner="a")
        keep(store, content=b"same", owner="b")
        store.forget(owner="a")
        there = store.document("b", document.id) == document and store.original("b", document.id).exists()
        yield Figure(
            "P6", "the same file of two visitors, one deletes it", "kept" if there else "lost", "kept", there
        )
    if not setting.quick:
        yield suite("P8", "one writer at a time, counters exact", "tests/storage/test_concurrency.py")

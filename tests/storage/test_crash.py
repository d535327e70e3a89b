"""kill -9 at any moment: what was acknowledged is there, whole; what was not leaves no trace."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.store import Store

ROOT = Path(__file__).parents[2]
ROUNDS = 10

# Says "kept <sha256>" only once a document and its original are stored, as a reply to an upload would.
INGEST = """
import hashlib, sys
from pathlib import Path
from engine.types import Document, Page, Span
from storage.store import Store
folder, source, seed = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
store = Store.open(folder)
print("open", flush=True)
for n in range(1000):
    content = f"{seed} {n} ".encode() * 3000
    source.write_bytes(content)
    original = store.keep_original("local", source)
    text = f"text of {seed} {n}. " * 400
    document = Document(original.sha256, str(n), text, (Page(1, 1.0, 1.0, Span(0, len(text))),))
    store.add_document("local", document, name="x", n_bytes=original.n_bytes, seconds=0)
    source.unlink()
    print("kept", original.sha256, flush=True)
    if n % 3 == 2:
        print("gone", document.id, flush=True)  # first: killed in between, it may be gone or not
        store.delete_documents("local", [document.id])
        from datetime import timedelta
        store.purge_deleted(timedelta(0))
"""


def ingest_and_kill(folder: Path, source: Path, seed: int) -> tuple[set[str], set[str]]:
    """The digests that were acknowledged as kept, and those whose deletion had begun."""
    process = subprocess.Popen(
        [sys.executable, "-c", INGEST, folder, source, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    chance = random.Random(seed)
    lines = [process.stdout.readline().split() for _ in range(chance.randrange(1, 6))]
    time.sleep(chance.uniform(0.0, 0.1))
    process.kill()
    lines += [line.split() for line in process.stdout if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    return {sha for word, sha in lines if word == "kept"}, {sha for word, sha in lines if word == "gone"}


@pytest.mark.slow
def test_no_acknowledged_document_is_lost(folder, tmp_path):
    kept: set[str] = set()
    gone: set[str] = set()
    for seed in range(ROUNDS):
        new, purged = ingest_and_kill(folder, tmp_path / "source", seed)
        kept, gone = kept | new, gone | purged
        with Store.open(folder) as store:
            present = {row.id for row in store.documents("local")}
            assert kept - gone <= present, f"lost in round {seed}"
            assert store.problems(thorough=True) == ()
            for sha256 in kept - gone:
                assert store.document("local", sha256).text.startswith("text of ")
            on_disk = {path.name for path in folder.glob("originals/*/*/*")}
            claimed = {path.name for path in map(lambda s: store.original("local", s), present)}
            assert claimed <= on_disk and not list(folder.glob("originals/*.tmp"))
    assert len(kept) >= ROUNDS, "the test must have had something to lose"


OPEN = """
import sys
from pathlib import Path
from storage.store import Store
Store.open(Path(sys.argv[1])).close()
"""


@pytest.mark.slow
def test_a_library_whose_making_was_killed_is_made_the_next_time(tmp_path):
    """Killed while alembic makes the tables: they are all there or none is."""
    for round_ in range(5):
        folder = tmp_path / str(round_)
        process = subprocess.Popen([sys.executable, "-c", OPEN, folder], cwd=ROOT, stdout=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not (folder / "precis.db").exists() and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(round_ * 0.03)
        process.kill()
        process.communicate()
        with Store.open(folder) as store:
            assert store.is_holder and store.documents("local") == () and store.problems(thorough=True) == ()

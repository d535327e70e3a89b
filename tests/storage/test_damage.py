"""A damaged library is named, left as it is, and can be set aside; it never crashes the program."""

import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import DamagedLibrary, PrecisError, StorageError
from storage.store import Store


@pytest.fixture
def filled(folder, keep, new_summary, new_answer):
    """A closed library with a bit of everything, and what is in it."""
    documents = []
    with Store.open(folder) as store:
        for n in range(4):
            texts = (f"Page one of {n}. " * 40, f"Page two of {n}. " * 40)
            documents.append(keep(store, content=str(n).encode(), texts=texts))
            store.save_summary("local", new_summary(documents[-1]))
            store.save_answer("local", new_answer(documents[-1]))
            job = store.create_job("local", "answer", {"question": "?"}, documents[-1].id)
            store.add_events(job, [{"n": n}])
    return folder, documents


def read_everything(folder: Path, documents) -> int:
    """Use the library in every way there is; how many named errors came. Anything else raises."""
    errors = 0

    def attempt(action) -> object:
        nonlocal errors
        try:
            return action()
        except PrecisError:
            errors += 1
            return None

    with Store.open(folder) as store:
        for document in documents:
            back = attempt(lambda d=document: store.document("local", d.id))
            assert back is None or replace(back, title=document.title) == document, (
                "altered, and nobody noticed"
            )
            attempt(lambda d=document: store.summaries("local", d.id))
            attempt(lambda d=document: store.answers("local", d.id))
            attempt(lambda d=document: store.rename_document("local", d.id, d.title))
        for job in attempt(lambda: store.jobs("local")) or ():
            attempt(lambda j=job: store.events("local", j.id))
        for action in (
            lambda: store.documents("local"),
            lambda: store.search("local", "page"),
            lambda: store.create_job("local", "answer", {}),
            lambda: store.problems(thorough=True),
            store.mark_interrupted,
            store.sizes,
        ):
            attempt(action)
    return errors


@pytest.mark.slow
def test_flipped_bytes_are_noticed_or_harmless(filled, tmp_path):
    folder, documents = filled
    sound = (folder / "precis.db").read_bytes()
    noticed = 0
    for seed in range(50):
        chance = random.Random(seed)
        damaged = bytearray(sound)
        for _ in range(chance.choice((1, 8, 64))):
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        copy = tmp_path / str(seed)
        shutil.copytree(folder, copy)
        (copy / "precis.db").write_bytes(damaged)
        try:
            noticed += bool(read_everything(copy, documents))
        except StorageError:
            noticed += 1
        assert len(list(copy.glob("originals/*/*/*"))) == len(documents), "no original is lost"
        shutil.rmtree(copy)
    assert noticed >= 15, "the test must be able to fail"


@pytest.mark.parametrize("damage", ["garbage", "cut", "zeros", "another program's"])
def test_what_is_no_library_is_named_and_left_alone(filled, damage):
    folder, _ = filled
    path = folder / "precis.db"
    sound = path.read_bytes()
    match damage:
        case "garbage":
            path.write_bytes(random.Random(1).randbytes(50_000))
        case "cut":
            path.write_bytes(sound[: len(sound) // 2])
        case "zeros":
            path.write_bytes(sound[:8192] + bytes(8192) + sound[16384:])
        case _:
            path.unlink()
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE addresses (name TEXT)")
            connection.close()
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(DamagedLibrary, match="left as it is"):
            Store.open(folder)
    assert path.read_bytes() == before
    assert len(list(folder.glob("originals/*/*/*"))) == 4


def test_an_altered_text_is_noticed(filled):
    folder, documents = filled
    with sqlite3.connect(folder / "precis.db") as connection:
        connection.execute("UPDATE pages SET text = replace(text, 'Page one of 2', 'Page one of 3')")
    connection.close()
    with Store.open(folder) as store:
        assert store.document("local", documents[0].id) == documents[0]
        with pytest.raises(DamagedLibrary):
            store.document("local", documents[2].id)
        first = store.problems(thorough=True)[0]
        assert (first.what, first.document) == ("document altered", documents[2].id)


def test_messages_hold_no_path_and_no_text(filled):
    folder, _ = filled
    (folder / "precis.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(DamagedLibrary) as caught:
        Store.open(folder)
    assert str(folder) not in str(caught.value) and "Page one" not in str(caught.value)

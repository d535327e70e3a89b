"""What is purged is gone: from the tables, from the index, from every byte in the folder."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import NotInLibrary
from storage.store import Store

SECRET = "Xylograph"
NOW = timedelta(0)


def places_of(folder: Path, *needles: str) -> list[tuple[str, str]]:
    """Which files still hold a needle, in any case, as UTF-8 or UTF-16."""
    return [
        (path.name, needle)
        for path in folder.rglob("*")
        if path.is_file()
        for needle in needles
        if any(
            form in path.read_bytes().lower()
            for form in (needle.lower().encode(), needle.lower().encode("utf-16-le"))
        )
    ]


def fill(store: Store, keep, new_summary, new_answer, owner: str = "local"):
    """A document with its word in every place where text of it can be."""
    document = keep(
        store, content=f"original {SECRET}".encode(), owner=owner, title=f"{SECRET} title",
        texts=(f"Here is the {SECRET}, and once more {SECRET}. Then more words follow. ", "Second page."),
    )
    store.save_summary(owner, new_summary(document, f"Summary of {SECRET}.", word=SECRET))
    store.save_answer(owner, new_answer(document, f"Who has the {SECRET}?"))
    ingest = store.create_job(owner, "ingest", {"name": f"{SECRET}.pdf", "sha256": document.id})
    answer = store.create_job(owner, "answer", {"question": f"Why {SECRET}?"}, document.id)
    for job in (ingest, answer):
        store.start_job(job)
        store.add_events(job, [{"text": f"{SECRET} event"}])
        store.save_window(job, 0, 1, f"{SECRET} window".encode())
        store.finish_job(job, "failed", error_message=SECRET)
    return document


@pytest.mark.parametrize("full_text", [True, False], ids=["index", "no index"])
@pytest.mark.parametrize("way", ["purge", "forget one", "forget all"])
def test_a_purged_document_leaves_no_byte(folder, clock, keep, new_summary, new_answer, full_text, way):
    with Store.open(folder, clock=clock, full_text=full_text) as store:
        other = keep(store, content=b"other", texts=("Other text stays.",), owner="bob")
        document = fill(store, keep, new_summary, new_answer)
        assert places_of(folder, SECRET), "the test must be able to fail"
        store.delete_documents("local", [document.id])
        assert places_of(folder, SECRET), "deleted is not yet purged"
        match way:
            case "purge":
                assert store.purge_deleted(NOW) == 1
            case "forget one":
                assert store.forget(owner="local") == 1
            case "forget all":
                assert store.forget() == 2
        assert places_of(folder, SECRET, document.id) == []
        assert store.jobs("local") == () and store.documents("local") == ()
        if way != "forget all":
            assert store.document("bob", other.id) == other and store.search("bob", "stays")
            assert store.original("bob", other.id).read_bytes() == b"other"
        assert store.problems(thorough=True) == ()


def test_the_same_file_of_another_owner_stays(store, keep, new_summary, new_answer):
    document = fill(store, keep, new_summary, new_answer, "ada")
    fill(store, keep, new_summary, new_answer, "bob")
    store.delete_documents("ada", [document.id])
    assert store.purge_deleted(NOW) == 1
    with pytest.raises(NotInLibrary):
        store.original("ada", document.id)
    assert store.document("bob", document.id) == document and len(store.jobs("bob")) == 2
    assert store.original("bob", document.id).exists() and store.search("bob", SECRET)
    assert len(store.summaries("bob", document.id)) == len(store.answers("bob", document.id)) == 1
    assert store.forget(owner="bob") == 1 and not list(store._files.folder.glob("*/*/*"))


def test_the_purge_waits_for_its_time_whichever_way_the_clock_goes(store, keep, clock):
    document = keep(store)
    store.delete_documents("local", [document.id])
    clock.jump(timedelta(minutes=1))
    assert store.purge_deleted(timedelta(minutes=2)) == 0
    store.restore_documents("local", [document.id])
    clock.jump(timedelta(days=1))
    assert store.purge_deleted(timedelta(minutes=2)) == 0, "restored"
    store.delete_documents("local", [document.id])
    clock.jump(timedelta(days=-3650))
    assert store.purge_deleted(timedelta(minutes=2)) == 1


def test_what_a_demo_was_given_is_gone_after_an_hour(folder, clock, keep, new_summary, new_answer):
    with Store.open(folder, clock=clock, full_text=False) as store:
        document = fill(store, keep, new_summary, new_answer, "visitor")
        store.set_setting("visitor", "theme", "dark")
        clock.jump(timedelta(minutes=59))
        assert store.forget(timedelta(minutes=60)) == 0 and store.documents("visitor")
        clock.jump(timedelta(minutes=2))
        assert store.forget(timedelta(minutes=60)) == 1
        assert places_of(folder, SECRET, document.id) == [] and store.jobs("visitor") == ()


def test_forgetting_an_owner_takes_the_settings_too(store):
    store.set_setting("ada", "theme", "dark")
    store.set_setting("bob", "theme", "light")
    store.forget(owner="ada")
    assert store.get_setting("ada", "theme") is None and store.get_setting("bob", "theme") == "light"


@pytest.mark.parametrize(
    "state, stays",
    [*((s, True) for s in ("queued", "running", "stopped", "interrupted", "failed")), ("done", False)],
)
def test_a_file_that_was_never_read_stays_while_a_job_may_want_it(store, tmp_path, clock, state, stays):
    source = tmp_path / "source"
    source.write_bytes(b"never read")
    original = store.keep_original("local", source)
    job = store.create_job("local", "ingest", {"sha256": original.sha256})
    if state != "queued":
        store.start_job(job)
    if state not in ("queued", "running"):
        store.finish_job(job, state)
    clock.jump(timedelta(hours=1))
    store.purge_deleted(timedelta(minutes=2))
    path = store._files.path(original.sha256)
    assert path.exists() is stays
    clock.jump(timedelta(days=2))
    store.purge_deleted(timedelta(minutes=2))
    assert path.exists() is (stays and state != "failed"), "what failed waits a day"
    assert store.problems() == ()


def test_a_file_that_just_arrived_is_not_taken_for_abandoned(store, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"just arrived")
    original = store.keep_original("local", source)
    store.purge_deleted(timedelta(minutes=2))
    assert store.original("local", original.sha256).exists()


def test_the_database_gives_room_back(store, keep, folder):
    empty = store.sizes().database_bytes
    texts = tuple(f"{page} " + " ".join(f"word{page}x{i}" for i in range(800)) for page in range(60))
    document = keep(store, texts=texts)
    assert store.sizes().database_bytes > empty + 1_000_000
    store.delete_documents("local", [document.id])
    store.purge_deleted(NOW)
    assert store.sizes().database_bytes < empty * 1.2


def test_many_cycles_leave_nothing_behind(store, keep, folder):
    sizes = []
    for cycle in range(30):
        document = keep(store, content=str(cycle).encode())
        store.delete_documents("local", [document.id])
        assert store.purge_deleted(NOW) == 1
        sizes.append(store.sizes().database_bytes)
    assert sizes[-1] <= sizes[2] * 1.05 and not [
        p for p in folder.rglob("*") if p.is_file() and len(p.name) == 64
    ]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_no_descriptor_is_lost(folder, keep):
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    assert sys.platform == "linux"
    counts = []
    for cycle in range(6):
        with Store.open(folder) as store:
            document = keep(store, content=str(cycle).encode())
            store.delete_documents("local", [document.id])
            store.purge_deleted(NOW)
        counts.append(descriptors())
    assert counts[-1] == counts[1]

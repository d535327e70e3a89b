"""The verbs over a real store and reader, with the fake engine."""

import time
from pathlib import Path

import pytest

from engine.errors import NotInLibrary
from engine.ingest.reader import DocumentReader
from storage.store import Store
from tests.ui.fake_engine import FakeEngine
from ui.actions import Actions
from ui.jobs import Story
from ui.lists import adding_view
from ui.parts import UnknownPart
from ui.values import BadRequest, is_active

TEXT = "\n\n".join(f"Sentence number {n} tells of the tower and its bell." for n in range(40))


@pytest.fixture(scope="module")
def reader():
    reader = DocumentReader()
    yield reader
    reader.close()


@pytest.fixture
def actions(tmp_path: Path, reader: DocumentReader):
    store, engine = Store.open(tmp_path / "library"), FakeEngine()
    made = Actions(lambda: store, lambda: reader, lambda: engine)
    made.engine = engine
    made.start()
    yield made
    made.close()
    store.close()


def finish(actions: Actions, owner: str, job_id: int):
    for _ in range(3000):
        row = next(row for row in actions.job_rows(owner) if row.id == job_id)
        if not is_active(row):
            return row
        time.sleep(0.01)
    raise AssertionError("the job does not end")


def add(actions: Actions, tmp_path: Path, owner: str = "local", text: str = TEXT) -> str:
    file = tmp_path / "notes.txt"
    file.write_text(text)
    row = finish(actions, owner, actions.add(owner, file, file.name))
    assert row.state == "done", row.error_message
    return row.document_id


def test_add_summarize_ask(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    assert finish(actions, "local", actions.summarize("local", document, "short")).state == "done"
    assert finish(actions, "local", actions.ask("local", document, "  Where is   the bell? ")).state == "done"
    workspace = actions.workspace("local", document)
    assert len(workspace.summaries) == 1 and len(workspace.summaries[0].summary.sentences) == 3
    assert workspace.answers[0].answer.question == "Where is the bell?"
    assert workspace.row.has_summary


def test_the_same_request_comes_from_the_store(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    first = finish(actions, "local", actions.summarize("local", document, "short"))
    steps = actions.engine.steps
    again = finish(actions, "local", actions.summarize("local", document, "short"))
    assert again.result_id == first.result_id and actions.engine.steps == steps
    finish(actions, "local", actions.summarize("local", document, "long"))
    assert actions.engine.steps > steps


def test_the_same_file_twice_is_one_document(actions, tmp_path) -> None:
    assert add(actions, tmp_path) == add(actions, tmp_path)
    assert len(actions.documents("local")) == 1


def test_a_refused_file_leaves_a_failed_job_and_no_document(actions, tmp_path) -> None:
    file = tmp_path / "empty.pdf"
    file.write_bytes(b"")
    row = finish(actions, "local", actions.add("local", file, file.name))
    assert (row.state, row.error_code) == ("failed", "empty")
    assert actions.documents("local") == ()


def test_another_owner_sees_nothing(actions, tmp_path) -> None:
    document = add(actions, tmp_path, "first")
    assert actions.documents("second") == () and actions.job_rows("second") == ()
    assert actions.search("second", "bell") == ()
    for verb in (
        lambda: actions.document("second", document),
        lambda: actions.workspace("second", document),
        lambda: actions.page_image("second", document, 1),
        lambda: actions.summarize("second", document, "short"),
        lambda: actions.ask("second", document, "Why?"),
    ):
        with pytest.raises(NotInLibrary):
            verb()
    assert actions.document("first", document).text


def test_delete_hides_and_undo_brings_back(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    actions.document("local", document)
    actions.delete("local", (document,))
    assert actions.documents("local") == ()
    with pytest.raises(NotInLibrary):
        actions.document("local", document)
    actions.undo("local", (document,))
    assert [row.id for row in actions.documents("local")] == [document]


def test_what_cannot_be_meant_is_refused(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    with pytest.raises(BadRequest):
        actions.summarize("local", document, "endless")
    with pytest.raises(BadRequest, match="Write a question"):
        actions.ask("local", document, "  \n ")
    with pytest.raises(BadRequest, match="1000 characters"):
        actions.ask("local", document, "x" * 1001)
    with pytest.raises(NotInLibrary):
        actions.page_image("local", document, 0)
    with pytest.raises(NotInLibrary):
        actions.page_image("local", document, 10_000)


def test_search_finds_pages(actions, tmp_path) -> None:
    add(actions, tmp_path)
    hits = actions.search("local", "tower 17")
    assert hits and hits[0].page == 1
    assert actions.search("local", '" AND (x OR') == () and actions.search("local", " ") == ()


def test_forget_leaves_nothing(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    finish(actions, "local", actions.summarize("local", document, "short"))
    kept = add(actions, tmp_path, "another")
    assert actions.forget("local") == 1
    assert actions.documents("local") == () and actions.job_rows("local") == ()
    assert [row.id for row in actions.documents("another")] == [kept], "the same file of somebody else stays"


def test_a_hosted_library_is_small_and_short_lived(tmp_path, reader) -> None:
    from datetime import timedelta

    from ui.values import Hosting

    store = Store.open(tmp_path / "library", full_text=False)
    actions = Actions(lambda: store, lambda: reader, FakeEngine, Hosting(timedelta(seconds=0), 1))
    actions.start()
    add(actions, tmp_path, "visitor")
    with pytest.raises(BadRequest, match="keeps 1 document"):
        actions.add("visitor", tmp_path / "notes.txt", "notes.txt")
    actions.sweep()
    assert actions.documents("visitor") == ()
    actions.close()
    store.close()


def test_a_file_that_was_added_before_is_said_to_be_there(actions, tmp_path) -> None:
    first = add(actions, tmp_path)
    file = tmp_path / "copy.txt"
    file.write_text(TEXT)
    row = finish(actions, "local", actions.add("local", file, "copy.txt"))
    view = actions.tell("local", row, Story())
    assert row.document_id == first and len(actions.documents("local")) == 1
    assert "Already in the library" in adding_view([view])
    earlier = actions.job_rows("local")[-1]
    assert "Ready" in adding_view([actions.tell("local", earlier, Story())])


def test_a_pasted_text_is_named_by_its_first_line_and_leaves_no_file(actions, tmp_path) -> None:
    folder = tmp_path / "uploads"
    folder.mkdir()
    text = "On ../towers <b>and</b> bells\n\n" + TEXT
    row = finish(actions, "local", actions.add_text("local", text, folder))
    (kept,) = actions.documents("local")
    assert row.state == "done" and list(folder.iterdir()) == []
    assert "towers" in kept.name and not set(kept.name) & set("<>/")
    with pytest.raises(BadRequest):
        actions.add_text("local", " \n ", folder)


def test_the_summary_that_is_shown_is_the_one_that_is_saved(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    first = finish(actions, "local", actions.summarize("local", document, "line")).result_id
    finish(actions, "local", actions.summarize("local", document, "short"))
    newest = actions.export("local", document, "summary.txt").data
    chosen = actions.export("local", document, "summary.txt", first).data
    assert newest.count(b"(p. 1)") == 3 and chosen.count(b"(p. 1)") == 1
    with pytest.raises(NotInLibrary):
        actions.export("local", document, "summary.txt", 9_999)


def test_a_part_is_its_own_run_and_teaches_the_estimate(actions, tmp_path) -> None:
    document = add(actions, tmp_path, text=TEXT * 3)
    assert not actions.preflight("local", document).is_measured
    finish(actions, "local", actions.summarize("local", document, "short"))
    finish(actions, "local", actions.summarize("local", document, "short", "1"))
    keys = {saved.summary.run.key for saved in actions.workspace("local", document).summaries}
    assert len(keys) == 2 and actions.preflight("local", document).is_measured
    with pytest.raises(UnknownPart):
        actions.summarize("local", document, "short", "7")


def test_a_map_is_of_ones_own_summary_and_its_job_keeps_it(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    job = actions.summarize("local", document, "short", "1", "sentences")
    summary = finish(actions, "local", job).result_id
    (saved,) = actions.workspace("local", document).summaries
    run = saved.summary.run
    assert run.options["global"] == "sentences" and "every sentence" in run.placement
    for owner, number in (("else", summary), ("local", summary + 1)):
        with pytest.raises(NotInLibrary):
            actions.map_attention(owner, document, number)
    row = finish(actions, "local", actions.map_attention("local", document, summary))
    assert row.state == "done"
    told = actions.tell("local", row, Story()).story.map
    assert told is not None and len(told.heat) == len(actions.document("local", document).sentences)


def test_where_global_attention_goes_is_part_of_the_key(actions, tmp_path) -> None:
    document = add(actions, tmp_path)
    for placement in ("first", "sentences", "first"):
        finish(actions, "local", actions.summarize("local", document, "short", "", placement))
    assert len(actions.workspace("local", document).summaries) == 2


def test_what_is_kept_in_old_jobs_stays_in_sight(actions, tmp_path) -> None:
    """A hundred later jobs hide neither the suggestions of a document, nor its failures, nor what waits."""
    from ui.actions import JOBS_SHOWN

    document, store = add(actions, tmp_path), actions._store()
    waits = store.create_job("local", "summarize", {"length": "short"}, document)
    suggested = finish(actions, "local", actions.suggest("local", document)).id
    failed = store.create_job("local", "answer", {"question": "Why?"}, document)
    store.finish_job(failed, "failed")
    for _ in range(JOBS_SHOWN):
        store.finish_job(store.create_job("local", "answer", {}, "e" * 64), "done")
    assert {suggested, failed} <= {row.id for row in actions.workspace("local", document).jobs}
    assert actions.suggest("local", document) == suggested
    actions.delete("local", (document,))
    assert store.job("local", waits).state == "stopped"

"""Documents come back as they went in, to their owner and to nobody else."""

import os
import stat
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import DamagedLibrary, NotInLibrary, UnreadableFile
from engine.types import Box, Document, Line, Page, Sentence, Span
from storage.store import Store

UNKNOWN = "0" * 64
GAPS = (Page(1, 1.0, 2.0, Span(4, 10)), Page(2, 1.0, 2.0, Span(11, 16)))
OVERLAPS = (Page(1, 1.0, 2.0, Span(0, 3)), Page(2, 1e300, -0.5, Span(0, 3), "failed"))


def test_a_document_comes_back_equal(store, keep, folder, clock):
    document = keep(store)
    assert store.document("local", document.id) == document
    store.close()
    with Store.open(folder, clock=clock) as again:
        assert again.document("local", document.id) == document


def test_a_row_says_what_a_list_shows(store, keep, clock):
    document = keep(store, texts=("One. ", " ", "Two. "), title="Title")
    row = store.document_row("local", document.id)
    assert (row.id, row.owner, row.name, row.title) == (document.id, "local", "source.pdf", "Title")
    assert (row.status, row.n_pages, row.n_chars, row.n_bytes) == ("partial", 3, 11, 6)
    assert (row.pages_without_text, row.pages_failed) == ((2,), ())
    assert row.added == clock.now and row.added.tzinfo is UTC
    assert not row.has_summary
    assert store.documents("local") == (row,)


@pytest.mark.parametrize(
    "document",
    [
        Document("a" * 64, "", "", ()),
        Document("a" * 64, "T", "gap before and after", GAPS),
        Document("a" * 64, "T", "abc", OVERLAPS),
        Document(
            "a" * 64, "T", "x" * 9000, (Page(1, 612, 792, Span(0, 9000)),),
            lines=tuple(Line(Span(i, i + 1), Box(1, i / 7, i, 0, 0.1), (i / 10, i / 3)) for i in range(9000)),
            sentences=tuple(Sentence(Span(i, i + 1), 1, "footnote", i % 7) for i in range(9000)),
        ),
        Document(
            "a" * 64, "\U0001f5fc", "\U0001f5fc…‮ñ\n\n中文", (Page(1, 1.0, 2.0, Span(0, 8)),),
            lines=(Line(Span(0, 8), Box(1, float("inf"), -1e18, 5e-324, 0.1), (1e16 + 2, -3.0)),),
        ),
    ],
    ids=["empty", "gaps", "spans that overlap", "long", "odd characters and numbers"],
)
def test_any_document_comes_back_equal(store, claim, document):
    document = replace(document, id=claim(store).sha256)
    store.add_document("local", document, name="x", n_bytes=1, seconds=0.0)
    assert store.document("local", document.id) == document


def test_adding_again_changes_nothing(store, keep, new_document):
    document = keep(store)
    before = store.document_row("local", document.id)
    other = new_document(texts=("Something else.",), title="Other")
    assert store.add_document("local", other, name="y", n_bytes=9, seconds=1.0) == before
    assert store.document("local", document.id) == document
    assert len(store.documents("local")) == 1


def test_documents_stand_newest_first_whatever_the_clock_did(store, keep, clock):
    ids = []
    for jump in (timedelta(days=3650), timedelta(days=-7300), timedelta(0), timedelta(days=-20_454)):
        clock.jump(jump)
        ids.append(keep(store, content=str(len(ids)).encode()).id)
    assert [row.id for row in store.documents("local")] == ids[::-1]
    assert store.documents("local")[0].added == clock.now


def test_moments_before_1970_and_of_other_zones_are_kept(store, keep, clock):
    from datetime import timezone

    clock.now = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-3)))
    document = keep(store)
    assert store.document_row("local", document.id).added == clock.now


def test_owners_see_only_their_own(store, keep, new_summary, new_answer):
    document = keep(store, owner="ada")
    store.save_summary("ada", new_summary(document))
    store.save_answer("ada", new_answer(document))
    job = store.create_job("ada", "summarize", {}, document.id)
    store.add_events(job, [{"kind": "progress"}])
    assert store.documents("bob") == () and store.jobs("bob") == ()
    assert store.search("bob", "lighthouse") == () and store.search("ada", "lighthouse")
    assert store.summaries("bob", document.id) == () and store.answers("bob", document.id) == ()
    assert store.summary_for("bob", new_summary(document).run.key) is None
    assert store.answer_for("bob", new_answer(document).run.key) is None
    assert store.events("bob", job) == ()
    for forbidden in (
        lambda: store.document("bob", document.id),
        lambda: store.document_row("bob", document.id),
        lambda: store.original("bob", document.id),
        lambda: store.rename_document("bob", document.id, "mine"),
        lambda: store.save_summary("bob", new_summary(document)),
        lambda: store.job("bob", job),
        lambda: store.requeue_job("bob", job),
    ):
        with pytest.raises(NotInLibrary):
            forbidden()
    store.delete_documents("bob", [document.id])
    assert store.document("ada", document.id) == document


@pytest.mark.parametrize(
    "wrong", [UNKNOWN, "", "../../etc/passwd", "\ud800", "a" * 64 + "\n", "A" * 64, "%2e%2e", "'"]
)
def test_an_unknown_id_is_not_in_the_library(store, keep, wrong):
    keep(store)
    for look in (store.document, store.document_row, store.original):
        with pytest.raises(NotInLibrary):
            look("local", wrong)
    store.delete_documents("local", [wrong])
    store.restore_documents("local", [wrong])
    assert store.summaries("local", UNKNOWN) == ()


def test_a_title_can_be_changed(store, keep):
    document = keep(store)
    store.rename_document("local", document.id, "Better")
    assert store.document_row("local", document.id).title == "Better"
    assert store.document("local", document.id) == replace(document, title="Better")


def test_deleted_documents_are_hidden_and_come_back(store, keep, new_summary):
    document = keep(store)
    store.save_summary("local", new_summary(document))
    store.delete_documents("local", [document.id])
    assert store.documents("local") == () and store.search("local", "lighthouse") == ()
    assert store.summaries("local", document.id) == ()
    assert store.summary_for("local", new_summary(document).run.key) is None
    with pytest.raises(NotInLibrary):
        store.document("local", document.id)
    store.restore_documents("local", [document.id])
    assert store.document("local", document.id) == document
    assert len(store.summaries("local", document.id)) == 1 and store.search("local", "lighthouse")


def test_adding_a_deleted_document_brings_it_back(store, keep):
    document = keep(store)
    store.delete_documents("local", [document.id])
    assert keep(store) == document
    assert store.document("local", document.id) == document


def test_a_document_that_is_deleted_while_it_is_read_does_not_come_back(store, keep, claim, new_document):
    """Everything of an owner is deleted between the last look of the reader and the end of its work."""
    keep(store, owner="bob")
    original = claim(store)
    store.forget(owner="local")
    with pytest.raises(NotInLibrary):
        store.add_document("local", new_document(), name="x", n_bytes=original.n_bytes, seconds=0.0)
    assert store.documents("local") == () and len(store.documents("bob")) == 1
    claim(store)
    store.add_document("local", new_document(), name="x", n_bytes=original.n_bytes, seconds=0.0)
    assert store.documents("local")


HOSTILE_NAMES = [
    "\udcff\udcfe.pdf", "x" * 255, "a\nb.pdf", "../../etc/passwd", "%2f%2e%2e", "-rf", "CON", "nul.txt",
    "a\u202efdp.exe",
    "e\u0301.pdf", "é.pdf", "\U0001f4a9.pdf", "\"'`$(reboot)", "; DROP TABLE jobs; --", "", " ", "a\x00b",
    "\x1b[31m",
    "<script>alert(1)</script>", "=1+1", "?", "*", "C:\\a", "\ud800", "\uffff", ".", "..", "~",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_any_file_name_is_stored_as_a_name_only(store, claim, new_document, name, folder, tmp_path):
    claim(store)
    before = sorted(path for path in tmp_path.rglob("*") if "originals" not in path.parts)
    document = new_document(title=name)
    row = store.add_document("local", document, name=name, n_bytes=1, seconds=0.0)
    assert row.name == name.encode("utf-8", "replace").decode() == row.title
    job = store.create_job("local", "ingest", {"name": name})
    assert store.job("local", job).params == {"name": name}
    assert sorted(path for path in tmp_path.rglob("*") if "originals" not in path.parts) == before


# ---------------------------------------------------------------- originals


def test_an_original_is_kept_by_its_content(store, folder, tmp_path):
    source = tmp_path / "b\udcff.pdf"
    source.write_bytes(b"bytes")
    original = store.keep_original("local", source)
    source.unlink()
    path = store.original("local", original.sha256)
    assert path.read_bytes() == b"bytes" and original.n_bytes == 5
    assert path.relative_to(folder).parts == (
        "originals", original.sha256[:2], original.sha256[2:4], original.sha256,
    )


def test_keeping_twice_is_the_same_and_heals(store, keep):
    document = keep(store)
    path = store.original("local", document.id)
    path.write_bytes(b"damage")
    assert [problem.what for problem in store.problems(thorough=True)] == ["original altered"]
    keep(store)
    assert path.read_bytes() == b"a file" and store.problems(thorough=True) == ()
    assert store.sizes().original_bytes == 6


def test_a_missing_original_is_reported_and_the_text_stays(store, keep):
    document = keep(store)
    store.original("local", document.id).unlink()
    assert [(p.what, p.document) for p in store.problems()] == [("original missing", document.id)]
    with pytest.raises(DamagedLibrary, match="add the file again"):
        store.original("local", document.id)
    assert store.document("local", document.id) == document
    keep(store)
    assert store.original("local", document.id).read_bytes() == b"a file"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
@pytest.mark.parametrize("kind", ["pipe", "folder", "missing", "device", "nul"])
def test_only_files_are_kept(store, tmp_path, kind):
    source = tmp_path / "source"
    match kind:
        case "pipe":
            os.mkfifo(source)
        case "folder":
            source.mkdir()
        case "device":
            source = Path("/dev/zero")
        case "nul":
            source = Path("a\x00b")
    with pytest.raises(UnreadableFile):
        store.keep_original("local", source)
    assert store.sizes().original_bytes == 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_nobody_else_may_read_the_library(store, keep, folder, tmp_path):
    keep(store)
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_folder_that_was_open_to_others_is_closed(folder):
    folder.mkdir(mode=0o755)
    Store.open(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_library_stands_in_a_folder_of_any_name(tmp_path, keep):
    folder = tmp_path / "a ?mode=memory&b=%41#é'\udcff"
    with Store.open(folder) as store:
        document = keep(store)
    with Store.open(folder) as store:
        assert store.document("local", document.id) == document
    assert (folder / "precis.db").stat().st_size > 0

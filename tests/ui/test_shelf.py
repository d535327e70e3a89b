"""Using the library: files that are refused beside others, and undo that comes too late."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.ui.test_actions import TEXT, actions, add, finish, reader  # noqa: F401  (fixtures)
from ui.tabs.shelf import Shelf
from ui.values import BadRequest

NAMES = ("message", "deleted", "place", "memory", "library", "jobs")


@pytest.fixture
def shelf(actions, tmp_path: Path) -> Shelf:  # noqa: F811
    page = SimpleNamespace(
        actions=actions, regions=SimpleNamespace(**{name: name for name in NAMES}),
        owner=lambda request: "local", show_lists=lambda owner: {"library": actions.documents(owner)},
    )
    (tmp_path / "uploads").mkdir()
    return Shelf(page, tmp_path / "uploads")


def upload(shelf: Shelf, name: str) -> str:
    file = shelf.uploads / name
    file.write_text(f"{name}. {TEXT}")
    return str(file)


def about(*documents: str) -> SimpleNamespace:
    return SimpleNamespace(_data={"documents": ",".join(documents)})


def test_a_refused_file_keeps_no_other_from_its_place(shelf, monkeypatch) -> None:
    files = [upload(shelf, name) for name in ("one.txt", "<b>two.txt", "three.txt")]
    keep = shelf.actions.add

    def refuse_second(owner: str, path: Path, name: str) -> int:
        if "two" in name:
            raise BadRequest("Delete one first.")
        return keep(owner, path, name)

    monkeypatch.setattr(shelf.actions, "add", refuse_second)
    update = shelf.add(files, None)
    assert "Not added: 1 file" in update["message"] and "Delete one first." in update["message"]
    assert "&lt;b&gt;two.txt" in update["message"] and "one.txt" not in update["message"]
    for row in shelf.actions.job_rows("local"):
        finish(shelf.actions, "local", row.id)
    assert {row.name for row in shelf.actions.documents("local")} == {"one.txt", "three.txt"}
    assert list(shelf.uploads.iterdir()) == [], "no upload is left behind"
    monkeypatch.undo()
    assert "message" not in shelf.add([upload(shelf, "four.txt")], None)


def test_undo_says_where_it_comes_too_late(shelf, tmp_path) -> None:
    document = add(shelf.actions, tmp_path)
    deleted = shelf.delete(about(document), None)
    assert "Undo" in deleted["deleted"] and "message" not in deleted
    assert "deleted" not in shelf.add([upload(shelf, "other.txt")], None), "undo stays while others are added"
    back = shelf.undo(about(document), None)
    assert back["deleted"] == "" and "message" not in back and document in {row.id for row in back["library"]}
    shelf.delete(about(document), None)
    shelf.actions._store().purge_deleted(timedelta(0))
    late = shelf.undo(about(document), None)
    assert "It was deleted for good; add the file again." in late["message"] and late["deleted"] == ""

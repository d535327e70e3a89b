"""A watch lives through a store that cannot be read for a while, and sends what it could not send then."""

import asyncio
from types import SimpleNamespace

import pytest

from engine.errors import NotInLibrary, StorageError
from ui.tabs import watch
from ui.tabs.memory import Memory
from ui.values import JobView


class OneFailure:
    """A page whose lists cannot be shown the first time."""

    def __init__(self, error: Exception) -> None:
        self.errors = [error]
        self.actions = SimpleNamespace(job_rows=lambda owner: (), documents=lambda owner: ())
        self.regions = SimpleNamespace(adding="adding", bar="bar")

    def owner(self, request: object) -> str:
        return "local"

    def show_lists(self, owner: str) -> dict[str, str]:
        if self.errors:
            raise self.errors.pop()
        return {"library": "three documents"}


@pytest.mark.parametrize("error", [StorageError("busy"), NotInLibrary()])
def test_a_failed_look_is_made_up_for(error, monkeypatch) -> None:
    monkeypatch.setattr(watch, "SECONDS_WHEN_IDLE", 0.01)
    watches = watch.Watches(OneFailure(error), None)

    async def first() -> dict[str, str]:
        return await anext(watches.watch(None, None, SimpleNamespace(session_hash="one")))

    assert asyncio.run(first())["library"] == "three documents"


def test_a_choice_goes_when_the_text_it_was_made_in_is_another() -> None:
    """Offsets in the fields are about the text before; other events leave the fields alone."""
    mine, others = "d" * 64, "e" * 64
    rows = [SimpleNamespace(**_job(1, "recognise", "running", mine))]
    page = SimpleNamespace(
        actions=SimpleNamespace(
            job_rows=lambda owner: tuple(rows), documents=lambda owner: (),
            tell=lambda owner, row, story: JobView(row, story),
        ),
        regions=SimpleNamespace(adding="adding", bar="bar"),
        show_lists=lambda owner: {}, show_document=lambda *about: {},
        show_ahead=lambda *about: {"sections": "anew"}, nothing_chosen=lambda: {"part": ""},
    )
    watching = watch.Watch(page, None, "local", Memory(mine), None)
    assert "part" not in watching.look()
    rows.insert(0, SimpleNamespace(**_job(2, "recognise", "done", others)))
    assert "part" not in watching.look()
    rows[1].state = "done"
    update = watching.look()
    assert update["part"] == "" and update["sections"] == "anew"
    rows.insert(0, SimpleNamespace(**_job(3, "summarize", "running", mine)))
    assert "part" not in watching.look()
    assert "part" not in watch.Watch(page, None, "local", Memory(mine), None).look(), "chosen since"


def _job(number: int, kind: str, state: str, document: str) -> dict[str, object]:
    return {"id": number, "kind": kind, "state": state, "document_id": document, "params": {}}

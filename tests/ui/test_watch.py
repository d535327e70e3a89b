"""A watch lives through a store that cannot be read for a while, and sends what it could not send then."""

import asyncio
from types import SimpleNamespace

import pytest

from engine.errors import NotInLibrary, StorageError
from ui.tabs import watch


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

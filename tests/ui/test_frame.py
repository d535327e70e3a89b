"""The frame of the handlers: what a verb refuses is said, and what is gone is not asked for again."""

from types import SimpleNamespace

import pytest

from engine.errors import DiskFull, NotInLibrary
from ui.tabs.frame import guarded


class Handlers:
    regions = SimpleNamespace(message="message", place="place", memory="memory")

    @guarded
    def use(self, error: Exception | None) -> dict[str, object]:
        if error is not None:
            raise error
        return {"library": "shown"}


def test_a_late_answer_leaves_what_was_said_since() -> None:
    assert Handlers().use(None) == {"library": "shown"}


@pytest.mark.parametrize("error", [DiskFull(), NotInLibrary()])
def test_a_refusal_is_said_with_its_code(error) -> None:
    said = Handlers().use(error)["message"]
    assert error.code in said and str(error) in said


def test_a_page_whose_document_is_gone_forgets_it() -> None:
    update = Handlers().use(NotInLibrary())
    assert 'data-screen="library"' in update["place"]
    assert update["memory"] == {"document": None, "follow": None}
    assert "memory" not in Handlers().use(DiskFull())

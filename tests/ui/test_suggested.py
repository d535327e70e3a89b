"""Suggested questions: only those that the engine answers surely enough, found once, asked by a click."""

import pytest

from engine.errors import NotInLibrary
from tests.ui.conftest import SLOW
from tests.ui.fake_engine import FakeEngine
from tests.ui.test_actions import actions, add, finish, reader  # noqa: F401  (fixtures)
from ui.jobs import Story
from ui.suggested import suggested_view

TEXT = "\n\n".join(
    [
        "A glacier is a body of ice that moves under its own weight. It is cold there.",
        "The old bridge was opened in 1880 after nine years of work.",
        "We use principal component analysis (PCA) for the rest of it.",
        *(f"Sentence number {n} tells of nothing in particular." for n in range(20)),
    ]
)


def views(actions, document: str):  # noqa: F811
    workspace = actions.workspace("local", document)
    row = next((row for row in workspace.jobs if row.kind == "suggest"), None)
    return suggested_view(workspace.document, row and actions.tell("local", row, Story()))


def test_offered_tried_and_shown(actions, tmp_path) -> None:  # noqa: F811
    document = add(actions, tmp_path, text=TEXT)
    assert 'data-act="suggest"' in views(actions, document)
    job = actions.suggest("local", document)
    assert finish(actions, "local", job).state == "done"
    shown = views(actions, document)
    assert shown.count('data-act="put"') == 2  # the fake engine looks for the longest word
    assert "What is a glacier?" in shown and "When was the old bridge opened?" in shown
    assert "What does PCA stand for?" not in shown, "the fake engine finds no such word"
    assert actions.workspace("local", document).answers == (), "trying is not asking"
    steps = actions.engine.steps
    assert actions.suggest("local", document) == job and actions.engine.steps == steps, "it is found once"
    logged = [event.data for event in actions._store().events("local", job)]
    assert "glacier" not in str(logged)


def test_nothing_is_shown_where_none_passes(actions, tmp_path, monkeypatch) -> None:  # noqa: F811
    from dataclasses import replace

    sure = FakeEngine.answer
    monkeypatch.setattr(
        FakeEngine, "answer", lambda *given, **more: replace(sure(*given, **more), confidence=0.4)
    )
    document = add(actions, tmp_path, text=TEXT)
    finish(actions, "local", actions.suggest("local", document))
    shown = views(actions, document)
    assert "No suggestions" in shown and 'data-act="put"' not in shown


def test_only_one_s_own(actions, tmp_path) -> None:  # noqa: F811
    document = add(actions, tmp_path, "first", TEXT)
    with pytest.raises(NotInLibrary):
        actions.suggest("second", document)


@pytest.mark.browser
def test_in_the_browser(open_page, server) -> None:
    page = open_page(server.url)
    file = {"name": "Ice.txt", "mimeType": "text/plain", "buffer": TEXT.encode()}
    page.set_input_files("#upload input[type=file]", file)
    page.wait_for_selector("body[data-screen=document] #document-header h2:visible")
    page.click("#tab-ask")
    page.click("#suggested [data-act=suggest]")
    chip = "#suggested [data-act=put]:has-text('What is a glacier?')"
    page.wait_for_selector(f"{chip} >> visible=true", timeout=2 * SLOW)
    page.wait_for_selector("#suggested .running", state="detached", timeout=2 * SLOW)
    page.click(chip)
    page.wait_for_selector("#answers .question:has-text('What is a glacier?')")
    page.wait_for_selector("#answers .answer:has-text('body of ice')", timeout=SLOW)

"""The sample paper opens with a summary where there is no model at all."""

import dataclasses
from pathlib import Path

import pytest

from engine.errors import PrecisError
from engine.ingest.boxes import boxes_of
from engine.ingest.reader import DocumentReader
from engine.runtime import Runtime
from storage.store import Store
from tests.ui.test_actions import finish
from ui.actions import Actions
from ui.insights import insights_view
from ui.lists import welcome
from ui.render import summary_view
from ui.sample import NAME, summary_of_sample
from ui.tabs.shelf import SAMPLE


@pytest.fixture(scope="module")
def reader():
    reader = DocumentReader()
    yield reader
    reader.close()


def test_the_sample_has_its_summary_without_a_model(tmp_path: Path, reader) -> None:
    store, engine = Store.open(tmp_path / "library"), Runtime(tmp_path / "no models", app_version="0")
    actions = Actions(lambda: store, lambda: reader, lambda: engine)
    actions.start()
    row = finish(actions, "local", actions.add("local", SAMPLE, NAME))
    assert row.state == "done"
    workspace = actions.workspace("local", row.document_id)
    (saved,) = workspace.summaries
    assert len(saved.summary.sentences) >= 4
    for sentence in saved.summary.sentences:
        for citation in sentence.citations:
            assert citation.span.of(workspace.document.text) == citation.text
            assert workspace.document.page_at(citation.span.start) == citation.page
    view = summary_view(workspace, None, (), boxes_of)
    assert view.count('class="chip"') >= 4 and "came with the sample" in view
    assert "is not on this computer" in insights_view(workspace, None, (), actions.models(), boxes_of)
    with pytest.raises(PrecisError):
        actions.preflight("local", row.document_id)
    failed = finish(actions, "local", actions.summarize("local", row.document_id, "medium"))
    assert failed.state == "failed" and failed.error_message.endswith(".")
    actions.close()
    store.close()


def test_only_the_sample_as_it_was_read_has_it(reader) -> None:
    document = reader.read(SAMPLE, name=NAME)
    assert summary_of_sample(NAME, document) is not None
    assert summary_of_sample("other.pdf", document) is None
    assert summary_of_sample(NAME, dataclasses.replace(document, text=document.text + " ")) is None


def test_the_welcome_says_what_the_models_can_do_and_where_it_runs() -> None:
    assert "stays on it" in welcome() and "larger ones" in welcome() and "processor" in welcome()
    assert "Found here: " in welcome() and " processor core" in welcome()
    assert "Found here" not in welcome(hosted=True)
    assert "deleted after an hour" in welcome(hosted=True) and "Models, above" not in welcome(hosted=True)

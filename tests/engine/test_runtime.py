"""The record and the page of an answer where only a part of a document was read."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.runtime import Runtime
from engine.tasks.answer import AnswerResult
from engine.tasks.scope import within
from engine.types import AnswerOptions, Document, Event, Page, Sentence, Span, WindowDone

MODELS = Path(__file__).parents[2] / "assets" / "models"
TEXT = "The old weir was built by Anna Aberfoyle in the year of the flood. It stood for long."
BORDER = TEXT.index("Aberfoyle")


def document() -> Document:
    pages = (Page(1, 612, 792, Span(0, BORDER)), Page(2, 612, 792, Span(BORDER, len(TEXT))))
    cut = TEXT.index("It stood")
    sentences = (Sentence(Span(0, cut - 1), 1, "body", 0), Sentence(Span(cut, len(TEXT)), 2, "body", 0))
    return Document("d" * 64, "Weir", TEXT, pages, sentences=sentences)


def test_an_answer_on_the_page_before_the_part_names_that_page(monkeypatch: pytest.MonkeyPatch) -> None:
    span = Span(TEXT.index("Anna"), BORDER)

    def found(*_: object, **__: object) -> AnswerResult:
        return AnswerResult(True, span, span.of(TEXT), 0.9, (), 1, 20, 5)

    monkeypatch.setattr("engine.tasks.answer.answer_document", found)
    part = AnswerOptions(scope=(Span(BORDER, len(TEXT)),))
    answer = Runtime(MODELS, app_version="0", device="cpu").answer(document(), "Who built it?", part)
    assert answer.page == 1


def test_the_key_to_look_up_is_the_key_of_the_record_for_a_part_with_recognised_pages() -> None:
    pages = document().pages
    recognised = replace(document(), pages=(replace(pages[0], state="ocr"), pages[1]))
    part = AnswerOptions(scope=(Span(TEXT.index("It stood"), len(TEXT)),))
    runtime = Runtime(MODELS, app_version="0", device="cpu")
    answer = runtime.answer(recognised, "Who built it?", part)
    read = within(recognised, part.scope).pages_recognised
    assert read == () != recognised.pages_recognised
    assert runtime.key("answer", recognised.id, part, "Who built it?", read) == answer.run.key


def test_what_is_asked_of_the_whole_is_told_and_resumes_to_the_same() -> None:
    runtime = Runtime(MODELS, app_version="0", device="cpu")
    events: list[Event] = []
    question = "What is this text about?"
    answer = runtime.answer(document(), question, AnswerOptions(), on_event=events.append)
    assert answer.found and answer.is_told and answer.run.placement == "the first token"
    assert answer.text == " ".join(one.text for one in answer.evidence)
    assert runtime.key("answer", answer.run.document, AnswerOptions(), question) == answer.run.key
    read = {event.index: event.payload for event in events if isinstance(event, WindowDone)}
    again = runtime.answer(document(), question, AnswerOptions(), windows=read)
    assert read and again.evidence == answer.evidence
    assert not runtime.answer(document(), "Who built it?", AnswerOptions()).is_told

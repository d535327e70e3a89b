"""The views: what they say, and that nothing of a document becomes markup in any of them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.types import (
    Answer,
    Box,
    Citation,
    Document,
    Heading,
    Line,
    ModelInfo,
    Page,
    Progress,
    Run,
    Sentence,
    Span,
    Summary,
    SummarySentence,
)
from storage.rows import Hit
from ui.about import data_view, diagnostics_view, models_view, settings_view
from ui.answers import answers_view, confidence_words
from ui.details import details_view
from ui.html import Html
from ui.insights import insights_view
from ui.jobs import Story
from ui.lists import (
    adding_view,
    hits_view,
    jobs_view,
    library_view,
    status_bar,
    undo_bar,
)
from ui.render import boxes_in_percent, header, summary_view
from ui.values import JobView

NOW = datetime(2026, 5, 12, tzinfo=UTC)
BEACON = "<img src='http://evil.example/b.png' onerror=alert(1)>${alert(2)}{{value}}"


def boxes_of(document: Document, span: Span) -> tuple[Box, ...]:
    return tuple(line.box for line in document.lines if line.span.overlaps(span))


def make_document(text: str = "First sentence. Second sentence.") -> Document:
    half = len(text) // 2
    first, second = Span(0, half), Span(half, len(text))
    return Document(
        "d" * 64,
        "Title",
        text,
        (Page(1, 200, 400, first), Page(2, 400, 200, second)),
        (Line(first, Box(1, 20, 40, 120, 60)), Line(second, Box(2, 40, 20, 80, 30))),
        (Sentence(first, 1), Sentence(second, 2)),
        (Heading(first, 1),),
    )


def make_workspace(text: str = "First sentence. Second sentence.", jobs=(), summaries=True, answers=True):
    document = make_document(text)
    run = Run(
        "summarize",
        document.id,
        "fake",
        "0" * 64,
        "int8",
        "cpu",
        {},
        "first",
        1,
        1,
        10,
        2,
        (),
        (2,),
        "0",
        3.0,
    )
    places = [Citation(s.span, s.page, s.span.of(text), 0.8) for s in document.sentences]
    summary = Summary(
        (
            SummarySentence(places[0].text, 0.9, (places[0],)),
            SummarySentence(places[1].text, 0.2, (places[1],)),
            SummarySentence("Invented.", 0.0, ()),
        ),
        run,
    )
    found = Answer(text, True, places[1].text, places[1].span, 2, 0.93, tuple(places), run)
    absent = Answer("Who?", False, "", None, None, 0.66, tuple(places[:1]), run)
    row = SimpleNamespace(
        id=document.id,
        name=text,
        title=text,
        status="ok",
        n_pages=2,
        n_chars=len(text),
        n_bytes=2_000_000,
        pages_without_text=(2,),
        pages_recognised=(),
        pages_failed=(),
        added=NOW,
        has_summary=True,
    )
    return SimpleNamespace(
        language="de",
        known_languages=("en",),
        row=row,
        document=document,
        jobs=jobs,
        summaries=(SimpleNamespace(id=1, created=NOW, summary=summary),) if summaries else (),
        answers=(
            SimpleNamespace(id=1, created=NOW, answer=found),
            SimpleNamespace(id=2, created=NOW, answer=absent),
        )
        if answers
        else (),
    )


def make_job(state: str, kind: str = "summarize", text: str = "name", **more) -> SimpleNamespace:
    fields = {
        "id": 7,
        "kind": kind,
        "state": state,
        "document_id": "d" * 64,
        "params": {"name": text, "question": text},
        "error_code": None,
        "error_message": None,
        "finished": None,
        "result_id": None,
    }
    return SimpleNamespace(**{**fields, **more})


def every_view(text: str) -> dict[str, Html]:
    """Every view with `text` wherever a document, a file name or a reader can put words."""
    workspace = make_workspace(text)
    running = JobView(make_job("running", text=text), Story(progress=Progress(text, 1, 4, text)))
    failed = JobView(make_job("failed", "ingest", text, error_code="corrupt", error_message=text), Story())
    places = (Citation(Span(0, 5), 1, text, 0.5),)
    asked = JobView(make_job("running", "answer", text), Story())
    hit = SimpleNamespace(
        document="d" * 64, title=text, page=3, pieces=((text, False), (text, True)), score=1.0
    )
    info = ModelInfo(text, "longformer", ("answer",), "", 1, "0", text, 1, (text,), text, True)
    sizes = SimpleNamespace(n_documents=2, original_bytes=10, database_bytes=5)
    return {
        "summary": summary_view(workspace, None, (), boxes_of),
        "provisional": summary_view(workspace, running, places, boxes_of),
        "failed": summary_view(make_workspace(text, summaries=False), failed, (), boxes_of),
        "answers": answers_view(workspace, [(asked, places)], boxes_of),
        "header": header(workspace.row),
        "library": library_view([workspace.row]),
        "insights": insights_view(workspace, None, (), (), boxes_of),
        "undo": undo_bar([text], ["d" * 64]),
        "adding": adding_view([running, failed]),
        "hits": hits_view(text, [hit]),
        "bar": status_bar([running], {"d" * 64: text}),
        "jobs": jobs_view([running.row, failed.row], {"d" * 64: text}),
        "details": details_view(workspace),
        "models": models_view([info], {text: 3.0}, text),
        "data": data_view(),
        "settings": settings_view(sizes, Path(text), text, opens_browser=True),
        "diagnostics": diagnostics_view({text: [text, text]}),
    }


@pytest.mark.parametrize("view", sorted(every_view("x y")))
def test_no_view_lets_text_become_markup(view: str) -> None:
    hostile, harmless = every_view(BEACON)[view], every_view("x" * len(BEACON))[view]
    assert isinstance(hostile, Html)
    assert hostile.count("<") == harmless.count("<"), "the same tags, whatever the text"
    assert "<img src='http" not in hostile and "<script" not in hostile


def test_every_summary_sentence_has_its_page_and_its_boxes() -> None:
    view = summary_view(make_workspace(), None, (), boxes_of)
    assert 'data-page="1"' in view and 'data-page="2"' in view
    assert "[[1,10.0,10.0,50.0,5.0]]" in view, "20..120 of 200 across, 40..60 of 400 down"


def test_low_support_and_missing_sources_are_said() -> None:
    view = summary_view(make_workspace(), None, (), boxes_of)
    assert view.count("Weakly supported: 20") == 1
    assert view.count("No source found in the document") == 1
    assert "no text on pages 2" in view


def test_boxes_skip_pages_without_a_size() -> None:
    document = make_document()
    broken = Document(document.id, "", document.text, (Page(1, 0, 0, Span(0, 5)),), document.lines)
    assert json.loads(boxes_in_percent(broken, Span(0, 40), boxes_of)) == []


def test_an_answer_shows_place_and_confidence_or_says_not_found() -> None:
    view = answers_view(make_workspace(), [], boxes_of)
    assert "Very sure (93" in view and "Not found in this document." in view
    assert "read to the end" in view
    assert view.index("Who?") < view.index("Very sure"), "newest first"


@pytest.mark.parametrize(
    "confidence, words",
    [
        (0.95, "Very sure (95"),
        (0.896, "Very sure (90"),  # the words and the number say the same
        (0.7, "Fairly sure"),
        (0.5, "Unsure"),
        (0.2, "A guess"),
        (0.0, "A guess"),
    ],
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    answer = make_workspace().answers[0].answer
    changed = Answer(answer.question, True, answer.text, answer.span, 2, confidence, (), answer.run)
    assert confidence_words(changed).startswith(words)


def test_states_of_a_job_on_the_summary_tab() -> None:
    empty = make_workspace(summaries=False)

    def view(state: str, **more) -> str:
        return summary_view(empty, JobView(make_job(state, **more), Story()), (), boxes_of)

    assert "No summary yet" in summary_view(empty, None, (), boxes_of)
    assert 'data-act="stop"' in view("running") and "Waiting to start" in view("queued")
    for state in ("stopped", "interrupted"):
        assert 'data-act="resume"' in view(state)
    refused = view("failed", error_code="out-of-memory", error_message="There was not enough memory.")
    assert "out-of-memory" in refused and 'role="alert"' in refused and 'data-act="resume"' in refused


def test_empty_states_say_what_to_do() -> None:
    assert "Add a PDF" in library_view([])
    assert "No match" in hits_view("zebra", [])
    hit = Hit("d" * 64, "Title", 1, (("zebra", True),), 1.0)
    assert "<h2>49 matches" in hits_view("zebra", [hit] * 49)
    assert "The first 50 matches" in hits_view("zebra", [hit] * 50), "more than are shown are not counted"
    assert hits_view("  ", []) == "" and adding_view([]) == "" and status_bar([], {}) == ""
    assert "Nothing asked yet" in answers_view(make_workspace(answers=False), [], boxes_of)


def test_the_bar_carries_percent_and_name_for_the_title() -> None:
    view = JobView(make_job("running"), Story(progress=Progress("Reading", 3, 12, "page")))
    bar = status_bar([view], {"d" * 64: "Paper"})
    assert 'data-percent="25"' in bar and 'data-name="Paper"' in bar and "Reading page 3 of 12" in bar


def test_unread_pages_are_named() -> None:
    assert "1 of 2 pages have no text layer: 2." in header(make_workspace().row)


def test_a_question_about_the_whole_is_answered_by_all_its_sentences() -> None:
    workspace = make_workspace()
    saved = workspace.answers[0]
    saved.answer = replace(saved.answer, run=replace(saved.answer.run, options={"asks": "the findings"}))
    workspace.answers = (saved,)
    view = answers_view(workspace, (), boxes_of)
    assert "most telling sentences of the document" in view and view.count("Also weighed") == 0
    assert view.count('class="said"') == len(saved.answer.evidence) == 2
    assert "sure" not in view.lower()

"""Reading a document for a question: spans, windows that resume, cancelling, honesty."""

import dataclasses
import json

import pytest
import torch

from engine.errors import Cancelled, UnsupportedModel
from engine.tasks import answer
from engine.tasks.answer import IN_CODE, Reading, answer_document
from engine.tasks.candidates import MOST_ANSWER, Candidate, rank
from engine.tasks.reader import Calibration
from engine.tasks.retrieval import Bm25
from engine.tasks.trim import trimmed
from engine.types import Event, Progress, Provisional, WindowDone
from tests.engine.tasks import tiny_reader as tiny

QUESTION = "Who built the bridge?"


def test_the_answer_is_a_span_inside_one_sentence() -> None:
    reader, document = tiny.tiny_reader(), tiny.story()
    result = answer_document(dataclasses.replace(reader, calibration=always(reader)), document, QUESTION)
    assert result.found and result.span is not None
    assert result.text == result.span.of(document.text)
    inside = [
        s for s in document.sentences if s.span.start <= result.span.start < result.span.end <= s.span.end
    ]
    assert len(inside) == 1
    assert result.n_windows > 1
    assert result.n_global == 1 + len(reader.tokenizer.encode(QUESTION))
    assert result.evidence[0].span == inside[0].span
    assert 0 < result.confidence < 1


def always(reader):  # type: ignore[no-untyped-def]
    return dataclasses.replace(reader.calibration, absent=(0.0,) * 6 + (-50.0,))


def test_where_that_is_likelier_it_says_that_there_is_no_answer() -> None:
    reader, document = tiny.tiny_reader(), tiny.story(3)
    strict = dataclasses.replace(reader.calibration, absent=(0.0,) * 6 + (50.0,))
    result = answer_document(dataclasses.replace(reader, calibration=strict), document, QUESTION)
    assert not result.found and result.span is None and result.text == ""
    assert result.best, "what would have been said is kept for the evaluation"


@pytest.mark.parametrize("n_known", [1, 2])
def test_an_interrupted_run_resumes_with_the_same_result(n_known: int) -> None:
    reader, document = tiny.tiny_reader(), tiny.story()
    events: list[Event] = []
    whole = answer_document(reader, document, QUESTION, on_event=events.append)
    done = {event.index: event.payload for event in events if isinstance(event, WindowDone)}
    known = dict(list(done.items())[:n_known])
    again: list[Event] = []
    assert answer_document(reader, document, QUESTION, on_event=again.append, windows=known) == whole
    computed = {event.index for event in again if isinstance(event, WindowDone)}
    assert computed == done.keys() - known.keys()


def test_events_count_windows_and_show_first_answers() -> None:
    events: list[Event] = []
    result = answer_document(tiny.tiny_reader(), tiny.story(), QUESTION, on_event=events.append)
    progress = [event for event in events if isinstance(event, Progress)]
    assert [event.done for event in progress] == list(range(result.n_windows + 1))
    assert sum(isinstance(event, Provisional) for event in events) == result.n_windows


def test_long_documents_are_not_weighed_after_each_window(monkeypatch) -> None:
    monkeypatch.setattr(answer, "SHOWN_EACH", 1)
    events: list[Event] = []
    result = answer_document(tiny.tiny_reader(), tiny.story(160), QUESTION, on_event=events.append)
    shown = sum(isinstance(event, Provisional) for event in events)
    assert 2 < shown < result.n_windows / 1.5


def test_each_place_is_kept_once_best_first() -> None:
    spans = [(0, 4), (2, 6), (4, 6), (10, 12), (9, 13), (6, 9)]
    found = [Candidate(0, start, end, 0.0, 0.0, 0.0) for start, end in spans]
    rows = [(score,) for score in (3.0, 9.0, 2.0, 1.0, 0.5, 0.1)]
    assert [index for _, index in rank(found, rows, (1.0,))] == [1, 3, 5]


def test_cancelling_stops_inside_a_window() -> None:
    calls = []

    def cancelled() -> bool:
        calls.append(1)
        return len(calls) > 1

    with pytest.raises(Cancelled):
        answer_document(tiny.tiny_reader(), tiny.story(), QUESTION, cancelled=cancelled)


def test_batches_do_not_change_what_a_window_says() -> None:
    """The scores of a window depend on nothing but the window."""
    reading = Reading(tiny.tiny_reader(), tiny.story(), QUESTION)
    with torch.inference_mode():
        first = reading.read(0, lambda: False)
        reading.read(1, lambda: False)
        assert reading.read(0, lambda: False) == first


@pytest.mark.parametrize("question", [QUESTION, "Where is the river?", "heart"])
def test_evidence_is_told_in_falling_order(question: str) -> None:
    told: list[Event] = []
    result = answer_document(tiny.tiny_reader(), tiny.story(), question, on_event=told.append)
    shown = [event.citations for event in told if isinstance(event, Provisional)]
    assert shown
    for cited in (result.evidence, *shown):
        scores = [citation.score for citation in cited]
        assert scores == sorted(scores, reverse=True)
        assert len({citation.span for citation in cited}) == len(cited), "each sentence once"


def test_no_candidate_is_longer_than_an_answer() -> None:
    reader, document = tiny.tiny_reader(), tiny.story()
    reading = Reading(reader, document, QUESTION)
    for candidate in reading.read(0, lambda: False):
        words = document.text[candidate.start : candidate.end]
        assert len(reader.tokenizer.encode(words)) <= MOST_ANSWER


@pytest.mark.parametrize(
    "text, expected",
    [
        (" (Aberfoyle).", "Aberfoyle"),
        ("“1984”", "1984"),
        ("...", "..."),
        ("a, b", "a, b"),
        ("the (old) town,", "the (old) town"),
        ("in the U.S.", "in the U.S."),
        ("5 (2010)", "5 (2010)"),
        ("7)", "7"),
        (".001.", ".001"),
        ("3.5.", "3.5"),
        ("Acme Inc.", "Acme Inc."),
        ("Smith et al.", "Smith et al."),
        ("the inc.", "the inc"),
        ("see python.org.", "see python.org"),
        ("a Ph.D.", "a Ph.D."),
        ("at 9 p.m.", "at 9 p.m."),
        (".NET.", ".NET"),
    ],
)
def test_punctuation_at_the_ends_is_no_part_of_the_answer(text: str, expected: str) -> None:
    assert trimmed(text, 0, len(text)).of(text) == expected


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("it moved by −0.12 mm", "−0", "−0.12"),
        ("with 1,250 people", "250", "1,250"),
        ("an accuracy of 99.1% here", "99", "99.1%"),
        ("Owens was there", "wen", "Owens"),
        ("in 1994. 25 came", "1994", "1994"),
        ("東京都は日本", "京都", "京都"),
        ("grew 2.5-3.5 percent", "3.5", "3.5"),
        ("grew (-3.5 percent)", "3.5", "-3.5"),
        ("by GPT-3.5 alone", "3.5", "3.5"),
    ],
)
def test_an_answer_is_made_of_whole_words_and_numbers(text: str, part: str, expected: str) -> None:
    start = text.index(part)
    assert trimmed(text, start, start + len(part)).of(text) == expected


def test_what_a_document_knows_of_a_question_is_the_share_of_its_rare_words() -> None:
    index = Bm25(["Ada built the bridge.", "The bridge is old."])
    assert index.known("Who built the bridge?") == 1.0
    assert index.known("Who is the president of Ruritania?") == 0.0
    assert 0 < index.known("Who painted the bridge?") < 1
    assert index.known("Who is it?") == 0.0


def test_a_calibration_of_another_version_says_what_to_do() -> None:
    made = tiny.tiny_reader().calibration
    text = json.dumps(dataclasses.asdict(made))
    assert Calibration.from_json(text) == made
    with pytest.raises(UnsupportedModel, match="another version"):
        Calibration.from_json(json.dumps(dataclasses.asdict(made) | {"absent": [0.0]}))


def test_a_mark_alone_is_no_candidate() -> None:
    reader, story = tiny.tiny_reader(), tiny.story()
    dashes = dataclasses.replace(story, text="".join(c if c.isspace() else "—" for c in story.text))
    assert Reading(reader, dashes, QUESTION).read(0, lambda: False) == []


def test_a_span_in_a_program_must_be_clearly_better() -> None:
    reader, story = tiny.tiny_reader(), tiny.story()
    program = dataclasses.replace(
        story, sentences=tuple(dataclasses.replace(one, kind="code") for one in story.sentences)
    )
    prose, code = (Reading(reader, each, QUESTION).read(0, lambda: False) for each in (story, program))
    assert prose and [(one.start, one.end) for one in code] == [(one.start, one.end) for one in prose]
    for one, other in zip(prose, code, strict=True):
        assert other.margin == pytest.approx(one.margin - IN_CODE, abs=1e-4)

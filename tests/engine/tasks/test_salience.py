"""Weighing sentences and choosing among them."""

import dataclasses

import pytest
import torch
from torch.nn import functional

from engine.errors import Cancelled
from engine.tasks.features import N_FEATURES, candidates, describe
from engine.tasks.salience import SentenceScores, score_sentences
from engine.tasks.selection import choose
from engine.types import Event, Provisional, WindowDone
from tests.engine.tasks import tiny_reader as tiny


def test_every_sentence_gets_a_score_and_a_direction() -> None:
    document = tiny.story()
    scores = score_sentences(tiny.tiny_reader(), document)
    assert len(scores.salience) == len(document.sentences) == len(scores.vectors)
    assert all(0 <= value <= 1 for value in scores.salience) and len(set(scores.salience)) > 1
    assert torch.allclose(scores.vectors.norm(dim=1), torch.ones(len(document.sentences)))


def test_an_interrupted_run_resumes_with_the_same_result() -> None:
    reader, document, events = tiny.tiny_reader(), tiny.story(30), list[Event]()
    whole = score_sentences(reader, document, on_event=events.append)
    done = {event.index: event.payload for event in events if isinstance(event, WindowDone)}
    assert len(done) > 1 and any(isinstance(event, Provisional) for event in events)
    again = score_sentences(reader, document, windows={0: done[0]})
    assert again.salience == whole.salience and torch.equal(again.vectors, whole.vectors)


def test_cancelling_stops() -> None:
    with pytest.raises(Cancelled):
        score_sentences(tiny.tiny_reader(), tiny.story(), cancelled=lambda: True)


def test_only_the_running_text_can_be_chosen() -> None:
    document = tiny.story()
    sentences = tuple(
        dataclasses.replace(sentence, kind="heading" if i % 2 else "body")
        for i, sentence in enumerate(document.sentences)
    )
    document = dataclasses.replace(document, sentences=sentences)
    scores = score_sentences(tiny.tiny_reader(), document)
    assert all(value == 0 for i, value in enumerate(scores.salience) if i % 2)
    assert all(i % 2 == 0 for i in choose(scores, document, 60))


def test_features_are_finite_for_one_sentence_and_for_none_of_the_words() -> None:
    for document in (tiny.document_of(["Short."]), tiny.document_of(["...", "?!"], ["12 34"])):
        vectors = functional.normalize(torch.randn(len(document.sentences), 8), dim=1)
        features = describe(candidates(document), vectors, None)
        assert features.shape == (len(document.sentences), N_FEATURES)
        assert features.isfinite().all()


def scores_for(document, salience):  # type: ignore[no-untyped-def]
    vectors = torch.eye(max(8, len(document.sentences)))[: len(document.sentences)]
    return SentenceScores(tuple(salience), vectors, 1, 1, 1)


@pytest.mark.parametrize("budget", [30, 60, 120])
def test_the_budget_holds_within_a_fifth(budget: int) -> None:
    document = tiny.story(30)
    scores = score_sentences(tiny.tiny_reader(), document)
    chosen = choose(scores, document, budget)
    n_words = sum(len(document.sentences[i].span.of(document.text).split()) for i in chosen)
    assert 0.8 * budget <= n_words <= 1.2 * budget
    assert list(chosen) == sorted(set(chosen))


def test_a_sentence_that_points_back_comes_with_what_it_points_to() -> None:
    document = tiny.document_of(
        ["The mayor of the town opened a new bridge today.", "It had cost eleven million pounds in all."],
        ["A storm closed the harbour in the north for a week."],
    )
    assert choose(scores_for(document, (0.1, 0.9, 0.2)), document, 17) == (0, 1)
    assert 1 not in choose(scores_for(document, (0.1, 0.9, 0.2)), document, 9)


def test_notices_and_beginnings_inside_are_left_for_better_ones() -> None:
    document = tiny.document_of(
        ["Copyright 2001 by the keepers of the light, Inc."],
        ["a lamp that is seen from twenty miles away.", "The town opened a new bridge today."],
    )
    assert choose(scores_for(document, (0.9, 0.8, 0.1)), document, 8) == (2,)


def test_the_same_thing_is_not_said_twice() -> None:
    same = "The committee approved the budget for the new library on Monday"
    document = tiny.document_of(
        [f"{same}.", "Rain is expected in the whole of the country soon."], [f"{same} morning."]
    )
    assert choose(scores_for(document, (0.9, 0.2, 0.8)), document, 22) == (0, 1)

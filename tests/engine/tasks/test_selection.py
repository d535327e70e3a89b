"""Which sentences may be quoted, and what a document gets that has few of them."""

from dataclasses import replace

import pytest
import torch

from engine.tasks.salience import SentenceScores
from engine.tasks.selection import Told, choose, most_telling, points_back
from engine.types import Document
from tests.engine.tasks import tiny_reader as tiny

PLAIN = "The town opened a new bridge over the river today."
LONG = "The mayor of the town opened a new bridge over the river today and said that it had cost a lot."


def scored(document: Document, *salience: float) -> SentenceScores:
    vectors = torch.eye(max(8, len(document.sentences)))[: len(document.sentences)]
    return SentenceScores(salience, vectors, 1, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "As shown in Figure 2, the river rose for a week.",
        "Table 3 lists the keepers of the light by year.",
        "(See Table 1 for the keepers of the light by year.)",
        "(b) the licensee of the harbour pays what is due.",
        ": the keepers of the light were paid by the day.",
        "Fig. 4 shows the harbour as it was in the north.",
        "(b) A simple visualization of the harbour in the north.",
    ],
)
def test_what_says_too_little_alone_is_not_quoted(text: str) -> None:
    document = tiny.document_of([text, PLAIN])
    assert choose(scored(document, 0.9, 0.1), document, 10) == (1,)


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("This paper proposes a new bridge.", False),
        ("This PEP describes how modules are found.", False),
        ("This is why the bridge fell.", True),
        ("Second World War veterans built the bridge.", False),
        ("Second, the bridge was too short.", True),
        ("In this case, the bridge is closed.", True),
        ("In this paper, we present a bridge.", False),
        ("For this reason the bridge was closed.", True),
        ("The bridge was closed.", False),
    ],
)
def test_what_points_back(text: str, back: bool) -> None:
    assert points_back(text) is back


def test_a_paper_may_say_at_its_beginning_what_it_does() -> None:
    document = tiny.document_of(["This paper proposes a new bridge over the river in the north.", PLAIN])
    assert choose(scored(document, 0.9, 0.1), document, 12) == (0,)


def test_where_no_whole_sentence_fits_the_best_is_quoted_and_no_scrap() -> None:
    document = tiny.document_of(["See below.", LONG, f"However, {LONG}"])
    assert choose(scored(document, 0.9, 0.2, 0.8), document, 5) == (1,)


def test_what_cannot_stand_is_quoted_where_there_is_hardly_anything_else() -> None:
    document = tiny.document_of(["Keepers of the light", "Boats in the harbour", "Price list"], ["Wood"])
    assert len(choose(scored(document, 0.9, 0.5, 0.2, 0.1), document, 8)) == 2


def test_a_document_with_enough_to_quote_is_not_filled_up_with_scraps() -> None:
    same = "The committee approved the budget for the new library on Monday"
    document = tiny.document_of([f"{same}.", f"{same} morning.", f"{same} at noon.", "Ask the desk"])
    assert choose(scored(document, 0.9, 0.8, 0.7, 0.6), document, 24) == (0,)


def test_one_line_is_a_sentence_that_stands_even_where_it_is_long() -> None:
    document = tiny.document_of([f"However, {PLAIN}", "See below.", LONG])
    assert most_telling(scored(document, 0.9, 0.8, 0.1), document, 12) == (2,)


def test_what_was_said_before_is_not_said_again() -> None:
    again = f"Indeed {PLAIN[0].lower()}{PLAIN[1:]}"
    other = "A storm closed the harbour in the north for a week."
    document = tiny.document_of([PLAIN], [again, other])
    scores = scored(document, 0.1, 0.9, 0.5)
    assert choose(scores, document, 10, {1, 2}) == (1,)
    for among, expected in (({1, 2}, (2,)), ({1}, (1,))):  # no section is left without
        told = Told()
        assert choose(scores, document, 10, {0}, told) == (0,)
        assert choose(scores, document, 10, among, told) == expected


def test_the_same_in_other_words_is_not_said_twice() -> None:
    first = "In this paper, we present the first attempt to weigh lamps with the scales of a grocer."
    again = "The paper presents a first attempt at weighing the lamps of lighthouses by scales of grocers."
    other = "The keepers were asked how often the lamps had to be filled in a night."
    document = tiny.document_of([first, other, again])
    assert choose(scored(document, 0.9, 0.2, 0.8), document, 30) == (0, 1)


def test_what_is_as_good_as_the_same_to_the_model_comes_after_all_else() -> None:
    other = "A storm closed the harbour in the north for a week."
    document = tiny.document_of([PLAIN, other, "Two of the keepers rowed to the mainland in the night."])
    vectors = torch.tensor([[1.0, 0.0, 0.0], [0.9, 0.43589, 0.0], [0.0, 0.0, 1.0]])
    alike = replace(scored(document, 0.9, 0.8, 0.1), vectors=vectors)
    assert choose(alike, document, 20) == (0, 2)
    assert choose(alike, document, 20, {0, 1}) == (0, 1), "where nothing else is left to say"


@pytest.mark.parametrize(
    "other",
    [
        "The new drug did not reduce the pain of grown patients within a week.",
        "The new drug reduced the pain of 12 grown patients within a week.",
    ],
)
def test_other_numbers_and_denials_are_not_the_same(other: str) -> None:
    told = Told()
    told.add("The drug reduced the pain of grown patients within the week.")
    assert not told.says(other)
    assert told.says("Within one week the new drug has reduced pain of all grown patients.")


def test_many_sections_are_chosen_in_time() -> None:
    texts = [f"Number {n} of the keepers{n} was paid{n} {n} shillings then." for n in range(3000)]
    document = tiny.document_of(*([text] for text in texts))
    scores, told = scored(document, *(0.5,) * 3000), Told()
    assert all(choose(scores, document, 10, {n}, told) == (n,) for n in range(3000))


def test_thousands_of_repetitions_are_weighed_in_time() -> None:
    document = tiny.document_of([PLAIN] * 4000)
    assert choose(scored(document, *(0.5,) * 4000), document, 300) == (0,)

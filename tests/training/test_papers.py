"""Questions made by rule from the sentences of papers, and the answers they mark."""

import random

import pytest

from training.asking import by_inversion, reworded
from training.papers import by_rule, chunks, long_form, make_questions


def answers_of(sentence: str, seed: int = 1) -> dict[str, str]:
    made = [*by_rule(sentence, random.Random(seed)), *by_inversion(sentence, random.Random(seed))]
    return {one.question: sentence[one.start : one.end] for one in made}


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        ("Twenty-four healthy volunteers took part in the experiment.", "Twenty-four"),
        ("In all, 1,204 patients were enrolled at two sites.", "1,204"),
        ("All were right-handed (mean age: 26 ± 3 years; 9 males).", "26 ± 3 years"),
        (
            "The aim of the present study was to find what keeps rivers clean.",
            "to find what keeps rivers clean",
        ),
        ("Our results suggest that dams slow the fish.", "dams slow the fish"),
        (
            "The protocol was approved by the ethics committee of Cape Merrow.",
            "the ethics committee of Cape Merrow",
        ),
        ("We hypothesized that salmon would return earlier.", "salmon would return earlier"),
        ("Images were taken with a 3T Siemens Trio scanner.", "a 3T Siemens Trio scanner"),
        ("Each session lasted about 45 min in all.", "about 45 min"),
    ],
)
def test_what_a_paper_states_is_asked_for(sentence: str, answer: str) -> None:
    assert answer in answers_of(sentence).values()


@pytest.mark.parametrize(
    ("words", "short", "long"),
    [
        ("activity of the default mode network", "DMN", "default mode network"),
        ("we used resting-state", "RS", "resting-state"),
        ("several well known measures", "ABC", None),
        ("the end", "TE", None),
    ],
)
def test_an_abbreviation_stands_for_the_words_with_its_initials(
    words: str, short: str, long: str | None
) -> None:
    assert long_form(words, short) == long


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "A weir is a low wall across a river, and it slows the water.",
            "What is a weir?",
            "a low wall across a river",
        ),
        ("Salmon were counted using a camera.", None, "using a camera"),
        (
            "The ladder consists of twelve small pools.",
            "What does the ladder consist of?",
            "twelve small pools",
        ),
        ("The repetition time was 2500 ms.", "What was the repetition time?", "2500 ms"),
    ],
)
def test_statements_are_turned_into_questions(sentence: str, question: str | None, answer: str) -> None:
    made = answers_of(sentence)
    assert answer in made.values()
    if question:
        asked = {question, *(reworded(question, random.Random(seed)) for seed in range(50))}
        assert asked & set(made) or any(answer == one for one in made.values())


@pytest.mark.parametrize(
    "sentence",
    [
        "It was counted using a camera.",
        "When enforcing rules, this allows many things.",
        "However, they consist of many parts.",
        "Figure 2 was made with a pencil.",
    ],
)
def test_what_points_elsewhere_gives_no_question(sentence: str) -> None:
    assert list(by_inversion(sentence, random.Random(1))) == []


def test_answers_stand_where_they_are_marked_in_their_text() -> None:
    document = "\n\n".join(
        f"The fish ladder (FL) of site {n} consists of {n} pools. "
        "Water was measured with a 2.5 m gauge by hand. "
        f"The mean age was {n}.5 years in all." + " Filler words are here." * 30
        for n in range(12, 18)
    )
    rows = make_questions({"id": "doc", "document": document}, 100, random.Random(1))
    assert len(rows) > 5
    for row in rows:
        (answer,) = row["answers"]
        assert row["context"][answer["start"] :].startswith(answer["text"])
    assert any("2.5 m gauge" in row["answers"][0]["text"] for row in rows)
    assert len({row["context_id"] for row in rows}) > 1
    assert len({row["question"] for row in rows}) == len(rows)


def test_texts_are_cut_between_paragraphs() -> None:
    parts = list(chunks("\n\n".join(f"Paragraph {n}. " + "word " * 50 for n in range(20)), 600))
    assert all(len(part) <= 600 for part in parts)
    assert sum(part.count("Paragraph") for part in parts) == 20

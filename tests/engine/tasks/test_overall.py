"""Questions about a document as a whole: which they are, and what is said to them."""

import dataclasses

import pytest

from engine.tasks.asked import asks_of_whole
from engine.tasks.overall import tell_of_whole
from engine.types import Document, Heading, Page, Sentence, Span
from tests.engine.tasks import tiny_reader as tiny

QUIET = {"on_event": lambda event: None, "cancelled": lambda: False, "windows": {}}


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What is this paper about?", "the matter"),
        ("What's the main point of the article?", "the matter"),
        ("Give me a short summary", "the matter"),
        ("can you summarize this document please", "the matter"),
        ("What are the key findings?", "the findings"),
        ("What did the authors find?", "the findings"),
        ("What conclusions do the authors draw?", "the findings"),
        ("What is the purpose of this study?", "the purpose"),
        ("What is the main point of the second chapter?", None),
        ("What is a conclusion?", None),
        ("What is the aim of the treaty?", None),
        ("What was found in the cellar?", None),
        ("What is Table 2 about?", None),
        ("Is this paper about results?", None),
        ("How many findings are there?", None),
        ("Who wrote this paper?", None),
        ("Why?", None),
        ("", None),
    ],
)
def test_which_questions_ask_of_the_whole(question, asked) -> None:
    assert asks_of_whole(question) == asked


def document() -> Document:
    """Four pages; one says what was found, another what it is for, the last stands under a conclusion."""
    said = [
        "The river runs through the valley and past four old mills of stone.",
        "The aim of the survey is a map of every mill along the river.",
        "Our results show that three of the mills still have their wheels.",
        "This map is printed in colour and folds into a pocket of the book.",
        "The mills should be kept dry, and their roofs should be mended first.",
    ]
    text, sentences, pages = "", [], []
    for number, words in enumerate(said * 3):
        at = len(text)
        text += f"{words[:-1]} {number}.\n"
        sentences.append(Sentence(Span(at, len(text) - 1), 1 + number // 5, "body", number))
        if number % 5 == 4:
            pages.append(Page(1 + number // 5, 612, 792, Span(pages[-1].span.end if pages else 0, len(text))))
    last = Heading(Span(sentences[-1].span.start, sentences[-1].span.start + 9), 3, 1)
    return Document("0" * 64, "Mills", text, tuple(pages), sentences=tuple(sentences), outline=(last,))


@pytest.mark.parametrize(
    ("asked", "said"), [("the findings", ("results show",)), ("the purpose", ("The aim of",))]
)
def test_only_sentences_that_speak_of_it_are_quoted(asked, said) -> None:
    told = tell_of_whole(tiny.tiny_reader(), document(), asked, **QUIET)
    assert told.found and told.evidence
    assert all(any(words in one.text for words in said) for one in told.evidence)
    assert told.text == " ".join(one.text for one in told.evidence)
    assert told.span == told.evidence[0].span


def test_what_stands_under_a_conclusion_is_a_finding() -> None:
    mills = document()
    at = mills.text.index("The mills should")
    start = mills.sentences[-1].span.start
    text = mills.text[:start] + "Conclusions" + mills.text[start + 11 :]
    concluding = dataclasses.replace(mills, text=text, outline=(Heading(Span(start, start + 11), 3, 1),))
    told = tell_of_whole(tiny.tiny_reader(), concluding, "the findings", **QUIET)
    assert at < start and any(one.span.start == start for one in told.evidence)


def test_where_nothing_speaks_of_it_the_most_telling_is_quoted() -> None:
    mills = document()
    quiet = tuple(one for one in mills.sentences if "river runs" in one.span.of(mills.text))
    told = tell_of_whole(
        tiny.tiny_reader(), dataclasses.replace(mills, sentences=quiet), "the findings", **QUIET
    )
    assert "river runs" in told.text

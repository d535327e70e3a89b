"""Questions that a document suggests."""

import pytest

from engine.tasks.questions import possible_questions
from engine.types import Document, Heading, Page, Sentence, Span


def document_of(*sentences: str, headings: tuple[str, ...] = ()) -> Document:
    text, spans, outline = "", [], []
    for words, is_heading in [*((h, True) for h in headings), *((s, False) for s in sentences)]:
        span = Span(len(text), len(text) + len(words))
        text += words + "\n"
        spans.append(Sentence(span, 1, "heading" if is_heading else "body"))
        outline += [Heading(span, 1)] if is_heading else []
    page = Page(1, 0, 0, Span(0, len(text)))
    return Document("0" * 64, "T", text, (page,), (), tuple(spans), tuple(outline))


@pytest.mark.parametrize(
    "sentence, question",
    [
        ("We use margin infused relaxation (MIRA) here.", "What does MIRA stand for?"),
        ("A glacier is a body of ice that moves.", "What is a glacier?"),
        ("Fiscal Drag refers to a rise of taxes.", "What is Fiscal Drag?"),
        ("Sandrey Light was lit for the first time on 3 October 1889.",
         "When was Sandrey Light lit for the first time?"),
        ("The inner harbour was dredged in 1911 and again later.", "When was the inner harbour dredged?"),
        ("Eleven principal keepers served during the period.", "How many principal keepers served?"),
        ("The longest service was that of Margaret Orme.", "What was the longest service?"),
        ("The old bridge was designed by the engineer Ada Brandt.", "By whom was the old bridge designed?"),
    ],
)  # fmt: skip
def test_of_sentences(sentence: str, question: str) -> None:
    document = document_of(sentence)
    (one,) = possible_questions(document, 9)
    assert one.text == question
    assert one.span.of(document.text).split()[-1].lower() in question.lower()


@pytest.mark.parametrize(
    "heading, question",
    [
        ("2.2 What Counts as Fog", "What counts as fog?"),
        ("3.1 How the Thresholds Were Estimated", "How were the thresholds estimated?"),
        ("Why is the Sky Blue?", "Why is the sky blue?"),
        ("When was Rome founded?", "When was Rome founded?"),
        ("What should I do?", "What should I do?"),
        ("How Many People Were Affected", "How many people were affected?"),
        ("How long is the trial?", "How long is the trial?"),
        ("How do I know if it is broken?", "How do I know if it is broken?"),
        ("Why Rome was burned", "Why was Rome burned?"),
    ],
)
def test_of_headings(heading: str, question: str) -> None:
    assert [one.text for one in possible_questions(document_of(headings=(heading,)), 9)] == [question]


@pytest.mark.parametrize(
    "sentence",
    [
        "It is a good day.",
        "The result is the same.",
        "This was opened in 1880.",
        "However is a word.",
        "He was born in 1880.",
        "",
    ],
)
def test_no_question_where_no_term_stands(sentence: str) -> None:
    assert possible_questions(document_of(sentence), 9) == ()


def test_each_once_and_of_each_kind_in_turn() -> None:
    document = document_of(
        "A glacier is a body of ice.",
        "A glacier is a body of ice.",
        "A moraine is a heap of stones.",
        "We use principal component analysis (PCA) here.",
        "The moraine of the glacier grows: a moraine is made of stones, a moraine is old.",
    )
    asked = [one.text for one in possible_questions(document, 9)]
    assert asked == ["What is a glacier?", "What does PCA stand for?", "What is a moraine?"]
    assert [one.text for one in possible_questions(document, 1)] == asked[:1]
    assert possible_questions(document, 9) == possible_questions(document, 9)


def test_long_and_odd_text_is_quick() -> None:
    import time

    hostile = ["A " * 5_000, "The " + "a-" * 5_000, "(" * 5_000, "Aa " * 5_000 + "is a x"]
    hostile.append("a b " * 4_000 + "(AB)")
    started = time.monotonic()
    possible_questions(document_of(*hostile), 9)
    assert time.monotonic() - started < 5

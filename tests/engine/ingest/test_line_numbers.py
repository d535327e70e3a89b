"""Numbers of lines go; lists, tables and tables of contents keep theirs."""

import textwrap

import pytest

from engine.ingest.line_numbers import drop_line_numbers
from engine.ingest.strips import RawPage, Strip

PROSE = (
    "We show in this work that the rate of growth of cells is higher where the lamp burns all night, and "
    "that the keeper of the harbour, who had lit it for forty years, was right to say so when he was asked. "
    "The growth of the others was slower, and came to an end in winter. Whoever wants to repeat what was "
    "done will find the numbers below; they were written down every evening and read again by somebody else. "
)


def place(text: str, x: float, y: float, *, right: bool = False) -> Strip:
    width = 5.0 * len(text)
    x -= width if right else 0
    box = (x, y - 8, x + width, y + 2)
    return Strip(text, *box, y, 10.0, 1, box)


def lines(n: int, letters: int = 80) -> list[str]:
    return (textwrap.wrap(PROSE * 10, letters))[:n]


def page(number: int, *strips: Strip) -> RawPage:
    return RawPage(number, 612, 792, list(strips), n_chars=1000)


def manuscript(
    number: int, first: int, n: int, *, x: float = 50, right: bool = True, step: int = 1
) -> RawPage:
    texts = [place(text, 80, 100 + 20 * i) for i, text in enumerate(lines(n))]
    numbers = [place(str(first + i), x, 100 + 20 * i, right=right)
               for i in range(n) if (first + i) % step == 0]
    return page(number, place("A running head of the preprint", 20, 40), *texts, *numbers)


def left_over(pages: list[RawPage]) -> list[str]:
    drop_line_numbers(pages)
    return [strip.text for page in pages for strip in page.strips if strip.text.isdigit()]


@pytest.mark.parametrize("x, right, step", [(50, True, 1), (40, False, 1), (50, True, 5), (520, True, 1)])
def test_numbers_of_lines_go(x, right, step):
    """Right or left aligned, at either side, every line or every fifth; also on a short last page."""
    pages = [manuscript(1, 1, 30, x=x, right=right, step=step),
             manuscript(2, 31, 30, x=x, right=right, step=step),
             manuscript(3, 61, 3 if step == 1 else 11, x=x, right=right, step=step)]
    n_texts = sum(not strip.text.isdigit() for each in pages for strip in each.strips)
    assert left_over(pages) == []
    assert sum(len(each.strips) for each in pages) == n_texts


def test_numbers_that_begin_anew_on_every_page_go():
    assert left_over([manuscript(number, 1, 28) for number in range(1, 4)]) == []


def test_both_columns_of_a_paper_under_review():
    left = [place(text, 80, 100 + 12 * i) for i, text in enumerate(lines(30, 40))]
    right = [place(text, 320, 100 + 12 * i) for i, text in enumerate(lines(60, 40)[30:])]
    rulers = [place(f"{i:03}", 40, 100 + 12 * i) for i in range(30)]
    rulers += [place(f"{30 + i:03}", 560, 100 + 12 * i) for i in range(30)]
    assert left_over([page(1, *left, *right, *rulers)]) == []


ITEMS = ["Bring a lamp and a rope", "Read the book", "Oil the door of the tower", "Light the lamp", "Sleep"]


def rows(texts: list[str], x: float = 80, *, step: int = 1) -> list[Strip]:
    """A numbered row each."""
    strips = [place(text, x, 100 + 14 * i) for i, text in enumerate(texts)]
    return strips + [place(str(step * (i + 1)), 60, 100 + 14 * i) for i in range(len(texts))]


@pytest.mark.parametrize("strips", [
    rows(ITEMS),
    rows([item.lower() for item in ITEMS] * 3),
    rows([f"{item.lower()} and see to it that it is done by the evening of every day." for item in ITEMS]),
    rows([f"{item} and see to it that it is done by the evening of every day" for item in ITEMS * 2]),
    rows([f"{item} {'. ' * 30}" for item in ITEMS]),
    rows(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"])
    + [place(f"{i},5 {i},7 seen", 300, 100 + 14 * i) for i in range(6)],
    rows(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"], step=5),
    [*rows(lines(8, 80)), place("A line of text at the margin, beside which the numbers stand", 60, 128 + 7)],
    [place(str(i + 1), 60 + 60 * j, 100 + 14 * i) for i in range(20) for j in range(6)],
    [*(place(text, 60, 100 + 14 * i) for i, text in enumerate(ITEMS)),
     *(place(str(i + 1), 520, 100 + 14 * i, right=True) for i in range(5))],
])
def test_other_numbers_stay(strips):
    numbers = [strip.text for strip in strips if strip.text.isdigit()]
    assert left_over([page(1, *strips)]) == numbers


def test_numbered_paragraphs_stay():
    """More lines of text than numbers."""
    texts = [place(text, 80, 100 + 14 * i) for i, text in enumerate(lines(40))]
    numbers = [place(str(i + 1), 60, 100 + 14 * 4 * i) for i in range(10)]
    assert left_over([page(1, *texts, *numbers)]) == [str(i + 1) for i in range(10)]


def test_a_sentence_of_a_manuscript_is_whole(pdf, reader, save):
    for first in (1, 31):
        texts = [(110, 100 + 20 * i, 10, text) for i, text in enumerate(lines(30, 70))]
        pdf.page(*texts, *((72, 100 + 20 * i, 8, f"{first + i}") for i in range(30)))
    document = reader.read(save(pdf.data()))
    sentences = [sentence.span.of(document.text) for sentence in document.sentences]
    assert sentences[0] == PROSE.split(". ")[0] + "."
    assert not any(c.isdigit() for c in document.text)

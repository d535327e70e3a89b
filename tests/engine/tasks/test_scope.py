"""Parts of a document: sections, what stands under a heading, and summaries of a part."""

import dataclasses

import pytest
import torch

from engine.tasks.salience import SentenceScores, score_sentences
from engine.tasks.scope import sections, under_headings, within
from engine.tasks.selection import choose, most_telling
from engine.tasks.summarize import summarize_extractively
from engine.types import Document, Heading, Page, Sentence, Span, SummaryOptions
from tests.engine.tasks import tiny_reader as tiny


def outlined() -> Document:
    """A title, then three parts of four sentences each, a page a part."""
    text, sentences, outline, pages = "", [], [Heading(Span(0, 5), 1, 1)], []
    text = "Title\n"
    for part in range(3):
        start = len(text)
        outline.append(Heading(Span(start, start + 6), part + 1, 2))
        text += f"Part {part}\n"
        for number in range(4):
            at = len(text)
            text += f"In part {part} the river number {number} flows far to the north of the heart. "
            sentences.append(Sentence(Span(at, len(text) - 1), part + 1, "body", part))
        pages.append(Page(part + 1, 612, 792, Span(start if part else 0, len(text))))
    return Document("0" * 64, "Title", text, tuple(pages), sentences=tuple(sentences), outline=tuple(outline))


def test_sections_are_the_outermost_level_with_more_than_one_heading() -> None:
    document = outlined()
    found = sections(document)
    assert [part.title for part in found] == ["Title", "Part 0", "Part 1", "Part 2"]
    assert found[-1].span.end == len(document.text)
    assert [a.span.end for a in found[:-1]] == [b.span.start for b in found[1:]]
    flat = dataclasses.replace(document, outline=())
    assert [part.span for part in sections(flat)] == [Span(0, len(document.text))]


def test_what_stands_under_a_heading_ends_at_the_next_of_its_level() -> None:
    document = outlined()
    title, first, *_ = under_headings(document)
    assert title == Span(0, len(document.text))
    assert "part 0" in first.of(document.text) and "part 1" not in first.of(document.text)


def test_a_part_keeps_its_offsets_and_pages() -> None:
    document = outlined()
    part = within(document, under_headings(document)[2:3])
    assert {sentence.page for sentence in part.sentences} == {2} == {page.number for page in part.pages}
    assert all("part 1" in sentence.span.of(part.text) for sentence in part.sentences)
    assert within(document, ()) is document


@pytest.mark.parametrize("length, pages", [("line", 1), ("sections", 3)])
def test_a_line_is_one_sentence_and_every_section_gets_its_own(length, pages) -> None:
    quiet = {"on_event": lambda event: None, "cancelled": lambda: False, "windows": {}}
    said, _ = summarize_extractively(tiny.tiny_reader(), outlined(), SummaryOptions(length=length), **quiet)
    assert len({sentence.citations[0].page for sentence in said}) == pages
    assert length != "line" or len(said) == 1


def test_the_most_telling_sentence_stands_alone() -> None:
    document = tiny.document_of(
        [
            "It is where the blood flows and it is north of it.",
            "The heart pumps the blood to the north and to the river.",
        ]
    )
    scores = SentenceScores((0.9, 0.5), torch.eye(2), 1, 2, 1)
    assert most_telling(scores, document, 40) == (1,)
    assert choose(scores, document, 12, among={0}) == (0,)


def test_the_scope_decides_the_key() -> None:
    whole, part = SummaryOptions(), SummaryOptions(scope=(Span(3, 9),))
    assert whole.as_settings() == {"length": "medium"}
    assert part.as_settings() == {"length": "medium", "scope": "3-9"}


def test_the_record_counts_the_global_tokens_that_there_are(monkeypatch) -> None:
    """What a run says of its global attention is what the encoder was given."""
    reader, given = tiny.tiny_reader(), []
    lower = reader.model.lower_states
    monkeypatch.setattr(
        reader.model,
        "lower_states",
        lambda ids, valid, is_global, **more: (
            given.append(int(is_global.sum())),
            lower(ids, valid, is_global, **more),
        )[1],
    )
    scores = score_sentences(reader, outlined())
    assert scores.n_global == max(given)

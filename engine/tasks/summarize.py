"""Extractive summaries: weigh every sentence, choose under a budget of words, cite.

A chosen sentence is quoted as it stands, so it is its own source and its support is whole.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.tasks.reader import LoadedReader
from engine.tasks.salience import SentenceScores, score_sentences
from engine.tasks.selection import choose
from engine.types import Citation, Document, IsCancelled, OnEvent, Sentence, SummaryOptions, SummarySentence

WORDS = {"short": 60, "medium": 150, "long": 300}


def word_budget(document: Document, options: SummaryOptions) -> int:
    """How many words a summary of this document should have: what its length says, or a quarter
    of the document's own sentences where that is less."""
    n_words = sum(len(sentence.span.of(document.text).split()) for sentence in body_of(document))
    return max(1, min(WORDS[options.length], n_words // 4))


def body_of(document: Document) -> tuple[Sentence, ...]:
    """The sentences that say something: the running text, or everything where there is none."""
    body = tuple(sentence for sentence in document.sentences if sentence.kind == "body")
    return body or document.sentences


def summarize_extractively(
    reader: LoadedReader, document: Document, options: SummaryOptions, *,
    on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes],
) -> tuple[tuple[SummarySentence, ...], SentenceScores]:
    """The chosen sentences in the order of the document, and the scores they were chosen by."""
    scores = score_sentences(reader, document, on_event=on_event, cancelled=cancelled, windows=windows)
    chosen = choose(scores, document, word_budget(document, options))
    return tuple(_quote(document, document.sentences[index]) for index in chosen), scores


def _quote(document: Document, sentence: Sentence) -> SummarySentence:
    text = sentence.span.of(document.text)
    return SummarySentence(text, 1.0, (Citation(sentence.span, sentence.page, text, 1.0),))

"""Extractive summaries: weigh every sentence, choose under a budget of words, cite.

A chosen sentence is quoted as it stands, so it is its own source and its support is whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from engine.tasks.features import candidates
from engine.tasks.placement import global_parts
from engine.tasks.reader import LoadedReader
from engine.tasks.salience import SentenceScores, score_sentences
from engine.tasks.scope import sections
from engine.tasks.selection import Told, choose, most_telling
from engine.types import Citation, Document, IsCancelled, OnEvent, Sentence, SummaryOptions, SummarySentence

WORDS = {"line": 40, "short": 60, "medium": 150, "long": 300}
WORDS_OF_A_SECTION = 45


def word_budget(document: Document, most: int) -> int:
    """How many words a summary of this document should have: so many at most, and no more than a
    quarter of the document's own sentences."""
    n_words = sum(len(text.split()) for text in candidates(document).texts)
    return max(1, min(most, n_words // 4))


def summarize_extractively(
    reader: LoadedReader, document: Document, options: SummaryOptions, *,
    on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes],
) -> tuple[tuple[SummarySentence, ...], SentenceScores]:
    """The chosen sentences in the order of the document, and the scores they were chosen by."""
    scores = score_sentences(
        reader, document, on_event=on_event, cancelled=cancelled, windows=windows,
        global_parts=global_parts(document, options),
    )
    chosen = _choose(scores, document, options)
    return tuple(_quote(document, document.sentences[index]) for index in chosen), scores


def _choose(scores: SentenceScores, document: Document, options: SummaryOptions) -> tuple[int, ...]:
    if options.length == "line":
        return most_telling(scores, document, WORDS["line"])
    if options.length == "sections":
        return _choose_by_section(scores, document)
    return choose(scores, document, word_budget(document, WORDS[options.length]))


def _choose_by_section(scores: SentenceScores, document: Document) -> tuple[int, ...]:
    """Of each section some sentences under a budget of its own; what one said no later one repeats."""
    indices = candidates(document).indices
    starts = [document.sentences[i].span.start for i in indices]
    chosen, told = list[int](), Told()
    for part in sections(document):
        inside = indices[bisect_left(starts, part.span.start) : bisect_left(starts, part.span.end)]
        n_words = sum(len(document.sentences[i].span.of(document.text).split()) for i in inside)
        if inside:
            budget = max(1, min(WORDS_OF_A_SECTION, n_words // 4))
            chosen += choose(scores, document, budget, inside, told)
    return tuple(chosen)


def _quote(document: Document, sentence: Sentence) -> SummarySentence:
    text = sentence.span.of(document.text)
    return SummarySentence(text, 1.0, (Citation(sentence.span, sentence.page, text, 1.0),))

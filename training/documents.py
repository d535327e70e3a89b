"""Texts of a corpus as the app sees documents, and what each sentence gives of a known summary."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from itertools import pairwise

from rouge_score.tokenizers import DefaultTokenizer

from engine.ingest.sentences import split_sentences
from engine.tasks.features import candidates
from engine.types import Document, Page, Sentence, SentenceKind, Span

PARAGRAPH = re.compile(r"\n\s*\n")
MOST_HEADING = 12  # words
STEMMED = DefaultTokenizer(use_stemmer=True)
SMOOTHING = 6  # words: a scrap of two words is no bargain


def wrap(text: str, title: str = "", name: str = "") -> Document:
    """A plain text as one page; a short paragraph without a full stop is a heading."""
    sentences: list[Sentence] = []
    start = 0
    for number, gap in enumerate([*PARAGRAPH.finditer(text), None]):
        end = gap.start() if gap else len(text)
        paragraph = text[start:end]
        kind = _kind_of(paragraph)
        spans = [Span(start, end)] if kind == "heading" else split_sentences(paragraph, start)
        sentences += (Sentence(span, 1, kind, number) for span in spans if span.of(text).strip())
        start = gap.end() if gap else end
    digest = hashlib.sha256((name or text).encode()).hexdigest()
    return Document(digest, title, text, (Page(1, 612, 792, Span(0, len(text))),), sentences=tuple(sentences))


def _kind_of(paragraph: str) -> SentenceKind:
    words = paragraph.split()
    is_heading = 0 < len(words) <= MOST_HEADING and paragraph.rstrip()[-1:] not in '.!?:;,"”'
    return "heading" if is_heading else "body"


def gains(document: Document, summary: str) -> list[float]:
    """For every sentence that could be chosen: the words and pairs of words of the summary that it
    gives, for each of its own words, relative to the best sentence of the document; 0..1."""
    wanted = STEMMED.tokenize(summary)
    one, two = Counter(wanted), Counter(pairwise(wanted))
    found = []
    for text in candidates(document).texts:
        words = STEMMED.tokenize(text)
        shared = sum((Counter(words) & one).values()) / max(1, len(wanted))
        pairs = sum((Counter(pairwise(words)) & two).values()) / max(1, len(wanted) - 1)
        found.append((shared + 2 * pairs) / (len(words) + SMOOTHING))
    best = max(found, default=0.0) or 1.0
    return [value / best for value in found]

"""Say of citations whether the text behind them was printed in the file or recognised in a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.types import Citation, Document, SummarySentence


def mark_citations(document: Document, citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """The citations, with how sure text recognition was of each; as they are where it had no part."""
    if not document.pages_recognised:
        return tuple(citations)
    return tuple(replace(c, recognition=document.recognition(c.span)) for c in citations)


def mark_sentences(
    document: Document, sentences: Iterable[SummarySentence]
) -> tuple[SummarySentence, ...]:
    """The sentences with their citations marked."""
    return tuple(replace(s, citations=mark_citations(document, s.citations)) for s in sentences)

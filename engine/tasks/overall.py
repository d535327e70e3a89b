"""Answer a question about a document as a whole (asked.py) with its most telling sentences.

No one passage answers it, so the document is read and weighed as for a very short summary; asked for
findings or for a purpose, only the sentences that speak of it are chosen from, where there are some.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.tasks.answer import AnswerResult
from engine.tasks.asked import Asked
from engine.tasks.features import candidates
from engine.tasks.reader import LoadedReader
from engine.tasks.salience import SentenceScores, score_sentences
from engine.tasks.scope import under_headings
from engine.tasks.selection import choose, stands_alone
from engine.tasks.summarize import word_budget
from engine.types import Citation, Document, IsCancelled, OnEvent

WORDS = 60  # of an answer
FEWEST = 2  # sentences that speak of what is asked; one may do so by chance
SAID: dict[Asked, re.Pattern[str]] = {
    "the findings": re.compile(
        r"\bin (?:conclusion|summary)\b|"
        r"\b(?:we|(?:this|our|the present) (?:\w+ )?(?:study|work|analysis|paper)|"
        r"(?:our|the|these) (?:\w+ )?(?:results?|findings?|data|experiments?))\b.{0,40}\b(?:find|found|"
        r"shows?|showed|shown|demonstrate[sd]?|conclude[sd]?|suggests?|suggested|indicate[sd]?|reveal(?:s|ed)?|"
        r"confirm(?:s|ed)?)\b",
        re.I | re.S,
    ),
    "the purpose": re.compile(
        r"\b(?:aims?|goals?|purpose|objectives?|motivation) (?:of|is|was|are|were|for|behind)\b|"
        r"\b(?:study|work|paper|project|we) (?:aims?|aimed|sought|set out) to\b|"
        r"\b(?:this|the present) (?:paper|study|article|work|proposal|document|report|book|chapter|pep|rfc)\b"
        r".{0,20}\b(?:presents?|proposes?|describes?|introduces?|examines?|investigates?|explores?|"
        r"addresses|explains?|reviews?|provides?|defines?|specifies)\b|"
        r"\bwe (?:\w+ )?(?:present|propose|introduce|describe|investigate|examine|develop|aim)\b",
        re.I | re.S,
    ),
}
UNDER: dict[Asked, re.Pattern[str]] = {
    "the findings": re.compile(r"\b(?:conclusions?|concluding|key (?:findings|messages|points))\b", re.I),
    "the purpose": re.compile(r"\b(?:motivation|goals?|purpose|objectives?|aims?)\b", re.I),
}


def tell_of_whole(
    reader: LoadedReader, document: Document, asked: Asked, *,
    on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes],
) -> AnswerResult:
    """Read the document as for a summary and quote what tells most of what is asked. The text is that of
    the sentences, the span that of the first; how likely they are to be what was meant is not known, so
    `confidence` is 0. Raises Cancelled."""
    scores = score_sentences(reader, document, on_event=on_event, cancelled=cancelled, windows=windows)
    speaking, budget = _speaking(document, asked), word_budget(document, WORDS)
    chosen = choose(scores, document, budget, speaking if len(speaking) >= FEWEST else None)
    cited = tuple(_cite(document, index, scores) for index in chosen)
    return AnswerResult(
        found=True,
        span=cited[0].span,
        text=" ".join(one.text for one in cited),
        confidence=0.0,
        evidence=cited,
        n_windows=scores.n_windows,
        n_tokens=scores.n_tokens,
        n_global=scores.n_global,
    )


def _speaking(document: Document, asked: Asked) -> list[int]:
    """The sentences that speak of what is asked and can be understood alone."""
    if asked == "the matter":
        return []
    parts = [
        part
        for heading, part in zip(document.outline, under_headings(document), strict=True)
        if UNDER[asked].search(heading.span.of(document.text))
    ]

    def speaks(index: int) -> bool:
        span = document.sentences[index].span
        text = span.of(document.text)
        told = SAID[asked].search(text) or any(span.overlaps(part) for part in parts)
        return bool(told) and stands_alone(text)

    return [index for index in candidates(document).indices if speaks(index)]


def _cite(document: Document, index: int, scores: SentenceScores) -> Citation:
    sentence = document.sentences[index]
    return Citation(sentence.span, sentence.page, sentence.span.of(document.text), scores.salience[index])

"""What a written sentence claims without its source, underlined with the reason; and whose words it has."""

from __future__ import annotations

import re

from engine.types import SummarySentence
from ui.html import Html, element

ORIGINS = {
    "written": "Written by the model",
    "reworded": "Said in other words, because the first were not borne out",
    "replaced": "Quoted, because what was written was not borne out",
}


def said(sentence: SummarySentence) -> list[str]:
    """The words of a sentence, those that its source does not bear out underlined."""
    parts: list[str] = []
    at = 0
    for doubt in sorted(sentence.doubts, key=lambda doubt: doubt.span):
        if doubt.span.start >= at:
            parts.append(_one_line(sentence.text[at : doubt.span.start]))
            words = _one_line(doubt.span.of(sentence.text))
            parts.append(element("mark", words, class_="doubted", title=doubt.reason))
            at = doubt.span.end
    return [*parts, _one_line(sentence.text[at:])]


def notes(sentence: SummarySentence) -> list[Html]:
    """Whose words they are, where they are not simply the document's, and every reason for doubt."""
    reasons = dict.fromkeys(doubt.reason for doubt in sentence.doubts)
    whose = ORIGINS.get(sentence.origin)
    return [
        *([element("span", whose, class_="origin")] if whose else []),
        *(element("span", reason, class_="weak") for reason in reasons),
    ]


def in_words(sentence: SummarySentence) -> str:
    """The same as plain text: the sentence, and in brackets what is doubtful about it."""
    reasons = dict.fromkeys(doubt.reason for doubt in sentence.doubts)
    return " ".join([*sentence.text.split(), *(f"[Not borne out: {reason}]" for reason in reasons)])


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)

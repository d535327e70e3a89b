"""Which language a document is written in, as py3langid sees it (langid.py, Lui and Baldwin 2012)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from engine.types import Document

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

PIECES, PIECE_CHARS = 8, 600  # looked at, from all parts of the document
LEAST_LETTERS = 120  # fewer say too little
SURE_ENOUGH = 0.95


def language_of(document: Document) -> str | None:
    """The ISO 639-1 code of the language of a document's sentences; None where it cannot be told."""
    sample = _sample(document)
    if sum(character.isalpha() for character in sample) < LEAST_LETTERS:
        return None
    code, sureness = _identifier().classify(sample)
    return str(code) if sureness >= SURE_ENOUGH else None


def _sample(document: Document) -> str:
    body = [one for one in document.sentences if one.kind == "body"] or list(document.sentences)
    step = max(1, len(body) // PIECES)
    starts = (sentence.span.start for sentence in body[::step][:PIECES])
    return " ".join(document.text[start : start + PIECE_CHARS] for start in starts)


@cache
def _identifier() -> LanguageIdentifier:
    """Read once, from the package itself: no network, no pickle."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in identifier.labels if len(code) == 2])  # no dialects
    return identifier

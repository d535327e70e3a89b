"""Capitals for what an uncased model wrote, as the source has them.

    casing = Casing(document_text)
    casing.restore("the company of karl ohm failed .")  ->  "The company of Karl Ohm failed."
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

WORD = re.compile(r"[^\W_]+")
OPENS = re.compile(r"(?:^|[.!?:]\s+|[\"\N{LEFT DOUBLE QUOTATION MARK}(])$")
LOOSE = re.compile(r"\s+([,.;:!?%)\]])|([(\[$])\s+|(?<=\w)\s+(['\N{RIGHT SINGLE QUOTATION MARK}-])\s+(?=\w)")


class Casing:
    """How a source writes each of its words where no sentence begins."""

    def __init__(self, source: str) -> None:
        seen: dict[str, Counter[str]] = defaultdict(Counter)
        for match in WORD.finditer(source):
            opens = OPENS.search(source[max(0, match.start() - 3) : match.start()])
            weight = 1 if opens and match[0].istitle() else 100  # a sentence's first word tells little
            seen[match[0].casefold()][match[0]] += weight
        self._forms = {word: forms.most_common(1)[0][0] for word, forms in seen.items()}

    def restore(self, text: str) -> str:
        """The text with the source's capitals, one at the head of each sentence, and the spaces that
        a WordPiece decoder leaves around punctuation taken out."""
        tight = LOOSE.sub(lambda match: match[1] or match[2] or match[3] or "", text.strip())
        return WORD.sub(lambda match: self._form(match[0], tight[: match.start()]), tight)

    def _form(self, word: str, before: str) -> str:
        form = self._forms.get(word.casefold(), word)
        opens = OPENS.search(before[-3:]) if before else True
        return form[0].upper() + form[1:] if opens else form

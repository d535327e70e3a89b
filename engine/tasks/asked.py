"""What a question asks of a document as a whole, if it does: its matter, its findings, its purpose.

It is told by the words of the question alone: every one must be among those that can be said of any
document ("What is the main point of this paper?"; not "... of the second chapter?").
"""

from __future__ import annotations

import re
from typing import Literal

Asked = Literal["the matter", "the findings", "the purpose"]
MOST_LETTERS = 120  # of such a question
ANOTHER = re.compile(  # a definition, a number, yes or no, one part of several
    r"\bwhat(?:\W?s| is| are) an?\b|\bhow (?:many|much|long|old|often)\b|\b(?:each|every)\b|\d|"
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had)\b",
    re.I,
)
FILLING = frozenset("""
    a an what whats s is are was were do does did can could would you please me us tell give make the this
    that these those it its they their there here of in for to from and or by with on at as be been has
    have had paper document text article book report study chapter work research thesis story piece
    author authors writer writers main key overall general most important central primary chief major brief
    briefly short quick whole all in-depth one sentence words say says said state states mean
    discuss discusses describe describes present presents cover covers deal deals try tries trying draw drawn
    reach reached make makes made come came learn learned provide provides explain explains
""".split())  # noqa: SIM905
TELLING: dict[Asked, re.Pattern[str]] = {
    "the findings": re.compile(
        r"findings?|conclu(?:de[sd]?|sions?)|results?|finds?|found|takeaways?|lessons?",
    ),
    "the purpose": re.compile(r"purposes?|aims?|goals?|objectives?|motivations?|intentions?"),
    "the matter": re.compile(
        r"about|topics?|subjects?|summar(?:y|i[sz]e)|overview|gist|points?|ideas?|message|themes?|essence|"
        r"arguments?|contributions?|tldr",
    ),
}


def asks_of_whole(question: str) -> Asked | None:
    """What a question asks of the document as a whole, if it does."""
    if len(question) > MOST_LETTERS or ANOTHER.search(question):
        return None
    words = [word for word in re.findall(r"[\w-]+", question.lower()) if word not in FILLING]
    meant = [[kind for kind, pattern in TELLING.items() if pattern.fullmatch(word)] for word in words]
    if not meant or not all(meant):
        return None
    return next(kind for kind in TELLING if [kind] in meant)

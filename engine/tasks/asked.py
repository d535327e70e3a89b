"""What a question asks of a document as a whole, if it does: its matter, its findings, its purpose.

It is told by the words of the question alone, and rather too seldom than too often: every word must be
among those that can be said of any document, and something must point to the whole of it ("this
paper", "the main ...", "summarize"). "What is the main point of this paper?" is one; "What did the general
find?" and "What is the aim of the treaty?" are not.
"""

from __future__ import annotations

import re
from typing import Literal

Asked = Literal["the matter", "the findings", "the purpose"]
MOST_LETTERS = 120  # of such a question
ANOTHER = re.compile(  # a definition, a number, yes or no, one part of several, a name or a piece of code
    r"\bwhat(?:\W?s| is| are) an?\b|\bhow (?:many|much|long|old|often)\b|\b(?:each|every)\b|[\d\"“”«»`()]|"
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|(?:can|could|would|will)(?! you))\b",
    re.I,
)
A_NAME = re.compile(r"\b(?:US|IT|AS)\b")
LENGTH = re.compile(r"\b(?:in|with) \d+ (?:\w+ )?(?:words|sentences|lines|points|bullets|paragraphs)\b", re.I)
FILLING = frozenset("""
    a an what whats s is are was were do does did can could would how you please me i us tell give list
    name outline want know make the this that these those it its they their there here of in for to from
    and or by with on at as be been has have had paper document text article book report study work
    research thesis story novel pdf file contract letter manual author authors researchers writer
    writers main key overall most important central primary principal core brief briefly short quick
    whole entire all in-depth one sentence words nutshell say says said discuss discusses discussed
    describe describes present presents presented cover covers covered deal deals try tries trying draw
    drawn reach reached make makes made come came learn learned provide provides explain explains
""".split())  # noqa: SIM905
TELLING: dict[Asked, re.Pattern[str]] = {
    "the findings": re.compile(
        r"findings?|conclu(?:de[sd]?|sions?)|results?|finds?|found|shows?|showed|take-?aways?|take-home|lessons?"
    ),
    "the purpose": re.compile(r"purposes?|aims?|goals?|objectives?|motivations?|intentions?"),
    "the matter": re.compile(
        r"about|topics?|subjects?|summar(?:y|i[sz]e)|overview|gist|points?|ideas?|messages?|themes?|essence|focus|"
        r"arguments?|argues?|proposes?|claims?|contributions?|tldr"
    ),
}
THE_WHOLE = re.compile(
    r"\b(?:this|the|your)(?: (?:whole|entire))? (?:paper|document|text|article|book|report|study|work|"
    r"research|thesis|story|novel|pdf|file|contract|letter|manual)\b|"
    r"\b(?:main|key|overall|central|primary|principal|core|most important) \w+|"
    r"\b(?:summary|summari[sz]e|overview|gist|tldr|take-?aways?|take-home)\b|"
    r"\bwhat(?:s| is| was) (?:this|it|all this|this all) about\W*$|\btopics are (?:covered|discussed)\b|"
    r"\b(?:authors?|researchers) (?:find|found|concluded?|show|showed|propose|argue|draw)\b|"
    r"^what(?:s| is| are| was| were) the (?:findings?|conclusions?|results?|purpose|aims?|goals?|objectives?|"
    r"topic|theme)\W*$|^\W*(?:findings|conclusions?|results)\W*$"
)


def asks_of_whole(question: str) -> Asked | None:
    """What a question asks of the document as a whole, if it does."""
    question = LENGTH.sub("", question)
    if len(question) > MOST_LETTERS or ANOTHER.search(question):
        return None
    if A_NAME.search(question) and not question.isupper():
        return None
    plain = re.sub(r"[;'’]", "", question.lower())
    if not THE_WHOLE.search(plain):
        return None
    found = re.findall(r"[\w-]+", plain)
    if "about" in found[:-1]:  # about something
        return None
    words = [word for word in found if word not in FILLING]
    meant = [[kind for kind, pattern in TELLING.items() if pattern.fullmatch(word)] for word in words]
    if not meant or not all(meant):
        return None
    return next(kind for kind in TELLING if [kind] in meant)

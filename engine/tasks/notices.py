"""Sentences that speak of the publication and not of its matter: rights, addresses, declarations."""

from __future__ import annotations

import re

NOTICE = re.compile(
    r"^(?:copyright (?:©|\(c\)|c\W|(?:19|20)\d\d|by\b|holder)|©|\(c\) ?(?:19|20)\d\d|"
    r"(?:all|some) rights reserved|isbn\b|issn\b|no part of this\b|"
    r"permission (?:is|to)\b.{0,40}\b(?:granted|copy|copies|reproduce|use|make)|"
    r"(?:a|the) copy of (?:the|this) licen[sc]e\b|licen[sc]ed under\b|"
    r"this (?:is an )?(?:open[- ]access |work|document|book|article|manual|publication|paper|material)"
    r".{0,40}\b(?:licen[sc]ed|distributed|published|made available) under\b|"
    r"printed (?:in|by|on)\b|first published\b|downloaded from\b|(?:to|how to) cite\b|cite this\b|"
    r"correspond(?:ence(?: to\b|:| (?:should|may|can) be| address)|ing author)|e-?mail:|"
    r"(?:article history:? )?received:? \d|author contributions:|"
    r"(?:the )?authors? (?:have )?(?:declared?|report|disclose)\b.{0,60}\b(?:interests?|conflicts?|disclos)|"
    r"(?:(?:conflicts?|declarations?) of|competing) interests?(?::| statement|\. | none))",
    re.IGNORECASE,
)


def is_notice(sentence: str) -> bool:
    """Whether nobody would expect it in a summary."""
    return NOTICE.match(sentence.lstrip(" *†‡§")) is not None

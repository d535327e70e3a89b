"""Sentences that speak of the publication and not of its matter: rights, addresses, declarations, thanks,
and what stands in which section."""

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

THANKS = re.compile(
    r"^(?:(?:part of )?(?:this|the present) (?:\w+ )?(?:work|research|study|paper) "
    r"(?:was|is|has been) (?:\w+ ){0,3}(?:supported|funded|sponsored|financed) "
    r"(?:\w+ ){0,3}(?:by|under|through)\b(?!.*(?:, which|\bcost\b))|"
    r"the authors (?:were|are) (?:\w+ )?(?:supported|funded) by\b|"
    r"(?:we|the authors)(?: (?:would|also|gratefully|sincerely|wish|want|like|to)){0,5} "
    r"(?:thank|acknowledge (?:the )?(?:\w+ )?(?:support|help|funding|assistance))\b|"
    r"the authors are (?:\w+ )?(?:grateful|indebted) to\b|"
    r"acknowledge?ments:|funding: (?:this|the authors?|supported|none|no\b|grants?))",
    re.IGNORECASE,
)
NUMBER = r"\s*(?:\d+(?:\.\d+)*|[IVX]+)\b"
SECTION = re.compile(rf"(?:\bsect(?:ions?|s?\.)|§){NUMBER}", re.IGNORECASE)
LAW = re.compile(rf"\b(?:acts?|code|statutes?|law|court|judgment|constitution)\b|{NUMBER}\(", re.IGNORECASE)
OURS = re.compile(r"\b(?:we|our|this paper|this article)\b", re.IGNORECASE)
GUIDE = re.compile(
    r"\b(?:rest|remainder) of (?:the|this) (?:\w+ )?(?:paper|article|chapter|section|thesis|report|document) "
    r"(?:is|are|proceeds|will)\b.{0,30}\b(?:organi[sz]ed|structured|as follows|divided)\b|"
    r"\b(?:this|the|our) (?:paper|article|thesis|report|manuscript) is "
    r"(?:\w+ )?(?:organi[sz]ed|structured|laid out|arranged) (?:as|in(?:to)?)\b|"
    r"^\W*in (?:this|the (?:next|following|previous|preceding|last)) (?:sub)?section,? (?:we|our)\b|"
    r"\balgorithms? (?:is|are) (?:described|discussed|presented|explained) (?:in the following|below)\W*$",
    re.IGNORECASE,
)
TOLD_THERE = re.compile(
    rf"\bsection{NUMBER}\s+(?:\w+ )?(?:describe|present|introduce|discuss|review|conclude|outline|report|"
    r"summari[sz]e|evaluate|compare)s?\b",
    re.IGNORECASE,
)


def is_notice(sentence: str) -> bool:
    """Whether nobody would expect it in a summary."""
    said = sentence.lstrip(" *†‡§")
    return bool(NOTICE.match(said) or THANKS.match(said) or GUIDE.search(said)) or _guides(said)


def _guides(said: str) -> bool:
    """Whether it tells in which sections of a paper what stands; laws name their sections too."""
    n_sections = len(SECTION.findall(said))
    if LAW.search(said) or not n_sections:
        return False
    return n_sections > 1 and bool(OURS.search(said) or TOLD_THERE.search(said))

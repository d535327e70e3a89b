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
    r"^(?:(?:part of )?(?:this (?:\w+ )?|the present |the )(?:work|research|study|paper|authors?) "
    r"(?:was|were|is|are|(?:has|have) been) (?:\w+ ){0,3}(?:supported|funded|sponsored|financed)\b|"
    r"(?:we|i|the authors?)(?: (?:would|also|gratefully|sincerely|wish|want|like|to)){0,5} "
    r"(?:thank|acknowledge (?:the )?(?:\w+ )?(?:support|help|funding|assistance))\b|"
    r"(?:we|i|the authors?) (?:am|are|is) (?:\w+ )?(?:grateful|indebted) to\b|"
    r"(?:acknowledge?ments?|funding)\s*[:.—–])",
    re.IGNORECASE,
)
NUMBER = r"\s*(?:\d+(?:\.\d+)*|[IVX]+)\b"
SECTION = re.compile(rf"(?:\bsect(?:ions?|s?\.)|§|\bchapters?|\bappendix){NUMBER}", re.IGNORECASE)
OURS = re.compile(r"\b(?:we|our|i|paper|article|thesis)\b", re.IGNORECASE)  # where laws name their sections
GUIDE = re.compile(
    r"\b(?:rest|remainder|organi[sz]ation|structure) of (?:the|this) "
    r"(?:\w+ )?(?:paper|article|chapter|section|thesis|report|document)\b|"
    r"\b(?:paper|article|chapter|section|thesis|report|document|manuscript) (?:is|are) "
    r"(?:\w+ )?(?:organi[sz]ed|structured|laid out|arranged)\b|"
    rf"\bsection{NUMBER}\s+(?:\w+ )?(?:describe|present|introduce|discuss|review|conclude|outline|report|"
    r"summari[sz]e|evaluate|compare)(?:s|es)?\b|"
    r"^\W*in (?:this|the (?:next|following|previous|preceding|last)) (?:(?:sub)?section|chapter),? "
    r"(?:we|you|i|our)\b|"
    r"\b(?:described|discussed|presented|given|explained|shown) (?:in the following|below)\W*$",
    re.IGNORECASE,
)


def is_notice(sentence: str) -> bool:
    """Whether nobody would expect it in a summary."""
    said = sentence.lstrip(" *†‡§")
    if NOTICE.match(said) or THANKS.match(said) or GUIDE.search(said):
        return True
    return len(SECTION.findall(said)) > 1 and bool(OURS.search(said))

"""Marks of notes and references behind the end of a sentence: 1850.[3] fell.12,13 charm."[^4]"""

from __future__ import annotations

import re

NUMBERS = r"\d{1,3}(?:[,;\u2013-] ?\d{1,3})*"
BRACKETED = rf"\[\^?{NUMBERS}\]"
_STOP = r"[.!?…][\"'”’)\]]*"
# In plain text a raised number stands on the line. Behind a digit it would be a decimal.
NOTED_STOP = rf"(?:{_STOP}(?:{BRACKETED})+|[a-z]{{3}}[)\]]*{_STOP}{NUMBERS}|[.!?…][\"”’)\]]+{NUMBERS})"
_AT_END = re.compile(rf"{NOTED_STOP}$")
_MARKS = re.compile(rf"(?:(?:{BRACKETED})+|{NUMBERS})$")


def without_notes(sentence: str) -> str:
    """The sentence without the marks behind its end."""
    sentence = sentence.rstrip()
    return _MARKS.sub("", sentence) if _AT_END.search(sentence) else sentence

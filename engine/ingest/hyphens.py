"""How two printed lines of one paragraph become one: with a space, or as one word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from engine.ingest.clean import SOFT_HYPHEN

HYPHENS = ("-", "\u2010", "\u2011")
WORD = re.compile(r"[^\W\d_]+(?:[-\u2010\u2011][^\W\d_]+)*")
LAST = re.compile(r"[^\W_]+(?:[-\u2010\u2011][^\W_]+)*(?=[-\u2010\u2011]$)")
FIRST = re.compile(r"^[^\W_]+(?:[-\u2010\u2011][^\W_]+)*")
# Prefixes that keep their hyphen where the document itself does not say otherwise.
KEEPING = {"self", "non", "well", "ill", "half", "quasi", "cross"}
# Words that are as often the first half of a longer one as a word of their own.
OPENING = {
    "some", "there", "with", "further", "under", "over", "every", "where", "here", "back", "fore", "after",
    "down", "through", "inter", "super", "data", "frame", "hand", "never", "none", "more", "home", "work",
    "time", "life", "head", "body", "news", "pass", "form", "like", "name", "note",
}
SHORT_FORM = re.compile(r"(?:[A-Z]{2}|(?:^|[-\u2010\u2011])[^\W\d_])$")  # DNA, mRNA, T, β
CONJUNCTIONS = {"and", "or", "to", "nor", "und", "oder", "et", "ou", "y", "o", "e"}
OPEN_ENDS = ("–", "—", "/")
WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003fffd]")


def count_words(lines: Iterable[str]) -> Counter[str]:
    """How often each word stands inside a line, where nobody had to break it; compounds also in parts."""
    words: Counter[str] = Counter()
    for line in lines:
        found = [_folded(match.group()) for match in WORD.finditer(line)]
        inner = found[1 : -1 if line.endswith((*HYPHENS, SOFT_HYPHEN)) else None]
        words.update(inner)
        for word in inner:
            if "-" in word:
                words.update(word.split("-"))
    return words


def join(before: str, after: str, words: Counter[str]) -> tuple[int, str]:
    """How to go on from one line to the next: letters to drop at its end, and what to put between."""
    if before.endswith(SOFT_HYPHEN):
        return 1, ""
    if before.endswith(HYPHENS) and len(before) > 1 and before[-2].isalnum():
        return _join_hyphen(before, after, words)
    if before.endswith(OPEN_ENDS) and before[-2:-1] not in ("", " ") and before[-2:] != "//":
        return 0, ""
    if _is_address(before) and before[-1] in "/._=&?%" and not after[:1].isupper():
        return 0, ""
    if WIDE.match(before[-1:]) and WIDE.match(after[:1]):
        return 0, ""
    return 0, " "


def _join_hyphen(before: str, after: str, words: Counter[str]) -> tuple[int, str]:
    head, tail = LAST.search(before), FIRST.match(after)
    if head is None or tail is None:
        return 0, ""
    if tail.group().casefold() in CONJUNCTIONS:
        return 0, " "
    if not after[0].islower() or _is_address(before):
        return 0, ""
    return (0, "") if _keeps_hyphen(head.group(), tail.group(), words) else (1, "")


def _folded(word: str) -> str:
    """As words are counted: in lower case, with one kind of hyphen."""
    return word.casefold().replace("\u2010", "-").replace("\u2011", "-")


def _keeps_hyphen(head: str, tail: str, words: Counter[str]) -> bool:
    """Whether `head-tail` is a compound rather than a broken word; the document itself knows best."""
    is_short_form = SHORT_FORM.search(head) is not None
    head, tail = _folded(head), _folded(tail)
    left, right = head.split("-")[-1], tail.split("-")[0]
    whole = words[left + right]
    hyphenated = max(words[f"{left}-{right}"], words[f"{head}-{tail}"])
    if whole or hyphenated:
        return hyphenated > whole
    if left in KEEPING or is_short_form or any(c.isdigit() for c in left):
        return True
    if left != head or right != tail:  # in a compound already: state-of- / the-art
        return bool(words[left] and words[right])
    return min(len(left), len(right)) >= 4 and left not in OPENING and bool(words[left] and words[right])


def _is_address(line: str) -> bool:
    """Whether the line ends within a web address."""
    last = line.rsplit(" ", 1)[-1].casefold()
    return "://" in last or last.startswith(("www.", "doi:", "doi.org"))

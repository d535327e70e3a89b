"""Which paragraphs are references: the entries under a heading that announces them.

Some names announce nothing else. Others ("Literature", "Sources", "Notes") also stand over text
that is to be read, so they count only where what follows them looks like entries.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.ingest.paragraphs import Block

NUMBERED = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2}){0,4}|[A-H]|[IVX]{1,5})[.:)]?\s+(?=\S)", re.IGNORECASE)
CERTAIN = re.compile(
    r"^(?:references?|references cited|reference list|list of references|references and notes|"
    r"notes and references|references and further reading|(?:selected |select |general )?bibliography|"
    r"works cited|literature cited|cited literature|external links|literaturverzeichnis|"
    r"quellenverzeichnis|références|bibliographie|referencias|bibliografía|参考文献)$", re.IGNORECASE)
AMBIGUOUS = re.compile(
    r"^(?:literature|literatur|sources|primary sources|secondary sources|notes|endnotes|footnotes|"
    r"citations|further reading|additional reading|recommended reading|weblinks|quellen|einzelnachweise)$",
    re.IGNORECASE)
AFTER = re.compile(
    r"^(?:appendi|supplement|acknowledg|about the author|index\b|glossary|notes?$|annex)", re.IGNORECASE)

MARK = r"^(?:\[\w{1,8}\]|\(?\d{1,3}[.)]|[\^•*])\s*"
MARKED = re.compile(MARK)
NAMED = re.compile(  # Keeper, A. / Keeper AB, / A. B. Keeper, / Keeper, Anna
    rf"(?:{MARK})?(?:[^\W\d_][\w'’-]+,? (?:[A-Z]\.[ -]?)+|[^\W\d_][\w'’-]+ [A-Z]{{1,3}}[,.;(]|"
    r"(?:[A-Z]\.[ -]?){1,3}[A-Z][\w'’-]+(?:,| and | et | &)|[A-Z][\w'’-]+, [A-Z][\w'’-]+[.,;& ])")
YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d")
DATED = re.compile(r"(?:\((?:\w{3,9}\.? )?|[,.:;]\s(?:\w{3,9}\.? )?)(?:1[5-9]|20)\d\d[a-z]?(?:[).,:;]|$)")
DAY = re.compile(r"\b(?:\d{1,2}(?:st|nd|rd|th)? [A-Z][a-z]{2,8}|[A-Z][a-z]{2,8} \d{1,2}),? (?:1[5-9]|20)\d\d")
LOCATED = re.compile(
    r"https?://|www\.|\bdoi\b|\barXiv\b|\bISBN\b|\bISSN\b|\bRetrieved\b|\bArchived\b|\bIbid\b|\bop\. cit\b|"
    r"\bpp?\. ?\d|\bvol\. ?\d|\bet al\.|\(eds?\.\)|\bUniversity Press\b", re.IGNORECASE)
PER_ENTRY = 500  # characters of a block that one date or place of publication accounts for
N_LOOKED_AT = 3  # paragraphs under a heading of which most must be entries
MAX_NAME = 60


def announces(text: str) -> bool:
    """Whether a heading may stand over references."""
    name = name_of(text)
    return CERTAIN.match(name) is not None or AMBIGUOUS.match(name) is not None


def is_certain(text: str) -> bool:
    """Whether a heading can stand over nothing but references."""
    return CERTAIN.match(name_of(text)) is not None


def name_of(heading: str) -> str:
    """A heading without its number."""
    return NUMBERED.sub("", heading).strip(" .:") if len(heading) <= MAX_NAME else heading


def looks_like_entry(text: str) -> bool:
    """Whether a paragraph names a publication rather than saying something."""
    is_named = NAMED.match(text) is not None
    n_located = len(LOCATED.findall(text))
    n_dated = len(DATED.findall(text if is_named else DAY.sub("", text)))  # minutes name days as well
    if (n_located + n_dated) * PER_ENTRY < len(text):
        return False
    return is_named or MARKED.match(text) is not None or min(n_located, n_dated) > 0


def opens_references(blocks: Sequence[Block], i: int) -> bool:
    """Whether block `i`, a heading, announces references and they follow."""
    text = blocks[i].text
    return is_certain(text) or (announces(text) and entries_follow(blocks, i))


def entries_follow(blocks: Sequence[Block], i: int) -> bool:
    """Whether most of the next paragraphs after block `i` are entries."""
    found: list[bool] = []
    for block in blocks[i + 1 : i + 1 + 3 * N_LOOKED_AT]:
        is_entry = looks_like_entry(block.text)
        if block.kind == "heading" and not is_entry:
            break
        if block.kind in ("body", "footnote", "heading"):
            found.append(is_entry)
        if len(found) == N_LOOKED_AT:
            break
    return 2 * sum(found) > len(found)


def mark_printed(blocks: Sequence[Block]) -> None:
    """Among printed blocks: from the heading of the references to the heading of what follows them."""
    opening: Block | None = None
    for i, block in enumerate(blocks):
        if block.kind == "heading":
            if opens_references(blocks, i):
                opening = block
            elif opening is not None and _is_peer(block, opening):
                opening = None
            elif opening is not None:
                block.kind = "reference"
        elif opening is not None and block.kind in ("body", "footnote"):
            block.kind = "reference"


def _is_peer(heading: Block, other: Block) -> bool:
    """Whether a heading ranks as high as another, so that it ends the other's section. A name in bold
    or in capitals with its year is no heading, but an entry."""
    if AFTER.match(name_of(heading.text)) or AFTER.match(heading.text):
        return True
    if not (heading.size > other.size - 0.3 and (heading.first.bold or not other.first.bold)):
        return False
    text = heading.text
    is_named = NAMED.match(text) is not None or text.startswith("[")
    return not (LOCATED.search(text) or (is_named and YEAR.search(text)))


def mark_unprinted(blocks: Sequence[Block]) -> None:
    """Among blocks whose headings say how high they rank: to the next heading as high, and no further
    than a section without a heading. A line of text that announces them is a heading as well."""
    opening: Block | None = None
    reach = -1  # the last block that belongs to a list announced by a mere line
    for i, block in enumerate(blocks):
        if block.kind == "heading":
            if opens_references(blocks, i):
                opening = block
            elif opening is not None and (block.level <= opening.level or AFTER.match(name_of(block.text))):
                opening = None
            continue
        if opening is not None and block.region != blocks[i - 1].region and not looks_like_entry(block.text):
            opening = None
        if block.kind not in ("body", "footnote"):
            continue
        if opening is not None or i <= reach:
            block.kind = "reference"
        elif announces(block.text) and entries_follow(blocks, i):
            block.kind, reach = "heading", _last_entry(blocks, i)


def _last_entry(blocks: Sequence[Block], i: int) -> int:
    """Index of the last entry after block `i`; some may be hard to recognise."""
    last = i
    for j in range(i + 1, len(blocks)):
        if blocks[j].kind == "heading" or j - last > N_LOOKED_AT:
            break
        if looks_like_entry(blocks[j].text):
            last = j
    return last

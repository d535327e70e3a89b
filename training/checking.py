"""Measure the check of written sentences: `python -m training.checking --corpus DIR`.

Sentences of people's summaries, each with the whole document it sums up, as they are and with a
name, a number or a negation swapped: precision and recall of "the source does not bear this out".
Every swapped sentence of the test split, and every other that the check doubted, was read by hand;
the verdicts are in `training/cards/checked.json`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.tasks.check import check
from engine.tasks.cite import Sources
from engine.types import Document
from training.corpus import pairs
from training.documents import wrap
from training.writing import WORD, sentences_of

SOURCES = ("pmc-ccby", "openstax", "wikipedia-lead", "wikinews-lead", "peps", "us-gov-web")
KINDS = ("number", "name", "negation")
SEED = 12
CLOSE = 0.5  # of a sentence's words in one place of the document: it tells what that place tells
MOST_CHARACTERS = 60_000
MOST_OF_ONE = 4  # sentences of one document
VERDICTS = Path(__file__).parent / "cards" / "checked.json"
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w])")
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*")
AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|may|has|have|had|does|do|did)\b(?! not\b)"
)


@dataclass(frozen=True)
class Told:
    """A sentence about a document, and what was swapped in it ("" where nothing was)."""

    id: str
    document: Document
    text: str
    original: str
    swapped: str


def candidates(corpus: Path, split: str, count: int) -> Iterator[tuple[str, Document, str]]:
    """At most `count` sentences of each source's summaries, a few of a document, that tell what one
    place of the document tells."""
    for source in SOURCES:
        rows = [row for row in pairs(corpus, source, split) if len(row["document"]) <= MOST_CHARACTERS]
        random.Random(f"{SEED} {source}").shuffle(rows)
        found = 0
        for row in rows:
            close = [one for one in sentences_of(row["summary"]) if _is_close(one, row["document"])]
            random.Random(f"{SEED} {row['id']}").shuffle(close)
            document = wrap(row["document"], row["title"] or "", row["id"])
            for number, text in enumerate(close[: min(MOST_OF_ONE, count - found)]):
                yield f"{row['id']} {number}", document, text
            found += min(MOST_OF_ONE, count - found, len(close))
            if found >= count:
                break


def _is_close(sentence: str, document: str) -> bool:
    words = {word.lower() for word in WORD.findall(sentence) if len(word) > 3}
    parts = sentences_of(document)
    held = [{word.lower() for word in WORD.findall(part)} & words for part in parts]
    near = (len(held[i] | (held[i + 1] if i + 1 < len(held) else set())) for i in range(len(held)))
    return 8 <= len(sentence.split()) <= 45 and max(near, default=0) >= CLOSE * len(words)


def swap(kind: str, text: str, document: str, chance: random.Random) -> str | None:
    """The sentence with one thing of a kind changed to something that the document also has."""
    if kind == "negation":
        return _deny(text, chance)
    pattern = NUMBER if kind == "number" else NAME
    places = list(pattern.finditer(text))
    if not places:
        return None
    place = chance.choice(places)
    others = sorted({one[0] for one in pattern.finditer(document)} - {one[0] for one in places})
    others = [one for one in others if one not in text and place[0] not in one]
    if kind == "number":
        others = [one for one in others if len(one) == len(place[0])] or others
    return text[: place.start()] + chance.choice(others) + text[place.end() :] if others else None


def _deny(text: str, chance: random.Random) -> str | None:
    if re.search(r"\b(?:not|never|no)\b", text):
        return re.sub(
            r"\b(?:not|never) |\bno\b", lambda match: "some" if match[0] == "no" else "", text, count=1
        )
    places = list(AUXILIARY.finditer(text))
    if not places:
        return None
    place = chance.choice(places)
    return f"{text[: place.end()]} not{text[place.end() :]}"


def told(corpus: Path, split: str, count: int) -> Iterator[Told]:
    """Every candidate as it is, and with one thing of each kind in turn swapped where it has one."""
    for number, (name, document, text) in enumerate(candidates(corpus, split, count)):
        yield Told(name, document, text, text, "")
        chance = random.Random(f"{SEED} {name} swap")
        for kind in ("number", *(("name", "negation") if number % 2 else ("negation", "name"))):
            changed = swap(kind, text, document.text, chance)
            if changed is not None:
                yield Told(name, document, changed, text, kind)
                break


def figures(rows: Sequence[tuple[Told, bool]], verdicts: dict[str, list[str]]) -> str:
    """Recall by kind, and precision over all, as lines of a table."""
    lines = ["| swapped | sentences | doubted |", "|---|--:|--:|"]
    swapped = [
        (one.swapped, doubted)
        for one, doubted in rows
        if one.swapped and one.id not in verdicts.get("harmless", ())
    ]
    for kind in (*KINDS, "all"):
        own = [doubted for of, doubted in swapped if kind in (of, "all")]
        lines.append(f"| {kind} | {len(own)} | {sum(own)} ({sum(own) / max(1, len(own)):.0%}) |")
    unborne = set(verdicts.get("not_borne_out", ()))
    wrongly = sum(doubted for one, doubted in rows if not one.swapped and one.id not in unborne)
    rightly = sum(doubted for one, doubted in rows if not one.swapped and one.id in unborne)
    found = sum(doubted for _, doubted in swapped)
    as_they_are = sum(not one.swapped for one, _ in rows)
    lines += [
        "",
        f"Of {as_they_are} sentences as they are, {rightly + wrongly} are doubted, {rightly} of them "
        f"rightly. Precision {(found + rightly) / max(1, found + rightly + wrongly):.0%}, "
        f"recall {found / max(1, len(swapped)):.0%}.",
    ]
    return "\n".join(lines)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--split", default="test", choices=("test", "valid"))
    parser.add_argument("--count", type=int, default=80, help="most sentences of a source")
    parser.add_argument("--list", action="store_true", help="print where doubts and swaps disagree")
    options = parser.parse_args()
    rows = []
    for one in told(options.corpus, options.split, options.count):
        sources = Sources(one.document)
        checked = check(sources, one.text)
        rows.append((one, bool(checked.doubts)))
        if options.list and bool(checked.doubts) != bool(one.swapped):
            print(f"\n[{one.id}] {one.swapped or 'as it is'}: {one.text}")
            print("  doubts:", [(doubt.kind, doubt.span.of(one.text)) for doubt in checked.doubts])
            for index in checked.cited.sentences:
                print("  >", " ".join(sources.texts[index].split()))
    print(figures(rows, json.loads(VERDICTS.read_text("utf-8")).get(options.split, {})))


if __name__ == "__main__":
    main()

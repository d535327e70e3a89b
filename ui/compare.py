"""Two summaries of a document side by side, as escaped HTML: where they differ, and what each took."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from statistics import fmean
from typing import TYPE_CHECKING

from engine.types import Summary
from ui.html import Html, element, join
from ui.pieces import act, plural
from ui.saving import LENGTHS

if TYPE_CHECKING:
    from storage.rows import SavedSummary

OFFERED = 12


def earlier_view(summaries: Sequence[SavedSummary], shown: int) -> Html | None:
    """The other summaries of the document, each to be compared with the one that is shown."""
    others = [saved for saved in summaries if saved.id != shown][:OFFERED]
    if not others:
        return None
    items = [
        element(
            "li",
            element("span", name_of(saved.summary)),
            element("span", f"{saved.created.day} {saved.created:%b %Y}", class_="faint"),
            act("compare", "Compare", class_="button quiet", data_one=shown, data_other=saved.id),
        )
        for saved in others
    ]
    return element(
        "details",
        element("summary", plural(len(items), "other summary").replace("summarys", "summaries")),
        element("ul", *items, class_="earlier"),
    )


def name_of(summary: Summary) -> str:
    """Its length, and whether it is of a part."""
    options = summary.run.options
    name = LENGTHS.get(str(options.get("length")), "Summary")
    return f"{name} of a part" if options.get("scope") else name


def compare_view(one: Summary, other: Summary) -> Html:
    """Both, with the words marked that the other lacks, over a table of what they took."""
    mine, theirs = words_of(one), words_of(other)
    matcher = SequenceMatcher(None, mine, theirs, autojunk=False)
    same = matcher.get_matching_blocks()
    in_one = {i for block in same for i in range(block.a, block.a + block.size)}
    in_other = {i for block in same for i in range(block.b, block.b + block.size)}
    sides = [
        element("div", element("h3", name_of(summary)), _marked(words, common), class_="side")
        for summary, words, common in ((one, mine, in_one), (other, theirs, in_other))
    ]
    shared = 200 * sum(block.size for block in same) / max(1, len(mine) + len(theirs))
    return element(
        "section",
        element("h3", "Side by side"),
        element("p", f"{shared:.0f} % of the words are in both; the others are marked.", class_="faint"),
        element("div", *sides, class_="sides"),
        _table(one, other),
        act("close", "Close", class_="button quiet"),
        class_="compare",
        aria_label="Comparison of two summaries",
    )


def words_of(summary: Summary) -> list[str]:
    """The words in their order."""
    return [word for sentence in summary.sentences for word in sentence.text.split()]


def _marked(words: Sequence[str], common: set[int]) -> Html:
    """The words, with runs of those that are not common marked."""
    parts: list[str] = []
    run: list[str] = []
    for index, word in enumerate([*words, ""]):
        if index < len(words) and index not in common:
            run.append(word)
            continue
        if run:
            parts += [element("mark", " ".join(run)), " "]
            run = []
        parts.append(f"{word} " if word else "")
    return element("p", join(parts))


def _table(one: Summary, other: Summary) -> Html:
    rows = [
        element("tr", element("th", name, scope="row"), element("td", mine), element("td", theirs))
        for (name, mine), (_, theirs) in zip(_figures(one), _figures(other), strict=True)
    ]
    head = element("tr", element("td"), *(element("th", name_of(s), scope="col") for s in (one, other)))
    return element("table", element("thead", head), element("tbody", *rows), class_="figures")


def _figures(summary: Summary) -> list[tuple[str, str]]:
    said, run = summary.sentences, summary.run
    return [
        ("Sentences", str(len(said))),
        ("Words", str(len(words_of(summary)))),
        ("Support", f"{100 * fmean([sentence.support for sentence in said] or [0]):.0f} %"),
        ("Pages cited", str(len({citation.page for sentence in said for citation in sentence.citations}))),
        ("Pages read", str(run.pages_read)),
        ("Tokens read", f"{run.tokens_read:,}"),
        ("Time", f"{run.seconds:.1f} s"),
        ("Model", f"{run.model}, {run.quantization}, {run.device}"),
    ]

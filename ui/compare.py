"""Two summaries of a document side by side, as escaped HTML: where they differ, and what each took."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from statistics import fmean
from typing import TYPE_CHECKING

from engine.tasks import rouge
from engine.tasks.scope import under_headings
from engine.types import Document, Summary
from ui.html import Html, element, join
from ui.pieces import act, plural
from ui.saving import LENGTHS

if TYPE_CHECKING:
    from storage.rows import SavedSummary

OFFERED = 12
MOST_REFERENCE = 20_000  # characters


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


def compare_view(
    one: SavedSummary, other: SavedSummary, document: Document, reference: str = ""
) -> Html:
    """Both, with the words marked that the other lacks, over a table of what they took; measured by a
    reference that the reader pasted, else by the document's own abstract where it has one."""
    return element(
        "section",
        element("h3", "Side by side"),
        *differences(one.summary, other.summary),
        _table(one.summary, other.summary, *_measured_by(document, reference)),
        _asking(one.id, other.id, document, reference),
        act("close", "Close", class_="button quiet"),
        class_="compare",
        aria_label="Comparison of two summaries",
    )


def differences(one: Summary, other: Summary) -> tuple[Html, Html]:
    """How much they share, and both with the words marked that the other lacks."""
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
    return (
        element("p", f"{shared:.0f} % of the words are in both; the others are marked.", class_="faint"),
        element("div", *sides, class_="sides"),
    )


def abstract_of(document: Document) -> str:
    """What stands under a heading "Abstract"; nothing where there is none."""
    for heading, part in zip(document.outline, under_headings(document), strict=True):
        title = re.sub(r"[^a-z]", "", heading.span.of(document.text).lower())
        if title == "abstract" and heading.span.end < part.end:
            return document.text[heading.span.end : part.end].strip()
    return ""


def _measured_by(document: Document, pasted: str) -> tuple[str, str]:
    """The text to measure by, and its name."""
    if pasted.strip():
        return pasted, "your reference"
    return abstract_of(document), "the abstract"


def _asking(one: int, other: int, document: Document, reference: str) -> Html:
    """The field for a reference, and the table as a file."""
    saved = f"?summary={one}&other={other}"
    return element(
        "div",
        element(
            "div",
            element(
                "label", "Measure by a summary of your own (ROUGE)",
                element(
                    "input", type="text", name="reference", value=reference[:MOST_REFERENCE],
                    placeholder="Paste it here",
                ),
            ),
            act("compare", "Measure", class_="button", data_one=one, data_other=other),
            class_="fields",
        ),
        element(
            "a", "Save the table", href=f"/precis/export/{document.id}/compare.csv{saved}", download=True,
            class_="button quiet",
        ),
        class_="measuring",
    )


def as_csv(one: Summary, other: Summary, document: Document) -> str:
    """The table, for other programs; measured by the abstract where there is one."""
    stream = io.StringIO()
    rows = csv.writer(stream)
    rows.writerow(["", name_of(one), name_of(other)])
    measured = _measured_by(document, "")
    for (name, mine), (_, theirs) in zip(_figures(one, *measured), _figures(other, *measured), strict=True):
        rows.writerow([name, mine, theirs])
    return stream.getvalue()


def _rouge(summary: Summary, reference: str, name: str) -> list[tuple[str, str]]:
    """ROUGE against the reference, where there is one."""
    wanted = rouge.words_of(reference[:MOST_REFERENCE])
    if not wanted:
        return []
    said = rouge.words_of(" ".join(sentence.text for sentence in summary.sentences))
    values = (*rouge.rouge_n(said, wanted), rouge.rouge_l(said, wanted))
    return [(f"ROUGE against {name} (1, 2, L)", " / ".join(f"{value:.1f}" for value in values))]


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


def _table(one: Summary, other: Summary, reference: str, name: str) -> Html:
    rows = [
        element("tr", element("th", label, scope="row"), element("td", mine), element("td", theirs))
        for (label, mine), (_, theirs) in zip(
            _figures(one, reference, name), _figures(other, reference, name), strict=True
        )
    ]
    head = element("tr", element("td"), *(element("th", name_of(s), scope="col") for s in (one, other)))
    return element("table", element("thead", head), element("tbody", *rows), class_="figures")


def _figures(summary: Summary, reference: str, name: str) -> list[tuple[str, str]]:
    said, run = summary.sentences, summary.run
    return [
        *_rouge(summary, reference, name),
        ("Sentences", str(len(said))),
        ("Words", str(len(words_of(summary)))),
        ("Support", f"{100 * fmean([sentence.support for sentence in said] or [0]):.0f} %"),
        ("Pages cited", str(len({citation.page for sentence in said for citation in sentence.citations}))),
        ("Pages read", str(run.pages_read)),
        ("Tokens read", f"{run.tokens_read:,}"),
        ("Time", f"{run.seconds:.1f} s"),
        ("Memory", f"{run.peak_bytes / 2**20:,.0f} MB" if run.peak_bytes else "not known"),
        ("Global attention", run.placement),
        ("Model", f"{run.model}, {run.quantization}, {run.device}"),
    ]

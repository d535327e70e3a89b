"""What came of several documents together, as escaped HTML; each place opens its document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.types import Answer, Citation, Progress, Span, Summary
from ui.absent import how_far, not_found_in_several, whose_sentences
from ui.answers import confidence_words, shortened
from ui.doubts import notes, said
from ui.html import Html, element, join
from ui.pieces import STOP, act, icon, link, meter, note, plural
from ui.render import WELL_SUPPORTED
from ui.saving import LENGTHS
from ui.together import Gathering, Part

if TYPE_CHECKING:
    from storage.rows import DocumentRow

COMPARABLE = "Each document was read by itself; the percentages mean the same in all of them."


def documents_view(rows: Sequence[DocumentRow]) -> Html:
    """The chosen documents; each opens."""
    if not rows:
        return note(
            "No documents chosen",
            "Tick documents in the library, then ask or summarize them together.",
            link("library", "To the library", class_="button"),
        )
    items = [
        element(
            "li",
            act("open", element("bdi", row.title), class_="link", data_document=row.id),
            element("span", f" \N{MIDDLE DOT} {plural(row.n_pages, 'page')}", class_="faint"),
        )
        for row in rows
    ]
    heading = element("h2", plural(len(rows), "document") + " together")
    return join([heading, element("ul", *items, class_="set")])


def gathered_view(gatherings: Sequence[Gathering]) -> Html:
    """Questions and summaries, newest first."""
    if not gatherings:
        return note(
            "Nothing asked of these documents yet",
            "A question is looked for in each of them, from beginning to end; a summary is made of each. "
            "What is found names its document and page.",
        )
    return join(_answers(one) if one.kind == "answer" else _summaries(one) for one in gatherings)


def _running(gathering: Gathering) -> Html | None:
    """How many documents are read, and Stop for those that are not."""
    active = gathering.active
    if not active:
        return None
    done = len(gathering.parts) - len(active)
    progress = Progress("Reading", done, len(gathering.parts))
    return element(
        "div",
        element("span", f"{done} of {plural(len(gathering.parts), 'document')} read", class_="phase"),
        meter(progress),
        act("stop", icon(STOP), "Stop", class_="button quiet", data_job=_numbers(active)),
        class_="running",
        role="status",
    )


def _numbers(parts: Sequence[Part]) -> str:
    return ",".join(str(part.view.row.id) for part in parts)


def _unfinished(gathering: Gathering) -> Html | None:
    """Documents whose job did not end well, each with why, and one button to go on with all."""
    parts = [p for p in gathering.parts if p.view.row.state in ("failed", "stopped", "interrupted")]
    if not parts:
        return None
    ended = [(part.row.title, part.view.row.error_message or part.view.row.state) for part in parts]
    items = [element("li", element("bdi", title), ": ", words) for title, words in ended]
    return element(
        "div",
        element("h4", f"Not finished: {plural(len(parts), 'document')}"),
        element("ul", *items, class_="faint"),
        act("resume", "Continue", class_="button quiet", data_job=_numbers(parts)),
        class_="note quiet",
    )


# ------------------------------------------------------------------ answers


def _answers(gathering: Gathering) -> Html:
    """The answers, surest first; then where there is none, which is a statement about whole documents."""
    told = [(part, part.answer) for part in gathering.parts if part.answer is not None]
    found = sorted((pair for pair in told if pair[1].found), key=lambda pair: -pair[1].confidence)
    absent = [pair for pair in told if not pair[1].found]
    return element(
        "article",
        element("h3", gathering.asked, class_="question"),
        _running(gathering),
        element("ol", *(_found(part, answer) for part, answer in found), class_="found") if found else None,
        element("p", COMPARABLE, class_="faint") if sum(not one.is_told for _, one in found) > 1 else None,
        _absent(absent, len(gathering.parts)) if absent else None,
        _unfinished(gathering),
        class_="result qa",
        data_gathered=len(told),
    )


def _found(part: Part, answer: Answer) -> Html:
    if answer.is_told:
        return _told(part.row, answer)
    span = answer.span or Span(0, 0)
    place = Citation(span, answer.page or 1, answer.evidence[0].text if answer.evidence else answer.text, 1.0)
    return element(
        "li",
        element(
            "p",
            element("span", " ".join(answer.text.split()), class_="said"),
            " ",
            place_chip(part.row, place, named=True),
            class_="answer",
        ),
        element("p", confidence_words(answer), class_="confidence faint"),
    )


def _told(row: DocumentRow, answer: Answer) -> Html:
    items = [
        element("li", element("span", " ".join(c.text.split()), class_="said"), " ", place_chip(row, c))
        for c in answer.evidence
    ]
    return element(
        "li",
        _title(row),
        element("p", whose_sentences(answer), class_="faint"),
        element("ol", *items, class_="sentences"),
    )


def _absent(pairs: Sequence[tuple[Part, Answer]], n_documents: int) -> Html:
    items = [
        element(
            "li",
            element("bdi", part.row.title),
            element("p", f"{how_far(answer.run)} {confidence_words(answer)}.", class_="faint"),
            *(
                element("p", element("q", shortened(c.text, 300)), " ", place_chip(part.row, c))
                for c in answer.evidence[:1]
            ),
        )
        for part, answer in pairs
    ]
    words = not_found_in_several([answer.run for _, answer in pairs], n_documents)
    closest = element(
        "details", element("summary", "The closest passages"), element("ul", *items, class_="evidence")
    )
    kind = "answer absent" if len(pairs) == n_documents else "faint"
    return join([element("p", words, class_=kind), closest])


def place_chip(row: DocumentRow, citation: Citation, *, named: bool = False) -> Html:
    """The page behind something said; a click opens its document there, with the place boxed."""
    page = f"p.\N{NO-BREAK SPACE}{citation.page}"
    return act(
        "open",
        element("bdi", row.title, class_="of") if named else "",
        page,
        class_="chip",
        data_document=row.id,
        data_page=citation.page,
        data_start=citation.span.start,
        data_end=citation.span.end,
        data_quote=" ".join(citation.text.split())[:400],
        aria_label=f"Show the source in {row.title} on page {citation.page}",
    )


# ---------------------------------------------------------------- summaries


def _summaries(gathering: Gathering) -> Html:
    """One summary under the title of each document."""
    views = [_summary(part.row, part.summary) for part in gathering.parts if part.summary is not None]
    name = LENGTHS.get(gathering.asked, "Summary")
    return element(
        "article",
        element("h3", f"{name} of {plural(len(gathering.parts), 'document')}", class_="question"),
        _running(gathering),
        *views,
        _unfinished(gathering),
        class_="result qa",
        data_gathered=len(views),
    )


def _summary(row: DocumentRow, summary: Summary) -> Html:
    items = [
        element(
            "li",
            element("span", *said(sentence), class_="said"),
            " ",
            *(place_chip(row, citation) for citation in sentence.citations),
            element("span", "Weakly supported", class_="weak") if sentence.support < WELL_SUPPORTED else None,
            *notes(sentence),
        )
        for sentence in summary.sentences
    ]
    return element(
        "section",
        _title(row),
        element("ol", *items, class_="sentences"),
    )


def _title(row: DocumentRow) -> Html:
    return element("h4", act("open", element("bdi", row.title), class_="link", data_document=row.id))

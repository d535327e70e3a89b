"""Answers as escaped HTML: what was said with how sure it is, its place, and what came near it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.types import Answer, Citation, Document
from ui.absent import how_far, not_found, whose_sentences
from ui.html import Html, element, join
from ui.pieces import note
from ui.render import BoxesOf, chip, not_finished, quoted_list, running, so_far
from ui.saving import copy_button, download
from ui.values import JobView, Workspace, is_active

if TYPE_CHECKING:
    from storage.rows import SavedAnswer

SURE = ((90, "Very sure"), (70, "Fairly sure"), (50, "Unsure"), (0, "A guess"))  # from so many percent on
MOST_QUOTED = 1_500  # characters of a passage


def confidence_words(answer: Answer) -> str:
    """The calibrated probability in words and as a number."""
    percent = round(100 * answer.confidence)
    level = next(words for least, words in SURE if percent >= least)
    return f"{level} ({percent}\N{NO-BREAK SPACE}%)"


def _weighed(document: Document, answer: Answer, boxes_of: BoxesOf) -> Html | None:
    """The sentence that holds the answer, and those that came near it; each with its place."""
    n_own = 1 if answer.found else 0
    own, others = (
        [
            element("li", element("q", shortened(c.text, MOST_QUOTED)), " ", chip(document, c, boxes_of))
            for c in cited
        ]
        for cited in (answer.evidence[:n_own], answer.evidence[n_own:])
    )
    if not own and not others:
        return None
    return element(
        "details",
        element("summary", "From the document" if own else "The closest passages"),
        element("ul", *own, class_="evidence") if own else None,
        element("p", "Also weighed:", class_="faint") if own and others else None,
        element("ul", *others, class_="evidence") if others else None,
    )


def shortened(text: str, most: int) -> str:
    """A passage in one line, and that it goes on where it is cut."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def answer_card(document: Document, saved: SavedAnswer, boxes_of: BoxesOf) -> Html:
    """A question and its answer with the place, or the honest "not found"."""
    answer = saved.answer
    if answer.is_told:
        body = [
            element("p", whose_sentences(answer), class_="faint"),
            quoted_list(document, answer.evidence, boxes_of, class_="sentences"),
        ]
    elif answer.found and answer.span is not None and answer.page is not None:
        place = Citation(answer.span, answer.page, answer.span.of(document.text), answer.confidence)
        body = [
            element(
                "p",
                element("span", " ".join(answer.text.split()), class_="said"),
                " ",
                chip(document, place, boxes_of),
                class_="answer",
            )
        ]
    else:
        body = [
            element("p", not_found(answer), class_="answer absent"),
            element("p", how_far(answer.run), class_="faint"),
        ]
    return element(
        "article",
        element("h3", answer.question, class_="question"),
        *body,
        *([] if answer.is_told else [element("p", confidence_words(answer), class_="confidence faint")]),
        None if answer.is_told else _weighed(document, answer, boxes_of),
        copy_button("Copy", "answer"),
        class_="result qa",
        data_answer=saved.id,
    )


def answers_view(
    workspace: Workspace, jobs: Sequence[tuple[JobView, Sequence[Citation]]], boxes_of: BoxesOf
) -> Html:
    """The Ask tab: questions under way or unfinished first, then the answers, newest first."""
    open_ones = []
    for view, provisional in jobs:
        if view.row.state == "done":
            continue
        active = is_active(view.row)
        open_ones.append(
            element(
                "article",
                element("h3", str(view.row.params.get("question", "")), class_="question"),
                running(view) if active else not_finished(view),
                so_far(workspace.document, provisional, boxes_of) if active else None,
                class_="result qa",
            )
        )
    asked = {view.row.result_id: view.row.id for view, _ in reversed(jobs)}  # the last time each was asked
    newest_first = sorted(
        workspace.answers, key=lambda saved: (asked.get(saved.id, 0), saved.id), reverse=True
    )
    done = [answer_card(workspace.document, saved, boxes_of) for saved in newest_first]
    if not open_ones and not done:
        return note(
            "Nothing asked yet",
            "Ask in plain words. The answer is a passage of the document, boxed on "
            "its page, or the statement that the document does not say.",
        )
    tools = (
        [element("div", download(workspace.row.id, "answers.md", "Export answers"), class_="tools")]
        if done
        else []
    )
    return join([*open_ones, *done, *tools])

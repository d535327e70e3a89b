"""Questions that a document suggests: which are tried, and how those are offered that it answers.

A question is shown only after the model has read the document for it and found an answer that is
likelier right than wrong. The log of the job keeps places alone; the words come from the document.
"""

from __future__ import annotations

from engine.tasks.asked import asks_of_whole
from engine.tasks.questions import Question, possible_questions
from engine.types import Answer, Document
from ui.html import Html, element, join
from ui.pieces import act, note
from ui.render import not_finished, running
from ui.values import JobView, is_active

MOST_SUGGESTED = 4
SURE_ENOUGH = 0.5
MOST_TRIED, LEAST_TRIED = 10, 3
CHARS_READ = 1_500_000  # for all questions together: each is a reading of the whole document


def tried(document: Document) -> tuple[Question, ...]:
    """The questions to try, fewer for a long document."""
    affordable = CHARS_READ // max(1, len(document.text))
    possible = possible_questions(document, max(LEAST_TRIED, min(MOST_TRIED, affordable)))
    return tuple(one for one in possible if asks_of_whole(one.text) is None)


def is_answered(question: Question, answer: Answer) -> bool:
    """Whether the answer says more than the heading or term that the question was made of."""
    said, term = answer.span, question.span
    return answer.found and said is not None and not (term.start <= said.start and said.end <= term.end)


def suggested_view(document: Document, job: JobView | None) -> Html:
    """The offer to look for questions, the search, or what it found; a click asks."""
    offer = act("suggest", "Suggest questions", class_="button quiet")
    if job is None:
        return element("div", offer, class_="suggestions")
    found = {start for start, _, _, _ in job.story.places}
    questions = [one for one in tried(document) if one.span.start in found] if found else []
    chips = [act("put", one.text, class_="button quiet", data_question=one.text) for one in questions]
    shown = element("div", *chips, class_="suggestions", role="group", aria_label="Suggested questions")
    if is_active(job.row):
        return join([running(job), shown if chips else None])
    if job.row.state != "done":
        return join([not_finished(job), shown if chips else None])
    if chips:
        return shown
    return note(
        "No suggestions",
        "None of the questions that this document suggests is answered in it surely enough. Ask your own.",
    )

"""What is said where no passage is the answer: none was found, in what was looked and how far; or the whole
was asked about. The same words on the screen, in the terminal and in exported files."""

from __future__ import annotations

from collections.abc import Sequence

from engine.types import Answer, Run
from ui.pieces import page_ranges, plural

EVEN = 50  # percent, as shown; below this, that there is no answer is only the likelier of two guesses


def not_found(answer: Answer) -> str:
    """That there is no answer, in the document or in the part of it that was read; or, where that is not
    sure either, that none is likely enough to be given."""
    where = "this part of the document" if answer.run.options.get("scope") else "this document"
    is_likely = round(100 * answer.confidence) >= EVEN
    return f"Not found in {where}." if is_likely else f"No likely answer found in {where}."


def whose_sentences(answer: Answer) -> str:
    """What answers a question about the whole."""
    of = "the part that was read" if answer.run.options.get("scope") else "the document"
    return f"No one passage answers this; these are the most telling sentences of {of}."


def how_far(run: Run) -> str:
    """What stands behind "not found": how much was read, and what could not be."""
    unread = sorted({*run.pages_skipped, *run.pages_without_text})
    if run.options.get("scope"):
        but = f" Its pages without readable text: {page_ranges(unread)}." if unread else ""
        pages = plural(run.pages_read, "page")
        return f"The part you chose was read to the end, on {pages}; the rest was not.{but}"
    if not unread:
        return f"It was read to the end: {plural(run.pages_read, 'page')}."
    return (
        f"{plural(run.pages_read, 'page')} were read to the end; the answer may stand on pages that hold "
        f"no readable text: {page_ranges(unread)}."
    ).replace("1 page were", "1 page was")


def not_found_in_words(answer: Answer) -> str:
    """Both in a line of plain text, with how sure it is."""
    sure = f"({round(answer.confidence * 100)} % sure)"
    return f"{not_found(answer).removesuffix('.')} {sure}. {how_far(answer.run)}"


def not_found_in_several(runs: Sequence[Run], n_documents: int) -> str:
    """That there is no answer in those that were read, of so many documents that were asked."""
    count, unread = plural(len(runs), "document"), any(r.pages_skipped or r.pages_without_text for r in runs)
    if len(runs) == n_documents:
        count = "this document" if n_documents == 1 else f"these {count}"
    ending = "read to the end but for pages without readable text" if unread else "read to the end"
    return f"Not found in {count}, {ending}."

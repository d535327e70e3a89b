"""Pages that are pictures, as escaped HTML: what they are, the offer to recognise their text, how far."""

from __future__ import annotations

from engine.errors import RecognitionMissing
from ui.ahead import duration
from ui.html import Html, element
from ui.pieces import STOP, act, failure, icon, meter, note, page_ranges, plural, progress_words, time_left
from ui.recognition import Offer
from ui.values import JobView, is_active


def scan_card(offer: Offer | None, view: JobView | None) -> Html | None:
    """The card in a document's head: recognition under way, its ending, or the offer."""
    if view is not None and is_active(view.row):
        return _running(view)
    if offer is None:
        return None
    if view is not None and view.row.state == "failed":
        again = act("resume", "Try again", class_="button", data_job=view.row.id)
        return failure(view.row.error_code or "unknown", view.row.error_message or "", again)
    if view is not None and view.row.state in ("stopped", "interrupted"):
        again = act("resume", "Continue", class_="button", data_job=view.row.id)
        return note("Text recognition was stopped", "The pages that it finished are kept.", again)
    return _offer(offer, was_tried=view is not None)


def _running(view: JobView) -> Html:
    words = "Waiting for another job" if view.row.state == "queued" else progress_words(view.story.progress)
    left = time_left(view.seconds_left)
    return element(
        "div",
        element("span", words, f" \N{MIDDLE DOT} {left}" if left else None, class_="phase"),
        meter(view.story.progress),
        act("stop", icon(STOP), "Stop", class_="button quiet", data_job=view.row.id),
        class_="running",
        role="status",
    )


def pictures(n_pages: int) -> str:
    """What so many pages are."""
    return "is a picture" if n_pages == 1 else "are pictures"


def _offer(offer: Offer, *, was_tried: bool) -> Html | None:
    """Asked for first, with what it takes."""
    n_pages = len(offer.pages)
    title = f"{n_pages:,} of {plural(offer.n_pages, 'page')} {pictures(n_pages)}"
    where = f"Pages {page_ranges(offer.pages)}." if n_pages > 1 else f"Page {offer.pages[0]}."
    if offer.most_pages is not None and (n_pages > offer.most_pages or not offer.is_installed):
        words = f"{where} This demonstration cannot recognise the text of so many pictures."
        return note(title, words if offer.is_installed else f"{where} Their text cannot be recognised here.")
    if not offer.is_installed:
        return note(title, f"{where} {RecognitionMissing.default}")
    if was_tried:
        words = f"{where} No text was recognised there before."
        return note(title, words, act("recognise", "Try again", class_="button quiet"))
    guess = "" if offer.is_measured else ", a guess until the first time"
    words = (
        f"{where} Recognise their text? {duration(offer.seconds).capitalize()}{guess}, on this computer. "
        "What is recognised may hold mistakes and is marked OCR wherever it is cited."
    )
    return note(title, words, act("recognise", "Recognise text"))

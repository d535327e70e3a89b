"""Pages that are pictures, as escaped HTML: what they are, the offer to recognise their text, how far."""

from __future__ import annotations

from engine.errors import RecognitionMissing
from ui.ahead import duration
from ui.html import Html, element
from ui.pieces import act, failure, note, plural, progress_words, under_way
from ui.recognition import SCRIPTS, Offer
from ui.values import JobView, is_active


def scan_card(document_id: str, offer: Offer | None, view: JobView | None) -> Html | None:
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
    return _offer(document_id, offer, was_tried=view is not None)


def file_offer(offer: Offer, job_id: int) -> Html:
    """The same in the row of a file that was refused because all of it is pictures."""
    words, may = _words(offer)
    button = act("recognise", "Recognise text", class_="button", data_job=job_id) if may else None
    return element("div", element("p", words), button, class_="offered")


def _running(view: JobView) -> Html:
    words = "Waiting for another job" if view.row.state == "queued" else progress_words(view.story.progress)
    return under_way(view, words)


def pictures(n_pages: int) -> str:
    """What so many pages are."""
    return "is a picture" if n_pages == 1 else "are pictures"


def _offer(document_id: str, offer: Offer, *, was_tried: bool) -> Html:
    title = f"{len(offer.pages):,} of {plural(offer.n_pages, 'page')} {pictures(len(offer.pages))}"
    if was_tried:
        again = act("recognise", "Try again", class_="button quiet", data_document=document_id)
        return note(title, "No text was recognised on them before.", again)
    words, may = _words(offer)
    return note(title, words, *[act("recognise", "Recognise text", data_document=document_id)] * may)


def _words(offer: Offer) -> tuple[str, bool]:
    """What recognition takes, asked for first, and whether it can be had."""
    if offer.most_pages is not None and not offer.is_installed:
        return "Text cannot be recognised in this demonstration.", False
    if offer.most_pages is not None and len(offer.pages) > offer.most_pages:
        return f"This demonstration recognises the text of {offer.most_pages} pages at most.", False
    if not offer.is_installed:
        return f"Their text could be recognised. {RecognitionMissing.default}", False
    guess = "" if offer.is_measured else " (a guess until the first time)"
    return (
        f"Recognise the text of {plural(len(offer.pages), 'page')}? "
        f"It takes {duration(offer.seconds)}{guess}, here on this computer, and you can stop it. "
        f"It reads {SCRIPTS}. What is recognised may hold mistakes and is marked OCR wherever it is cited."
    ), True

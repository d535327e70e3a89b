"""The lists as escaped HTML: library, files being added, search hits, jobs, status bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from engine.device import describe_machine
from engine.errors import EncryptedFile
from engine.ingest.kinds import kind_by_name
from storage.rows import RESUMABLE
from ui.html import Html, element
from ui.jobs import DUPLICATE
from ui.passwords import password_field
from ui.pieces import STOP, act, icon, meter, note, plural, progress_words
from ui.recognition import Offer, superseded, wants_recognition
from ui.scans import file_offer
from ui.values import MOST_HITS, JobView, is_active

if TYPE_CHECKING:
    from storage.rows import DocumentRow, Hit, JobRow

TRASH = "M5 7h14M10 7V5h4v2M7 7l1 13h8l1-13"
SHEET = "M6 3h9l4 4v14H6zM15 3v4h4M9 11h7M9 14h7M9 17h4"
KINDS = {
    "summarize": "Summary", "answer": "Question", "ingest": "Reading", "suggest": "Suggestions",
    "recognise": "Text recognition", "map": "Attention map",
}
NO_OFFERS: Mapping[int, Offer] = {}
STATES = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "stopped": "stopped",
    "interrupted": "interrupted",
}


def day(moment: datetime) -> Html:
    """A day, as `12 May 2026`."""
    return element("time", f"{moment.day} {moment:%b %Y}")


def size(n_bytes: int) -> str:
    """Bytes in the unit people would choose."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{max(1, round(n_bytes / 1e3))} kB"


def library_view(rows: Sequence[DocumentRow], *, hosted: bool = False) -> Html:
    """The documents as cards, newest first, or the invitation to add the first one."""
    if not rows:
        return welcome(hosted=hosted)
    return element("ul", *map(card, rows), class_="cards")


ABILITIES = (
    "The models here quote the sentences that say most of a document, and answer questions about it, in "
    "English. They run on the processor, or on a graphics card where one is found; Models, above, says which "
    "and how to try larger ones."
)


def welcome(*, hosted: bool = False) -> Html:
    """The empty library: what to do first, what happens then, and what stays here."""
    steps = [
        ("Add a document", "Add a PDF or a text file above, or begin with the sample paper."),
        ("Summarize or ask", "Choose a length, or ask in plain words. The models came with this program."),
        ("Check the page", "Every sentence carries its page. A click shows the place it comes from."),
    ]
    items = [element("li", element("strong", title), element("p", words)) for title, words in steps]
    return note(
        "Your library is empty",
        "What you add is read on this server and deleted after an hour."
        if hosted
        else "What you add is read on this computer and stays on it.",
        element("ol", *items, class_="steps"),
        *(
            []
            if hosted
            else [
                element("p", f"Found here: {describe_machine()}.", class_="faint"),
                element("p", ABILITIES, class_="faint"),
            ]
        ),
        act("sample", "Try the sample paper"),
        kind="quiet big",
    )


def card(row: DocumentRow) -> Html:
    """One document: its first page, title, size; the title opens it."""
    badges = [element("span", "Summarised", class_="badge good")] if row.has_summary else []
    if row.pages_recognised:
        badges.append(element("span", "Text recognised (OCR)", class_="badge"))
    if row.pages_without_text or row.pages_failed:
        badges.append(element("span", "Partly readable", class_="badge warn"))
    return element(
        "li",
        element(
            "label",
            element("input", type="checkbox", name="chosen", value=row.id, aria_label=f"Choose {row.title}"),
            class_="choose",
        ),
        thumbnail(row),
        element(
            "div",
            act("open", element("bdi", row.title), class_="title", data_document=row.id),
            element(
                "p",
                plural(row.n_pages, "page"),
                f" \N{MIDDLE DOT} {size(row.n_bytes)} \N{MIDDLE DOT} added ",
                day(row.added),
                class_="faint",
            ),
            element("p", *badges, class_="badges") if badges else None,
            class_="about",
        ),
        act(
            "delete",
            icon(TRASH),
            class_="button bare",
            data_document=row.id,
            aria_label=f"Delete {row.title}",
            title="Delete",
        ),
        class_="card",
        data_title=row.title,
        data_kind=kind_by_name(row.name) or "",
        data_added=row.added.timestamp(),
        data_bytes=row.n_bytes,
        data_pages=row.n_pages,
        data_summarised=int(row.has_summary),
        data_no_text=len(row.pages_without_text),
        data_failed=len(row.pages_failed),
    )


def thumbnail(row: DocumentRow) -> Html:
    """The first page, or a drawn sheet for a text file, which has no pages to show."""
    if not row.name.lower().endswith(".pdf"):
        return element(
            "span", icon(SHEET), class_="thumb sheet-icon", aria_hidden="true", data_kind="text"
        )
    return element(
        "img",
        src=f"/precis/page/{row.id}/1?small=1",
        alt="",
        loading="lazy",
        decoding="async",
        class_="thumb",
    )


def undo_bar(titles: Sequence[str], document_ids: Sequence[str]) -> Html:
    """Offers to bring back what was just deleted."""
    one = element("bdi", titles[0]) if len(titles) == 1 else plural(len(document_ids), "document")
    return element(
        "div",
        element("span", "Deleted ", one, "."),
        act("undo", "Undo", data_documents=",".join(document_ids)),
        class_="undo",
        role="status",
    )


def adding_view(views: Sequence[JobView], offers: Mapping[int, Offer] = NO_OFFERS) -> Html:
    """One row for each file being read or refused; `offers` by job, where its text could be recognised."""
    rows = [adding_row(view, offers.get(view.row.id)) for view in views]
    return element("ul", *rows, class_="adding", aria_live="polite") if rows else Html("")


def adding_row(view: JobView, offer: Offer | None = None) -> Html:
    """A file on its way into the library."""
    row, name = view.row, element("bdi", str(view.row.params.get("name", "")), class_="name")
    if is_active(row):
        words = "Waiting" if row.state == "queued" else progress_words(view.story.progress)
        return element(
            "li",
            name,
            element("span", words, class_="faint", role="status"),
            meter(view.story.progress),
            act("stop", icon(STOP), "Stop", class_="button quiet", data_job=row.id),
        )
    if row.state == "done":
        is_known = view.story.progress is not None and view.story.progress.phase == DUPLICATE
        return element(
            "li",
            name,
            element("span", DUPLICATE if is_known else "Ready", class_="badge good"),
            act("open", "Open", class_="button", data_document=row.document_id),
        )
    if row.state == "failed":
        asks = wants_password(row)
        return element(
            "li",
            name,
            element("span", row.error_message or "", class_="refused", role="alert"),
            element("span", row.error_code or "", class_="code") if not asks else None,
            password_field(job=row.id) if asks else None,
            file_offer(offer, row.id) if offer is not None else None,
            class_="locked" if asks else "failed" if offer is None else "failed scan",
        )
    return element(
        "li",
        name,
        element("span", STATES[row.state], class_="badge warn"),
        act("resume", "Continue", class_="button quiet", data_job=row.id),
    )


def wants_password(row: JobRow) -> bool:
    """Whether a password would open the file that was refused."""
    name = str(row.params.get("name", "")).lower()
    return row.state == "failed" and row.error_code == EncryptedFile.code and name.endswith(".pdf")


def hits_view(query: str, hits: Sequence[Hit]) -> Html:
    """Search results; each opens the document at its page."""
    if not query.strip():
        return Html("")
    if not hits:
        return note(
            "No match",
            "Nothing in the library matches. Try fewer or other words.",
            act("clear", "Clear search", class_="button quiet"),
        )
    items = [
        element(
            "li",
            act(
                "open",
                element("bdi", hit.title),
                element("span", f"p.\N{NO-BREAK SPACE}{hit.page}", class_="chip"),
                class_="title",
                data_document=hit.document,
                data_page=hit.page,
            ),
            element("p", *(element("mark", text) if is_match else text for text, is_match in hit.pieces)),
        )
        for hit in hits
    ]
    count = plural(len(hits), "match").replace("matchs", "matches")
    return element(
        "section",
        element("h2", count if len(hits) < MOST_HITS else f"The first {count}"),
        element("ol", *items, class_="hits"),
        aria_label="Search results",
    )


def status_bar(views: Sequence[JobView], titles: dict[str, str]) -> Html:
    """The job under way, on every screen: what, how far, Stop. Empty when nothing runs."""
    active = [view for view in views if is_active(view.row)]
    if not active:
        return Html("")
    view = next((view for view in active if view.row.state == "running"), active[-1])
    progress, row = view.story.progress, view.row
    percent = round(100 * progress.done / progress.total) if progress and progress.total else None
    name = titles.get(row.document_id or "", str(row.params.get("name", "")))
    more = f"and {plural(len(active) - 1, 'other job')}" if len(active) > 1 else None
    return element(
        "div",
        element("span", KINDS.get(row.kind, row.kind), class_="kind"),
        element("bdi", name, class_="name"),
        element("span", progress_words(progress), class_="phase"),
        meter(progress),
        element("span", more, class_="faint") if more else None,
        act("stop", icon(STOP), "Stop", class_="button quiet", data_job=row.id),
        class_="bar",
        data_percent=percent,
        data_name=name,
        data_jobs=len(active),
    )


def jobs_view(rows: Sequence[JobRow], titles: dict[str, str]) -> Html:
    """What runs, waits, is finished or was interrupted, newest first."""
    if not rows:
        return note("No jobs yet", "Summaries, questions and files being read are listed here.")
    handled = superseded(rows)
    return element("ul", *(job_row(row, titles, row.id in handled) for row in rows), class_="jobs")


def job_row(row: JobRow, titles: dict[str, str], is_handled: bool = False) -> Html:
    """One job with what can be done about it; nothing where a later one took it up (`is_handled`)."""
    name = titles.get(row.document_id or "", str(row.params.get("name", "deleted document")))
    controls = []
    if is_active(row):
        controls.append(act("stop", icon(STOP), "Stop", class_="button quiet", data_job=row.id))
    if is_handled:
        controls.clear()
    elif wants_recognition(row):
        controls.append(act("recognise", "Recognise text", class_="button quiet", data_job=row.id))
    elif row.state in RESUMABLE and not wants_password(row):
        again = "Try again" if row.state == "failed" else "Resume"
        controls.append(act("resume", again, class_="button quiet", data_job=row.id))
    if row.document_id in titles:
        controls.append(act("open", "Open", class_="button quiet", data_document=row.document_id))
    asked = row.params.get("question") or row.params.get("length", "")
    question = ", ".join(str(value) for value in (asked, row.params.get("part")) if value)
    good = {"done": "good", "running": "live", "queued": "live"}.get(row.state, "warn")
    return element(
        "li",
        element(
            "div",
            element("span", KINDS.get(row.kind, row.kind), class_="kind"),
            " ",
            element("bdi", name, class_="name"),
            element("p", question, class_="faint") if question else None,
            element(
                "p",
                row.error_message or "",
                " ",
                element("span", row.error_code or "", class_="code"),
                class_="refused",
            )
            if row.state == "failed"
            else None,
            password_field(job=row.id) if wants_password(row) else None,
            class_="about",
        ),
        element("span", STATES[row.state], class_=f"badge {good}"),
        element("span", *controls, class_="controls"),
        data_key=f"job-{row.id}",
    )

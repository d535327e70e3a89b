"""Watching: an open page follows the jobs of its reader, wherever they were started.

The watch computes nothing and owns nothing. It reads rows and logs from the store a few times
a second and sends the parts of the page that changed. Closing the page ends it, a reload or
the next action starts a new one, and the newest watch of a page is the one that speaks.

It goes on while there is nothing to do, more slowly. Gradio closes a page's stream of events
with its last event, and a click that falls together with the closing is answered into a stream
that is gone: as long as a watch is open, so is the stream.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import gradio as gr

from engine.errors import NotInLibrary, PrecisError
from ui.jobs import Story
from ui.lists import adding_view, status_bar, wants_password
from ui.recognition import KIND, Offer, is_new, superseded, wants_recognition
from ui.tabs.frame import Update
from ui.tabs.memory import Memory
from ui.tabs.page import Page
from ui.tabs.together import Together, read_chosen
from ui.together import name_of
from ui.values import JobView, is_active

if TYPE_CHECKING:
    from storage.rows import JobRow

SECONDS_BETWEEN_LOOKS, SECONDS_WHEN_IDLE = 0.3, 1.5
ADDED_ROWS_STAY, LOCKED_ROWS_STAY = timedelta(minutes=2), timedelta(minutes=30)
PAGES_WATCHED = 200  # at once, by all readers together; the one that waited longest gives way


class Watch:
    """One page's view of its reader's jobs, and what of it was sent already."""

    def __init__(self, page: Page, set_: Together, owner: str, memory: Memory, chosen: object) -> None:
        self.page, self.actions, self.owner = page, page.actions, owner
        self.set, self.chosen = set_, read_chosen(chosen)
        self.document, self.follow = memory.document, memory.follow
        self.active = True
        self._stories: dict[int, Story] = {}
        self._sent: dict[str, object] = {}

    def look(self) -> Update:
        """The parts of the page that changed since the last look. `active` says whether to look again."""
        rows = self.actions.job_rows(self.owner)
        self.active = any(map(is_active, rows))
        views = [
            self._tell(row) if is_active(row) or _brings_file(row) else JobView(row, Story())
            for row in rows
        ]
        update: Update = {}
        self._follow(views, update)
        regions = self.page.regions
        if self._changed("lists", [(row.id, row.state) for row in rows]):
            update |= self.page.show_lists(self.owner)
        if self._changed(
            "adding", [(v.row.id, v.row.state, v.row.finished, v.story.last) for v in self._added(views)]
        ):
            added = self._added(views)
            update[regions.adding] = adding_view(added, self._offers(added))
        if self._changed("bar", [(v.row.id, v.row.state, v.story.last) for v in views if is_active(v.row)]):
            titles = {row.id: row.title for row in self.actions.documents(self.owner)}
            update[regions.bar] = status_bar(views, titles)
        mine = [(v.row.id, v.row.state, v.story.last) for v in views if v.row.document_id == self.document]
        if self.document is not None and self._changed("document", [self.document, *mine]):
            update = {**self.page.show_document(self.owner, self.document, self._stories), **update}
            seen, done = self._sent.get("recognised"), self._recognised(views)
            if self._changed("recognised", done) and done:
                chosen = {} if seen is None else self.page.nothing_chosen()  # passages of the text before
                update = {**self.page.show_ahead(self.owner, self.document), **chosen, **update}
        ours = [(row.id, row.state) for row in rows if row.params.get("together") == name_of(self.chosen)]
        if ours and self._changed("together", ours):
            update = {**self.set.show(self.owner, self.chosen), **update}
        return update

    def begin_anew(self) -> None:
        """Count nothing as sent: a look was broken off, and what it had noticed was lost with it."""
        self._sent.clear()
        self.active = False

    def _recognised(self, views: list[JobView]) -> list[int]:
        """The jobs that recognised text of the open document."""
        theirs = [v.row for v in views if v.row.kind == KIND and v.row.document_id == self.document]
        return [row.id for row in theirs if row.state == "done"]

    def _tell(self, row: JobRow) -> JobView:
        view = self.actions.tell(self.owner, row, self._stories.get(row.id, Story()))
        self._stories[row.id] = view.story
        return view

    def _added(self, views: list[JobView]) -> list[JobView]:
        """Files being read, and those that were a moment ago."""
        now = datetime.now(UTC)

        def stays(row: JobRow) -> bool:
            waits = wants_password(row) or wants_recognition(row)
            rest = LOCKED_ROWS_STAY if waits else ADDED_ROWS_STAY
            return is_active(row) or (row.finished is not None and row.finished > now - rest)

        handled = superseded([view.row for view in views])
        return [
            view for view in views
            if _brings_file(view.row) and stays(view.row) and view.row.id not in handled
        ]

    def _offers(self, views: list[JobView]) -> dict[int, Offer]:
        """What recognition would take, by job, for files that were refused as nothing but pictures."""
        offers = {view.row.id: self.actions.scanning.offer_for(self.owner, view.row) for view in views}
        return {job: offer for job, offer in offers.items() if offer is not None}

    def _follow(self, views: list[JobView], update: Update) -> None:
        """Open the document that was just added alone, once it is read."""
        view = next((view for view in views if view.row.id == self.follow), None)
        if view is None or is_active(view.row):
            return
        if view.row.state == "done" and view.row.document_id:
            self.document = view.row.document_id
            update |= self.page.go_to(self.owner, self.document)
        self.follow = None

    def _changed(self, part: str, signature: object) -> bool:
        changed = self._sent.get(part) != signature
        self._sent[part] = signature
        return changed


def _brings_file(row: JobRow) -> bool:
    return row.kind == "ingest" or is_new(row)


class Watches:
    """Knows which watch of each page is the newest. A page is told apart by Gradio's session
    name, which decides nothing about who may see what."""

    def __init__(self, page: Page, together: Together) -> None:
        self._page, self._together = page, together
        self._turns = itertools.count()
        self._newest: OrderedDict[str, int] = OrderedDict()

    async def watch(self, memory: object, chosen: object, request: gr.Request) -> AsyncIterator[Update]:
        """Send what changes until the page is closed or a newer watch takes over."""
        session, turn = str(request.session_hash), next(self._turns)
        self._newest[session] = turn
        self._newest.move_to_end(session)
        while len(self._newest) > PAGES_WATCHED:
            self._newest.popitem(last=False)
        owner = self._page.owner(request)
        watch = Watch(self._page, self._together, owner, Memory.read(memory), chosen)
        while self._newest.get(session) == turn:
            try:
                update = await asyncio.to_thread(watch.look)
            except NotInLibrary:
                watch.document = watch.follow = None  # deleted meanwhile; the next action says so
                watch.begin_anew()
                continue
            except PrecisError:  # the store cannot be read just now; the next action says why
                watch.begin_anew()
                update = {}
            if update and self._newest.get(session) == turn:
                yield update
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS if watch.active else SECONDS_WHEN_IDLE)
        # Gradio sends the last value once more when a generator ends; by then it may be old news.
        yield {self._page.regions.bar: gr.skip()}

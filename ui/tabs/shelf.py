"""What happens when something in the library is used: files come in, are found, are deleted.

The same frame as the handlers of one document (ui/tabs/page.py): the owner comes from the cookie,
`{component: value}` goes back.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from engine.errors import NotInLibrary, PrecisError
from ui import sample
from ui.lists import hits_view, undo_bar
from ui.pieces import note, plural, refusals
from ui.tabs.frame import Update, document_id, document_ids, guarded, number, place
from ui.tabs.memory import Memory
from ui.tabs.page import Page
from ui.theme import ASSETS
from ui.values import BadRequest

SAMPLE = ASSETS / "sample.pdf"


class Shelf:
    """The handlers of the library, beside those of one document. `uploads` is where files come in."""

    def __init__(self, page: Page, uploads: Path) -> None:
        self.page, self.actions, self.regions = page, page.actions, page.regions
        self.uploads = uploads.resolve()

    @guarded
    def add(self, files: list[str] | None, request: gr.Request) -> Update:
        """Copy uploads into the library and delete Gradio's own copies at once. A file that is refused
        keeps no other from its place; which and why is said."""
        owner, uploads = self.page.owner(request), [Path(name).resolve() for name in files or []]
        if not all(upload.is_relative_to(self.uploads) for upload in uploads):
            raise BadRequest
        jobs: list[int] = []
        refused: list[tuple[str, PrecisError]] = []
        for upload in uploads:
            if not upload.exists() and len(uploads) > 1:
                continue  # the field still named what was added a moment ago
            try:
                jobs.append(self.actions.add(owner, upload, upload.name))
            except PrecisError as error:
                refused.append((upload.name, error))
            finally:
                upload.unlink(missing_ok=True)
        update: Update = {self.regions.message: refusals(refused)} if refused else {}
        if jobs:
            alone = len(jobs) == 1 and not refused
            update[self.regions.memory] = Memory(follow=jobs[0] if alone else None).kept()
        return update

    @guarded
    def paste(self, text: str, request: gr.Request) -> Update:
        """Add a pasted text, named by its first line."""
        owner = self.page.owner(request)
        job = self.actions.add_text(owner, text or "", self.uploads)
        return {self.regions.memory: Memory(follow=job).kept(), self.regions.pasted: ""}

    @guarded
    def sample(self, request: gr.Request) -> Update:
        """Add the sample paper that comes with the program."""
        job = self.actions.add(self.page.owner(request), SAMPLE, sample.NAME)
        return {self.regions.memory: Memory(follow=job).kept()}

    @guarded
    def unlock(self, event: gr.EventData, request: gr.Request) -> Update:
        """Try a password: on a file that was refused for want of one, or for the pages of a document."""
        owner, given = self.page.owner(request), event._data or {}
        password = given.get("password")
        if not isinstance(password, str):
            raise BadRequest
        if "job" in given:
            job = number(event, "job")
            self.actions.unlock(owner, job, password)
            return {self.regions.memory: Memory(follow=job).kept()}
        wanted = document_id(event)
        self.actions.unlock_pages(owner, wanted, password)
        return self.page.go_to(owner, wanted, page=number(event, "page"))

    @guarded
    def delete(self, event: gr.EventData, request: gr.Request) -> Update:
        """Delete documents, and offer to undo it."""
        owner, wanted = self.page.owner(request), document_ids(event)
        gone = [row for row in self.actions.documents(owner) if row.id in wanted]
        if not gone:
            raise NotInLibrary
        self.actions.delete(owner, tuple(row.id for row in gone))
        return {
            **self.page.show_lists(owner),
            self.regions.deleted: undo_bar([row.title for row in gone], [row.id for row in gone]),
            self.regions.place: place("library"),
            self.regions.memory: Memory().kept(),
        }

    @guarded
    def undo(self, event: gr.EventData, request: gr.Request) -> Update:
        """Bring documents back; say where it is too late for that."""
        owner, wanted = self.page.owner(request), document_ids(event)
        self.actions.undo(owner, wanted)
        update = {**self.page.show_lists(owner), self.regions.deleted: ""}
        lost = {*wanted} - {row.id for row in self.actions.documents(owner)}
        if lost:
            several = f"{plural(len(lost), 'document')}: deleted for good; add the files again."
            words = several if len(wanted) > 1 else "It was deleted for good; add the file again."
            update[self.regions.message] = note("Too late to undo", words)
        return update

    @guarded
    def search(self, query: str, request: gr.Request) -> Update:
        """Search the library."""
        return {self.regions.hits: hits_view(query, self.actions.search(self.page.owner(request), query))}

    @guarded
    def clear(self, request: gr.Request) -> Update:
        """Forget the search."""
        return {self.regions.query: "", self.regions.hits: ""}

    @guarded
    def lists(self, request: gr.Request) -> Update:
        """Bring the lists up to date when their screen is opened."""
        return self.page.show_lists(self.page.owner(request))

    @guarded
    def forget(self, request: gr.Request) -> Update:
        """Delete everything."""
        owner = self.page.owner(request)
        self.actions.forget(owner)
        done = note("Everything was deleted", "Nothing of your documents is left in this library.")
        return {
            **self.page.show_lists(owner),
            self.regions.message: done,
            self.regions.deleted: "",
            self.regions.place: place("library"),
            self.regions.memory: Memory().kept(),
        }

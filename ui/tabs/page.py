"""What happens when something on the page is used: each handler calls one verb and shows the result.

Handlers return `{component: value}` for the parts that change. Each stands in the same frame
(ui/tabs/frame.py); the owner comes from the request's cookie.
"""

from __future__ import annotations

import gradio as gr

from engine.errors import NotInLibrary, PrecisError
from engine.ingest.boxes import boxes_of
from engine.tasks.placement import AS_TRAINED
from engine.types import Citation, Document, Span
from ui.actions import Actions
from ui.ahead import preflight_view, sections_view
from ui.answers import answers_view
from ui.compare import compare_view
from ui.details import details_view
from ui.html import Html, element
from ui.insights import insights_view
from ui.jobs import Story, citations_of
from ui.languages import language_warning
from ui.lists import jobs_view, library_view
from ui.recognition import KIND
from ui.render import boxes_in_percent, header, summary_view
from ui.scans import scan_card
from ui.security import Visitors
from ui.suggested import suggested_view
from ui.tabs.frame import Update, document_id, guarded, number, numbers, place
from ui.tabs.memory import Memory
from ui.tabs.regions import Regions
from ui.values import BadRequest, JobView, Workspace

TABS_OF_JOBS = {"summarize": "summary", "answer": "ask", "suggest": "ask", "map": "insights"}


def _marked(document: Document, passage: Span) -> dict[str, str | int]:
    boxes = boxes_in_percent(document, passage, boxes_of)
    return {"boxes": boxes, "start": passage.start, "end": passage.end}


class Page:
    """The handlers, over the verbs and the regions they write to."""

    def __init__(self, actions: Actions, regions: Regions, visitors: Visitors) -> None:
        self.actions, self.regions, self._visitors = actions, regions, visitors

    def owner(self, request: gr.Request) -> str:
        """Whose request this is. Raises BadRequest for a stranger (the middleware stops them earlier)."""
        owner = self._visitors.owner(dict(request.cookies))
        if owner is None:
            raise BadRequest
        return owner

    # -------------------------------------------------------------- what is shown

    def show_document(self, owner: str, wanted: str, stories: dict[int, Story] | None = None) -> Update:
        """The parts of the page that are about one document."""
        workspace = self.actions.workspace(owner, wanted)
        known = stories or {}

        def told(kind: str) -> list[tuple[JobView, tuple[Citation, ...]]]:
            views = [
                self.actions.tell(owner, row, known.get(row.id, Story()))
                for row in workspace.jobs
                if row.kind == kind
            ][:20]
            return [(view, citations_of(view.story, workspace.document.text)) for view in views]

        summaries = told("summarize")
        view, provisional = summaries[0] if summaries else (None, ())
        return {
            self.regions.header: header(
                workspace.row,
                language_warning(workspace.language, workspace.known_languages),
                self._scan_card(owner, workspace, told(KIND)),
            ),
            self.regions.summary: summary_view(workspace, view, provisional, boxes_of),
            self.regions.suggested: suggested_view(
                workspace.document, next((found for found, _ in told("suggest")), None)
            ),
            self.regions.answers: answers_view(workspace, told("answer"), boxes_of),
            self.regions.insights: insights_view(
                workspace, view, [one for one, _ in told("map")], self.actions.models(), boxes_of
            ),
            self.regions.details: details_view(workspace),
        }

    def _scan_card(
        self, owner: str, workspace: Workspace, told: list[tuple[JobView, tuple[Citation, ...]]]
    ) -> Html | None:
        """What is to be said of pages that are pictures. A whole document may still have empty pages."""
        row, offer = workspace.row, None
        if row.pages_without_text and row.status == "partial" and row.name.lower().endswith(".pdf"):
            offer = self.actions.scanning.offer(row.pages_without_text, row.n_pages)
        return scan_card(row.id, offer, told[0][0] if told else None)

    def show_lists(self, owner: str) -> Update:
        """The library and the jobs."""
        rows = self.actions.documents(owner)
        titles = {row.id: row.title for row in rows}
        return {
            self.regions.library: library_view(rows, hosted=self.actions.hosting.kept_for is not None),
            self.regions.jobs: jobs_view(self.actions.job_rows(owner), titles),
        }

    def go_to(
        self, owner: str, wanted: str, *, page: int = 1, passage: Span | None = None, tab: str | None = None
    ) -> Update:
        """Open a document at a page, with a passage boxed and a tab in front where they are named."""
        shown = self.show_document(owner, wanted)
        document = self.actions.document(owner, wanted)
        page = min(max(page, 1), max(len(document.pages), 1))
        first = document.pages[0] if document.pages else None
        ratio = (
            f"{first.width / first.height:.4f}"
            if first and first.width > 0 and first.height > 0
            else "0.7071"
        )
        order = place(
            "document",
            document=wanted,
            page=page,
            pages=len(document.pages),
            ratio=ratio,
            textual=int(not document.lines),
            title=document.title,
            tab=tab,
            **(_marked(document, passage) if passage else {}),
        )
        chosen = {**self.nothing_chosen(), **self.show_ahead(owner, wanted), self.regions.compared: ""}
        memory = {self.regions.memory: Memory(wanted).kept()}
        return {**shown, **chosen, **memory, self.regions.place: order}

    def nothing_chosen(self) -> Update:
        """The fields that choose a part of a document, empty: what stood in them was about another text."""
        fields = (self.regions.part, self.regions.picked, self.regions.ask_part)
        return {**dict.fromkeys(fields, ""), self.regions.placement: AS_TRAINED}

    def show_ahead(self, owner: str, wanted: str) -> Update:
        """What can be chosen of a document, and what a summary of all of it will take."""
        return {
            self.regions.sections: sections_view(self.actions.document(owner, wanted)),
            self.regions.preflight: self._preflight(owner, wanted),
        }

    # ------------------------------------------------------------------- handlers

    @guarded
    def load(self, memory: object, request: gr.Request) -> Update:
        """A page was opened or reloaded: go where its address says."""
        owner, query = self.owner(request), request.query_params
        wanted, page = query.get("doc"), str(query.get("page", "1"))
        job = next((row for row in self.actions.job_rows(owner) if str(row.id) == query.get("job")), None)
        lists = self.show_lists(owner)
        if job is not None and job.document_id:
            wanted = job.document_id
        if wanted:
            tab = TABS_OF_JOBS.get(job.kind) if job is not None else None
            number = int(page) if page.isdecimal() and len(page) < 9 else 1
            return {**lists, **self.go_to(owner, wanted, page=number, tab=tab)}
        return {**lists, self.regions.place: place(str(query.get("screen", "library")))}

    @guarded
    def open(self, event: gr.EventData, request: gr.Request) -> Update:
        """Open a document from a list, at a page if the list names one."""
        given = event._data or {}
        page, tab = (number(event, "page"), "page") if "page" in given else (1, None)
        start, end = (number(event, name) if name in given else 0 for name in ("start", "end"))
        passage = Span(start, end) if end > start else None
        return self.go_to(self.owner(request), document_id(event), page=page, passage=passage, tab=tab)

    @guarded
    def summarize(
        self, memory: object, length: str, part: str, placement: str, picked: str, request: gr.Request
    ) -> Update:
        """Queue a summary of the open document or a part of it."""
        owner, wanted = self.owner(request), self._open_document(memory)
        self.actions.summarize(owner, wanted, length, part, placement, picked)
        return self.show_document(owner, wanted)

    @guarded
    def preflight(
        self, memory: object, part: str, placement: str, picked: str, request: gr.Request
    ) -> Update:
        """Say what a summary of this part will take, or that there is no such part."""
        owner, wanted = self.owner(request), Memory.read(memory).document
        if not wanted:
            return {}
        return {self.regions.preflight: self._preflight(owner, wanted, part, placement, picked)}

    def _preflight(self, owner: str, wanted: str, *chosen: str) -> Html:
        try:
            return preflight_view(self.actions.preflight(owner, wanted, *chosen))
        except PrecisError as error:
            return element("p", str(error), class_="refused", role="alert")

    @guarded
    def compare(self, memory: object, event: gr.EventData, request: gr.Request) -> Update:
        """Show two summaries of the open document side by side."""
        workspace = self.actions.workspace(self.owner(request), self._open_document(memory))
        known = {saved.id: saved for saved in workspace.summaries}
        one, other = known.get(number(event, "one")), known.get(number(event, "other"))
        if one is None or other is None:
            raise NotInLibrary
        reference = str((event._data or {}).get("reference", ""))
        return {self.regions.compared: compare_view(one, other, workspace.document, reference)}

    @guarded
    def map_attention(self, memory: object, event: gr.EventData, request: gr.Request) -> Update:
        """Queue the map of where the model looked for a summary."""
        owner, wanted = self.owner(request), self._open_document(memory)
        self.actions.map_attention(owner, wanted, number(event, "summary"))
        return self.show_document(owner, wanted)

    @guarded
    def ask(self, memory: object, question: str, part: str, request: gr.Request) -> Update:
        """Queue a question about the open document or a part of it."""
        owner, wanted = self.owner(request), self._open_document(memory)
        self.actions.ask(owner, wanted, question, part)
        return {**self.show_document(owner, wanted), self.regions.question: ""}

    @guarded
    def suggest(self, memory: object, request: gr.Request) -> Update:
        """Queue the search for questions that the open document answers."""
        owner, wanted = self.owner(request), self._open_document(memory)
        self.actions.suggest(owner, wanted)
        return self.show_document(owner, wanted)

    @guarded
    def ask_suggested(self, memory: object, event: gr.EventData, request: gr.Request) -> Update:
        """Ask one of them."""
        owner, wanted = self.owner(request), self._open_document(memory)
        self.actions.ask(owner, wanted, str((event._data or {}).get("question", "")))
        return self.show_document(owner, wanted)

    @guarded
    def rename(self, event: gr.EventData, request: gr.Request) -> Update:
        """Give a document another title."""
        owner, wanted = self.owner(request), document_id(event)
        self.actions.rename(owner, wanted, str((event._data or {}).get("title", "")))
        return {**self.show_lists(owner), **self.go_to(owner, wanted, tab="details")}

    def _open_document(self, memory: object) -> str:
        wanted = Memory.read(memory).document
        if wanted is None:
            raise BadRequest
        return wanted

    @guarded
    def recognise(self, event: gr.EventData, request: gr.Request) -> Update:
        """Recognise the text of pictures: of the document, or of the refused file, that the event names."""
        owner = self.owner(request)
        if "job" in (event._data or {}):
            job = self.actions.scanning.recognise_file(owner, number(event, "job"))
            return {**self.show_lists(owner), self.regions.memory: Memory(follow=job).kept()}
        wanted = document_id(event)
        self.actions.scanning.recognise(owner, wanted)
        return self.show_document(owner, wanted)

    @guarded
    def stop(self, event: gr.EventData, request: gr.Request) -> Update:
        """Stop a job, or several."""
        for job in numbers(event, "job"):
            self.actions.stop(self.owner(request), job)
        return {}

    @guarded
    def resume(self, event: gr.EventData, request: gr.Request) -> Update:
        """Go on with a job, or several."""
        for job in numbers(event, "job"):
            self.actions.resume(self.owner(request), job)
        return {}

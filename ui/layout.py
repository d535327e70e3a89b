"""The page as a table of contents: its screens, what each control calls, and the app around it.

One page with its screens (library, document, documents together, jobs, models, settings, about);
assets/precis.js shows one at a time. Everything that changes is a region (ui/tabs/regions.py).
"""

from __future__ import annotations

import os
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ui.actions import Actions
from ui.routes import build_routes
from ui.security import Receive, Scope, Send, Visitors
from ui.tabs.about import build_about
from ui.tabs.endpoints import Endpoints
from ui.tabs.jobs import build_jobs
from ui.tabs.library import Library, build_library
from ui.tabs.machine import Describe, Machine, Screens, build_machine
from ui.tabs.page import Page
from ui.tabs.regions import Regions, region, said
from ui.tabs.shelf import Shelf
from ui.tabs.shell import build_shell
from ui.tabs.together import Several, Together, build_several
from ui.tabs.watch import PAGES_WATCHED, Watches
from ui.tabs.workspace import Workspace, build_workspace
from ui.theme import ASSETS, build_head, build_script, build_theme

MAX_THREADS = 8
MAX_QUEUE = 64
MAX_SESSIONS = 200
UPLOADS = "uploads"  # the one folder of the data directory that Gradio may read
SECONDS_UPLOADS_STAY = (600, 3600)  # look every, delete after; the handlers delete theirs at once


def build_page(
    actions: Actions, visitors: Visitors, data_dir: Path = Path(), describe: Describe = dict
) -> gr.Blocks:
    """The page with everything wired."""
    hosted = actions.hosting.kept_for is not None
    with gr.Blocks(title="Precis", analytics_enabled=False, delete_cache=SECONDS_UPLOADS_STAY) as blocks:
        place = region("place")
        memory = gr.BrowserState(None, storage_key="precis-place", secret="precis")
        navigation = build_shell(hosted=hosted)
        message, deleted = said(), region("deleted", "undo")
        library = build_library(hosted=hosted)
        workspace = build_workspace()
        jobs = build_jobs()
        several = build_several()
        about = build_about(hosted=hosted)
        screens = None if hosted else build_machine()
        bar = region("bar", "stop")
        regions = Regions(
            place=place,
            chosen=gr.BrowserState([], storage_key="precis-chosen", secret="precis"),
            memory=memory,
            message=message,
            deleted=deleted,
            bar=bar,
            adding=library.adding,
            library=library.library,
            hits=library.hits,
            header=workspace.header,
            summary=workspace.summary,
            compared=workspace.compared,
            sections=workspace.sections,
            preflight=workspace.preflight,
            part=workspace.part,
            placement=workspace.placement,
            picked=workspace.picked,
            ask_part=workspace.ask_part,
            suggested=workspace.suggested,
            answers=workspace.answers,
            insights=workspace.insights,
            details=workspace.details,
            jobs=jobs,
            together=several.documents,
            gathered=several.gathered,
            put=several.question,
            pasted=library.pasted,
            question=workspace.question,
            query=library.query,
        )
        page = Page(actions, regions, visitors)
        uploads = Path(os.environ["GRADIO_TEMP_DIR"])
        shelf = Shelf(page, uploads)
        together = Together(page)
        Endpoints(page, uploads).publish()
        wire = Wiring(page, shelf, together, regions)
        wire.followed(blocks.load, page.load, [memory])
        wire.once(blocks.load, together.load, [regions.chosen])
        wire.library(library)
        wire.workspace(workspace)
        wire.lists(library, workspace, jobs)
        wire.several(library, several)
        wire.followed(bar.stop, page.stop, [])
        wire.followed(deleted.undo, shelf.undo, [])
        wire.followed(about.forget, shelf.forget, [])
        if screens is not None:
            wire.machine(navigation, screens, Machine(page, screens, data_dir, describe))
        wire.once(navigation.library, shelf.lists, [])
        wire.once(navigation.jobs, shelf.lists, [])
    blocks.queue(max_size=MAX_QUEUE, default_concurrency_limit=1, api_open=False)
    return blocks


class Wiring:
    """How events reach handlers: all quick ones side by side, each followed by a watch where jobs may run."""

    def __init__(self, page: Page, shelf: Shelf, together: Together, regions: Regions) -> None:
        self._page, self._shelf, self._together = page, shelf, together
        self._outputs, self._memory, self._chosen = regions.all(), regions.memory, regions.chosen
        self._watch = Watches(page, together).watch

    def library(self, tab: Library) -> None:
        """Add files, search."""
        self.followed(tab.files.upload, self._shelf.add, [tab.files])
        self.once(tab.files.upload, lambda: {tab.files: None}, [], [tab.files])
        self.followed(tab.paste.click, self._shelf.paste, [tab.pasted])
        self.followed(tab.library.sample, self._shelf.sample, [])
        self.once(tab.query.submit, self._shelf.search, [tab.query])
        self.once(tab.hits.clear, self._shelf.clear, [])

    def workspace(self, tab: Workspace) -> None:
        """Summarize, ask."""
        chosen = [tab.part, tab.placement, tab.picked]
        self.followed(tab.run.click, self._page.summarize, [self._memory, tab.length, *chosen])
        for field in chosen:
            self.once(field.change, self._page.preflight, [self._memory, *chosen])
        self.followed(tab.insights.map, self._page.map_attention, [self._memory])
        for source in (tab.summary, tab.compared):
            self.once(source.compare, self._page.compare, [self._memory])
        self.once(tab.compared.close, lambda: {tab.compared: ""}, [], [tab.compared])
        asked = [self._memory, tab.question, tab.ask_part]
        self.followed(tab.ask.click, self._page.ask, asked)
        self.followed(tab.question.submit, self._page.ask, asked)
        self.followed(tab.suggested.suggest, self._page.suggest, [self._memory])
        self.followed(tab.suggested.put, self._page.ask_suggested, [self._memory])

    def lists(self, library: Library, workspace: Workspace, jobs: gr.HTML) -> None:
        """The verbs that stand in several lists."""
        for source in (library.adding, library.library, library.hits, jobs):
            self.followed(source.open, self._page.open, [])
        for source in (library.adding, workspace.summary, workspace.suggested, workspace.answers, jobs,
                       workspace.insights):
            self.followed(source.resume, self._page.resume, [])
            self.followed(source.stop, self._page.stop, [])
        for source in (library.adding, jobs, workspace.header):
            self.followed(source.recognise, self._page.recognise, [])
        self.followed(workspace.header.resume, self._page.resume, [])
        self.followed(workspace.header.stop, self._page.stop, [])
        for source in (library.adding, jobs, workspace.locked):
            self.followed(source.unlock, self._shelf.unlock, [])
        self.once(workspace.details.rename, self._page.rename, [])
        for source in (library.library, library.chosen, workspace.details):
            self.followed(source.delete, self._shelf.delete, [])

    def several(self, library: Library, tab: Several) -> None:
        """Documents together."""
        self.followed(library.chosen.together, self._together.choose, [])
        self.followed(tab.ask.click, self._together.ask, [self._chosen, tab.question])
        self.followed(tab.question.submit, self._together.ask, [self._chosen, tab.question])
        self.followed(tab.run.click, self._together.summarize, [self._chosen, tab.length])
        self.followed(tab.documents.open, self._page.open, [])
        self.followed(tab.gathered.open, self._page.open, [])
        self.followed(tab.gathered.stop, self._page.stop, [])
        self.followed(tab.gathered.resume, self._page.resume, [])

    def machine(self, navigation: gr.HTML, screens: Screens, handlers: Machine) -> None:
        """This computer: models, settings."""
        outputs = [*self._outputs, *screens.all()]
        self.once(navigation.models, handlers.models, [], outputs)
        self.once(navigation.settings, handlers.settings, [], outputs)
        self.once(screens.settings.startup, handlers.startup, [], outputs)
        self.once(screens.settings.diagnose, handlers.diagnose, [], outputs)
        self.followed(screens.settings.forget, self._shelf.forget, [])

    def once(self, event: Any, handler: Any, inputs: list[Any], outputs: list[Any] | None = None) -> Any:
        """Call the handler."""
        return event(
            handler,
            inputs,
            outputs or self._outputs,
            show_progress="hidden",
            concurrency_limit=None,
            trigger_mode="multiple",
            api_visibility="private",
        )

    def followed(self, event: Any, handler: Any, inputs: list[Any]) -> None:
        """Call the handler, then watch the jobs."""
        self.once(event, handler, inputs).then(
            self._watch,
            [self._memory, self._chosen],
            self._outputs,
            show_progress="hidden",
            concurrency_limit=None,
            trigger_mode="multiple",
            api_visibility="private",
        )


class PageApp:
    """The page, our routes and the assets as one ASGI application."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    def lifespan(self) -> AbstractAsyncContextManager[object]:
        """Gradio's queue and cleaning."""
        context: AbstractAsyncContextManager[object] = self._app.router.lifespan_context(self._app)
        return context


def build_app(
    actions: Actions, *, visitors: Visitors, data_dir: Path, max_upload_bytes: int, describe: Describe = dict,
    mcp: bool = False,
) -> PageApp:
    """The application to serve. GRADIO_TEMP_DIR must be set before this module is imported."""
    routes: list[Any] = build_routes(actions, visitors)
    files = Mount("/precis/assets", StaticFiles(directory=ASSETS))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, routes=[*routes, files])
    blocks = build_page(actions, visitors, data_dir, describe)
    blocks.max_threads = MAX_THREADS
    # Not threads, whatever its name: events under way. A watch is one for as long as its page is open.
    blocks._queue.max_thread_count = PAGES_WATCHED + MAX_QUEUE
    blocks.state_session_capacity = MAX_SESSIONS
    blocks.has_launched = True  # else Gradio takes any path of this machine for an upload (processing_utils)
    kept = [str(path) for path in data_dir.resolve().iterdir() if path.name != UPLOADS]
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=build_theme(),
        js=build_script(),
        head=build_head(),
        favicon_path=str(ASSETS / "favicon.png"),
        max_file_size=max_upload_bytes,
        show_error=False,
        enable_monitoring=False,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=mcp,
        allowed_paths=[],
        blocked_paths=kept,
    )
    return PageApp(app)

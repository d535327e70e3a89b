"""The page as a table of contents: its screens, what each control calls, and the app around it.

One page with four screens (library, document, jobs, about); assets/precis.js shows one at a
time. Everything that changes is a region (ui/tabs/regions.py).
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
from ui.html import Html, element
from ui.routes import build_routes
from ui.security import Receive, Scope, Send, Visitors
from ui.tabs.about import build_about
from ui.tabs.jobs import build_jobs
from ui.tabs.library import build_library
from ui.tabs.page import Page
from ui.tabs.regions import Regions, region, sends
from ui.tabs.watch import Watches
from ui.tabs.workspace import build_workspace
from ui.theme import ASSETS, build_theme

MAX_THREADS = 8
MAX_QUEUE = 64
MAX_SESSIONS = 200
UPLOADS = "uploads"  # the one folder of the data directory that Gradio may read
SECONDS_UPLOADS_STAY = (600, 3600)  # look every, delete after; the handlers delete theirs at once
SCREENS = {"library": "Library", "jobs": "Jobs", "about": "About"}


def shell() -> Html:
    """Name, navigation, and the promise that nothing leaves this computer."""
    links = [
        element(
            "button",
            label,
            type="button",
            class_="nav-link",
            data_go="screen",
            data_screen=name,
            data_act=name,
        )
        for name, label in SCREENS.items()
    ]
    return element(
        "header",
        element(
            "h1",
            element(
                "button",
                element("img", src="/precis/assets/logo.svg", alt="", width=28, height=28),
                "Precis",
                type="button",
                class_="brand",
                data_go="screen",
                data_screen="library",
                data_act="library",
                aria_label="Precis, library",
            ),
        ),
        element("nav", *links, aria_label="Screens"),
        element(
            "button",
            element("span", class_="dot"),
            "Offline",
            element("span", " \N{EM DASH} nothing leaves this computer", class_="wide"),
            type="button",
            class_="badge-offline",
            data_go="screen",
            data_screen="about",
            data_act="about",
        ),
        element(
            "button",
            element("span", class_="moon"),
            type="button",
            class_="button bare theme",
            data_go="theme",
            aria_label="Light or dark",
            title="Light or dark",
        ),
        class_="shell",
    )


def build_page(actions: Actions, visitors: Visitors) -> gr.Blocks:
    """The page with everything wired."""
    with gr.Blocks(title="Precis", analytics_enabled=False, delete_cache=SECONDS_UPLOADS_STAY) as blocks:
        place = region("place")
        memory = gr.BrowserState(None, storage_key="precis-place", secret="precis")
        navigation = gr.HTML(
            shell(),
            elem_id="shell",
            js_on_load=sends("library", "jobs", "about"),
            padding=False,
            apply_default_css=False,
        )
        message = region("message", "undo")
        library = build_library()
        workspace = build_workspace()
        jobs = build_jobs()
        about = build_about()
        bar = region("bar", "stop")
        regions = Regions(
            place=place,
            memory=memory,
            message=message,
            bar=bar,
            adding=library.adding,
            library=library.library,
            hits=library.hits,
            header=workspace.header,
            summary=workspace.summary,
            answers=workspace.answers,
            details=workspace.details,
            jobs=jobs,
            question=workspace.question,
            query=library.query,
        )
        page = Page(actions, regions, visitors, Path(os.environ["GRADIO_TEMP_DIR"]))
        wire = Wiring(page, regions)
        wire.followed(blocks.load, page.load, [memory])
        wire.followed(library.files.upload, page.add, [library.files])
        wire.followed(library.library.sample, page.sample, [])
        wire.followed(workspace.run.click, page.summarize, [memory, workspace.length])
        wire.followed(workspace.ask.click, page.ask, [memory, workspace.question])
        wire.followed(workspace.question.submit, page.ask, [memory, workspace.question])
        for source in (library.adding, library.library, library.hits, jobs):
            wire.followed(source.open, page.open, [])
        for source in (library.adding, workspace.summary, workspace.answers, jobs):
            wire.followed(source.resume, page.resume, [])
            wire.followed(source.stop, page.stop, [])
        wire.followed(bar.stop, page.stop, [])
        for source in (library.library, workspace.details):
            wire.followed(source.delete, page.delete, [])
        wire.followed(message.undo, page.undo, [])
        wire.once(library.query.submit, page.search, [library.query])
        wire.once(library.hits.clear, page.clear, [])
        wire.once(navigation.library, page.lists, [])
        wire.once(navigation.jobs, page.lists, [])
        navigation.about(page.about, None, about, show_progress="hidden", api_visibility="private")
        library.files.upload(
            lambda: None, None, library.files, show_progress="hidden", api_visibility="private"
        )
    blocks.queue(max_size=MAX_QUEUE, default_concurrency_limit=1, api_open=False)
    return blocks


class Wiring:
    """How events reach handlers: all quick ones side by side, each followed by a watch where jobs may run."""

    def __init__(self, page: Page, regions: Regions) -> None:
        self._outputs = regions.all()
        self._memory = regions.memory
        self._watch = Watches(page).watch

    def once(self, event: Any, handler: Any, inputs: list[Any]) -> Any:
        """Call the handler."""
        return event(
            handler,
            inputs,
            self._outputs,
            show_progress="hidden",
            concurrency_limit=None,
            trigger_mode="multiple",
            api_visibility="private",
        )

    def followed(self, event: Any, handler: Any, inputs: list[Any]) -> None:
        """Call the handler, then watch the jobs."""
        self.once(event, handler, inputs).then(
            self._watch,
            [self._memory],
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


def build_app(actions: Actions, *, visitors: Visitors, data_dir: Path, max_upload_bytes: int) -> PageApp:
    """The application to serve. GRADIO_TEMP_DIR must be set before this module is imported."""
    routes: list[Any] = build_routes(actions, visitors)
    files = Mount("/precis/assets", StaticFiles(directory=ASSETS))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, routes=[*routes, files])
    blocks = build_page(actions, visitors)
    blocks.max_threads = MAX_THREADS
    blocks._queue.max_thread_count = MAX_THREADS  # as launch() does; mounting has no parameter for these
    blocks.state_session_capacity = MAX_SESSIONS
    blocks.has_launched = True  # else Gradio takes any path of this machine for an upload (processing_utils)
    kept = [str(path) for path in data_dir.resolve().iterdir() if path.name != UPLOADS]
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        theme=build_theme(),
        js=(ASSETS / "precis.js").read_text("utf-8"),
        favicon_path=str(ASSETS / "favicon.png"),
        max_file_size=max_upload_bytes,
        show_error=False,
        enable_monitoring=False,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        allowed_paths=[],
        blocked_paths=kept,
    )
    return PageApp(app)

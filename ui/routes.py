"""Our own HTTP routes: what a page shows besides Gradio's events. Every one checks the owner.

/precis/page/<document>/<n>          the page as a picture (?small=1: a thumbnail)
/precis/text/<document>/<n>          the page's text and where it starts, as JSON
/precis/sentences/<document>/<n>      the sentences of a page, with their boxes, as JSON
/precis/export/<document>/<what>     a summary or the answers as a file
/precis/alive                        204 and which start of the server this is, for pages to notice another
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from engine.errors import EncryptedFile, NotInLibrary, PrecisError
from ui.actions import Actions
from ui.passages import sentences_of
from ui.security import Visitors

PRIVATE = {"Cache-Control": "private, max-age=86400"}
NOT_STORED = {"Cache-Control": "no-store"}


def build_routes(actions: Actions, visitors: Visitors) -> list[Route]:
    """The routes over these actions."""

    def owned(verb: Callable[[str, Request], Response]) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            owner = visitors.owner(request.cookies)
            if owner is None:
                return PlainTextResponse("Open the start page first.", 403)
            try:
                return verb(owner, request)
            except NotInLibrary:
                return PlainTextResponse("Not in the library.", 404, headers=NOT_STORED)
            except EncryptedFile as error:
                return PlainTextResponse(str(error), 423, headers=NOT_STORED)
            except PrecisError as error:
                return PlainTextResponse(f"{error} ({error.code})", 422, headers=NOT_STORED)

        return endpoint

    def page(owner: str, request: Request) -> Response:
        document_id, number = _place(request)
        image = actions.page_image(owner, document_id, number, small="small" in request.query_params)
        return Response(image.data, media_type=image.media_type, headers=PRIVATE)

    def text(owner: str, request: Request) -> Response:
        document_id, number = _place(request)
        document = actions.document(owner, document_id)
        found = next((page for page in document.pages if page.number == number), None)
        if found is None:
            raise NotInLibrary
        return JSONResponse(
            {"text": found.span.of(document.text), "start": found.span.start, "state": found.state},
            headers=NOT_STORED,
        )

    def sentences(owner: str, request: Request) -> Response:
        document_id, number = _place(request)
        document = actions.document(owner, document_id)
        return JSONResponse({"sentences": sentences_of(document, number)}, headers=NOT_STORED)

    def download(owner: str, request: Request) -> Response:
        document_id, what = str(request.path_params["document"]), str(request.path_params["what"])
        shown = request.query_params.get("summary", "")
        other = request.query_params.get("other", "")
        numbers = [int(one) if one.isdecimal() and len(one) < 19 else None for one in (shown, other)]
        file = actions.export(owner, document_id, what, *numbers)
        disposition = f'attachment; filename="{file.name}"'
        return Response(
            file.data, media_type=file.media_type, headers={**NOT_STORED, "Content-Disposition": disposition}
        )

    run = {"X-Precis-Run": secrets.token_hex(8)}

    def alive(request: Request) -> Response:
        return Response(status_code=204, headers={**NOT_STORED, **run})

    return [
        Route("/precis/page/{document}/{number:int}", owned(page)),
        Route("/precis/text/{document}/{number:int}", owned(text)),
        Route("/precis/sentences/{document}/{number:int}", owned(sentences)),
        Route("/precis/export/{document}/{what}", owned(download)),
        Route("/precis/alive", alive),
    ]


def _place(request: Request) -> tuple[str, int]:
    return str(request.path_params["document"]), int(request.path_params["number"])

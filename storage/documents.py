"""Documents and their original files."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import sqlalchemy as sa

from engine.errors import DamagedLibrary, NotInLibrary
from engine.types import Document, Page, PageState, Span, Status
from storage import packing, search
from storage.files import SHA256
from storage.part import Part, insert, number_of
from storage.rows import DocumentRow, Original
from storage.tables import documents, layouts, originals, pages, runs, summaries

T = TypeVar("T")

MISSING = (
    "The original file of this document is missing from the library folder. "
    "Its text is still here; add the file again to see its pages."
)
HAS_SUMMARY: Final = (
    sa.exists()
    .where(runs.c.document_id == documents.c.id, summaries.c.run_id == runs.c.id)
    .label("has_summary")
)


class Documents(Part):
    """Keep originals, add documents, give them back equal."""

    def keep_original(self, owner: str, source: Path) -> Original:
        """Copy a file into the library for an owner; it is on the disk when this returns.

        Raises UnreadableFile, DiskFull, ReadOnlyLibrary.
        """
        self._database.check_writable()
        for _ in range(10):
            try:
                sha256, n_bytes = self._files.add(source)
                if self._claim(owner, sha256, n_bytes):
                    return Original(sha256, n_bytes)
            except FileNotFoundError:
                continue  # another process swept the file before it was claimed
        raise DamagedLibrary("The library folder changes while it is used. Close other programs that use it.")

    def _claim(self, owner: str, sha256: str, n_bytes: int) -> bool:
        with self._database.write() as connection:
            if not self._files.path(sha256).exists():
                return False
            if not _is_claimed(connection, owner, sha256):
                claim = dict(owner=owner, sha256=sha256, n_bytes=n_bytes, kept=self._clock())
                insert(connection, originals, claim)
        return True

    def original(self, owner: str, document_id: str) -> Path:
        """The file of a document, read or not yet. Raises NotInLibrary, DamagedLibrary."""
        if not SHA256.fullmatch(document_id):
            raise NotInLibrary
        with self._database.read() as connection:
            if not _is_claimed(connection, owner, document_id):
                raise NotInLibrary
        path = self._files.path(document_id)
        if not path.is_file():
            raise DamagedLibrary(MISSING)
        return path

    def add_document(
        self, owner: str, document: Document, *, name: str, n_bytes: int, seconds: float
    ) -> DocumentRow:
        """Store a document whole, or bring it back where it was deleted; what is there stays as it is.

        `name` is the file's, `seconds` what reading took. Raises NotInLibrary where the owner has let
        go of the original: what is deleted while it is read stays deleted. Raises DiskFull, ReadOnlyLibrary.
        """
        self._database.check_writable()
        if not SHA256.fullmatch(document.id):
            raise ValueError("a document's id is a SHA-256 in hex")
        values, parts = as_rows(document)
        row = values | {"owner": owner, "name": printable(name), "n_bytes": n_bytes, "seconds": seconds}
        with self._database.write() as connection:
            if not _is_claimed(connection, owner, document.id):
                raise NotInLibrary
            known = documents.c.owner == owner, documents.c.sha256 == document.id
            number = connection.scalar(sa.select(documents.c.id).where(*known))
            if number is None:
                number = insert(connection, documents, row | {"added": self._clock()})
                write_parts(connection, number, document, parts)
            else:
                connection.execute(sa.update(documents).where(*known).values(deleted=None))
        return self.document_row(owner, document.id)

    def documents(self, owner: str) -> tuple[DocumentRow, ...]:
        """The documents of an owner, newest first."""
        query = sa.select(documents, HAS_SUMMARY).where(
            documents.c.owner == owner, documents.c.deleted.is_(None)
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(documents.c.id.desc()))
            return tuple(_document_row(row) for row in rows)

    def document_row(self, owner: str, document_id: str) -> DocumentRow:
        """One document of an owner. Raises NotInLibrary."""
        with self._database.read() as connection:
            number = number_of(connection, owner, document_id)
            return _document_row(
                connection.execute(sa.select(documents, HAS_SUMMARY).where(documents.c.id == number)).one()
            )

    def document(self, owner: str, document_id: str) -> Document:
        """The document, equal to the one that was added. Raises NotInLibrary, DamagedLibrary."""
        with self._database.read() as connection:
            number = number_of(connection, owner, document_id)
            row = connection.execute(sa.select(documents).where(documents.c.id == number)).one()
            page_rows = connection.execute(
                sa.select(pages).where(pages.c.document_id == number).order_by(pages.c.id)
            ).all()
            parts = connection.execute(
                sa.select(layouts.c.part, layouts.c.data)
                .where(layouts.c.document_id == number)
                .order_by(layouts.c.part, layouts.c.number)
            ).all()
        return _restored(row, page_rows, [(part, data) for part, data in parts])

    def rename_document(self, owner: str, document_id: str, title: str) -> None:
        """Give a document another title. Raises NotInLibrary."""
        with self._database.write() as connection:
            number = number_of(connection, owner, document_id)
            connection.execute(
                sa.update(documents).where(documents.c.id == number).values(title=printable(title))
            )


def _is_claimed(connection: sa.Connection, owner: str, sha256: str) -> bool:
    """Whether an owner keeps this original."""
    claim = sa.exists().where(originals.c.owner == owner, originals.c.sha256 == sha256)
    return bool(connection.scalar(sa.select(claim)))


def printable(name: str) -> str:
    """A name as text that can be stored: bytes that are no character (from a file system) become "?"."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _row_values(document: Document) -> dict[str, Any]:
    return {
        "sha256": document.id,
        "title": printable(document.title),
        "status": document.status,
        "n_pages": len(document.pages),
        "n_chars": len(document.text),
        "pages_without_text": document.pages_without_text,
        "pages_failed": document.pages_failed,
        "pages_recognised": document.pages_recognised,
    }


def _document_row(row: sa.Row[Any]) -> DocumentRow:
    return DocumentRow(
        id=row.sha256, owner=row.owner, name=row.name, title=row.title, status=cast(Status, row.status),
        n_pages=row.n_pages, n_chars=row.n_chars, n_bytes=row.n_bytes,
        pages_without_text=tuple(row.pages_without_text), pages_failed=tuple(row.pages_failed),
        added=row.added, has_summary=bool(row.has_summary), pages_recognised=tuple(row.pages_recognised),
    )


# ------------------------------------------------------------ a document in rows


def as_rows(document: Document) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """The columns that a document decides, its digest among them, and its packed parts."""
    parts = list(_packed(document))
    digest = _digest(document.id, document.status, document.pages, _texts_of_pages(document), parts)
    return _row_values(document) | {"digest": digest}, parts


def write_parts(
    connection: sa.Connection, number: int, document: Document, parts: Sequence[tuple[str, bytes]]
) -> None:
    """Write pages and packed parts of the document whose row has this number."""
    page_rows = [
        {
            "document_id": number, "number": page.number, "width": page.width, "height": page.height,
            "start": page.span.start, "end": page.span.end, "state": page.state, "text": text,
        }
        for page, text in zip(document.pages, _texts_of_pages(document), strict=True)
    ]
    if page_rows:
        connection.execute(sa.insert(pages), page_rows)
    part_rows = [
        {"document_id": number, "part": part, "number": index, "data": data}
        for index, (part, data) in enumerate(parts)
    ]
    if part_rows:
        connection.execute(sa.insert(layouts), part_rows)
    search.add_to_index(connection, number)


def _texts_of_pages(document: Document) -> list[str]:
    """The text cut where pages start: joined again, it is the text, whatever lies between pages."""
    if not document.pages:
        if document.text:
            raise ValueError("a document with text has pages")
        return []
    cuts = [0]
    for page in document.pages[1:]:
        cuts.append(max(cuts[-1], page.span.start))
    return [document.text[start:end] for start, end in pairwise([*cuts, len(document.text)])]


def _packed(document: Document) -> Iterator[tuple[str, bytes]]:
    for data in packing.chunks(document.lines, packing.pack_lines):
        yield "lines", data
    for data in packing.chunks(document.outline, packing.pack_outline):
        yield "outline", data
    for data in packing.chunks(document.sentences, packing.pack_sentences):
        yield "sentences", data


def _digest(
    document_id: str, status: str, page_list: Iterable[Page], texts: Iterable[str],
    parts: Iterable[tuple[str, bytes]],
) -> str:
    """SHA-256 over all that a document is made of except its title, which its reader may change."""
    digest = hashlib.sha256(f"{document_id} {status}".encode())
    for page, text in zip(page_list, texts, strict=True):
        size = float(page.width), float(page.height)
        digest.update(f"{page.number} {size} {page.span} {page.state}".encode())
        digest.update(text.encode())
    for part, data in parts:
        digest.update(part.encode())
        digest.update(data)
    return digest.hexdigest()


def _restored(row: sa.Row[Any], page_rows: Sequence[sa.Row[Any]], parts: list[tuple[str, bytes]]) -> Document:
    try:
        page_list = tuple(
            Page(p.number, p.width, p.height, Span(p.start, p.end), cast(PageState, p.state))
            for p in page_rows
        )
        texts = [p.text for p in page_rows]
        if _digest(row.sha256, row.status, page_list, texts, parts) != row.digest:
            raise DamagedLibrary
        return Document(
            id=row.sha256, title=row.title, text="".join(texts), pages=page_list,
            lines=_unpacked(parts, "lines", packing.unpack_lines),
            sentences=_unpacked(parts, "sentences", packing.unpack_sentences),
            outline=_unpacked(parts, "outline", packing.unpack_outline),
            status=cast(Status, row.status),
        )
    except (ValueError, TypeError, AttributeError, struct.error, zlib.error) as error:
        raise DamagedLibrary from error


def _unpacked(parts: list[tuple[str, bytes]], part: str, unpack: Callable[[bytes], list[T]]) -> tuple[T, ...]:
    return tuple(row for name, data in parts if name == part for row in unpack(data))

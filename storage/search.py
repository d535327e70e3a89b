"""Search in the text of pages.

The index is an FTS5 table that stores no text of its own (its content are the rows of `pages`)
and is kept in step inside the transactions that add and remove pages. It is derived: the holder
of the library makes it, or drops it where a full-text index is not wanted, since an index keeps
words of deleted pages until it is next put in order. Without it, pages are read one by one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from storage.part import Part
from storage.rows import Hit
from storage.tables import documents, pages

INDEX: Final = "page_search"
MAX_TERMS, MAX_TERM_CHARS = 24, 64
SNIPPET_WORDS, SNIPPET_CHARS = 32, 200
OPEN, CLOSE, ELLIPSIS = "\x02", "\x03", "…"  # control characters never stand in a document's text

index = sa.table(INDEX, sa.column("rowid"), sa.column("text"), sa.column(INDEX))
_whole_row: sa.ColumnClause[Any] = sa.literal_column(INDEX)

Pieces = tuple[tuple[str, bool], ...]


class Search(Part):
    """Find pages by what stands on them."""

    def search(self, owner: str, query: str, limit: int = 50) -> tuple[Hit, ...]:
        """The pages of an owner that hold every word of `query`, best first; the last word may be
        the beginning of one. The query is plain text: it has no syntax and cannot be wrong."""
        words = words_of(query)
        if not words or limit <= 0:
            return ()
        with self._database.read() as connection:
            found = _indexed(connection, owner, words, limit) if is_indexed(connection) else ()
            return found or _scanned(connection, owner, words, limit)


def words_of(query: str) -> list[str]:
    """The words of what somebody typed, without what is no text."""
    text = unicodedata.normalize("NFC", query.encode("utf-8", "replace").decode("utf-8"))
    words = "".join(c if c.isprintable() else " " for c in text).split()
    return [word[:MAX_TERM_CHARS] for word in words if any(c.isalnum() for c in word)][:MAX_TERMS]


def _indexed(connection: sa.Connection, owner: str, words: Sequence[str], limit: int) -> tuple[Hit, ...]:
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    rank = sa.func.bm25(_whole_row)
    snippet = sa.func.snippet(_whole_row, 0, OPEN, CLOSE, ELLIPSIS, SNIPPET_WORDS)
    rows = connection.execute(
        sa.select(documents.c.sha256, documents.c.title, pages.c.number, snippet, rank)
        .select_from(index)
        .join(pages, pages.c.id == index.c.rowid)
        .join(documents, documents.c.id == pages.c.document_id)
        .where(_whole_row.op("MATCH")(" ".join(quoted) + "*"), *_visible(owner))
        .order_by(rank, pages.c.id)
        .limit(limit)
    )
    return tuple(
        Hit(document, title, page, _pieces(text), -score) for document, title, page, text, score in rows
    )


def _pieces(snippet: str) -> Pieces:
    """The runs of a snippet between its marks."""
    runs: list[tuple[str, bool]] = []
    for part in snippet.split(OPEN):
        match, closed, rest = part.partition(CLOSE)
        runs += [(match, True), (rest, False)] if closed else [(part, False)]
    return tuple((text, is_match) for text, is_match in runs if text)


def _scanned(connection: sa.Connection, owner: str, words: Sequence[str], limit: int) -> tuple[Hit, ...]:
    """Pages that hold the words anywhere, also inside others (as scripts without spaces need)."""
    rows = connection.execute(
        sa.select(documents.c.sha256, documents.c.title, pages.c.number, pages.c.text)
        .join(documents, documents.c.id == pages.c.document_id)
        .where(*(pages.c.text.contains(word, autoescape=True) for word in words), *_visible(owner))
        .order_by(documents.c.id.desc(), pages.c.id)
        .limit(limit)
    )
    return tuple(
        Hit(document, title, page, _cut_out(text, words), 0.0) for document, title, page, text in rows
    )


def _cut_out(text: str, words: Sequence[str]) -> Pieces:
    """The surroundings of the first place where the first word stands."""
    at = max(0, text.lower().find(words[0].lower()))
    match = text[at : at + len(words[0])]
    start, end = max(0, at - SNIPPET_CHARS // 2), at + len(match) + SNIPPET_CHARS // 2
    before = (ELLIPSIS if start else "") + text[start:at]
    after = text[at + len(match) : end] + (ELLIPSIS if end < len(text) else "")
    pieces = (before, False), (match, True), (after, False)
    return tuple((part, is_match) for part, is_match in pieces if part)


def _visible(owner: str) -> tuple[sa.ColumnElement[bool], ...]:
    return documents.c.owner == owner, documents.c.deleted.is_(None)


# ---------------------------------------------------------------- the index


def is_part_of_index(table: str | None) -> bool:
    """Whether a table is the index or one of those that FTS5 keeps it in."""
    return table is not None and (table == INDEX or table.startswith(f"{INDEX}_"))


def is_indexed(connection: sa.Connection) -> bool:
    """Whether the library has an index that this build of SQLite can use."""
    return _can_index(connection) and sa.inspect(connection).has_table(INDEX)


def _can_index(connection: sa.Connection) -> bool:
    return bool(connection.scalar(sa.select(sa.func.sqlite_compileoption_used("ENABLE_FTS5"))))


def set_index(connection: sa.Connection, wanted: bool) -> None:
    """Make the index of all pages, or drop it."""
    if wanted and _can_index(connection) and not is_indexed(connection):
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE page_search USING fts5("
            "text, content='pages', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')"
        )
        _tell(connection, "rebuild")
    elif not wanted and is_indexed(connection):
        connection.exec_driver_sql("DROP TABLE page_search")


def add_to_index(connection: sa.Connection, document: int) -> None:
    """Index the pages of a document that was just added."""
    if is_indexed(connection):
        added = sa.select(pages.c.id, pages.c.text).where(pages.c.document_id == document)
        connection.execute(sa.insert(index).from_select(["rowid", "text"], added))


def remove_from_index(connection: sa.Connection, numbers: Sequence[int]) -> None:
    """Take the pages of documents out, before they are deleted themselves."""
    if is_indexed(connection):
        gone = sa.select(sa.literal("delete"), pages.c.id, pages.c.text).where(
            pages.c.document_id.in_(numbers)
        )
        connection.execute(sa.insert(index).from_select([INDEX, "rowid", "text"], gone))


def put_index_in_order(connection: sa.Connection) -> None:
    """Merge the index into one piece: only then do the words of removed pages go from the disk."""
    if is_indexed(connection):
        _tell(connection, "optimize")


def _tell(connection: sa.Connection, order: str) -> None:
    connection.execute(sa.insert(index).values({INDEX: order}))

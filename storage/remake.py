"""Put another reading of a document in the place of the one that is stored.

After text recognition a document has more text, and what stood behind a new page stands further
on. Document, outputs and jobs change in one transaction, so nothing ever points beside its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from engine.errors import StorageError
from engine.types import Document, Span
from storage import search
from storage.documents import Documents, as_rows, write_parts
from storage.part import number_of
from storage.rows import UNFINISHED
from storage.tables import (
    answers,
    citations,
    documents,
    job_events,
    job_windows,
    jobs,
    layouts,
    pages,
    runs,
    summaries,
    summary_sentences,
)

CHANGED = "This document changed while its text was recognised. Open it again and repeat that."


# Passages, in code points: behind an @ among the words of a job's settings (`2-5, @120-340`: 2-5 are pages),
# bare in the options of a run.
IN_WORDS: Final = re.compile(r"(?<=@)(\d{1,9})\s*[-\N{EN DASH}]\s*(\d{1,9})")
IN_OPTIONS: Final = re.compile(r"(\d{1,9})-(\d{1,9})")


class Remake(Documents):
    """Replace a document by another reading of the same file."""

    def remake_document(
        self, owner: str, before: Document, after: Document, moved: Callable[[Span], Span]
    ) -> None:
        """Store `after` in the place of `before`; `moved` says where a span of the old text is now.

        Outputs stay and point to the same words, and so do the passages that jobs and runs are about. What
        unfinished jobs had saved about the old text goes. Raises NotInLibrary where the document is gone,
        StorageError where it is not `before` any more.
        """
        self._database.check_writable()
        row, parts = as_rows(after)
        expected = as_rows(before)[0]["digest"]
        with self._database.write() as connection:
            number = number_of(connection, owner, before.id)
            stored = sa.select(documents.c.digest, documents.c.title).where(documents.c.id == number)
            digest, title = connection.execute(stored).one()
            if digest != expected:
                raise StorageError(CHANGED)
            search.remove_from_index(connection, [number])
            for table in (pages, layouts):
                connection.execute(sa.delete(table).where(table.c.document_id == number))
            values = row | {"title": title}  # its reader may have given it another
            connection.execute(sa.update(documents).where(documents.c.id == number).values(**values))
            write_parts(connection, number, after, parts)
            _move_outputs(connection, number, moved)
            theirs = jobs.c.owner == owner, jobs.c.document == before.id
            _move_passages(connection, jobs.c.params, theirs, ("part", "picked"), IN_WORDS, moved)
            made = (runs.c.document_id == number,)
            _move_passages(connection, runs.c.options, made, ("scope", "picked"), IN_OPTIONS, moved)
            _forget_progress(connection, owner, before.id)


def _move_outputs(connection: sa.Connection, number: int, moved: Callable[[Span], Span]) -> None:
    """Let every citation and answer about the document point to where its words are now."""
    theirs = sa.select(runs.c.id).where(runs.c.document_id == number)
    said = (
        sa.select(summary_sentences.c.id)
        .join(summaries, summary_sentences.c.summary_id == summaries.c.id)
        .where(summaries.c.run_id.in_(theirs))
    )
    answered = sa.select(answers.c.id).where(answers.c.run_id.in_(theirs))
    cited = citations.c.summary_sentence_id.in_(said) | citations.c.answer_id.in_(answered)
    _move(connection, citations, cited, moved)
    _move(connection, answers, answers.c.id.in_(answered), moved)


def _move(
    connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool],
    moved: Callable[[Span], Span],
) -> None:
    query = sa.select(table.c.id, table.c.start, table.c.end).where(which, table.c.start.is_not(None))
    rows: list[dict[str, Any]] = []
    for number, start, end in connection.execute(query):
        span = moved(Span(start, end))
        rows.append({"number": number, "new_start": span.start, "new_end": span.end})
    if rows:
        connection.execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam("number"))
            .values(start=sa.bindparam("new_start"), end=sa.bindparam("new_end")),
            rows,
        )


def _move_passages(
    connection: sa.Connection, column: sa.Column[Any], which: tuple[sa.ColumnElement[bool], ...],
    names: tuple[str, ...], pattern: re.Pattern[str], moved: Callable[[Span], Span],
) -> None:
    """Let the passages in these settings begin and end at the words where they did."""
    table = column.table
    assert isinstance(table, sa.Table)
    for number, settings in connection.execute(sa.select(table.c.id, column).where(*which)).all():
        now = _at_their_words(settings, names, pattern, moved)
        if now != settings:
            connection.execute(sa.update(table).where(table.c.id == number).values({column: now}))


def _at_their_words(
    settings: Mapping[str, Any], names: tuple[str, ...], pattern: re.Pattern[str],
    moved: Callable[[Span], Span],
) -> dict[str, Any]:
    def place(found: re.Match[str]) -> str:
        start, end = int(found[1]), int(found[2])
        if start >= end:
            return found[0]
        # Each end for itself: what was put between them is part of the passage now.
        return f"{moved(Span(start, start + 1)).start}-{moved(Span(end - 1, end)).end}"

    words = {name: pattern.sub(place, str(settings[name])) for name in names if settings.get(name)}
    return {**settings, **words}


def _forget_progress(connection: sa.Connection, owner: str, document_id: str) -> None:
    """Windows and provisional places of jobs that did not end are about the old text, and so are the
    questions and the maps of attention that were found in it: they are made anew when asked for."""
    about = jobs.c.owner == owner, jobs.c.document == document_id
    found = jobs.c.kind.in_(("suggest", "map")), jobs.c.state.not_in(UNFINISHED)
    connection.execute(sa.delete(jobs).where(*about, *found))
    unfinished = sa.select(jobs.c.id).where(
        *about, jobs.c.state != "done", jobs.c.kind.in_(("summarize", "answer", "suggest", "map"))
    )
    for table in (job_windows, job_events):
        connection.execute(sa.delete(table).where(table.c.job_id.in_(unfinished)))

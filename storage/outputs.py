"""Summaries and answers, with their sources and the run that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, cast

import sqlalchemy as sa

from engine.errors import DamagedLibrary
from engine.types import Answer, Citation, Doubt, Run, Span, Summary, SummarySentence
from storage.part import Part, insert, number_of
from storage.rows import SavedAnswer, SavedSummary
from storage.tables import answers, citations, documents, runs, summaries, summary_sentences

RUN_COLUMNS: Final = tuple(field.name for field in fields(Run) if field.name not in ("document", "options"))


class Outputs(Part):
    """Save outputs, and find them again by document or by the key of their run."""

    def save_summary(self, owner: str, summary: Summary) -> int:
        """Keep a summary; its row id. Raises NotInLibrary if its document is gone for good."""
        with self._database.write() as connection:
            run = _insert_run(connection, owner, summary.run)
            number = insert(connection, summaries, {"run_id": run, "created": self._clock()})
            for index, sentence in enumerate(summary.sentences):
                row = {
                    "number": index, "text": sentence.text, "support": sentence.support,
                    "origin": sentence.origin, "doubts": [doubt.as_json() for doubt in sentence.doubts],
                }
                parent = insert(connection, summary_sentences, row | {"summary_id": number})
                _insert_citations(connection, sentence.citations, summary_sentence_id=parent)
        return number

    def save_answer(self, owner: str, answer: Answer) -> int:
        """Keep an answer; its row id. Raises NotInLibrary if its document is gone for good."""
        row = {
            "question": answer.question, "found": answer.found, "text": answer.text, "page": answer.page,
            "start": answer.span.start if answer.span else None,
            "end": answer.span.end if answer.span else None,
            "confidence": answer.confidence, "created": self._clock(),
        }
        with self._database.write() as connection:
            number = insert(connection, answers, row | {"run_id": _insert_run(connection, owner, answer.run)})
            _insert_citations(connection, answer.evidence, answer_id=number)
        return number

    def summary_for(self, owner: str, key: str) -> SavedSummary | None:
        """The newest summary of a run with this key, if there is one."""
        newest = self._summaries(owner, runs.c.key == key, limit=1)
        return newest[0] if newest else None

    def answer_for(self, owner: str, key: str) -> SavedAnswer | None:
        """The newest answer of a run with this key, if there is one."""
        newest = self._answers(owner, runs.c.key == key, limit=1)
        return newest[0] if newest else None

    def summary(self, owner: str, number: int) -> SavedSummary | None:
        """The summary of a row, if this owner has it and its document is not deleted."""
        return next(iter(self._summaries(owner, summaries.c.id == number, limit=1)), None)

    def answer(self, owner: str, number: int) -> SavedAnswer | None:
        """The answer of a row, if this owner has it and its document is not deleted."""
        return next(iter(self._answers(owner, answers.c.id == number, limit=1)), None)

    def summaries(self, owner: str, document_id: str) -> tuple[SavedSummary, ...]:
        """The summaries of a document, newest first."""
        return self._summaries(owner, documents.c.sha256 == document_id)

    def answers(self, owner: str, document_id: str) -> tuple[SavedAnswer, ...]:
        """The answers about a document, oldest first."""
        return self._answers(owner, documents.c.sha256 == document_id)[::-1]

    def _summaries(
        self, owner: str, condition: sa.ColumnElement[bool], limit: int | None = None
    ) -> tuple[SavedSummary, ...]:
        columns = sa.select(summaries, runs, documents.c.sha256)
        query = _of_owner(columns, summaries, owner)
        with self._database.read() as connection:
            rows = connection.execute(query.where(condition).limit(limit)).all()
            return tuple(
                SavedSummary(row.id, row.created, Summary(_sentences(connection, row.id), _run(row)))
                for row in rows
            )

    def _answers(
        self, owner: str, condition: sa.ColumnElement[bool], limit: int | None = None
    ) -> tuple[SavedAnswer, ...]:
        query = _of_owner(sa.select(answers, runs, documents.c.sha256), answers, owner)
        with self._database.read() as connection:
            rows = connection.execute(query.where(condition).limit(limit)).all()
            return tuple(SavedAnswer(row.id, row.created, _answer(connection, row)) for row in rows)


def _of_owner(query: sa.Select[Any], table: sa.Table, owner: str) -> sa.Select[Any]:
    """Outputs about documents that this owner has and has not deleted, newest first."""
    return (
        query.join_from(table, runs, table.c.run_id == runs.c.id)
        .join(documents, runs.c.document_id == documents.c.id)
        .where(documents.c.owner == owner, documents.c.deleted.is_(None))
        .order_by(table.c.id.desc())
    )


# ------------------------------------------------------------------ writing


def _insert_run(connection: sa.Connection, owner: str, run: Run) -> int:
    row = {name: getattr(run, name) for name in RUN_COLUMNS} | {
        "document_id": number_of(connection, owner, run.document, deleted=True),
        "key": run.key,
        "options": dict(run.options),
    }
    return insert(connection, runs, row)


def _insert_citations(connection: sa.Connection, cited: Sequence[Citation], **parent: int) -> None:
    rows = [
        {
            "start": c.span.start, "end": c.span.end, "page": c.page, "text": c.text, "score": c.score,
            "recognition": c.recognition,
        } | parent
        for c in cited
    ]
    if rows:
        connection.execute(sa.insert(citations), rows)


# ------------------------------------------------------------------ reading


def _run(row: sa.Row[Any]) -> Run:
    values = {name: getattr(row, name) for name in RUN_COLUMNS}
    return Run(**values | {
        "document": row.sha256,
        "options": row.options,
        "pages_skipped": tuple(row.pages_skipped),
        "pages_without_text": tuple(row.pages_without_text),
        "pages_recognised": tuple(row.pages_recognised),
    })


def _sentences(connection: sa.Connection, summary: int) -> tuple[SummarySentence, ...]:
    rows = connection.execute(
        sa.select(summary_sentences)
        .where(summary_sentences.c.summary_id == summary)
        .order_by(summary_sentences.c.number)
    ).all()
    cited: dict[int, list[Citation]] = {row.id: [] for row in rows}
    for citation in connection.execute(
        sa.select(citations).where(citations.c.summary_sentence_id.in_(cited)).order_by(citations.c.id)
    ):
        cited[citation.summary_sentence_id].append(_citation(citation))
    return tuple(
        SummarySentence(row.text, row.support, tuple(cited[row.id]), row.origin, _doubts(row.doubts))
        for row in rows
    )


def _doubts(stored: Sequence[Mapping[str, Any]]) -> tuple[Doubt, ...]:
    try:
        return tuple(Doubt(one["kind"], Span(one["start"], one["end"]), one["reason"]) for one in stored)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedLibrary from error


def _answer(connection: sa.Connection, row: sa.Row[Any]) -> Answer:
    evidence = connection.execute(
        sa.select(citations).where(citations.c.answer_id == row.id).order_by(citations.c.id)
    )
    return Answer(
        question=row.question, found=row.found, text=row.text, span=_span(row.start, row.end), page=row.page,
        confidence=row.confidence, evidence=tuple(_citation(c) for c in evidence), run=_run(row),
    )


def _citation(row: sa.Row[Any]) -> Citation:
    return Citation(cast(Span, _span(row.start, row.end)), row.page, row.text, row.score, row.recognition)


def _span(start: int | None, end: int | None) -> Span | None:
    try:
        return None if start is None or end is None else Span(start, end)
    except (ValueError, TypeError) as error:
        raise DamagedLibrary from error

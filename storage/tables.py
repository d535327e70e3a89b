"""The tables of the library. What they mean is said here; how they come about, in migrations/.

    originals            a claim of an owner on a file in originals/
    documents            one row per owner and file; deleted ones wait for the purge
     ├─ pages            size, span and text of a page; page_search (FTS5) indexes the text
     ├─ layouts          lines, sentences and outline in packed chunks (packing.py)
     └─ runs             how an output came about; `key` is the result cache
         ├─ summaries ── summary_sentences ── citations
         └─ answers ──────────────────────── citations
    jobs                 long work; ├─ job_events, its log   └─ job_windows, what it need not compute again
    settings             name and value, per owner; the library's own stand under the owner ""

Row ids never come back after a deletion (AUTOINCREMENT), so "newer" is "greater id" whatever
the clock did. Moments are microseconds since 1970 in UTC.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from engine.errors import DamagedLibrary

REVISION = "v2"  # the newest of migrations/versions; a test compares the two

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(sa.types.TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since the epoch."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds of an aware datetime."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The datetime in UTC. Raises DamagedLibrary."""
        try:
            return None if value is None else EPOCH + timedelta(microseconds=value)
        except (TypeError, OverflowError) as error:
            raise DamagedLibrary from error


class Json(sa.types.TypeDecorator[Any]):
    """A JSON value, kept as ASCII text, so that even a broken character survives."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """The value as text."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The value again. Raises DamagedLibrary."""
        try:
            return json.loads(value)
        except (TypeError, ValueError) as error:
            raise DamagedLibrary from error


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _of(name: str, target: str, **options: Any) -> sa.Column[int]:
    """A reference to another table's row, which takes this row with it when it goes."""
    return sa.Column(name, sa.Integer, sa.ForeignKey(target, ondelete="CASCADE"), **options)


originals = sa.Table(
    "originals", metadata,
    _id(),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("n_bytes", sa.Integer, nullable=False),
    sa.Column("kept", Moment, nullable=False),
    sa.UniqueConstraint("owner", "sha256"),
    sa.Index(None, "sha256"),
)

documents = sa.Table(
    "documents", metadata,
    _id(),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("n_pages", sa.Integer, nullable=False),
    sa.Column("n_chars", sa.Integer, nullable=False),
    sa.Column("n_bytes", sa.Integer, nullable=False),
    sa.Column("pages_without_text", Json, nullable=False),
    sa.Column("pages_failed", Json, nullable=False),
    sa.Column("pages_recognised", Json, nullable=False, server_default="[]"),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),  # of pages, text and layouts: notices silent damage
    sa.Column("added", Moment, nullable=False),
    sa.Column("deleted", Moment),
    sa.UniqueConstraint("owner", "sha256"),
    sqlite_autoincrement=True,
)

pages = sa.Table(
    "pages", metadata,
    _id(),
    _of("document_id", "documents.id", nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("width", sa.Float, nullable=False),
    sa.Column("height", sa.Float, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # from this page's start to the next one's
    sa.Index(None, "document_id"),
)

layouts = sa.Table(
    "layouts", metadata,
    _of("document_id", "documents.id", primary_key=True),
    sa.Column("part", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

runs = sa.Table(
    "runs", metadata,
    _id(),
    _of("document_id", "documents.id", nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("task", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("weights_digest", sa.Text, nullable=False),
    sa.Column("quantization", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("options", Json, nullable=False),
    sa.Column("placement", sa.Text, nullable=False),
    sa.Column("n_global", sa.Integer, nullable=False),
    sa.Column("windows", sa.Integer, nullable=False),
    sa.Column("tokens_read", sa.Integer, nullable=False),
    sa.Column("pages_read", sa.Integer, nullable=False),
    sa.Column("pages_skipped", Json, nullable=False),
    sa.Column("pages_without_text", Json, nullable=False),
    sa.Column("pages_recognised", Json, nullable=False, server_default="[]"),
    sa.Column("peak_bytes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("app_version", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Index(None, "document_id"),
    sa.Index(None, "key"),
)

summaries = sa.Table(
    "summaries", metadata,
    _id(),
    _of("run_id", "runs.id", nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Index(None, "run_id"),
    sqlite_autoincrement=True,
)

summary_sentences = sa.Table(
    "summary_sentences", metadata,
    _id(),
    _of("summary_id", "summaries.id", nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("support", sa.Float, nullable=False),
    sa.Column("origin", sa.Text, nullable=False, server_default="quoted"),
    sa.Column("doubts", Json, nullable=False, server_default="[]"),
    sa.Index(None, "summary_id"),
)

answers = sa.Table(
    "answers", metadata,
    _id(),
    _of("run_id", "runs.id", nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("found", sa.Boolean, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("start", sa.Integer),
    sa.Column("end", sa.Integer),
    sa.Column("page", sa.Integer),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Index(None, "run_id"),
    sqlite_autoincrement=True,
)

citations = sa.Table(
    "citations", metadata,
    _id(),
    _of("summary_sentence_id", "summary_sentences.id"),
    _of("answer_id", "answers.id"),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("page", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("recognition", sa.Float),  # how sure text recognition was of it; none: not recognised
    sa.CheckConstraint("(summary_sentence_id IS NULL) <> (answer_id IS NULL)", name="one_parent"),
    sa.Index(None, "summary_sentence_id"),
    sa.Index(None, "answer_id"),
)

jobs = sa.Table(
    "jobs", metadata,
    _id(),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("document", sa.Text),  # sha256 of the document it is about
    sa.Column("original", sa.Text),  # sha256 of the file it reads: params["sha256"]
    sa.Column("params", Json, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("started", Moment),
    sa.Column("finished", Moment),
    sa.Column("error_code", sa.Text),
    sa.Column("error_message", sa.Text),
    sa.Column("result_id", sa.Integer),
    sa.Column("pid", sa.Integer),
    sa.Column("pid_start", sa.Text),
    sa.Index(None, "owner"),
    sa.Index(None, "state"),
    sqlite_autoincrement=True,
)

job_events = sa.Table(
    "job_events", metadata,
    _id(),
    _of("job_id", "jobs.id", nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Index(None, "job_id"),
    sqlite_autoincrement=True,
)

job_windows = sa.Table(
    "job_windows", metadata,
    _of("job_id", "jobs.id", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
)

settings = sa.Table(
    "settings", metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", Json, nullable=False),
)

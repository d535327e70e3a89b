"""Jobs: what long work is to be done, how it stands, its log, and what it need not do again.

    queued -> running -> done | failed | stopped | interrupted
    queued -> stopped          stopped, failed, interrupted -> queued   (requeue_job)

A job keeps the number and the beginning of the process that took it on. When that process is
gone, the holder of the library marks the job interrupted, and it can go on from its windows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import sqlalchemy as sa

from engine.errors import NotInLibrary
from engine.types import JsonScalar
from storage import processes
from storage.part import MAX_ID, Part, insert
from storage.rows import RESUMABLE, UNFINISHED, JobEvent, JobRow, JobState
from storage.tables import job_events, job_windows, jobs

Ending = Literal["done", "failed", "stopped", "interrupted"]


class Jobs(Part):
    """Rows, logs and windows of jobs. Whoever calls `start_job` does the work."""

    def create_job(
        self, owner: str, kind: str, params: Mapping[str, JsonScalar], document_id: str | None = None
    ) -> int:
        """Queue a job; its row id. A parameter "sha256" names the original that it will read, which
        is then kept for it."""
        original = params.get("sha256")
        row = dict(
            owner=owner, kind=kind, state="queued", document=document_id, params=dict(params),
            original=original if isinstance(original, str) else None, created=self._clock(),
        )
        with self._database.write() as connection:
            return insert(connection, jobs, row)

    def job(self, owner: str, job_id: int) -> JobRow:
        """One job of an owner. Raises NotInLibrary."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(jobs).where(*_of(owner, job_id))).one_or_none()
        if row is None:
            raise NotInLibrary
        return _job_row(row)

    def jobs(self, owner: str, limit: int = 100) -> tuple[JobRow, ...]:
        """The newest jobs of an owner and every older one that has not ended, newest first."""
        newest = sa.select(jobs.c.id).where(jobs.c.owner == owner).order_by(jobs.c.id.desc()).limit(limit)
        return self._jobs(owner, jobs.c.id.in_(newest) | jobs.c.state.in_(UNFINISHED))

    def jobs_about(self, owner: str, document_id: str) -> tuple[JobRow, ...]:
        """All jobs about one document, newest first."""
        return self._jobs(owner, jobs.c.document == document_id)

    def _jobs(self, owner: str, which: sa.ColumnElement[bool]) -> tuple[JobRow, ...]:
        query = sa.select(jobs).where(jobs.c.owner == owner, which).order_by(jobs.c.id.desc())
        with self._database.read() as connection:
            return tuple(_job_row(row) for row in connection.execute(query))

    def queued_jobs(self) -> tuple[JobRow, ...]:
        """The jobs of all owners that wait, oldest first."""
        query = sa.select(jobs).where(jobs.c.state == "queued").order_by(jobs.c.id)
        with self._database.read() as connection:
            return tuple(_job_row(row) for row in connection.execute(query))

    def start_job(self, job_id: int) -> bool:
        """Take a queued job on for this process. False if it was stopped or taken on meanwhile."""
        with self._database.write() as connection:
            started = connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state == "queued")
                .values(
                    state="running", started=self._clock(), finished=None,
                    pid=os.getpid(), pid_start=processes.beginning_of(os.getpid()),
                )
            )
        return started.rowcount == 1

    def withdraw_job(self, owner: str, job_id: int) -> bool:
        """Stop a job that waits. False if it has started or ended. Raises NotInLibrary."""
        with self._database.write() as connection:
            _check_exists(connection, *_of(owner, job_id))
            stopped = connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state == "queued")
                .values(state="stopped", finished=self._clock())
            )
        return stopped.rowcount == 1

    def finish_job(
        self, job_id: int, state: Ending, *, error_code: str | None = None, error_message: str | None = None,
        result_id: int | None = None, document_id: str | None = None,
    ) -> None:
        """Write down how a job ended. A job that has ended, or was deleted, stays as it is. The windows of
        a job that is done go; those of another stay for `requeue_job`."""
        values: dict[str, Any] = dict(
            state=state, finished=self._clock(), error_code=error_code, error_message=error_message,
            result_id=result_id,
        )
        if document_id is not None:
            values["document"] = document_id
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state.in_(UNFINISHED)).values(values)
            )
            if state == "done":
                connection.execute(sa.delete(job_windows).where(job_windows.c.job_id == job_id))

    def requeue_job(self, owner: str, job_id: int) -> None:
        """Queue a job again that was stopped, interrupted or failed; any other stays as it is.

        Raises NotInLibrary.
        """
        with self._database.write() as connection:
            _check_exists(connection, *_of(owner, job_id))
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state.in_(RESUMABLE))
                .values(
                    state="queued", started=None, finished=None, error_code=None, error_message=None,
                    pid=None, pid_start=None,
                )
            )

    def add_events(self, job_id: int, events: Sequence[Mapping[str, Any]]) -> None:
        """Append to the log of a job, all or nothing. Raises NotInLibrary if the job was deleted."""
        rows = [{"job_id": job_id, "created": self._clock(), "data": dict(event)} for event in events]
        with self._database.write() as connection:
            _check_exists(connection, jobs.c.id == job_id)
            if rows:
                connection.execute(sa.insert(job_events), rows)

    def events(self, owner: str, job_id: int, after: int = 0) -> tuple[JobEvent, ...]:
        """The log of a job in order, from behind the entry `after`. Empty for somebody else's job."""
        query = (
            sa.select(job_events)
            .join(jobs, jobs.c.id == job_events.c.job_id)
            .where(*_of(owner, job_id), job_events.c.id > max(0, min(after, MAX_ID)))
            .order_by(job_events.c.id)
        )
        with self._database.read() as connection:
            return tuple(JobEvent(row.id, row.created, row.data) for row in connection.execute(query))

    def save_window(self, job_id: int, index: int, total: int, payload: bytes) -> None:
        """Keep what was computed for one window; a later one with the same index replaces it.

        Raises NotInLibrary if the job was deleted.
        """
        with self._database.write() as connection:
            _check_exists(connection, jobs.c.id == job_id)
            connection.execute(
                sa.insert(job_windows)
                .prefix_with("OR REPLACE")
                .values(job_id=job_id, number=index, total=total, payload=payload)
            )

    def windows(self, job_id: int) -> dict[int, bytes]:
        """The windows that were saved, by index."""
        query = sa.select(job_windows.c.number, job_windows.c.payload).where(job_windows.c.job_id == job_id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(job_windows.c.number))
            return {number: payload for number, payload in rows}

    def mark_interrupted(self) -> int:
        """Mark the running jobs whose process is gone; how many. The holder of the library calls this."""
        query = sa.select(jobs.c.id, jobs.c.pid, jobs.c.pid_start).where(jobs.c.state == "running")
        with self._database.write() as connection:
            gone = [
                row.id for row in connection.execute(query) if not processes.is_alive(row.pid, row.pid_start)
            ]
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id.in_(gone))
                .values(state="interrupted", finished=self._clock())
            )
        return len(gone)


def _of(owner: str, job_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return jobs.c.owner == owner, jobs.c.id == (job_id if 0 < job_id <= MAX_ID else 0)


def _check_exists(connection: sa.Connection, *which: sa.ColumnElement[bool]) -> None:
    if connection.scalar(sa.select(jobs.c.id).where(*which)) is None:
        raise NotInLibrary


def _job_row(row: sa.Row[Any]) -> JobRow:
    return JobRow(
        id=row.id, owner=row.owner, kind=row.kind, state=cast(JobState, row.state), document_id=row.document,
        params=row.params, created=row.created, started=row.started, finished=row.finished,
        error_code=row.error_code, error_message=row.error_message, result_id=row.result_id,
        pid=row.pid, pid_start=row.pid_start,
    )

"""What the threads of ui/jobs.py do: read a file, summarise a document, answer a question.

Each function keeps its output in the store and says which row it became. A summary or an answer
that was made before with the same settings is not computed again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from engine.errors import EncryptedFile, NoText
from engine.tasks.scope import within
from engine.types import (
    AnswerOptions,
    Citation,
    Document,
    IsCancelled,
    Mapped,
    OnEvent,
    Progress,
    Provisional,
    Run,
    SummaryOptions,
)
from ui.jobs import DUPLICATE, JobWork, Outcome
from ui.parts import read_part
from ui.passwords import Passwords
from ui.placing import options_of_job
from ui.preflight import most_memory, n_chars_of, read_measured, setting_name, with_run
from ui.recognition import KIND, SETTING, read_pace, with_measure
from ui.resumed import marking, of_key
from ui.sample import summary_of_sample
from ui.services import Engine
from ui.suggested import MOST_SUGGESTED, SURE_ENOUGH, is_answered, tried

if TYPE_CHECKING:
    from engine.ingest.reader import DocumentReader
    from engine.ingest.recognise import Scan
    from storage.rows import JobRow
    from storage.store import Store


MACHINE = "machine"  # owns the settings that are about the computer, not about a reader


class Work:
    """The work of each kind of job."""

    def __init__(
        self,
        store: Callable[[], Store],
        reader: Callable[[], DocumentReader],
        engine: Callable[[], Engine],
        document: Callable[[str, str], Document],
        passwords: Passwords,
        forget: Callable[[], None],
    ) -> None:
        self._store, self._reader, self._engine, self._document = store, reader, engine, document
        self._passwords, self._forget = passwords, forget

    def lanes(self) -> list[Mapping[str, JobWork]]:
        """One thread for models, one for files: a long summary keeps no new file waiting. Recognition is
        a model too, and nothing may read a document while it is made anew."""
        models: dict[str, JobWork] = {
            "summarize": self.summarize,
            "answer": self.answer,
            "suggest": self.suggest,
            "map": self.map_attention,
        }
        return [models | {KIND: self.recognise}, {"ingest": self.ingest}]

    def ingest(
        self, job: JobRow, on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes]
    ) -> Outcome:
        """Read a kept file into the library."""
        store, started = self._store(), time.monotonic()
        name, sha256 = str(job.params["name"]), str(job.params["sha256"])
        if any(row.id == sha256 for row in store.documents(job.owner)):
            on_event(Progress(DUPLICATE, 1, 1))
            return Outcome(document_id=sha256)
        try:
            document = self._reader().read(
                store.original(job.owner, sha256),
                name=name,
                password=self._passwords.get(job.owner, sha256),
                on_event=on_event,
                cancelled=cancelled,
            )
        except EncryptedFile:
            self._passwords.forget(job.owner, (sha256,))
            raise
        store.add_document(
            job.owner,
            document,
            name=name,
            n_bytes=int(job.params["n_bytes"] or 0),
            seconds=time.monotonic() - started,
        )
        ready = summary_of_sample(name, document)
        if ready is not None:
            store.save_summary(job.owner, ready)
        return Outcome(document_id=document.id)

    def recognise(
        self, job: JobRow, on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes]
    ) -> Outcome:
        """Recognise the text of pages that are pictures, and make the document anew with it."""
        from engine.ingest.recognise import recognise

        store, reader, started = self._store(), self._reader(), time.monotonic()
        scan = self._scan(job)
        found = recognise(reader, scan, kept=windows, on_event=on_event, cancelled=cancelled)
        if scan.before is None:
            seconds = time.monotonic() - started
            n_bytes = int(job.params["n_bytes"] or 0)
            store.add_document(job.owner, found.document, name=scan.name, n_bytes=n_bytes, seconds=seconds)
        else:
            store.remake_document(job.owner, scan.before, found.document, found.moved)
        self._forget()
        value = with_measure(read_pace(store.get_setting(MACHINE, SETTING)), found.n_looked, found.seconds)
        if value is not None:
            store.set_setting(MACHINE, SETTING, value)
        return Outcome(document_id=found.document.id)

    def _scan(self, job: JobRow) -> Scan:
        """The file of a job: with what is in the library of it, else with how many pages it has."""
        from engine.ingest.recognise import Scan

        name, sha256 = str(job.params["name"]), str(job.params["sha256"])
        path, password = self._store().original(job.owner, sha256), self._passwords.get(job.owner, sha256)
        if any(row.id == sha256 for row in self._store().documents(job.owner)):
            before = self._document(job.owner, sha256)
            return Scan(path, name, len(before.pages), before, password)
        try:
            n_pages = len(self._reader().read(path, name=name, password=password).pages)
        except NoText as refused:
            n_pages = refused.pages
        return Scan(path, name, n_pages, None, password)

    def summarize(
        self, job: JobRow, on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes]
    ) -> Outcome:
        """Summarise a document."""
        document_id = str(job.document_id)
        document = self._document(job.owner, document_id)
        options = options_of_job(job.params, document)
        key = self._key("summarize", document, options)
        known, windows = self._store().summary_for(job.owner, key), of_key(key, windows)
        if known is not None:
            return Outcome(known.id, document_id)
        summary = self._engine().summarize(
            document,
            options,
            on_event=marking(key, on_event),
            cancelled=cancelled,
            windows=windows,
        )
        if not windows:  # else part of the time was spent before
            self._learn(within(document, options.scope), summary.run)
        return Outcome(self._store().save_summary(job.owner, summary), document_id)

    def _learn(self, part: Document, run: Run) -> None:
        """Keep what the run took, for the next estimate."""
        name = setting_name(run.model, run.device)
        earlier = read_measured(self._store().get_setting(MACHINE, name))
        value = with_run(earlier, run, n_chars_of(part), most_memory())
        if value is not None:
            self._store().set_setting(MACHINE, name, value)
            self._store().set_setting(MACHINE, "device", run.device)

    def answer(
        self, job: JobRow, on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes]
    ) -> Outcome:
        """Answer a question about a document."""
        document_id, question = str(job.document_id), str(job.params["question"])
        document = self._document(job.owner, document_id)
        options = AnswerOptions(scope=read_part(str(job.params.get("part") or ""), document))
        key = self._key("answer", document, options, question)
        known, windows = self._store().answer_for(job.owner, key), of_key(key, windows)
        if known is not None:
            return Outcome(known.id, document_id)
        answer = self._engine().answer(
            document,
            question,
            options,
            on_event=marking(key, on_event),
            cancelled=cancelled,
            windows=windows,
        )
        return Outcome(self._store().save_answer(job.owner, answer), document_id)

    def map_attention(
        self, job: JobRow, on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes]
    ) -> Outcome:
        """Map where the model looks. The log of the job keeps the map."""
        document = self._document(job.owner, str(job.document_id))
        options = options_of_job(job.params, document)
        key = self._key("summarize", document, options)  # the map reads as a summary does
        found = self._engine().map_attention(
            document,
            options,
            on_event=marking(key, on_event),
            cancelled=cancelled,
            windows=of_key(key, windows),
        )
        on_event(Mapped(found))
        return Outcome(document_id=document.id)

    def suggest(
        self, job: JobRow, on_event: OnEvent, cancelled: IsCancelled, windows: Mapping[int, bytes]
    ) -> Outcome:
        """Find questions that the document answers. The log keeps where each one's term stands."""
        document = self._document(job.owner, str(job.document_id))
        proposed = tried(document)
        surely: list[Citation] = []
        for number, question in enumerate(proposed):
            on_event(Progress("Trying questions", number, len(proposed)))
            answer = self._engine().answer(document, question.text, AnswerOptions(), cancelled=cancelled)
            if answer.confidence >= SURE_ENOUGH and is_answered(question, answer):
                page = document.page_at(question.span.start)
                surely.append(Citation(question.span, page, question.text, answer.confidence))
                on_event(Provisional(tuple(surely)))
            if len(surely) == MOST_SUGGESTED:
                break
        return Outcome(document_id=document.id)

    def _key(
        self,
        task: Literal["summarize", "answer"],
        document: Document,
        options: SummaryOptions | AnswerOptions,
        question: str | None = None,
    ) -> str:
        recognised = within(document, options.scope).pages_recognised
        return self._engine().key(task, document.id, options, question, recognised)

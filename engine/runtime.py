"""The facade of the engine: which model is loaded, one computation at a time, one record for each output.

    runtime = Runtime(Path("assets/models"), app_version="0.1.0")
    summary = runtime.summarize(document, SummaryOptions(length="short"))
    answer = runtime.answer(document, "Who wrote it?", AnswerOptions())

torch and the weights are loaded on first need and kept; a lock admits one computation at a
time, so that two readers cannot fight for the same cores and memory.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.errors import Cancelled, NoText, OutOfMemory
from engine.resident import Watermark
from engine.tasks.asked import asks_of_whole
from engine.types import (
    Answer,
    AnswerOptions,
    AttentionMap,
    Document,
    IsCancelled,
    JsonScalar,
    ModelInfo,
    OnEvent,
    Progress,
    Run,
    Summary,
    SummaryOptions,
    ignore_event,
    never_cancelled,
    run_key,
)
from engine.weights.registry import find_model, read_registry

if TYPE_CHECKING:
    from engine.device import Device, DeviceChoice
    from engine.tasks.reader import LoadedReader

Task = Literal["summarize", "answer"]
Options = SummaryOptions | AnswerOptions
NO_WINDOWS: Mapping[int, bytes] = {}


class Runtime:
    """The models of one directory on one device."""

    def __init__(
        self, models: Path, *, app_version: str, device: DeviceChoice = "auto", threads: int | None = None
    ) -> None:
        self._directory = models
        self._app_version = app_version
        self._wish = device
        self._threads = threads
        self._device: Device | None = None
        self._loaded: LoadedReader | None = None
        self._loaded_name = ""
        self._computing = threading.Lock()
        self._choosing = threading.Lock()

    # -------------------------------------------------------------- about it

    def models(self) -> tuple[ModelInfo, ...]:
        """Every model of the registry; no weights are loaded."""
        return read_registry(self._directory)

    def device_reason(self) -> str:
        """Where it computes, and why, in a sentence."""
        return self._chosen_device().reason

    def key(
        self, task: Task, document_id: str, options: Options, question: str | None = None,
        recognised: tuple[int, ...] = (),
    ) -> str:
        """`Run.key` of the output that this call would give: what to look up before computing.
        `recognised` are the pages that are read whose text was recognised."""
        model = find_model(self.models(), task, options.model)
        return run_key(
            task, document_id, model.name, model.sha256, model.quantization, self._chosen_device().name,
            _settings(options, question), self._app_version, recognised,
        )

    # ------------------------------------------------------------- the verbs

    def summarize(
        self, document: Document, options: SummaryOptions, *, on_event: OnEvent = ignore_event,
        cancelled: IsCancelled = never_cancelled, windows: Mapping[int, bytes] = NO_WINDOWS,
    ) -> Summary:
        """Summarise a document.

        Of a document with `options.scope` only that part is read, and counted as read.
        `windows` are payloads of earlier WindowDone events of the same run, which are not computed again.
        Raises NoText, Cancelled, CheckpointError or OutOfMemory.
        """
        from engine.tasks.placement import IN_WORDS
        from engine.tasks.recognised import mark_sentences
        from engine.tasks.scope import within
        from engine.tasks.summarize import summarize_extractively

        document = within(document, options.scope)
        with self._reading(document, "summarize", options, on_event, cancelled) as (model, reader):
            started = time.monotonic()
            watch = Watermark(on_event)
            sentences, scores = summarize_extractively(
                reader, document, options, on_event=watch, cancelled=cancelled, windows=windows
            )
            run = self._record(
                "summarize", document, model, _settings(options), IN_WORDS[options.placement],
                scores.n_global, scores.n_windows, scores.n_tokens, time.monotonic() - started, watch.peak,
            )
        return Summary(mark_sentences(document, sentences), run)

    def answer(
        self, document: Document, question: str, options: AnswerOptions, *, on_event: OnEvent = ignore_event,
        cancelled: IsCancelled = never_cancelled, windows: Mapping[int, bytes] = NO_WINDOWS,
    ) -> Answer:
        """Answer a question with words of the document, or say that it has no answer. A question about
        the document as a whole is answered by its most telling sentences.

        Of a document with `options.scope` only that part is read, and counted as read.
        Raises NoText, Cancelled, CheckpointError or OutOfMemory.
        """
        from engine.tasks.answer import answer_document
        from engine.tasks.overall import tell_of_whole
        from engine.tasks.placement import IN_WORDS
        from engine.tasks.recognised import mark_citations
        from engine.tasks.scope import within

        whole, document = document, within(document, options.scope)
        asked = asks_of_whole(question)
        with self._reading(document, "answer", options, on_event, cancelled) as (model, reader):
            started = time.monotonic()
            watch = Watermark(on_event)
            ask = partial(answer_document, question=question)
            find = partial(tell_of_whole, asked=asked) if asked else ask
            found = find(reader, document, on_event=watch, cancelled=cancelled, windows=windows)
            placement = IN_WORDS["first"] if asked else "all tokens of the question"
            run = self._record(
                "answer", document, model, _settings(options, question), placement,
                found.n_global, found.n_windows, found.n_tokens, time.monotonic() - started, watch.peak,
            )
        page = whole.page_at(found.span.start) if found.span else None
        return Answer(
            question, found.found, found.text, found.span, page, found.confidence,
            mark_citations(document, found.evidence), run,
        )

    def map_attention(
        self, document: Document, options: SummaryOptions, *, on_event: OnEvent = ignore_event,
        cancelled: IsCancelled = never_cancelled, windows: Mapping[int, bytes] = NO_WINDOWS,
    ) -> AttentionMap:
        """Where the model looks when it weighs this document, or the part of it in `options.scope`.

        It takes about as long as the summary, for the document is read again.
        Raises NoText, Cancelled, CheckpointError or OutOfMemory.
        """
        from engine.tasks.attended import map_attention
        from engine.tasks.scope import within

        document = within(document, options.scope)
        with self._reading(document, "summarize", options, on_event, cancelled) as (_, reader):
            return map_attention(
                reader, document, options, on_event=on_event, cancelled=cancelled, windows=windows
            )

    # ----------------------------------------------------------------- inside

    @contextmanager
    def _reading(
        self, document: Document, task: Task, options: Options, on_event: OnEvent, cancelled: IsCancelled
    ) -> Iterator[tuple[ModelInfo, LoadedReader]]:
        """Hold the lock with the right model loaded; what torch raises for want of memory is ours."""
        if not document.text.strip() or not document.sentences:
            raise NoText(document=document.id, pages=len(document.pages))
        model = find_model(self.models(), task, options.model)
        while not self._computing.acquire(timeout=0.1):
            if cancelled():
                raise Cancelled
        try:
            if cancelled():
                raise Cancelled
            yield model, self._load(model, on_event)
        except MemoryError as error:
            raise OutOfMemory from error
        except RuntimeError as error:
            if not re.search("out of memory|allocate", str(error)):  # torch has no class for the CPU's
                raise
            raise OutOfMemory from error
        finally:
            self._computing.release()

    def _load(self, model: ModelInfo, on_event: OnEvent) -> LoadedReader:
        if self._loaded is None or self._loaded_name != model.name:
            from engine.tasks.reader import load_reader

            on_event(Progress("Loading the model", 0, 1))
            self._loaded = load_reader(Path(model.directory), self._chosen_device())
            self._loaded_name = model.name
        return self._loaded

    def _chosen_device(self) -> Device:
        with self._choosing:
            if self._device is None:
                from engine.device import choose_device

                self._device = choose_device(self._wish, self._threads)
            return self._device

    def _record(
        self, task: Task, document: Document, model: ModelInfo, settings: Mapping[str, JsonScalar],
        placement: str, n_global: int, n_windows: int, n_tokens: int, seconds: float, peak: int,
    ) -> Run:
        return Run(
            task=task,
            document=document.id,
            model=model.name,
            weights_digest=model.sha256,
            quantization=model.quantization,
            device=self._chosen_device().name,
            options=settings,
            placement=placement,
            n_global=n_global,
            windows=n_windows,
            tokens_read=n_tokens,
            pages_read=document.n_pages_read,
            pages_skipped=document.pages_failed,
            pages_without_text=document.pages_without_text,
            app_version=self._app_version,
            seconds=round(seconds, 3),
            pages_recognised=document.pages_recognised,
            peak_bytes=peak,
        )


def _settings(options: Options, question: str | None = None) -> dict[str, JsonScalar]:
    """The options that decide the output, the question among them."""
    if question is None:
        return options.as_settings()
    asked = asks_of_whole(question)
    return options.as_settings() | {"question": question} | ({"asks": asked} if asked else {})

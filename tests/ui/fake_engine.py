"""An engine that reads no model: deterministic, slow on purpose, and it counts its steps.

Summaries are every n-th sentence; an answer is the first sentence that holds the question's
longest word. Each step appends one byte to `counter`, so a test can see from outside whether
it is still computing.
"""

import time
from collections.abc import Mapping
from pathlib import Path

from engine.errors import Cancelled, OutOfMemory
from engine.tasks.asked import asks_of_whole
from engine.tasks.placement import IN_WORDS
from engine.tasks.scope import within
from engine.types import (
    Answer,
    AnswerOptions,
    AttentionMap,
    Citation,
    Document,
    IsCancelled,
    ModelInfo,
    OnEvent,
    Progress,
    Provisional,
    Run,
    Sentence,
    Span,
    Summary,
    SummaryOptions,
    SummarySentence,
    WindowDone,
    ignore_event,
    never_cancelled,
    run_key,
)

N_SENTENCES = {"line": 1, "sections": 8, "short": 3, "medium": 6, "long": 12}
VERSION = "0.0-test"


class FakeEngine:
    def __init__(
        self, counter: Path | None = None, seconds_per_step: float = 0.0, n_windows: int = 5
    ) -> None:
        self.counter, self.seconds_per_step, self.n_windows = counter, seconds_per_step, n_windows
        self.steps = 0

    def models(self) -> tuple[ModelInfo, ...]:
        return (
            ModelInfo(
                "fake-longformer",
                "longformer",
                ("summarize", "answer"),
                "nowhere",
                1_000_000,
                "0" * 64,
                "int8",
                4096,
                ("en",),
                "CC0-1.0",
                True,
            ),
        )

    def device_reason(self) -> str:
        return "CPU: this engine computes nothing."

    def key(self, task, document_id, options, question=None, recognised=()) -> str:
        return run_key(
            task,
            document_id,
            "fake-longformer",
            "0" * 64,
            "int8",
            "cpu",
            self._settings(options, question),
            VERSION,
            recognised,
        )

    def _settings(self, options, question) -> dict:
        asked = asks_of_whole(question or "")
        asks = {"asks": asked} if asked else {}
        return {**options.as_settings(), **({"question": question} if question else {}), **asks}

    def _run(self, task, document: Document, options, question=None) -> Run:
        return Run(
            task,
            document.id,
            "fake-longformer",
            "0" * 64,
            "int8",
            "cpu",
            self._settings(options, question),
            IN_WORDS[options.placement] if task == "summarize" else "all tokens of the question",
            1,
            self.n_windows,
            len(document.text) // 4,
            len(document.pages),
            (),
            document.pages_without_text,
            VERSION,
            0.5,
            document.pages_recognised,
        )

    def _step(self, cancelled: IsCancelled) -> None:
        if cancelled():
            raise Cancelled
        self.steps += 1
        if self.counter is not None:
            with self.counter.open("ab") as stream:
                stream.write(b".")
        time.sleep(self.seconds_per_step)
        if cancelled():
            raise Cancelled

    def summarize(
        self,
        document: Document,
        options: SummaryOptions,
        *,
        on_event: OnEvent = ignore_event,
        cancelled: IsCancelled = never_cancelled,
        windows: Mapping[int, bytes] = {},
    ) -> Summary:
        document = within(document, options.scope)
        body = [s for s in document.sentences if s.kind == "body"] or list(document.sentences)
        wanted = min(N_SENTENCES[options.length], len(body))
        chosen = [body[i * len(body) // max(wanted, 1)] for i in range(wanted)]
        if "out of memory" in document.text:
            raise OutOfMemory
        for window in range(self.n_windows):
            if window not in windows:
                for step in range(4):
                    self._step(cancelled)
                    on_event(Progress("Weighing sentences, part", window * 4 + step + 1, self.n_windows * 4))
                on_event(WindowDone(window, self.n_windows, f"window {window}".encode()))
            seen = chosen[: max(1, (window + 1) * len(chosen) // self.n_windows)]
            on_event(Provisional(tuple(self._cite(document, sentence, 0.8) for sentence in seen)))
        sentences = tuple(
            SummarySentence(s.span.of(document.text), 0.9 if i != 1 else 0.3, (self._cite(document, s, 0.9),))
            for i, s in enumerate(chosen)
        )
        return Summary(sentences, self._run("summarize", document, options))

    def answer(
        self,
        document: Document,
        question: str,
        options: AnswerOptions,
        *,
        on_event: OnEvent = ignore_event,
        cancelled: IsCancelled = never_cancelled,
        windows: Mapping[int, bytes] = {},
    ) -> Answer:
        words = sorted((word.strip("?.,!").lower() for word in question.split()), key=len)
        hits = [s for s in document.sentences if words[-1] in s.span.of(document.text).lower()]
        for step in range(self.n_windows):
            self._step(cancelled)
            on_event(Progress("Reading part", step + 1, self.n_windows))
            on_event(Provisional(tuple(self._cite(document, s, 0.5) for s in hits[:1])))
        run = self._run("answer", document, options, question)
        evidence = tuple(self._cite(document, s, 0.6) for s in (hits or list(document.sentences))[:3])
        if "asks" in run.options:
            told = tuple(self._cite(document, s, 0.6) for s in document.sentences[:2])
            text = " ".join(one.text for one in told)
            return Answer(question, True, text, told[0].span, told[0].page, 0.0, told, run)
        if not hits:
            return Answer(question, False, "", None, None, 0.84, evidence, run)
        span = hits[0].span
        return Answer(
            question, True, span.of(document.text), span, document.page_at(span.start), 0.91, evidence, run
        )

    def map_attention(
        self,
        document: Document,
        options: SummaryOptions,
        *,
        on_event: OnEvent = ignore_event,
        cancelled: IsCancelled = never_cancelled,
        windows: Mapping[int, bytes] = {},
    ) -> AttentionMap:
        """Every part looks at itself and its neighbours, and a little at the first token."""
        document = within(document, options.scope)
        for window in range(self.n_windows):
            if window not in windows:
                self._step(cancelled)
                on_event(Progress("Mapping attention", window + 1, self.n_windows, "window"))
                on_event(WindowDone(window, self.n_windows, b"w"))
        said, n = document.sentences, len(document.sentences)
        size = max(1, -(-n // 40))
        parts = tuple(
            Span(said[i].span.start, said[min(i + size, n) - 1].span.end) for i in range(0, n, size)
        )
        n_parts = len(parts)
        looks = tuple(
            tuple({0: 0.5, 1: 0.2}.get(abs(i - j), 0.0) for j in range(n_parts)) for i in range(n_parts)
        )
        heat = tuple((i * 37 % 10 + 1) / 10 for i in range(n))
        each = (0.1,) * n_parts
        return AttentionMap(parts, looks, each, (1 / n_parts,) * n_parts, heat, 1, self.n_windows, 3)

    def _cite(self, document: Document, sentence: Sentence, score: float) -> Citation:
        text, sure = sentence.span.of(document.text), document.recognition(sentence.span)
        return Citation(sentence.span, sentence.page, text, score, sure)

"""The terminal: `python app.py [serve] | ingest | summarize | ask | predict | models | doctor`.

No command here imports gradio, and none imports torch before it needs a model. What a program
may want to read goes to stdout, what a person may want to see to stderr.

Exit codes: 0 done, 1 failed, 2 the file was refused (the status object is the last line of
stdout), 64 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NoReturn

from engine.errors import DocumentError, PrecisError
from engine.types import AnswerOptions, Document, Event, Progress, SummaryOptions
from ui.arguments import USAGE, build_parser
from ui.doctor import describe_installation
from ui.parts import read_part
from ui.services import Services

REFUSED, INTERRUPTED = 2, 130


def main(arguments: Sequence[str], services: Services) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments = ["serve", *arguments]
    options = build_parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options, services)
    except PrecisError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        services.close()


# ----------------------------------------------------------------- commands


def serve(options: argparse.Namespace, services: Services) -> int:
    """Open the reading room."""
    from ui.server import ServeSettings, serve

    settings = services.settings
    return serve(
        ServeSettings(
            host=options.host, port=options.port, data_dir=settings.data_dir, hosted=settings.hosted,
            open_browser=options.open,
        ),
        store=services.store, reader=services.reader, engine=services.engine,
    )


def ingest(options: argparse.Namespace, services: Services) -> int:
    """Read a file; the status object is the last line."""
    started = time.monotonic()
    try:
        document = _read(options, services)
    except DocumentError as error:
        return _refuse(error, started)
    if options.text and not options.json:
        print(document.text)
    _print_json(_status_of(document, time.monotonic() - started))
    return 0


def summarize(options: argparse.Namespace, services: Services) -> int:
    """Summarise a file."""
    started = time.monotonic()
    engine = services.engine()
    try:
        document = _read(options, services)
        scope = read_part(options.part, document)
        choice = SummaryOptions(length=options.length, model=options.model, scope=scope)
        with _ProgressLine() as line:
            summary = engine.summarize(document, choice, on_event=line)
    except DocumentError as error:
        return _refuse(error, started)
    _warn_about_pages(document)
    if options.json:
        _print_json(summary.as_json())
        return 0
    for sentence in summary.sentences:
        pages = sorted({citation.page for citation in sentence.citations})
        print(f"{' '.join(sentence.text.split())} {_pages(pages)}")
    return 0


def ask(options: argparse.Namespace, services: Services) -> int:
    """Answer questions about a file, the model loaded once."""
    started = time.monotonic()
    questions = _questions(options)
    engine = services.engine()
    try:
        document = _read(options, services)
        for identity, question in questions:
            with _ProgressLine() as line:
                answer = engine.answer(document, question, AnswerOptions(model=options.model), on_event=line)
            if options.json:
                _print_json(answer.as_json(identity))
                continue
            sure = f"{round(answer.confidence * 100)} % sure"
            print(f"{' '.join(answer.text.split())} {_pages([answer.page or 1])} ({sure})" if answer.found
                  else f"Not found in this document ({sure}).")
    except DocumentError as error:
        return _refuse(error, started)
    _warn_about_pages(document)
    return 0


def predict(options: argparse.Namespace, services: Services) -> int:
    """Say what a model directory says about a text."""
    from engine.tasks.predict import predict

    text = options.file.read_text("utf-8", "replace") if options.file else options.text
    try:
        result = predict(
            options.task, options.model, text, question=options.question, choices=options.choice,
            n_beams=options.beams, max_new_tokens=options.tokens,
        )
    except ValueError as error:
        _wrong_usage(str(error))
    _print_json(result)
    return 0


def models(options: argparse.Namespace, services: Services) -> int:
    """List the models."""
    for model in services.engine().models():
        if options.json:
            _print_json({name: getattr(model, name) for name in model.__slots__ if name != "directory"})
            continue
        state = "verified" if model.verified else "MISSING OR CHANGED"
        print(f"{model.name}  {model.family}, {model.quantization}, {model.n_bytes / 1e6:.1f} MB, {state}")
        print(f"  can {' and '.join(model.tasks)}; up to {model.max_tokens} tokens at once; "
              f"{', '.join(model.languages)}; {model.licence}")
    return 0


def doctor(options: argparse.Namespace, services: Services) -> int:
    """Say what this installation consists of."""
    report = describe_installation(services)
    if options.json:
        _print_json(report)
        return 0
    for name, value in report.items():
        lines = value if isinstance(value, list) else [value]
        print(f"{name + ':':18}{lines[0] if lines else 'none'}")
        for more in lines[1:]:
            print(f"{'':18}{more}")
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace, Services], int]] = {
    "serve": serve, "ingest": ingest, "summarize": summarize, "ask": ask, "predict": predict,
    "models": models, "doctor": doctor,
}

# ------------------------------------------------------------------- pieces


def _read(options: argparse.Namespace, services: Services) -> Document:
    password = sys.stdin.readline().rstrip("\r\n") if options.password_stdin else ""
    with _ProgressLine() as line:
        return services.reader().read(
            options.file, name=options.file.name, password=password, on_event=line
        )


def _status_of(document: Document, seconds: float) -> dict[str, object]:
    return {
        "status": document.status, "document": document.id, "pages": len(document.pages),
        "anchors": "pages" if document.is_printed else "sections",  # what "pages" counts
        "chars": len(document.text), "pages_without_text": list(document.pages_without_text),
        "seconds": round(seconds, 3),
    }


def _refuse(error: DocumentError, started: float) -> int:
    """Say why a file was refused: to people on stderr, to programs as the status object."""
    print(error, file=sys.stderr)
    _print_json({
        "status": error.status, "document": error.document, "pages": error.pages, "chars": 0,
        "pages_without_text": list(range(1, error.pages + 1)) if error.status == "no_text" else [],
        "seconds": round(time.monotonic() - started, 3), "message": str(error),
    })
    return REFUSED


def _questions(options: argparse.Namespace) -> list[tuple[str | int, str]]:
    """Questions of the command line, numbered from 1, and of the file, with their own ids."""
    questions: list[tuple[str | int, str]] = list(enumerate(options.question, start=1))
    if options.questions:
        questions += _question_lines(options.questions)
    if not questions or not all(question.strip() for _, question in questions):
        _wrong_usage("ask at least one question, and no empty one")
    return questions


def _question_lines(path: Path) -> list[tuple[str | int, str]]:
    found: list[tuple[str | int, str]] = []
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found.append((row["id"], str(row["question"])))
        except (ValueError, KeyError, TypeError):
            _wrong_usage(f'line {number} of {path.name} is not {{"id": ..., "question": ...}}')
    return found


def _wrong_usage(message: str) -> NoReturn:
    print(f"python app.py: {message}", file=sys.stderr)
    raise SystemExit(USAGE)


def _warn_about_pages(document: Document) -> None:
    """Say on stderr what could not be read; silence would be a claim that all was."""
    for what, pages in (("have no text layer", document.pages_without_text),
                        ("could not be read", document.pages_failed)):
        if pages:
            print(f"{len(pages)} of {len(document.pages)} pages {what}: {_ranges(pages)}.", file=sys.stderr)


def _ranges(numbers: Sequence[int]) -> str:
    """`1-3, 7` for 1, 2, 3, 7."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)


def _pages(pages: Sequence[int]) -> str:
    return f"[p. {_ranges(pages)}]"


def _print_json(value: object) -> None:
    """One line of ASCII: what any program reads, whatever the terminal's encoding."""
    print(json.dumps(value), flush=True)


class _ProgressLine:
    """A line on stderr that says how far the work has come; silent where nobody looks."""

    def __init__(self, stream: IO[str] = sys.stderr) -> None:
        self.stream = stream
        self.visible = stream.isatty()

    def __enter__(self) -> _ProgressLine:
        return self

    def __call__(self, event: Event) -> None:
        if self.visible and isinstance(event, Progress):
            count = f" {event.unit} {event.done} of {event.total}" if event.total else ""
            self.stream.write(f"\r\x1b[K{event.phase}{count}")
            self.stream.flush()

    def __exit__(self, *failure: object) -> None:
        if self.visible:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

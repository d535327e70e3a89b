"""The terminal: `python app.py [serve] | ingest | summarize | ask | predict | models | doctor`.

No command here imports gradio, and none imports torch before it needs a model. What a program
may want to read goes to stdout, what a person may want to see to stderr.

Exit codes: 0 done, 1 failed, 2 the file was refused (the status object is the last line of
stdout), 64 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from engine.errors import DocumentError, PrecisError
from engine.ingest.kinds import kind_by_name
from engine.types import MOST_QUESTION_CHARS, Answer, AnswerOptions, Document
from ui.arguments import USAGE, build_parser
from ui.doctor import describe_installation
from ui.opening import open_document
from ui.parts import read_part
from ui.placing import read_global, read_options
from ui.printing import (
    ProgressLine,
    print_answers,
    print_json,
    print_summary,
    warn_about_language,
    warn_about_pages,
)
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
    if options.mcp and settings.hosted:
        _wrong_usage("--mcp is for one's own computer, not for a hosted demo")
    if options.mcp and importlib.util.find_spec("mcp") is None:
        _wrong_usage("--mcp needs a package: pip install 'precis[mcp]', or pip install 'mcp>=1.21,<2'")
    return serve(
        ServeSettings(
            host=options.host, port=options.port, data_dir=settings.data_dir, hosted=settings.hosted,
            open_browser=options.open, mcp=options.mcp, names=settings.names,
        ),
        store=services.store, reader=services.reader, engine=services.engine,
        describe=lambda: describe_installation(services),
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
    print_json(_status_of(document, time.monotonic() - started))
    return 0


def summarize(options: argparse.Namespace, services: Services) -> int:
    """Summarise files, one after the other."""
    if len(options.files) > 1 and (options.part or read_global(options.attend)[1]):
        _wrong_usage("--part and passages for --global are for one file")
    engine = services.engine()
    several, ending = len(options.files) > 1, 0
    for path, document in _read_all(options, services):
        if document is None:
            ending = REFUSED
            continue
        placement, picked = read_global(options.attend)
        choice = read_options(
            document, options.length, options.part, placement, picked, model=options.model
        )
        try:
            with ProgressLine() as line:
                summary = engine.summarize(document, choice, on_event=line)
        except DocumentError as error:
            ending = _refuse(error, time.monotonic())
            continue
        warn_about_pages(document)
        warn_about_language(document, engine.models())
        print_summary(path, summary, as_json=options.json, several=several)
    return ending


def ask(options: argparse.Namespace, services: Services) -> int:
    """Answer questions about files, the model loaded once."""
    files, asked = _files_and_questions(options.words)
    questions = _questions(asked, options.questions)
    options.files = files
    if options.part and len(files) > 1:
        _wrong_usage("--part is for one file")
    engine = services.engine()
    read = list(_read_all(options, services))
    refused: set[Path] = set()
    for identity, question in questions:
        answers: list[tuple[Path, Answer]] = []
        for path, document in read:
            if document is None or path in refused:
                continue
            started = time.monotonic()
            choice = AnswerOptions(model=options.model, scope=read_part(options.part, document))
            try:
                with ProgressLine() as line:
                    one = engine.answer(document, question, choice, on_event=line)
            except DocumentError as error:
                refused.add(path)
                _refuse(error, started)
                continue
            answers.append((path, one))
        print_answers(identity, question if len(questions) > 1 else "", answers, options.json, len(read))
    for _, document in read:
        if document is not None:
            warn_about_pages(document)
            warn_about_language(document, engine.models())
    return REFUSED if refused or any(document is None for _, document in read) else 0


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
    print_json(result)
    return 0


def models(options: argparse.Namespace, services: Services) -> int:
    """List the models."""
    for model in services.engine().models():
        if options.json:
            print_json({name: getattr(model, name) for name in model.__slots__ if name != "directory"})
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
        print_json(report)
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


def _password(options: argparse.Namespace) -> str:
    return sys.stdin.readline().rstrip("\r\n") if options.password_stdin else ""


def _read(options: argparse.Namespace, services: Services) -> Document:
    return open_document(services.reader(), options.file, password=_password(options), ocr=options.ocr)


def _status_of(document: Document, seconds: float) -> dict[str, object]:
    return {
        "status": document.status, "document": document.id, "pages": len(document.pages),
        "anchors": "pages" if document.is_printed else "sections",  # what "pages" counts
        "chars": len(document.text), "pages_without_text": list(document.pages_without_text),
        "pages_recognised": list(document.pages_recognised), "seconds": round(seconds, 3),
    }


def _refuse(error: DocumentError, started: float) -> int:
    """Say why a file was refused: to people on stderr, to programs as the status object."""
    print(error, file=sys.stderr)
    print_json({
        "status": error.status, "document": error.document, "pages": error.pages, "chars": 0,
        "pages_without_text": list(range(1, error.pages + 1)) if error.status == "no_text" else [],
        "pages_recognised": [], "seconds": round(time.monotonic() - started, 3), "message": str(error),
    })
    return REFUSED


def _read_all(
    options: argparse.Namespace, services: Services
) -> Iterator[tuple[Path, Document | None]]:
    """The files as documents, one by one; None where one was refused, which is said."""
    password = _password(options)
    for path in options.files:
        started = time.monotonic()
        try:
            yield path, open_document(services.reader(), path, password=password, ocr=options.ocr)
        except DocumentError as error:
            _refuse(error, started)
            yield path, None


def _files_and_questions(words: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Files stand first; the first word that is the name of none begins the questions."""
    files = [Path(word) for word in takewhile(_is_there, words)]
    questions = list(words[len(files) :])
    if not files or (questions and kind_by_name(questions[0]) and " " not in questions[0]):
        _wrong_usage(f"there is no file {questions[0]!r}")
    return files, questions


def _is_there(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):  # too long for a name, as a question may be
        return False


def _questions(asked: Sequence[str], file: Path | None) -> list[tuple[str | int, str]]:
    """Questions of the command line, numbered from 1, and of a file, with their own ids."""
    questions: list[tuple[str | int, str]] = list(enumerate(asked, start=1))
    if file:
        questions += _question_lines(file)
    if not questions or not all(question.strip() for _, question in questions):
        _wrong_usage("ask at least one question, and no empty one")
    if any(len(question) > MOST_QUESTION_CHARS for _, question in questions):
        _wrong_usage(f"a question may have {MOST_QUESTION_CHARS} characters: shorten it")
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

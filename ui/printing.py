"""What the terminal says: summaries, answers, what could not be read, and how far the work has come.

What a program may want to read goes to stdout, what a person may want to see to stderr.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from engine.text.language import language_of
from engine.types import Answer, Document, Event, ModelInfo, Progress, Summary
from ui.absent import not_found_in_several, not_found_in_words, whose_sentences
from ui.doubts import in_words
from ui.languages import warning_words
from ui.pieces import page_ranges


def print_summary(path: Path, summary: Summary, *, as_json: bool, several: bool) -> None:
    """The sentences with their pages; under the file's name where there are several."""
    if as_json:
        print_json(({"file": path.name} if several else {}) | summary.as_json())
        return
    if several:
        print(f"{path.name}:")
    for sentence in summary.sentences:
        cited = sorted({citation.page for citation in sentence.citations})
        print(f"{in_words(sentence)} {pages(cited, summary.run.pages_recognised)}")
    if several:
        print()


def print_answers(
    identity: str | int, question: str, answers: Sequence[tuple[Path, Answer]], as_json: bool, n_files: int
) -> None:
    """What was found, surest first; or that it was found in none of the files that could be read, of so
    many that were asked. Where none could be read, that was said already."""
    several = n_files > 1
    if as_json:
        for path, answer in answers:
            print_json(({"file": path.name} if several else {}) | answer.as_json(identity))
        return
    if several and question and answers:
        print(question)
    found = sorted((pair for pair in answers if pair[1].found), key=lambda pair: -pair[1].confidence)
    for path, answer in found:
        if answer.is_told:
            print_told(f"{path.name}: " if several else "", answer)
            continue
        sure = f"({round(answer.confidence * 100)} % sure)"
        name = f"{path.name}: " if several else ""
        place = pages([answer.page or 1], answer.run.pages_recognised)
        print(f"{name}{' '.join(answer.text.split())} {place} {sure}")
    if answers and not found:
        runs = [answer.run for _, answer in answers]
        print(not_found_in_several(runs, n_files) if several else not_found_in_words(answers[0][1]))


def print_told(name: str, answer: Answer) -> None:
    """The sentences that answer a question about the whole, each with its page."""
    print(whose_sentences(answer), file=sys.stderr)
    for one in answer.evidence:
        print(f"{name}{' '.join(one.text.split())} {pages([one.page], answer.run.pages_recognised)}")


def warn_about_pages(document: Document) -> None:
    """Say on stderr what could not be read; silence would be a claim that all was."""
    for what, pages in (("have no text layer", document.pages_without_text),
                        ("have text that was recognised (OCR)", document.pages_recognised),
                        ("could not be read", document.pages_failed)):
        if pages:
            named = page_ranges(pages, "-")
            print(f"{len(pages)} of {len(document.pages)} pages {what}: {named}.", file=sys.stderr)


def warn_about_language(document: Document, models: Sequence[ModelInfo]) -> None:
    """Say on stderr where no model knows the language of the document."""
    words = warning_words(language_of(document), (code for model in models for code in model.languages))
    if words:
        print(words, file=sys.stderr)


def pages(numbers: Sequence[int], recognised: Sequence[int] = ()) -> str:
    """`[p. 1-3, 7]`; `[p. 7, OCR]` where the text of one of them was recognised."""
    ocr = ", OCR" if {*numbers} & {*recognised} else ""
    return f"[p. {page_ranges(numbers, '-')}{ocr}]"


def print_json(value: object) -> None:
    """One line of ASCII: what any program reads, whatever the terminal's encoding."""
    print(json.dumps(value), flush=True)


class ProgressLine:
    """A line on stderr that says how far the work has come; silent where nobody looks."""

    def __init__(self, stream: IO[str] = sys.stderr) -> None:
        self.stream = stream
        self.visible = stream.isatty()

    def __enter__(self) -> ProgressLine:
        return self

    def __call__(self, event: Event) -> None:
        """Show the newest progress."""
        if self.visible and isinstance(event, Progress):
            count = f" {event.unit} {event.done} of {event.total}" if event.total else ""
            self.stream.write(f"\r\x1b[K{event.phase}{count}")
            self.stream.flush()

    def __exit__(self, *failure: object) -> None:
        if self.visible:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

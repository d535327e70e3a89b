"""The terminal's contract: what goes to stdout, what to stderr, and the exit codes.

Engine and reader are stand-ins here, so that each case takes milliseconds;
tests/test_end_to_end.py runs the same commands with the real ones.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from engine.errors import DamagedLibrary, EmptyFile, EncryptedFile, NoText, OutOfMemory, UnreadableFile
from engine.types import (
    Answer,
    AnswerOptions,
    Citation,
    Document,
    ModelInfo,
    Page,
    Run,
    Sentence,
    Span,
    Summary,
    SummaryOptions,
    SummarySentence,
)
from storage.store import Store
from ui.arguments import PREDICTIONS, USAGE
from ui.cli import REFUSED, main
from ui.services import Services
from ui.settings import Settings

TEXT = "Glaciers move slowly. They carry stones — even 𝔟𝔬𝔲𝔩𝔡𝔢𝔯𝔰."


def a_document() -> Document:
    return Document(
        id="ab" * 32,
        title="Glaciers",
        text=TEXT,
        pages=(
            Page(1, 595, 842, Span(0, len(TEXT))),
            Page(2, 595, 842, Span(len(TEXT), len(TEXT)), "no_text"),
        ),
        sentences=(Sentence(Span(0, 21), 1), Sentence(Span(22, len(TEXT)), 1)),
    )


def a_run(task: Literal["summarize", "answer"]) -> Run:
    return Run(
        task=task, document="ab" * 32, model="fake", weights_digest="0", quantization="int8", device="cpu",
        options={}, placement="none", n_global=1, windows=1, tokens_read=12, pages_read=1, pages_skipped=(),
        pages_without_text=(2,), app_version="0", seconds=0.1,
    )  # fmt: skip


class FakeReader:
    refusal: Exception | None = None
    password: object = None

    def read(self, path: Path, *, password: str = "", **_: object) -> Document:
        self.password = password
        if self.refusal:
            raise self.refusal
        return a_document()


class FakeEngine:
    failure: Exception | None = None

    def models(self) -> tuple[ModelInfo, ...]:
        return (
            ModelInfo(
                "fake",
                "longformer",
                ("answer",),
                "nowhere",
                1_000_000,
                "0" * 64,
                "int8",
                4096,
                ("en",),
                "CC0",
                True,
            ),
        )

    def device_reason(self) -> str:
        return "Computing in the head."

    def summarize(self, document: Document, options: SummaryOptions, **_: object) -> Summary:
        if self.failure:
            raise self.failure
        span = Span(0, 21)
        citation = Citation(span, 1, span.of(document.text), 1.0)
        return Summary((SummarySentence(span.of(document.text), 1.0, (citation,)),), a_run("summarize"))

    def answer(self, document: Document, question: str, options: AnswerOptions, **_: object) -> Answer:
        found = "glaciers" in question.lower()
        span = Span(9, 20) if found else None
        return Answer(
            question,
            found,
            span.of(document.text) if span else "",
            span,
            1 if found else None,
            0.75,
            (),
            replace(a_run("answer"), options=options.as_settings()),
        )


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def services(tmp_path: Path, reader: FakeReader, engine: FakeEngine) -> Services:
    def no_store() -> object:
        raise AssertionError("a terminal command keeps nothing in the library")

    settings = Settings(root=tmp_path, data_dir=tmp_path / "data", app_version="0")
    return Services(settings, lambda: reader, lambda: engine, no_store, lambda: None)  # type: ignore[arg-type, return-value]


@pytest.fixture
def paper(tmp_path: Path) -> str:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7")
    return str(tmp_path / "paper.pdf")


def last_object(out: str) -> Mapping[str, object]:
    value = json.loads(out.splitlines()[-1])
    assert isinstance(value, dict)
    return value


def test_ingest_prints_the_status_object_last(
    services: Services, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", paper, "--text"], services) == 0
    out = capsys.readouterr().out
    assert out.startswith(TEXT)
    status = last_object(out)
    assert status["status"] == "ok"
    assert (status["document"], status["pages"], status["chars"]) == ("ab" * 32, 2, len(TEXT))
    assert status["pages_without_text"] == [2]
    assert isinstance(status["seconds"], float)


def test_ingest_json_prints_nothing_else(
    services: Services, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", paper, "--text", "--json"], services) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("command", [["ingest"], ["summarize"], ["ask"]])
def test_a_password_comes_from_standard_input_and_shows_nowhere(
    command: list[str],
    services: Services,
    reader: FakeReader,
    paper: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame \r\nnothing more"))
    arguments = [command[0], paper, *(["Who?"] if command == ["ask"] else []), "--password-stdin"]
    assert main(arguments, services) == 0
    assert reader.password == "open sesame "
    captured = capsys.readouterr()
    assert "sesame" not in captured.out + captured.err


@pytest.mark.parametrize("command", [["ingest"], ["summarize"], ["summarize", "--json"], ["ask"]])
def test_a_refused_file_ends_every_command_alike(
    command: list[str], services: Services, reader: FakeReader, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.refusal = EncryptedFile(document="cd" * 32, pages=3)
    arguments = [command[0], paper, *command[1:], *(["Who?"] if command == ["ask"] else [])]
    assert main(arguments, services) == REFUSED
    captured = capsys.readouterr()
    assert last_object(captured.out)["status"] == "password"
    assert last_object(captured.out)["document"] == "cd" * 32
    assert "password" in captured.err
    assert "Traceback" not in captured.err


def test_a_scan_names_the_pages_without_text(
    services: Services, reader: FakeReader, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reader.refusal = NoText(document="cd" * 32, pages=3)
    assert main(["ingest", paper], services) == REFUSED
    assert last_object(capsys.readouterr().out)["pages_without_text"] == [1, 2, 3]


def test_summarize_prints_sentences_with_pages(
    services: Services, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["summarize", paper], services) == 0
    captured = capsys.readouterr()
    assert captured.out == "Glaciers move slowly. [p. 1]\n"
    assert "1 of 2 pages have no text layer: 2." in captured.err


def test_summarize_json(services: Services, paper: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summarize", paper, "--json", "--length", "short"], services) == 0
    summary = json.loads(capsys.readouterr().out)
    assert set(summary) == {"sentences", "run"}
    assert set(summary["sentences"][0]) == {"text", "support", "origin", "doubts", "citations"}
    citation = summary["sentences"][0]["citations"][0]
    assert set(citation) == {"page", "start", "end", "text", "score", "ocr"}
    assert TEXT[citation["start"] : citation["end"]] == citation["text"]


def test_ask_json_prints_a_line_for_each_question(
    services: Services, paper: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"id": "q7", "question": "Who sings?"}\n\n{"id": 8, "question": "What do glaciers do?"}\n'
    )
    assert (
        main(["ask", paper, "How fast are glaciers?", "--questions", str(questions), "--json"], services) == 0
    )
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["id"] for row in rows] == [1, "q7", 8]
    assert [row["found"] for row in rows] == [True, False, True]
    place, rest = {"page", "start", "end", "ocr"}, {"confidence", "evidence", "run"}
    assert all(set(row) == {"id", "question", "found", "answer"} | place | rest for row in rows)
    assert rows[1]["answer"] == ""
    assert rows[1]["page"] is rows[1]["start"] is rows[1]["end"] is None
    assert TEXT[rows[0]["start"] : rows[0]["end"]] == rows[0]["answer"]


def test_ask_in_words(services: Services, paper: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", paper, "How fast are glaciers?", "Who sings?"], services) == 0
    found, absent = capsys.readouterr().out.splitlines()
    assert found == "move slowly [p. 1] (75 % sure)"
    assert absent.startswith("Not found in this document (75 % sure). 1 page was read to the end; ")
    assert absent.endswith("the answer may stand on pages that hold no readable text: 2.")
    assert main(["ask", paper, "Who sings?", "--part", "1"], services) == 0
    absent = capsys.readouterr().out.strip()
    assert absent.startswith("Not found in this part of the document (75 % sure). The part you chose")


def test_what_is_told_of_the_whole_stands_line_by_line(
    services: Services, engine: FakeEngine, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cited = (Citation(Span(0, 4), 1, "One.", 0.9), Citation(Span(5, 9), 2, "Two\nlines.", 0.8))
    run = replace(a_run("answer"), options={"asks": "the matter"})
    told = Answer("What is it about?", True, "One. Two.", cited[0].span, 1, 0.0, cited, run)
    engine.answer = lambda *_, **__: told  # type: ignore[method-assign]
    assert main(["ask", paper, "What is it about?"], services) == 0
    printed = capsys.readouterr()
    assert printed.out == "One. [p. 1]\nTwo lines. [p. 2]\n"
    assert "the most telling sentences of the document" in printed.err
    assert main(["ask", paper, "What is it about?", "--json"], services) == 0
    assert last_object(capsys.readouterr().out)["confidence"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["summarize"],
        ["summarize", "no-such-file.pdf"],
        ["ask", "PAPER"],
        ["ask", "PAPER", "  "],
        ["ask", "PAPER", "Who? " * 201],
        ["ask", "PAPER", "--questions", "no-such-file.jsonl"],
        ["summarize", "PAPER", "--length", "endless"],
        ["dance"],
        ["serve", "--port", "many"],
    ],
)
def test_wrong_usage(
    arguments: list[str], services: Services, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([paper if word == "PAPER" else word for word in arguments], services)
    assert stop.value.code == USAGE
    assert capsys.readouterr().err


@pytest.mark.parametrize("line", ["{", '"text"', '{"id": 1}', "[1, 2]"])
def test_a_bad_line_of_questions_is_named(
    line: str, services: Services, paper: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": 1, "question": "Who?"}\n' + line + "\n")
    with pytest.raises(SystemExit) as stop:
        main(["ask", paper, "--questions", str(questions)], services)
    assert stop.value.code == USAGE
    assert "line 2 of questions.jsonl" in capsys.readouterr().err


def test_a_failure_is_a_sentence(
    services: Services, engine: FakeEngine, paper: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.failure = OutOfMemory()
    assert main(["summarize", paper], services) == 1
    assert capsys.readouterr().err == OutOfMemory.default + "\n"


def test_predict_knows_the_tasks_of_the_engine() -> None:
    from engine.tasks.predict import TASKS

    assert PREDICTIONS == TASKS


def test_predict_names_what_is_missing(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["predict", "--task", "answer", "--model", str(tmp_path), "--text", "Some text."], services)
    assert stop.value.code == USAGE
    assert "question" in capsys.readouterr().err


def test_predict_refuses_a_folder_without_a_model(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main(["predict", "--task", "classify", "--model", str(tmp_path), "--text", "Some text."], services)
        == 1
    )
    assert "config.json" in capsys.readouterr().err


def test_models_and_doctor(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"], services) == 0
    assert "fake  longformer, int8, 1.0 MB, verified" in capsys.readouterr().out
    assert main(["models", "list", "--json"], services) == 0
    assert json.loads(capsys.readouterr().out)["verified"] is True
    assert main(["doctor"], services) == 0
    out = capsys.readouterr().out
    assert "Computing in the head." in out
    assert "network attempts:" in out
    assert main(["doctor", "--json"], services) == 0
    assert json.loads(capsys.readouterr().out)["device"] == "Computing in the head."


def test_doctor_tells_of_a_library_that_is_damaged(services: Services, capsys) -> None:
    """The errors of a damaged library send people to it."""
    (services.settings.data_dir).mkdir()
    (services.settings.data_dir / "precis.db").write_bytes(b"no database at all" * 1000)
    damaged = replace(services, store=lambda: Store.open(services.settings.data_dir))
    assert main(["doctor"], damaged) == 0
    out = capsys.readouterr().out
    assert DamagedLibrary.default in out and "network attempts:" in out


def test_of_files_that_were_refused_nothing_is_said_to_be_absent(
    services: Services, reader: FakeReader, paper: str, tmp_path: Path, capsys
) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(b"x")
    refused = [EmptyFile(), None]
    reader.read = lambda path, **named: _raise_or_read(refused.pop(0))
    assert main(["ask", paper, str(other), "Who sings?"], services) == REFUSED
    assert "Not found in 1 document, read to the end but" in capsys.readouterr().out
    refused += [EmptyFile(), EmptyFile()]
    assert main(["ask", paper, str(other), "Who sings?", "Why?"], services) == REFUSED
    out = capsys.readouterr().out
    assert "Not found" not in out and "Who sings?" not in out and out.count('"empty"') == 2


def _raise_or_read(refusal: Exception | None) -> Document:
    if refusal is not None:
        raise refusal
    return a_document()


def test_several_files_share_a_question(services: Services, paper: str, tmp_path: Path, capsys) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(b"x")
    assert main(["ask", paper, str(other), "What do glaciers do?", "Who?"], services) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "What do glaciers do?"
    assert lines[1].startswith("paper.pdf: ") and lines[2].startswith("other.pdf: ")
    ending = "read to the end but for pages without readable text."
    assert lines[3:] == ["Who?", f"Not found in these 2 documents, {ending}"]
    assert main(["ask", paper, str(other), "Glaciers?", "--json"], services) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["file"] for row in rows] == ["paper.pdf", "other.pdf"]
    assert main(["summarize", paper, str(other)], services) == 0
    out = capsys.readouterr().out
    assert out.startswith("paper.pdf:\n") and "\nother.pdf:\n" in out


def test_a_refused_file_among_several_does_not_keep_the_others(services: Services, paper: str, tmp_path,
                                                               capsys, monkeypatch) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(b"x")
    read = FakeReader.read
    refused = UnreadableFile(document="0" * 64)

    def read_but_one(self, path: Path, **rest: object) -> Document:
        if path == other:
            raise refused
        return read(self, path, **rest)

    monkeypatch.setattr(FakeReader, "read", read_but_one)
    assert main(["summarize", str(other), paper], services) == REFUSED
    captured = capsys.readouterr()
    assert "paper.pdf:" in captured.out and str(refused) in captured.err
    assert main(["ask", str(other), paper, "Glaciers?"], services) == REFUSED
    assert "paper.pdf: " in capsys.readouterr().out


def test_one_without_text_among_several_does_not_keep_the_others(
    services: Services, paper: str, tmp_path: Path, capsys, monkeypatch
) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(b"x")
    answer, asked = FakeEngine.answer, []

    def refuse_the_first(self, document: Document, question: str, options: AnswerOptions, **rest: object):
        asked.append(question)
        if len(asked) == 1:
            raise NoText(document="cd" * 32, pages=3)
        return answer(self, document, question, options, **rest)

    monkeypatch.setattr(FakeEngine, "answer", refuse_the_first)
    asking = ["ask", str(other), paper, "Where are glaciers?", "What do glaciers do?"]
    assert main(asking, services) == REFUSED
    captured = capsys.readouterr()
    assert captured.out.count("paper.pdf: ") == 2 and captured.err.count(NoText().args[0]) == 1


def test_a_question_may_be_longer_than_a_file_name(services: Services, paper: str, capsys) -> None:
    assert main(["ask", paper, "What do glaciers do, " * 40 + "please?"], services) == 0
    assert "% sure" in capsys.readouterr().out


def test_a_mistyped_file_is_no_question(services: Services, paper: str, capsys) -> None:
    for words in (["papr.pdf", "Who?"], [paper, "papr.pdf"], [paper, "x.pdf", "Who?"]):
        with pytest.raises(SystemExit) as stop:
            main(["ask", *words], services)
        assert stop.value.code == USAGE
    assert "there is no file" in capsys.readouterr().err


def test_where_global_attention_goes_and_what_part_is_read(services, engine, paper, monkeypatch) -> None:
    asked: list[SummaryOptions | AnswerOptions] = []
    for verb in ("summarize", "answer"):
        plain = getattr(engine, verb)

        def noted(*given, plain=plain, **named):
            asked.append(given[-1])
            return plain(*given, **named)

        monkeypatch.setattr(engine, verb, noted)
    assert main(["summarize", paper, "--global", "sentences"], services) == 0
    assert main(["summarize", paper, "--global", "@0-8"], services) == 0
    assert main(["ask", paper, "Why do glaciers move?", "--part", "1"], services) == 0
    assert [one.as_settings().get("global") for one in asked] == ["sentences", "picked", None]
    assert asked[1].picked == (Span(0, 8),) and asked[2].scope
    assert main(["summarize", paper, "--global", "everywhere"], services) == 1
    with pytest.raises(SystemExit):
        main(["summarize", paper, paper, "--global", "@0-8"], services)

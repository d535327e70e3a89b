"""Exports are inert in their format and complete."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from engine.errors import NotInLibrary
from engine.types import Answer, Box, Citation, Run, Span, Summary, SummarySentence
from ui.absent import how_far, not_found_in_words
from ui.exports import as_markdown, as_tex, export, file_stem, marks
from ui.word import NoWordWriter

RUN = Run(
    "summarize",
    "d" * 64,
    "fake",
    "0" * 64,
    "int8",
    "cpu",
    {},
    "the first token",
    1,
    1,
    10,
    3,
    (),
    (),
    "0",
    1.0,
)


def workspace(text: str = "A sentence.", title: str = "Title"):
    citation = Citation(Span(0, len(text)), 3, text, 0.9)
    summary = Summary((SummarySentence(text, 0.9, (citation,)),), RUN)
    answer = Answer("Why?", True, text, Span(0, len(text)), 3, 0.8, (citation,), RUN)
    absent = Answer("Who?", False, "", None, None, 0.7, (), RUN)
    now = datetime.now(UTC)
    return SimpleNamespace(
        row=SimpleNamespace(id="d" * 64, title=title, n_pages=3),
        summaries=(SimpleNamespace(id=1, created=now, summary=summary),),
        answers=(
            SimpleNamespace(id=1, created=now, answer=answer),
            SimpleNamespace(id=2, created=now, answer=absent),
        ),
    )


def test_markdown_names_the_page_of_every_sentence() -> None:
    file = export(workspace(), "summary.md")
    assert file.name == "title-summary.md"
    assert "1. A sentence\\. (p. 3)" in file.data.decode()


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://evil.example/b.png)",
        "[a](javascript:1)",
        "<img src=x onerror=1>",
        "# heading\n\n- list",
        "<http://evil.example>",
        "`code`",
    ],
)
def test_markdown_cannot_be_steered_by_the_document(text: str) -> None:
    written = as_markdown(text)
    assert "\n" not in written
    for special in "![]()<>#`":
        assert written.replace(f"\\{special}", "").count(special) == 0


def test_json_round_trips() -> None:
    text = 'quote " and \u202e and \N{SNOWMAN}'
    content = json.loads(export(workspace(text), "summary.json").data)
    assert content["summary"]["sentences"][0]["text"] == text
    answers = json.loads(export(workspace(text), "answers.json").data)["answers"]
    assert [answer["found"] for answer in answers] == [True, False]


def test_answers_say_not_found_and_how_far_was_read() -> None:
    def said(**options: str) -> str:
        given = workspace()
        absent = given.answers[1]
        absent.answer = replace(absent.answer, run=replace(RUN, options=options))
        return export(given, "answers.md").data.decode().replace("\\", "")

    assert "Not found in this document (70 % sure). It was read to the end: 3 pages." in said()
    part = said(scope="0-9")
    assert "Not found in this part of the document (70 % sure)." in part and "the rest was not." in part
    assert "readable" not in part


def test_a_guess_that_there_is_no_answer_is_not_told_as_a_fact() -> None:
    absent = workspace().answers[1].answer
    assert not_found_in_words(absent).startswith("Not found in this document (70 % sure).")
    shown_as_half = not_found_in_words(replace(absent, confidence=0.496))
    assert shown_as_half.startswith("Not found in this document (50 % sure).")
    guess = not_found_in_words(replace(absent, confidence=0.35))
    assert guess.startswith("No likely answer found in this document (35 % sure).")


def test_of_a_part_it_is_said_too_which_pages_could_not_be_read() -> None:
    run = replace(RUN, options={"scope": "0-9"}, pages_without_text=(4,))
    assert how_far(run).endswith("the rest was not. Its pages without readable text: 4.")


@pytest.mark.parametrize("what", ["summary.exe", "../summary.md", "", "summary"])
def test_unknown_exports_are_not_there(what: str) -> None:
    with pytest.raises(NotInLibrary):
        export(workspace(), what)


@pytest.mark.parametrize(
    "title, stem",
    [
        ("../../etc/passwd", "etc-passwd"),
        ("\u202e", "document"),
        ('a"b\r\nSet-Cookie: x', "a-b-set-cookie-x"),
        ("Ünïcode", "n-code"),
        ("x" * 300, "x" * 60),
    ],
)
def test_file_names_are_plain(title: str, stem: str) -> None:
    assert file_stem(title) == stem


HOSTILE = "=cmd|' /C calc'!A0 <script>x</script> \x0b{\\write18} \u202e http://evil.example/"


def test_word_opens_with_the_sentences_pages_and_the_run_and_nothing_outside() -> None:
    import docx

    file = export(workspace(HOSTILE, title=HOSTILE), "summary.docx")
    with zipfile.ZipFile(io.BytesIO(file.data)) as parts:
        names = parts.namelist()
        everything = {name: parts.read(name) for name in names}
    assert not any(".." in name or name.startswith("/") for name in names)
    assert not any(b'TargetMode="External"' in data for data in everything.values())
    assert not any("vba" in name.lower() for name in names)
    opened = docx.Document(io.BytesIO(file.data))
    words = "\n".join(paragraph.text for paragraph in opened.paragraphs)
    assert "<script>x</script>" in words and "(p. 3)" in words
    cells = [cell.text for row in opened.tables[0].rows for cell in row.cells]
    assert RUN.key in cells and "the first token, at most 1 tokens in a window" in cells


def test_without_python_docx_the_refusal_names_the_way_on(monkeypatch) -> None:
    monkeypatch.setattr("ui.word.importlib.util.find_spec", lambda name: None)
    with pytest.raises(NoWordWriter, match="pip install python-docx"):
        export(workspace(), "summary.docx")


def test_the_citation_is_balanced_and_holds_no_command() -> None:
    text = export(workspace(title=HOSTILE), "summary.bib").data.decode()
    assert text.startswith("@misc{") and "d" * 64 in text
    bare = text.replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}")
    assert "\\write" not in text and as_tex("a_b%c") == "a\\_b\\%c"


def test_markdown_carries_the_run() -> None:
    text = export(workspace(), "summary.md").data.decode()
    assert RUN.key in text and "How this was made" in text


def test_notes_stand_at_the_places_of_summary_and_answers() -> None:
    made = workspace()
    made.document = SimpleNamespace(recognition=lambda span: None)
    places = marks(made, lambda document, span: [Box(3, 1, 2, 3, 4)])
    (place,) = places
    assert place["boxes"] == [[3, 1, 2, 3, 4]]
    assert place["note"].startswith("Summary, sentence 1\nAnswer to: Why?\nPrecis 0")
    made.document = SimpleNamespace(recognition=lambda span: 0.934)
    (place,) = marks(made, lambda document, span: [Box(3, 1, 2, 3, 4)])
    assert "Answer to: Why? (recognised text, OCR, 93 % sure)" in place["note"]


def test_what_is_told_of_the_whole_names_the_page_of_each_sentence_and_no_confidence() -> None:
    given = workspace()
    told = given.answers[0]
    run, sentences = replace(RUN, options={"asks": "the matter"}), ("One.", "Two.")
    cited = tuple(Citation(Span(0, 4), page, text, 0.5) for page, text in enumerate(sentences, 1))
    told.answer = replace(told.answer, text="One. Two.", evidence=cited, confidence=0.0, run=run)
    said = export(given, "answers.md").data.decode().replace("\\", "")
    assert "most telling sentences of the document. One. (p. 1) Two. (p. 2)" in said
    assert said.count("% sure") == 1, "that of the other answer"
    assert json.loads(export(given, "answers.json").data)["answers"][0]["confidence"] is None


def test_all_that_was_told_of_the_whole_is_marked_in_the_file() -> None:
    given = workspace()
    told = given.answers[0]
    cited = tuple(Citation(Span(at, at + 4), 1, "One.", 0.5) for at in (0, 5))
    told.answer = replace(told.answer, evidence=cited, run=replace(RUN, options={"asks": "the matter"}))
    given.summaries, given.document = (), SimpleNamespace(recognition=lambda span: None)
    marked = marks(given, lambda document, span: [SimpleNamespace(page=1, x0=span.start, y0=0, x1=9, y1=9)])
    assert [place["boxes"][0][1] for place in marked] == [0, 5]
    assert all(place["note"] == "Answer to: Why?" for place in marked)

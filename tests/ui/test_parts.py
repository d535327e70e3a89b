"""Parts of a document in words, and what a summary of one will take."""

import dataclasses

import pytest

from engine.types import Document, Heading, ModelInfo, Page, Run, Sentence, Span, SummaryOptions
from ui.ahead import duration, preflight_view, rounded, sections_view
from ui.parts import UnknownPart, read_part
from ui.placing import UNTRAINED, params_of_run, read_options
from ui.preflight import Measured, estimate, read_measured, with_run
from ui.values import BadRequest

TEXT = "Alpha one. Alpha two. Bravo one. Bravo two. "
MODEL = ModelInfo("m", "longformer", ("summarize",), "", 1_000_000, "0", "int8", 4096, ("en",), "CC0", True)


def make_document() -> Document:
    spans = [Span(0, 10), Span(11, 21), Span(22, 32), Span(33, 43)]
    return Document(
        "d" * 64,
        "T",
        TEXT,
        (
            Page(1, 612, 792, Span(0, 22)),
            Page(2, 612, 792, Span(22, 44)),
            Page(3, 612, 792, Span(44, 44), "no_text"),
        ),
        sentences=tuple(Sentence(span, 1 if span.start < 22 else 2) for span in spans),
        outline=(Heading(Span(0, 5), 1), Heading(Span(22, 27), 2)),
    )


@pytest.mark.parametrize(
    "words, spans",
    [
        ("", ()),
        (" 2 ", (Span(22, 44),)),
        ("1-2", (Span(0, 44),)),
        ("2, 1", (Span(0, 44),)),
        ("§2", (Span(22, 44),)),
        ("s1; 1", (Span(0, 22),)),
        ("@11-32", (Span(11, 32),)),
        ("@22-43, @11-21", (Span(11, 21), Span(22, 43))),
    ],
)
def test_pages_and_sections_in_words(words: str, spans: tuple[Span, ...]) -> None:
    assert read_part(words, make_document()) == spans


WRONG = ["0", "4", "2-1", "§3", "§0", "all", "1-2-3", "<b>", "1" * 2000, "3"]
WRONG += ["@9-3", "@0-999", "@1", "@43-44"]


@pytest.mark.parametrize("words", WRONG)
def test_what_names_no_part_is_refused_with_a_way_on(words: str) -> None:
    with pytest.raises(UnknownPart) as refusal:
        read_part(words, make_document())
    assert "<b>" not in str(refusal.value) and str(refusal.value).endswith(".")


def test_the_estimate_follows_what_earlier_runs_took() -> None:
    document = make_document()
    earlier = [Measured(400, 100, 2.0, 900), Measured(400, 100, 4.0, 800), Measured(400, 100, 3.0, 700)]
    whole = estimate(document, SummaryOptions(), MODEL, "cpu", earlier)
    part = estimate(document, read_options(document, "short", "2"), MODEL, "cpu", earlier)
    assert (whole.n_pages, part.n_pages) == (2, 1)
    assert whole.n_tokens == 10 and part.n_tokens == 5 and whole.seconds == pytest.approx(0.3)
    assert whole.is_measured and whole.n_bytes == 900
    assert not estimate(document, SummaryOptions(), MODEL, "cpu", []).is_measured


def test_only_the_last_runs_are_kept_and_short_ones_not_at_all() -> None:
    run = Run("summarize", "d", "m", "0", "int8", "cpu", {}, "", 1, 1, 1000, 1, (), (), "0", 2.0)
    value = None
    for _ in range(20):
        value = with_run(read_measured(value), run, 4400, 5)
    assert len(read_measured(value)) == 8 and read_measured(value)[0].n_tokens == 1000
    short = Run("summarize", "d", "m", "0", "int8", "cpu", {}, "", 1, 1, 20, 1, (), (), "0", 2.0)
    assert with_run((), short, 88, 5) is None
    assert read_measured("nonsense") == () == read_measured(None)


def test_the_line_says_pages_tokens_windows_device_memory_and_time() -> None:
    line = preflight_view(estimate(make_document(), SummaryOptions(), MODEL, "cpu", []))
    for words in ("2 pages", "tokens", "1 window", "on the processor", "GB of memory", "a guess"):
        assert words in line
    assert rounded(12_345) == 12_000 and duration(100) == "about 2 min"


def test_headings_are_offered_escaped() -> None:
    hostile = Document(
        "d" * 64, "T", "<b>x</b> text.", (Page(1, 1, 1, Span(0, 14)),), outline=(Heading(Span(0, 8), 1),)
    )
    assert "<b>" not in sections_view(hostile) and "&lt;b&gt;" in sections_view(hostile)
    assert sections_view(Document("d" * 64, "T", "", ())) == ""


def test_where_global_attention_goes_is_part_of_what_is_asked_for() -> None:
    document = make_document()
    whole = read_options(document, "short")
    assert whole == SummaryOptions(length="short") and "global" not in whole.as_settings()
    headings = read_options(document, "short", placement="headings")
    assert headings.as_settings() == {"length": "short", "global": "headings"}
    chosen = read_options(document, "short", "2", "picked", "@22-32, @33-43")
    assert chosen.as_settings() == {
        "length": "short", "scope": "22-44", "global": "picked", "picked": "22-32, 33-43",
    }
    run = Run("summarize", "d", "m", "0", "int8", "cpu", chosen.as_settings(), "", 1, 1, 9, 3, (), (), "0", 2)
    params = params_of_run(run)
    assert read_options(document, "short", **params) == chosen


@pytest.mark.parametrize("placement, picked", [("picked", ""), ("picked", "@9999-10000"), ("headings", "")])
def test_a_placement_on_nothing_is_refused(placement: str, picked: str) -> None:
    document = dataclasses.replace(make_document(), outline=())
    with pytest.raises(UnknownPart) as refusal:
        read_options(document, "short", "", placement, picked)
    assert str(refusal.value).endswith(".")
    with pytest.raises(BadRequest):
        read_options(document, "short", "", "everywhere")


def test_the_line_ahead_says_what_the_model_was_not_trained_for() -> None:
    document = make_document()
    as_trained = preflight_view(estimate(document, SummaryOptions(), MODEL, "cpu", []))
    assert "as trained" in as_trained and UNTRAINED not in as_trained
    chosen = read_options(document, "short", placement="sentences")
    assert UNTRAINED in preflight_view(estimate(document, chosen, MODEL, "cpu", []))

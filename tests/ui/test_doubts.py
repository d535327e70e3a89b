"""What a written sentence claims without its source is underlined, with the reason, and exported."""

from engine.types import Doubt, Span, SummarySentence
from ui.doubts import in_words, notes, said
from ui.html import join

TEXT = "The <b>mayor</b> of  Bergen came in 1913."
DOUBTS = (
    Doubt("number", Span(TEXT.index("1913"), TEXT.index("1913") + 4), "It was 1912 & not 1913."),
    Doubt("name", Span(TEXT.index("Bergen"), TEXT.index("Bergen") + 6), "No Bergen."),
)


def test_doubted_words_are_marked_in_their_place_and_everything_is_escaped() -> None:
    page = join(said(SummarySentence(TEXT, 0.4, (), "written", DOUBTS)))
    assert page == (
        "The &lt;b&gt;mayor&lt;/b&gt; of "
        '<mark class="doubted" title="No Bergen.">Bergen</mark> came in '
        '<mark class="doubted" title="It was 1912 &amp; not 1913.">1913</mark>.'
    )


def test_doubts_that_overlap_are_marked_once() -> None:
    twice = (Doubt("name", Span(0, 9), "a"), Doubt("number", Span(4, 12), "b"))
    page = join(said(SummarySentence("The mayors came.", 0.4, (), "written", twice)))
    assert page.count("<mark") == 1 and page.endswith("</mark>s came.")


def test_reasons_and_origin_stand_below_and_a_quotation_needs_neither() -> None:
    assert [str(one) for one in notes(SummarySentence(TEXT, 1.0, (), "replaced", DOUBTS))] == [
        '<span class="origin">Quoted, because what was written was not borne out</span>',
        '<span class="weak">It was 1912 &amp; not 1913.</span>',
        '<span class="weak">No Bergen.</span>',
    ]
    assert notes(SummarySentence(TEXT, 1.0, ())) == []


def test_exports_keep_the_doubts() -> None:
    words = in_words(SummarySentence(TEXT, 0.4, (), "written", DOUBTS))
    assert words.endswith("1913. [Not borne out: It was 1912 & not 1913.] [Not borne out: No Bergen.]")
    assert in_words(SummarySentence("a  b", 1.0, ())) == "a b"

"""Sentences as exact spans, and lines that become words again."""

from collections import Counter

import pytest

from engine.ingest.hyphens import count_words, join
from engine.ingest.plain import decode
from engine.ingest.sentences import MAX_SENTENCE, split_sentences


def sentences(text):
    return [span.of(text) for span in split_sentences(text)]


@pytest.mark.parametrize("wanted", [
    ["One thing.", "Another thing!", "A third?"],
    ["See Fig. 3 and Eq. 2 for details.", "Then go on."],
    ["Smith et al. (2020) say so.", "Others, e.g. Jones, do not."],
    ["This was shown by Keeper et al. in 1901.", "Nobody objected."],
    ["It rose by 3.5 per cent, i.e. by a third.", "That was all."],
    ["Dr. A. B. Keeper came at 9 a.m. on Monday.", "He left."],
    ["We met at 9 a.m. on a Monday.", "It rained."],
    ["The U.S. Army came.", "It cost approx. 250 dollars."],
    ["(See Sect. 2.)", "Next one."],
    ["He asked, \u201cWhy?\u201d", "She did not answer."],
    ["The city was founded in 1850.[3]", "It grew fast.[4][5]", "In 1900 it had 5.2 million.[^6]", "Yes."],
    ["Mortality fell.12", "However, costs rose.13,14", "In contrast, the rate (of all).3", "Then 3.5 came."],
    ["It was built in 1850. [3]", "It grew. [4] [5]", "It fell."],
    ["It has \"great charm.\"[3]", "He said so.”12", "They left."],
    ["This is told by Smith et al. (2004).", "It was refuted by Lee et al. [12].", "We use it."],
    ["Section 4(b)(ii).", "The Seller shall pay.", "Rule 12(b)(6).", "See 42 U.S.C. 1983."],
    ["It was kept at 37 °C.", "Samples were drawn."],
    ["See eq. 5, sec. 4 of chap. 7, Cl. 9 and Sched. 2 of it.", "At max. 10 users it stops."],
    ["Cllr. Brown and Supt. Gray met Messrs. Smith and Mme. Curie.", "Asst. Chief Ray left."],
    ["Under Fed. R. Civ. P. 12 and 5 F. Supp. 2d it holds (9th Cir. 2004).", "The court said so."],
    ["I said no.", "Nobody came. .NET was there."],
    ["First, cf. Vol. 3, pp. 12-14.", "Second, no."],
    ["The accuracy was 0.95.", "We say so.", "At pH 7.4.", "Cells died, p = 0.03.", "Use v3.2.", "Men left."],
    ["It is heated for 30 min.", "Cells were counted.", "It beats the state of the art.", "We release it."],
    ["He came after World War II.", "He left.", "She has a Ph.D.", "She lives in the U.S.", "They do not."],
    ["Written by K. He, J. She and M. They, with Dr. When and others, e.g. We."],
    ["The mean age was 64 years; 95% CI 60-68; P < 0.001.", "Rent is due monthly; Tenant shall pay it."],
    ["12. The Tenant shall pay rent.", "1.1. It is due.", "(iv) There is none."],
    ["Theorem 2.1. Let it be a set.", "It is one."],
    ["It opens at 7 p.m. Eastern time, at 7 p.m. Monday and at 7 p.m. today.", "He left."],
    ["The flow is given by eq. (5) and from ref. [5].", "He said no.", "(5 men said it.)"],
    ["See 42 U.S.C. § 1983, Smith Decl. ¶ 5 and Compl. ¶ 5.", "It is so."],
    ["See Suppl. Table 3, Ex. A, Exh. B and 12 Cal. Rptr. 2d 5.", "It cost Rs. 500."],
    ["これは試験です。", "次の文です。"],
    ["这是一份文件。", "其中包含数字！", "你好吗？"],
    ["Der Turm ist z. B. hoch.", "Das Licht, d. h. die Lampe, ist alt."],
])
def test_borders(wanted):
    text = " ".join(wanted) if wanted[0].isascii() or " " in wanted[0] else "".join(wanted)
    assert sentences(text) == wanted


@pytest.mark.parametrize("mark", ["•", "➢", "✓", "–", "—", "-", "*"])
def test_the_mark_of_a_list_is_not_said(mark):
    assert sentences(f"{mark} The clerk will write. It is due.") == ["The clerk will write.", "It is due."]


@pytest.mark.parametrize("text", [
    "", " ", "...", "a", ". . . .", "?!?!", "((((", "no end at all", "x" * 10_000,
    "\U0001f4d6 A book. \U0001f4d6 Another.", "word " * 5_000, "A. " * 500, "1. 2. 3. 4.",
    "\u0645\u0631\u062d\u0628\u0627. \u0643\u064a\u0641\u061f",
])
def test_spans_lie_in_order_and_lose_nothing(text):
    spans = split_sentences(text, 7)
    end = 7
    for span in spans:
        assert span.start >= end and len(span) <= MAX_SENTENCE
        words = text[span.start - 7 : span.end - 7]
        assert words and words == words.strip()
        assert not text[end - 7 : span.start - 7].strip()
        end = span.end
    assert not text[end - 7 :].strip()


def test_a_long_text_is_split_in_time():
    text = "The keeper, i.e. the man at the lamp (cf. Fig. 2), wrote 3.5 pages a day. " * 4000
    assert len(split_sentences(text)) == 4000


WORDS = Counter({
    "explanation": 2, "well-known": 3, "state-of-the-art": 1, "language": 4, "specific": 3, "known": 2})


@pytest.mark.parametrize("before, after, wanted", [
    ("a longer explana-", "tion of it", "a longer explanation of it"),
    ("the well-", "known result", "the well-known result"),
    ("a language-", "specific tag", "a language-specific tag"),
    ("the state-of-", "the-art method", "the state-of-the-art method"),
    ("a self-", "made man", "a self-made man"),
    ("with Jean-", "Paul there", "with Jean-Paul there"),
    ("in 1990\u2013", "1995 and", "in 1990\u20131995 and"),
    ("pre-", "and post-war", "pre- and post-war"),
    ("soft inter\u00ad", "national", "soft international"),
    ("a Unicode hy\u2010", "phen here", "a Unicode hyphen here"),
    ("see https://example.org/", "a/path for it", "see https://example.org/a/path for it"),
    ("two", "words", "two words"),
    ("日本語の", "文章です", "日本語の文章です"),
    ("he said \u2013", "and left", "he said \u2013 and left"),
    ("COVID-", "19 was", "COVID-19 was"),
    ("minus -", "5 degrees", "minus - 5 degrees"),
    ("a DNA-", "binding site", "a DNA-binding site"),
    ("an mRNA\u2010", "based one", "an mRNA\u2010based one"),
    ("a T-", "cell", "a T-cell"),
    ("the \u03b2-", "catenin", "the \u03b2-catenin"),
    ("the well\u2010", "known result", "the well\u2010known result"),
])
def test_joining_lines(before, after, wanted):
    drop, between = join(before, after, WORDS)
    assert before[: len(before) - drop] + between + after == wanted


def test_words_are_counted_inside_lines_only():
    words = count_words(["cut off at both ends of this li-", "ne one-dimensional matters here"])
    assert words["ends"] == 1 and words["one-dimensional"] == 1 and words["dimensional"] == 1
    assert not words["li"] and not words["ne"]
    assert count_words(["a well\u2010known result"])["well-known"] == 1


@pytest.mark.parametrize("data, wanted", [
    ("Grüße".encode(), "Grüße"), ("Grüße".encode("utf-8-sig"), "Grüße"), ("Grüße".encode("utf-16"), "Grüße"),
    ("Grüße".encode("utf-32"), "Grüße"), ("Ein Gruß der Stadt".encode("cp1252"), "Ein Gruß der Stadt"),
    ("これは試験です。".encode("cp932"), "これは試験です。"),
    ("これは試験です。".encode("euc_jp"), "これは試験です。"),
    (b"abc\xff\xfe\x80 def", "abc\ufffd\ufffd\ufffd def"),
])
def test_encodings(data, wanted):
    assert decode(data) == wanted


def test_the_mark_of_a_list_is_not_part_of_the_sentence() -> None:
    text = "• The first point is made. ▪ 2 kg"
    assert [span.of(text) for span in split_sentences(text)] == ["The first point is made.", "2 kg"]
    assert [span.of("• ") for span in split_sentences("• ")] == ["•"]
    assert [span.of("a · b is a product.") for span in split_sentences("a · b is a product.")] == [
        "a · b is a product."
    ]

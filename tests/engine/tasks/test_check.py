"""What a written sentence claims, where it comes from, and what its source does not bear out."""

import pytest

from engine.tasks.check import check
from engine.tasks.cite import Sources
from engine.tasks.facts import cues, denied, names, numbers
from engine.tasks.fuse import fuse
from engine.types import Document
from tests.engine.tasks.tiny_reader import document_of

BRIDGE = document_of(
    [
        "The Albert Bridge was opened in 1912 by the mayor of Lund.",
        "It carried 1,234 wagons a day across the river before the war.",
        "Engineers from Siemens strengthened its four arches with steel.",
    ],
    [
        "The ferry company Nordlinie lost most of its passengers to the trains.",
        "By 1931 it had not paid any dividend to its owners for six years.",
        "Its director Karl Ohm moved to Bergen and opened a hotel near the harbour.",
    ],
    title="The Albert Bridge",
)


@pytest.fixture(scope="module")
def sources() -> Sources:
    return Sources(BRIDGE)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234 wagons and 12.5% of them", [1234, 12.5]),
        ("$1.2 million in 1998", [1_200_000, 1998]),
        ("twenty-five of three thousand", [25, 3000]),
        ("the years 1362\N{EN DASH}72", [1362, 1372]),
        ("one of the two came second, and half stayed", []),
        ("built by 18F on the A4", []),
        ("", []),
    ],
)
def test_numbers_are_read_as_values(text: str, values: list[float]) -> None:
    assert [number.value for number in numbers(text)] == values
    assert all(number.span.of(text) for number in numbers(text))


def test_a_version_equals_only_itself() -> None:
    first, second, third = (numbers(text)[0].value for text in ("in 2.3.1", "as 2.3.1 says", "in 2.31.0"))
    assert first == second != third


def test_names_are_capitals_that_grammar_does_not_ask_for() -> None:
    text = "Yesterday France's Renault met NATO. However, the U.S. stayed away: Nobody knows."
    assert [name.key for name in names(text)] == ["france", "renault", "nato", "us"]
    assert [name.key for name in names("NATO met.")] == ["nato"]
    assert names("The river flows.") == ()


def test_denials_reach_to_the_end_of_their_clause() -> None:
    assert set(denied("The drug did not reduce pain, and patients slept.")) == {"reduce", "pain"}
    assert set(denied("They failed to land.")) == {"land"}
    assert not cues("not only the mayor came") and not denied("not only the mayor came")
    assert [span.of("He couldn't go without it") for span in cues("He couldn't go without it")] == [
        "couldn't",
        "without",
    ]


def test_a_sentence_cites_the_passages_that_hold_its_words(sources: Sources) -> None:
    cited = sources.cite("A ferry company lost passengers to trains, and its director opened a hotel.")
    assert cited.sentences[0] == 3 and 5 in cited.sentences
    assert cited.support > 0.8
    nowhere = sources.cite("Quantum chromodynamics explains hadrons.")
    assert nowhere.sentences == () and nowhere.support == 0.0
    assert sources.cite("") == nowhere


@pytest.mark.parametrize(
    "text",
    [
        "The bridge was opened in 1912 by the mayor of Lund.",
        "Siemens engineers strengthened the 4 arches with steel.",
        "For 6 years the company had not paid a dividend by 1931.",
        "Director Karl Ohm opened a hotel in Bergen.",
    ],
)
def test_what_the_document_says_is_not_doubted(sources: Sources, text: str) -> None:
    assert check(sources, text).doubts == ()


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("The bridge was opened in 1913 by the mayor of Lund.", "number", "1913"),
        ("The bridge was opened in 1931 by the mayor of Lund.", "number", "1931"),
        ("The bridge was opened in 1912 by the mayor of Bergen.", "name", "Bergen"),
        ("Engineers from Krupp strengthened its arches with steel.", "name", "Krupp"),
        ("Engineers did not strengthen its four arches with steel.", "negation", "not"),
        ("By 1931 the company had paid a dividend to its owners for six years.", "negation", "paid"),
    ],
)
def test_what_the_document_does_not_say_is_doubted(
    sources: Sources, text: str, kind: str, words: str
) -> None:
    doubts = check(sources, text).doubts
    assert [(doubt.kind, doubt.span.of(text)) for doubt in doubts] == [(kind, words)]
    assert doubts[0].reason.endswith(".")


def test_an_empty_document_bears_nothing_out() -> None:
    empty = Sources(Document("0" * 64, "", "", ()))
    assert [doubt.kind for doubt in check(empty, "It opened in 1912.").doubts] == ["number"]
    assert fuse(empty, [["It opened in 1912."]])[0].citations == ()


def test_a_doubted_sentence_gives_way_to_another_beam(sources: Sources) -> None:
    right = "The bridge was opened in 1912 by the mayor of Lund."
    made = fuse(sources, [["The bridge was opened in 1931 by the mayor of Lund."], [right]])
    assert [(one.text, one.origin, one.doubts) for one in made] == [(right, "reworded", ())]
    assert made[0].citations[0].text == sources.texts[0]


def test_and_else_to_its_passage_word_for_word_once(sources: Sources) -> None:
    wrong = [
        "The bridge was opened in 1931 by the mayor of Lund.",
        "In 1999 a mayor of Lund opened the bridge.",
    ]
    made = fuse(sources, [wrong])
    assert [(one.text, one.origin, one.support) for one in made] == [(sources.texts[0], "replaced", 1.0)]


def test_a_sentence_without_a_passage_stays_with_its_doubts(sources: Sources) -> None:
    made = fuse(sources, [["Quarks (2.3 MeV) confine."]])
    assert [one.origin for one in made] == ["written"]
    assert made[0].doubts and made[0].support == 0.0 and made[0].citations == ()


def test_what_is_borne_out_is_left_alone(sources: Sources) -> None:
    text = "Siemens engineers strengthened the four arches with steel."
    made = fuse(sources, [[text], ["Engineers from Siemens strengthened the arches."]])
    assert [(one.text, one.origin) for one in made] == [(text, "written")]
    assert fuse(sources, []) == ()

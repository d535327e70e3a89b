"""Capitals for what an uncased model wrote."""

from engine.text.casing import Casing

SOURCE = (
    "The North Sea company failed. Karl Ohm, who led NATO's fleet, sold it. Ships stayed; the ships rusted."
)


def test_words_are_written_as_the_source_writes_them() -> None:
    casing = Casing(SOURCE)
    assert casing.restore("the north sea company of karl ohm failed . ships of nato stayed .") == (
        "The North Sea company of Karl Ohm failed. Ships of NATO stayed."
    )
    assert casing.restore("karl ohm ' s fleet ( 3 ships , 12 % ) rusted") == (
        "Karl Ohm's fleet (3 ships, 12%) rusted"
    )


def test_a_word_that_only_opens_sentences_has_no_capital_of_its_own() -> None:
    assert Casing("Wagons came. Wagons left.").restore("the wagons came") == "The Wagons came"
    assert Casing("Wagons came. The wagons left.").restore("the wagons came") == "The wagons came"


def test_unknown_words_and_nothing_stay() -> None:
    assert Casing("").restore("a quark") == "A quark"
    assert Casing(SOURCE).restore("") == ""

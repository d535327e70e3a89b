"""Which language a document is written in."""

import socket

import pytest

from engine.text.language import language_of
from engine.types import Document, Page, Sentence, Span

TEXTS = {
    "en": "The keepers of the lighthouse wrote down the hours of fog and the height of every tide they saw. ",
    "de": "Die Wärter des Leuchtturms schrieben die Stunden des Nebels und die Höhe jeder Flut auf. ",
    "fr": "Les gardiens du phare notaient les heures de brouillard et la hauteur de chaque marée avec soin. ",
    "es": "Los guardianes del faro anotaban las horas de niebla y la altura de cada marea con cuidado. ",
    "ja": "灯台の守り手は霧の時間とすべての潮の高さを注意深く書き留めた。それは長い仕事であった。",
    "ru": "Смотрители маяка тщательно записывали часы тумана и высоту каждого прилива в свои книги. ",
}


def document_of(text: str) -> Document:
    span = Span(0, len(text))
    return Document("0" * 64, "T", text, (Page(1, 0, 0, span),), (), (Sentence(span, 1),))


@pytest.mark.parametrize("code", TEXTS)
def test_languages_are_told_apart(code: str) -> None:
    assert language_of(document_of(TEXTS[code] * 5)) == code


@pytest.mark.parametrize("text", ["", "Hello.", "1 2 3 4 5 " * 200, "\u2022 " * 500])
def test_too_little_says_nothing(text: str) -> None:
    assert language_of(document_of(text)) is None


def test_a_document_without_sentences() -> None:
    assert language_of(Document("0" * 64, "T", "", ())) is None


def test_nothing_is_fetched(monkeypatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert language_of(document_of(TEXTS["de"] * 5)) == "de"

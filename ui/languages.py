"""Languages by their names, and the warning where the models do not know a document's."""

from __future__ import annotations

from collections.abc import Iterable

from engine.text.language import language_of
from engine.types import Document
from ui.html import Html, element

REMEMBERED = 200  # documents

NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali",
    "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English",
    "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fr": "French", "ga": "Irish", "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic", "it": "Italian",
    "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "ko": "Korean", "la": "Latin", "lt": "Lithuanian",
    "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam", "mr": "Marathi", "ms": "Malay", "nb": "Norwegian",
    "ne": "Nepali", "nl": "Dutch", "nn": "Norwegian", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian",
    "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}


class Languages:
    """The languages of documents: each is looked at once, and again when its text was made anew."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str | None] = {}

    def of(self, document: Document) -> str | None:
        """The ISO 639-1 code of a document's language, where it can be told."""
        key = document.id, len(document.text)
        if key not in self._known:
            while len(self._known) >= REMEMBERED:
                self._known.pop(next(iter(self._known)), None)
            self._known[key] = language_of(document)
        return self._known.get(key)


def name_of(code: str) -> str:
    """The English name of a language, or its code."""
    return NAMES.get(code, code)


def warning_words(language: str | None, known: Iterable[str]) -> str:
    """What to expect of models that know only these languages; empty where the document's is among them."""
    codes = list(dict.fromkeys(known))
    if language is None or not codes or language in codes:
        return ""
    names = " and ".join(map(name_of, codes))
    return (
        f"This document seems to be written in {name_of(language)}. The models here know {names} only: "
        "summaries may choose poor sentences, and answers may be missed."
    )


def language_warning(language: str | None, known: Iterable[str]) -> Html | None:
    """The same as a line above the document."""
    words = warning_words(language, known)
    return element("p", words, class_="warning") if words else None

"""A warning where the models do not know the language of a document, on the page and in the terminal."""

import pytest

from tests.engine.text.test_language import TEXTS, document_of
from tests.ui.test_actions import actions, add, reader  # noqa: F401  (fixtures)
from ui.languages import REMEMBERED, Languages, warning_words
from ui.printing import warn_about_language


def test_the_warning_names_both() -> None:
    words = warning_words("de", ["en", "en"])
    assert "German" in words and "English only" in words
    for language, known in (("en", ["en"]), (None, ["en"]), ("de", ["en", "de"]), ("de", [])):
        assert warning_words(language, known) == ""


def test_the_document_knows_its_language(actions, tmp_path) -> None:  # noqa: F811
    workspace = actions.workspace("local", add(actions, tmp_path, text=TEXTS["de"] * 9))
    assert workspace.language == "de" and workspace.known_languages == ("en",)


def test_in_the_terminal(actions, capsys) -> None:  # noqa: F811
    warn_about_language(document_of(TEXTS["fr"] * 5), actions.models())
    assert "French" in capsys.readouterr().err
    warn_about_language(document_of(TEXTS["en"] * 5), actions.models())
    assert capsys.readouterr().err == ""


def test_each_document_is_looked_at_once(monkeypatch) -> None:
    looked = []
    monkeypatch.setattr("ui.languages.language_of", lambda document: looked.append(document) or "en")
    languages, one = Languages(), document_of("x" * 50)
    assert languages.of(one) == languages.of(one) == "en" and len(looked) == 1
    for length in range(REMEMBERED + 5):
        languages.of(document_of("y" * (60 + length)))
    assert len(languages._known) == REMEMBERED


@pytest.mark.browser
def test_in_the_browser(open_page, server) -> None:
    page = open_page(server.url)
    for name, text, shown in (("Nebel.txt", TEXTS["de"], True), ("Fog.txt", TEXTS["en"], False)):
        page.click(".nav-link[data-screen=library]")
        file = {"name": name, "mimeType": "text/plain", "buffer": (text * 9).encode()}
        page.set_input_files("#upload input[type=file]", file)
        page.wait_for_selector(f"#document-header h2:has-text('{name[:-4]}') >> visible=true")
        assert (page.locator("#document-header .warning:has-text('English only')").count() > 0) == shown

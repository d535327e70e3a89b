"""Summaries and answers come back equal, by document and by the key of their run."""

from dataclasses import replace

import pytest

from engine.errors import NotInLibrary
from engine.types import Doubt, Span
from storage.store import Store


def test_a_summary_comes_back_equal(store, keep, new_summary, clock):
    document = keep(store)
    summary = new_summary(document)
    number = store.save_summary("local", summary)
    (saved,) = store.summaries("local", document.id)
    assert saved.summary == summary and saved.id == number and saved.created == clock.now
    assert saved.summary.run.key == summary.run.key
    assert store.summary_for("local", summary.run.key) == saved
    assert store.summary_for("local", "no such key") is None
    assert store.document_row("local", document.id).has_summary
    assert store.documents("local")[0].has_summary


def test_whose_words_a_sentence_has_and_what_is_doubtful_comes_back_equal(store, keep, new_summary):
    summary = new_summary(keep(store))
    doubts = (Doubt("name", Span(0, 6), 'No "Nobody".'), Doubt("number", Span(7, 9), "\N{SNOWMAN}"))
    written = replace(summary.sentences[1], origin="written", doubts=doubts)
    summary = replace(summary, sentences=(summary.sentences[0], written))
    store.save_summary("local", summary)
    saved = store.summary_for("local", summary.run.key)
    assert saved is not None and saved.summary == summary


def test_an_answer_comes_back_equal(store, keep, new_answer):
    document = keep(store)
    found = new_answer(document)
    not_found = replace(new_answer(document, "Why?"), found=False, text="", span=None, page=None, evidence=())
    for answer in (found, not_found):
        store.save_answer("local", answer)
        saved = store.answer_for("local", answer.run.key)
        assert saved is not None and saved.answer == answer
    assert [saved.answer for saved in store.answers("local", document.id)] == [found, not_found]
    assert not store.document_row("local", document.id).has_summary


def test_summaries_stand_newest_first_and_the_newest_of_a_key_is_found(store, keep, new_summary):
    document = keep(store)
    first, second = new_summary(document, "First."), new_summary(document, "Second.")
    other = new_summary(document, "Other.", length="long")
    numbers = [store.save_summary("local", summary) for summary in (first, second, other)]
    assert [saved.summary for saved in store.summaries("local", document.id)] == [other, second, first]
    assert numbers == sorted(numbers)
    newest = store.summary_for("local", first.run.key)
    assert newest is not None and newest.summary == second


def test_outputs_without_a_document_are_refused(store, keep, new_summary, new_answer, new_document):
    keep(store)
    elsewhere = new_document(b"another file")
    with pytest.raises(NotInLibrary):
        store.save_summary("local", new_summary(elsewhere))
    with pytest.raises(NotInLibrary):
        store.save_answer("local", new_answer(elsewhere))


def test_an_output_that_was_ready_after_its_document_was_deleted_is_there_after_undo(
    store, keep, new_summary
):
    document = keep(store)
    store.delete_documents("local", [document.id])
    store.save_summary("local", new_summary(document))
    store.restore_documents("local", [document.id])
    assert [saved.summary for saved in store.summaries("local", document.id)] == [new_summary(document)]


def test_two_owners_of_one_file_have_outputs_of_their_own(store, keep, new_summary):
    document = keep(store, owner="ada")
    keep(store, owner="bob")
    store.save_summary("ada", new_summary(document))
    assert store.summaries("bob", document.id) == () and len(store.summaries("ada", document.id)) == 1
    assert not store.document_row("bob", document.id).has_summary


def test_settings_are_kept_per_owner(store, folder):
    assert store.get_setting("ada", "theme") is None
    for value in ("dark", 3, 0.1, True, None, "é\ud800"):
        store.set_setting("ada", "theme", value)
        assert store.get_setting("ada", "theme") == value
    store.set_setting("ada", "theme", "light")
    assert store.get_setting("bob", "theme") is None
    store.close()
    with Store.open(folder) as again:
        assert again.get_setting("ada", "theme") == "light"

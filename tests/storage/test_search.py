"""Search takes whatever people type and finds pages, with an index and without."""

import pytest

from storage.store import Store


@pytest.fixture(params=[True, False], ids=["index", "no index"])
def library(request, folder, keep):
    with Store.open(folder, full_text=request.param) as store:
        keep(store)
        keep(store, content=b"b", texts=("Of gulls: gulls, gulls. ", "Nothing here. "), title="On birds")
        yield store


def found(store: Store, query: str) -> list[tuple[str, int]]:
    return [(hit.title, hit.page) for hit in store.search("local", query)]


def test_words_are_found_with_their_page(library):
    assert found(library, "lighthouse") == [("A title", 1)]
    assert found(library, "SHIPS night") == [("A title", 2)]
    assert found(library, "lighthouse gulls") == [], "every word must stand on the page"
    assert found(library, "nowhere") == [] and found(library, "") == [] and found(library, "  ") == []


def test_pieces_are_the_text_around_the_match(library):
    (hit,) = library.search("local", "lighthouse")
    assert ("lighthouse", True) in hit.pieces
    assert "".join(text for text, _ in hit.pieces).strip("… ") in library.document("local", hit.document).text


def test_the_beginning_of_the_last_word_is_enough(library):
    assert found(library, "lightho") == [("A title", 1)]


@pytest.mark.parametrize(
    "query",
    [
        "what's AND (x", '"', '""', "a OR", "NEAR(", "-x", "^x", "col:x", "x*", "*", "{", "\x00", "\ud800",
        "NOT", "a" * 10_000, "x " * 5_000, "'; DROP TABLE pages; --", "%", "_", "\\", "(((((", "+", "🗼",
        "text:lighthouse", "page_search",
    ],
    ids=range(25),
)
def test_no_query_is_wrong(library, query):
    assert isinstance(library.search("local", query), tuple)


def test_signs_are_not_wildcards(library):
    assert found(library, "%") == [] and found(library, "_") == [] and found(library, "l%e") == []


def test_the_limit_holds(library):
    assert (
        len(library.search("local", "gulls", limit=1)) == 1
        and library.search("local", "gulls", limit=0) == ()
    )


def test_the_index_knows_word_forms_accents_and_the_better_page(store, keep):
    keep(store)
    keep(store, content=b"b", texts=("Of gulls: gulls, gulls. ", "Nothing here. "), title="On birds")
    assert found(store, "resume") == [("A title", 1)] == found(store, "RÉSUMÉS")
    assert found(store, "gull") == [("On birds", 1), ("A title", 2)]
    scores = [hit.score for hit in store.search("local", "gulls")]
    assert scores == sorted(scores, reverse=True) and len(scores) == 2


def test_text_without_spaces_is_found(library, keep):
    keep(library, content=b"c", texts=("灯台は千八百七十四年に建てられた。",), title="灯台")
    assert found(library, "七十四年") == [("灯台", 1)]


def test_marks_in_a_text_mark_nothing_but_text(store, claim, new_document):
    claim(store)
    document = new_document(texts=("before \x02fake\x03 lighthouse after ",))
    store.add_document("local", document, name="x", n_bytes=1, seconds=0)
    (hit,) = store.search("local", "lighthouse")
    assert ("lighthouse", True) in hit.pieces and not any("\x02" in text for text, _ in hit.pieces)


def test_the_index_comes_and_goes_with_the_wish_for_it(folder, keep):
    with Store.open(folder, full_text=False) as store:
        document = keep(store)
        assert found(store, "resume") == []
    with Store.open(folder) as store:
        assert found(store, "resume") == [("A title", 1)]
        with Store.open(folder, full_text=False) as beside:  # not the holder: adds to the index that is there
            keep(beside, content=b"b", texts=("Another résumé.",), title="B")
        assert found(store, "resume") == [("B", 1), ("A title", 1)]
    with Store.open(folder, full_text=False) as store:
        assert found(store, "resume") == []
        assert store.document("local", document.id) == document and store.problems(thorough=True) == ()

"""Another reading of a document takes the place of the one before; nothing that was said of it is lost."""

from dataclasses import replace

import pytest

from engine.errors import NotInLibrary, StorageError
from engine.types import Citation, Line, Page, Sentence, Span
from storage.store import Store

FIRST, SECOND = "The lighthouse was built in 1874. ", "Ships passed. "
SEEN = "A recognised page about pelicans. "


@pytest.fixture
def before(store, keep):
    """A document whose second page is a picture."""
    return keep(store, texts=(FIRST, "", SECOND))


def moved(span):
    """Where a span is once the second page has its text."""
    by = len(SEEN) if span.start >= len(FIRST) else 0
    return Span(span.start + by, span.end + by)


@pytest.fixture
def after(before):
    """The same with the text of that page."""
    text = FIRST + SEEN + SECOND
    ends = len(FIRST), len(FIRST + SEEN), len(text)
    spans = Span(0, ends[0]), Span(ends[0], ends[1]), Span(ends[1], ends[2])
    pages = tuple(
        Page(p.number, p.width, p.height, span, "ocr" if p.number == 2 else p.state)
        for p, span in zip(before.pages, spans, strict=True)
    )
    seen = Line(spans[1], before.lines[2].box, (), 0.875)
    lines = (*before.lines[:2], seen, *(replace(x, span=moved(x.span)) for x in before.lines[4:]))
    sentences = tuple(Sentence(span, number) for number, span in enumerate(spans, 1))
    return replace(before, text=text, pages=pages, lines=lines, sentences=sentences, status="ok")


def test_the_new_reading_comes_back_equal_and_is_found(store: Store, before, after):
    store.remake_document("local", before, after, moved)
    assert store.document("local", before.id) == after
    row = store.document_row("local", before.id)
    assert (row.pages_without_text, row.pages_recognised, row.status) == ((), (2,), "ok")
    assert row.n_chars == len(after.text)
    (hit,) = store.search("local", "pelicans")
    assert (hit.document, hit.page) == (before.id, 2)
    assert len(store.search("local", "ships")) == 1 and store.problems(thorough=True) == ()


def test_what_was_said_points_to_the_same_words(store: Store, before, after, new_summary, new_answer):
    late = Span(len(FIRST), len(FIRST) + 5)
    summary = new_summary(before)
    cited = Citation(late, 3, "Ships", 0.5)
    summary = replace(summary, sentences=(replace(summary.sentences[0], citations=(cited,)),))
    answer = replace(new_answer(before), span=late, page=3, evidence=(cited,))
    store.save_summary("local", summary)
    store.save_answer("local", answer)
    absent = replace(new_answer(before, "Who?"), found=False, span=None, page=None, evidence=())
    store.save_answer("local", absent)
    store.remake_document("local", before, after, moved)
    (saved,) = store.summaries("local", before.id)
    (place,) = saved.summary.sentences[0].citations
    assert place == replace(cited, span=moved(late)) and place.span.of(after.text) == "Ships"
    given, nothing = (saved.answer for saved in store.answers("local", before.id))
    assert given.span.of(after.text) == "Ships" and given.evidence == (replace(cited, span=moved(late)),)
    assert nothing == absent
    assert saved.summary.run == summary.run, "how it was made does not change"


def test_chosen_passages_begin_and_end_at_the_same_words(store: Store, before, after, new_summary):
    """A passage behind the recognised page, and one around it; pages and headings are named by number."""
    early, late = f"4-{len(FIRST) + 5}", f"{len(FIRST)}-{len(FIRST) + 5}"
    by = len(SEEN)
    early_now, late_now = f"4-{len(FIRST) + 5 + by}", f"{len(FIRST) + by}-{len(FIRST) + 5 + by}"
    said = {"length": "short", "part": f"1-2, §2, @{late}", "picked": f"@{early}", "placement": "picked"}
    waiting = store.create_job("local", "summarize", said, before.id)
    other = store.create_job("local", "summarize", said, "e" * 64)
    theirs = store.create_job("other", "summarize", said, before.id)
    summary = new_summary(before)
    options = {**summary.run.options, "scope": f"{early}, {late}", "picked": late}
    store.save_summary("local", replace(summary, run=replace(summary.run, options=options)))
    store.remake_document("local", before, after, moved)
    now = store.job("local", waiting).params
    assert now == said | {"part": f"1-2, §2, @{late_now}", "picked": f"@{early_now}"}
    assert store.job("local", other).params == store.job("other", theirs).params == said
    (saved,) = store.summaries("local", before.id)
    assert saved.summary.run.options == options | {"scope": f"{early_now}, {late_now}", "picked": late_now}


def test_work_on_the_old_text_begins_anew_and_finished_work_stays(store: Store, before, after):
    def job(kind, document, state):
        number = store.create_job("local", kind, {}, document)
        store.start_job(number)
        store.save_window(number, 0, 2, b"half")
        store.add_events(number, [{"kind": "provisional", "places": [[0, 3, 1, 0.5]]}])
        store.finish_job(number, state, document_id=document)
        return number

    stopped, done = job("summarize", before.id, "stopped"), job("answer", before.id, "done")
    other, own = job("summarize", "e" * 64, "stopped"), job("recognise", before.id, "stopped")
    suggested, theirs = job("suggest", before.id, "done"), job("suggest", "e" * 64, "done")
    drawn = job("map", before.id, "done")
    store.remake_document("local", before, after, moved)
    assert store.windows(stopped) == {} and store.events("local", stopped) == ()
    assert all(store.windows(number) for number in (other, own))
    assert all(store.events("local", number) for number in (done, other, own, theirs))
    left = {row.id for row in store.jobs("local")}
    assert not {suggested, drawn} & left, "questions are looked for anew, and so is attention"


def test_another_owners_document_of_the_same_file_stays(store: Store, keep, before, after, new_summary):
    theirs = keep(store, owner="other", texts=(FIRST, "", SECOND))
    store.save_summary("other", new_summary(theirs))
    store.remake_document("local", before, after, moved)
    assert store.document("other", theirs.id) == before
    assert [saved.summary for saved in store.summaries("other", theirs.id)] == [new_summary(theirs)]
    with pytest.raises(NotInLibrary):
        store.remake_document("nobody", before, after, moved)


def test_a_document_that_is_not_as_before_is_left_alone(store: Store, before, after):
    store.remake_document("local", before, after, moved)
    with pytest.raises(StorageError, match="changed while"):
        store.remake_document("local", before, after, moved)
    assert store.document("local", before.id) == after


def test_a_title_of_the_readers_own_stays(store: Store, before, after):
    store.rename_document("local", before.id, "My harbour")
    store.remake_document("local", before, after, moved)
    assert store.document("local", before.id) == replace(after, title="My harbour")


def test_a_deleted_document_is_not_made_anew(store: Store, before, after):
    store.delete_documents("local", [before.id])
    with pytest.raises(NotInLibrary):
        store.remake_document("local", before, after, moved)


def test_nothing_changes_where_it_fails_half_way(store: Store, before, after, new_summary):
    store.save_summary("local", new_summary(before))

    def fail(span):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.remake_document("local", before, after, fail)
    assert store.document("local", before.id) == before and store.problems(thorough=True) == ()
    assert [saved.summary for saved in store.summaries("local", before.id)] == [new_summary(before)]


def test_how_sure_a_citation_is_comes_back(store: Store, before, after, new_summary):
    store.remake_document("local", before, after, moved)
    summary = new_summary(after)
    cited = Citation(after.pages[1].span, 2, SEEN, 0.5, 0.875)
    summary = replace(
        summary, sentences=(replace(summary.sentences[0], citations=(cited,)),),
        run=replace(summary.run, pages_recognised=(2,)),
    )
    store.save_summary("local", summary)
    (saved,) = store.summaries("local", after.id)
    assert saved.summary == summary and saved.summary.run.key != replace(summary.run, pages_recognised=()).key
    said = saved.summary.sentences[0].citations[0].as_json()
    assert said["ocr"] is True and said["recognition"] == 0.875
    assert Citation(Span(0, 1), 1, "T", 1.0).as_json()["ocr"] is False

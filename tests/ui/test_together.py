"""Several documents at once: one job for each, one view of all, and nobody else's."""

from pathlib import Path

import pytest

from engine.errors import NotInLibrary
from tests.ui.conftest import SLOW
from tests.ui.test_actions import actions, add, finish, reader  # noqa: F401  (fixtures)
from ui import together
from ui.gathered import gathered_view
from ui.values import BadRequest

TEXTS = {
    "Tower.txt": "The tower stands on the hill above the town. Its bell was cast in 1702 by Anna Feld. " * 9,
    "Bridge.txt": "The bridge was opened in 1880 after nine years of work. Its arches are of granite. " * 9,
    "Mill.txt": "The mill turns with the river, and its miller pays no rent to anybody at all. " * 9,
}


def add_all(actions, tmp_path: Path, owner: str = "local") -> list[str]:  # noqa: F811
    return [add(actions, tmp_path, owner, text) for text in TEXTS.values()]


def wait(actions, jobs, owner: str = "local") -> None:  # noqa: F811
    for job in jobs:
        assert finish(actions, owner, job).state == "done"


def test_a_question_to_several(actions, tmp_path) -> None:  # noqa: F811
    documents = add_all(actions, tmp_path)
    wait(actions, together.ask(actions, "local", documents, "Who opened the granite?"))
    (gathering,) = together.gathered(actions, "local", documents)
    assert [part.answer.found for part in gathering.parts] == [False, True, False]
    view = gathered_view([gathering])
    assert "granite" in view and "Not found in 2 documents, read to the end." in view
    wait(actions, together.ask(actions, "local", documents, "Where is the zebra?"))
    newest, earlier = together.gathered(actions, "local", documents[::-1])
    assert newest.asked == "Where is the zebra?" and earlier.asked == "Who opened the granite?"
    assert "Not found in these 3 documents, read to the end." in gathered_view([newest])
    assert together.gathered(actions, "local", documents[:2]) == ()


def test_the_surest_answer_comes_first(actions, tmp_path) -> None:  # noqa: F811
    from dataclasses import replace

    documents = add_all(actions, tmp_path)
    wait(actions, together.ask(actions, "local", documents, "What does its say?"))
    (gathering,) = together.gathered(actions, "local", documents)
    sure = [0.4, 0.9, 0.7]
    parts = tuple(
        replace(part, answer=replace(part.answer, found=True, confidence=one))
        for part, one in zip(gathering.parts, sure, strict=True)
    )
    view = gathered_view([replace(gathering, parts=parts)])
    assert view.index("90\xa0%") < view.index("70\xa0%") < view.index("40\xa0%")


def test_summaries_of_several_are_kept_like_any_other(actions, tmp_path) -> None:  # noqa: F811
    documents = add_all(actions, tmp_path)
    wait(actions, together.summarize(actions, "local", documents, "short"))
    (gathering,) = together.gathered(actions, "local", documents)
    assert [len(part.summary.sentences) for part in gathering.parts] == [3, 3, 3]
    assert all(part.summary.run.document == one for part, one in zip(gathering.parts, documents, strict=True))
    steps = actions.engine.steps
    again = finish(actions, "local", actions.summarize("local", documents[0], "short"))
    assert again.state == "done" and actions.engine.steps == steps, "it comes from the store"
    view = gathered_view([gathering])
    assert view.count("<ol") == 3 and "Short summary of 3 documents" in view


def test_when_one_of_the_set_is_deleted_the_others_keep_their_results(actions, tmp_path) -> None:  # noqa: F811
    from types import SimpleNamespace

    from ui.tabs.together import Together

    names = ("together", "gathered", "put", "message", "place", "memory")
    regions = SimpleNamespace(**{name: name for name in names})
    page = SimpleNamespace(actions=actions, regions=regions, owner=lambda request: "local")
    handlers, documents = Together(page), add_all(actions, tmp_path)
    wait(actions, together.ask(actions, "local", documents, "Who opened the granite?"))
    actions.delete("local", (documents[0],))
    shown = handlers.show("local", tuple(documents))
    assert "2 documents together" in shown["together"] and "Who opened the granite?" in shown["gathered"]
    before = len(actions.job_rows("local"))
    update = handlers.ask(documents, "Where is the zebra?", None)
    assert "zebra" in update["gathered"] and "message" not in update
    handlers.summarize(documents, "line", None)
    new = actions.job_rows("local")[: len(actions.job_rows("local")) - before]
    assert sorted(row.document_id for row in new) == sorted([*documents[1:]] * 2)
    wait(actions, [row.id for row in new])
    assert handlers.show("local", tuple(documents))["gathered"].count("<h3") == 3
    assert "Choose between" in handlers.ask([documents[0]], "Why?", None)["message"]


def test_only_one_s_own_and_not_too_many(actions, tmp_path) -> None:  # noqa: F811
    documents = add_all(actions, tmp_path, "first")
    for verb in (
        lambda: together.ask(actions, "second", documents, "Why?"),
        lambda: together.summarize(actions, "second", documents, "short"),
        lambda: together.gathered(actions, "second", documents),
    ):
        with pytest.raises(NotInLibrary):
            verb()
    for wrong in ([], documents * 10):
        with pytest.raises(BadRequest):
            together.ask(actions, "first", wrong, "Why?")
    assert not [row for row in actions.job_rows("second") if row.kind != "ingest"]


@pytest.mark.browser
def test_in_the_browser(open_page, make_server, sample_pdf) -> None:
    server = make_server().start()
    page = open_page(server.url)
    files = [{"name": n, "mimeType": "text/plain", "buffer": t.encode()} for n, t in TEXTS.items()]
    page.set_input_files("#upload input[type=file]", files)
    page.wait_for_function("document.querySelectorAll('.card').length === 3", timeout=SLOW)
    page.set_input_files("#upload input[type=file]", str(sample_pdf))
    page.wait_for_selector("body[data-screen=document] #document-header h2:visible")
    page.click(".nav-link[data-screen=library]")
    for title in ("Tower", "Mill", "Lighthouse of Cape Merrow"):
        page.check(f".card[data-title='{title}'] input")
    page.click("#chosen [data-act=together]")
    page.wait_for_selector("#together h2:has-text('3 documents together')")
    page.fill("#question-set textarea", "Who was the engineer?")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#gathered .found .answer:has-text('Ada Brandt')", timeout=SLOW)
    page.wait_for_selector("#gathered:has-text('Not found in 2 documents')", timeout=SLOW)
    assert page.input_value("#question-set textarea") == ""
    page.click("#summarize-set")
    page.wait_for_function("document.querySelectorAll('#gathered .sentences').length === 3", timeout=SLOW)
    page.reload()
    page.wait_for_selector("#gathered .found .chip:visible")
    page.click("#gathered .found .chip")
    page.wait_for_selector("#page-boxes .box")
    assert page.inner_text("#document-header h2") == "Lighthouse of Cape Merrow"
    server.stop()


def test_hostile_words_are_only_words() -> None:
    """Titles, questions, answers, quotes and messages of every kind, in every view of several documents."""
    from dataclasses import replace
    from types import SimpleNamespace

    from engine.types import Answer, Citation, Span, Summary, SummarySentence
    from tests.ui.test_render import make_job, make_workspace
    from ui.gathered import documents_view
    from ui.jobs import Story
    from ui.passwords import password_field
    from ui.suggested import suggested_view
    from ui.values import JobView

    def views(text: str) -> list[str]:
        run = make_workspace().summaries[0].summary.run
        row = SimpleNamespace(id="d" * 64, title=text, n_pages=3, owner="local")
        place = Citation(Span(0, 5), 1, text, 0.5)
        answer = Answer(text, True, text, Span(0, 5), 1, 0.9, (place,), run)
        absent = replace(answer, found=False, text="", span=None, page=None)
        told = replace(answer, run=replace(run, options={"asks": "the matter"}))
        summary = Summary((SummarySentence(text, 0.2, (place,)),), run)
        done = JobView(make_job("done", "answer", text), Story())
        failed = JobView(make_job("failed", "answer", text, error_code="x", error_message=text), Story())
        part = together.Part(row, done, answer, summary)
        parts = (part, replace(part, answer=absent), replace(part, answer=told))
        parts += (replace(part, view=failed, answer=None, summary=None),)
        gatherings = [together.Gathering(kind, text, parts) for kind in ("answer", "summarize")]
        asked = make_workspace(f"{text[:9]} is a body of ice.").document
        suggested = suggested_view(asked, done)
        return [documents_view([row]), gathered_view(gatherings), suggested, password_field(job=1)]

    beacon = "<img src='http://evil.example/x' onerror=alert(1)><script>alert(1)</script>${a}{{b}}"
    for hostile, harmless in zip(views(beacon), views("x" * len(beacon)), strict=True):
        assert hostile.count("<") == harmless.count("<")
        assert "<script" not in hostile and "<img" not in hostile

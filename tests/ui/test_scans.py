"""Pages that are pictures: the offer to recognise their text, the work, and its mark on what is cited."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import NoText, NotInLibrary, RecognitionMissing
from engine.ingest import recogniser as seen
from engine.ingest.boxes import boxes_of
from engine.ingest.reader import DocumentReader
from engine.types import Progress
from storage.store import Store
from tests.engine.ingest.fake_recogniser import WORDS
from tests.ui.fake_engine import FakeEngine
from tests.ui.test_actions import finish
from ui.actions import Actions
from ui.cli import REFUSED, main
from ui.exports import export
from ui.jobs import Story
from ui.lists import adding_view, jobs_view
from ui.recognition import Offer, read_pace, seconds_for, superseded, with_measure
from ui.render import chip, header
from ui.scans import file_offer, scan_card
from ui.services import Services
from ui.settings import Settings
from ui.values import HOSTED, LOCAL, BadRequest, JobView
from ui.work import MACHINE

FAKE = "tests.engine.ingest.fake_recogniser"


def make_pdf(path: Path, *pages: str | int) -> Path:
    """A text for a page of text, a number for a picture of so many bars."""
    import pymupdf

    document = pymupdf.open()
    for page in pages:
        sheet = document.new_page(width=612, height=792)
        if isinstance(page, str):
            sheet.insert_textbox((72, 72, 500, 700), page)
        else:
            for i in range(page):
                sheet.draw_rect((72, 100 + 14 * i, 472, 110 + 14 * i), color=None, fill=(0, 0, 0))
    document.save(path)
    return path


@pytest.fixture(scope="module")
def reader():
    reader = DocumentReader(recogniser=FAKE)
    yield reader
    reader.close()


@pytest.fixture
def open_actions(tmp_path: Path, reader: DocumentReader):
    opened = []

    def build(hosting=LOCAL, reader=reader) -> Actions:
        store, engine = Store.open(tmp_path / "library"), FakeEngine()
        actions = Actions(lambda: store, lambda: reader, lambda: engine, hosting)
        actions.start()
        opened.append((actions, store))
        return actions

    yield build
    for actions, store in opened:
        actions.close()
        store.close()


@pytest.fixture
def actions(open_actions):
    return open_actions()


PROSE = " ".join(f"Sentence number {n} tells of the tower and its bell." for n in range(12))


def add(actions: Actions, path: Path):
    return finish(actions, "local", actions.add("local", path, path.name))


def test_a_mixed_document_is_made_whole(actions, tmp_path) -> None:
    document = add(actions, make_pdf(tmp_path / "mixed.pdf", PROSE, 4, PROSE)).document_id
    assert finish(actions, "local", actions.summarize("local", document, "short")).state == "done"
    earlier = actions.workspace("local", document)
    row = finish(actions, "local", actions.scanning.recognise("local", document))
    assert row.state == "done", row.error_message
    now = actions.workspace("local", document)
    assert now.row.pages_recognised == (2,) and now.row.pages_without_text == () and now.row.status == "ok"
    for saved, kept in zip(earlier.summaries, now.summaries, strict=True):
        for old, new in zip(saved.summary.sentences, kept.summary.sentences, strict=True):
            assert new.citations[0].span.of(now.document.text) == old.text == new.text
    again = finish(actions, "local", actions.summarize("local", document, "short"))
    assert again.result_id != earlier.summaries[0].id, "another text has another summary"
    newest = actions.workspace("local", document).summaries[0].summary
    assert newest.run.pages_recognised == (2,)
    with pytest.raises(BadRequest):
        actions.scanning.recognise("local", document)  # nothing is left to recognise


def test_a_refused_scan_comes_in(actions, tmp_path) -> None:
    refused = add(actions, make_pdf(tmp_path / "scan.pdf", 3, 4))
    assert (refused.state, refused.error_code) == ("failed", "no_text")
    offer = actions.scanning.offer_for("local", refused)
    assert offer == Offer((1, 2), 2, seconds_for(2, ()), False, True)
    view = actions.tell("local", refused, Story())
    assert 'data-act="recognise"' in adding_view([view], {refused.id: offer})
    assert 'data-act="recognise"' in jobs_view([refused], {})
    row = finish(actions, "local", actions.scanning.recognise_file("local", refused.id))
    assert row.state == "done" and row.document_id in {d.id for d in actions.documents("local")}
    document = actions.document("local", row.document_id)
    assert document.pages_recognised == (1, 2) and WORDS[0] in document.text
    rows = actions.job_rows("local")
    assert superseded(rows) == {refused.id} and 'data-act="recognise"' not in jobs_view(rows, {})
    with pytest.raises(BadRequest):
        actions.scanning.recognise_file("local", refused.id)


def test_the_pace_is_learned(actions, tmp_path) -> None:
    document = add(actions, make_pdf(tmp_path / "mixed.pdf", PROSE, 3, 3)).document_id
    before = actions.scanning.offer((2, 3), 3)
    assert not before.is_measured and before.seconds == 2 * seen.SECONDS_PER_PAGE
    finish(actions, "local", actions.scanning.recognise("local", document))
    after = actions.scanning.offer((2, 3), 3)
    assert after.is_measured and 0 < after.seconds < before.seconds


def test_stop_keeps_the_pages_and_continue_goes_on(open_actions, tmp_path) -> None:
    actions = open_actions()
    import pymupdf

    slow = pymupdf.open()
    for width in (400, 30, 30, 30):  # a narrow bar takes a second
        slow.new_page(width=612, height=792).draw_rect((72, 100, 72 + width, 110), color=None, fill=(0, 0, 0))
    slow.save(tmp_path / "slow.pdf")
    refused = add(actions, tmp_path / "slow.pdf")
    job = actions.scanning.recognise_file("local", refused.id)
    for _ in range(1000):
        row = next(row for row in actions.job_rows("local") if row.id == job)
        story = actions.tell("local", row, Story()).story
        if story.progress is not None and story.progress.done >= 3:
            break
        time.sleep(0.01)
    actions.stop("local", job)
    assert finish(actions, "local", job).state == "stopped"
    kept = actions._store().windows(job)
    assert 1 in kept and 4 not in kept
    actions.resume("local", job)
    row = finish(actions, "local", job)
    assert row.state == "done"
    assert actions.document("local", row.document_id).pages_recognised == (1, 2, 3, 4)
    assert len(read_pace(actions._store().get_setting(MACHINE, "measured:recognition"))) == 1


def test_nothing_recognised_is_said_and_leaves_the_document(actions, tmp_path) -> None:
    import pymupdf

    photo = pymupdf.open()
    photo.new_page(width=612, height=792).insert_textbox((72, 72, 500, 700), PROSE)
    photo.new_page(width=612, height=792).draw_rect((72, 72, 300, 300), color=None, fill=(0.8, 0.8, 0.8))
    photo.save(tmp_path / "photo.pdf")
    document = add(actions, tmp_path / "photo.pdf").document_id
    before = actions.document("local", document)
    row = finish(actions, "local", actions.scanning.recognise("local", document))
    assert row.state == "failed" and row.error_code == "no_text"
    assert "No text was recognised" in row.error_message
    assert actions.document("local", document) == before


def test_without_the_packages_the_card_says_how_to_get_them(open_actions, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(seen, "NEEDED", ("no_such_package",))
    bare = DocumentReader()
    try:
        actions = open_actions(reader=bare)
        document = add(actions, make_pdf(tmp_path / "mixed.pdf", PROSE, 3)).document_id
        offer = actions.scanning.offer((2,), 2)
        card = scan_card(document, offer, None)
        assert "make setup-ocr" in card and "data-act" not in card
        assert "make setup-ocr" in file_offer(offer, 7) and "data-act" not in file_offer(offer, 7)
        with pytest.raises(RecognitionMissing):
            actions.scanning.recognise("local", document)
    finally:
        bare.close()


def test_a_visitor_recognises_little_and_only_what_is_theirs(open_actions, tmp_path) -> None:
    actions = open_actions(HOSTED)
    document = add(actions, make_pdf(tmp_path / "mixed.pdf", PROSE, *[1] * 21)).document_id
    with pytest.raises(BadRequest, match="20 pages"):
        actions.scanning.recognise("local", document)
    assert "20 pages at most" in scan_card(document, actions.scanning.offer(tuple(range(2, 23)), 22), None)
    refused = add(actions, make_pdf(tmp_path / "scan.pdf", 2))
    for stranger in ("other", ""):
        with pytest.raises(NotInLibrary):
            actions.scanning.recognise(stranger, document)
        with pytest.raises(NotInLibrary):
            actions.scanning.recognise_file(stranger, refused.id)
    for n in range(2):
        add(actions, make_pdf(tmp_path / f"more{n}.pdf", f"{PROSE} {n}"))
    with pytest.raises(BadRequest, match="3 documents"):
        actions.scanning.recognise_file("local", refused.id)
    assert HOSTED.kept_for == timedelta(minutes=60)


# ------------------------------------------------------------------ what is shown


@pytest.fixture
def recognised(actions, tmp_path):
    """A workspace with a picture that was recognised, a summary and an answer from it."""
    document = add(actions, make_pdf(tmp_path / "mixed.pdf", "A short page.", 4)).document_id
    finish(actions, "local", actions.scanning.recognise("local", document))
    finish(actions, "local", actions.summarize("local", document, "long"))
    finish(actions, "local", actions.ask("local", document, "Where was the harbour?"))
    return actions.workspace("local", document)


def test_what_is_cited_from_a_picture_is_marked_everywhere(recognised, actions) -> None:
    cited = [c for s in recognised.summaries[0].summary.sentences for c in s.citations]
    assert {(c.page, c.recognition is not None) for c in cited} == {(1, False), (2, True)}
    for citation in cited:
        shown = chip(recognised.document, citation, boxes_of)
        assert ("OCR" in shown) == ("93\N{NO-BREAK SPACE}% sure" in shown) == (citation.page == 2)
    answer = recognised.answers[0].answer
    assert answer.page == 2 and answer.as_json()["ocr"] is True
    for what in ("summary.md", "summary.txt", "answers.md"):
        text = export(recognised, what).data.decode()
        assert "(OCR" in text.replace("\\(", "("), what
    said = json.loads(export(recognised, "summary.json").data)["summary"]
    marks = {(c["page"], c["ocr"]) for s in said["sentences"] for c in s["citations"]}
    assert marks == {(1, False), (2, True)}
    assert said["run"]["pages_recognised"] == [2]
    notes = actions.export("local", recognised.row.id, "notes.pdf").data
    import pymupdf

    with pymupdf.open(stream=notes) as pdf:
        words = [annotation.info["content"] for page in pdf for annotation in page.annots()]
    assert any("recognised text, OCR, 93 % sure" in note for note in words)


def test_the_head_says_which_pages(recognised) -> None:
    head = header(recognised.row)
    assert "text of 1 page recognised (OCR): 2" in head and 'data-recognised="2"' in head
    assert "no text layer" not in head


def view_of(state: str, **more: object) -> JobView:
    from types import SimpleNamespace

    row = SimpleNamespace(id=4, kind="recognise", state=state, error_code=None, error_message=None, params={})
    for name, value in more.items():
        setattr(row, name, value)
    return JobView(row, Story(progress=Progress("Recognising", 3, 12, "page")), 40.0)


OFFER = Offer((2, 3), 12, 16.0, False, True)


def test_every_state_of_the_card_has_a_way_on() -> None:
    asked = scan_card("d", OFFER, None)
    assert "2 of 12 pages are pictures" in asked and "about 16 s (a guess" in asked and "OCR" in asked
    assert 'data-act="recognise"' in asked and 'data-document="d"' in asked
    measured = scan_card("d", Offer((2,), 12, 200.0, True, True), None)
    assert "1 of 12 pages is a picture" in measured and "about 3 min" in measured and "guess" not in measured
    running = scan_card("d", OFFER, view_of("running"))
    assert "Recognising page 3 of 12" in running and "about 40 s left" in running
    assert 'data-act="stop"' in running
    assert "Waiting" in scan_card("d", OFFER, view_of("queued"))
    assert 'data-act="resume"' in scan_card("d", OFFER, view_of("stopped"))
    failed = scan_card("d", OFFER, view_of("failed", error_code="ocr-failed", error_message="<b>No</b>"))
    assert 'data-act="resume"' in failed and "&lt;b&gt;No" in failed
    assert "No text was recognised" in scan_card("d", OFFER, view_of("done"))
    assert scan_card("d", None, view_of("done")) is None and scan_card("d", None, None) is None


def test_the_pace_survives_nonsense() -> None:
    kept = with_measure(((3, 10.0),), 5, 20.0)
    assert read_pace(kept) == ((3, 10.0), (5, 20.0)) and seconds_for(8, read_pace(kept)) == 30.0
    for value in (None, 7, "x", "[[1]]", '[["a", 2]]', "{}", "[[0, 5], [2, -1]]"):
        assert read_pace(value) == ()
    assert with_measure((), 0, 1.0) is None and with_measure((), 2, 0.0) is None
    assert len(read_pace(with_measure(((1, 1.0),) * 30, 1, 1.0))) == 8


# ------------------------------------------------------------------ the terminal


@pytest.fixture
def services(tmp_path: Path, reader: DocumentReader) -> Services:
    def no_store() -> object:
        raise AssertionError("a terminal command keeps nothing in the library")

    settings = Settings(root=tmp_path, data_dir=tmp_path / "data", app_version="0")
    return Services(settings, lambda: reader, FakeEngine, no_store, lambda: None)


def test_ingest_with_ocr(services, tmp_path, capsys) -> None:
    path = str(make_pdf(tmp_path / "mixed.pdf", PROSE, 3, PROSE))
    assert main(["ingest", path, "--json"], services) == 0
    assert json.loads(capsys.readouterr().out)["pages_recognised"] == []
    assert main(["ingest", path, "--ocr", "--text"], services) == 0
    said = capsys.readouterr()
    assert WORDS[0] in said.out
    assert "1 of 3 pages are pictures. Recognising their text takes about" in said.err
    status = json.loads(said.out.splitlines()[-1])
    assert (status["status"], status["pages_recognised"], status["pages_without_text"]) == ("ok", [2], [])


def test_a_scan_in_the_terminal(services, tmp_path, capsys) -> None:
    path = str(make_pdf(tmp_path / "scan.pdf", 4))
    assert main(["ingest", path], services) == REFUSED
    said = capsys.readouterr()
    assert "--ocr" in said.err and json.loads(said.out)["status"] == "no_text"
    assert json.loads(said.out)["document"] and json.loads(said.out)["pages"] == 1
    assert main(["summarize", path, "--ocr"], services) == 0
    assert "[p. 1, OCR]" in capsys.readouterr().out
    assert main(["ask", path, "Where was the harbour?", "--json", "--ocr"], services) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ocr"] is True and answer["evidence"][0]["recognition"] == 0.93


def test_a_photo_in_the_terminal_stays_refused(services, tmp_path, capsys) -> None:
    import pymupdf

    photo = pymupdf.open()
    photo.new_page().draw_rect((72, 72, 300, 300), color=None, fill=(0.8, 0.8, 0.8))
    photo.save(tmp_path / "photo.pdf")
    assert main(["ingest", str(tmp_path / "photo.pdf"), "--ocr"], services) == REFUSED
    said = capsys.readouterr()
    status = json.loads(said.out)
    assert status["status"] == NoText.status and len(status["document"]) == 64 and "recognised" in said.err

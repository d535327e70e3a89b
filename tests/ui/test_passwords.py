"""Encrypted PDFs: the password is asked for, kept in memory alone, and wrong ones are said to be wrong."""

from datetime import timedelta

import pytest

from engine.errors import EncryptedFile, NotInLibrary
from engine.ingest.reader import DocumentReader
from storage.store import Store
from tests.ui.conftest import PASSWORD, SLOW
from tests.ui.fake_engine import FakeEngine
from tests.ui.test_actions import finish
from ui.actions import Actions
from ui.passwords import MOST_KEPT, Passwords
from ui.values import BadRequest


@pytest.fixture
def open_actions(tmp_path):
    """Opens the library of this test, as often as wanted."""
    reader, opened = DocumentReader(), []

    def make() -> Actions:
        store = Store.open(tmp_path / "library")
        actions = Actions(lambda: store, lambda: reader, FakeEngine)
        actions.start()
        opened.append((actions, store))
        return actions

    yield make
    for actions, store in opened:
        actions.close()
        store.close()
    reader.close()


def test_wrong_then_right(open_actions, locked_pdf, tmp_path) -> None:
    actions = open_actions()
    job = actions.add("local", locked_pdf, locked_pdf.name)
    assert finish(actions, "local", job).error_code == "password"
    actions.unlock("local", job, "wrong")
    row = finish(actions, "local", job)
    assert row.error_code == "password" and "does not open" in row.error_message
    actions.unlock("local", job, PASSWORD)
    row = finish(actions, "local", job)
    assert row.state == "done"
    assert actions.page_image("local", row.document_id, 1).data
    finish(actions, "local", actions.summarize("local", row.document_id, "short"))
    assert actions.export("local", row.document_id, "notes.pdf").data.startswith(b"%PDF-")
    kept = [file.read_bytes() for file in (tmp_path / "library").rglob("*") if file.is_file()]
    assert kept and not any(PASSWORD.encode() in data for data in kept)


def test_after_a_restart_the_pages_ask_again(open_actions, locked_pdf) -> None:
    first = open_actions()
    job = first.add("local", locked_pdf, locked_pdf.name)
    finish(first, "local", job)
    first.unlock("local", job, PASSWORD)
    document = finish(first, "local", job).document_id
    again = open_actions()
    assert again.document("local", document).text
    with pytest.raises(EncryptedFile):
        again.page_image("local", document, 1)
    with pytest.raises(EncryptedFile):
        again.unlock_pages("local", document, "wrong")
    again.unlock_pages("local", document, PASSWORD)
    assert again.page_image("local", document, 1).data
    again.delete("local", (document,))
    again.undo("local", (document,))
    with pytest.raises(EncryptedFile):
        again._render("local", document, 1, 40)


def test_only_the_owner_and_only_where_one_was_asked_for(open_actions, locked_pdf, tmp_path) -> None:
    actions = open_actions()
    job = actions.add("first", locked_pdf, locked_pdf.name)
    finish(actions, "first", job)
    with pytest.raises(NotInLibrary):
        actions.unlock("second", job, PASSWORD)
    with pytest.raises(BadRequest):
        actions.unlock("first", job, "")
    file = tmp_path / "empty.pdf"
    file.write_bytes(b"")
    other = actions.add("first", file, file.name)
    finish(actions, "first", other)
    with pytest.raises(BadRequest):
        actions.unlock("first", other, PASSWORD)


def test_what_is_remembered_is_little_and_for_a_while() -> None:
    now = 0.0
    kept = Passwords(timedelta(minutes=60), clock=lambda: now)
    for number in range(MOST_KEPT + 1):
        kept.keep("a", str(number), "x")
    assert kept.get("a", "0") == "" and kept.get("a", "1") == "x" and kept.get("b", "1") == ""
    kept.forget("a", ("1",))
    assert kept.get("a", "1") == "" and kept.get("a", "2") == "x"
    now = 3601.0
    assert kept.get("a", "2") == ""


@pytest.mark.browser
def test_in_the_browser(open_page, make_server, locked_pdf) -> None:
    server = make_server().start()
    page = open_page(server.url)
    page.set_input_files("#upload input[type=file]", str(locked_pdf))
    field = "#adding .password input"
    page.wait_for_selector(field)
    assert "protected by a password" in page.inner_text("#adding .locked")
    page.fill(field, "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("#adding .refused:has-text('does not open')")
    assert page.input_value(field) == ""
    page.fill(field, PASSWORD)
    page.click("#adding [data-act=unlock]")
    page.wait_for_selector("body[data-screen=document] #document-header h2:visible")
    page.wait_for_function("document.querySelector('#page-image')?.naturalWidth > 300")
    assert page.locator("#locked").is_hidden()
    server.stop()
    server.start()
    page = open_page(page.url)
    page.wait_for_selector("#locked input:visible", timeout=2 * SLOW)
    page.fill("#locked input", PASSWORD)
    page.click("#locked [data-act=unlock]")
    page.wait_for_function("document.querySelector('#page-image')?.naturalWidth > 300")
    page.wait_for_selector("#locked", state="hidden")
    assert PASSWORD not in "\n".join(server.lines)

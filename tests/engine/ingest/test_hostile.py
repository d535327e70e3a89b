"""Files that were made to crash, hang, fill or fool a reader, and children that fail on them."""

import os
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from pathlib import Path

import pytest

from engine.errors import (
    Cancelled,
    DocumentError,
    EncryptedFile,
    FileTooLarge,
    NoText,
    ReadingTimedOut,
    UnreadableFile,
    UnsupportedFile,
)
from engine.ingest.limits import Limits
from engine.ingest.reader import DocumentReader

IMAGE = "q 300 0 0 300 100 100 cm BI /W 4 /H 4 /BPC 8 /CS /G ID 0123456789abcdef EI Q"


@pytest.fixture
def impostor(tmp_path, monkeypatch):
    """A reader whose children do something else when they come to a page."""
    readers = []

    def build(deed, limits=Limits(), module="impostor"):  # noqa: B008 - frozen
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(f"""
            import os, signal, sys, time
            from engine.ingest import child, pdf
            read_page, perform = pdf.read_page, child.perform

            def misread(document, number, limits, exact):
                {deed}
                return read_page(document, number, limits, exact)

            def misperform(*arguments):
                pdf.read_page = misread
                perform(*arguments)

            child.perform, main = misperform, child.main
        """))
        monkeypatch.syspath_prepend(str(tmp_path))
        readers.append(DocumentReader(limits, child=module))
        return readers[-1]

    yield build
    for reader in readers:
        reader.close()


def sheets(pdf, n):
    for number in range(1, n + 1):
        pdf.page((72, 100, 10, f"Sheet {chr(64 + number)} says something of its own."))
    return pdf


def repeat_page(pdf, n):
    """Many pages with one content."""
    body = pdf.objects[pdf.page((72, 100, 10, "The same again.")) - 1]
    pdf.pages += [pdf.add(body) for _ in range(n - 1)]


# --------------------------------------------------------- damaged files


def test_cut_off_anywhere(pdf, reader, save):
    data = sheets(pdf, 6).data()
    for share in range(1, 20):
        path = save(data[: len(data) * share // 20])
        try:
            document = reader.read(path)
        except DocumentError as error:
            assert error.status in ("corrupt", "unsupported", "no_text")
        else:
            assert document.text and document.status in ("ok", "partial")


@pytest.mark.parametrize("old, new", [
    (b"startxref\n", b"startxref\n9"), (b"0000000", b"0000009"), (b"xref", b"xxxx"),
    (b"endobj", b"endo"), (b"/Length ", b"/Length 9"),
])
def test_a_wrong_table_is_repaired(pdf, reader, save, old, new):
    document = reader.read(save(sheets(pdf, 2).data().replace(old, new)))
    assert "Sheet A says" in document.text and "Sheet B says" in document.text


@pytest.mark.parametrize("count", [0, 1, 7, -3, 4_000_000, 2_147_483_647])
def test_a_page_count_that_lies(pdf, reader, save, count):
    started = time.monotonic()
    try:
        document = reader.read(save(sheets(pdf, 3).data(count)))
    except DocumentError as error:
        assert error.status in ("corrupt", "too_large", "no_text")
    else:
        assert document.text and len(document.pages) <= 5000
    assert time.monotonic() - started < 30


def test_a_page_tree_that_bites_its_tail(reader, save):
    data = (b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
            b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF")
    with pytest.raises((UnreadableFile, NoText)):
        reader.read(save(data))


def test_an_outline_that_bites_its_tail(pdf, reader, save):
    first = pdf.add("placeholder")
    pdf.objects[first - 1] = f"<</Title(Round)/Next {first} 0 R/First {first} 0 R>>".encode()
    root = pdf.add(f"<</Type/Outlines/First {first} 0 R/Last {first} 0 R/Count 9>>")
    pdf.catalog = f"/Outlines {root} 0 R"
    assert reader.read(save(sheets(pdf, 1).data())).text


@pytest.mark.parametrize("content", [
    b"[" * 100_000, b"q " * 100_000, b"BT " * 50_000, b"<<" * 50_000, b"(" * 100_000, b"\xff\x00" * 50_000,
    b"/F 1e38 Tf 1e38 0 0 1e38 0 0 cm", b"BT /mono 1e30 Tf (x) Tj ET",
])
def test_deep_and_wild_content(pdf, reader, save, content):
    pdf.page((72, 100, 10, "Swallowed or not."), content=content)
    pdf.page((72, 100, 10, "The next page is read."))
    assert "The next page is read." in reader.read(save(pdf.data())).text


@pytest.mark.parametrize("box", [
    "0 0 1e9 1e9", "0 0 0 0", "612 792 0 0", "-1e6 -1e6 1e6 1e6", "0 0 1 1", "a b c d"])
def test_odd_page_boxes(pdf, reader, save, box):
    pdf.page((72, 100, 10, "Somewhere on the page."))
    data = pdf.data().replace(b"[0 0 612 792]", f"[{box}]".encode())
    try:
        document = reader.read(save(data))
    except NoText:
        assert box in ("0 0 1 1", "0 0 1e9 1e9", "-1e6 -1e6 1e6 1e6")
    else:
        assert document.pages[0].width > 0


def test_random_bytes_after_the_header(reader, save):
    noise = bytes((i * 7919 + (i >> 3) * 104729) % 256 for i in range(50_000))
    with pytest.raises(DocumentError):
        reader.read(save(b"%PDF-1.7\n" + noise))


def test_flipped_bytes(pdf, reader, save):
    data = bytearray(sheets(pdf, 3).data())
    for step in range(12):
        changed = bytearray(data)
        for i in range(step, len(changed), 97 + step):
            changed[i] ^= 1 << (step % 8)
        try:
            reader.read(save(bytes(changed)))
        except DocumentError as error:
            assert error.status in ("corrupt", "unsupported", "no_text", "too_large", "password")


# ------------------------------------------------------- what it is said to be


def test_html_named_pdf(reader, save):
    with pytest.raises(UnsupportedFile):
        reader.read(save(b"<html><body><p>Not a PDF.</p></body></html>"))


@pytest.mark.parametrize("user, status", [("secret", "password"), ("", "ok")])
def test_encryption(pdf, reader, save, tmp_path, user, status):
    path = save(sheets(pdf, 1).data(), "open.pdf")
    program = ("import sys, pymupdf; d = pymupdf.open(sys.argv[1]); d.save(sys.argv[2], owner_pw='owner', "
               "user_pw=sys.argv[3], encryption=pymupdf.PDF_ENCRYPT_AES_256)")
    subprocess.run([sys.executable, "-c", program, path, tmp_path / "locked.pdf", user], check=True)
    if status == "ok":
        assert "Sheet A" in reader.read(tmp_path / "locked.pdf").text
    else:
        with pytest.raises(EncryptedFile) as caught:
            reader.read(tmp_path / "locked.pdf")
        assert caught.value.status == "password" and len(caught.value.document or "") == 64
        with pytest.raises(EncryptedFile, match="does not open"):
            reader.read(tmp_path / "locked.pdf", password="Secret")
        assert "Sheet A" in reader.read(tmp_path / "locked.pdf", password=user).text


def test_pictures_only(pdf, reader, save):
    for _ in range(3):
        pdf.page(content=IMAGE.encode())
    with pytest.raises(NoText) as caught:
        reader.read(save(pdf.data()))
    assert caught.value.pages == 3 and caught.value.status == "no_text"


def test_a_scan_among_pages_is_said(pdf, reader, save):
    for number in range(12):
        if number % 2:
            pdf.page(content=IMAGE.encode())
        else:
            pdf.page((72, 100, 10, f"Sheet {chr(65 + number)} says something of its own."))
    document = reader.read(save(pdf.data()))
    assert document.status == "partial" and document.pages_without_text == (2, 4, 6, 8, 10, 12)
    assert document.page_at(document.text.index("Sheet E")) == 5


def test_an_empty_page_is_no_loss(pdf, reader, save):
    pdf.page((72, 100, 10, "Before."))
    pdf.page()
    pdf.page((72, 100, 10, "After."))
    document = reader.read(save(pdf.data()))
    assert document.status == "ok" and document.pages_without_text == (2,)


def test_letters_that_mean_nothing_are_no_text(pdf, reader, save):
    font = pdf.mapped_font(dict.fromkeys(b"abc", "\ufffd"))
    pdf.page((72, 100, 10, "abc abc abc", font))
    document = reader.read(save(pdf.data()))
    assert document.status == "partial" and document.pages_without_text == (1,), document.text
    assert not document.sentences


def test_nothing_in_a_document_is_acted_on(pdf, reader, tmp_path):
    mark = tmp_path / "mark"
    action = pdf.add(f"<</S/JavaScript/JS(app.launchURL\\('file://{mark}'\\))>>")
    launch = pdf.add(f"<</S/Launch/F(/bin/touch)/Win<</F(cmd.exe)/P(/c echo > {mark})>>>>")
    attached = pdf.stream(b"attachment body", "/Type/EmbeddedFile")
    spec = pdf.add(f"<</Type/Filespec/F(../../escape.txt)/EF<</F {attached} 0 R>>>>")
    outside = pdf.add("<</Length 0/F(/etc/passwd)/FFilter[]>>stream\n\nendstream")
    pdf.catalog = (f"/OpenAction {launch} 0 R/AA<</WC {action} 0 R>>"
                   f"/Names<</EmbeddedFiles<</Names[(x) {spec} 0 R]>>"
                   f"/JavaScript<</Names[(y) {action} 0 R]>>>>")
    pdf.page((72, 100, 10, "Only this is text."), extra=f"/AA<</O {launch} 0 R>>/Metadata {outside} 0 R")
    before = set(tmp_path.rglob("*"))
    path = pdf.save(tmp_path / "a.pdf")
    document = reader.read(path)
    assert document.text == "Only this is text."
    assert set(tmp_path.rglob("*")) - before == {path}


# ------------------------------------------------------------------ too much


def test_two_thousand_pages(pdf, reader, save):
    repeat_page(pdf, 2000)
    document = reader.read(save(pdf.data()))
    assert len(document.pages) == 2000 and document.text.count("The same again.") == 2000


def test_too_many_pages(pdf, reader, save):
    repeat_page(pdf, 20_000)
    started = time.monotonic()
    with pytest.raises(FileTooLarge, match="20000 pages") as caught:
        reader.read(save(pdf.data()))
    assert caught.value.pages == 20_000 and time.monotonic() - started < 10


def test_too_much_text_for_a_page(pdf, save):
    pdf.page(*[(20, 20 + i % 700, 10, "x" * 90) for i in range(60)])
    pdf.page((72, 100, 10, "A short one."))
    reader = DocumentReader(Limits(page_chars=4000))
    document = reader.read(save(pdf.data()))
    reader.close()
    assert document.pages_failed == (1,) and document.text == "A short one."


def test_too_much_text_for_a_document(pdf, save):
    for number in range(30):
        pdf.page((72, 100, 10, f"Sheet {chr(65 + number)} " + "word " * 10))
    reader = DocumentReader(Limits(chars=500))
    document = reader.read(save(pdf.data()))
    reader.close()
    assert document.status == "partial" and document.pages_failed[-1] == 30 and len(document.text) < 700


def test_a_bomb_stays_in_its_bounds(pdf, save):
    bomb = zlib.compress(zlib.compress(b"0 g " * 20_000_000))
    body = pdf.stream(bomb, "/Filter[/FlateDecode/FlateDecode]")
    number = pdf.page((72, 100, 10, "unused"))
    pdf.objects[number - 1] = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents {body} 0 R>>".encode()
    pdf.page((72, 100, 10, "After the bomb."))
    reader = DocumentReader(Limits(seconds=40, page_seconds=10))
    document = reader.read(save(pdf.data()))
    reader.close()
    assert "After the bomb." in document.text


# --------------------------------------------------------- children that fail


@pytest.mark.parametrize("deed", [
    "if number == 2: os.kill(os.getpid(), signal.SIGSEGV)",
    "if number == 2: os._exit(3)",
    "if number == 2: raise KeyError('a mistake of ours')",
    "if number == 2: sys.stdout.flush(); os.kill(os.getpid(), signal.SIGKILL)",
])
def test_a_page_that_kills_its_child_costs_one_page(pdf, impostor, save, deed):
    document = impostor(deed).read(save(sheets(pdf, 4).data()))
    assert document.status == "partial" and document.pages_failed == (2,)
    assert "Sheet A" in document.text and "Sheet D" in document.text


def test_a_page_that_hangs_costs_one_page(pdf, impostor, save):
    reader = impostor("if number == 3: time.sleep(600)", Limits(page_seconds=1.0))
    document = reader.read(save(sheets(pdf, 4).data()))
    assert document.pages_failed == (3,) and "Sheet D" in document.text


def test_many_bad_pages_are_given_up(pdf, impostor, save):
    reader = impostor("os._exit(3)")
    with pytest.raises(UnreadableFile) as caught:
        reader.read(save(sheets(pdf, 20).data()))
    assert caught.value.pages == 20


def test_the_time_of_a_document_ends(pdf, impostor, save):
    reader = impostor("time.sleep(0.5)", Limits(seconds=3.0))
    document = reader.read(save(sheets(pdf, 20).data()))
    assert document.status == "partial" and document.pages_failed[-1] == 20 and "Sheet A" in document.text


def test_a_document_that_hangs_before_its_first_page(pdf, save, tmp_path, monkeypatch):
    (tmp_path / "sleeper.py").write_text(
        "import time\nfrom engine.ingest import pdf\nfrom engine.ingest.child import main\n"
        "pdf.open_pdf = lambda name, limits, password: time.sleep(600)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    reader = DocumentReader(Limits(seconds=2.0), child="sleeper")
    with pytest.raises(ReadingTimedOut):
        reader.read(save(sheets(pdf, 1).data()))
    reader.close()


def test_a_hanging_document_blocks_nobody(pdf, impostor, save):
    reader = impostor("if number == 2: time.sleep(600)", Limits(seconds=20.0, page_seconds=15.0))
    slow, quick = save(sheets(pdf, 2).data(), "slow.pdf"), None
    started = threading.Event()
    stop = threading.Event()

    def read_slow():
        with pytest.raises(Cancelled):
            reader.read(slow, on_event=lambda event: started.set(), cancelled=stop.is_set)

    thread = threading.Thread(target=read_slow)
    thread.start()
    started.wait(20)
    pdf.pages = pdf.pages[:1]
    quick = save(pdf.data(), "quick.pdf")
    before = time.monotonic()
    assert "Sheet A" in reader.read(quick).text
    assert time.monotonic() - before < 10
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("message", [
    '{"page": {"number": 5}}', '{"done": {}}', '{"at": -1, "of": 2}', '{"at": 1, "of": 1e9}', "[]", "{",
    '{"page": {"number": 1, "width": 1, "height": 1, "state": "text", "painted": false, "text": "a\\u0000b", '
    '"lines": [], "sentences": []}}',
    '{"page": {"number": 1, "width": NaN, "height": 1, "state": "text", "painted": false, "text": "ab", '
    '"lines": [], "sentences": []}}',
    '{"page": {"number": 1, "width": 1, "height": 1, "state": "text", "painted": false, "text": "ab", '
    '"lines": [[0, 900, 0, 0, 1, 1, []]], "sentences": []}}', "x" * 200_000,
])
def test_a_child_that_lies_is_not_believed(pdf, impostor, save, message):
    deed = f"os.write(4, {(message + chr(10)).encode()!r}); os._exit(0)"
    with pytest.raises(DocumentError):
        impostor(deed).read(save(sheets(pdf, 1).data()))


def test_nobody_is_left_behind(pdf, impostor, save):
    reader = impostor("time.sleep(600)", Limits(seconds=2.0, page_seconds=1.0))
    with pytest.raises(DocumentError):
        reader.read(save(sheets(pdf, 3).data()))
    reader.close()
    assert not [line for line in children_of(os.getpid()) if "impostor" in line]


def children_of(pid: int) -> list[str]:
    """Command lines of the living and dead children of a process, where /proc tells."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"PPid:\t{pid}\n" in (entry / "status").read_text():
                found.append((entry / "cmdline").read_text() or "zombie impostor")
        except OSError:
            continue
    return found

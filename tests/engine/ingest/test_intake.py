"""What may be opened at all: nothing that blocks, acts, or is too large; whatever its name."""

import os
import socket
import sys
import threading
import time

import pytest

from engine.errors import EmptyFile, FileTooLarge, UnreadableFile, UnsupportedFile
from engine.ingest.intake import admit, kind_of
from engine.ingest.limits import HOSTED, LOCAL, Limits
from engine.types import never_cancelled

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file types")


def take(path, name=None, limits=LOCAL):
    return admit(path, path.name if name is None else name, limits, never_cancelled)


@pytest.mark.parametrize("head, name, kind", [
    (b"%PDF-1.7\n", "a.pdf", "pdf"),
    (b"%PDF-1.7\n", "A.PDF", "pdf"),
    (b"\x00junk" * 100 + b"%PDF-1.4", "a.pdf", "pdf"),
    (b"%\xe2\xe3\xcf\xd3\n1 0 obj \n<<", "lost its first line.pdf", "pdf"),
    (b"Call me Ishmael.", "a.txt", "txt"),
    (b"\xef\xbb\xbfCall me Ishmael.", "a.b.TXT", "txt"),
    (b"# Call me Ishmael", "a.md", "md"),
    (b"<p>Call me", "a.HTM", "html"),
    (b"PK\x03\x04", "a.epub", "epub"),
    (b"PK\x03\x04", "a.docx", "docx"),
])
def test_name_and_content_agree(head, name, kind):
    assert kind_of(head, name) == kind


@pytest.mark.parametrize("head, name", [
    (b"<html><body>%", "a.pdf"),
    (b"<!DOCTYPE html><p>1 0 obj</p>", "a.pdf"),
    (b"x" * 1024 + b"%PDF-1.7", "late.pdf"),
    (b"PK\x03\x04", "a.pdf"),
    (b"%PDF-1.7", "a.txt"),
    (b"%PDF-1.7", "a"),
    (b"a,b\n", "a.csv"),
    (b"Dear Sir", "a.docx"),
    (b"<html>", "a.epub"),
    (b"PK\x03\x04", "a.md"),
    (b"%PDF-1.7", "a.html"),
    (b"PK\x03\x04", "a.xlsx"),
    (b"<svg/>", "a.svg"),
])
def test_name_and_content_disagree(head, name):
    with pytest.raises(UnsupportedFile):
        kind_of(head, name)


def test_empty(save):
    with pytest.raises(EmptyFile):
        take(save(b""))


def test_missing(tmp_path):
    with pytest.raises(UnreadableFile, match="not there"):
        take(tmp_path / "gone.pdf")


def test_folder(tmp_path):
    (tmp_path / "folder.pdf").mkdir()
    with pytest.raises(UnsupportedFile, match="folder"):
        take(tmp_path / "folder.pdf")


@posix
@pytest.mark.parametrize("kind", ["fifo", "socket", "device", "link to a device"])
def test_what_could_block_is_never_opened(tmp_path, kind):
    path = tmp_path / "odd.pdf"
    listener = socket.socket(socket.AF_UNIX)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        listener.bind(os.path.relpath(path))
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    else:
        path = type(path)("/dev/zero")
    refused = []

    def attempt():
        with pytest.raises(UnsupportedFile) as caught:
            take(path, "odd.pdf")
        refused.append(caught.value)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(10)
    listener.close()
    assert refused


@posix
def test_links(save, tmp_path):
    link, loop = tmp_path / "link.txt", tmp_path / "loop.txt"
    link.symlink_to(save(b"text", "real.txt"))
    loop.symlink_to(loop)
    assert take(link).kind == "txt"
    with pytest.raises(UnreadableFile):
        take(loop)


def test_forbidden(save, monkeypatch):
    def refuse(path, flags):
        raise PermissionError(13, "no")

    path = save(b"%PDF-1.7")
    monkeypatch.setattr("engine.ingest.intake.os.open", refuse)  # root may read whatever it likes
    with pytest.raises(UnreadableFile, match="permissions"):
        take(path)


@posix
@pytest.mark.parametrize("name", [
    "../up.pdf", "%2e%2e%2f.pdf", "..pdf.pdf", "-rf.pdf", "a\nb.pdf", "a\tb.pdf", "CON.pdf", "nul.pdf",
    "a'b\"c.pdf", "$(touch x).pdf", "`id`.pdf", "a;b|c&d.pdf", "*.pdf", "?.pdf", "~.pdf", " .pdf", ".pdf",
    "a .pdf", "\u202egnp.pdf", "e\u0301.pdf", "\u00e9.pdf", "\U0001f4d6.pdf", "\u6587\u66f8.pdf",
    "\u0645\u0644\u0641.pdf", "x" * 251 + ".pdf", "<script>.pdf", "a%00b.pdf", "file:a.pdf", "http:a.pdf",
    "@a.pdf", "=1+1.pdf", "{0}.pdf", "%s.pdf", ".hidden.pdf", "a.pdf.pdf", "a..pdf", "\u200b.pdf",
    "\ufeff.pdf", "\x7f.pdf", "\udcff\udcfe.pdf", "#.pdf",
])
def test_hostile_names(pdf, reader, tmp_path, name):
    pdf.page((72, 100, 10, "The name does not matter."))
    path = tmp_path / name.replace("../", "")
    path.write_bytes(pdf.data())
    document = reader.read(path, name=name)
    assert document.text == "The name does not matter." and document.title.isprintable()


def test_a_nul_in_the_path(tmp_path):
    with pytest.raises(UnreadableFile):
        take(tmp_path / "a\0b.pdf")


@pytest.mark.parametrize("limits", [LOCAL, HOSTED])
def test_too_large_is_refused_before_reading(tmp_path, limits):
    path = tmp_path / "large.pdf"
    with open(path, "wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(limits.n_bytes + 1)
    started = time.perf_counter()
    with pytest.raises(FileTooLarge, match=f"{limits.n_bytes // 2**20} MB"):
        take(path, limits=limits)
    assert time.perf_counter() - started < 2


def test_a_file_that_grows_while_it_is_read(save):
    with pytest.raises(FileTooLarge):
        take(save(b"%PDF" + b"x" * 5000), limits=Limits(n_bytes=4000))


def test_messages_never_say_where_a_file_is(tmp_path):
    for name in ("gone.pdf", "odd.csv"):
        with pytest.raises((UnreadableFile, UnsupportedFile)) as caught:
            take(tmp_path / "secret-folder" / name)
        assert "secret" not in str(caught.value) and "gone" not in str(caught.value)

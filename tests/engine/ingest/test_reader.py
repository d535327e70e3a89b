"""From bytes to a Document, through a child process: what every part may rely on."""

import os
import threading
import time
from pathlib import Path

import pytest

from engine.errors import Cancelled, UnreadableFile
from engine.ingest.boxes import boxes_of
from engine.ingest.reader import LOCAL, DocumentReader
from engine.ingest.worker import Worker
from engine.types import Document, Progress


def check_offsets(document: Document) -> None:
    """What holds for every document, whatever is in it."""
    text = document.text
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))
    assert document.pages[0].span.start == 0 and document.pages[-1].span.end == len(text)
    for before, after in zip(document.pages, document.pages[1:], strict=False):
        assert before.span.end == after.span.start
    end = 0
    for sentence in document.sentences:
        words = sentence.span.of(text)
        assert sentence.span.start >= end and words == words.strip() and words
        assert "\n" not in words
        assert document.page_at(sentence.span.start) == sentence.page
        end = sentence.span.end
    for line in document.lines:
        assert line.span.end <= len(text) and document.page_at(line.span.start) == line.box.page
        assert not line.edges or len(line.edges) == len(line.span) + 1
    for heading in document.outline:
        assert heading.span.of(text).strip() and 1 <= heading.page <= len(document.pages)


def test_two_pages(pdf, column, text_about, reader, tmp_path):
    pdf.page((72, 80, 18, "On Lighthouses"), *column(text_about("lamp", 8), 72, 120, 75))
    pdf.page(*column(text_about("tower", 8), 72, 120, 75))
    document = reader.read(pdf.save(tmp_path / "a.pdf"))
    check_offsets(document)
    assert document.status == "ok" and document.title == "On Lighthouses"
    assert len(document.pages) == 2 and document.pages[1].width == 612
    bodies = [s.span.of(document.text) for s in document.sentences if s.kind == "body"]
    assert bodies[0].startswith("The lamp number 0") and len(bodies) == 16
    assert all(body.endswith("closes.") for body in bodies)
    assert document.sentences[-1].page == 2


def test_the_same_file_gives_the_same_document(pdf, column, text_about, reader, tmp_path):
    pdf.page(*column(text_about("buoy", 30), 72, 100, 75))
    path = pdf.save(tmp_path / "a.pdf")
    assert reader.read(path) == reader.read(path)


def test_progress_counts_the_pages(pdf, reader, tmp_path):
    for number in range(1, 6):
        pdf.page((72, 100, 10, f"Here is the text of sheet {number}."))
    events = []
    reader.read(pdf.save(tmp_path / "a.pdf"), on_event=events.append)
    assert events == [Progress("Reading", number, 5, "page") for number in range(1, 6)]


def test_boxes_are_exact_to_the_letter(pdf, reader, tmp_path):
    pdf.page((72, 100, 10, "Seven small boats came home."), (72, 112, 10, "The eighth was late."))
    document = reader.read(pdf.save(tmp_path / "a.pdf"))
    start = document.text.index("small")
    (box,) = boxes_of(document, type(document.pages[0].span)(start, start + 5))
    assert (box.page, round(box.x0), round(box.x1)) == (1, 72 + 6 * 6, 72 + 11 * 6)
    assert box.y0 < 100 < box.y1 and box.y1 - box.y0 < 16


def test_a_sentence_over_two_columns_has_boxes_in_both(pdf, column, text_about, reader, tmp_path):
    left = column(text_about("lamp", 20) + " This sentence begins at the foot of the", 72, 100, 42)
    right = column("column and ends at the head of the next one. " + text_about("tower", 20), 330, 100, 42)
    pdf.page(*left, *right)
    document = reader.read(pdf.save(tmp_path / "a.pdf"))
    check_offsets(document)
    (sentence,) = (s for s in document.sentences if "begins at the foot" in s.span.of(document.text))
    assert sentence.span.of(document.text) == (
        "This sentence begins at the foot of the column and ends at the head of the next one.")
    sides = {box.x0 > 300 for box in boxes_of(document, sentence.span)}
    assert sides == {False, True}


def test_a_broken_word_is_whole_and_boxed_on_both_lines(pdf, reader, tmp_path):
    pdf.page((72, 100, 10, "The committee asked for a longer and more careful explana-"),
             (72, 112, 10, "tion of the well-known results in this remarkable chapter."))
    document = reader.read(pdf.save(tmp_path / "a.pdf"))
    start = document.text.index("explanation")
    boxes = boxes_of(document, type(document.pages[0].span)(start, start + len("explanation")))
    assert [round(box.y0 / 12) for box in boxes] == [8, 9] and boxes[1].x0 == 72
    assert "well-known" in document.text


def test_a_sentence_over_two_pages(pdf, column, text_about, reader, tmp_path):
    text = text_about("lamp", 12) + " It was said that the keeper of the northern light never slept in all "
    text += "the years that he spent there. " + text_about("tower", 12)
    lines = column(text, 72, 100, 75)
    cut = next(i for i, line in enumerate(lines) if "northern light" in line[3]) + 1
    pdf.page(*lines[:cut])
    pdf.page(*[(x, y - 11 * cut, size, words) for x, y, size, words in lines[cut:]])
    document = reader.read(pdf.save(tmp_path / "a.pdf"))
    check_offsets(document)
    (sentence,) = (s for s in document.sentences if "never slept" in s.span.of(document.text))
    assert sentence.page == 1 and sentence.span.end > document.pages[1].span.start
    assert {box.page for box in boxes_of(document, sentence.span)} == {1, 2}


def test_stop_is_heard_and_the_reader_goes_on(pdf, reader, tmp_path):
    for number in range(300):
        pdf.page((72, 100, 10, f"Sheet {number}."))
    path = pdf.save(tmp_path / "a.pdf")
    stopped = threading.Event()
    with pytest.raises(Cancelled):
        reader.read(path, on_event=lambda event: stopped.set(), cancelled=stopped.is_set)
    assert len(reader.read(path).pages) == 300


def test_many_threads_at_once(pdf, column, text_about, reader, tmp_path):
    pdf.page(*column(text_about("lamp", 10), 72, 100, 75))
    path = pdf.save(tmp_path / "a.pdf")
    wanted = reader.read(path)
    found: list[Document] = []
    threads = [threading.Thread(target=lambda: found.append(reader.read(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [wanted] * 8


def test_a_file_that_changes_is_not_taken_for_what_it_was(pdf, reader, tmp_path):
    pdf.page((72, 100, 10, "First version."))
    path = pdf.save(tmp_path / "a.pdf")
    with pytest.raises(UnreadableFile, match="changed"):
        reader.read(path, on_event=lambda event: os.utime(path, ns=(1, 1)))


def test_children_are_replaced_and_none_is_left(pdf, tmp_path, monkeypatch):
    monkeypatch.setattr("engine.ingest.reader.DOCUMENTS_PER_WORKER", 2)
    started: list[int] = []

    class Counted(Worker):
        def __init__(self, child: str) -> None:
            super().__init__(child)
            started.append(self.pid)

    monkeypatch.setattr("engine.ingest.reader.Worker", Counted)
    pdf.page((72, 100, 10, "Once more."))
    path = pdf.save(tmp_path / "a.pdf")
    reader = DocumentReader(LOCAL)
    for _ in range(5):
        reader.read(path)
    reader.close()
    assert len(started) == 3
    assert not any(is_running(pid) for pid in started)
    with pytest.raises(ValueError, match="closed"):
        reader.read(path)


def test_a_killed_child_costs_nothing(pdf, tmp_path):
    pdf.page((72, 100, 10, "Still here."))
    path = pdf.save(tmp_path / "a.pdf")
    reader = DocumentReader(LOCAL)
    wanted = reader.read(path)
    reader._idle[0]._process.kill()
    assert reader.read(path) == wanted
    reader.close()


def test_threads_and_descriptors_do_not_grow(pdf, tmp_path):
    pdf.page((72, 100, 10, "Again."))
    path = pdf.save(tmp_path / "a.pdf")
    before = threading.active_count()
    for _ in range(3):
        reader = DocumentReader(LOCAL)
        reader.read(path)
        reader.close()
    assert threading.active_count() == before


def is_running(pid: int) -> bool:
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists():
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return False
        time.sleep(0.02)
    return True

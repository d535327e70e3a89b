"""Text recognition from the picture to the document, with a recogniser that takes bars for lines."""

import random
import signal
import subprocess
import sys
import textwrap
import time
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import (
    Cancelled,
    EncryptedFile,
    FileTooLarge,
    NoText,
    ReadingTimedOut,
    RecognitionFailed,
    RecognitionMissing,
    UnreadableFile,
)
from engine.ingest import recogniser as seen
from engine.ingest.boxes import boxes_of
from engine.ingest.limits import Limits
from engine.ingest.merge import merge
from engine.ingest.reader import DocumentReader
from engine.ingest.recognise import Scan, recognise
from engine.ingest.recogniser import ReadLine, ReadPage, unpack
from engine.types import Document, Heading, Page, Sentence, Span, WindowDone
from tests.engine.ingest.fake_recogniser import SURE, WORDS

ROOT = Path(__file__).parents[3]
FAKE = "tests.engine.ingest.fake_recogniser"


def scan_of(reader, path):
    """The scan that a file is."""
    try:
        before = reader.read(path)
    except NoText as refused:
        return Scan(path, path.name, refused.pages)
    return Scan(path, path.name, len(before.pages), before)


@pytest.fixture
def scanned(pdf, picture, tmp_path):
    """A file of so many pages with bars."""

    def build(*lines, **options):
        for n in lines:
            pdf.page(content=picture(n, **options))
        return pdf.save(tmp_path / "scan.pdf")

    return build


@pytest.fixture
def mixed(pdf, picture, column, text_about, tmp_path):
    """Text on the pages 1, 3 and 6, pictures on 2, 4 and 5."""
    pdf.page(*column(text_about("keeper", 20), 72, 100, 70))
    pdf.page(content=picture(4))
    pdf.page(*column(text_about("harbour", 20), 72, 100, 70))
    pdf.page(content=picture(5))
    pdf.page(content=picture(6))
    pdf.page(*column(text_about("lantern", 20), 72, 100, 70))
    return pdf.save(tmp_path / "mixed.pdf")


@pytest.fixture
def reader_with():
    """A reader with limits or a recogniser of its own."""
    readers = []

    def build(limits=Limits(), recogniser=FAKE):  # noqa: B008 - frozen
        readers.append(DocumentReader(limits, recogniser=recogniser))
        return readers[-1]

    yield build
    for reader in readers:
        reader.close()


# ------------------------------------------------------------------ the whole way


def test_a_scan_becomes_a_document(seer, scanned):
    path = scanned(3, 4)
    scan = scan_of(seer, path)
    assert scan.before is None and scan.pages == (1, 2)
    found = recognise(seer, scan)
    document = found.document
    assert [page.state for page in document.pages] == ["ocr", "ocr"]
    assert document.pages_recognised == (1, 2) and document.pages_without_text == ()
    assert document.status == "ok" and document.n_pages_read == 2
    assert all(words in document.text for words in WORDS)
    assert {line.recognition for line in document.lines} == {SURE}
    assert found.n_looked == 2 and found.failed == () and found.seconds > 0
    with pytest.raises(NoText) as refused:
        seer.read(path)
    assert refused.value.document == document.id, "the same file is the same document"


def test_what_is_cited_is_boxed_where_it_stands(seer, scanned):
    document = recognise(seer, scan_of(seer, scanned(4, width=300))).document
    for i, words in enumerate(WORDS):
        span = Span(start := document.text.index(words), start + len(words))
        (box,) = boxes_of(document, span)
        assert box.page == 1
        assert (box.x0, box.x1) == pytest.approx((72, 372), abs=0.8)
        assert (box.y0, box.y1) == pytest.approx((100 + 14 * i, 110 + 14 * i), abs=0.8)
        assert document.recognition(span) == pytest.approx(SURE)
        assert any(sentence.span == span for sentence in document.sentences)
    half = Span(start, start + len(WORDS[3]) // 2)
    assert boxes_of(document, half)[0].x1 == pytest.approx(72 + 300 / 2, abs=4), "edges between letters"


def test_text_and_pictures_together(seer, mixed):
    scan = scan_of(seer, mixed)
    assert scan.before.status == "partial" and scan.pages == (2, 4, 5)
    found = recognise(seer, scan)
    document = found.document
    assert [page.state for page in document.pages] == ["text", "ocr", "text", "ocr", "ocr", "text"]
    assert document.status == "ok" and document.title == scan.before.title and document.id == scan.before.id
    for old in scan.before.sentences:
        new = found.moved(old.span)
        assert new.of(document.text) == old.span.of(scan.before.text)
        assert document.page_at(new.start) == old.page and document.recognition(new) is None
        assert boxes_of(document, new) == boxes_of(scan.before, old.span)
        assert any(sentence.span == new for sentence in document.sentences)
    for sentence in document.sentences:
        words = sentence.span.of(document.text)
        assert (document.recognition(sentence.span) is not None) == (words in WORDS)
        assert document.page_at(sentence.span.start) == sentence.page
    starts = [sentence.span.start for sentence in document.sentences]
    assert starts == sorted(starts) and len(document.text) == document.pages[-1].span.end


def test_pages_that_were_recognised_need_no_second_look(seer, scanned, reader_with):
    kept, scan = {}, scan_of(seer, scanned(2, 3, 4))

    def keep(event):
        if isinstance(event, WindowDone):
            kept[event.index] = event.payload
            assert event.total == 3

    first = recognise(seer, scan, on_event=keep)
    assert set(kept) == {1, 2, 3}
    blind = reader_with(recogniser="no.such.recogniser")  # fails where it is asked
    again = recognise(blind, scan, kept=kept)
    assert again.document == first.document and again.n_looked == 0


def test_progress_is_told_page_by_page(seer, scanned):
    told = []
    recognise(seer, scan_of(seer, scanned(1, 1, 1)), on_event=told.append)
    said = [f"{e.phase} {e.unit} {e.done} of {e.total}" for e in told if not isinstance(e, WindowDone)]
    assert said[:3] == [f"Recognising page {n} of 3" for n in (1, 2, 3)]


def test_an_empty_page_is_not_looked_at_and_is_no_loss(seer, pdf, picture, tmp_path):
    pdf.page(content=picture(3))
    pdf.page()
    scan = scan_of(seer, pdf.save(tmp_path / "scan.pdf"))
    found = recognise(seer, scan)
    assert found.n_looked == 1
    assert found.document.pages_without_text == (2,) and found.document.status == "ok"


def test_nothing_but_pictures_without_words(seer, pdf, tmp_path):
    pdf.page(content=b"0.8 g 100 100 300 300 re f")  # too light to be a line
    with pytest.raises(NoText, match="No text was recognised"):
        recognise(seer, scan_of(seer, pdf.save(tmp_path / "photo.pdf")))


def test_a_turned_page_is_boxed_as_it_is_shown(seer, pdf, picture, tmp_path):
    pdf.page(content=picture(1, width=300), extra="/Rotate 180")
    document = recognise(seer, scan_of(seer, pdf.save(tmp_path / "turned.pdf"))).document
    (box,) = boxes_of(document, document.sentences[0].span)
    assert (box.x0, box.y0) == pytest.approx((612 - 372, 792 - 110), abs=0.8)


# ------------------------------------------------------------------ what goes wrong


def test_a_page_that_kills_or_hangs_costs_that_page(reader_with, pdf, picture, tmp_path):
    reader = reader_with(Limits(ocr_wait=3.0))
    pdf.page(content=picture(2))
    pdf.page(content=picture(1, height=500))  # kills the recogniser
    pdf.page(content=picture(1, height=200))  # hangs it
    pdf.page(content=picture(3))
    kept = {}
    found = recognise(
        reader, scan_of(reader, pdf.save(tmp_path / "scan.pdf")),
        on_event=lambda e: isinstance(e, WindowDone) and kept.setdefault(e.index, e.payload),
    )
    assert found.failed == (2, 3)
    assert [page.state for page in found.document.pages] == ["ocr", "no_text", "no_text", "ocr"]
    assert found.document.status == "partial", "it is said that not all could be read"
    assert set(kept) == {1, 4}, "another try looks at the others again"


BUSY = """
from engine.ingest.sandbox import limit_resources, limit_time
limit_resources(1 << 30, 600)
for page in range(2):
    limit_time(1)  # each page has its own second
    print(page, flush=True)
while True:
    pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limit")
def test_a_recogniser_that_computes_without_end_is_ended():
    done = subprocess.run([sys.executable, "-c", BUSY], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["0", "1"] and done.returncode == -signal.SIGXCPU


def test_stop_ends_the_recogniser(reader_with, scanned):
    reader = reader_with()
    scan = scan_of(reader, scanned(1, height=200))  # hangs
    since = time.monotonic()
    with pytest.raises(Cancelled):
        recognise(reader, scan, cancelled=lambda: time.monotonic() > since + 1)
    assert time.monotonic() - since < 20


def test_a_recogniser_that_does_not_start(reader_with, scanned, seer):
    scan = scan_of(seer, scanned(1))
    with pytest.raises(RecognitionFailed):
        recognise(reader_with(recogniser="no.such.recogniser"), scan)


def test_without_the_packages_it_says_how_to_get_them(reader_with, scanned, seer, monkeypatch):
    scan = scan_of(seer, scanned(1))
    monkeypatch.setattr(seen, "NEEDED", ("no_such_package",))
    reader = reader_with(recogniser=seen.RECOGNISER)
    assert not reader.can_recognise
    with pytest.raises(RecognitionMissing, match="make setup-ocr"):
        recognise(reader, scan)
    assert seer.can_recognise


NONSENSE = {
    "no lines": "{}",
    "a number for a text": '{"lines": [[1, 0.5, [0,0,1,0,1,1,0,1], []]], "turn": 0}',
    "three corners": '{"lines": [["a", 0.5, [0,0,1,0,1,1], []]], "turn": 0}',
    "too few edges": '{"lines": [["abc", 0.5, [0,0,1,0,1,1,0,1], [1, 2]]], "turn": 0}',
    "no number": '{"lines": [["a", NaN, [0,0,1,0,1,1,0,1], []]], "turn": 0}',
    "far away": '{"lines": [["a", 0.5, [0,0,1e300,0,1,1,0,1], []]], "turn": 0}',
    "an odd turn": '{"lines": [], "turn": 45}',
    "too many lines": '{"lines": [' + '["a", 0.5, [0,0,1,0,1,1,0,1], []], ' * 60 + '0], "turn": 0}',
    "no message": "[1, 2]",
    "no JSON": "]",
}


@pytest.mark.parametrize("reply", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_from_a_recogniser_is_refused(reply, reader_with, scanned, seer, tmp_path, monkeypatch):
    (tmp_path / "liar.py").write_text(textwrap.dedent(f"""
        import sys
        def main():
            print('{{"ready": true}}', flush=True)
            for line in sys.stdin.buffer:
                print({reply!r}, flush=True)
    """))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(NoText, match="took too long or could not be drawn"):
        recognise(reader_with(Limits(ocr_lines=50), "liar"), scan_of(seer, scanned(1)))


HOSTILE = "\u202eevil\u0000 \ud800 <b>=cmd|' /C calc'!A0</b>\u200b"


def test_recognised_text_is_cleaned_as_all_text_is(seer, scanned):
    scan = scan_of(seer, scanned(1))
    line = ReadLine(HOSTILE, 0.9, (72, 100, 300, 100, 300, 110, 72, 110), ())
    document = seer.compose(scan, [ReadPage(1, 612, 792, (line,))])
    assert document.text == "evil <b>=cmd|' /C calc'!A0</b>"


# ------------------------------------------------------------------ hostile files


def test_a_huge_page_is_drawn_small(seer, pdf, picture, tmp_path):
    pdf.page(content=picture(3), size=(14_400, 14_400))
    picture_ = seer.draw_grey(pdf.save(tmp_path / "poster.pdf"), 1)
    assert 0 < picture_.width * picture_.height <= 1.01 * Limits().ocr_pixels
    assert (picture_.page_width, picture_.page_height) == (14_400, 14_400)


def bomb(pdf, side):
    """A picture of side x side grey pixels in a few kilobytes."""
    data = zlib.compress(bytes(side * side // 8), 9)
    number = pdf.stream(
        data, f"/Type/XObject/Subtype/Image/Width {side}/Height {side}/BitsPerComponent 1"
        "/ColorSpace/DeviceGray/Filter/FlateDecode")
    body = pdf.stream(b"q 600 0 0 780 6 6 cm /Bomb Do Q")
    pdf.pages.append(pdf.add(
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {body} 0 R"
        f"/Resources<</XObject<</Bomb {number} 0 R>>>>>>"))


def test_an_image_bomb_costs_its_page_at_most(reader_with, pdf, picture, tmp_path):
    reader = reader_with(Limits(memory=256 * 1024 * 1024))
    bomb(pdf, 60_000)  # 450 MB unpacked
    pdf.page(content=picture(2))
    path = pdf.save(tmp_path / "bomb.pdf")
    assert path.stat().st_size < 1_000_000
    found = recognise(reader, Scan(path, path.name, 2))
    assert [page.state for page in found.document.pages] == ["no_text", "ocr"]


def test_ten_thousand_scanned_pages_are_too_many(seer, pdf, picture, tmp_path):
    body = pdf.stream(picture(1))
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {body} 0 R/Resources<<>>>>"
    pdf.pages = [pdf.add(page) for _ in range(10_000)]
    path = pdf.save(tmp_path / "long.pdf")
    with pytest.raises(FileTooLarge):
        seer.read(path)
    with pytest.raises(FileTooLarge):
        recognise(seer, Scan(path, path.name, 3))


def test_a_child_that_dies_while_it_draws(seer, tmp_path):
    path = tmp_path / "no.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(UnreadableFile):
        seer.draw_grey(path, 1)
    with pytest.raises(NoText, match="could not be drawn"):
        recognise(seer, Scan(path, path.name, 5_000))  # after eight it tries no more


def test_a_locked_file_is_not_looked_at(seer, tmp_path):
    import pymupdf

    sheet = pymupdf.open()
    sheet.new_page().draw_rect((72, 100, 300, 110), fill=(0, 0, 0))
    path = tmp_path / "locked.pdf"
    sheet.save(path, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="secret", owner_pw="secret")
    with pytest.raises(EncryptedFile):
        recognise(seer, Scan(path, path.name, 1))
    found = recognise(seer, Scan(path, path.name, 1, password="secret"))
    assert found.document.pages_recognised == (1,)


def test_setting_text_that_takes_too_long_is_said(reader_with, scanned, seer):
    scan = scan_of(seer, scanned(1))
    reader = reader_with(Limits(seconds=0.0))
    with pytest.raises((ReadingTimedOut, UnreadableFile)):
        reader.compose(scan, [ReadPage(1, 612, 792, (ReadLine("a", 1.0, (0, 0, 9, 0, 9, 9, 0, 9), ()),))])


# ------------------------------------------------------------------ parts


def test_a_page_is_kept_as_bytes_and_comes_back_equal():
    line = ReadLine("Ünïcode 漢字", 0.875, (1.5, 2, 3, 4, 5, 6, 7, 8.25), (1.0, 2.5))
    page = ReadPage(7, 612.0, 792.0, (line,), 90)
    assert unpack(page.packed()) == page
    assert unpack(ReadPage(1, 10.0, 10.0, is_blank=True).packed()).is_blank


def placed(text, x, y, width, height=10.0, slope=0.0):
    rise = slope * width
    return ReadLine(text, 0.9, (x, y, x + width, y + rise, x + width, y + rise + height, x, y + height), ())


def test_a_crooked_page_is_read_line_by_line(seer, scanned):
    """Two columns on a page that lies askew: by height alone their lines would mingle."""
    slope = 0.03
    left = [placed(f"left line {i} runs on", 60, 100 + 14 * i, 220, slope=slope) for i in range(20)]
    right = [
        placed(f"right line {i} runs on", 320, 100 + 14 * i + slope * 260, 220, slope=slope)
        for i in range(20)
    ]
    mingled = sorted(left + right, key=lambda line: line.corners[1])
    page = ReadPage(1, 612.0, 792.0, tuple(mingled))
    text = " ".join(seer.compose(scan_of(seer, scanned(1)), [page]).text.split())
    expected = [f"{side} line {i} runs on" for side in ("left", "right") for i in range(20)]
    assert text == " ".join(expected)


def test_lines_almost_alike_in_height_make_no_headings(seer, scanned):
    heights = random.Random(3)
    lines = [
        placed(f"Line {i} of the letter goes on", 72, 100 + 16 * i, 400, 10 * heights.uniform(0.85, 1.15))
        for i in range(30)
    ]
    document = seer.compose(scan_of(seer, scanned(1)), [ReadPage(1, 612.0, 792.0, tuple(lines))])
    assert document.outline == ()


def pages_of(texts, states):
    pages, text = [], ""
    for number, (words, state) in enumerate(zip(texts, states, strict=True), 1):
        pages.append(Page(number, 100.0, 100.0, Span(len(text), len(text) + len(words)), state))
        text += words
    return tuple(pages), text


def test_places_move_with_their_words_whatever_is_put_in():
    """Random documents: every span of the text before covers the same letters afterwards."""
    chance = random.Random(11)
    for _ in range(300):
        n = chance.randint(1, 7)
        is_picture = [chance.random() < 0.5 for _ in range(n)]
        own = ["" if p else "".join(chance.choices("abc. \n", k=chance.randint(0, 9))) for p in is_picture]
        new = ["".join(chance.choices("XYZ. ", k=chance.randint(1, 9))) if p else "" for p in is_picture]
        pages, text = pages_of(own, ["no_text" if p else "text" for p in is_picture])
        read, seen_text = pages_of(new, ["ocr" if p and w.strip() else "no_text" for p, w in
                                         zip(is_picture, new, strict=True)])
        cuts = sorted(chance.sample(range(len(text) + 1), min(4, len(text) + 1)))
        spans = [Span(a, b) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if a < b]
        before = Document(
            "0" * 64, "T", text, pages, status="partial", outline=tuple(Heading(s, 1) for s in spans[:1]),
            sentences=tuple(Sentence(s, 1) for s in spans),
        )
        merged = merge(before, Document("0" * 64, "T", seen_text, read))
        document = merged.document
        assert "".join(page.span.of(document.text) for page in document.pages) == document.text
        for page, old, recognised in zip(document.pages, pages, read, strict=True):
            source = seen_text if page.state == "ocr" else text
            span = recognised.span if page.state == "ocr" else old.span
            assert page.span.of(document.text).rstrip("\n") == span.of(source).rstrip("\n")
        for start in range(len(text)):
            for end in range(start + 1, len(text) + 1):
                now = merged.moved(Span(start, end))
                kept = now.of(document.text)
                assert text[start:end].startswith(kept) and (kept or now.start == now.end)
        assert all(len(s.span) and s.span.of(document.text).strip() for s in document.sentences)
        joined = "".join(s.span.of(document.text) for s in document.sentences)
        said = "".join(s.of(text) for s in spans)
        assert "".join(joined.split()) == "".join(said.split()), "no letter of a sentence is lost"


def test_what_could_not_be_told_is_replaced():
    """A page of unreadable letters has a text, which nothing may cite; recognition takes its place."""
    pages, text = pages_of(["One. ", "\ufffd\ufffd ", "Two."], ["text", "no_text", "text"])
    before = Document("0" * 64, "T", text, pages, status="partial",
                      sentences=(Sentence(Span(0, 4), 1), Sentence(Span(8, 12), 3)))
    read, words = pages_of(["", "Seen.", ""], ["no_text", "ocr", "no_text"])
    merged = merge(before, Document("0" * 64, "T", words, read, sentences=(Sentence(Span(0, 5), 2),)))
    assert merged.document.text.split() == ["One.", "Seen.", "Two."]
    assert [s.span.of(merged.document.text) for s in merged.document.sentences] == ["One.", "Seen.", "Two."]
    assert [s.page for s in merged.document.sentences] == [1, 2, 3]
    assert len(merged.moved(Span(5, 7))) == 0 and merged.moved(Span(8, 12)).of(merged.document.text) == "Two."
    assert len({s.paragraph for s in merged.document.sentences}) == 3


def test_a_sentence_across_a_picture_is_two_afterwards():
    pages, text = pages_of(["It began ", "", "and ended."], ["text", "no_text", "text"])
    before = Document("0" * 64, "T", text, pages, sentences=(Sentence(Span(0, len(text)), 1),))
    read, words = pages_of(["", "Between.", ""], ["no_text", "ocr", "no_text"])
    merged = merge(before, Document("0" * 64, "T", words, read, sentences=(Sentence(Span(0, 8), 2),)))
    said = [(s.page, s.span.of(merged.document.text)) for s in merged.document.sentences]
    assert said == [(1, "It began"), (2, "Between."), (3, "and ended.")]
    assert merged.moved(Span(0, len(text))).of(merged.document.text).strip() == "It began"


def test_a_recogniser_is_replaced_after_many_pages(reader_with, scanned):
    reader = reader_with(Limits(ocr_pages=2))
    path = scanned(1, 1, 1)
    picture = reader.draw_grey(path, 1)
    pids = []
    with closing(reader.recogniser()) as recogniser:
        for number in (1, 2, 3):
            assert recogniser.look(picture, number, lambda: False).lines
            pids.append(recogniser._worker.pid)
    assert pids[0] == pids[1] != pids[2]


def test_the_confidence_of_a_span_is_that_of_its_letters(seer, scanned):
    document = recognise(seer, scan_of(seer, scanned(2))).document
    first, second = document.lines
    unsure = replace(document, lines=(first, replace(second, recognition=0.5)))
    whole = unsure.recognition(Span(first.span.start, second.span.end))
    n, m = len(first.span), len(second.span)
    assert whole == pytest.approx((SURE * n + 0.5 * m) / (n + m))
    assert unsure.recognition(Span(second.span.start, second.span.start + 3)) == 0.5
    assert replace(document, lines=()).recognition(first.span) is None

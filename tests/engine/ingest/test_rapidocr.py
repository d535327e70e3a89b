"""The real recogniser, where the extra is installed: what it reads, that it stays offline and shut in."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from engine.ingest.boxes import boxes_of
from engine.ingest.recognise import Scan, recognise
from engine.ingest.recogniser import is_installed
from engine.types import Span

pytestmark = pytest.mark.skipif(not is_installed(), reason="the extra [ocr] is not installed")

ROOT = Path(__file__).parents[3]
SAID = [
    "The lighthouse at Cape Merrow was built in 1871 by Ada Brandt.",
    "Its lamp could be seen from twenty nautical miles away.",
    "In the winter of 1893 a storm put out the light for two nights.",
    "The harbour board paid 412 pounds for the repairs.",
]


WAYS = {"straight": (0, 0.0), "askew": (0, 1.0), "upside down": (180, 0.0), "on its side": (90, 0.0)}


def scan_of(ways, path):
    """A PDF of pictures of the lines, 12 points high, from (72, 100) on, turned and tilted."""
    import numpy as np
    import pymupdf
    from PIL import Image

    printed, scan = pymupdf.open(), pymupdf.open()
    sheet = printed.new_page(width=612, height=792)
    for i, words in enumerate(SAID):
        sheet.insert_text((72, 110 + 24 * i), words, fontsize=12)
    drawn = sheet.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
    image = Image.frombytes("L", (drawn.width, drawn.height), drawn.samples)
    for turn, tilt in ways:
        crooked = image.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=255).rotate(turn, expand=True)
        grey = np.asarray(crooked)
        width, height = (612, 792) if turn in (0, 180) else (792, 612)
        pixmap = pymupdf.Pixmap(pymupdf.csGRAY, grey.shape[1], grey.shape[0], grey.tobytes(), 0)
        scan.new_page(width=width, height=height).insert_image((0, 0, width, height), pixmap=pixmap)
    scan.save(path)
    return Scan(path, path.name, len(ways))


@pytest.fixture(scope="module")
def document(reader, tmp_path_factory):
    """The lines, scanned in every way, a page each."""
    scan = scan_of(list(WAYS.values()), tmp_path_factory.mktemp("scans") / "scan.pdf")
    return recognise(reader, scan).document


@pytest.mark.parametrize("way", WAYS)
def test_it_reads_what_was_printed(document, way):
    page = document.pages[list(WAYS).index(way)]
    text = page.span.of(document.text)
    wanted = set(" ".join(SAID).split())
    assert page.state == "ocr" and len(wanted & set(text.split())) >= 0.95 * len(wanted), text
    at = [text.index(key) for key in ("Merrow", "nautical", "1893", "412")]
    assert at == sorted(at), "from the top of the text to its end, however the page lies"
    assert document.recognition(page.span) > 0.9


def test_words_are_boxed_where_they_were_printed(document):
    import pymupdf

    start = document.text.index("lighthouse")
    (box,) = boxes_of(document, Span(start, start + len("lighthouse")))
    left = 72 + pymupdf.get_text_length("The ", fontsize=12)
    right = left + pymupdf.get_text_length("lighthouse", fontsize=12)
    assert (box.x0, box.x1) == pytest.approx((left, right), abs=5)
    assert box.y0 < 105 < box.y1 and box.y1 - box.y0 < 24


OFFLINE = """
import sys
seen = []
def note(event, arguments):
    if event.startswith("socket.") or event == "open" and "w" in str(arguments[1]):
        seen.append([event, str(arguments[0])[:200]])
sys.addaudithook(note)
from engine.ingest import recogniser_child as child
import json
rows = child.load()(child._sample())["lines"]
print(json.dumps([seen, [row[0] for row in rows]]))
"""


def test_it_makes_no_look_up_and_writes_nothing():
    command = [sys.executable, "-B", "-c", OFFLINE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    seen, words = json.loads(done.stdout.splitlines()[-1])
    assert "Precis" in " ".join(words), "the probe must have read something"
    # urllib3 asks the system whether it has IPv6 by binding a socket, which reaches nobody.
    assert {event for event, _ in seen} <= {"socket.__new__", "socket.bind"}, seen


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_it_gave_up_its_rights_before_it_sees_a_page(reader):
    with closing(reader.recogniser()) as recogniser:
        worker = recogniser._ready()
        status = Path(f"/proc/{worker.pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status

"""How much of a printed page survives text recognition, on scans made from files whose text is known.

    python benchmarks/recognition.py FILE.pdf... [--pages 2]

Each page is drawn at 150 and at 200 dpi, once clean and once as a poor scanner gives it: turned by
0.7 degrees, with grey noise, pressed to JPEG at quality 50. The file of pictures is read as Precis
reads any scan; its text is compared with what the file itself says, page by page. `letters` is one
minus the edit distance over the length, blanks folded; `words` the F1 of both bags of words, where
the order on the page does not count. A table for people, and one JSON line last.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import pymupdf  # noqa: E402
from PIL import Image  # noqa: E402

from engine.ingest.reader import LOCAL, DocumentReader  # noqa: E402
from engine.ingest.recognise import Scan, recognise  # noqa: E402

TILT, NOISE, QUALITY = 0.7, 18.0, 50


def scanned(source: Path, n_pages: int, dpi: int, poor: bool) -> bytes:
    """The first pages of a PDF as a PDF of nothing but pictures."""
    scan, noise = pymupdf.open(), np.random.default_rng(7)
    for page in list(pymupdf.open(source))[:n_pages]:
        drawn = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
        picture = Image.frombytes("L", (drawn.width, drawn.height), drawn.samples)
        kept = io.BytesIO()
        if poor:
            picture = picture.rotate(TILT, Image.Resampling.BICUBIC, fillcolor=255)
            grey = np.asarray(picture, np.float32) + noise.normal(0, NOISE, (drawn.height, drawn.width))
            picture = Image.fromarray(grey.clip(0, 255).astype(np.uint8))
            picture.save(kept, "JPEG", quality=QUALITY)
        else:
            picture.save(kept, "PNG")
        scan.new_page(width=page.rect.width, height=page.rect.height).insert_image(
            page.rect, stream=kept.getvalue()
        )
    return bytes(scan.tobytes())


def distance(one: str, other: str) -> int:
    """Levenshtein's, by Myers' bit vectors (1999, section 4): one step a letter of `other`."""
    places: dict[str, int] = {}
    for i, letter in enumerate(one):
        places[letter] = places.get(letter, 0) | 1 << i
    mask, high = (1 << len(one)) - 1, 1 << max(0, len(one) - 1)
    up, down, score = mask, 0, len(one)
    for letter in other:
        same = places.get(letter, 0)
        across = (((same & up) + up) ^ up) | same | down
        more, less = down | ~(across | up) & mask, up & across
        score += bool(more & high) - bool(less & high)
        more, less = (more << 1 | 1) & mask, less << 1 & mask
        up, down = less | ~((same | down) | more) & mask, more & (same | down)
    return score


def word_f1(one: str, other: str) -> float:
    """F1 of two bags of words."""
    a, b = Counter(one.casefold().split()), Counter(other.casefold().split())
    return 2 * (a & b).total() / max(1, a.total() + b.total())


def main() -> int:
    """Measure every file in every condition."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+")
    parser.add_argument("--pages", type=int, default=2)
    options = parser.parse_args()
    reader = DocumentReader(LOCAL)
    rows: list[dict[str, object]] = []
    print(f"{'file':32} {'dpi':>4} {'scan':6} {'letters':>8} {'words':>7} {'s/page':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for source in options.files:
            known = reader.read(source)
            for dpi in (150, 200):
                for poor in (False, True):
                    path = Path(folder) / "scan.pdf"
                    path.write_bytes(scanned(source, options.pages, dpi, poor))
                    n_pages = min(options.pages, len(known.pages))
                    started = time.monotonic()
                    found = recognise(reader, Scan(path, path.name, n_pages)).document
                    seconds = (time.monotonic() - started) / n_pages
                    letters, words = [], []
                    for ours, theirs in zip(found.pages, known.pages, strict=False):
                        a = " ".join(ours.span.of(found.text).split())
                        b = " ".join(theirs.span.of(known.text).split())
                        letters.append(1 - distance(b, a) / max(1, len(b)))
                        words.append(word_f1(a, b))
                    row = {"file": source.name, "dpi": dpi, "poor": poor, "seconds": round(seconds, 1),
                           "letters": statistics.mean(letters), "words": statistics.mean(words)}
                    rows.append(row)
                    print(f"{source.name[:32]:32} {dpi:4} {'poor' if poor else 'clean':6} "
                          f"{row['letters']:8.4f} {row['words']:7.4f} {seconds:7.1f}", flush=True)
    reader.close()
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())

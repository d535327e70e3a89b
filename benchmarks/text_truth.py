"""How much of a PDF's text Precis reads, measured against PDFium, an engine of another descent.

    python benchmarks/text_truth.py DIR [--below 0.9]

For each PDF under DIR: F1 of the two bags of words after normalisation (compatibility forms,
small letters, soft hyphens and broken words joined). Order does not count here; the tests of
engine/ingest hold the order. Files below the mark are listed with what differs most and the
likely reason. A table for people, and one JSON line last.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.errors import DocumentError  # noqa: E402
from engine.ingest.reader import LOCAL, DocumentReader  # noqa: E402

BROKEN = re.compile(r"(?<=\w)[-\u00ad\ufffe\u0002]\s*\n\s*(?=\w)")
TOKEN = re.compile(r"\w+")
WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")  # scripts without spaces


@dataclass(frozen=True, slots=True)
class Row:
    """One file: F1, words of each engine, and what only one of them has."""

    name: str
    f1: float
    n_ours: int
    n_theirs: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    reason: str


def tokens(text: str) -> Counter[str]:
    """Words; letter by letter in scripts that are written without spaces."""
    text = BROKEN.sub("", unicodedata.normalize("NFKC", text).replace("\u00ad", "").casefold())
    words: Counter[str] = Counter()
    for token in TOKEN.findall(text):
        words.update(token if WIDE.search(token) else [token])
    return words


def pdfium_text(path: Path) -> str:
    """The text that PDFium finds, page after page."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def compare(path: Path, reader: DocumentReader) -> Row | None:
    """Compare one file; None where one of the engines finds no text or cannot open it."""
    import pypdfium2

    try:
        document = reader.read(path)
        theirs = tokens(pdfium_text(path))
    except (DocumentError, pypdfium2.PdfiumError):
        return None
    ours = tokens(document.text)
    n_ours, n_theirs = sum(ours.values()), sum(theirs.values())
    if not n_ours or not n_theirs:
        return None
    f1 = 2 * sum((ours & theirs).values()) / (n_ours + n_theirs)
    missing, extra = theirs - ours, ours - theirs
    reason = _reason(missing, extra, len(document.pages), max(n_ours, n_theirs))
    return Row(path.name, f1, n_ours, n_theirs, _first(missing), _first(extra), reason)


def _first(words: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{word} x{n}" for word, n in words.most_common(5))


def _reason(missing: Counter[str], extra: Counter[str], n_pages: int, n_words: int) -> str:
    """The likeliest reason, told from the shape of the difference; `n_words` is the longer text's."""
    n_missing, n_extra = sum(missing.values()), sum(extra.values())
    lost, gained = _letters(missing), _letters(extra)
    repeated = sum(n for word, n in missing.items() if n_pages > 2 and len(word) > 1 and n >= n_pages // 2)
    if n_words < 30:
        return "few words: each counts much"
    if 2 * sum((lost & gained).values()) > 0.9 * sum((lost + gained).values()):
        return "the same letters, cut into words differently"
    if n_extra > 4 * n_missing:
        return "text that PDFium lacks: fonts without a map, forms, annotations"
    if repeated > 0.5 * n_missing:
        return "running heads and feet, which Precis leaves out"
    if n_missing > 4 * n_extra:
        return "text that Precis leaves out: hidden, off the page, repeated or drawn twice"
    return "letters that the engines map differently"


def _letters(words: Counter[str]) -> Counter[str]:
    return Counter("".join(words.elements()))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--below", type=float, default=0.9, help="list files under this F1")
    options = parser.parse_args()
    reader = DocumentReader(LOCAL)
    try:
        files = sorted(options.folder.rglob("*.pdf"))
        rows = [row for row in (compare(path, reader) for path in files) if row is not None]
    finally:
        reader.close()
    if not rows:
        print("no file that both engines can read")
        return 1
    low = sorted((row for row in rows if row.f1 < options.below), key=lambda row: row.f1)
    for row in low:
        print(f"{row.f1:.3f}  {row.n_ours:7} {row.n_theirs:7}  {row.name:40.40}  {row.reason}")
        print(f"       only PDFium: {', '.join(row.missing) or '-'}")
        print(f"       only Precis: {', '.join(row.extra) or '-'}")
    median = statistics.median(row.f1 for row in rows)
    print(f"{len(rows)} files, median F1 {median:.3f}, {len(low)} below {options.below}")
    print(json.dumps({"files": len(rows), "median_f1": round(median, 4), "below": len(low),
                      "reasons": Counter(row.reason for row in low)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

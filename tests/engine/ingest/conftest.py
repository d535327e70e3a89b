"""PDFs written by hand, byte by byte, so that a test says exactly what it feeds the reader."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from engine.ingest.reader import LOCAL, DocumentReader

WIDTH, HEIGHT = 612.0, 792.0
LETTER = 0.6  # em: every letter of Courier is as wide

# x, y from the top left, font size, text; an optional font name
Placed = tuple[float, float, float, str] | tuple[float, float, float, str, str]


class Pdf:
    """A PDF under construction. `add` gives back an object's number."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []
        self.catalog = ""
        self.pages: list[int] = []
        self.add("placeholder of the catalog")
        self.add("placeholder of the page tree")
        self.fonts = {
            name: self.add(f"<</Type/Font/Subtype/Type1/BaseFont/{base}/Encoding/WinAnsiEncoding>>")
            for name, base in (("mono", "Courier"), ("bold", "Courier-Bold"))
        }

    def add(self, body: str | bytes) -> int:
        self.objects.append(body.encode("latin-1") if isinstance(body, str) else body)
        return len(self.objects)

    def stream(self, data: bytes, entries: str = "") -> int:
        return self.add(f"<<{entries}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream")

    def mapped_font(self, letters: Mapping[int, str], name: str = "mapped") -> str:
        """A font whose byte codes mean what `letters` says, as a ToUnicode map tells readers."""
        pairs = ((code, text.encode("utf-16-be").hex()) for code, text in letters.items())
        rows = "\n".join(f"<{code:02x}> <{text}>" for code, text in pairs)
        cmap = self.stream(
            f"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
            f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(letters)} beginbfchar\n{rows}\n"
            f"endbfchar\nendcmap end end".encode())
        self.fonts[name] = self.add(
            f"<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding/ToUnicode {cmap} 0 R>>")
        return name

    def page(
        self, *placed: Placed, size: tuple[float, float] = (WIDTH, HEIGHT),
        extra: str = "", content: bytes = b"",
    ) -> int:
        """Add a page with pieces of text; `content` comes first in its content stream."""
        rows = [content]
        for x, y, font_size, text, *font in placed:
            raw = text.encode("cp1252", "replace")
            escaped = raw.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
            name = font[0] if font else "mono"
            rows.append(b"BT /%s %g Tf %g %g Td (%s) Tj ET"
                        % (name.encode(), font_size, x, size[1] - y, escaped))
        body = self.stream(b"\n".join(rows))
        fonts = "".join(f"/{name} {number} 0 R" for name, number in self.fonts.items())
        self.pages.append(self.add(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size[0]:g} {size[1]:g}]/Contents {body} 0 R"
            f"/Resources<</Font<<{fonts}>>>>{extra}>>"))
        return self.pages[-1]

    def data(self, count: int | None = None) -> bytes:
        """The file. `count` is what the page tree claims, if it is to lie."""
        kids = " ".join(f"{number} 0 R" for number in self.pages)
        self.objects[0] = f"<</Type/Catalog/Pages 2 0 R{self.catalog}>>".encode("latin-1")
        count = len(self.pages) if count is None else count
        self.objects[1] = f"<</Type/Pages/Kids[{kids}]/Count {count}>>".encode()
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(self.objects, start=1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, start)
        return bytes(out)

    def save(self, path: Path, count: int | None = None) -> Path:
        path.write_bytes(self.data(count))
        return path


def set_column(
    text: str, x: float, y: float, n_letters: int, size: float = 9.0, lead: float = 11.0
) -> list[Placed]:
    """Break running text into the lines of a column, as wide as `n_letters` of Courier."""
    lines = textwrap.wrap(text, n_letters, break_on_hyphens=False)
    return [(x, y + i * lead, size, line) for i, line in enumerate(lines)]


def prose(subject: str, n: int) -> str:
    """Sentences that differ from one another, about `subject`."""
    verbs = ("measures", "describes", "compares", "explains", "records", "questions", "repeats")
    things = (
        "the slow drift of sand", "a careful list of tides", "every second lantern",
        "two maps of the harbour", "what the keeper saw", "an older and longer account",
    )
    return " ".join(
        f"The {subject} number {i} {verbs[i % len(verbs)]} {things[i % len(things)]} before it closes."
        for i in range(n))


@pytest.fixture
def pdf() -> Pdf:
    return Pdf()


@pytest.fixture
def column() -> Callable[..., list[Placed]]:
    return set_column


@pytest.fixture
def text_about() -> Callable[[str, int], str]:
    return prose


@pytest.fixture(scope="session")
def reader() -> Iterator[DocumentReader]:
    """One reader for all tests, as the program has one for all documents."""
    shared = DocumentReader(LOCAL)
    yield shared
    shared.close()


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write bytes under a name."""
    def write(data: bytes, name: str = "paper.pdf") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path
    return write


def bars(n: int, width: float = 400.0, height: float = 10.0) -> bytes:
    """Content of a page that is a picture: bars from the top, 72 points from the left, one every 14."""
    rows = [b"0 g %g %g %g %g re f" % (72, HEIGHT - 100 - 14 * i - height, width, height) for i in range(n)]
    return b"\n".join(rows)


@pytest.fixture
def picture() -> Callable[..., bytes]:
    return bars


@pytest.fixture(scope="session")
def seer() -> Iterator[DocumentReader]:
    """A reader whose recogniser is a fake one."""
    shared = DocumentReader(LOCAL, recogniser="tests.engine.ingest.fake_recogniser")
    yield shared
    shared.close()

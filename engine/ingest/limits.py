"""How much of a file, of time and of memory one document may take.

The numbers are promises: docs/SECURITY.md lists them and the tests hold them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Everything a document is measured against. Sizes in bytes, times in seconds."""

    n_bytes: int = 500 * 1024 * 1024
    pages: int = 5_000
    chars: int = 20_000_000
    page_chars: int = 2_000_000
    outline: int = 10_000
    seconds: float = 60.0  # wall and processor time for a document
    page_seconds: float = 10.0  # a page that needs longer is listed as failed
    memory: int = 880 * 1024 * 1024  # address space on top of what an idle reader has mapped
    pixels: int = 8_000_000  # of a rendered page
    exact_chars: int = 6_000_000  # beyond this, lines keep their box but not every letter's edge
    ocr_dpi: int = 200  # pages are drawn for text recognition at this resolution
    ocr_pixels: int = 6_000_000  # and smaller where they would have more pixels
    ocr_seconds: float = 60.0  # of processor time; a page that needs more is left as a picture
    ocr_wait: float = 600.0  # on a clock, for a page on a computer that is busy with other things
    ocr_memory: int = 2 * 1024 * 1024 * 1024  # address space on top of what an idle recogniser has mapped
    ocr_pages: int = 200  # after so many a recogniser is replaced by a new one
    ocr_lines: int = 5_000  # on a page

    def as_json(self) -> dict[str, float]:
        """Plain numbers, for the child process."""
        return asdict(self)


LOCAL = Limits()
HOSTED = Limits(n_bytes=50 * 1024 * 1024)

"""The kinds of file that can be read: one table, from which every list of them follows."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal, get_args

Kind = Literal["pdf", "txt", "md", "html", "epub", "docx"]

KINDS: tuple[Kind, ...] = get_args(Kind)
EXTENSIONS: dict[str, Kind] = {
    ".pdf": "pdf", ".txt": "txt", ".md": "md", ".markdown": "md",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".epub": "epub", ".docx": "docx",
}
PACKED: tuple[Kind, ...] = ("epub", "docx")  # ZIP archives
IN_WORDS = "PDF, plain text, Markdown, HTML, EPUB or Word (.docx)"


def kind_by_name(name: str) -> Kind | None:
    """The kind that a file's name claims, or None."""
    return EXTENSIONS.get(PurePath("x" + name.strip().lower()).suffix)

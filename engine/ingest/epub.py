"""EPUB: the chapters in the order of the spine, each one a section.

EPUB 3.3: META-INF/container.xml names the package document, whose spine lists the chapters.
"""

from __future__ import annotations

from typing import IO

from engine.errors import EncryptedFile, NoText, UnreadableFile, UnsupportedFile
from engine.ingest.archive import Archive, Attributes, resolve, walk_xml
from engine.ingest.limits import Limits
from engine.ingest.markup import decode_markup, pieces_of
from engine.ingest.pieces import Gathered, Piece, check_length

CONTAINER, ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
CHAPTERS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read_epub(file: IO[bytes], limits: Limits) -> Gathered:
    """The text of a book. Raises a DocumentError."""
    archive = Archive(file)
    if CONTAINER not in archive:
        raise UnsupportedFile("This file is named .epub, but it is none. Convert it to PDF and add that.")
    package = _package_name(archive.read(CONTAINER))
    title, names = _spine(archive.read(package), package)
    names = [name for name in dict.fromkeys(names) if name in archive]
    _refuse_protected(archive, names)
    if not names:
        raise UnreadableFile("This book names no chapters. Export it again.")
    gathered = Gathered(title=title)
    n_chars = 0
    for name in names:
        pieces, _ = pieces_of(decode_markup(archive.read(name)))
        n_chars += sum(len(piece.text) for piece in pieces)
        check_length(n_chars, limits)
        gathered.sections.append(_with_heading(pieces))
    if not n_chars:
        raise NoText("No chapter of this book holds text: it is probably made of pictures.", pages=len(names))
    return gathered


def _package_name(container: bytes) -> str:
    found: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "rootfile" and "full-path" in attributes:
            found.append(resolve("", attributes["full-path"]))

    walk_xml(container, start)
    if not found:
        raise UnreadableFile("This book does not say where its text is. Export it again.")
    return found[0]


def _spine(package: bytes, base: str) -> tuple[str, list[str]]:
    """The book's title and the names of its chapters."""
    items: dict[str, str] = {}
    order: list[str] = []
    title: list[str] = []
    inside = ""

    def start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        inside = name
        if name == "item" and attributes.get("media-type") in CHAPTERS:
            items[attributes.get("id", "")] = resolve(base, attributes.get("href", ""))
        elif name == "itemref" and attributes.get("linear") != "no":
            order.append(attributes.get("idref", ""))

    def text(data: str) -> None:
        if inside == "title":
            title.append(data)

    walk_xml(package, start, text=text)
    return " ".join("".join(title).split()), [items[idref] for idref in order if idref in items]


def _refuse_protected(archive: Archive, names: list[str]) -> None:
    """Fonts may be obfuscated in any book; a chapter that is enciphered cannot be read."""
    if ENCRYPTION not in archive:
        return
    enciphered: set[str] = set()

    def start(name: str, attributes: Attributes) -> None:
        if name == "CipherReference":
            enciphered.add(resolve("", attributes.get("URI", "")))

    walk_xml(archive.read(ENCRYPTION), start)
    if enciphered.intersection(names):
        raise EncryptedFile("This book is copy-protected. Add a copy without protection.")


def _with_heading(pieces: list[Piece]) -> list[Piece]:
    """A chapter's headings count from the outermost that it has."""
    levels = [piece.level for piece in pieces if piece.level]
    shift = min(levels, default=1) - 1
    return [Piece(p.text, p.kind, p.level - shift) if p.level else p for p in pieces] if shift else pieces

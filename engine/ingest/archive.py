"""ZIP archives and XML from strangers, as EPUB and Word files are made of.

Members are read in memory by the name that another member gives, so no name ever becomes a path.
What unpacks to more than allowed is refused while it unpacks. XML is read as a stream, without
entities: nothing expands and nothing outside is looked up.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Callable
from typing import IO
from urllib.parse import unquote
from xml.parsers import expat

from engine.errors import EncryptedFile, FileTooLarge, UnreadableFile

MAX_MEMBERS = 20_000
MAX_MEMBER_BYTES = 64 * 1024 * 1024
MAX_TOTAL_BYTES = 256 * 1024 * 1024
MAX_DEPTH = 512  # of elements within elements
ENCRYPTED = 1  # bit of a member's flags
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what EPUB and Word files may use
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)

Attributes = dict[str, str]


class Archive:
    """A ZIP file that is read member by member, up to a limit for all of them together."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except BROKEN as error:
            raise UnreadableFile("This file is damaged and cannot be unpacked. Export it again.") from error
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise FileTooLarge("This file holds too many parts. Print it to a PDF and add that.")
        self._members = {member.filename: member for member in members}
        self._left = MAX_TOTAL_BYTES

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """A member. Raises UnreadableFile, EncryptedFile, FileTooLarge."""
        member = self._members.get(name)
        if member is None:
            raise UnreadableFile("A part of this file is missing. Export it again.")
        if member.flag_bits & ENCRYPTED:
            raise EncryptedFile("This file is protected by a password. Save a copy without it and add that.")
        if member.compress_type not in METHODS:
            raise UnreadableFile("This file is packed in a way that its format does not allow.")
        limit = min(MAX_MEMBER_BYTES, self._left)
        try:
            with self._zip.open(member) as stream:
                data = stream.read(limit + 1)
        except BROKEN as error:
            raise UnreadableFile("A part of this file is damaged. Export it again.") from error
        if len(data) > limit:
            raise FileTooLarge("This file unpacks to more than is allowed. Print it to a PDF and add that.")
        self._left -= len(data)
        return data


def resolve(base: str, target: str) -> str:
    """The member that `target`, written in the member `base`, means; nothing that is outside."""
    path = unquote(target.partition("#")[0])
    if path.startswith("/"):
        return posixpath.normpath(path.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path))


class _Refused(Exception):
    """The XML has what no document needs."""


def walk_xml(
    data: bytes,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call `start`, `end` and `text` for what an XML file holds; names are local, without prefix
    or namespace. Raises UnreadableFile."""
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def on_start(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise _Refused
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(_local(name))

    def refuse(*arguments: object) -> int:
        raise _Refused

    parser.StartElementHandler, parser.EndElementHandler = on_start, on_end
    parser.EntityDeclHandler = refuse
    parser.UnparsedEntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    if text is not None:
        parser.buffer_text = True
        parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, _Refused, ValueError, LookupError) as error:
        raise UnreadableFile("A part of this file is damaged. Export it again.") from error


def _local(name: str) -> str:
    return name.rpartition(" ")[2]

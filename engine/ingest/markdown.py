"""Markdown: headings, paragraphs, lists, tables and code, without the marks.

A file is read line by line; only what tells a reader of the plain text where something begins is
understood (CommonMark's block structure, without its nesting), and HTML tags are taken out.
"""

from __future__ import annotations

import re

from engine.errors import NoText, UnsupportedFile
from engine.ingest.limits import Limits
from engine.ingest.pieces import Gathered, Piece, check_length, split_sections
from engine.ingest.plain import LINE_ENDS, decode
from engine.types import SentenceKind

HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
ITEM = re.compile(r"\s*(?:[-*+]|(\d{1,9})[.)])[ \t]+(?:\[[ xX]\][ \t]+)?")
QUOTE = re.compile(r" {0,3}(?:>[ \t]?)+")
ROW = re.compile(r"\s*\|.*\|\s*$")
DIVIDER = re.compile(r"\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$")
DEFINITION = re.compile(r" {0,3}\[[^\]]{1,200}\]:\s*\S+")
TITLE = re.compile(r"title\s*:\s*[\"']?(.+?)[\"']?\s*$", re.IGNORECASE)
IMAGE = re.compile(r"!\[([^\[\]]{0,500})\](?:\([^()\s]{0,2000}(?:\s[^()]{0,500})?\)|\[[^\[\]]{0,200}\])")
LINK = re.compile(r"\[([^\[\]]{1,500})\](?:\([^()\s]{0,2000}(?:\s[^()]{0,500})?\)|\[[^\[\]]{0,200}\])")
ADDRESS = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>")
TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9-]{0,30}(?:\s[^<>]{0,1000})?/?>")
CODE = re.compile(r"(?<![`\\])(`{1,3})([^`\n]{1,1000})\1(?!`)")
PLACE = re.compile("\ufdd0(\\d+)\ufdd1")  # of a code span while the marks are taken out; no text has these
STRONG = re.compile(r"(?<![\\\w])(\*{1,3}|_{1,3}|~~)(?=\S)([^*_~\n]{1,500}?)(?<=\S)\1(?!\w)")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def read_markdown(data: bytes, limits: Limits) -> Gathered:
    """The text of a file. Raises UnsupportedFile, NoText, FileTooLarge."""
    try:
        text = LINE_ENDS.sub("\n", decode(data))
    except UnsupportedFile:
        raise UnsupportedFile("This file is named .md, but it holds no text. Add it as a PDF.") from None
    check_length(len(text), limits)
    title, lines = _front_matter(_without_comments(text).split("\n"))
    pieces = _Lines(lines).read()
    if not pieces:
        raise NoText("This file holds nothing but blanks. Choose another one.", pages=1)
    return Gathered(split_sections(pieces), title)


def _without_comments(text: str) -> str:
    first, *others = text.split("<!--")
    return first + "".join(other.partition("-->")[2] for other in others)


def _front_matter(lines: list[str]) -> tuple[str, list[str]]:
    """The title among the settings at the top of a file, and the lines after them."""
    if lines[0].strip() != "---":
        return "", lines
    for i, line in enumerate(lines[1:200], 1):
        if line.strip() in ("---", "..."):
            titles = [found[1] for found in map(TITLE.match, lines[1:i]) if found]
            return (titles[0] if titles else ""), lines[i + 1 :]
    return "", lines


class _Lines:
    """The lines of a file on their way into pieces."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._open: list[str] = []
        self._is_item = False  # whether the paragraph under way is an item of a list
        self._pieces: list[Piece] = []

    def read(self) -> list[Piece]:
        """All pieces."""
        fence = ""
        for line in self._lines:
            mark = FENCE.match(line)
            if fence:
                if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                    fence = ""
                else:
                    self._add(line, "code", raw=True)
            elif mark:
                self._end()
                fence = mark[1]
            else:
                self._take(line)
        self._end()
        return self._pieces

    def _take(self, line: str) -> None:
        line = QUOTE.sub("", line, count=1)
        if heading := HEADING.match(line):
            self._end()
            self._add(heading[2] or "", level=len(heading[1]))
        elif (under := UNDERLINE.match(line)) and self._open:
            text = " ".join(self._open)
            self._open.clear()
            self._add(text, level=1 if under[1][0] == "=" else 2)
        elif not line.strip() or RULE.match(line) or DEFINITION.match(line):
            self._end()
        elif ROW.match(line):
            self._end()
            if not DIVIDER.match(line):
                self._add("  ".join(cell.strip() for cell in line.strip().strip("|").split("|")), "table")
        else:
            item = ITEM.match(line)
            # Within a paragraph a line may begin with a number that only stands there.
            if item and (not self._open or self._is_item or item[1] in (None, "1")):
                self._end()
                self._is_item = True
                line = line[item.end() :]
            self._open.append(line.strip())

    def _end(self) -> None:
        self._is_item = False
        if self._open:
            text = " ".join(self._open)
            self._open.clear()
            self._add(text)

    def _add(self, text: str, kind: SentenceKind = "body", *, level: int = 0, raw: bool = False) -> None:
        text = text if raw else plain(text)
        if not text.strip():
            return
        if level:
            self._pieces.append(Piece(text, "heading", level))
        else:
            self._pieces.append(Piece(text, kind))


def plain(text: str) -> str:
    """Running text without marks; what a link points to is left out, and code stays as it is."""
    codes: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        codes.append(found[2])
        return f"\ufdd0{len(codes) - 1}\ufdd1"

    text = CODE.sub(put_away, text.replace("\ufdd0", ""))
    text = TAG.sub("", ADDRESS.sub(r"\1", text))
    text = LINK.sub(r"\1", IMAGE.sub(r"\1", text))
    for _ in range(2):  # a strong word within an emphasised passage
        text = STRONG.sub(r"\2", text)
    return PLACE.sub(lambda found: codes[int(found[1])], ESCAPE.sub(r"\1", text))

"""Plain text: UTF-8, or what was evidently meant; one page, paragraphs between empty lines, lists apart.

A file of bytes that are no text is refused. Text whose encoding cannot be told is kept with
U+FFFD where a byte made no sense, so that its reader sees what is missing.
"""

from __future__ import annotations

import codecs
import re

from engine.errors import FileTooLarge, NoText, UnsupportedFile
from engine.ingest.limits import Limits
from engine.ingest.typed import split_typed

MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)
ENCODINGS = [encoding for _, encoding in MARKS] + ["utf-8", "cp932", "euc_jp", "cp1252"]
KANA = re.compile("[\u3040-\u30ff]")
LETTERS_1252 = re.compile("[A-Za-z\u00c0-\u00ff]")
LINE_ENDS = re.compile("\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
EMPTY_LINES = re.compile("\n[^\\S\n]*(?:\n[^\\S\n]*)+")
N_BINARY = 0.1  # more control bytes than this share are no text


def read_plain(data: bytes, limits: Limits) -> list[str]:
    """The paragraphs of a file, lines still apart. Raises UnsupportedFile, NoText, FileTooLarge."""
    text = decode(data)
    if len(text) > limits.chars:
        words = f"This file has {len(text)} characters; the limit is {limits.chars}. Add it in parts."
        raise FileTooLarge(words)
    stretches = EMPTY_LINES.split(LINE_ENDS.sub("\n", text))
    paragraphs = ["\n".join(lines) for stretch in stretches for lines in split_typed(stretch.split("\n"))]
    if not paragraphs:
        raise NoText("This file holds nothing but blanks. Choose another one.", pages=1)
    return paragraphs


def decode(data: bytes) -> str:
    """Bytes to text. Raises UnsupportedFile where they are none."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data[len(mark):].decode(encoding, "replace")
    n_control = sum(data.count(byte) for byte in (*range(9), *range(14, 27), *range(28, 32), 127))
    if n_control > N_BINARY * len(data) or data.count(0) > 0.01 * len(data):
        raise UnsupportedFile("This file is named as a text, but it holds none. Add it as a PDF.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_legacy(data)


def _decode_legacy(data: bytes) -> str:
    """Japanese where it gives kana, Western where most bytes are ASCII, else UTF-8 with gaps."""
    for encoding in ("cp932", "euc_jp"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        wide = sum(c > "\u02ff" for c in text)
        if wide and len(KANA.findall(text)) > 0.2 * wide:
            return text
    high = bytes(byte for byte in data if byte >= 0x80)
    if len(high) < 0.2 * len(data):
        try:
            western = high.decode("cp1252")
        except UnicodeDecodeError:
            return data.decode("utf-8", "replace")
        if len(LETTERS_1252.findall(western)) > 0.5 * len(western):
            return data.decode("cp1252")
    return data.decode("utf-8", "replace")

"""How a child process talks: one JSON line a message, and nothing else on its pipes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping


def silence() -> None:
    """Libraries print what they find in documents; nobody may see that."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.close(null)


def write(descriptor: int, message: Mapping[str, object]) -> None:
    """Send a message as one line."""
    data = memoryview(json.dumps(message, separators=(",", ":")).encode() + b"\n")
    while data:
        data = data[os.write(descriptor, data):]


def read_exactly(descriptor: int, n_bytes: int) -> bytes:
    """So many bytes; fewer at the end."""
    data = bytearray()
    while len(data) < n_bytes and (more := os.read(descriptor, min(1 << 20, n_bytes - len(data)))):
        data += more
    return bytes(data)


def read_line(descriptor: int) -> bytes:
    """One line, byte by byte so that none of the next is taken; empty at the end."""
    line = bytearray()
    while byte := os.read(descriptor, 1):
        line += byte
        if byte == b"\n":
            break
    return bytes(line)

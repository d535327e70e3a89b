"""P7: what was deleted is gone. P13: nothing of a document in what is printed and logged."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from tests.promises.figures import Figure, Setting, none_of
from tests.promises.files import ordinary, scanned
from tests.promises.server import Running, Visitor
from tests.storage.test_removal import places_of

UNDO, SHORT_HOUR = 3.0, 25.0  # seconds until what was deleted is purged, and that a demo keeps what it got
SWEPT = 60.0  # seconds until the last trace must be gone, on a busy machine


def check_forgetting(setting: Setting) -> Iterator[Figure]:
    """Read, summarise and ask through the server, delete, and look into every byte that it keeps."""
    for hosted, seconds in ((False, UNDO), (True, SHORT_HOUR)):
        with Running(setting.folder / f"library {hosted}", hosted=hosted, seconds=seconds) as server:
            fact = f"FACT{secrets.token_hex(8)}"
            n_before = _use(server.visitor(), fact, _places(server, fact))
            if hosted:
                what = "places with a word of it once a demo's time is over"
            else:
                what = "places with a word of it after it was deleted"
                server._visitors[0].delete(server._visitors[0].document)
            left = _wait_until_gone(server, fact)
        left += _places(server, fact)()
        yield none_of("P7", f"{what}, in the whole folder and the temporary one", left, n_before)


def _use(visitor: Visitor, fact: str, places) -> int:  # type: ignore[no-untyped-def]
    """Everything that a reader does with a document; in how many places it is then."""
    data = ordinary(f"The lamp {fact} was lit by Ada Brandt in 1871.")
    visitor.add(f"{fact}.pdf", data)
    visitor.read_until_there(data)
    visitor.put(f"Who lit the lamp {fact}?")
    visitor.wait_for(f"/precis/export/{visitor.document}/answers.md", words=fact)
    visitor.ask(f"/precis/page/{visitor.document}/1")
    return len(places())


def _places(server: Running, fact: str):  # type: ignore[no-untyped-def]
    def places() -> list[str]:
        return [name for folder in (server.data_dir, server.temporary) for name, _ in places_of(folder, fact)]

    return places


def _wait_until_gone(server: Running, fact: str) -> list[str]:
    until, left = time.monotonic() + SWEPT, ["not looked yet"]
    while left and time.monotonic() < until:
        time.sleep(0.5)
        left = _places(server, fact)()
    return left


def check_logs(setting: Setting) -> Iterator[Figure]:
    """Files, questions and failures, while everything is logged that any library logs."""
    n = setting.choose(4, 100)
    planted = [f"FACT{secrets.token_hex(8)}" for _ in range(3 * n)]
    in_text, in_questions, in_names = planted[:n], planted[n : 2 * n], planted[2 * n :]
    with Running(setting.folder / "library", debug=True) as server:
        visitor = server.visitor()
        for number, name in enumerate(in_names):
            data = scanned() if number % 4 == 3 else ordinary(f"Page {number}.") + b"%" + name.encode()
            visitor.add(f"{name}.pdf", data)
        data = ordinary(" ".join(f"The lamp {fact} was lit." for fact in in_text))
        visitor.add(f"{in_names[0]}.pdf", data)
        visitor.read_until_there(data)
        visitor.summarize()
        for question in in_questions:
            visitor.put(f"Who lit the lamp {question}?")
        visitor.wait_for(f"/precis/export/{visitor.document}/answers.md", words=in_questions[-1])
        visitor.wait_for(f"/precis/export/{visitor.document}/summary.md")
        visitor.press("query", "submit", query=in_text[0])
        visitor.delete(visitor.document)
        visitor.wait_for(f"/precis/text/{visitor.document}/1", status=404)
    told = "\n".join([*server.lines, *map(_read, server.data_dir.rglob("*.log"))])
    said = [fact for fact in planted if fact in told]
    yield none_of("P13", f"planted words of texts, {n} questions, names, at DEBUG", said, len(planted))
    traced = [line for line in server.lines if "Traceback" in line]
    yield none_of("P13", f"tracebacks in {len(server.lines)} lines", traced, 1)


def _read(path: Path) -> str:
    return path.read_text(errors="replace")

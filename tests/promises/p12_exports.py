"""P12: exports are inert. P14: names and clocks do not matter. P16: the same again, and no more memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from engine.errors import PrecisError
from engine.ingest.reader import LOCAL, DocumentReader
from storage.store import Store
from tests.promises.figures import Figure, Setting, descriptors, none_of, resident, suite
from tests.promises.files import HOSTILE_NAMES, ordinary, prose_about
from tests.promises.server import Running, as_browsers_send
from tests.storage.conftest import Clock, build_document
from ui.html import element

KB_A_CYCLE = 10.0


def check_exports(setting: Setting) -> Iterator[Figure]:
    """What leaves the app as a file says nothing to a program that opens it."""
    yield suite("P12", "formulas, markup, names in every export", "tests/ui/test_exports.py")


def check_names(setting: Setting) -> Iterator[Figure]:
    """Hostile file names, and a clock that jumps."""
    folder, clock = setting.folder / "library", Clock()
    source = setting.folder / "source"
    failed, strange, unescaped = [], [], []
    with Store.open(folder, clock=clock) as store:
        for number, name in enumerate(HOSTILE_NAMES):
            clock.jump(timedelta(days=(-3650, 7300, -20_000, 16_350)[number % 4]))
            content = f"{number}".encode()
            source.write_bytes(content)
            try:
                original = store.keep_original("local", source)
                document = build_document(content)
                store.add_document("local", document, name=name, n_bytes=original.n_bytes, seconds=0.0)
                path = store.original("local", document.id)
            except (PrecisError, OSError, ValueError) as error:
                failed.append(f"{name!r}: {type(error).__name__}")
                continue
            if path.name != hashlib.sha256(content).hexdigest() or folder not in path.parents:
                strange.append(name)
        rows = store.documents("local")
        unescaped += [row.name for row in rows if "<script" in str(element("bdi", row.name))]
    yield none_of("P14", "names that could not be stored", failed, len(HOSTILE_NAMES))
    yield none_of("P14", "files that are not named after their content", strange, len(HOSTILE_NAMES))
    yield none_of("P14", "names shown unescaped", unescaped, len(HOSTILE_NAMES))
    wanted = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(len(HOSTILE_NAMES))]
    in_order = [row.id for row in reversed(rows)] == wanted
    yield _uploaded(setting)
    yield Figure(
        "P14", "order, while the clock jumped by decades", "kept" if in_order else "lost", "kept", in_order
    )


def _uploaded(setting: Setting) -> Figure:
    """The same names, given by a browser."""
    refused = []
    with Running(setting.folder / "served") as server:
        visitor = server.visitor()
        for number, name in enumerate(HOSTILE_NAMES):
            data = ordinary(f"Number {number}.")
            try:
                visitor.add(as_browsers_send(name), data)
                visitor.read_until_there(data, 20)
            except AssertionError:
                refused.append(f"{name!r} {number}")
        kept = [path for path in (setting.folder / "served").rglob("*") if path.is_file()]
    strange = [path.name for path in kept if path.suffix in (".pdf", ".exe") or len(path.name) > 64]
    return none_of(
        "P14",
        "names that an upload was refused for, or that became a path",
        refused + strange,
        len(HOSTILE_NAMES),
    )


def check_again(setting: Setting) -> Iterator[Figure]:
    """The same file twice; many files in and out."""
    cycles = setting.choose(60, 2000)
    folder, source = setting.folder / "library", setting.folder / "a.pdf"
    text = prose_about("lamp", 40)
    reader = DocumentReader(LOCAL)
    try:
        with Store.open(folder) as store:
            source.write_bytes(ordinary(text))
            same = reader.read(source) == reader.read(source)
            yield Figure("P16", "a document read twice", "equal" if same else "differs", "equal", same)
            middle = (0, 0)
            for n in range(cycles):
                if n == cycles // 2:
                    middle = resident(), descriptors()
                source.write_bytes(ordinary(f"{text} {n}"))
                original = store.keep_original("local", source)
                document = reader.read(source)
                store.add_document("local", document, name="a.pdf", n_bytes=original.n_bytes, seconds=0.0)
                store.delete_documents("local", [document.id])
                store.purge_deleted(timedelta(0))
            slope = (resident() - middle[0]) / 1024 / (cycles - cycles // 2)
            grown = descriptors() - middle[1]
            size = (folder / "precis.db").stat().st_size
    finally:
        reader.close()
    limit = KB_A_CYCLE * (10 if setting.quick else 1)
    yield Figure(
        "P16",
        f"memory more a file, over {cycles} in and out",
        f"{slope:.1f} KB",
        f"< {limit:.0f} KB",
        slope < limit,
    )
    yield Figure("P16", "descriptors more", str(grown), "0", grown == 0)
    yield Figure(
        "P16",
        "the empty library's database afterwards",
        f"{size / 1024:.0f} KB",
        "<= 512 KB",
        size <= 512 * 1024,
    )

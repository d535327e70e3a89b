"""P1: no byte leaves the machine. P11: documents are data."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.promises.figures import ROOT, Figure, Setting, allowed, command, environment, none_of, suite
from tests.promises.files import acting, ordinary
from tests.promises.server import Running

CONNECT = re.compile(
    r"(?:connect|sendto)\(\d+, \{sa_family=AF_INET6?,.*?(?:inet_addr\(\"|AF_INET6, \")([0-9a-f.:]+)"
)
HERE = re.compile(r"127\.|::1|0\.0\.0\.0")


def check(setting: Setting) -> Iterator[Figure]:
    """The network, traced where tracing is allowed."""
    folder = setting.folder
    file = folder / "a.pdf"
    file.write_bytes(ordinary())
    with Running(folder / "library") as server:
        visitor = server.visitor()
        visitor.add("a.pdf", file.read_bytes())
        visitor.read_until_there(file.read_bytes())
    log = folder / "library" / "egress.log"
    attempts = log.read_text().splitlines() if log.exists() else []
    yield none_of("P1", "attempts to leave, from start to stop (guard in the process)", attempts, 1, "weak")
    if allowed("strace", "-o", "/dev/null", "true"):
        yield _traced(folder, file)
    if allowed("unshare", "-n", "true"):
        done = subprocess.run(
            ["unshare", "-n", *command(folder, "ingest", file, "--json")],
            env=environment(PRECIS_DATA_DIR=str(folder / "cut off")),
            capture_output=True,
            check=False,
        )
        yield Figure(
            "P1", "reads a document without any network", str(done.returncode), "0", done.returncode == 0
        )
    if not setting.quick:
        yield suite(
            "P1",
            "addresses that a page may not load, files that are addresses",
            "tests/ui/test_egress.py",
            "tests/ui/test_http.py",
            "tests/ui/test_security.py",
        )


def _traced(folder: Path, file: Path) -> Figure:
    trace = folder / "trace"
    subprocess.run(
        [
            "strace",
            "-f",
            "-qq",
            "-e",
            "trace=connect,sendto",
            "-o",
            str(trace),
            *command(folder, "ingest", file, "--json"),
        ],
        env=environment(PRECIS_DATA_DIR=str(folder / "traced")),
        capture_output=True,
        check=True,
    )
    outside = [
        address for address in CONNECT.findall(trace.read_text(errors="replace")) if not HERE.match(address)
    ]
    return none_of("P1", "connections outside while a file is read (strace)", outside, 1)


def check_data(setting: Setting) -> Iterator[Figure]:
    """What a PDF asks a viewer to do is not done."""
    folder = setting.folder
    canary, file, trace = folder / "canary", folder / "acting.pdf", folder / "trace"
    file.write_bytes(acting(canary))
    before = {path for path in folder.rglob("*")}
    run = command(folder, "ingest", file, "--text")
    traced = allowed("strace", "-o", "/dev/null", "true")
    if traced:
        run = ["strace", "-f", "-qq", "-e", "trace=execve", "-o", str(trace), *run]
    done = subprocess.run(
        run,
        env=environment(PRECIS_DATA_DIR=str(folder / "library")),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    yield Figure("P11", "such a file is read", str(done.returncode), "0", done.returncode == 0)
    new = [
        str(path)
        for path in folder.rglob("*")
        if path not in before | {trace, folder / "library"} and folder / "library" not in path.parents
    ]
    yield none_of("P11", "files written because a document asked", new, 1)
    yield none_of("P11", "foreign text in the output", done.stdout.count("root:"), 1)
    if traced:
        programs = [
            line
            for line in trace.read_text(errors="replace").splitlines()
            if "execve(" in line and " = 0" in line and "python" not in line.split("execve(")[1][:80]
        ]
        yield none_of("P11", "programs started that are not Python (strace)", programs, 1)

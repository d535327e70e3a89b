"""P1: no byte leaves the machine. P11: documents are data."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

from tests.promises.figures import ROOT, Figure, Setting, allowed, command, environment, none_of, suite
from tests.promises.files import acting
from tests.promises.offline import EXPORTS

SENDS = re.compile(r"(?:connect|send\w+)\(.*(?:inet_addr\(\"|AF_INET6, \")([0-9a-f.:]+)\"")
HERE = re.compile(r"127\.|::1$|0\.0\.0\.0$|::$|::ffff:127\.")
CUT_OFF = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def check(setting: Setting) -> Iterator[Figure]:
    """Everything that a reader does, without a network and with system calls noted, where allowed."""
    folder, n, trace = setting.folder, setting.choose(2, 20), setting.folder / "trace"
    cut_off = CUT_OFF if allowed(*CUT_OFF, "true") else []
    traced = ["strace", "-f", "-qq", "-e", "trace=network", "-o", str(trace)]
    traced = traced if allowed(*cut_off, "strace", "-f", "-o", "/dev/null", "true") else []
    done = subprocess.run(
        [*cut_off, sys.executable, "-m", "tests.promises.offline", str(folder), str(n), *traced],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    form = "strong" if cut_off else "weak"
    if done.returncode != 0:
        yield Figure("P1", "everything works without a network", done.stderr[-300:], "yes", False, form)
        return
    found = json.loads(done.stdout.splitlines()[-1])
    worked = f"{n} documents, {n} questions, {found['exports']} exports"
    yield Figure(
        "P1", "everything works without a network", worked, "all", found["exports"] == len(EXPORTS), form
    )
    yield none_of(
        "P1", "attempts to leave (guard in the process)", found["attempts"], n, "strong" if traced else "weak"
    )
    if traced:
        calls = trace.read_text(errors="replace").splitlines()
        outside = [address for line in calls for address in SENDS.findall(line) if not HERE.match(address)]
        yield none_of(
            "P1",
            f"calls outside of {len(calls):,}; addresses given to {found['thrown']} handlers (strace)",
            outside,
            len(calls),
        )
    if "requests" in found:
        beacons = found["outside"] + found["refused"]
        yield none_of("P1", "requests of Chromium to elsewhere, made or refused", beacons, found["requests"])
    if not setting.quick:
        yield suite(
            "P1",
            "addresses that a page may not load, files that are addresses",
            "tests/ui/test_egress.py",
            "tests/ui/test_http.py",
            "tests/ui/test_security.py",
        )


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

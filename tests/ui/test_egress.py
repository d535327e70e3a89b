"""The egress guard: what stays here passes, everything else is refused and written down.

The hook cannot be taken off again, so each trial has an interpreter of its own.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from ui.egress import read_log, stays_here

ROOT = Path(__file__).parent.parent.parent


def run_guarded(log: Path, code: str) -> subprocess.CompletedProcess[str]:
    source = (
        f"from pathlib import Path\nfrom ui.egress import install_guard\ninstall_guard(Path({str(log)!r}))\n"
    )
    return subprocess.run([sys.executable, "-c", source + code], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "localhost",
        "LOCALHOST.",
        b"localhost",
        "0.0.0.0",
        "fe80::1%lo",
    ],
)
def test_what_stays_on_this_machine(host: object) -> None:
    assert stays_here(host) == (host != "fe80::1%lo")


@pytest.mark.parametrize(
    "host", ["example.org", "10.0.0.1", "192.168.1.1", "8.8.8.8", "localhost.example.org", "2001:db8::1"]
)
def test_what_leaves_it(host: str) -> None:
    assert not stays_here(host)


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.getaddrinfo('example.org', 443)",
        "import socket; socket.gethostbyname('example.org')",
        "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "import urllib.request; urllib.request.urlopen('http://example.org/', timeout=5)",
    ],
)
def test_an_attempt_is_refused_and_logged(tmp_path: Path, attempt: str) -> None:
    log = tmp_path / "data" / "egress.log"
    done = run_guarded(log, attempt)
    assert done.returncode != 0
    assert "does not use the network" in done.stderr
    assert len(read_log(log)) >= 1
    assert "socket." in read_log(log)[0]


def test_this_machine_is_reached(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    with socket.create_connection(server.getsockname()): print('reached')\n"
    )
    done = run_guarded(tmp_path / "egress.log", code)
    assert done.stdout == "reached\n", done.stderr
    assert read_log(tmp_path / "egress.log") == []


def test_the_log_does_not_grow_without_end(tmp_path: Path) -> None:
    log = tmp_path / "egress.log"
    log.write_text("x" * 1_000_001)
    run_guarded(log, "import socket; socket.getaddrinfo('example.org', 443)")
    assert log.stat().st_size == 1_000_001

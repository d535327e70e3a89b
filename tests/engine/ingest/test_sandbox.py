"""What a child gave up: tried in a child that gives it up and then misbehaves."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the sandbox is Linux's")


def misbehave(tmp_path: Path, deed: str) -> str:
    """Run `deed` in a sandbox that may read one file; what it printed, or the error's name."""
    allowed = tmp_path / "allowed.txt"
    allowed.write_text("may be read")
    program = textwrap.dedent(f"""
        import os, sys, socket, ctypes
        from engine.ingest.sandbox import give_up_rights, limit_resources
        path, folder = {str(allowed)!r}, {str(tmp_path)!r}
        descriptor = os.open(path, os.O_RDONLY)
        limit_resources(200 * 1024 * 1024, 5)
        rights = give_up_rights(descriptor)
        try:
            print({deed})
        except BaseException as error:
            print(type(error).__name__)
    """)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() or f"exit {done.returncode}"


@pytest.fixture(scope="module")
def rights(tmp_path_factory) -> str:
    return misbehave(tmp_path_factory.mktemp("rights"), "' '.join(sorted(rights))")


def needs(rights: str, right: str) -> None:
    if right not in rights.split():
        pytest.skip(f"this kernel grants no {right}")


def test_privileges_are_given_up_on_every_linux(rights):
    assert {"deathsig", "no_new_privs"} <= set(rights.split())


def test_the_one_file_stays_readable(tmp_path):
    assert misbehave(tmp_path, "open(f'/proc/self/fd/{descriptor}').read()") == "may be read"


@pytest.mark.parametrize("deed", [
    "open('/etc/passwd').read()", "os.listdir('/')", "open('/proc/self/environ').read()",
    "os.mkdir(folder + '/made')", "os.unlink(path)", "os.rename(path, path + 'x')",
    "os.symlink('/etc', folder + '/l')",
])
def test_no_other_file(tmp_path, rights, deed):
    needs(rights, "landlock")
    assert misbehave(tmp_path, deed) in ("PermissionError", "OSError")


@pytest.mark.parametrize("deed", [
    "socket.socket()", "socket.socketpair()", "os.execv('/bin/true', ['true'])", "os.fork()",
    "os.kill(1, 0)", "os.kill(os.getppid(), 9)", "1 // (os.system('true') == 0)",
])
def test_no_socket_no_process(tmp_path, rights, deed):
    needs(rights, "seccomp")
    assert misbehave(tmp_path, deed) in (
        "PermissionError", "BlockingIOError", "OSError", "ZeroDivisionError")


def test_memory_is_bounded(tmp_path):
    assert misbehave(tmp_path, "len(bytearray(300 * 1024 * 1024))") == "MemoryError"


def test_nothing_is_written(tmp_path):
    (tmp_path / "out").touch()
    assert misbehave(tmp_path, f"os.write(os.open({str(tmp_path / 'out')!r}, os.O_WRONLY), b'x')") in (
        "PermissionError", "OSError", "exit -25")


def test_few_files_can_be_open(tmp_path):
    assert misbehave(tmp_path, "[os.dup(descriptor) for _ in range(40)]") == "OSError"


def test_processor_time_ends(tmp_path):
    assert misbehave(tmp_path, "[0 for _ in iter(int, 1)]") in ("exit -9", "exit -24", "MemoryError")

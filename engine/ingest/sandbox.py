"""What a child gives up before it opens a hostile file, as far as the system lets it.

Resource limits everywhere but on Windows; on Linux also: no new privileges, a seccomp filter
without sockets, processes and debugging, no network namespace but an empty one, and Landlock,
which leaves one file to read and nothing to write. Each step is independent and none is needed
for a right result, so a kernel without one of them is not an error.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from collections.abc import Callable

if sys.platform != "win32":
    import resource

FORKS = sys.platform.startswith("linux")  # macOS has fork, but not safely after its frameworks are loaded

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SIGKILL = 9
CLONE_NEWNET = 0x40000000
SECCOMP_MODE_FILTER = 2

# linux/audit.h: AUDIT_ARCH_*, and from asm/unistd.h the numbers of: socket socketpair connect bind clone
# clone3 execve execveat ptrace process_vm_readv process_vm_writev kill mount unshare setns bpf
# userfaultfd perf_event_open io_uring_setup pidfd_getfd add_key keyctl, and where they exist fork vfork.
SYSCALLS: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (0xC000003E, (
        41, 53, 42, 49, 56, 435, 59, 322, 101, 310, 311, 62, 165, 272, 308, 321, 323, 298, 425, 438, 248,
        250, 57, 58)),
    "aarch64": (0xC00000B7, (
        198, 199, 203, 200, 220, 435, 221, 281, 117, 270, 271, 129, 40, 97, 268, 280, 282, 241, 425, 438,
        217, 219)),
}
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446  # the same on every architecture
LANDLOCK_READ_FILE = 1 << 2
# How many file system rights each Landlock ABI version knows (linux/landlock.h).
LANDLOCK_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}


def limit_resources(memory: int, seconds: float) -> None:
    """Cap memory (bytes on top of what is mapped now), processor time, files and core dumps."""
    if sys.platform == "win32":
        return
    _cap(resource.RLIMIT_AS, _mapped() + memory)
    _cap(resource.RLIMIT_CPU, int(seconds) + 1)
    _cap(resource.RLIMIT_FSIZE, 0)
    _cap(resource.RLIMIT_CORE, 0)
    _cap(resource.RLIMIT_NOFILE, 32)


def limit_time(seconds: float) -> None:
    """Let the system end this process after so many more seconds of processor time."""
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def give_up_rights(descriptor: int | None) -> set[str]:
    """Give up what reading `descriptor` does not need; the names of what took effect."""
    if not FORKS:
        return set()
    libc = ctypes.CDLL(None, use_errno=True)
    steps: dict[str, Callable[[], bool]] = {
        "deathsig": lambda: bool(libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0),
        "no_new_privs": lambda: bool(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0),
        "netns": lambda: bool(libc.unshare(CLONE_NEWNET) == 0),
        "landlock": lambda: _landlock(libc, descriptor),
        "seccomp": lambda: _seccomp(libc),
    }
    return {name for name, step in steps.items() if step()}


def _cap(which: int, limit: int) -> None:
    """Lower a limit; one that is lower already stays, and one that the system refuses is left."""
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    try:
        resource.setrlimit(which, (limit, limit))
    except (OSError, ValueError):  # macOS knows RLIMIT_AS and refuses it
        return


def _mapped() -> int:
    """Bytes of address space in use; 0 where /proc does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 30


def _landlock(libc: ctypes.CDLL, descriptor: int | None) -> bool:
    """Allow reading this one file and no other access to any file."""
    abi = libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if abi < 1:
        return False
    handled = (1 << LANDLOCK_RIGHTS.get(abi, 16)) - 1
    # struct landlock_ruleset_attr: handled_access_fs, and from ABI 4 handled_access_net (bind, connect).
    attributes = struct.pack("Q", handled) if abi < 4 else struct.pack("QQ", handled, 3)
    ruleset = libc.syscall(LANDLOCK_CREATE, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    if descriptor is not None:
        rule = struct.pack("=Qi", LANDLOCK_READ_FILE, descriptor)
        if libc.syscall(LANDLOCK_ADD, ruleset, 1, rule, 0) != 0:
            return False
    return bool(libc.syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0)


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _seccomp(libc: ctypes.CDLL) -> bool:
    """Answer EPERM to every call of SYSCALLS."""
    known = SYSCALLS.get(platform.machine())
    if known is None or sys.maxsize < 2**32:
        return False
    code = _filter(*known)
    buffer = ctypes.create_string_buffer(code)
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(architecture: int, numbers: tuple[int, ...]) -> bytes:
    """A classic BPF program over struct seccomp_data: the call's number at 0, the architecture at 4."""
    load, equal, above, answer = 0x20, 0x15, 0x35, 0x06
    allow, refuse = 0x7FFF0000, 0x00050001  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, refuse), (load, 0, 0, 0)]
    steps += [(above, 0, 1, 0x40000000), (answer, 0, 0, refuse)]  # the x32 twin of every call
    for number in numbers:
        steps += [(equal, 0, 1, number), (answer, 0, 0, refuse)]
    steps.append((answer, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)

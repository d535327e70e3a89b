"""Whether the process that took on a job is still there.

A number is not enough: it is given again. A process is its number together with the moment it
began, which on Linux is read from /proc; across a restart of the machine, the boot's own id
tells them apart.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

UNKNOWN = ""  # it lives, and the platform does not say since when
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def beginning_of(pid: int) -> str | None:
    """When the process began, in the platform's own words; None if there is no such process."""
    if sys.platform == "linux":
        return _from_proc(pid)
    if sys.platform == "win32":
        return _from_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return UNKNOWN
    return UNKNOWN


def is_alive(pid: int | None, beginning: str | None) -> bool:
    """Whether the very process that began then still runs."""
    if pid is None or pid <= 0 or beginning is None:
        return False
    now = beginning_of(pid)
    return now is not None and (now == beginning or UNKNOWN in (now, beginning))


def _from_proc(pid: int) -> str | None:
    """Fields of /proc/<pid>/stat after the name in parentheses: state first, start time 20th."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        boot = BOOT_ID.read_text("ascii").strip()
    except FileNotFoundError:
        return None if Path("/proc/self/stat").exists() else UNKNOWN
    except OSError:
        return UNKNOWN
    return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def _from_windows(pid: int) -> str | None:
    if sys.platform != "win32":
        return UNKNOWN
    import ctypes

    handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return None
    times = [ctypes.c_ulonglong() for _ in range(4)]  # created, exited, kernel, user
    known = ctypes.windll.kernel32.GetProcessTimes(handle, *map(ctypes.byref, times))
    ctypes.windll.kernel32.CloseHandle(handle)
    return str(times[0].value) if known else UNKNOWN

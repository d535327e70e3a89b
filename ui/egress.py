"""The egress guard: nothing in this process may reach the network, and what tries is written down.

An audit hook sees every look-up and every connection that Python code makes, whichever
library makes it, and refuses all that do not stay on this machine. `python app.py doctor`
prints the log. What the guard cannot see is native code that opens sockets by itself; no
dependency in use does that, and the promise test that traces system calls would show it.
"""

from __future__ import annotations

import ipaddress
import sys
from datetime import UTC, datetime
from pathlib import Path

LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
CONTACTS = {"socket.connect", "socket.sendto", "socket.sendmsg"}
MAX_LOG_BYTES = 1_000_000


class NetworkRefused(ConnectionRefusedError):
    """Something tried to leave the machine. A subclass of what a closed port raises, so that
    libraries treat it as "no network" and go on."""


def install_guard(log: Path) -> None:
    """Refuse, from now on and for the life of the process, whatever leaves this machine."""

    def guard(event: str, arguments: tuple[object, ...]) -> None:
        if event in LOOK_UPS:
            host = arguments[0]
        elif event in CONTACTS:
            host = _host_of(arguments[1] if len(arguments) > 1 else None)
        else:
            return
        if not stays_here(host):
            _write_down(log, event, host)
            raise NetworkRefused("Precis does not use the network.")

    sys.addaudithook(guard)


def _host_of(address: object) -> object:
    """The host of a socket address; None for a Unix socket's path or a connected socket."""
    return address[0] if isinstance(address, tuple) and address else None


def stays_here(host: object) -> bool:
    """Whether an address or name is this machine itself."""
    if host is None or host in ("", b""):
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _write_down(log: Path, event: str, host: object) -> None:
    """Append time, kind, host and the module that asked; a log that cannot be written is no
    reason to let anything out."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
            return
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {event} {host!r} {_asker()}\n")
    except OSError:
        return


def _asker() -> str:
    """Name of the nearest module on the stack that is not the standard library's networking."""
    frame = sys._getframe(1)
    plumbing = {"socket", "asyncio", "selectors", "ssl", "http", "urllib", __name__}
    while frame is not None:
        module = str(frame.f_globals.get("__name__", "?"))
        if module not in plumbing and module.split(".")[0] not in plumbing:
            return module
        if frame.f_back is None:
            return module
        frame = frame.f_back
    return "?"


def read_log(log: Path) -> list[str]:
    """The lines of the guard's log, oldest first."""
    return log.read_text("utf-8", "replace").splitlines() if log.is_file() else []

"""Which host and process does a job, in words that no later host or process can be taken for.

A process id is used again, and means something on one machine, since its last start, in one container alone. So a host
is named with its start and its room of process ids, a process with the moment of its own start (Linux; elsewhere
nothing is known of a process, and its signs of life alone decide).
"""

import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def this_host() -> str:
    """The name of this host, for the rows of jobs."""
    try:
        boot = (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text(encoding="ascii").strip()
        room = os.readlink(_PROC / "self" / "ns" / "pid")
    except OSError:
        return socket.gethostname()[:200]
    return f"{socket.gethostname()[:100]} {boot} {room}"[:200]


def this_process() -> str:
    """The name of this process, for the rows of jobs."""
    return _name(os.getpid(), _stat(os.getpid()))


def alive(host: str | None, process: str | None) -> bool | None:
    """Whether a process still runs; None where this host cannot know."""
    if host is None or process is None or host != this_host() or _stat(os.getpid()) is None:
        return None
    found = _stat(int(process.partition("@")[0]))
    return found is not None and found[0] not in "ZX" and _name(int(process.partition("@")[0]), found) == process


def _name(number: int, stat: list[str] | None) -> str:
    return str(number) if stat is None else f"{number}@{stat[19]}"


def _stat(number: int) -> list[str] | None:
    """What Linux says of a process, from its state on; None for one that is not there, and elsewhere."""
    try:
        text = (_PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()  # its name stands in brackets and may hold anything

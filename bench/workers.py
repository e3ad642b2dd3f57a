"""What the workers of a server use while people click: memory over time and processor time, as the system counts it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

_SECONDS_BETWEEN_LOOKS = 1.0


class Watch:
    """Looks at the processes that a server has started, once a second, for as long as it is entered.

    `looks`: [second, resident MB of all workers, their peaks so far in MB added up]; empty where the system has no
    /proc.
    """

    def __init__(self, server: int) -> None:
        self._server = server
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.looks: list[list[float]] = []
        self.processor = 0.0

    def __enter__(self) -> Watch:
        self._before = processor_of(children_of(self._server))
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()
        self.processor = processor_of(children_of(self._server)) - self._before

    def _look(self) -> None:
        start = time.perf_counter()
        while True:
            memory = [memory_of(pid) for pid in children_of(self._server)]
            if memory:
                now, peaks = (round(sum(one), 1) for one in zip(*memory, strict=True))
                self.looks.append([round(time.perf_counter() - start, 1), now, peaks])
            if self._done.wait(_SECONDS_BETWEEN_LOOKS):
                return

    def as_dict(self) -> dict[str, Any]:
        """processor: seconds of all workers; memory: the looks."""
        return {"processor": round(self.processor, 2), "memory": self.looks}


def children_of(pid: int) -> list[int]:
    """The processes that this one has started and that run still."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def memory_of(pid: int) -> tuple[float, float]:
    """Resident memory of a process and its peak so far, in MB; zeros where it has ended."""
    found = {"VmRSS": 0.0, "VmHWM": 0.0}
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] = int(value.split()[0]) / 1e3
    except OSError:
        pass
    return found["VmRSS"], found["VmHWM"]


def processor_of(pids: list[int]) -> float:
    """Seconds of user and system time of these processes together."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")

"""Interleaved timing: every candidate once, then every candidate again, so that a busy machine is busy for all."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import metadata


@dataclass
class Timing:
    """Seconds of each run, fastest first."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """What 95 of 100 runs took no longer than."""
        return sorted(self.seconds)[max(0, -(-95 * len(self.seconds) // 100) - 1)]

    def as_dict(self) -> dict[str, object]:
        return {
            "median": self.median,
            "p95": self.p95,
            "low": min(self.seconds),
            "high": max(self.seconds),
            "runs": len(self.seconds),
        }


def interleaved(candidates: dict[str, Callable[[], object]], rounds: dict[str, int]) -> dict[str, Timing]:
    """Time each candidate `rounds[name]` times, in turns; the order is turned round every other round."""
    timings = {name: Timing() for name in candidates}
    for nth in range(max(rounds.values(), default=0)):
        names = [name for name in candidates if nth < rounds[name]]
        for name in names if nth % 2 == 0 else reversed(names):
            start = time.perf_counter()
            candidates[name]()
            timings[name].seconds.append(time.perf_counter() - start)
    return timings


def machine(packages: tuple[str, ...] = ()) -> dict[str, object]:
    """What the figures were measured on. `load` is what else ran at the start, in cores."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            model = next(line.split(":")[1].strip() for line in cpuinfo if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    versions = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "absent"
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": versions,
    }

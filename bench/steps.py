"""One command as a user types it: how long it takes, what processor time and how much memory, and where it is stopped.

The system counts the memory of the process that starts a command as the command's own, so a small process of this file
alone stands between: it loads nothing, starts the command, stops it at its limit and tells what it used.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DONE, LIMIT, FAILED = "done", "limit", "failed"
_SECONDS_BETWEEN_LOOKS = 0.01
#: What a command that is stopped gets to put down what it holds.
SECONDS_TO_STOP = 20.0
_LETTERS_KEPT = 600


@dataclass(frozen=True)
class Measured:
    """seconds: wall time; processor: user and system time of the process and of those it waited for, in seconds;
    peak_mb: the largest resident memory of one of them, in MB; ended: done, limit or failed; said: its stdout where it
    is done, else the end of its stderr."""

    seconds: float
    processor: float
    peak_mb: float
    ended: str
    said: str

    def as_dict(self) -> dict[str, Any]:
        """What the report needs; what was said only of a failure."""
        kept = {"seconds": self.seconds, "processor": self.processor, "peak_mb": self.peak_mb, "ended": self.ended}
        return {**kept, "said": self.said} if self.ended == FAILED else kept


def measured(
    command: Sequence[str | Path], environment: Mapping[str, str], limit: float, to_stop: float = SECONDS_TO_STOP
) -> Measured:
    """Run the command to its end, or until `limit` seconds have gone: then it is stopped, and killed with all that it
    started where it has not ended `to_stop` seconds later."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        between = [sys.executable, "-I", "-S", __file__, str(limit), str(to_stop), str(out.fileno()), str(err.fileno())]
        told = subprocess.run(
            [*between, *map(str, command)],
            env=dict(environment),
            stdout=subprocess.PIPE,
            pass_fds=(out.fileno(), err.fileno()),
            check=True,
        )
        used = json.loads(told.stdout)
        state = LIMIT if used.pop("stopped") else DONE if used.pop("code") == 0 else FAILED
        out.seek(0)
        err.seek(0)
        letters = (out if state == DONE else err).read().decode(errors="replace")
    used.pop("code", None)
    return Measured(**used, ended=state, said=letters if state == DONE else letters[-_LETTERS_KEPT:])


def _between(limit: float, to_stop: float, out: int, err: int, command: list[str]) -> dict[str, Any]:
    """Start the command as a group of its own and wait for it: what it has started is stopped with it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True)
    ended, stopped = None, False
    try:
        ended = _waited(process.pid, start + limit)
        if ended is None:
            stopped = True
            os.killpg(process.pid, signal.SIGINT)
            ended = _waited(process.pid, time.perf_counter() + to_stop)
    finally:
        if ended is None:
            os.killpg(process.pid, signal.SIGKILL)
            ended = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    _pid, status, used = ended
    process.returncode = os.waitstatus_to_exitcode(status)
    spent = {"seconds": seconds, "processor": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1e3}
    return {**spent, "stopped": stopped, "code": process.returncode}


def _waited(pid: int, until: float) -> tuple[int, int, Any] | None:
    """(pid, status, what it used) of a child that has ended; None where it has not until then."""
    while time.perf_counter() < until:
        ended = os.wait4(pid, os.WNOHANG)
        if ended[0]:
            return ended
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    return None


if __name__ == "__main__":
    json.dump(
        _between(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]), sys.stdout
    )

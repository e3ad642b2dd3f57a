"""A process is told from every later one of its number, and nothing is said of another host's."""

import os
import subprocess
import sys

from dashboard.jobs.whereabouts import alive, this_host, this_process

_NAMED = "from dashboard.jobs.whereabouts import this_process; print(this_process(), flush=True); input()"


def test_this_process_runs_and_another_of_its_number_does_not():
    assert alive(this_host(), this_process()) is True
    number, _, began = this_process().partition("@")
    assert alive(this_host(), f"{number}@{int(began) + 1}") is False


def test_nothing_is_known_of_another_host_or_of_what_nobody_does_yet():
    assert alive(f"{this_host()}x", this_process()) is None
    assert alive(None, None) is None


def test_a_process_that_was_killed_is_gone_before_and_after_its_parent_has_noticed():
    child = subprocess.Popen([sys.executable, "-c", _NAMED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    process = child.stdout.readline().strip()
    assert alive(this_host(), process) is True
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the list of processes
    assert alive(this_host(), process) is False
    child.wait()
    assert alive(this_host(), process) is False

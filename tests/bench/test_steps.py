"""A measured command: its end, its time and memory, and the limit at which it is stopped."""

import os
import sys
import time
from pathlib import Path

from bench.steps import DONE, FAILED, LIMIT, measured


def python(code: str, limit: float = 30, to_stop: float = 20):  # type: ignore[no-untyped-def]
    return measured([sys.executable, "-c", code], os.environ, limit, to_stop)


def test_a_command_that_ends_is_done_and_says_what_it_printed():
    step = python("print('2200 rows')")
    assert (step.ended, step.said) == (DONE, "2200 rows\n")
    assert step.as_dict().keys() == {"seconds", "processor", "peak_mb", "ended"}


def test_peak_memory_is_that_of_the_largest_moment_and_of_this_command_alone():
    ours = b"1" * 150_000_000
    large = python("held = b'1' * 200_000_000; del held")
    small = python("pass")
    assert 200 < large.peak_mb < 300
    assert small.peak_mb < 50
    assert len(ours) == 150_000_000


def test_processor_time_is_work_and_not_waiting():
    assert python("import time; time.sleep(1)").processor < 0.9
    worked = python("import time\nwhile time.process_time() < 0.5: pass")
    assert 0.5 <= worked.processor <= worked.seconds + 0.2


def test_a_command_that_fails_is_no_figure_and_its_letter_is_kept():
    step = python("import sys; sys.exit('no model of this day')")
    assert step.ended == FAILED
    assert step.as_dict()["said"].strip() == "no model of this day"


def test_a_command_is_stopped_at_its_limit():
    step = python("import time; time.sleep(60)", limit=0.5)
    assert step.ended == LIMIT
    assert "said" not in step.as_dict()


def test_a_command_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path):
    mark = tmp_path / "alive"
    child = f"import time\nfor n in range(600):\n    open({str(mark)!r}, 'w').write(str(n)); time.sleep(0.05)"
    deaf = "import signal, subprocess, sys, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    step = python(f"{deaf}subprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(60)", limit=3, to_stop=0.5)
    assert step.ended == LIMIT
    last = mark.read_text()
    time.sleep(0.5)
    assert mark.read_text() == last

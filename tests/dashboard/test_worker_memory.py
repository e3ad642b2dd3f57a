"""A worker that has answered every kind of question holds no more after three hundred others; its server loads what all
workers need before there are any."""

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.clicks import questions
from dashboard import worker_memory
from pipeline import facts
from pipeline.store.tables import Firm
from tests.dashboard import city
from tests.dashboard.conftest import Visitor

_STATUS = Path("/proc/self/status")
pytestmark = pytest.mark.skipif(not _STATUS.exists(), reason="resident memory is read from /proc")
MOST_MEGABYTES_A_HUNDRED = 3.0
#: The facts of the tests' dozen firms so many times, far less than those of a city: well over the noise of the heap.
COPIES_A_REQUEST = 5
#: What is compiled or cached at first is there after so many rounds of every question.
ROUNDS_BEFORE = 10


def resident() -> float:
    """MB of this process, after everything that nobody holds has been given back."""
    gc.collect()
    worker_memory.give_back()
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1e3


class Worker:
    """A worker that has answered every kind of question, and is asked more of them."""

    def __init__(self, officer: Visitor) -> None:
        self.officer = officer
        with Session(officer.app.server.extensions["goldseed"].engine) as session:
            firms = list(session.scalars(select(Firm.id).where(Firm.cohort == "city").order_by(Firm.id)))
        self.questions = list(questions(officer.app.callback_map, firms).values())
        self.answers(ROUNDS_BEFORE * len(self.questions))

    def answers(self, requests: int, after_each: Callable[[], Any] = lambda: None) -> None:
        for nth in range(requests):
            assert self.officer.call(self.questions[nth % len(self.questions)](nth)).status_code == 200
            after_each()

    def growth(self, requests: int, after_each: Callable[[], Any] = lambda: None) -> float:
        """MB that it holds more after so many requests of every kind."""
        before = resident()
        self.answers(requests, after_each)
        return resident() - before


def test_a_worker_holds_no_more_after_three_hundred_requests_and_a_frame_kept_at_each_would_be_seen(officer: Visitor):
    worker = Worker(officer)
    assert worker.growth(300) < 3 * MOST_MEGABYTES_A_HUNDRED
    read = facts.as_known_on(officer.app.server.extensions["goldseed"].engine, city.SCORED_ON)
    kept: list[Any] = []

    def keep() -> None:
        kept.extend(read.copy() for _ in range(COPIES_A_REQUEST))

    assert worker.growth(100, keep) > MOST_MEGABYTES_A_HUNDRED


def test_what_workers_share_is_loaded_without_scikit_learn_and_without_a_thread():
    """In a process of its own: a thread would be lost in a fork, with the lock that it may hold."""
    told = (
        "import threading, sys; from dashboard import worker_memory; worker_memory.bound_heaps(); worker_memory.share()"
    )
    told += "; import gc; print('sklearn' in sys.modules, 'lightgbm' in sys.modules, 'numba' in sys.modules"
    told += ", threading.active_count(), gc.get_freeze_count() > 100_000)"
    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "True", "True", "1", "True"]

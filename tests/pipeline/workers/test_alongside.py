"""One more process: it does what it is sent with an engine of its own, and its end is noticed."""

import os
import signal

import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from pipeline.store.tables import Firm
from pipeline.workers.alongside import BrokenProcessPool, alongside
from tests.cast import LOTUS


def firms_and_process(engine: Engine, more: int) -> tuple[int, int]:
    with Session(engine) as session:
        return (session.scalar(select(func.count()).select_from(Firm)) or 0) + more, os.getpid()


def killed(_engine: Engine) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wrong(_engine: Engine) -> None:
    raise ValueError("nothing of that")


def test_the_other_process_reads_the_same_database(engine):
    with Session(engine) as session, session.begin():
        session.add(Firm(id=LOTUS, cohort="city"))
    with alongside(engine) as other:
        count, process = other(firms_and_process, 10).result()
    assert count == 11
    assert process != os.getpid()


def test_what_goes_wrong_there_is_raised_here_and_a_killed_process_is_noticed(sqlite_engine):
    with alongside(sqlite_engine) as other:
        with pytest.raises(ValueError, match="nothing of that"):
            other(wrong).result()
        with pytest.raises(BrokenProcessPool):
            other(killed).result()


def test_with_one_core_or_a_database_of_this_process_alone_nobody_is_there(sqlite_engine, monkeypatch):
    with alongside(create_engine("sqlite://")) as other:
        assert other is None
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    with alongside(sqlite_engine) as other:
        assert other is None

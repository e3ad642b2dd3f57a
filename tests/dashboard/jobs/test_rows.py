"""Jobs as rows: each is done once, whoever asks, and what was said of it stays true; on both databases."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from dashboard.jobs import rows
from pipeline.store.database import engine_for
from pipeline.store.tables import Job, JobFile
from tests.cast import NOW
from tests.dashboard.jobs.asked import account, asked, row_of


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def far_away(_host: str | None, _process: str | None) -> bool | None:
    """What a host knows of the processes of another one."""
    return None


def count(engine: Engine, table: type) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


# --- one of many -------------------------------------------------------------------------------------


def test_each_of_many_jobs_is_claimed_by_exactly_one_of_many_who_try_all_of_them(engine: Engine):
    account(engine)
    jobs = [asked(engine, number=number) for number in range(20)]

    def try_all(worker: int) -> list[tuple[str, str]]:
        mine = random.Random(worker).sample(jobs, len(jobs))
        claimed = [(job, rows.claim(engine, job, "host", str(worker), NOW)) for job in mine]
        return [(job, str(worker)) for job, work in claimed if work is not None]

    with ThreadPoolExecutor(8) as workers:
        taken = [one for mine in workers.map(try_all, range(8)) for one in mine]
    assert Counter(job for job, _worker in taken) == dict.fromkeys(jobs, 1)
    assert {job: row_of(engine, job).process for job in jobs} == dict(taken)


def test_of_many_who_ask_for_the_same_at_once_one_begins_it_and_all_follow_it(engine: Engine):
    account(engine)
    work = rows.Work("train", 1, "zh_CN", {"as_of": "2026-05-01", "cohorts": ["city"], "seed": 0, "name": None})
    with ThreadPoolExecutor(8) as workers:
        told = list(workers.map(lambda _: rows.ask_or_join(engine, work, NOW, far_away), range(8)))
    assert len({job for job, _new in told}) == 1
    assert sorted(new for _job, new in told) == [False] * 7 + [True]
    assert count(engine, Job) == 1


@pytest.mark.parametrize(
    ("kind", "owner", "arguments"),
    [("train", 1, {"seed": 1}), ("train", 1, {}), ("train", 2, {"seed": 0}), ("backtest", 1, {"seed": 0})],
)
def test_other_arguments_another_person_and_other_work_are_another_job(engine: Engine, kind, owner, arguments):
    account(engine, 1), account(engine, 2)
    job = asked(engine, seed=0)
    assert rows.ask_or_join(engine, rows.Work("train", 1, "en", {"seed": 0}), NOW, far_away) == (job, False)
    other, new = rows.ask_or_join(engine, rows.Work(kind, owner, "zh_CN", arguments), NOW, far_away)
    assert new
    assert other != job


def test_a_job_that_has_ended_is_not_joined(engine: Engine):
    account(engine)
    work = rows.Work("train", 1, "zh_CN", {})
    for state in ("done", "failed", "cancelled"):
        job, new = rows.ask_or_join(engine, work, NOW, far_away)
        assert new
        assert rows.claim(engine, job, "host", "1", NOW)
        if state == "cancelled":
            assert rows.cancel(engine, job, 1, NOW)
        else:
            assert rows.finish(engine, job, state, NOW)
        assert row_of(engine, job).state == state


# --- signs of life -----------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", [True, False])
@pytest.mark.parametrize(("seconds", "broken_off"), [(0, False), (59, False), (60, False), (60.001, True), (61, True)])
def test_a_job_of_another_host_has_broken_off_once_it_was_silent_for_a_minute(
    engine: Engine, claimed: bool, seconds: float, broken_off: bool
):
    account(engine)
    job = asked(engine, NOW if not claimed else after(-30))
    if claimed:
        assert rows.claim(engine, job, "elsewhere", "1", after(-10))
        assert rows.beat(engine, job, NOW, 0.4, "…")
    assert rows.has_broken_off(row_of(engine, job), after(seconds), far_away) == broken_off
    assert rows.ask_or_join(engine, rows.Work("train", 1, "en", {}), after(seconds), far_away)[1] == broken_off


def test_the_host_of_a_process_knows_better_than_any_silence(engine: Engine):
    account(engine)
    job = asked(engine)
    rows.claim(engine, job, "here", "1", NOW)
    assert rows.has_broken_off(row_of(engine, job), after(1), lambda host, process: False)
    assert not rows.has_broken_off(row_of(engine, job), after(3600), lambda host, process: True)
    asked_of = []
    rows.has_broken_off(row_of(engine, job), NOW, lambda host, process: asked_of.append((host, process)))
    assert asked_of == [("here", "1")]


def test_a_sign_of_life_between_two_looks_keeps_a_job_running(engine: Engine):
    account(engine)
    job = asked(engine)
    rows.claim(engine, job, "elsewhere", "1", NOW)
    seen = row_of(engine, job)
    assert rows.beat(engine, job, after(61), 0.5, "half")
    assert not rows.break_off(engine, seen, after(61))
    found = row_of(engine, job)
    assert (found.state, found.share, found.says, found.heartbeat_at) == ("running", 0.5, "half", after(61))


def test_a_waiting_job_that_was_given_up_is_not_begun_any_more(engine: Engine):
    account(engine)
    job = asked(engine)
    assert rows.break_off(engine, row_of(engine, job), after(61))
    assert rows.claim(engine, job, "host", "1", after(62)) is None
    assert row_of(engine, job).state == "failed"


# --- what was said stays true ------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(["cancel", "begin storing", "break off", "finish"])), ids="-".join)
def test_in_whatever_order_a_job_is_cancelled_given_up_and_stored_nobody_is_told_wrongly(engine: Engine, order):
    account(engine)
    job = asked(engine)
    rows.claim(engine, job, "elsewhere", "1", NOW)
    told = {}
    for place, step in enumerate(order, 1):
        now = after(place)
        told[step] = {
            "cancel": lambda now=now: rows.cancel(engine, job, 1, now),
            "begin storing": lambda now=now: rows.begin_storing(engine, job, now),
            "break off": lambda now=now: (
                row_of(engine, job).state == "running" and rows.break_off(engine, row_of(engine, job), now)
            ),
            "finish": lambda now=now: rows.finish(engine, job, "done", now, result={"id": "m"}),
        }[step]()
    found = row_of(engine, job)
    assert not (told["cancel"] and told["begin storing"]), "cancelled and stored"
    assert found.storing == told["begin storing"]
    assert (found.state == "cancelled") == told["cancel"]
    assert (found.state == "done") == told["finish"]
    assert found.result == ({"id": "m"} if told["finish"] else None)
    if told["begin storing"]:  # stored for good: whatever was believed meanwhile
        assert told["finish"]
    assert found.finished_at is not None
    assert rows.is_wanted(engine, job) == told["begin storing"]  # it is not ended in the middle


def test_a_job_is_cancelled_from_another_host_before_it_stores_and_not_afterwards(engine: Engine, db_url: str):
    account(engine)
    elsewhere = engine_for(db_url)
    waiting, running, storing = (asked(engine, number=number) for number in range(3))
    for job in (running, storing):
        assert rows.claim(engine, job, "host", "1", NOW)
    assert rows.begin_storing(engine, storing, NOW)
    assert [rows.cancel(elsewhere, job, 1, NOW) for job in (waiting, running, storing)] == [True, True, False]
    assert rows.claim(engine, waiting, "host", "1", NOW) is None
    assert not rows.begin_storing(engine, running, NOW)
    assert [rows.is_wanted(engine, job) for job in (waiting, running, storing)] == [False, False, True]
    assert rows.beat(engine, storing, NOW, 0.9, "…")
    elsewhere.dispose()


def test_nobody_else_cancels_or_reads_a_job(engine: Engine):
    account(engine, 1), account(engine, 2)
    job = asked(engine, owner=1)
    assert not rows.cancel(engine, job, 2, NOW)
    assert rows.read(engine, job, 2) is None
    assert rows.read(engine, job, 1).state == "waiting"


def test_a_job_is_asked_for_by_an_account_that_there_is(engine: Engine):
    with pytest.raises(IntegrityError):
        asked(engine, owner=7)


# --- files and results -------------------------------------------------------------------------------


def test_a_file_comes_to_whichever_host_does_the_job_and_what_it_made_to_whoever_asks(
    engine: Engine, db_url: str, tmp_path: Path
):
    account(engine)
    sent = bytes(range(256)) * 5_000
    job = asked(engine, files={f"{rows.UPLOAD}/企业 年报.xlsx": sent})
    elsewhere = engine_for(db_url)
    rows.claim(elsewhere, job, "elsewhere", "1", NOW)
    folder = tmp_path / "folder"
    folder.mkdir()
    rows.lay_out(elsewhere, job, folder)
    (laid_out,) = (file for file in folder.rglob("*") if file.is_file())
    assert laid_out.relative_to(folder).as_posix() == "upload/企业 年报.xlsx"
    assert laid_out.read_bytes() == sent
    assert rows.finish(elsewhere, job, "done", NOW, files={rows.MENDED: b"PK"})
    assert rows.file(engine, job, rows.MENDED) == b"PK"
    assert rows.file(engine, job, "other") is None
    elsewhere.dispose()


def test_a_cancelled_job_leaves_no_file(engine: Engine):
    account(engine)
    job = asked(engine)
    rows.claim(engine, job, "host", "1", NOW)
    rows.cancel(engine, job, 1, NOW)
    assert not rows.finish(engine, job, "done", NOW, files={rows.MENDED: b"PK"})
    assert rows.file(engine, job, rows.MENDED) is None


def test_a_result_is_kept_as_both_databases_can(engine: Engine):
    account(engine)
    job = asked(engine)
    rows.claim(engine, job, "host", "1", NOW)
    result = {"day": NOW.date(), "share": float("nan"), "rows": [1, 2.5, None, "三"], "file": Path("a/b")}
    assert rows.finish(engine, job, "done", NOW, result=result)
    kept = {"day": str(NOW.date()), "share": None, "rows": [1, 2.5, None, "三"], "file": "a/b"}
    assert row_of(engine, job).result == kept


def test_jobs_and_their_files_are_kept_for_a_day_after_their_last_sign_of_life(engine: Engine):
    account(engine)
    ended, going_on = (asked(engine, number=number, files={"upload/a.csv": b"1"}) for number in range(2))
    rows.claim(engine, going_on, "host", "1", NOW)
    rows.beat(engine, going_on, after(2), 0.5, "…")
    day = rows.KEPT.total_seconds()
    first = asked(engine, after(day))
    assert row_of(engine, ended)
    asked(engine, after(day + 1))
    assert rows.read(engine, ended, 1) is None
    assert rows.file(engine, ended, "upload/a.csv") is None
    assert rows.file(engine, going_on, "upload/a.csv") == b"1"
    assert row_of(engine, first)
    assert (count(engine, Job), count(engine, JobFile)) == (3, 1)

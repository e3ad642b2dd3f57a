"""Attempts with passwords: counted before the password is looked at, and nobody shuts out somebody else for long."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from dashboard.app import create_app
from dashboard.web.attempts import Attempts, limits, telling
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Attempt
from pipeline.store.write_lock import lock_writes
from tests.dashboard import city
from tests.dashboard.conftest import Visitor


def came_from(app: Any, address: str) -> Visitor:
    client = app.server.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return Visitor(app, client)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the disk is, an attempt waits until it is counted in the file, and is not counted in memory."""
    monkeypatch.setattr("dashboard.web.attempts._PATIENCE_MS", 60_000)


@pytest.mark.usefixtures("patient")
def test_of_forty_attempts_at_once_no_more_than_the_limit_reach_the_password(engine: Engine):
    other = engine_for(engine.url.render_as_string(hide_password=False))
    workers = [Attempts(engine), Attempts(other)]  # two processes share the counts
    wanted = limits("officer", "10.0.0.1")
    with ThreadPoolExecutor(40) as pool:
        waits = list(pool.map(lambda number: workers[number % 2].take(wanted), range(40)))
    other.dispose()
    assert sum(wait == 0 for wait in waits) == 5


@pytest.mark.usefixtures("patient")
def test_attempts_from_many_addresses_and_with_many_accounts_at_once_never_wait_for_each_other(engine: Engine):
    attempts = Attempts(engine)
    pairs = [limits(f"account {number % 3}", f"10.0.0.{number % 4}") for number in range(48)]
    with ThreadPoolExecutor(12) as pool:
        waits = list(pool.map(attempts.take, pairs))
    # 48 attempts are 4 of each of the 12 pairs: within 5, but each account has 16 of them, and may have 10
    assert sum(wait == 0 for wait in waits) == 30


def test_a_right_password_gives_its_count_back(engine: Engine):
    attempts, wanted = Attempts(engine), limits("officer", "10.0.0.1")
    for _ in range(20):
        assert attempts.take(wanted) == 0
        attempts.give_back(wanted)


def test_an_attempt_that_is_refused_counts_for_nothing(engine: Engine):
    attempts = Attempts(engine)
    while attempts.take(limits("officer", "10.0.0.1")) == 0:
        pass
    for _ in range(50):  # refused for the pair, so the address still has 25 left for others
        attempts.take(limits("officer", "10.0.0.1"))
    assert attempts.take(limits("analyst", "10.0.0.1")) == 0


@pytest.mark.parametrize("spelling", ["Officer", " officer ", "OFFICER"])
def test_an_account_is_the_same_however_its_name_is_spelled(sqlite_engine: Engine, spelling: str):
    attempts = Attempts(sqlite_engine)
    for _ in range(5):
        attempts.take(limits("officer", "10.0.0.1"))
    assert attempts.take(limits(spelling, "10.0.0.1")) > 0


def test_a_count_begins_anew_when_its_time_is_over_and_old_rows_are_taken_out(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    attempts, wanted, clock = Attempts(engine), limits("officer", "10.0.0.1"), [1_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])
    assert [attempts.take(wanted) for _ in range(6)] == [0] * 5 + [60]
    clock[0] += 59.9
    assert attempts.take(wanted) == pytest.approx(0.1)
    clock[0] += 0.1
    assert [attempts.take(wanted) for _ in range(6)] == [0] * 5 + [540]  # now it is ten attempts with the account
    clock[0] += 700
    assert attempts.take(limits("analyst", "10.0.0.2")) == 0
    with Session(engine) as session:
        assert sorted(session.scalars(select(Attempt.key))) == sorted(
            limit.key for limit in limits("analyst", "10.0.0.2")
        )


def test_how_many_wrong_passwords_there_were_is_told_once(engine: Engine):
    attempts = Attempts(engine)
    for name in ("officer", " Officer", "analyst"):
        attempts.wrong(name)
    assert [attempts.wrong_before(name) for name in ("officer", "officer", "analyst", "nobody")] == [2, 0, 1, 0]


def test_what_is_counted_names_neither_accounts_nor_addresses(sqlite_engine: Engine):
    attempts = Attempts(sqlite_engine)
    for wanted in (limits("officer", "10.0.0.1"), limits("officer", "10.0.0.1", "a browser"), telling("officer")):
        attempts.take(wanted)
    attempts.wrong("officer")
    with Session(sqlite_engine) as session:
        kept = " ".join(session.scalars(select(Attempt.key)))
    assert len(kept.split()) == 6
    assert not any(word in kept for word in ("officer", "10.0.0.1", "browser "))


def full_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Any:
        raise OperationalError("", {}, Exception("could not extend file: No space left on device"))

    monkeypatch.setattr(Attempts, "_writing", full)


def test_where_the_one_host_s_disk_takes_no_count_it_is_kept_in_memory(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    attempts = Attempts(sqlite_engine)
    full_in(monkeypatch)
    waits = [attempts.take(limits("officer", "10.0.0.1")) for _ in range(8)]
    assert [wait == 0 for wait in waits] == [True] * 5 + [False] * 3


def test_while_a_file_is_being_stored_in_sqlite_an_attempt_is_counted_in_memory(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("dashboard.web.attempts._PATIENCE_MS", 50)
    attempts = Attempts(sqlite_engine)
    with Session(sqlite_engine) as storing, storing.begin():
        lock_writes(storing)
        waits = [attempts.take(limits("officer", "10.0.0.1")) for _ in range(8)]
    assert [wait == 0 for wait in waits] == [True] * 5 + [False] * 3
    assert attempts.take(limits("officer", "10.0.0.1")) == 0  # the file counts anew
    with sqlite_engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_colleagues_at_the_same_address_still_come_in(app: Any):
    for _ in range(6):
        last = came_from(app, "10.0.0.1").sign_in(city.OFFICER, "wrong-password-1")
    assert last.status_code == 429
    assert last.headers["Retry-After"].isdigit()
    assert came_from(app, "10.0.0.1").sign_in(city.ANALYST).status_code == 303
    assert came_from(app, "10.0.0.2").sign_in(city.OFFICER).status_code == 303


def test_one_address_cannot_try_every_account(app: Any):
    answers = [came_from(app, "10.0.0.1").sign_in(f"somebody {number}", "x" * 12).status_code for number in range(32)]
    assert answers == [401] * 30 + [429] * 2


def test_many_addresses_cannot_try_one_account_but_its_owner_s_browser_still_comes_in(app: Any):
    at_home = came_from(app, "10.0.9.9")
    assert at_home.sign_in(city.OFFICER).status_code == 303
    at_home.post("/sign-out")
    answers = [came_from(app, f"10.0.0.{number}").sign_in(city.OFFICER, "wrong-password-1") for number in range(30)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 20
    assert came_from(app, "10.0.1.1").sign_in(city.OFFICER).status_code == 429
    assert at_home.sign_in(city.OFFICER).status_code == 303


def test_a_known_browser_is_known_for_its_own_accounts_alone(app: Any):
    mine = came_from(app, "10.0.0.1")
    assert mine.sign_in(city.ANALYST).status_code == 303
    mine.post("/sign-out")
    for _ in range(5):
        assert mine.sign_in(city.OFFICER, "wrong-password-1").status_code == 401
    assert mine.sign_in(city.OFFICER).status_code == 429
    forged = came_from(app, "10.0.0.1")
    forged.client.set_cookie("goldseed_device", '["1",["officer"]]')
    assert forged.sign_in(city.OFFICER).status_code == 429


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_without_a_proxy_of_ours_nobody_says_who_he_is(app: Any, header: str):
    visitor = came_from(app, "10.0.0.1")
    for number in range(6):
        visitor.client.environ_base[f"HTTP_{header.upper().replace('-', '_')}"] = f"9.9.9.{number}"
        last = visitor.sign_in(city.OFFICER, "wrong-password-1")
    assert last.status_code == 429


def test_behind_a_proxy_of_ours_its_header_says_who_comes_and_what_a_stranger_wrote_before_it_does_not(
    settings: Settings,
):
    app = create_app(replace(settings, proxies=1))
    proxied = came_from(app, "10.0.0.1")
    for number in range(6):
        proxied.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"1.1.1.{number}, 9.9.9.9"
        last = proxied.sign_in(city.OFFICER, "wrong-password-1")
    assert last.status_code == 429
    proxied.client.environ_base["HTTP_X_FORWARDED_FOR"] = "9.9.9.8"
    assert proxied.sign_in(city.OFFICER).status_code == 303

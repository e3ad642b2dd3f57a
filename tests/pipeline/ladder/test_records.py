"""What is on record of a rung: from which day until which it holds, and what was not known yet is not read."""

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.ladder.certificates import recognitions_as_known_on
from pipeline.ladder.ladder import rungs
from pipeline.ladder.records import held_on, last_day, records_as_known_on
from pipeline.ladder.rungs import Lasts
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import CITY
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state
from tests.pipeline.ladder.city import did

ON_SQLITE_ALONE = True
NOW = date(2026, 5, 1)


def held(engine: Engine, firm: str, rung: str, day: date, known: date = NOW) -> bool:
    records = records_as_known_on(engine, known, rungs())
    return bool(held_on(records, pd.Index([firm]), rungs(), day).at[firm, rung])


@pytest.mark.parametrize(
    ("rung", "kind", "last"),
    [
        ("tech_sme", "tech_sme_listed", date(2025, 3, 31)),  # until 31 March of the next year
        ("srdi", "srdi_recognised", date(2027, 4, 9)),  # three years
        ("little_giant", "little_giant_recognised", date(2027, 4, 9)),
    ],
)
def test_what_has_no_stated_end_lasts_as_long_as_the_file_says_and_not_a_day_more(sqlite_engine, rung, kind, last):
    state(sqlite_engine, LOTUS, 2023, revenue_cny=1.0)
    did(sqlite_engine, LOTUS, kind, date(2024, 4, 10))
    late = date(2028, 1, 1)
    for day, is_held in (
        (date(2024, 4, 9), False),
        (date(2024, 4, 10), True),
        (last, True),
        (last + timedelta(days=1), False),
    ):
        assert held(sqlite_engine, LOTUS, rung, day, late) is is_held, day


def test_a_stated_end_is_the_last_day_and_one_without_a_limit_holds_on(sqlite_engine):
    state(sqlite_engine, LOTUS, 2023, revenue_cny=1.0)
    did(sqlite_engine, LOTUS, "incubated", date(2020, 1, 1), date(2022, 6, 30), counterpart="园")
    did(sqlite_engine, LOTUS, "above_scale_entered", date(2020, 1, 1))
    assert held(sqlite_engine, LOTUS, "incubated", date(2022, 6, 30))
    assert not held(sqlite_engine, LOTUS, "incubated", date(2022, 7, 1))
    assert held(sqlite_engine, LOTUS, "above_scale", NOW)


@pytest.mark.both_databases
def test_a_certificate_holds_on_its_last_day_and_not_on_the_next(engine):
    state(engine, LOTUS, 2021, hnte_certified_on=date(2020, 12, 9), hnte_expires_on=date(2023, 12, 8))
    state(engine, BANYAN, 2021, hnte_certified_on=date(2020, 12, 9))  # three years, where no end is stated
    for firm in (LOTUS, BANYAN):
        assert not held(engine, firm, "hnte", date(2020, 12, 8))
        assert held(engine, firm, "hnte", date(2020, 12, 9))
        assert held(engine, firm, "hnte", date(2023, 12, 8))
        assert not held(engine, firm, "hnte", date(2023, 12, 9))


def test_a_renewed_certificate_leaves_the_years_of_the_first_as_they_were(sqlite_engine):
    state(sqlite_engine, LOTUS, 2021, hnte_certified_on=date(2020, 12, 9), hnte_expires_on=date(2023, 12, 8))
    state(sqlite_engine, LOTUS, 2024, hnte_certified_on=date(2024, 11, 20), hnte_expires_on=date(2027, 11, 19))
    states = {day: held(sqlite_engine, LOTUS, "hnte", date(day, 12, 31)) for day in (2020, 2021, 2022, 2023, 2024)}
    assert states == {2020: True, 2021: True, 2022: True, 2023: False, 2024: True}


def test_a_yes_of_a_year_holds_from_its_end_until_a_later_return_says_otherwise(sqlite_engine):
    for year, said in ((2021, 0), (2022, 1), (2023, None), (2024, 0)):
        state(sqlite_engine, LOTUS, year, revenue_cny=1.0, srdi_provincial=said)
    for day, is_held in (
        (date(2022, 12, 30), False),
        (date(2022, 12, 31), True),
        (date(2023, 12, 31), True),  # nothing was said of 2023
        (date(2024, 12, 30), True),
        (date(2024, 12, 31), False),
    ):
        assert held(sqlite_engine, LOTUS, "srdi", day) is is_held, day


def test_who_left_a_pool_on_a_day_was_not_in_it_that_day(sqlite_engine):
    _member(sqlite_engine, LOTUS, "seed", date(2023, 5, 1), date(2024, 5, 1))
    _member(sqlite_engine, LOTUS, "golden", date(2024, 5, 1), None)
    for day, pools in (
        (date(2023, 4, 30), []),
        (date(2024, 4, 30), ["seed"]),
        (date(2024, 5, 1), ["golden"]),
    ):
        assert [each for each in ("seed", "golden") if held(sqlite_engine, LOTUS, each, day)] == pools, day


def test_an_exit_that_came_after_the_day_was_not_known_on_it(sqlite_engine):
    _member(sqlite_engine, LOTUS, "seed", date(2023, 5, 1), date(2024, 5, 1))
    records = records_as_known_on(sqlite_engine, date(2024, 4, 30), rungs())
    assert records["ends"].isna().all()


def test_listed_does_not_end(sqlite_engine):
    state(sqlite_engine, KAPOK, 2021, revenue_cny=1.0)
    happened(sqlite_engine, KAPOK, "listed", date(2022, 3, 1))
    assert not held(sqlite_engine, KAPOK, "listed", date(2022, 2, 28))
    assert held(sqlite_engine, KAPOK, "listed", NOW)


@pytest.mark.parametrize(("known", "is_held"), [(date(2024, 3, 9), False), (date(2024, 3, 10), True)])
def test_what_became_known_later_is_not_read(sqlite_engine, known, is_held):
    state(sqlite_engine, LOTUS, 2021, revenue_cny=1.0)
    did(sqlite_engine, LOTUS, "above_scale_entered", date(2024, 1, 5), known_on=date(2024, 3, 10))
    assert held(sqlite_engine, LOTUS, "above_scale", date(2024, 2, 1), known) is is_held


def test_a_firm_is_recognised_by_its_first_certificate_and_only_once_that_is_known(sqlite_engine):
    state(sqlite_engine, LOTUS, 2022, hnte_certified_on=date(2022, 12, 9), known_on=date(2023, 4, 30))
    state(sqlite_engine, LOTUS, 2025, hnte_certified_on=date(2025, 12, 9), known_on=date(2026, 4, 30))
    state(sqlite_engine, BANYAN, 2022, revenue_cny=1.0)
    assert recognitions_as_known_on(sqlite_engine, date(2023, 4, 29), CITY).empty
    found = recognitions_as_known_on(sqlite_engine, NOW, CITY)
    assert found[["firm_id", "occurred_on"]].values.tolist() == [[LOTUS, pd.Timestamp(2022, 12, 9)]]


def test_of_a_leap_day_the_last_of_three_years_is_the_day_before_the_last_of_february():
    begins = pd.Series(pd.to_datetime(["2020-02-29", "2021-03-01"]))
    ends = last_day(begins, Lasts(years=3))
    assert [str(day.date()) for day in ends] == ["2023-02-27", "2024-02-29"]


def _member(engine: Engine, firm: str, pool: str, entered: date, left: date | None) -> None:
    state(engine, firm, 2021 if pool == "seed" else 2022, revenue_cny=1.0)
    about: dict[str, Any] = {"as_of": entered, "points": 60.0, "line_points": 50.0, "rules_fingerprint": "r"}
    with Session(engine) as session, session.begin():
        decided = PoolProposal(
            firm_id=firm,
            action="enter",
            to_pool=pool,
            reason_msgid="",
            reason_params={},
            data_fingerprint="d",
            proposed_at=pd.Timestamp(entered).to_pydatetime(),
            state="confirmed",
            **about,
        )
        session.add(decided)
        session.flush()
        session.add(PoolMembership(firm_id=firm, pool=pool, entered_on=entered, left_on=left, entered_by_id=decided.id))

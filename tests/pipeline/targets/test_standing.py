"""How targets stand on a day: who counts, what was known, baselines, districts, forecasts and states."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import NotAllowed, NotFound
from pipeline.language import Message
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.plan_tables.targets import TargetBaseline
from pipeline.store.tables import Firm
from pipeline.targets import baselines, in_words
from pipeline.targets.baselines import WrongBaseline
from pipeline.targets.counting import Count, OnDay, known_on
from pipeline.targets.forecasting import Forecast, forecast, renewals
from pipeline.targets.plan_file import target_of
from pipeline.targets.standing import (
    AT_RISK,
    BEHIND,
    MISSED,
    ON_TRACK,
    REACHED,
    UNKNOWN,
    firms_behind,
    standing,
    state_of,
)
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, NOW, found

ON_SQLITE_ALONE = True
PLAN = "plan-2021-2023"
END = date(2023, 12, 31)
LATER = date(2024, 6, 1)


def certified(engine, firm, year, on, until, **facts):
    """A year's return with the certificate that the firm had."""
    code = {LOTUS: "440703", BANYAN: "440704", KAPOK: "440705"}[firm]
    more = {"district_code": code, "industry_code": "C3990", "revenue_cny": 3e8, "rd_spend_cny": 1e7, "staff": 200.0}
    state(engine, firm, year, hnte_certified_on=on, hnte_expires_on=until, **(more | facts))


@pytest.fixture
def city(engine):
    """Three firms: Lotus certified throughout; Banyan until 30 December 2023 and again from March 2024; Kapok never."""
    found(engine)
    for year in (2021, 2022, 2023):
        certified(engine, LOTUS, year, date(2021, 1, 5), date(2024, 1, 4))
        certified(
            engine,
            BANYAN,
            year,
            date(2020, 12, 31),
            date(2023, 12, 30),
            revenue_cny=5e8 if year == 2023 else 4.999e8,
            rd_spend_cny=5e7,
        )
        certified(engine, KAPOK, year, None, None)
    return engine


def counts(engine, target, *days, as_of=LATER):
    what = known_on(engine, as_of)
    _plan, of = target_of(PLAN, target)
    return [OnDay(what, day).count(of).found for day in days]


def test_a_certificate_counts_on_its_last_day_and_not_on_the_next(city):
    assert counts(city, "hnte", date(2023, 12, 30), END) == [2, 1]
    assert counts(city, "hnte", date(2021, 1, 4), date(2021, 1, 5)) == [None, None], "no figures of 2020 are stored"
    assert counts(city, "hnte", date(2022, 12, 31)) == [2]


def test_a_certificate_that_any_return_states_counts_for_its_own_days(city):
    certified(city, BANYAN, 2024, date(2024, 3, 1), date(2027, 2, 28))
    later = date(2025, 6, 1)
    assert counts(city, "hnte", date(2022, 12, 31), as_of=later) == [2], "the new one does not hide the old"
    assert counts(city, "hnte", date(2024, 2, 29), date(2024, 3, 1), as_of=later) == [0, 1]


def test_revenue_of_five_hundred_million_counts_and_a_little_less_does_not(city):
    certified(city, BANYAN, 2024, date(2024, 3, 1), date(2027, 2, 28), revenue_cny=5e8)
    certified(city, LOTUS, 2024, date(2024, 3, 1), date(2027, 2, 28), revenue_cny=4.99999999e8)
    certified(city, KAPOK, 2024, None, None, revenue_cny=9e9)
    assert counts(city, "large", date(2024, 12, 31), as_of=date(2025, 6, 1)) == [1]
    assert counts(city, "rd_spenders", date(2022, 12, 31)) == [1], "fifty million is as much as is asked for"


def test_figures_of_a_year_that_is_not_public_yet_are_not_counted(city):
    assert counts(city, "rd_spenders", date(2022, 12, 31), as_of=date(2023, 4, 29)) == [None]
    assert counts(city, "rd_spenders", date(2022, 12, 31), as_of=date(2023, 4, 30)) == [1]


def test_a_firm_without_figures_of_the_year_is_undecided_and_not_left_out(city):
    for firm in (LOTUS, BANYAN):
        certified(city, firm, 2024, date(2024, 3, 1), date(2027, 2, 28), revenue_cny=6e8)
    what = known_on(city, date(2025, 6, 1))
    _plan, large = target_of(PLAN, "large")
    count = OnDay(what, date(2024, 12, 31)).count(large)
    assert (count.found, count.undecided) == (2, 0), "Kapok has no certificate, whatever its figures are"
    assert count.by_district["440703"] + count.by_district["440704"] == 2
    assert sum(count.by_district.values()) == 2


def test_a_listing_abroad_is_none_in_china(city):
    happened(city, LOTUS, "listed", date(2022, 3, 1))
    assert counts(city, "listed", date(2022, 12, 31)) == [0], "no board of China"


def test_activities_count_while_they_stand_and_are_unknown_where_nobody_entered_any(city):
    assert counts(city, "centres", END) == [None]
    centre = {"kind": "collaboration_centre", "name": "中心", "known_on": date(2022, 1, 1)}
    with Session(city) as session, session.begin():
        audit.touch(session, Firm, Firm.id == LOTUS)
        session.add(FirmActivity(firm_id=LOTUS, occurred_on=date(2022, 1, 1), ended_on=END, **centre))
        session.add(FirmActivity(firm_id=LOTUS, occurred_on=date(2023, 1, 1), **centre))
    assert counts(city, "centres", date(2021, 12, 31), date(2022, 12, 31), END, date(2024, 1, 1)) == [0, 1, 2, 1]


@pytest.mark.both_databases
def test_a_baseline_is_entered_with_its_source_marked_replaced_and_withdrawn(city):
    def hnte(session):
        (plan,) = standing(session, CHEN, LATER, PLAN).plans
        return next(each for each in plan.targets if each.id == "hnte")

    with Session(city) as session, session.begin():
        audit.touch(session, Firm, Firm.id.in_((LOTUS, BANYAN, KAPOK)))
        before = hnte(session)
        assert (before.baseline, before.needed, before.state) == (None, None, MISSED)
        baselines.enter(session, CHEN, PLAN, "hnte", 1850, "2020 年年报", NOW)
        baselines.enter(session, CHEN, PLAN, "hnte", 1851, " 更正公告 ", NOW)
        after = hnte(session)
        assert (after.baseline, after.baseline_by, after.needed) == (1851, "entered", 2201)
        assert [goal.needed for goal in after.goals] == [2201, 2201]
        assert "更正公告" in in_words.baseline(after)
        baselines.withdraw(session, CHEN, PLAN, "hnte", "口径有误", NOW)
        assert hnte(session).baseline is None
        with pytest.raises(NotFound):
            baselines.withdraw(session, CHEN, PLAN, "hnte", "口径有误", NOW)
        rows = session.execute(select(TargetBaseline.value, TargetBaseline.withdrawn_by)).all()
        assert sorted(map(tuple, rows)) == [(1850, "陈主任"), (1851, "陈主任")], "both stay on record"


def test_facts_win_over_an_entered_baseline_and_the_difference_is_told(city):
    with Session(city) as session, session.begin():
        audit.touch(session, Firm, Firm.id.in_((LOTUS, BANYAN, KAPOK)))
        baselines.enter(session, CHEN, "science-2022-2024", "hnte", 9, "某文", NOW)
        (plan,) = standing(session, CHEN, LATER, "science-2022-2024").plans
        target = plan.targets[0]
        assert (target.baseline, target.baseline_by, target.entered) == (2, "facts", 9)
        assert "某文" in in_words.baseline(target)


@pytest.mark.parametrize(
    ("value", "source", "district"), [(-1, "某文", ""), (5, "  ", ""), (5, "长" * 401, ""), (5, "某文", "999999")]
)
def test_a_baseline_that_is_no_count_or_has_no_source_is_refused(city, value, source, district):
    with Session(city) as session, session.begin(), pytest.raises(WrongBaseline):
        baselines.enter(session, CHEN, PLAN, "hnte", value, source, NOW, district)


def test_who_may_not_is_refused(city):
    with Session(city) as session:
        for person in (LOTUS_CLERK, ANA):
            with pytest.raises(NotAllowed):
                standing(session, person, LATER)
        for person in (JIANGHAI, ANA, LOTUS_CLERK):
            with pytest.raises(NotAllowed):
                baselines.enter(session, person, PLAN, "hnte", 5, "某文", NOW)


def test_a_districts_officer_is_told_of_the_district_alone_and_of_its_firms(city):
    with Session(city) as session:
        (plan,) = standing(session, JIANGHAI, LATER, "science-2022-2024").plans
        target = plan.targets[0]
        assert [each.district for each in target.districts] == ["440704"]
        assert set(target.years[0].by_district) == {"440704"}
        day = date(2022, 12, 31)
        assert [firm.firm_id for firm in firms_behind(session, JIANGHAI, PLAN, "hnte", day, LATER)] == [BANYAN]
        assert {firm.firm_id for firm in firms_behind(session, CHEN, PLAN, "hnte", day, LATER)} == {LOTUS, BANYAN}


def test_districts_add_up_to_the_city_in_counts_baselines_and_goals(city):
    with Session(city) as session:
        for plan in standing(session, CHEN, LATER).plans:
            for target in plan.targets:
                parts = target.districts
                if target.now is not None and target.now.found is not None:
                    assert sum(each.count for each in parts) == target.now.found
                if target.baseline is not None:
                    assert sum(each.baseline or 0 for each in parts) == target.baseline
                if target.needed is not None:
                    assert sum(each.goal or 0 for each in parts) == target.needed


def test_what_was_known_on_a_day_gives_the_same_standing_after_more_has_come(city):
    day = date(2023, 6, 1)
    with Session(city) as session:
        before = standing(session, CHEN, day).as_json()
    certified(city, KAPOK, 2024, date(2023, 1, 1), date(2026, 1, 1))
    happened(city, KAPOK, "listed", date(2023, 5, 1), known_on=date(2023, 6, 2))
    with Session(city) as session:
        assert standing(session, CHEN, day).as_json() == before


def _count(found, day=date(2022, 12, 31)):
    return Count(day, found)


def _foreseen(chance):
    return Forecast(END, 10, 8, 12, chance, [Message("x")])


@pytest.mark.parametrize(
    ("found", "day", "known", "needed", "line", "chance", "state"),
    [
        (2201, END, [2201], 2201, None, None, REACHED),
        (2200, END, [2201], 2201, None, None, MISSED),
        (2200, END, [2201], None, None, None, MISSED),
        (2201, END, [2201], None, None, None, UNKNOWN),
        (None, END, [2201], 2201, None, None, UNKNOWN),
        (5, date(2022, 12, 31), [9], 9, 4.0, 0.5, ON_TRACK),
        (5, date(2022, 12, 31), [9], 9, 4.0, 0.49, AT_RISK),
        (5, date(2022, 12, 31), [9], 9, 4.0, 0.09, BEHIND),
        (4, date(2022, 12, 31), [9], 9, 4.0, None, ON_TRACK),
        (3, date(2022, 12, 31), [9], 9, 4.0, None, AT_RISK),
        (3, date(2022, 12, 31), [9], 9, None, None, UNKNOWN),
    ],
)
def test_a_state_by_its_rule_and_the_near_miss_beside_it(found, day, known, needed, line, chance, state):
    foreseen = None if chance is None else _foreseen(chance)
    assert state_of(_count(found, day), known, needed, END, line, foreseen) == state


def _certificates(*rows):
    table = pd.DataFrame(rows, columns=["firm_id", "certified_on", "expires_on"])
    return table.astype({"certified_on": "datetime64[s]", "expires_on": "datetime64[s]"})


def test_a_certificate_is_renewed_within_half_a_year_after_its_end_and_not_later():
    ends, day = pd.Timestamp("2023-01-01"), date(2024, 6, 1)
    within, late = ends + timedelta(days=183), ends + timedelta(days=184)
    again = pd.Timestamp("2027-01-01")
    table = _certificates(
        ("A", "2020-01-01", ends),
        ("A", within, again),
        ("B", "2020-01-01", ends),
        ("B", late, again),
        ("C", "2020-01-01", ends),
        ("D", "2020-01-01", "2024-03-01"),  # half a year is not over
    )
    assert renewals(table, day) == (1, 3)
    assert renewals(table, date(2023, 7, 2)) == (0, 0), "what was issued later is not known yet"
    assert renewals(_certificates(), day) == (0, 0)


def test_the_forecast_of_figures_covers_what_comes_nineteen_times_of_twenty(city):
    """Counts that change by draws of a normal distribution, foretold two years ahead from four changes."""
    _plan, target = target_of(PLAN, "large")
    what = known_on(city, LATER)
    chance, held, tries = np.random.default_rng(0), 0, 300
    for _ in range(tries):
        series = 1000 + np.cumsum(np.round(chance.normal(5, 20, 7)))
        past = [Count(date(2018 + place, 12, 31), int(found)) for place, found in enumerate(series[:5])]
        made = forecast(target, what, past[-1], past, date(2024, 12, 31), 1000)
        held += made.low <= series[6] <= made.high
    assert held / tries > 0.92


def test_there_is_no_forecast_of_a_day_that_is_over_nor_from_one_change(city):
    _plan, target = target_of(PLAN, "large")
    what = known_on(city, LATER)
    past = [_count(5, date(2021, 12, 31)), _count(6)]
    assert forecast(target, what, past[-1], past, date(2022, 12, 31), 7) is None
    assert forecast(target, what, past[-1], past, END, 7) is None
    assert forecast(target, what, _count(None), past, END, 7) is None


def test_the_same_facts_give_the_same_forecast_and_few_events_are_said_first(city):
    _plan, target = target_of(PLAN, "listed")
    what = known_on(city, date(2022, 12, 31))
    first, again = (forecast(target, what, _count(3), [], END, 4) for _ in range(2))
    assert first == again
    assert "ten" in first.why[0].msgid
    assert first.low >= 3

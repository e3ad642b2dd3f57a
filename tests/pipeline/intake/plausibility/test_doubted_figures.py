"""A figure in another unit is in doubt as soon as what is known contradicts it, not a day before, until explained."""

from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.facts import as_known_on
from pipeline.intake.plausibility import doubted_figures
from pipeline.store.tables import CITY, ImportFinding
from tests.cast import BANYAN, KAPOK, LOTUS, state

#: 9 million yuan, written in yuan where the form asks for 10k yuan.
SLIPPED = 9e10


def doubted(engine: Engine, day: date, firms: list[str] | None = None) -> pd.DataFrame:
    known = as_known_on(engine, day, CITY, firms, doubted_figures.facts_compared())
    return doubted_figures.unexplained(engine, doubted_figures.in_doubt(known), day)


def said(engine: Engine, day: date, **more) -> dict[str, list[str]]:
    return doubted_figures.by_firm(doubted(engine, day, **more))


def slip(engine: Engine) -> int:
    number = state(engine, LOTUS, 2021, revenue_cny=SLIPPED)
    state(engine, LOTUS, 2022, revenue_cny=9.5e6)
    return number


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2023, 4, 29), {}),
        (date(2023, 4, 30), {LOTUS: ["revenue_cny 2021"]}),
    ],
)
def test_a_slip_is_in_doubt_from_the_day_on_which_another_year_contradicts_it(engine: Engine, day, told):
    slip(engine)
    assert said(engine, day) == told


def test_a_year_ten_times_the_last_is_growth_and_in_no_doubt(engine: Engine):
    state(engine, LOTUS, 2021, revenue_cny=9e6)
    state(engine, LOTUS, 2022, revenue_cny=9e7)
    assert said(engine, date(2023, 5, 1)) == {}


def test_a_corrected_return_ends_the_doubt_from_the_day_it_came(engine: Engine):
    slip(engine)
    state(engine, LOTUS, 2021, revenue_cny=9e6, known_on=date(2023, 9, 1))
    assert said(engine, date(2023, 8, 31)) == {LOTUS: ["revenue_cny 2021"]}
    assert said(engine, date(2023, 9, 1)) == {}


@pytest.mark.parametrize(("state_of_it", "in_doubt"), [("explained", False), ("corrected", True), ("open", True)])
def test_who_explained_a_figure_ended_the_doubt_on_that_day_and_not_before(engine: Engine, state_of_it, in_doubt):
    number = slip(engine)
    with Session(engine) as session, session.begin():
        session.add(
            ImportFinding(
                import_id=number,
                firm_id=LOTUS,
                year=2021,
                kind="unit_yuan_for_wan",
                field="revenue_cny",
                sheet="年度财务",
                msgid="",
                params={},
                state=state_of_it,
                settled_at=datetime(2023, 9, 1, 10),
            )
        )
    assert said(engine, date(2023, 8, 31)) == {LOTUS: ["revenue_cny 2021"]}
    assert bool(said(engine, date(2023, 9, 1))) is in_doubt


def test_a_figure_per_employee_that_no_firm_has_is_in_doubt_at_once(engine: Engine):
    state(engine, KAPOK, 2022, revenue_cny=2.5e11, staff=100)  # 2.5 billion yuan a head
    state(engine, BANYAN, 2022, revenue_cny=1.5e11, staff=100)  # 1.5 billion: odd, but not beyond doubt
    assert said(engine, date(2023, 5, 1)) == {KAPOK: ["revenue_cny 2022"]}


def test_a_ratio_given_as_a_percentage_is_in_doubt(engine: Engine):
    state(engine, LOTUS, 2022, current_ratio_stated=119.0, debt_ratio_stated=0.5)
    state(engine, BANYAN, 2022, current_ratio_stated=1.19, debt_ratio_stated=0.5)
    assert said(engine, date(2023, 5, 1)) == {LOTUS: ["current_ratio_stated 2022"]}


def test_a_firm_alone_has_the_doubts_that_it_has_among_all(engine: Engine):
    slip(engine)
    for number in range(25):  # enough peers to be a yardstick, were peers asked: 100 yuan a head
        state(engine, f"peer {number}", 2022, revenue_cny=1e4, staff=100)
    state(engine, BANYAN, 2022, revenue_cny=4e8, staff=900)
    day = date(2023, 5, 1)
    together = said(engine, day)
    assert together == {LOTUS: ["revenue_cny 2021"]}
    assert said(engine, day, firms=[LOTUS]) == {LOTUS: together[LOTUS]}
    assert said(engine, day, firms=[BANYAN]) == {}


def test_only_the_facts_asked_for_are_told(engine: Engine):
    slip(engine)
    found = doubted(engine, date(2023, 5, 1))
    assert doubted_figures.by_firm(found, ["staff"]) == {}
    assert found.to_numpy().tolist() == [[LOTUS, 2021, "revenue_cny"]]


def test_nobody_is_in_doubt_where_nothing_is_known(engine: Engine):
    assert list(doubted(engine, date(2023, 5, 1)).columns) == list(doubted_figures.COLUMNS)

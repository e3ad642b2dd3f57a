"""Differences per 100 returns that an adviser prepared, beside all others; worked out by hand."""

from datetime import date, datetime

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from pipeline.advisers import register
from pipeline.advisers.differences import compared, rate_interval, unregistered
from pipeline.store.tables import CITY, CrossCheck, Import, Return, ReturnRow
from pipeline.store.tutoring_tables import Adviser
from pipeline.tutoring import cases
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import CHEN, JIANGHAI, found

DAY, NOW = date(2024, 6, 1), datetime(2024, 6, 1, 1, 0)
YEARS = range(2014, 2024)


@pytest.fixture
def session(engine):
    """Ten years of each firm in two sources: of Lotus its agency says so in the return, Banyan has an auditor since the
    middle of 2015, of Kapok nobody is known."""
    found(engine)
    with Session(engine) as session:
        for source in ("hnte_annual", "audited"):
            brought = Import(
                kind="returns",
                file_name=source,
                sha256=source,
                map_name="city",
                cohort=CITY,
                source=source,
                rows=30,
                imported_at=NOW,
                imported_by="test",
            )
            form = Return(brought_by=brought, source=source, sheet="年度财务")
            session.add_all([brought, form])
            session.flush()
            for firm in (LOTUS, BANYAN, KAPOK):
                by = "甲　企服 " if firm == LOTUS and source == "hnte_annual" else None
                session.add_all(
                    ReturnRow(
                        firm_id=firm,
                        return_id=form.id,
                        sheet_row=year,
                        year=year,
                        months=12,
                        known_on=date(year + 1, 5, 1),
                        prepared_by=by,
                    )
                    for year in YEARS
                )
        case = cases.open_case(session, CHEN, BANYAN, DAY, now=NOW)
        cases.name_advisers(session, CHEN, case.id, {"auditor": "丙事务所"}, date(2015, 6, 30), now=NOW)
        register.register(session, CHEN, "agency", "甲 企服", now=NOW)
        differ(session, LOTUS, 2020, "revenue", "net_profit")
        differ(session, LOTUS, 2021, "revenue")
        differ(session, BANYAN, 2014, "revenue")
        differ(session, KAPOK, 2020, "revenue")
        yield session


def differ(session, firm, year, *facts, state="open", settled_at=None):
    rows = session.scalars(select(ReturnRow.id).where(ReturnRow.firm_id == firm, ReturnRow.year == year)).all()
    for fact in facts:
        about = {"value": 1.0, "other_value": 2.0, "gap_share": 0.5, "found_at": NOW, "state": state}
        session.add(
            CrossCheck(
                firm_id=firm, year=year, fact=fact, row_id=rows[0], other_row_id=rows[1], settled_at=settled_at, **about
            )
        )
    session.flush()


def of(session, name, person=CHEN, on=DAY):
    number = session.scalars(select(Adviser.id).where(Adviser.name == name)).one()
    return compared(session, person, on).get(number)


def test_the_rates_are_those_of_the_returns_each_prepared_and_of_all_others(session):
    lotus, banyan = of(session, "甲 企服"), of(session, "丙事务所")
    assert (lotus.own.returns, lotus.own.differences, lotus.own.per_100, lotus.own.named) == (10, 3, 30.0, 10)
    assert (lotus.others.returns, lotus.others.differences, lotus.others.per_100) == (20, 2, 10.0)
    # The auditor was engaged on the last day of 2015 and of each year after; of nine returns no rate is told.
    assert (banyan.own.returns, banyan.own.differences, banyan.own.per_100, banyan.own.named) == (9, 0, None, 0)
    assert (banyan.others.returns, banyan.others.differences) == (21, 5)
    assert (lotus.own.low, lotus.own.high) == pytest.approx((6.18672, 87.67273), abs=1e-4)  # Garwood, 3 events
    # Two other firms with 10 returns each, one difference each: no more apart than chance has them.
    assert lotus.others.spread == 1.0
    assert of(session, "丙事务所", JIANGHAI).own == banyan.own  # of Banyan's district
    assert of(session, "甲 企服", JIANGHAI) is None


def test_what_was_not_known_explained_or_undone_is_not_counted(session):
    assert of(session, "甲 企服", on=date(2024, 5, 31)) is None  # the adviser was not in the register yet
    before = of(session, "甲 企服").own
    differ(session, LOTUS, 2019, "rd_expense", state="explained", settled_at=datetime(2024, 6, 3))
    assert of(session, "甲 企服").own.differences == before.differences + 1  # explained two days later
    assert of(session, "甲 企服", on=date(2024, 6, 3)).own.differences == before.differences
    session.execute(update(Return).where(Return.source == "audited").values(in_force=False))
    assert compared(session, CHEN, DAY) == {}  # one source alone contradicts nobody


def test_firms_that_vary_more_than_chance_widen_the_interval(session):
    differ(session, KAPOK, 2021, "revenue", "net_profit", "rd_expense")
    differ(session, KAPOK, 2022, "revenue", "net_profit", "rd_expense")
    others = of(session, "甲 企服").others
    # 1 and 7 differences in 10 returns each: 2/1 * (9 + 9) / 8
    assert (others.differences, others.spread) == (8, pytest.approx(4.5))
    low, high = rate_interval(8, 20)
    assert others.low < 100 * low < 40 < 100 * high < others.high


def test_the_interval_is_the_exact_one_of_a_count():
    assert rate_interval(0, 1) == (0.0, pytest.approx(3.688879, abs=1e-5))
    assert rate_interval(10, 1) == (pytest.approx(4.795389, abs=1e-5), pytest.approx(18.390356, abs=1e-5))


def test_who_is_named_and_not_registered_is_told(session):
    session.execute(update(ReturnRow).where(ReturnRow.firm_id == KAPOK, ReturnRow.year > 2021).values(prepared_by="戊"))
    assert unregistered(session, CHEN, DAY) == {"戊": 1}
    assert unregistered(session, CHEN, date(2022, 12, 31)) == {"甲 企服": 1}  # before it was registered
    assert unregistered(session, JIANGHAI, DAY) == {}

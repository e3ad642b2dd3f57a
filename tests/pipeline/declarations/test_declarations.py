"""Nominations and applications: who may, what replaces what, what is withdrawn, and what was known of them on a day."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.audit import NotYet
from pipeline.declarations import declarations
from pipeline.declarations.content import Adviser, Application, WrongApplication
from pipeline.declarations.declarations import DeclarationNotPossible
from pipeline.declarations.declared_facts import COLUMNS, declared
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.pool_tables import Declaration
from pipeline.store.tables import AuditEntry, Firm
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found

ON_SQLITE_ALONE = True

APRIL_10, MAY_1, MAY_20 = date(2024, 4, 10), date(2024, 5, 1), date(2024, 5, 20)
NOW = datetime(2024, 6, 1, 9, 0)
PAPER = {"declared_by": "岑霁云", "on_paper": True}
PLAN = Application(
    True, "bse", None, date(2026, 3, 31), (Adviser("broker", "砾垣证券", date(2024, 4, 1)),), "岑霁云", "0750-1", True
)


@pytest.fixture
def city(engine):
    found(engine)
    return engine


def nominate(engine, on=MAY_1, why="细分市场领先", by=JIANGHAI, firm=BANYAN, now=NOW, **more) -> int:
    with Session(engine) as session, session.begin():
        return declarations.nominate(session, by, firm, why, on, now, **more).id


def apply(engine, on=MAY_1, plan=PLAN, by=LOTUS_CLERK, firm=LOTUS, now=NOW, **more) -> int:
    with Session(engine) as session, session.begin():
        return declarations.apply(session, by, firm, plan, on, now, **more).id


def withdraw(engine, number, on=MAY_20, why="股东决定暂缓", by=LOTUS_CLERK, now=NOW) -> None:
    with Session(engine) as session, session.begin():
        declarations.withdraw(session, by, number, why, on, now)


def known(engine, as_of, at=None) -> pd.DataFrame:
    with engine.connect() as connection:
        return declared(connection, as_of, at)


def stored(engine) -> list[Declaration]:
    with Session(engine, expire_on_commit=False) as session:
        return list(session.scalars(select(Declaration).order_by(Declaration.id)))


def test_a_district_nominates_its_own_firm_and_no_other(city):
    nominate(city)
    (made,) = stored(city)
    assert (made.declared_by, made.district_code, made.on_paper) == ("江海科长", "440704", False)
    with pytest.raises(NotAllowed):
        nominate(city, firm=LOTUS)
    assert len(stored(city)) == 1


def test_the_city_enters_a_districts_paper_and_nominates_nobody_by_itself(city):
    with pytest.raises(DeclarationNotPossible, match="所在区县"):
        nominate(city, by=CHEN)
    with pytest.raises(DeclarationNotPossible, match="签署人"):
        nominate(city, by=CHEN, on_paper=True, declared_by=" ")
    nominate(city, by=CHEN, **PAPER)
    (made,) = stored(city)
    assert (made.declared_by, made.recorded_by, made.on_paper) == ("岑霁云", "陈主任", True)


def test_a_firm_applies_for_itself_alone_and_officers_enter_papers(city):
    apply(city)
    with pytest.raises(NotAllowed):
        apply(city, firm=BANYAN)
    with pytest.raises(NotAllowed):
        nominate(city, by=LOTUS_CLERK, firm=LOTUS)
    with pytest.raises(NotAllowed):
        apply(city, by=ANA)
    with pytest.raises(DeclarationNotPossible, match="由业务人员录入"):
        apply(city, **PAPER)
    with pytest.raises(DeclarationNotPossible, match="由企业提出"):
        apply(city, by=CHEN, firm=BANYAN)
    apply(city, by=JIANGHAI, firm=BANYAN, **PAPER)
    assert [(made.firm_id, made.declared_by) for made in stored(city)] == [(LOTUS, "莲芯"), (BANYAN, "岑霁云")]


def test_nobody_signs_for_somebody_else_without_a_paper(city):
    with pytest.raises(DeclarationNotPossible, match="纸质材料"):
        nominate(city, declared_by="岑霁云")


def test_what_a_firm_declares_is_checked_where_it_is_taken(city):
    with pytest.raises(WrongApplication, match="真实性承诺"):
        apply(city, plan=replace(PLAN, truth=False))
    with pytest.raises(WrongApplication) as refused:
        apply(city, by=CHEN, plan=replace(PLAN, truth=False, target_board="neeq"), on_paper=True)
    assert [str(one)[:3] for one in refused.value.problems] == ["签署人", "nee", "企业须"]
    assert stored(city) == []


def test_a_newer_application_replaces_the_earlier_which_stays_on_record(city):
    first, second = apply(city), apply(city, on=MAY_20, plan=replace(PLAN, target_board="star"))
    old, new = stored(city)
    assert (old.id, new.id, new.withdrawn_on) == (first, second, None)
    assert (old.withdrawn_on, old.withdrawn_why) == (MAY_20, declarations.REPLACED)
    assert str(declarations.why_ended(old)) == "已被新的推荐或申请取代。"
    nominate(city, by=CHEN, firm=LOTUS, **PAPER)
    assert stored(city)[1].withdrawn_on is None


def test_the_same_again_and_something_older_are_refused(city):
    apply(city, on=MAY_20)
    with pytest.raises(DeclarationNotPossible, match="未重复保存"):
        apply(city, on=MAY_20)
    with pytest.raises(DeclarationNotPossible, match="已有更新的记录"):
        apply(city, on=MAY_1)
    assert len(stored(city)) == 1


def test_a_withdrawal_needs_a_reason_and_a_day_and_happens_once(city):
    number = apply(city)
    with pytest.raises(DeclarationNotPossible, match="1 至"):
        withdraw(city, number, why=" ")
    with pytest.raises(DeclarationNotPossible, match="不能早于"):
        withdraw(city, number, on=APRIL_10)
    withdraw(city, number)
    with pytest.raises(DeclarationNotPossible, match="莲芯"):
        withdraw(city, number, by=CHEN)
    with pytest.raises(NotFound):
        withdraw(city, 99)


def test_a_firm_cannot_withdraw_what_its_district_said(city):
    number = nominate(city, by=CHEN, firm=LOTUS, **PAPER)
    with pytest.raises(NotAllowed):
        withdraw(city, number)


def test_a_day_to_come_is_refused(city):
    with pytest.raises(NotYet):
        nominate(city, on=date(2024, 6, 2))
    with pytest.raises(NotYet):
        withdraw(city, nominate(city), on=date(2024, 6, 2), by=JIANGHAI)


def test_a_listed_firm_one_of_another_cohort_and_one_that_is_not_there_are_told_why(city):
    found(city, "neeq:430025", cohort="neeq")
    happened(city, KAPOK, "listed", APRIL_10)
    console = people.console()
    with pytest.raises(DeclarationNotPossible, match="已于 2024-04-10 上市"):
        nominate(city, by=CHEN, firm=KAPOK, **PAPER)
    with pytest.raises(DeclarationNotPossible, match="其他企业组"):
        nominate(city, by=console, firm="neeq:430025")
    with pytest.raises(NotFound, match="91440700NOBODY"):
        nominate(city, by=console, firm="91440700NOBODY")
    with pytest.raises(NotAllowed):
        nominate(city, by=CHEN, firm="91440700NOBODY", **PAPER)
    assert stored(city) == []


@pytest.mark.both_databases
def test_each_change_leaves_its_entry_and_the_trail_is_whole(city):
    with Session(city) as session, session.begin():
        audit.seal_trail(session, people.console(), "the firms of the test", NOW)
    apply(city)
    number = apply(city, on=MAY_20, plan=replace(PLAN, target_board="star"))
    withdraw(city, number)
    with Session(city) as session:
        left = session.execute(select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.id)).all()
        assert [tuple(each) for each in left[1:]] == [
            ("apply", "declaration:1"),
            ("apply", "declaration:2"),
            ("withdraw_declaration", "declaration:2"),
        ]
        audit.verify_all(session)


@pytest.mark.both_databases
def test_everybody_sees_the_declarations_of_the_firms_that_he_reaches(city):
    apply(city)
    nominate(city)
    with Session(city) as session:

        def listed(person):
            return [line.firm_id for line in declarations.open_declarations(session, person, MAY_20)]

        assert listed(CHEN) == [BANYAN, LOTUS]
        assert listed(JIANGHAI) == [BANYAN]
        assert listed(LOTUS_CLERK) == [LOTUS]
        assert listed(ANA) == []
        assert declarations.open_declarations(session, CHEN, APRIL_10) == []
        assert [made.kind for made in declarations.declarations_of(session, LOTUS_CLERK, LOTUS)] == ["application"]
        with pytest.raises(NotAllowed):
            declarations.declarations_of(session, LOTUS_CLERK, BANYAN)


# --- what was declared by a day --------------------------------------------------------------------


def test_of_nobody_nothing_was_declared_and_the_columns_have_their_types(city):
    table = known(city, MAY_20)
    assert table.empty
    assert tuple(table.columns) == COLUMNS
    assert table["nominated"].dtype == "float64"
    assert table["filing_on"].dtype.kind == "M"


def test_an_application_says_what_it_says_and_no_more(city):
    apply(city)
    nominate(city)
    table = known(city, MAY_20)
    assert list(table.index) == sorted([LOTUS, BANYAN])
    lotus, banyan = table.loc[LOTUS], table.loc[BANYAN]
    assert (lotus["applied"], lotus["nominated"], lotus["plan_dropped"]) == (1.0, 0.0, 0.0)
    assert (lotus["intends_to_list"], lotus["truth_declared"], lotus["advisers_signed"]) == (1.0, 1.0, 1.0)
    assert (lotus["target_board"], lotus["filing_on"]) == ("bse", pd.Timestamp(2026, 3, 31))
    assert pd.isna(lotus["reform_on"])
    assert (banyan["applied"], banyan["nominated"], banyan["nominated_by"]) == (0.0, 1.0, "江海科长")
    assert banyan["nominated_on"] == pd.Timestamp(MAY_1)
    assert banyan[["intends_to_list", "truth_declared", "advisers_signed", "target_board"]].isna().all()


@pytest.mark.parametrize(
    "advisers", [(), (Adviser("auditor", "漪禾", date(2024, 4, 1)),), (Adviser("broker", "砾垣证券"),)]
)
def test_advisers_have_signed_where_a_broker_has(city, advisers):
    apply(city, plan=replace(PLAN, advisers=advisers))
    assert known(city, MAY_20).loc[LOTUS, "advisers_signed"] == 0.0


def test_a_plan_is_dropped_by_a_person_not_by_a_newer_application(city):
    apply(city)
    number = apply(city, on=MAY_1, plan=replace(PLAN, target_board="star"))
    before = known(city, MAY_1).loc[LOTUS]
    assert (before["plan_dropped"], before["target_board"]) == (0.0, "star")
    withdraw(city, number)
    after = known(city, MAY_20).loc[LOTUS]
    assert (after["applied"], after["plan_dropped"]) == (0.0, 1.0)
    assert pd.isna(after["intends_to_list"])
    pd.testing.assert_series_equal(known(city, MAY_20 - timedelta(days=1)).loc[LOTUS], before)
    apply(city, on=MAY_20)
    again = known(city, MAY_20).loc[LOTUS]
    assert (again["applied"], again["plan_dropped"], again["target_board"]) == (1.0, 0.0, "bse")


@pytest.mark.both_databases
def test_what_is_declared_or_recorded_later_is_not_read(city):
    early, late = datetime(2024, 5, 2, 9), datetime(2024, 5, 25, 9)
    first = apply(city, on=APRIL_10, now=early)
    apply(city, on=MAY_1, plan=replace(PLAN, target_board="star"), now=late)
    assert first == 1
    assert known(city, date(2024, 4, 9)).empty
    assert known(city, MAY_1).loc[LOTUS, "target_board"] == "star"
    assert known(city, MAY_1, early).loc[LOTUS, "target_board"] == "bse"
    assert known(city, date(2024, 4, 30)).loc[LOTUS, "target_board"] == "bse"
    assert known(city, MAY_1, early - timedelta(seconds=1)).empty


def test_a_withdrawal_recorded_later_is_not_read_either(city):
    early, late = datetime(2024, 5, 21, 9), datetime(2024, 5, 25, 9)
    withdraw(city, apply(city, now=early), on=MAY_20, now=late)
    assert known(city, MAY_20, early).loc[LOTUS, "applied"] == 1.0
    assert known(city, MAY_20, late).loc[LOTUS, "plan_dropped"] == 1.0


_ACTS = st.lists(
    st.tuples(st.sampled_from(["apply", "apply_star", "withdraw"]), st.integers(0, 20), st.integers(0, 3)), max_size=8
)


@given(acts=_ACTS, back=st.integers(0, 25), at=st.integers(0, 40))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_in_at_most_one_of_a_kind_was_in_force_on_any_day_as_known_at_any_moment(
    sqlite_engine, acts, back, at
):
    """The table of a day agrees with a count by hand over the rows."""
    with Session(sqlite_engine) as session, session.begin():
        session.execute(delete(Declaration))
        if session.get(Firm, LOTUS) is None:
            session.add(Firm(id=LOTUS, cohort="city", name="莲芯", district_code="440703"))
    moment = datetime(2024, 5, 21, 9)
    for act, day, hours in acts:
        moment += timedelta(hours=hours)
        on = MAY_1 + timedelta(days=day)
        try:
            if act == "withdraw":
                withdraw(sqlite_engine, max((one.id for one in stored(sqlite_engine)), default=0), on=on, now=moment)
            else:
                plan = PLAN if act == "apply" else replace(PLAN, target_board="star")
                apply(sqlite_engine, on=on, plan=plan, now=moment)
        except (DeclarationNotPossible, NotFound):
            pass
    as_of, seen = MAY_20 - timedelta(days=back), datetime(2024, 5, 21, 9) + timedelta(hours=at)
    visible = [one for one in stored(sqlite_engine) if one.declared_on <= as_of and one.recorded_at <= seen]
    standing = [
        one
        for one in visible
        if one.withdrawn_at is None or one.withdrawn_at > seen or (one.withdrawn_on or as_of) > as_of
    ]
    table = known(sqlite_engine, as_of, seen)
    assert len(standing) <= 1
    assert len(table) == bool(visible)
    if visible:
        assert table.loc[LOTUS, "applied"] == float(len(standing))
        assert table.loc[LOTUS, "plan_dropped"] == float(not standing)
    if standing:
        assert table.loc[LOTUS, "target_board"] == standing[0].content["target_board"]

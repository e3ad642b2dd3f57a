"""An officer enters an activity and withdraws one; what each kind needs; whose firms whom concern; counts add up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import Role
from pipeline.activities.conditions import ENDED, STANDING, ActivityConditions, from_address, in_address
from pipeline.activities.entering import Entered, WrongActivity, add, amount_of, withdraw
from pipeline.activities.in_words import described
from pipeline.activities.known import activities_as_known_on, standing_on
from pipeline.activities.lists import activity_lines, count_lines, counted
from pipeline.errors import NotAllowed, NotFound
from pipeline.language import speaking
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import AuditEntry, Firm
from pipeline.timeline.timeline import timeline
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LOTUS_CLERK, MAY_1, NOW, found

ON_SQLITE_ALONE = True
TAX = Person(16, "税务局科员", Role.DEPARTMENT, department="tax")
MENTOR = Person(17, "挂点干部", Role.MENTOR)
LOAN = Entered("technology_loan", MAY_1, counterpart=" 某行 ", amount=Decimal("2900.00"), ended_on=date(2027, 5, 1))
CENTRE = Entered("collaboration_centre", date(2023, 3, 1), level="city", name="莲芯中心", ended_on=MAY_1)


@pytest.fixture(autouse=True)
def english():
    with speaking("en"):
        yield


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        audit.touch(session, Firm, Firm.id.in_([LOTUS, BANYAN, KAPOK]))
        yield session


def enter(session, firm, entered, person=CHEN):
    return add(session, person, firm, entered, today=JUNE_1, now=NOW)


@pytest.mark.both_databases
def test_what_an_officer_enters_is_known_from_today_and_once_withdrawn_it_counts_no_more(session):
    row = enter(session, LOTUS, LOAN)
    assert (row.amount_fen, row.counterpart, row.known_on, row.entered_by) == (290_000, "某行", JUNE_1, "陈主任")
    assert activity_lines(session, CHEN, JUNE_1 - timedelta(days=1)) == [], "yesterday nobody knew of it"
    (line,) = activity_lines(session, CHEN, JUNE_1)
    assert (line.amount_cny, line.standing, line.by_hand) == (2900.0, True, True)
    with pytest.raises(WrongActivity, match="reason"):
        withdraw(session, CHEN, row.id, " ", now=NOW)
    withdraw(session, CHEN, row.id, "登错", now=NOW)
    with pytest.raises(WrongActivity, match="out of force"):
        withdraw(session, CHEN, row.id, "登错", now=NOW)
    assert activity_lines(session, CHEN, JUNE_1) == []
    assert enter(session, LOTUS, LOAN).id != row.id, "and it may be entered anew"
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.endswith("_activity")).order_by(AuditEntry.id))
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("add_activity", f"activity:{row.id}"),
        ("withdraw_activity", f"activity:{row.id}"),
        ("add_activity", f"activity:{row.id + 1}"),
    ]
    assert audit.verify_all(session)


@pytest.mark.parametrize(
    ("entered", "says"),
    [
        (Entered("no_such_kind", MAY_1), "no kind"),
        (Entered("technology_loan", MAY_1, amount=Decimal(1)), "bank is missing"),
        (Entered("technology_loan", MAY_1, counterpart="某行"), "amount is missing"),
        (Entered("collaboration_centre", MAY_1, name="a", amount=Decimal(1)), "no amount"),
        (Entered("collaboration_centre", MAY_1, name="a", level="incubator"), "provincial"),
        (Entered("rd_reserve", MAY_1, level="city"), "no levels"),
        (Entered("rd_reserve", None), "which day"),
        (Entered("rd_reserve", JUNE_1 + timedelta(days=1)), "has not come"),
        (Entered("rd_reserve", MAY_1, known_on=JUNE_1 + timedelta(days=1)), "has not come"),
        (Entered("rd_reserve", MAY_1, known_on=MAY_1 - timedelta(days=1)), "before it happened"),
        (Entered("rd_reserve", MAY_1, ended_on=MAY_1 - timedelta(days=1)), "before it begins"),
        (Entered("rd_reserve", MAY_1, amount=Decimal("0.005")), "whole number of fen"),
        (Entered("rd_reserve", MAY_1, amount=Decimal(-5)), "not above 0"),
        (Entered("pct_filed", MAY_1, name="长" * 201), "at most 200"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_all_reasons(session, entered, says):
    with speaking("en"), pytest.raises(WrongActivity, match=says):
        enter(session, LOTUS, entered)
    assert not session.scalars(select(FirmActivity)).all()


@pytest.mark.parametrize(
    "entered", [Entered("rd_reserve", JUNE_1, ended_on=JUNE_1), Entered("pct_filed", MAY_1, known_on=MAY_1)]
)
def test_the_days_beside_those_are_taken(session, entered):
    assert enter(session, LOTUS, entered).id


def test_the_same_activity_is_not_entered_twice_and_another_amount_is_another(session):
    first = enter(session, LOTUS, LOAN)
    with pytest.raises(WrongActivity, match=f"no. {first.id}"):
        enter(session, LOTUS, LOAN)
    enter(session, LOTUS, Entered("technology_loan", MAY_1, counterpart="某行", amount=Decimal("2900.01")))
    enter(session, BANYAN, LOAN)


@pytest.mark.parametrize("person", [LOTUS_CLERK, TAX, MENTOR, ANA])
def test_nobody_but_officers_enters_or_withdraws_activities_or_looks_through_those_of_everybody(session, person):
    number = enter(session, LOTUS, LOAN).id
    for act in (
        lambda: enter(session, LOTUS, CENTRE, person),
        lambda: withdraw(session, person, number, "误", now=NOW),
        lambda: activity_lines(session, person, JUNE_1),
        lambda: counted(session, person, JUNE_1),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_district_enters_and_sees_those_of_its_own_firms_and_another_number_is_not_there(session):
    mine, other = enter(session, BANYAN, CENTRE, JIANGHAI), enter(session, LOTUS, CENTRE)
    assert [line.id for line in activity_lines(session, JIANGHAI, JUNE_1)] == [mine.id]
    assert [row.district_code for row in counted(session, JIANGHAI, JUNE_1).rows] == ["440704"]
    with pytest.raises(NotAllowed):
        enter(session, LOTUS, LOAN, JIANGHAI)
    for number in (other.id, 999):
        with pytest.raises(NotFound, match=str(number)):
            withdraw(session, JIANGHAI, number, "误", now=NOW)


def test_a_firm_reads_its_own_and_no_others(session):
    own, _other = enter(session, LOTUS, CENTRE), enter(session, BANYAN, CENTRE)
    asked = {"action": Action.SEE_FIRMS}
    assert [one.id for one in activity_lines(session, LOTUS_CLERK, JUNE_1, **asked)] == [own.id]
    assert activity_lines(session, LOTUS_CLERK, JUNE_1, ActivityConditions(firm=BANYAN), **asked) == []
    assert count_lines(session, LOTUS_CLERK, JUNE_1, ActivityConditions(firm=BANYAN), **asked) == 0
    told = [str(entry.what) for entry in timeline(session, LOTUS_CLERK, LOTUS, JUNE_1)]
    assert [what for what in told if "莲芯中心" in what] == [f"Ended: {described(own)}", str(described(own))]
    assert len(timeline(session, LOTUS_CLERK, LOTUS, date(2024, 5, 31))) == 0, "entered and known on 1 June"


def test_an_address_narrows_by_what_there_is_and_by_nothing_else():
    chosen = ActivityConditions(group="platform", level="city", state=STANDING, district="440703")
    assert from_address(in_address(chosen)) == chosen
    assert from_address({"group": "x", "kind": "y", "state": "z", "level": "?", "other": "1"}) == ActivityConditions()
    assert ActivityConditions(group="finance", kind="contest").kinds() == []


@pytest.mark.parametrize(("text", "found"), [("2,900.5", Decimal("2900.5")), (" ", None), (None, None)])
def test_an_amount_is_read_as_it_is_written(text, found):
    assert amount_of(text) == found


@pytest.mark.parametrize("text", ["约3", "1e", "nan", "inf"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(WrongActivity):
        amount_of(text)


_DAYS = st.dates(date(2023, 1, 1), date(2024, 12, 31))
_ROWS = st.lists(
    st.tuples(
        st.sampled_from([LOTUS, BANYAN, KAPOK]),
        st.sampled_from(["contest", "key_laboratory", "rd_reserve"]),
        st.sampled_from(["city", "province", None]),
        _DAYS,
        st.one_of(st.none(), _DAYS),
        _DAYS,
        st.booleans(),
    ),
    max_size=15,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_ROWS, on=_DAYS)
def test_counts_over_levels_and_districts_are_all_that_was_known_and_lists_narrow_to_them(session, rows, on):
    session.execute(delete(FirmActivity))
    names = ("firm_id", "kind", "level", "occurred_on", "ended_on", "known_on", "in_force")
    session.add_all(FirmActivity(**dict(zip(names, row, strict=True))) for row in rows)
    session.flush()
    known = activities_as_known_on(session.connection(), on)
    counts = counted(session, CHEN, on)
    assert sum(row.activities for row in counts.rows) == len(known) == count_lines(session, CHEN, on)
    standing = standing_on(known, on)
    assert sum(row.activities for row in counts.rows if row.standing) == len(standing)
    assert counts.firms_standing == standing.groupby("kind")["firm_id"].nunique().to_dict()
    for state, of_state in ((STANDING, len(standing)), (ENDED, int((known["ended_on"] < str(on)).sum()))):
        assert count_lines(session, CHEN, on, ActivityConditions(state=state)) == of_state
    for kind in ("contest", "key_laboratory", "rd_reserve"):
        for district in ("440703", "440704", "440705"):
            chosen = ActivityConditions(kind=kind, district=district)
            expected = sum(r.activities for r in counts.rows if (r.kind, r.district_code) == (kind, district))
            assert count_lines(session, CHEN, on, chosen) == expected == len(activity_lines(session, CHEN, on, chosen))

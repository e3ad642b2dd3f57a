"""From nomination over the notice to the decision: each step, what is refused before it, and what stands on a day."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import NotAllowed, NotFound
from pipeline.opinions.requests import OpinionNotPossible
from pipeline.pacesetters import choices, choosing, deciding
from pipeline.pacesetters.choosing import ChoiceNotPossible
from pipeline.store.plan_tables.pacesetters import PacesetterRound
from pipeline.store.tables import Account, Firm, Import, Return, ReturnRow
from tests.cast import BANYAN, KAPOK, LOTUS, state
from tests.pipeline.pools.city import ANA, CHEN, DISTRICTS, JIANGHAI, LOTUS_CLERK, SECOND, found, second_signs

ON_SQLITE_ALONE = True
MAY_6, MAY_8, MAY_15 = date(2024, 5, 6), date(2024, 5, 8), date(2024, 5, 15)
#: The fifth working day after 8 May 2024, with 11 May (a Saturday) worked.
LAST = date(2024, 5, 14)


def at(day):
    return datetime(day.year, day.month, day.day, 4, 0)


def stated(engine):
    """Two growing firms with everything known, and one of which only revenue is."""
    for place, firm in enumerate((LOTUS, BANYAN, KAPOK)):
        for year in (2021, 2022, 2023):
            more = {
                "rd_spend_cny": 1e6 * (place + 1),
                "staff": 100 + 10 * (year - 2021),
                "rd_staff": 20,
                "class1_ip": 3 - place,
                "hitech_income_cny": 1e6,
                "total_income_cny": 2e6,
            }
            known = more if firm != KAPOK else {}
            about = {"district_code": DISTRICTS[firm], "registered_on": date(2017, 1, 1)}
            state(engine, firm, year, revenue_cny=1e7 * 1.1 ** (year - 2021), **about, **known)


@pytest.fixture
def session(engine):
    found(engine)
    stated(engine)
    with Session(engine) as session:
        second_signs(session)
        yield session


def begun(session, **more):
    return choosing.begin_round(session, CHEN, 2024, more.pop("as_of", MAY_6), now=at(MAY_6), **more)


def nominated(session, firm=LOTUS, person=CHEN, round_id=1):
    return choosing.nominate(session, person, round_id, firm, "科技性突出", now=at(MAY_6))


def published(session):
    begun(session)
    one = nominated(session)
    choosing.publish(session, CHEN, 1, MAY_8, now=at(MAY_8))
    return one


def decide(session, number=1, named=True, on=MAY_15, **more):
    about = {"signed_by": SECOND.name, **more}
    return deciding.decide(session, CHEN, number, named, "综合评议", on, now=at(max(on, MAY_15)), **about)


def seen(session, on, person=CHEN):
    return choices.rounds(session, person, on)


@pytest.mark.both_databases
def test_the_whole_way_from_nomination_to_revocation(session):
    for table in (Firm, Account, Import, Return, ReturnRow):
        audit.touch(session, table, table.id.is_not(None))
    published(session)
    assert seen(session, MAY_8)[0].state == "public"
    assert (seen(session, MAY_8)[0].ends_on, seen(session, LAST + timedelta(days=1))[0].state) == (LAST, "over")
    one = decide(session)
    assert (one.state, one.seconded_by, one.place) == (
        "named",
        SECOND.name,
        seen(session, MAY_15)[0].nominations[0].place,
    )
    assert choices.years_named(session, LOTUS, MAY_15) == [2024]
    assert choices.years_named(session, LOTUS, MAY_8) == []
    later = MAY_15 + timedelta(days=10)
    deciding.revoke(session, CHEN, 1, "发生重大违法", later, now=at(later), signed_by=SECOND.name)
    assert choices.years_named(session, LOTUS, later) == []
    assert choices.years_named(session, LOTUS, MAY_15) == [2024], "it was named on that day"
    assert [each.state for each in seen(session, MAY_15)[0].nominations] == ["named"]
    assert [each.state for each in seen(session, later)[0].nominations] == ["revoked"]
    assert choices.replay(session, CHEN, 1).same
    audit.verify_all(session)


def test_one_choice_a_year_from_a_ranking_that_has_firms(session):
    begun(session)
    with pytest.raises(ChoiceNotPossible, match="2024"):
        begun(session)
    with pytest.raises(ChoiceNotPossible):
        choosing.begin_round(session, CHEN, 2020, MAY_6, now=at(MAY_6))
    with pytest.raises(ChoiceNotPossible, match="没有"):
        choosing.begin_round(session, CHEN, 2023, date(2022, 1, 1), now=at(MAY_6))
    choosing.withdraw_round(session, CHEN, 1, "口径有误", now=at(MAY_6))
    assert seen(session, MAY_6) == []
    assert begun(session).id == 2
    with pytest.raises(ChoiceNotPossible, match="撤"):
        nominated(session)


def test_whom_the_ranking_does_not_have_is_not_nominated(session):
    begun(session)
    with pytest.raises(ChoiceNotPossible, match="2024-05-06"):
        nominated(session, KAPOK)
    nominated(session)
    with pytest.raises(ChoiceNotPossible, match="已"):
        nominated(session)
    with pytest.raises(ChoiceNotPossible):
        choosing.nominate(session, CHEN, 1, BANYAN, " ", now=at(MAY_6))


def test_a_nomination_is_taken_back_before_the_notice_and_may_be_made_again(session):
    begun(session)
    one = nominated(session)
    choosing.withdraw_nomination(session, CHEN, one.id, "企业放弃", now=at(MAY_6))
    assert seen(session, MAY_6)[0].nominations == []
    with pytest.raises(ChoiceNotPossible, match="公示"):
        choosing.publish(session, CHEN, 1, MAY_8, now=at(MAY_8))
    nominated(session)
    choosing.publish(session, CHEN, 1, MAY_8, now=at(MAY_8))
    for refused in (
        lambda: nominated(session, BANYAN),
        lambda: choosing.publish(session, CHEN, 1, MAY_8, now=at(MAY_8)),
    ):
        with pytest.raises(ChoiceNotPossible, match="2024-05-08"):
            refused()
    with pytest.raises(ChoiceNotPossible, match="2024-05-08"):
        choosing.withdraw_nomination(session, CHEN, 2, "太迟", now=at(MAY_8))


def test_nothing_is_public_before_its_ranking_or_for_no_days(session):
    begun(session)
    nominated(session)
    with pytest.raises(ChoiceNotPossible, match="2024-05-06"):
        choosing.publish(session, CHEN, 1, date(2024, 5, 5), now=at(MAY_8))
    with pytest.raises(OpinionNotPossible):
        choosing.publish(session, CHEN, 1, MAY_8, now=at(MAY_8), working_days=0)
    assert choosing.publish(session, CHEN, 1, MAY_8, now=at(MAY_8), working_days=1).ends_on == date(2024, 5, 9)


def test_it_is_decided_after_the_last_day_and_not_on_it(session):
    published(session)
    with pytest.raises(ChoiceNotPossible, match="2024-05-14"):
        decide(session, on=LAST)
    with pytest.raises(ChoiceNotPossible, match="写明"):
        deciding.decide(session, CHEN, 1, True, "", MAY_15, now=at(MAY_15), signed_by=SECOND.name)
    decide(session)
    with pytest.raises(ChoiceNotPossible):
        decide(session)


def test_before_the_notice_nobody_is_decided(session):
    begun(session)
    nominated(session)
    with pytest.raises(ChoiceNotPossible, match="公示"):
        decide(session)


@pytest.mark.parametrize("signed_by", [None, CHEN.name, "谁也不是"])
def test_naming_and_revoking_need_a_second_person_and_not_naming_does_not(session, signed_by):
    published(session)
    with pytest.raises(NotAllowed):
        decide(session, signed_by=signed_by)
    assert decide(session, named=False, signed_by=None).state == "not_named"
    with pytest.raises(NotAllowed):
        deciding.revoke(session, CHEN, 1, "撤", MAY_15, now=at(MAY_15), signed_by=signed_by)
    with pytest.raises(ChoiceNotPossible):
        deciding.revoke(session, CHEN, 1, "撤", MAY_15, now=at(MAY_15), signed_by=SECOND.name)


def test_an_objection_is_answered_before_anything_is_decided_and_an_upheld_one_bars_the_name(session):
    published(session)
    with pytest.raises(ChoiceNotPossible):
        deciding.object_to(session, CHEN, 1, "某公司", "数据不实", MAY_6, now=at(MAY_8))
    one = deciding.object_to(session, CHEN, 1, "某公司", "数据不实", MAY_8, now=at(MAY_8))
    with pytest.raises(ChoiceNotPossible, match="已"):
        deciding.object_to(session, CHEN, 1, "某公司", "数据不实", MAY_8, now=at(MAY_8))
    late = deciding.object_to(session, CHEN, 1, "某人", "迟到", MAY_15, now=at(MAY_15))
    assert [each.late for each in seen(session, MAY_15)[0].nominations[0].objections] == [False, True]
    with pytest.raises(ChoiceNotPossible, match="答复"):
        decide(session)
    with pytest.raises(ChoiceNotPossible, match="2024-05-15"):
        deciding.answer_objection(session, CHEN, late.id, False, "不成立", MAY_8, now=at(MAY_15))
    deciding.answer_objection(session, CHEN, late.id, False, "不成立", MAY_15, now=at(MAY_15))
    deciding.answer_objection(session, CHEN, one.id, True, "属实", MAY_15, now=at(MAY_15))
    with pytest.raises(ChoiceNotPossible, match="成立"):
        decide(session)
    deciding.answer_objection(session, CHEN, one.id, False, "复核后不成立", MAY_15, now=at(MAY_15))
    decide(session)
    with pytest.raises(ChoiceNotPossible):
        deciding.answer_objection(session, CHEN, one.id, True, "改口", MAY_15, now=at(MAY_15))
    with pytest.raises(NotFound):
        deciding.answer_objection(session, CHEN, 9, True, "无", MAY_15, now=at(MAY_15))


def test_a_district_nominates_its_own_firms_and_keeps_nothing(session):
    begun(session)
    assert nominated(session, BANYAN, JIANGHAI).nominated_by == JIANGHAI.name
    with pytest.raises(NotAllowed):
        nominated(session, LOTUS, JIANGHAI)
    for act in (
        lambda: choosing.begin_round(session, JIANGHAI, 2025, MAY_6, now=at(MAY_6)),
        lambda: choosing.publish(session, JIANGHAI, 1, MAY_8, now=at(MAY_8)),
        lambda: deciding.decide(session, JIANGHAI, 1, True, "定", MAY_15, now=at(MAY_15), signed_by=SECOND.name),
        lambda: choices.rounds(session, LOTUS_CLERK, MAY_6),
        lambda: choices.rounds(session, ANA, MAY_6),
        lambda: choices.ranking_of(session, LOTUS_CLERK, MAY_6),
    ):
        with pytest.raises(NotAllowed):
            act()
    nominated(session)
    assert [each.firm_id for each in seen(session, MAY_6, JIANGHAI)[0].nominations] == [BANYAN]


def test_a_firm_reads_its_own_indicators_and_whether_it_was_named(session):
    published(session)
    own = choices.of_firm(session, LOTUS_CLERK, LOTUS, MAY_8)
    assert own.years == []
    assert {one.indicator: one.value for one in own.indicators}["class1_ip"] == 3
    decide(session)
    assert choices.of_firm(session, LOTUS_CLERK, LOTUS, MAY_15).years == [2024]
    with pytest.raises(NotAllowed):
        choices.of_firm(session, LOTUS_CLERK, BANYAN, MAY_15)


def test_a_later_return_changes_no_past_ranking_and_an_undone_one_is_told(session, engine):
    begun(session)
    session.commit()
    state(engine, LOTUS, 2023, source="audited", known_on=date(2024, 6, 1), revenue_cny=9e9)
    again = choices.replay(session, CHEN, 1)
    assert (again.same, again.sealed, again.ranked) == (True, True, 2)
    session.execute(update(Return).where(Return.id == 3).values(in_force=False))
    again = choices.replay(session, CHEN, 1)
    assert (again.same, again.sealed) == (False, True)
    assert LOTUS in again.differences
    assert set(choices.replay(session, JIANGHAI, 1).differences) <= {BANYAN}
    session.execute(update(PacesetterRound).values(ranking=[[BANYAN, "growth", 1, 100.0]]))
    session.expire_all()
    assert not choices.replay(session, CHEN, 1).sealed

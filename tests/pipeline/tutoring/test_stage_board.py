"""The stage board: a card for each open case with what is known of it, in columns and lanes."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.store.tables import FirmListRow
from pipeline.tutoring import cases, visits
from pipeline.tutoring.stage_board import in_columns, in_lanes, stage_board
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import CHEN, JIANGHAI, JUNE_1, MAY_1, MAY_20, NOW, found, score


@pytest.fixture
def session(engine):
    """Lotus in nurture since 1 May, Banyan in share reform since 20 May; Kapok has no case."""
    found(engine)
    score(engine, {LOTUS: 60.0, BANYAN: 55.0, KAPOK: 50.0}, as_of=date(2024, 1, 1))
    score(engine, {LOTUS: 64.5, BANYAN: 51.0, KAPOK: 50.0}, as_of=MAY_1)
    with Session(engine) as session, session.begin():
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)
        case = cases.case_of(session, BANYAN)
        cases.change_stage(session, CHEN, case.id, "share_reform", MAY_20, now=NOW)
        li = people.add(session, "李科长", "officer", by=people.console(), now=NOW)[0]
        cases.assign_mentor(session, CHEN, case.id, li.id, now=NOW)
    with Session(engine) as session:
        yield session


def by_firm(session, person=CHEN, on=JUNE_1):
    return {card.line.firm_id: card for card in stage_board(session, person, on)}


def test_each_open_case_is_a_card_with_its_days_beside_what_is_typical(session):
    cards = by_firm(session)
    assert list(cards) == [BANYAN, LOTUS]  # 12 days of 9 months before 31 of 36
    assert (cards[LOTUS].line.days_in_stage, cards[BANYAN].line.days_in_stage) == (31, 12)
    assert cards[BANYAN].times_typical == pytest.approx(12 / (9 * 365.25 / 12))
    assert cards[LOTUS].times_typical == pytest.approx(31 / (36 * 365.25 / 12))


def test_a_card_says_by_how_many_points_the_score_changed_since_the_day_before(session):
    cards = by_firm(session)
    assert (cards[LOTUS].change, cards[BANYAN].change) == (4.5, -4.0)


def test_the_first_step_that_is_due_stands_on_the_card_and_an_overdue_one_is_flagged(session):
    visits.record_visit(session, CHEN, LOTUS, MAY_20, "情况", "补审计报告", date(2024, 5, 25), now=NOW)
    visits.record_visit(session, CHEN, LOTUS, MAY_20, "情况二", "开董事会", date(2024, 7, 1), now=NOW)
    visits.record_visit(session, CHEN, BANYAN, MAY_20, "情况", "开股东会", date(2024, 7, 1), now=NOW)
    cards = by_firm(session)
    assert (cards[LOTUS].next_step.next_step, "overdue" in cards[LOTUS].flags) == ("补审计报告", True)
    assert (cards[BANYAN].next_step.next_step, "overdue" in cards[BANYAN].flags) == ("开股东会", False)


def test_flags_name_what_is_odd(engine, session):
    happened(engine, LOTUS, "share_reform", MAY_20)  # a file says so; the case stands in nurture
    session.add(FirmListRow(firm_id=BANYAN, in_doubt=True, district_code="440704"))
    session.flush()
    cards = by_firm(session)
    assert cards[LOTUS].flags == ("otherwise", "no_mentor")
    assert cards[BANYAN].flags == ("doubt",)


def test_a_person_sees_the_cases_of_their_district(session):
    assert list(by_firm(session, JIANGHAI)) == [BANYAN]


def test_cards_stand_in_the_column_of_their_stage_and_in_lanes(session):
    cards = stage_board(session, CHEN, JUNE_1)
    columns = in_columns(cards)
    assert [card.line.firm_id for card in columns["nurture"]] == [LOTUS]
    assert [card.line.firm_id for card in columns["share_reform"]] == [BANYAN]
    assert columns["listed"] == []
    assert sum(map(len, columns.values())) == len(cards)
    assert list(in_lanes(cards, "mentor")) == ["李科长", None]
    assert set(in_lanes(cards, "district")) == {"440703", "440704"}

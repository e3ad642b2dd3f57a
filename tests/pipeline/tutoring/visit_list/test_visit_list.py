"""The list of all visits: each condition beside its near miss, pages, and who sees which."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.errors import NotAllowed
from pipeline.tutoring import cases, corrections, visits
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.file_checks import checked
from pipeline.tutoring.visit_list.conditions import VisitConditions, WrongCondition, from_address, in_address
from pipeline.tutoring.visit_list.visit_list import VisitCounts, count_visits, visit_lines, visitors
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools.city import CHEN, JIANGHAI, JUNE_1, LI, LOTUS_CLERK, MAY_1, MAY_20, NOW, found
from tests.pipeline.tutoring.attachments.files import pdf

MAY_10 = date(2024, 5, 10)
ALL = VisitConditions()
FULL = {
    "district": "440704",
    "person": "陈主任",
    "from": "2024-05-01",
    "to": "2024-05-20",
    "stage": "nurture",
    "step": "overdue",
    "attached": "1",
    "words": "100%_",
    "firm": LOTUS,
    "withdrawn": "1",
}


@pytest.fixture
def session(engine):
    """Visits 1 to 4: Lotus with an overdue step, Banyan with one that is not, Lotus with its step done, one
    withdrawn."""
    found(engine)
    with Session(engine) as session:
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)

        def visit(by, firm, on, findings, step=None, due=None):
            return visits.record_visit(session, by, firm, on, findings, step, due, now=NOW).id

        visit(CHEN, LOTUS, MAY_1, "产能满负荷 100%_", "补审计报告", MAY_20)
        visit(LI, BANYAN, MAY_10, "Audit 完成 100x", "报送材料", JUNE_1)
        visits.finish_step(session, CHEN, visit(CHEN, LOTUS, MAY_20, "社保", "补缴", MAY_20), MAY_20, now=NOW)
        corrections.withdraw_visit(session, CHEN, visit(CHEN, LOTUS, MAY_20, "误录", "误", MAY_20), "误录", now=NOW)
        corrections.withdraw_step(
            session, CHEN, visit(CHEN, BANYAN, MAY_1, "补充", "作废事项", MAY_10), "不需要", now=NOW
        )
        attachments.attach(session, LI, 2, checked("纪要.pdf", pdf()), now=NOW)
        attachments.attach(session, CHEN, 1, checked("错.pdf", pdf()), now=NOW)
        attachments.withdraw(session, CHEN, 2, "错", now=NOW)
        yield session


def test_each_condition_keeps_what_fits_and_not_its_neighbour(session):
    wanted = {
        ALL: [3, 2, 5, 1],
        VisitConditions(withdrawn=True): [4, 3, 2, 5, 1],
        VisitConditions(district="440704"): [2, 5],
        VisitConditions(person=LI.name): [2],
        VisitConditions(since=MAY_10): [3, 2],
        VisitConditions(since=MAY_10, until=MAY_10): [2],
        VisitConditions(until=date(2024, 5, 9)): [5, 1],
        VisitConditions(stage="nurture"): [3, 2, 5, 1],
        VisitConditions(stage="inquiry"): [],
        VisitConditions(step="open"): [2, 1],
        VisitConditions(step="overdue"): [1],
        VisitConditions(attached=True): [2],
        VisitConditions(words="100%_"): [1],
        VisitConditions(words="audit"): [2],
        VisitConditions(words="审计"): [1],
        VisitConditions(words="作废"): [],
        VisitConditions(words="榕动"): [2, 5],
        VisitConditions(firm_id=LOTUS): [3, 1],
        VisitConditions(firm_id=LOTUS, step="overdue", words="满负荷", person=CHEN.name): [1],
    }
    got = {chosen: [line.id for line in visit_lines(session, CHEN, JUNE_1, chosen)] for chosen in wanted}
    assert got == wanted
    for chosen, listed in wanted.items():
        assert count_visits(session, CHEN, JUNE_1, chosen).visits == len(listed)
    assert count_visits(session, CHEN, JUNE_1, ALL) == VisitCounts(4, 2, 1)
    mentor, _password = people.add(session, "何科员", "officer", by=people.console(), now=NOW)
    cases.assign_mentor(session, CHEN, 1, mentor.id, now=NOW)  # of the case of Lotus
    assert [line.id for line in visit_lines(session, CHEN, JUNE_1, VisitConditions(person="何科员"))] == [3, 1]
    assert set(visitors(session, CHEN)) == {CHEN.name, LI.name, "何科员"}


def test_a_page_is_the_next_part_of_the_same_order_and_a_later_visit_is_not_known_yet(session):
    parts = [visit_lines(session, CHEN, JUNE_1, ALL, limit=3, offset=at) for at in (0, 3, 6)]
    assert [[line.id for line in part] for part in parts] == [[3, 2, 5], [1], []]
    assert [line.id for line in visit_lines(session, CHEN, MAY_10, ALL)] == [2, 5, 1]
    assert [line.days_late for line in visit_lines(session, CHEN, JUNE_1, ALL)] == [None, 0, None, 12]
    (late,) = visit_lines(session, CHEN, JUNE_1, VisitConditions(step="overdue"))
    assert (late.firm_name, late.district_code, late.next_step, late.files) == (
        "莲芯传感（虚构）",
        "440703",
        "补审计报告",
        0,
    )


def test_an_officer_of_a_district_sees_its_visits_and_a_firm_its_own_without_what_was_found(session):
    assert [line.id for line in visit_lines(session, JIANGHAI, JUNE_1, ALL)] == [2, 5]
    assert visit_lines(session, JIANGHAI, JUNE_1, VisitConditions(district="440703")) == []
    assert set(visitors(session, JIANGHAI)) == {CHEN.name, LI.name}
    own = visit_lines(session, LOTUS_CLERK, JUNE_1, ALL)
    assert [(line.id, line.findings, line.files) for line in own] == [(3, None, 0), (1, None, 0)]
    for hidden in (VisitConditions(words="产能"), VisitConditions(attached=True), VisitConditions(withdrawn=True)):
        with pytest.raises(NotAllowed):
            visit_lines(session, LOTUS_CLERK, JUNE_1, hidden)
    with pytest.raises(WrongCondition):
        count_visits(session, CHEN, JUNE_1, VisitConditions(since=MAY_20, until=MAY_1))


def test_an_address_and_the_conditions_say_the_same_and_junk_in_it_narrows_nothing():
    chosen = from_address(FULL)
    assert chosen == VisitConditions(
        "440704", "陈主任", MAY_1, MAY_20, "nurture", "overdue", True, "100%_", LOTUS, True
    )
    assert in_address(chosen) == FULL
    junk = {"district": "x", "from": "soon", "stage": "x", "step": "x", "attached": "2", "words": "  ", "other": "1"}
    assert from_address(junk) == ALL
    assert in_address(replace(ALL, step="open")) == {"step": "open"}

"""One firm, one plan: milestones from the stage and from what the rules miss, by hand."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.errors import NotAllowed
from pipeline.language import ENGLISH, Message, speaking
from pipeline.plans import firm_plan
from pipeline.plans.firm_plan import gap_milestones, proposed_plan, stage_milestones
from pipeline.tutoring import cases
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.tasks import tasks
from tests.cast import LOTUS, happened, state
from tests.pipeline.pools.city import ANA, CHEN, JUNE_1, MAY_1, NOW, found

ON_SQLITE_ALONE = True

OF_2024 = date(2024, 6, 1)


def stages(*arguments):
    return [(one.stage, one.due_on) for one in stage_milestones(*arguments)]


def test_each_stage_that_is_left_comes_after_the_middle_of_a_typical_stay():
    # 21 months in nurture, 6 with advisers, 6 in share reform; 0.3 filed and 7.5 accepted; 1.25 until the application.
    found = stages("nurture", date(2024, 1, 1), {"nurture"}, OF_2024)
    assert [stage for stage, _day in found] == list(firm_plan.MILESTONES)
    days = [(day - date(2024, 1, 1)).days for _stage, day in found]
    assert days == [639, 639 + 183, 639 + 183 + 183, 639 + 183 + 183 + 237, 639 + 183 + 183 + 237 + 38]


def test_what_should_have_been_reached_already_is_proposed_for_a_month_from_now():
    found = stages("nurture", date(2015, 1, 1), {"nurture"}, OF_2024)
    assert found[0] == ("advisers", date(2024, 7, 1))
    assert found[1][1] > found[0][1]


def test_share_reform_and_advisers_come_in_either_order_and_only_before_tutoring():
    assert next(stage for stage, _day in stages("share_reform", MAY_1, {"share_reform"}, OF_2024)) == "advisers"
    both = {"share_reform", "advisers"}
    assert next(stage for stage, _day in stages("share_reform", MAY_1, both, OF_2024)) == "tutoring_filed"
    left = [stage for stage, _day in stages("tutoring_accepted", MAY_1, {"tutoring_accepted"}, OF_2024)]
    assert left == ["tutoring_passed", "filed"]
    assert stages("inquiry", MAY_1, {"inquiry"}, OF_2024) == []


@pytest.mark.parametrize(
    ("on", "due"),
    [(date(2024, 4, 29), date(2024, 4, 30)), (date(2024, 4, 30), date(2025, 4, 30)), (OF_2024, date(2025, 4, 30))],
)
def test_a_line_that_is_missed_is_due_when_the_next_accounts_are_public(on, due):
    assert [one.due_on for one in gap_milestones([Message("x")], on)] == [due]


@pytest.fixture
def session(engine):
    """Lotus, small and profitable: its case is open since May."""
    found(engine)
    for year in (2022, 2023):
        state(engine, LOTUS, year, net_profit_cny=5e6, revenue_cny=6e7)
    with Session(engine) as session:
        cases.open_case(session, CHEN, LOTUS, MAY_1, now=NOW)
        yield session


@pytest.mark.both_databases
def test_a_plan_names_stages_and_gaps_of_the_board_by_their_days(session):
    plan = proposed_plan(session, CHEN, LOTUS, JUNE_1, "bse")
    assert plan.board == "bse"
    assert [one.stage for one in plan.milestones if one.stage] == list(firm_plan.MILESTONES)
    gaps = [one for one in plan.milestones if one.stage is None]
    assert gaps
    assert not [one for one in gaps if str(one.what).endswith("满足")]  # what is met is no milestone
    assert {one.due_on for one in gaps} == {date(2025, 4, 30)}
    assert [one.due_on for one in plan.milestones] == sorted(one.due_on for one in plan.milestones)


def test_what_stands_among_the_tasks_is_not_proposed_again_in_either_language(session):
    before = proposed_plan(session, CHEN, LOTUS, JUNE_1, "bse").milestones
    gap = next(one for one in before if one.stage is None)
    with speaking(ENGLISH):
        tasks.add_task(session, CHEN, LOTUS, str(gap.what), gap.due_on, now=NOW)
    tasks.add_task(session, CHEN, LOTUS, "签约", JUNE_1, now=NOW, stage="advisers")
    after = proposed_plan(session, CHEN, LOTUS, JUNE_1, "bse").milestones
    assert len(after) == len(before) - 2
    assert gap.what not in [one.what for one in after]
    assert "advisers" not in [one.stage for one in after]


def test_what_events_say_is_reached_is_not_planned(engine, session):
    session.commit()
    happened(engine, LOTUS, "share_reform", date(2023, 9, 1))
    assert "share_reform" not in [one.stage for one in proposed_plan(session, CHEN, LOTUS, JUNE_1, "bse").milestones]


def test_a_firm_of_which_nothing_is_known_gets_the_stages_alone(engine, session):
    plan = proposed_plan(session, CHEN, LOTUS, JUNE_1)  # no list says which board fits
    assert plan.board is None
    assert all(one.stage for one in plan.milestones)


def test_a_plan_needs_an_open_case_and_the_right_to_see_it(session):
    with pytest.raises(NotAllowed):
        proposed_plan(session, ANA, LOTUS, JUNE_1)
    cases.close_case(session, CHEN, cases.case_of(session, LOTUS).id, "pool_exit", "退出", JUNE_1, now=NOW)
    with pytest.raises(CaseNotPossible, match="无从提出计划"):
        proposed_plan(session, CHEN, LOTUS, JUNE_1)

"""Tutoring cases: opened, moved along, taken back, closed."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.facts import events_as_known_on
from pipeline.store.tables import AuditEntry, Case, Event, Firm
from pipeline.tutoring import cases
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.mentoring import accounts_of, mentors
from tests.cast import BANYAN, LOTUS, happened
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LI, LOTUS_CLERK, MAY_1, MAY_20, NOW, found

ON_SQLITE_ALONE = True


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def opened(session, firm=LOTUS, on=MAY_1):
    return cases.open_case(session, CHEN, firm, on, now=NOW)


def move(session, case, stage, on=MAY_20, by=CHEN):
    """Without what its gate asks for: gates have tests of their own (test_gates.py)."""
    return cases.change_stage(session, by, case.id, stage, on, now=NOW, waive="从简")


def events(session, firm=LOTUS):
    return [
        (event.kind, event.occurred_on, event.in_force)
        for event in session.scalars(select(Event).where(Event.firm_id == firm).order_by(Event.id))
    ]


def test_a_case_begins_with_nurture_on_its_day(session):
    case = opened(session)
    assert (case.stage, case.stage_since, case.opened_on, case.closed_on) == ("nurture", MAY_1, MAY_1, None)


def test_a_case_begins_where_the_firms_events_have_brought_it(engine, session):
    happened(engine, LOTUS, "advisers_signed", date(2023, 3, 1))
    happened(engine, LOTUS, "share_reform", date(2023, 9, 1))
    case = opened(session)
    assert (case.stage, case.stage_since) == ("share_reform", date(2023, 9, 1))


def test_what_became_known_only_later_does_not_count_at_the_opening(engine, session):
    happened(engine, LOTUS, "share_reform", date(2023, 9, 1), known_on=date(2024, 5, 2))
    assert opened(session).stage == "nurture"


def test_a_firm_has_one_open_case(session):
    opened(session)
    with pytest.raises(cases.CaseNotPossible, match="已有在办"):
        opened(session)


def test_a_firm_list_row_gets_no_case(engine, session):
    happened(engine, LOTUS, "listed", date(2023, 9, 1))
    with pytest.raises(cases.CaseNotPossible, match="已经上市"):
        opened(session)


def test_a_stage_is_recorded_by_its_day_and_becomes_an_event_that_training_can_read(engine, session):
    case = opened(session)
    move(session, case, "share_reform", date(2024, 5, 10))
    assert (case.stage, case.stage_since) == ("share_reform", date(2024, 5, 10))
    session.commit()
    known = events_as_known_on(engine, NOW.date())
    assert known[["firm_id", "kind"]].to_numpy().tolist() == [[LOTUS, "share_reform"]]
    assert events_as_known_on(engine, date(2024, 5, 31)).empty  # it was written down on 1 June


def test_an_event_that_a_file_has_stated_is_not_stated_twice(engine, session):
    case = opened(session)
    session.commit()
    happened(engine, LOTUS, "share_reform", date(2024, 5, 10))
    move(session, case, "share_reform", date(2024, 5, 10))
    assert events(session) == [("share_reform", date(2024, 5, 10), True)]


@pytest.mark.parametrize("first", ["advisers", "share_reform"])
def test_advisers_and_share_reform_come_in_either_order(session, first):
    second = {"advisers": "share_reform", "share_reform": "advisers"}[first]
    case = opened(session)
    for stage in (first, second):
        move(session, case, stage)
    assert [stage.id for stage in cases.possible_stages(session, case)] == ["tutoring_filed"]


def test_a_stage_is_not_entered_twice(session):
    case = opened(session)
    for stage in ("advisers", "share_reform"):
        move(session, case, stage)
    with pytest.raises(cases.CaseNotPossible, match="可进入：辅导备案"):
        move(session, case, "advisers")


@pytest.mark.parametrize("stage", ["tutoring_filed", "listed", "nurture"])
def test_no_stage_is_jumped_over_and_none_repeated(session, stage):
    case = opened(session)
    with pytest.raises(cases.CaseNotPossible, match="可进入：签约中介、股改"):
        move(session, case, stage)


def test_an_unknown_stage_is_named_with_those_there_are(session):
    case = opened(session)
    with pytest.raises(cases.CaseNotPossible, match="moon 不是辅导阶段"):
        move(session, case, "moon")


@pytest.mark.parametrize(("on", "possible"), [(date(2024, 5, 10), True), (date(2024, 5, 9), False)])
def test_a_stage_is_not_reached_before_the_one_it_follows(session, on, possible):
    case = opened(session)
    move(session, case, "advisers", date(2024, 5, 10))
    if possible:
        move(session, case, "share_reform", on)
    else:
        with pytest.raises(cases.CaseNotPossible, match="不可能在 2024-05-09"):
            move(session, case, "share_reform", on)


def test_a_stage_is_not_reached_in_the_future(session):
    case = opened(session)
    with pytest.raises(audit.NotYet):
        move(session, case, "advisers", date(2024, 6, 3))


WAY = [
    "advisers",
    "share_reform",
    "tutoring_filed",
    "tutoring_accepted",
    "tutoring_passed",
    "filed",
    "accepted",
    "inquiry",
    "committee",
    "registration_submitted",
    "registered",
    "listed",
]


@pytest.mark.both_databases
def test_a_case_that_goes_all_the_way_ends_as_listed(session):
    case = opened(session)
    for stage in WAY:
        move(session, case, stage)
    assert (case.outcome, case.closed_on) == ("listed", MAY_20)
    assert [kind for kind, _on, _force in events(session)] == [
        "advisers_signed",
        "share_reform",
        "tutoring_filed",
        "tutoring_accepted",
        "tutoring_passed",
        "filed",
        "accepted",
        "inquiry",
        "listing_committee_passed",
        "registration_submitted",
        "registered",
        "listed",
    ]
    with pytest.raises(cases.CaseNotPossible, match="已于 2024-05-20 结案（上市）"):
        cases.close_case(session, CHEN, case.id, "withdrawn", "-", MAY_20, now=NOW)


@pytest.mark.parametrize(
    ("stages", "outcome", "possible"),
    [
        (0, "pool_exit", True),
        (0, "tutoring_terminated", False),
        (3, "tutoring_terminated", True),
        (3, "pool_exit", False),
        (5, "tutoring_terminated", True),
        (6, "withdrawn", True),
        (6, "rejected", False),
        (8, "rejected", True),
        (8, "withdrawn", True),
        (11, "registration_lapsed", True),
        (11, "rejected", False),
        (2, "closed_down", True),
        (2, "listed", False),
        (2, "vanished", False),
    ],
)
def test_a_case_ends_by_a_way_out_of_its_stage(session, stages, outcome, possible):
    case = opened(session)
    for stage in WAY[:stages]:
        move(session, case, stage)
    if possible:
        cases.close_case(session, CHEN, case.id, outcome, "券商退出", JUNE_1, now=NOW)
        assert (case.outcome, case.closed_on, case.closed_why) == (outcome, JUNE_1, "券商退出")
        assert cases.case_of(session, LOTUS) is None
    else:
        with pytest.raises(cases.CaseNotPossible, match="不能以"):
            cases.close_case(session, CHEN, case.id, outcome, "券商退出", JUNE_1, now=NOW)


def test_a_case_does_not_end_before_its_stage_began_or_without_a_reason(session):
    case = opened(session, on=MAY_20)
    with pytest.raises(cases.CaseNotPossible, match="结案日期不能早于"):
        cases.close_case(session, CHEN, case.id, "pool_exit", "-", MAY_1, now=NOW)
    with pytest.raises(cases.CaseNotPossible, match="写明理由"):
        cases.close_case(session, CHEN, case.id, "pool_exit", "  ", MAY_20, now=NOW)
    assert case.closed_on is None


def test_a_firm_comes_back_after_its_tutoring_ended_where_it_stood(session):
    case = opened(session)
    for stage in WAY[:3]:
        move(session, case, stage)
    cases.close_case(session, CHEN, case.id, "tutoring_terminated", "更换券商", MAY_20, now=NOW)
    again = opened(session, on=JUNE_1)
    assert again.id != case.id
    assert again.stage == "share_reform"


# --- taken back


def test_a_stage_recorded_by_mistake_is_taken_back_with_its_event_and_stays_on_record(session):
    case = opened(session)
    move(session, case, "advisers", date(2024, 5, 10))
    move(session, case, "share_reform")
    cases.take_back(session, CHEN, case.id, "录错企业", now=NOW)
    assert (case.stage, case.stage_since) == ("advisers", date(2024, 5, 10))
    assert events(session) == [("advisers_signed", date(2024, 5, 10), True), ("share_reform", MAY_20, False)]
    recorded = [(entry.stage, entry.taken_back_why) for entry in cases.history(session, CHEN, case.id)]
    assert recorded == [("nurture", None), ("advisers", None), ("share_reform", "录错企业")]
    move(session, case, "share_reform")


def test_the_event_of_a_file_stays_when_the_officers_stage_is_taken_back(engine, session):
    case = opened(session)
    session.commit()
    happened(engine, LOTUS, "share_reform", MAY_20)
    move(session, case, "share_reform")
    cases.take_back(session, CHEN, case.id, "录错企业", now=NOW)
    assert events(session) == [("share_reform", MAY_20, True)]


def test_a_case_closed_by_mistake_is_opened_again_and_the_event_of_its_end_withdrawn(session):
    case = opened(session)
    for stage in WAY[:3]:
        move(session, case, stage)
    cases.close_case(session, CHEN, case.id, "tutoring_terminated", "更换券商", MAY_20, now=NOW)
    cases.take_back(session, CHEN, case.id, "未终止", now=NOW)
    assert (case.closed_on, case.outcome, case.closed_why, case.stage) == (None, None, None, "tutoring_filed")
    assert events(session)[-1] == ("tutoring_terminated", MAY_20, False)


@pytest.mark.both_databases
def test_a_listing_recorded_by_mistake_opens_the_case_again_at_the_stage_before(session):
    case = opened(session)
    for stage in WAY:
        move(session, case, stage)
    cases.take_back(session, CHEN, case.id, "尚未上市", now=NOW)
    assert (case.closed_on, case.outcome, case.stage) == (None, None, "registered")
    assert events(session)[-1] == ("listed", MAY_20, False)


def test_the_opening_itself_is_not_taken_back(session):
    case = opened(session)
    with pytest.raises(cases.CaseNotPossible, match="没有可撤回的记录"):
        cases.take_back(session, CHEN, case.id, "录错", now=NOW)


def test_an_old_case_is_not_opened_beside_a_newer_one(session):
    old = opened(session)
    cases.close_case(session, CHEN, old.id, "pool_exit", "退出", MAY_20, now=NOW)
    opened(session, on=MAY_20)
    with pytest.raises(cases.CaseNotPossible, match="已有新的在办档案"):
        cases.take_back(session, CHEN, old.id, "录错", now=NOW)


# --- events that files state


@pytest.mark.both_databases
def test_cases_catch_up_with_what_files_have_stated_since(engine, session):
    case = opened(session)
    opened(session, BANYAN)
    session.commit()
    happened(engine, LOTUS, "share_reform", date(2024, 5, 5))
    happened(engine, LOTUS, "tutoring_filed", date(2024, 5, 25))
    happened(engine, BANYAN, "share_reform", date(2024, 5, 25), known_on=date(2024, 6, 20))
    moved = cases.catch_up(session, CHEN, JUNE_1, now=NOW)
    assert [one.id for one in moved] == [case.id]
    assert (case.stage, case.stage_since) == ("tutoring_filed", date(2024, 5, 25))
    assert [entry.stage for entry in cases.history(session, CHEN, case.id)] == [
        "nurture",
        "share_reform",
        "tutoring_filed",
    ]
    assert cases.catch_up(session, CHEN, JUNE_1, now=NOW) == []


def test_a_case_whose_firm_a_file_calls_listed_is_closed_as_listed(engine, session):
    case = opened(session)
    session.commit()
    happened(engine, LOTUS, "listed", date(2024, 5, 25))
    cases.catch_up(session, CHEN, JUNE_1, now=NOW)
    assert (case.stage, case.outcome, case.closed_on) == ("listed", "listed", date(2024, 5, 25))


def test_a_way_out_that_a_file_states_waits_for_a_person(engine, session):
    case = opened(session)
    for stage in WAY[:3]:
        move(session, case, stage, MAY_1)
    session.commit()
    happened(engine, LOTUS, "tutoring_terminated", MAY_20)
    assert cases.catch_up(session, CHEN, JUNE_1, now=NOW) == []
    assert case.stage == "tutoring_filed"


def test_an_event_from_before_the_opening_that_became_known_later_moves_the_case(engine, session):
    case = opened(session)
    session.commit()
    happened(engine, LOTUS, "share_reform", date(2024, 3, 1), known_on=date(2024, 5, 10))
    cases.catch_up(session, CHEN, JUNE_1, now=NOW)
    assert (case.stage, case.stage_since) == ("share_reform", date(2024, 3, 1))


def test_a_filing_of_before_its_tutoring_ended_moves_no_later_case(engine, session):
    for kind, on in (("share_reform", 1), ("tutoring_filed", 2), ("tutoring_terminated", 3)):
        happened(engine, LOTUS, kind, date(2024, on, 1))
    case = opened(session)
    assert case.stage == "share_reform"
    assert cases.catch_up(session, CHEN, JUNE_1, now=NOW) == []
    session.commit()
    happened(engine, LOTUS, "tutoring_filed", MAY_20)
    assert cases.catch_up(session, CHEN, JUNE_1, now=NOW) == [case]


def test_a_stage_that_an_officer_took_back_is_not_entered_again_by_the_same_event(engine, session):
    case = opened(session)
    session.commit()
    happened(engine, LOTUS, "share_reform", MAY_20)
    cases.catch_up(session, CHEN, JUNE_1, now=NOW)
    cases.take_back(session, CHEN, case.id, "股改未完成", now=NOW)
    assert cases.catch_up(session, CHEN, JUNE_1, now=NOW) == []
    (line,) = cases.open_cases(session, CHEN, JUNE_1)
    assert line.says_otherwise.stage == "share_reform"


@pytest.mark.parametrize("first", ["advisers", "share_reform"])
def test_a_case_with_both_advisers_and_share_reform_agrees_with_its_events_in_either_order(session, first):
    case = opened(session)
    for stage in (first, {"advisers": "share_reform", "share_reform": "advisers"}[first]):
        move(session, case, stage)
    assert cases.open_cases(session, CHEN, JUNE_1)[0].says_otherwise is None
    assert cases.catch_up(session, CHEN, JUNE_1, now=NOW) == []


def test_a_case_says_where_its_events_put_the_firm_until_it_stands_there(engine, session):
    case = opened(session)
    session.commit()
    assert cases.open_cases(session, CHEN, JUNE_1)[0].says_otherwise is None
    session.commit()
    happened(engine, LOTUS, "advisers_signed", MAY_20)
    assert cases.open_cases(session, CHEN, JUNE_1)[0].says_otherwise.stage == "advisers"
    move(session, case, "advisers", MAY_20)
    assert cases.open_cases(session, CHEN, JUNE_1)[0].says_otherwise is None


def test_a_way_out_that_a_file_states_is_said_of_the_case_it_should_end(engine, session):
    case = opened(session)
    for stage in WAY[:3]:
        move(session, case, stage, MAY_1)
    session.commit()
    happened(engine, LOTUS, "tutoring_terminated", MAY_20)
    (line,) = cases.open_cases(session, CHEN, JUNE_1)
    assert (line.says_otherwise.way_out.kind, line.says_otherwise.stage) == ("tutoring_terminated", "share_reform")


# --- recorded wrongly


def test_the_last_stage_is_corrected_in_one_step_and_both_entries_stay_on_record(session):
    case = opened(session)
    move(session, case, "advisers", date(2024, 5, 10))
    cases.correct_stage(session, CHEN, case.id, "advisers", date(2024, 5, 12), "日期录错", now=NOW)
    assert cases.history(session, CHEN, case.id)[-1].why == "从简"  # what was waived is waived still
    assert (case.stage, case.stage_since) == ("advisers", date(2024, 5, 12))
    recorded = [(entry.entered_on, entry.taken_back_why) for entry in cases.history(session, CHEN, case.id)[1:]]
    assert recorded == [(date(2024, 5, 10), "日期录错"), (date(2024, 5, 12), None)]
    assert events(session) == [
        ("advisers_signed", date(2024, 5, 10), False),
        ("advisers_signed", date(2024, 5, 12), True),
    ]


def test_a_case_that_ended_otherwise_is_opened_again_before_its_stage_is_corrected(session):
    case = opened(session)
    cases.close_case(session, CHEN, case.id, "pool_exit", "退出", MAY_20, now=NOW)
    with pytest.raises(cases.CaseNotPossible, match="已于 2024-05-20 结案"):
        cases.correct_stage(session, CHEN, case.id, "advisers", MAY_20, "录错", now=NOW)


# --- two people


def test_who_comes_second_is_told_what_the_first_did_and_stores_nothing(session):
    case = opened(session)
    seen = case.version
    move(session, case, "advisers", MAY_20, by=LI)
    for change in (
        lambda: cases.change_stage(session, CHEN, case.id, "share_reform", MAY_20, now=NOW, seen=seen),
        lambda: cases.close_case(session, CHEN, case.id, "pool_exit", "退出", MAY_20, now=NOW, seen=seen),
        lambda: cases.take_back(session, CHEN, case.id, "录错", now=NOW, seen=seen),
        lambda: cases.assign_mentor(session, CHEN, case.id, None, now=NOW, seen=seen),
    ):
        with pytest.raises(ChangedMeanwhile, match=r"李科长.*签约中介（2024-05-20）"):
            change()
    assert (case.stage, case.closed_on) == ("advisers", None)
    move(session, case, "share_reform", MAY_20)


def test_who_has_seen_the_case_as_it_is_may_change_it(session):
    case = opened(session)
    seen = session.scalar(select(Case.version).where(Case.id == case.id))
    cases.change_stage(session, CHEN, case.id, "advisers", MAY_20, now=NOW, seen=seen, waive="从简")
    assert case.stage == "advisers"


# --- who


def account(session, name, role=Role.OFFICER, **given):
    return people.add(session, name, role, by=people.console(), now=NOW, **given)[0]


def test_a_mentor_is_named_and_stands_in_the_lists(session):
    case = opened(session)
    li = account(session, "李科长")
    cases.assign_mentor(session, CHEN, case.id, li.id, now=NOW)
    (line,) = cases.open_cases(session, CHEN, MAY_20)
    assert (line.firm_id, line.mentor, line.days_in_stage) == (LOTUS, "李科长", 19)
    cases.assign_mentor(session, CHEN, case.id, None, now=NOW)
    assert cases.open_cases(session, CHEN, MAY_20)[0].mentor is None


def test_the_mentor_that_a_case_has_is_not_assigned_a_second_time(session):
    case = opened(session)
    li = account(session, "李科长")
    cases.assign_mentor(session, CHEN, case.id, li.id, now=NOW)
    with pytest.raises(cases.CaseNotPossible, match="已是"):
        cases.assign_mentor(session, CHEN, case.id, li.id, now=NOW)


@pytest.mark.parametrize(
    "given",
    [
        {"role": Role.ENTERPRISE, "firm_id": LOTUS},
        {"role": Role.ANALYST},
        {"role": Role.OFFICER, "district_code": "440704"},
    ],
)
def test_nobody_is_mentor_who_may_not_visit_the_firm(session, given):
    case = opened(session)
    someone = account(session, "某人", **given)
    with pytest.raises(cases.CaseNotPossible, match="挂点干部须为"):
        cases.assign_mentor(session, CHEN, case.id, someone.id, now=NOW)


@pytest.mark.both_databases
def test_those_who_may_look_after_a_firm_are_the_accounts_whose_visits_reach_it(session):
    for name, role, more in (
        ("李科长", Role.OFFICER, {}),
        ("何科长", Role.OFFICER, {"district_code": "440703"}),
        ("吴科长", Role.OFFICER, {"district_code": "440704"}),
        ("赵科长", Role.OFFICER, {"district_code": "440704"}),
        ("莲芯", Role.ENTERPRISE, {"firm_id": LOTUS}),
        ("Ana B", Role.ANALYST, {}),
    ):
        account(session, name, role=role, **more)

    def reaches(one, firm):
        reach = people.visible_firms(people.person_from(one), people.Action.RECORD_VISITS)
        return session.scalar(select(Firm.id).where(Firm.id == firm, reach)) == firm

    for firm in (*session.scalars(select(Firm.id)), "nobody"):
        at_once = accounts_of(session, firm).mentors
        assert at_once == [one for one in mentors(session) if reaches(one, firm)]
    here = {one.name for one in accounts_of(session, LOTUS).mentors}
    assert {"李科长", "何科长"} <= here
    assert not {"吴科长", "赵科长", "莲芯", "Ana B"} & here


def test_a_disabled_account_is_nobodys_mentor(session):
    case = opened(session)
    li = account(session, "李科长")
    people.disable(session, "李科长", by=people.console(), now=NOW)
    assert mentors(session) == []
    with pytest.raises(cases.CaseNotPossible):
        cases.assign_mentor(session, CHEN, case.id, li.id, now=NOW)


@pytest.mark.parametrize("person", [LOTUS_CLERK, ANA, JIANGHAI])
def test_nobody_keeps_a_case_of_a_firm_out_of_their_reach(session, person):
    case = opened(session)
    with pytest.raises((NotAllowed, NotFound)):
        move(session, case, "advisers", by=person)
    with pytest.raises(NotAllowed):
        cases.open_case(session, person, LOTUS, MAY_1, now=NOW)


def test_an_enterprise_sees_its_own_case_and_no_other(session):
    opened(session)
    other = opened(session, BANYAN)
    assert [line.firm_id for line in cases.open_cases(session, LOTUS_CLERK, MAY_20)] == [LOTUS]
    assert len(cases.cases_of(session, LOTUS_CLERK, LOTUS, MAY_20)) == 1
    with pytest.raises(NotAllowed):
        cases.cases_of(session, LOTUS_CLERK, BANYAN, MAY_20)
    with pytest.raises(NotFound):
        cases.history(session, LOTUS_CLERK, other.id)


def test_a_case_that_does_not_exist_is_named_to_an_officer(session):
    with pytest.raises(NotFound, match="没有第 99 号辅导档案"):
        cases.change_stage(session, CHEN, 99, "advisers", MAY_20, now=NOW)


def test_every_change_stands_in_the_trail(session):
    case = opened(session)
    move(session, case, "advisers")
    cases.take_back(session, CHEN, case.id, "录错", now=NOW)
    cases.close_case(session, CHEN, case.id, "pool_exit", "退出", MAY_20, now=NOW)
    assert [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))] == [
        "open_case",
        "change_stage",
        "take_back",
        "close_case",
    ]
    assert audit.verify(session) == 4

"""Who stands by a firm at three levels; a mentor's account sees its firms alone, and hands them over at its end."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, WrongAccount
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.database import engine_for
from pipeline.store.tables import Account, AuditEntry, Case, Firm, Visit
from pipeline.store.tutoring_tables import Task
from pipeline.tutoring import cases, many_cases, visits
from pipeline.tutoring.agenda import agenda
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.mentors import handover, leaders
from pipeline.tutoring.mentors.workloads import proposed_mentors, workloads
from pipeline.tutoring.tasks import tasks
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import CHEN, JUNE_1, MAY_1, MAY_20, NOW, found

WHY = "分工调整"
CONSOLE = people.console("-")
ACTS = (Action.SEE_FIRMS, Action.SEE_SCORES, Action.SEE_CASES, Action.SEE_FINDINGS, Action.RECORD_VISITS)


@pytest.fixture
def session(sqlite_url):
    """Three firms in tutoring; two mentors (the second of Jianghai), an officer."""
    engine = engine_for(sqlite_url)
    found(engine)
    about = {"password_hash": "-", "stamp": "-", "must_change": False, "created_at": NOW}
    with Session(engine) as session:
        session.add_all(
            Account(name=name, role=role, district_code=district, **about)
            for name, role, district in (
                ("甲", "mentor", None),
                ("乙", "mentor", "440704"),
                ("丙", "officer", None),
                ("副市长", "mentor", None),
            )
        )
        for firm in (LOTUS, BANYAN, KAPOK):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)
        yield session
    engine.dispose()


def number(session, name):
    return session.scalar(select(Account.id).where(Account.name == name))


def person(session, name):
    return people.person_from(session.get_one(Account, number(session, name)))


def case(session, firm):
    return cases.case_of(session, firm)


def give(session, firm, name):
    cases.assign_mentor(session, CHEN, case(session, firm).id, number(session, name), now=NOW)


def lead(session, firm, level, **who):
    return leaders.name_leader(session, CHEN, case(session, firm).id, level, now=NOW, **who)


def reached(session, who, action):
    return set(session.scalars(select(Firm.id).where(people.visible_firms(who, action))))


def test_a_mentor_sees_the_firms_it_looks_after_or_stands_by_alone_and_as_long_as_it_does(session):
    give(session, LOTUS, "甲")
    lead(session, KAPOK, "city", account_id=number(session, "甲"))
    who = person(session, "甲")
    assert all(reached(session, who, action) == {LOTUS, KAPOK} for action in ACTS)
    assert not any(
        people.may(who, action) for action in (Action.KEEP_CASES, Action.DECIDE_POOLS, Action.EXPORT, Action.IMPORT)
    )
    give(session, LOTUS, "丙")
    assert reached(session, who, Action.SEE_FIRMS) == {KAPOK}
    lead(session, KAPOK, "city", name="周主任")
    assert all(reached(session, who, action) == set() for action in ACTS)
    assert people.visible_counts(who) is None, "the stored counts know no firm"


def test_a_mentor_of_a_closed_case_sees_the_firm_no_more(session):
    give(session, LOTUS, "甲")
    cases.close_case(session, CHEN, case(session, LOTUS).id, "moved_away", WHY, MAY_20, now=NOW)
    assert reached(session, person(session, "甲"), Action.SEE_FIRMS) == set()


def test_a_mentor_records_visits_and_closes_tasks_of_its_own_firms_alone(session):
    give(session, LOTUS, "甲")
    who = person(session, "甲")
    visits.record_visit(session, who, LOTUS, MAY_20, "账目已规范", "补流水", JUNE_1, now=NOW)
    task = tasks.add_task(session, CHEN, LOTUS, "整理股东名册", JUNE_1, now=NOW)
    assert tasks.finish(session, who, task.id, JUNE_1, now=NOW).done_by == "甲"
    with pytest.raises(NotAllowed):
        visits.record_visit(session, who, BANYAN, MAY_20, "看看", now=NOW)
    theirs = tasks.add_task(session, CHEN, BANYAN, "补签劳动合同", JUNE_1, now=NOW)
    with pytest.raises(NotFound):
        tasks.finish(session, who, theirs.id, JUNE_1, now=NOW)
    with pytest.raises(tasks.TaskNotPossible):
        tasks.add_task(session, CHEN, BANYAN, "报送", JUNE_1, now=NOW, owner_id=who.id)


def test_a_mentor_of_a_district_looks_after_firms_of_that_district_alone(session):
    give(session, BANYAN, "乙")  # of Jianghai
    with pytest.raises(CaseNotPossible):
        give(session, LOTUS, "乙")
    assert reached(session, person(session, "乙"), Action.SEE_FIRMS) == {BANYAN}


def test_each_level_has_one_leader_at_a_time_and_the_earlier_ones_stay_on_record(session):
    number_ = case(session, LOTUS).id
    lead(session, LOTUS, "town", name=" 李 镇长 ", post="镇长")
    lead(session, LOTUS, "city", account_id=number(session, "副市长"), post="副市长")
    lead(session, LOTUS, "town", name="王镇长", why="换届")
    now = leaders.leaders_of(session, [number_])[number_]
    assert {level: one.name for level, one in now.items()} == {"city": "副市长", "town": "王镇长"}
    assert list(now) == ["city", "town"]
    every = leaders.ever_led(session, CHEN, number_)
    assert [(one.name, one.ended_why) for one in every if one.level == "town"] == [
        ("王镇长", None),
        ("李 镇长", "换届"),
    ]
    earlier = leaders.leaders_of(session, [number_], on=NOW.date() - timedelta(days=1))[number_]
    assert earlier == {}, "nobody was named by then"
    assert lead(session, LOTUS, "town") is None
    assert set(leaders.leaders_of(session, [number_])[number_]) == {"city"}


@pytest.mark.parametrize(
    ("level", "who"),
    [
        ("province", {"name": "省长"}),
        ("city", {"name": "市长"}),
        ("county", {}),
        ("town", {"name": "长" * 81}),
        ("town", {"account_id": 10_000}),
    ],
)
def test_an_unknown_level_the_same_leader_nobody_again_and_a_wrong_name_are_refused(session, level, who):
    lead(session, LOTUS, "city", name="市长")
    with pytest.raises(CaseNotPossible):
        lead(session, LOTUS, level, **who)
    assert len(leaders.ever_led(session, CHEN, case(session, LOTUS).id)) == 1


def test_who_saw_the_leader_before_is_told_and_changes_nothing(session):
    seen = case(session, LOTUS).version
    lead(session, LOTUS, "city", name="市长")
    with pytest.raises(cases.ShownToPeople, match="陈主任"):
        lead(session, LOTUS, "city", name="副市长", seen=seen)


def test_several_firms_get_a_leader_together_and_it_is_undone_for_a_minute(session):
    lead(session, LOTUS, "county", name="老县长")
    all_three = [case(session, firm).id for firm in (LOTUS, BANYAN, KAPOK)]
    later = NOW + timedelta(minutes=3)
    done = many_cases.name_leaders(session, CHEN, all_three, "county", WHY, name="新县长", now=later)
    assert (len(done.done), done.left) == (3, [])
    back = many_cases.undo(session, CHEN, done.act, now=later + timedelta(seconds=30))
    assert len(back.done) == 3
    now = leaders.leaders_of(session, all_three)
    assert [one.name for each in now.values() for one in each.values()] == ["老县长"]


def test_the_day_of_a_leader_shows_the_firms_stood_by(session):
    lead(session, KAPOK, "city", account_id=number(session, "丙"))
    assert agenda.agenda(session, person(session, "丙"), JUNE_1).cases == 1
    lead(session, KAPOK, "city")
    assert agenda.agenda(session, person(session, "丙"), JUNE_1).cases == 3, "an officer without any sees the city"


def test_workloads_count_cases_firms_stood_by_and_what_is_to_be_done(session):
    give(session, LOTUS, "甲")
    lead(session, KAPOK, "city", account_id=number(session, "副市长"))
    tasks.add_task(session, CHEN, LOTUS, "整理股东名册", JUNE_1, now=NOW)
    loads = {each.name: (each.cases, each.leads, each.open_steps) for each in workloads(session, CHEN, JUNE_1)}
    assert loads == {"甲": (1, 0, 1), "乙": (0, 0, 0), "丙": (0, 0, 0), "副市长": (0, 1, 0), None: (2, 0, 0)}
    chosen = proposed_mentors(session, CHEN, [case(session, BANYAN).id, case(session, KAPOK).id])
    assert {one.name for one in chosen.values()} <= {"甲", "乙", "丙"}, "a leader is not proposed for daily work"


def busy(session):
    """甲 has two cases, leads one, and has a step and a task of its own."""
    give(session, LOTUS, "甲")
    give(session, BANYAN, "甲")
    me = number(session, "甲")
    lead(session, KAPOK, "town", account_id=me)
    visits.record_visit(session, CHEN, LOTUS, MAY_20, "账目已规范", "补流水", JUNE_1, now=NOW, owner_id=me)
    tasks.add_task(session, CHEN, BANYAN, "补签劳动合同", JUNE_1, now=NOW, owner_id=me)


def close(session, to):
    return handover.close_account(session, "甲", by=CONSOLE, now=NOW, to=to)


def test_an_account_that_looks_after_something_closes_only_when_it_is_said_who_takes_it(session):
    busy(session)
    with pytest.raises(WrongAccount, match=r"2 个.*1 家.*2 项"):
        close(session, None)
    assert not session.get_one(Account, number(session, "甲")).disabled
    assert handover.held_by(session, number(session, "甲"))


def test_what_a_closed_account_had_goes_to_whom_it_was_given(session):
    busy(session)
    heir = number(session, "丙")
    _account, handed = close(session, "丙")
    assert set(handed.cases.values()) == {"丙"}
    assert (handed.leads, handed.steps, handed.tasks) == (1, 1, 1)
    assert session.get_one(Account, number(session, "甲")).disabled
    assert not handover.held_by(session, number(session, "甲"))
    assert set(session.scalars(select(Visit.owner_id))) == set(session.scalars(select(Task.owner_id))) == {heir}
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (last.action, last.details["cases"]) == ("hand_over_account", 2)


def test_what_a_moved_account_reaches_no_more_goes_to_others_and_the_rest_stays_with_it(session):
    busy(session)
    mine = number(session, "甲")
    before = handover.held_by(session, mine)

    def move(district, to=None):
        return handover.move_account(session, "甲", "mentor", None, district, by=CONSOLE, now=NOW, to=to)

    _account, handed = move(None)  # everywhere: as it was
    assert not handed.cases
    assert handover.held_by(session, mine) == before
    firms = {session.get_one(Case, one).firm_id: one for one in before.mentor_of}
    (away,) = [firm for firm in firms if session.get_one(Firm, firm).district_code != "440704"]
    with pytest.raises(WrongAccount, match="1 个"):
        move("440704")
    assert session.get_one(Account, mine).district_code is None
    _account, handed = move("440704", "丙")
    assert handed.cases == {firms[away]: "丙"}
    assert session.get_one(Account, mine).district_code == "440704"
    assert set(handover.held_by(session, mine).mentor_of) == set(before.mentor_of) - {firms[away]}


def test_by_load_each_case_gets_somebody_and_to_nobody_they_are_left_without(session):
    busy(session)
    with session.begin_nested() as savepoint:
        _account, handed = close(session, handover.BY_LOAD)
        assert None not in handed.cases.values()
        assert set(handed.cases.values()) <= {"乙", "丙"}
        assert session.scalar(select(Task.owner_id)) is None, "the task is the new mentor's"
        savepoint.rollback()
    session.expire_all()
    _account, handed = close(session, handover.NOBODY)
    assert set(handed.cases.values()) == {None}
    assert set(session.scalars(select(Case.mentor_id))) == {None}


def test_who_cannot_take_every_case_gets_none_and_the_account_stays_open(session):
    busy(session)
    with pytest.raises(WrongAccount, match=LOTUS):
        close(session, "乙")  # of Jianghai: not LOTUS
    session.expire_all()
    assert not session.get_one(Account, number(session, "甲")).disabled
    assert set(session.scalars(select(Case.mentor_id).where(Case.firm_id.in_([LOTUS, BANYAN])))) == {
        number(session, "甲")
    }


def test_who_cannot_stand_by_a_firm_is_not_made_its_leader_in_silence(session):
    give(session, BANYAN, "甲")  # of Jianghai, as 乙 is
    lead(session, KAPOK, "town", account_id=number(session, "甲"))
    with pytest.raises(WrongAccount, match=KAPOK):
        close(session, "乙")
    session.expire_all()
    assert handover.held_by(session, number(session, "甲")).leads == [(case(session, KAPOK).id, "town")]


def test_an_account_without_work_closes_without_a_word(session):
    _account, handed = close(session, None)
    assert (dict(handed.cases), handed.leads) == ({}, 0)

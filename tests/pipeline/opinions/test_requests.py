"""Departments are asked and answer: whose list it is, which answers are taken, and what the trail keeps."""

import json
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.audit import NotYet
from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.opinions import requests
from pipeline.opinions.answers import clean_by_firm
from pipeline.opinions.requests import OpinionNotPossible, WrongAnswers
from pipeline.store.pool_tables import Opinion, OpinionRequest, PoolProposal
from pipeline.store.tables import AuditEntry, Firm
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.opinions.review import COURTS, NOW, SEPTEMBER_17, TAX, decided, proposal, review
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LI, LOTUS_CLERK, found

ON_SQLITE_ALONE = True

DUE = date(2026, 9, 30)
DAY = timedelta(days=1)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        review(session)
        session.commit()
        yield session


def ask(session, *departments, on=SEPTEMBER_17, by=CHEN, number=1, **more):
    return requests.ask(session, by, number, departments or ("tax",), on, NOW, **more)


def answer(session, answers, number=1, by=TAX, on=DUE):
    return requests.answer(session, by, number, answers, on, NOW)


def details(session, action):
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
    return [entry.details for entry in entries]


# --- asking ----------------------------------------------------------------------------------------


def test_a_department_is_asked_about_who_is_to_enter_or_be_promoted_by_a_working_day(session):
    session.add(Firm(id="exit", cohort="city", name="要退库的"))
    session.flush()
    proposal(session, 1, "exit", "exit", None)
    audit.record(session, people.console("test"), "propose_pools", "review:1", {}, NOW)
    (made,) = ask(session, working_days=8)
    # Friday 18, Sunday 20 (worked), 21 to 24, not mid-autumn, then 28 and 29.
    assert (made.asked_on, made.due_on, made.asked_by) == (SEPTEMBER_17, date(2026, 9, 29), "陈主任")
    assert set(session.scalars(select(Opinion.firm_id))) == {LOTUS, BANYAN, KAPOK}
    assert set(session.scalars(select(Opinion.answer))) == {None}
    audit.verify_all(session)


def test_firms_can_be_named_and_one_without_an_open_proposal_is_refused(session):
    ask(session, firm_ids=[KAPOK])
    assert list(session.scalars(select(Opinion.firm_id))) == [KAPOK]
    decided(session, LOTUS)
    with pytest.raises(OpinionNotPossible, match=LOTUS):
        ask(session, "courts", firm_ids=[LOTUS, KAPOK])


@pytest.mark.parametrize(
    ("departments", "more", "words"),
    [
        (("tax", "weather"), {}, "weather"),
        ((), {"departments": ()}, "至少选择一个"),
        (("tax",), {"working_days": 0}, "1 至 250"),
        (("tax",), {"working_days": 251}, "1 至 250"),
        (("tax",), {"on": SEPTEMBER_17 - DAY}, "2026-09-17"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words_and_stores_nothing(session, departments, more, words):
    with pytest.raises(OpinionNotPossible, match=words):
        on = more.get("on", SEPTEMBER_17)
        wanted = more.get("departments", departments)
        requests.ask(session, CHEN, 1, wanted, on, NOW, working_days=more.get("working_days", 10))
    assert session.scalar(select(OpinionRequest.id)) is None


def test_a_department_is_asked_once_for_a_review_and_a_review_has_to_be_there(session):
    ask(session, "tax", "courts", "tax")
    assert len(session.scalars(select(OpinionRequest)).all()) == 2
    with pytest.raises(OpinionNotPossible, match="税务局"):
        ask(session, "ecology", "tax")
    with pytest.raises(NotFound):
        ask(session, number=99)
    with pytest.raises(NotYet):
        ask(session, "ecology", on=date(2026, 11, 5))


@pytest.mark.parametrize("person", [JIANGHAI, LOTUS_CLERK, ANA, TAX])
def test_nobody_but_an_officer_of_the_whole_city_asks_enters_or_looks(session, person):
    ask(session)
    for act in (
        lambda: ask(session, "courts", by=person),
        lambda: requests.enter_paper(session, person, 1, {LOTUS: ("clean", "")}, DUE, NOW, "王"),
        lambda: requests.state_of(session, person, 1),
        lambda: requests.list_of(session, person, 1),
        lambda: requests.kept_reviews(session, person),
    ):
        with pytest.raises(NotAllowed):
            act()


# --- answering -------------------------------------------------------------------------------------


def test_a_department_sees_names_codes_and_due_day_of_its_own_list_alone(session):
    ask(session, "tax", firm_ids=[LOTUS])
    ask(session, "courts", firm_ids=[KAPOK])
    (listed,) = requests.lists_of(session, TAX)
    assert [(one.firm_id, one.name) for one in listed.firms] == [(LOTUS, "莲芯传感（虚构）")]
    assert set(vars(listed.firms[0])) == {"firm_id", "name", "answer", "note"}
    assert [one.firm_id for (only,) in [requests.lists_of(session, COURTS)] for one in only.firms] == [KAPOK]
    assert requests.lists_of(session, Person(9, "", Role.DEPARTMENT, department="ecology")) == []
    assert requests.lists_of(session, Person(9, "", Role.DEPARTMENT)) == []
    for person in (CHEN, ANA, LOTUS_CLERK):
        with pytest.raises(NotAllowed):
            requests.lists_of(session, person)


@pytest.mark.parametrize("person", [COURTS, CHEN, ANA, LOTUS_CLERK, Person(9, "", Role.DEPARTMENT), people.console()])
def test_nobody_answers_for_another_department_and_a_list_that_is_not_there_is_refused_alike(session, person):
    ask(session)
    with pytest.raises(NotAllowed) as theirs:
        answer(session, {LOTUS: ("clean", "")}, by=person)
    with pytest.raises(NotAllowed) as missing:
        answer(session, {LOTUS: ("clean", "")}, number=99, by=person)
    assert str(theirs.value) == str(missing.value)
    assert set(session.scalars(select(Opinion.answer))) == {None}


@pytest.mark.both_databases
def test_every_fault_stands_in_one_letter_and_none_of_the_answers_is_stored(session):
    ask(session, firm_ids=[LOTUS, BANYAN])
    given = {LOTUS: ("not_clean", " "), BANYAN: ("maybe", "?"), KAPOK: ("clean", ""), "x": ("cannot_say", None)}
    with pytest.raises(WrongAnswers) as error:
        answer(session, given)
    assert [str(one).split("：")[0] for one in error.value.problems] == [
        f"莲芯传感（虚构） {LOTUS}",
        f"榕动电机（虚构） {BANYAN}",
        KAPOK,
        "x",
    ]
    assert set(session.scalars(select(Opinion.answer))) == {None}
    assert details(session, "answer_opinions") == []


@pytest.mark.parametrize(
    ("word", "note", "taken"),
    [
        ("clean", None, True),
        ("clean", "无", True),
        ("not_clean", None, False),
        ("not_clean", "欠税", True),
        ("cannot_say", "", False),
        ("cannot_say", "无登记", True),
        ("", "欠税", False),
        ("clean", "长" * 5_000, True),
        ("clean", "长" * 5_001, False),
    ],
)
def test_not_clean_and_cannot_say_need_a_note(session, word, note, taken):
    ask(session)
    if taken:
        answer(session, {LOTUS: (word, note)})
    else:
        with pytest.raises(WrongAnswers):
            answer(session, {LOTUS: (word, note)})
    kept = session.scalars(select(Opinion).where(Opinion.firm_id == LOTUS)).one()
    assert (kept.answer == word) is taken


@pytest.mark.parametrize(("on", "late"), [(DUE, False), (date(2026, 10, 8), True)])
def test_after_the_due_day_it_is_overdue_and_an_answer_is_still_taken(session, on, late):
    ask(session, working_days=9)
    (listed,) = requests.lists_of(session, TAX)
    assert (listed.due_on, listed.overdue(on)) == (DUE, late)
    answer(session, dict.fromkeys((LOTUS, BANYAN, KAPOK), ("clean", "")), on=on)
    (listed,) = requests.lists_of(session, TAX)
    assert (listed.open, listed.overdue(on)) == (0, False)


def test_an_answer_may_be_changed_until_the_proposal_is_decided_and_the_trail_keeps_both(session):
    ask(session)
    answer(session, {LOTUS: ("not_clean", "欠税"), KAPOK: ("clean", "")})
    answer(session, {LOTUS: ("clean", "已缴清"), KAPOK: ("clean", None)})
    first, second = details(session, "answer_opinions")
    assert [one["firm_id"] for one in first["answers"]] == [LOTUS, KAPOK]
    (change,) = second["answers"]
    assert (change["answer"], change["was"]["answer"], change["was"]["note"]) == ("clean", "not_clean", "欠税")
    decided(session, LOTUS)
    with pytest.raises(WrongAnswers, match="已作决定"):
        answer(session, {LOTUS: ("not_clean", "又欠")})
    assert LOTUS not in {one.firm_id for listed in requests.lists_of(session, TAX) for one in listed.firms}
    audit.verify_all(session)


def test_the_same_answers_sent_again_store_nothing_twice(session):
    ask(session)
    answer(session, {LOTUS: ("clean", "")})
    with pytest.raises(OpinionNotPossible, match="没有新的"):
        answer(session, {LOTUS: ("clean", " "), BANYAN: ("", "")})
    assert len(details(session, "answer_opinions")) == 1


def test_a_paper_is_entered_with_its_day_and_who_signed_it(session):
    ask(session)
    requests.enter_paper(session, LI, 1, {LOTUS: ("cannot_say", "无登记")}, date(2026, 9, 21), NOW, " 王局长 ")
    state = requests.state_of(session, CHEN, 1)
    one = state.answers[LOTUS]["tax"]
    assert (one.answer, one.answered_by, one.on_paper, one.answered_on) == (
        "cannot_say",
        "王局长",
        True,
        date(2026, 9, 21),
    )
    assert (state.answers[KAPOK]["tax"].answer, state.names[KAPOK]) == (None, "木棉软件（虚构）")
    assert details(session, "enter_paper_opinions")[0]["signed_by"] == "王局长"
    for signed_by, on in (("", DUE), ("x" * 81, DUE), ("王", SEPTEMBER_17 - DAY)):
        with pytest.raises(OpinionNotPossible):
            requests.enter_paper(session, LI, 1, {KAPOK: ("clean", "")}, on, NOW, signed_by)
    with pytest.raises(NotFound):
        requests.enter_paper(session, LI, 99, {KAPOK: ("clean", "")}, DUE, NOW, "王")


@pytest.mark.both_databases
def test_an_entry_says_nothing_that_json_does_not_keep(session):
    ask(session)
    answer(session, {LOTUS: ("clean", "")})
    assert json.dumps(details(session, "answer_opinions"))


# --- who is clean ----------------------------------------------------------------------------------


def clean(session, as_of=date(2026, 10, 30), at=None):
    session.flush()
    return clean_by_firm(session.connection(), as_of, at)


def test_a_firm_is_clean_when_all_that_were_asked_say_so_and_unknown_while_one_is_silent(session):
    assert clean(session).empty
    ask(session, "tax", "courts")
    answer(session, {LOTUS: ("clean", ""), BANYAN: ("clean", ""), KAPOK: ("not_clean", "欠税")})
    assert clean(session).isna().to_dict() == {LOTUS: True, BANYAN: True, KAPOK: False}
    answer(session, {LOTUS: ("clean", ""), BANYAN: ("cannot_say", "无登记")}, number=2, by=COURTS)
    expected = pd.Series({LOTUS: 1.0, BANYAN: float("nan"), KAPOK: 0.0}).rename_axis("firm_id").sort_index()
    pd.testing.assert_series_equal(clean(session), expected, check_index_type=False)


def test_what_was_answered_later_was_not_known_before(session):
    ask(session)
    answer(session, {LOTUS: ("clean", "")}, on=DUE)
    assert clean(session, DUE - DAY).isna().all()
    assert clean(session, DUE)[LOTUS] == 1.0
    assert clean(session, SEPTEMBER_17 - DAY).empty
    assert clean(session, DUE, NOW - DAY).empty


@pytest.mark.both_databases
def test_the_newest_review_that_asked_about_a_firm_counts(session):
    ask(session)
    answer(session, dict.fromkeys((LOTUS, KAPOK), ("not_clean", "欠税")))
    for one in session.scalars(select(PoolProposal)):
        one.state = "lapsed"
    session.flush()
    ask(session, number=review(session, moves={LOTUS: ("enter", "seed")}), on=date(2026, 10, 12))
    answer(session, {LOTUS: ("clean", "")}, number=2, on=date(2026, 10, 13))
    assert clean(session).dropna().to_dict() == {LOTUS: 1.0, KAPOK: 0.0}
    assert clean(session, date(2026, 10, 11))[LOTUS] == 0.0


@given(
    st.lists(st.lists(st.sampled_from(["clean", "not_clean", "cannot_say", None]), min_size=1, max_size=4), max_size=5)
)
@settings(deadline=None)
def test_the_figure_follows_from_the_answers_alone(answers):
    engine = create_engine("sqlite://")  # of these two tables alone
    for table in (OpinionRequest.__table__, Opinion.__table__):
        table.create(engine)
    with Session(engine) as session:
        for place in range(4):
            row = {"id": place + 1, "review_id": 1, "department": f"d{place}", "asked_on": DUE, "due_on": DUE}
            session.execute(insert(OpinionRequest), [row | {"asked_by": "", "recorded_at": NOW}])
        for firm, said in enumerate(answers):
            for place, word in enumerate(said):
                given_it = (
                    {"answered_on": DUE, "recorded_at": NOW} if word else {"answered_on": None, "recorded_at": None}
                )
                row = {"request_id": place + 1, "firm_id": f"f{firm}", "answer": word, "on_paper": False, **given_it}
                session.execute(insert(Opinion), [row])
        figures = clean(session)
    engine.dispose()
    assert list(figures.index) == [f"f{firm}" for firm in range(len(answers))]
    for firm, said in enumerate(answers):
        figure = figures[f"f{firm}"]
        assert (figure == 0.0) == ("not_clean" in said)
        assert (figure == 1.0) == (set(said) == {"clean"})

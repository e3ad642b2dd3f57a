"""What a stage needs before a case may enter it: names, and legal terms counted in months."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.store.tables import AuditEntry
from pipeline.tutoring import advisers, cases, gates, many_cases
from pipeline.tutoring.cases import CaseNotPossible
from tests.cast import BANYAN, LOTUS, happened
from tests.pipeline.pools.city import CHEN, MAY_1, MAY_20, NOW, found

ON_SQLITE_ALONE = True

SIGNED = {"broker": "甲证券", "law_firm": "乙律师事务所", "auditor": "丙会计师事务所"}
JAN_15 = date(2024, 1, 15)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def opened(session, firm=LOTUS):
    return cases.open_case(session, CHEN, firm, date(2024, 1, 1), now=NOW)


def lacked(stage, on, named=(), **days):
    return [lack.id for lack in gates.lacking(stage, on, named, days)]


# --- the gates themselves


def test_advisers_are_asked_for_by_name():
    assert lacked("advisers", MAY_1) == ["broker", "law_firm", "auditor"]
    assert lacked("advisers", MAY_1, ["broker", "auditor"]) == ["law_firm"]
    assert lacked("advisers", MAY_1, ["broker", "auditor", "law_firm"]) == []
    assert lacked("tutoring_filed", MAY_1) == ["broker"]
    assert lacked("share_reform", MAY_1) == []


@pytest.mark.parametrize(("on", "short"), [(date(2024, 4, 14), True), (date(2024, 4, 15), False)])
def test_tutoring_lasts_three_months_from_the_accepted_filing(on, short):
    days = {"tutoring_filed": date(2024, 1, 2), "tutoring_accepted": JAN_15}
    assert (lacked("tutoring_passed", on, **days) == ["tutoring_months"]) is short


def test_tutoring_counts_from_the_filing_where_nobody_wrote_down_the_acceptance():
    assert lacked("tutoring_passed", date(2024, 4, 14), tutoring_filed=JAN_15) == ["tutoring_months"]
    assert lacked("tutoring_passed", date(2024, 4, 15), tutoring_filed=JAN_15) == []
    assert lacked("tutoring_passed", date(2024, 4, 15)) == []  # nothing known of either day


def test_a_term_asks_for_nothing_before_it_held():
    assert lacked("tutoring_passed", date(2021, 9, 29), tutoring_filed=date(2021, 9, 1)) == []
    assert lacked("tutoring_passed", date(2021, 9, 30), tutoring_filed=date(2021, 9, 1)) == ["tutoring_months"]


@pytest.mark.parametrize(("on", "late"), [(date(2025, 1, 15), False), (date(2025, 1, 16), True)])
def test_the_letter_on_the_tutoring_is_valid_for_a_year(on, late):
    assert (lacked("filed", on, tutoring_passed=JAN_15) == ["completion_letter_months"]) is late


@pytest.mark.parametrize(("on", "early"), [(date(2024, 7, 14), True), (date(2024, 7, 15), False)])
def test_who_was_rejected_applies_again_after_six_months(on, early):
    assert (lacked("filed", on, rejected=JAN_15) == ["months_after_rejection"]) is early


@pytest.mark.parametrize(("on", "late"), [(date(2025, 1, 15), False), (date(2025, 1, 16), True)])
def test_a_registration_is_valid_for_a_year(on, late):
    assert (lacked("listed", on, registered=JAN_15) == ["registration_months"]) is late


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 10, 5), 3, date(2025, 1, 5)),
    ],
)
def test_months_are_those_of_the_calendar(day, months, then):
    assert gates.months_after(day, months) == then


@given(st.dates(date(2022, 1, 1), date(2040, 1, 1)), st.integers(0, 400), st.integers(1, 40))
def test_who_may_enter_on_a_day_may_enter_on_every_later_one_while_tutoring_grows(began, wait, more):
    day = began + timedelta(days=wait)
    if not lacked("tutoring_passed", day, tutoring_filed=began):
        assert not lacked("tutoring_passed", day + timedelta(days=more), tutoring_filed=began)


def test_terms_that_are_no_whole_months_are_refused(tmp_path):
    file = tmp_path / "tutoring.yaml"
    file.write_text("terms: {tutoring_months: {values: {2021-09-30: {value: 2.5, source: x, confidence: high}}}}")
    with pytest.raises(ValueError, match=r"tutoring_months.*2\.5"):
        gates.terms(file)


# --- a case at its gates


def test_a_case_does_not_pass_a_gate_and_is_told_what_it_lacks(session):
    case = opened(session)
    with pytest.raises(CaseNotPossible, match="律师事务所"):
        cases.change_stage(session, CHEN, case.id, "advisers", MAY_20, now=NOW, advisers={**SIGNED, "law_firm": "  "})
    assert case.stage == "nurture"
    assert advisers.ever_engaged(session, LOTUS) == []


def test_the_advisers_that_a_firm_signed_with_are_kept_and_stand_in_the_trail(session):
    case = opened(session)
    cases.change_stage(session, CHEN, case.id, "advisers", MAY_20, now=NOW, advisers=SIGNED)
    signed = advisers.engaged(session, [LOTUS, BANYAN])
    assert {kind: one.name for kind, one in signed[LOTUS].items()} == SIGNED
    assert {one.agreed_on for one in signed[LOTUS].values()} == {MAY_20}
    assert signed[BANYAN] == {}
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert {kind: entry.details[kind] for kind in SIGNED} == SIGNED
    # The broker is known by now, so the next gate asks for none.
    cases.change_stage(session, CHEN, case.id, "tutoring_filed", MAY_20, now=NOW)
    assert cases.history(session, CHEN, case.id)[-1].lacked is None


def test_a_gate_is_passed_without_what_it_needs_for_a_written_reason_alone(session):
    case = opened(session)
    with pytest.raises(CaseNotPossible):
        cases.change_stage(session, CHEN, case.id, "advisers", MAY_20, now=NOW, waive="   ")
    cases.change_stage(
        session, CHEN, case.id, "advisers", MAY_20, now=NOW, advisers={"broker": "甲证券"}, waive="律所下周签约"
    )
    entry = cases.history(session, CHEN, case.id)[-1]
    assert (entry.lacked, entry.why) == (["law_firm", "auditor"], "律所下周签约")
    assert [one.name for one in advisers.ever_engaged(session, LOTUS)] == ["甲证券"]


def test_a_reason_that_nothing_needed_is_not_kept(session):
    case = opened(session)
    cases.change_stage(session, CHEN, case.id, "share_reform", MAY_20, now=NOW, waive="不必")
    assert cases.history(session, CHEN, case.id)[-1].why is None


@pytest.mark.both_databases
def test_tutoring_is_not_passed_before_its_three_months(engine, session):
    happened(engine, LOTUS, "share_reform", date(2023, 1, 9))
    happened(engine, LOTUS, "tutoring_filed", date(2024, 2, 1))
    happened(engine, LOTUS, "tutoring_accepted", date(2024, 2, 20))  # a file says so; nobody entered it
    case = cases.open_case(session, CHEN, LOTUS, date(2024, 2, 10), now=NOW)
    assert case.stage == "tutoring_filed"
    with pytest.raises(CaseNotPossible, match="2024-05-20"):
        cases.change_stage(session, CHEN, case.id, "tutoring_passed", date(2024, 5, 19), now=NOW)
    cases.change_stage(session, CHEN, case.id, "tutoring_passed", MAY_20, now=NOW)


def test_needs_are_told_before_anything_is_tried(session):
    case = opened(session)
    assert [lack.id for lack in cases.needs_of(session, case, "advisers", MAY_20, now=NOW)] == list(SIGNED)
    cases.name_advisers(session, CHEN, case.id, SIGNED, MAY_1, now=NOW)
    assert cases.needs_of(session, case, "advisers", MAY_20, now=NOW) == []


def test_many_cases_pass_where_their_gates_allow_and_the_others_stay(session):
    lotus, banyan = opened(session), opened(session, BANYAN)
    cases.name_advisers(session, CHEN, banyan.id, SIGNED, MAY_1, now=NOW)
    done = many_cases.move(session, CHEN, [lotus.id, banyan.id], "advisers", MAY_20, "签约", now=NOW)
    assert [case.id for case in done.done] == [banyan.id]
    assert [number for number, _why in done.left] == [lotus.id]


# --- who advises a firm


def test_an_adviser_named_anew_replaces_the_one_before_and_a_version_changes(session):
    case = opened(session)
    cases.name_advisers(session, CHEN, case.id, {"broker": "甲证券"}, MAY_1, now=NOW)
    seen = case.version
    cases.name_advisers(session, CHEN, case.id, {"broker": "丁证券"}, MAY_20, now=NOW, seen=seen)
    assert case.version > seen
    later, earlier = advisers.ever_engaged(session, LOTUS)
    assert (later.name, later.ended_on) == ("丁证券", None)
    assert (earlier.name, earlier.ended_on, earlier.ended_why) == ("甲证券", MAY_20, "由丁证券接替")
    on_day = advisers.engaged(session, [LOTUS], date(2024, 5, 19))
    assert on_day[LOTUS]["broker"].name == "甲证券"


@pytest.mark.parametrize("given_name", ["甲证券", "  甲证券 "])
def test_the_same_adviser_again_changes_nothing(session, given_name):
    case = opened(session)
    cases.name_advisers(session, CHEN, case.id, {"broker": "甲证券"}, MAY_1, now=NOW)
    with pytest.raises(CaseNotPossible, match="未作改动"):
        cases.name_advisers(session, CHEN, case.id, {"broker": given_name}, MAY_20, now=NOW)
    with pytest.raises(CaseNotPossible, match="填写"):
        cases.name_advisers(session, CHEN, case.id, {"broker": " "}, MAY_20, now=NOW)


def test_an_adviser_is_of_a_known_kind_and_signs_no_earlier_than_the_one_it_replaces(session):
    case = opened(session)
    with pytest.raises(advisers.WrongAdviser, match="broker、law_firm"):
        cases.name_advisers(session, CHEN, case.id, {"barber": "甲"}, MAY_1, now=NOW)
    with pytest.raises(advisers.WrongAdviser, match="200"):
        cases.name_advisers(session, CHEN, case.id, {"broker": "甲" * 201}, MAY_1, now=NOW)
    cases.name_advisers(session, CHEN, case.id, {"broker": "甲证券"}, MAY_20, now=NOW)
    with pytest.raises(advisers.WrongAdviser, match="2024-05-20"):
        cases.name_advisers(session, CHEN, case.id, {"broker": "丁证券"}, MAY_1, now=NOW)


@pytest.mark.both_databases
def test_advisers_go_with_the_stage_they_were_named_with_and_who_they_replaced_holds_on(session):
    case = opened(session)
    cases.name_advisers(session, CHEN, case.id, {"broker": "丁证券"}, MAY_1, now=NOW)
    cases.change_stage(session, CHEN, case.id, "advisers", MAY_20, now=NOW, advisers=SIGNED)
    cases.take_back(session, CHEN, case.id, "录错", now=NOW)
    (one,) = advisers.ever_engaged(session, LOTUS)
    assert (one.name, one.ended_on, one.ended_why) == ("丁证券", None, None)


def test_a_corrected_day_keeps_the_advisers(session):
    case = opened(session)
    cases.change_stage(session, CHEN, case.id, "advisers", MAY_20, now=NOW, advisers=SIGNED)
    cases.correct_stage(session, CHEN, case.id, "advisers", MAY_1, "日期录错", now=NOW)
    signed = advisers.engaged(session, [LOTUS])[LOTUS]
    assert {kind: (one.name, one.agreed_on) for kind, one in signed.items()} == {
        kind: (name, MAY_1) for kind, name in SIGNED.items()
    }


def test_a_corrected_day_leaves_an_adviser_alone_who_replaced_another_since(session):
    case = opened(session)
    cases.change_stage(session, CHEN, case.id, "advisers", MAY_1, now=NOW, advisers=SIGNED)
    cases.name_advisers(session, CHEN, case.id, {"broker": "丁证券"}, MAY_20, now=NOW)
    cases.correct_stage(session, CHEN, case.id, "advisers", date(2024, 4, 1), "日期录错", now=NOW)
    brokers = [one for one in advisers.ever_engaged(session, LOTUS) if one.kind == "broker"]
    assert [(one.name, one.agreed_on, one.ended_on) for one in brokers] == [
        ("丁证券", MAY_20, None),
        ("甲证券", date(2024, 4, 1), MAY_20),
    ]
    # Later than its end an agreement cannot have begun.
    cases.correct_stage(session, CHEN, case.id, "advisers", date(2024, 5, 25), "又录错", now=NOW)
    brokers = [one for one in advisers.ever_engaged(session, LOTUS) if one.kind == "broker"]
    assert (brokers[-1].agreed_on, brokers[-1].ended_on) == (MAY_20, MAY_20)

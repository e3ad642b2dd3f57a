"""The register of advisers: codes and filings, spellings, firms served, evaluations, the negative list, drawings."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.advisers import adviser_lists, evaluations, register, spot_checks
from pipeline.advisers.drawing import WrongDraw
from pipeline.advisers.register import Filing
from pipeline.errors import NotAllowed
from pipeline.store.tables import AuditEntry
from pipeline.store.tutoring_tables import Adviser, SpotCheck
from pipeline.tutoring import advisers, cases
from pipeline.tutoring.advisers import WrongAdviser
from pipeline.tutoring.cases import CaseNotPossible
from pipeline.tutoring.meanwhile import ChangedMeanwhile
from pipeline.tutoring.negative_list import entries
from pipeline.tutoring.negative_list.listed import flagged, on_list
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import CHEN, JIANGHAI, LI, LOTUS_CLERK, found

JAN_1, MARCH_1, MAY_1 = date(2024, 1, 1), date(2024, 3, 1), date(2024, 5, 1)
GOOD = {"competence": 5, "diligence": 4, "promptness": 3}


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, 0)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


@pytest.fixture
def lite(sqlite_engine):
    found(sqlite_engine)
    with Session(sqlite_engine) as session:
        yield session


def signed(session, firm, on=JAN_1, **names):
    case = cases.case_of(session, firm) or cases.open_case(session, CHEN, firm, JAN_1, now=at(JAN_1))
    return cases.name_advisers(session, CHEN, case.id, names, on, now=at(on))


def number(session, name):
    return session.scalars(select(Adviser.id).where(Adviser.name == name)).one()


def line(session, name, on, person=CHEN):
    return next(each for each in adviser_lists.advisers(session, person, on) if each.name == name)


# --- the register


def test_an_adviser_is_registered_once_with_a_code_that_is_right(lite):
    one = register.register(lite, CHEN, "agency", " 甲 企服 ", "91440703ma5ca1l08e", now=at(JAN_1))
    assert (one.name, one.credit_code) == ("甲 企服", LOTUS)
    with pytest.raises(WrongAdviser, match="已在名录"):
        register.register(lite, CHEN, "agency", "甲 企服", now=at(JAN_1))
    for code in ("91440703MA5CA1L08F", "123"):
        with pytest.raises(WrongAdviser, match="信用代码"):
            register.register(lite, CHEN, "agency", "乙", code, now=at(JAN_1))
    with pytest.raises(WrongAdviser, match="合并"):
        register.register(lite, CHEN, "valuer", "丙", LOTUS, now=at(JAN_1))
    with pytest.raises(WrongAdviser, match="notary"):
        register.register(lite, CHEN, "notary", "丁", now=at(JAN_1))
    for person in (JIANGHAI, LOTUS_CLERK):
        with pytest.raises(NotAllowed):
            register.register(lite, person, "agency", "戊", now=at(JAN_1))


def test_names_and_filings_are_told_as_they_were_known(lite):
    one = register.register(lite, CHEN, "auditor", "甲事务所", now=at(JAN_1))
    filing = register.file(lite, CHEN, one.id, Filing("mof", "备 1", JAN_1, date(2024, 4, 29)), now=at(MARCH_1))
    right = Filing("csrc", "备 2", JAN_1)
    register.correct_filing(lite, CHEN, filing.id, right, "抄错", now=at(MAY_1))
    register.correct(lite, CHEN, one.id, "更名", name="甲会计师事务所", now=at(MAY_1))
    told = {
        day: [
            (each.name, [(filed.number, filed.in_force) for filed in each.filings])
            for each in adviser_lists.advisers(lite, CHEN, day)
        ]
        for day in (JAN_1 - timedelta(1), JAN_1, MARCH_1, MAY_1 - timedelta(1), MAY_1)
    }
    before = [("甲事务所", [("备 1", True)])]
    assert list(told.values()) == [
        [],
        [("甲事务所", [])],
        before,
        [("甲事务所", [("备 1", False)])],
        [("甲会计师事务所", [("备 2", True)])],
    ]
    with pytest.raises(WrongAdviser, match="已更正或撤销"):
        register.withdraw_filing(lite, CHEN, filing.id, "误", now=at(MAY_1))
    with pytest.raises(WrongAdviser, match="已在名录"):
        register.file(lite, CHEN, one.id, right, now=at(MAY_1))
    with pytest.raises(ChangedMeanwhile, match="陈主任"):
        register.file(lite, LI, one.id, Filing("moj", "备 3", JAN_1), now=at(MAY_1), seen=1)


def test_two_spellings_become_one_and_what_was_signed_is_told_under_the_right_name(session):
    signed(session, LOTUS, broker="甲证券")
    signed(session, BANYAN, broker="甲証券")
    right, wrong = number(session, "甲证券"), number(session, "甲証券")
    register.merge(session, CHEN, wrong, right, "繁体", now=at(MARCH_1))
    assert [each.served.firms for each in adviser_lists.advisers(session, CHEN, JAN_1)] == [1, 1]
    assert [(each.id, each.served.firms) for each in adviser_lists.advisers(session, CHEN, MARCH_1)] == [(right, 2)]
    seen = adviser_lists.adviser_seen(session, CHEN, wrong, MARCH_1)
    assert (seen.line.id, seen.spellings, len(seen.firms)) == (right, ["甲証券"], 2)
    assert advisers.engaged(session, [BANYAN])[BANYAN]["broker"].name == "甲证券"
    assert "甲証券" not in advisers.known_names(session)["broker"]
    with pytest.raises(CaseNotPossible, match="未作改动"):  # the other spelling is no other adviser
        signed(session, BANYAN, MARCH_1, broker="甲証券")
    with pytest.raises(WrongAdviser, match="甲证券"):
        register.file(session, CHEN, wrong, Filing("csrc", "1", JAN_1), now=at(MARCH_1))
    signed(session, KAPOK, law_firm="甲证券")
    with pytest.raises(WrongAdviser, match="类别"):
        law_firm = max(session.scalars(select(Adviser.id)))
        register.merge(session, CHEN, law_firm, right, "同名", now=at(MARCH_1))


def test_a_merge_in_doubt_is_refused(lite):
    signed(lite, LOTUS, broker="甲")
    signed(lite, LOTUS, MARCH_1, broker="乙")
    one, other = number(lite, "甲"), number(lite, "乙")
    register.correct(lite, CHEN, one, "补录", credit_code=LOTUS, now=at(MARCH_1))
    register.correct(lite, CHEN, other, "补录", credit_code=BANYAN, now=at(MARCH_1))
    with pytest.raises(WrongAdviser, match="代码不同"):
        register.merge(lite, CHEN, other, one, "同一家", now=at(MARCH_1))
    register.correct(lite, CHEN, other, "有误", credit_code="", now=at(MARCH_1))
    for adviser in (one, other):
        evaluations.evaluate(lite, CHEN, adviser, LOTUS, 2024, GOOD, None, MARCH_1, now=at(MARCH_1))
    with pytest.raises(WrongAdviser, match="陈主任"):
        register.merge(lite, CHEN, other, one, "同一家", now=at(MARCH_1))


# --- firms and evaluations


def test_firms_are_counted_where_they_stood_while_the_adviser_advised_them(session):
    signed(session, LOTUS, broker="甲")
    signed(session, BANYAN, broker="甲")
    lotus = cases.case_of(session, LOTUS)
    for stage in ("share_reform", "tutoring_filed", "tutoring_passed", "filed", "accepted"):
        cases.change_stage(session, CHEN, lotus.id, stage, MARCH_1, now=at(MARCH_1), waive="演示")
    signed(session, LOTUS, MAY_1, broker="乙")
    cases.change_stage(session, CHEN, lotus.id, "inquiry", MAY_1, now=at(MAY_1))
    cases.close_case(session, CHEN, lotus.id, "rejected", "否决", MAY_1, now=at(MAY_1))
    now = {name: line(session, name, MAY_1).served for name in ("甲", "乙")}
    assert (now["甲"].firms, now["甲"].by_stage, now["甲"].rejected) == (1, {"nurture": 1}, 0)
    assert (now["甲"].reached, now["乙"].reached) == (
        {"filed": 1, "accepted": 1, "listed": 0},
        {"filed": 1, "accepted": 1, "listed": 0},  # it came to the inquiry with the second
    )
    assert (now["乙"].firms, now["乙"].by_stage, now["乙"].rejected, now["乙"].out) == (1, {}, 1, 0)
    in_march = line(session, "甲", MARCH_1).served
    assert (in_march.firms, in_march.by_stage) == (2, {"nurture": 1, "accepted": 1})
    of_banyan = line(session, "甲", MARCH_1, JIANGHAI).served  # an officer of a district counts its own firms
    assert (of_banyan.firms, of_banyan.reached["filed"]) == (1, 0)
    before = line(session, "甲", MAY_1 - timedelta(1)).served
    assert before.firms == 2  # that it was replaced was not known yet
    with pytest.raises(NotAllowed):
        adviser_lists.advisers(session, LOTUS_CLERK, MAY_1)


def test_a_mean_is_told_from_three_evaluations_on_and_each_judges_a_year_once(lite):
    for firm in (LOTUS, BANYAN, KAPOK):
        signed(lite, firm, broker="甲")
    broker = number(lite, "甲")
    first = evaluations.evaluate(lite, CHEN, broker, LOTUS, 2024, GOOD, "尚可", JAN_1, now=at(JAN_1))
    evaluations.evaluate(lite, JIANGHAI, broker, BANYAN, 2024, dict.fromkeys(GOOD, 2), None, JAN_1, now=at(JAN_1))
    assert line(lite, "甲", JAN_1).evaluation == evaluations.Mean(2, None, {})
    third = evaluations.evaluate(lite, LI, broker, LOTUS, 2024, dict.fromkeys(GOOD, 3), None, MARCH_1, now=at(MARCH_1))
    found = line(lite, "甲", MARCH_1).evaluation
    assert found == evaluations.Mean(3, 3.0, {"competence": 10 / 3, "diligence": 3.0, "promptness": 8 / 3})
    assert line(lite, "甲", MARCH_1, JIANGHAI).evaluation == evaluations.Mean(1, None, {})
    with pytest.raises(WrongAdviser, match="更正"):
        evaluations.evaluate(lite, CHEN, broker, LOTUS, 2024, GOOD, None, MARCH_1, now=at(MARCH_1))
    for firm, year in ((LOTUS, 2023), (LOTUS, 2025)):
        with pytest.raises(WrongAdviser, match="未曾"):
            evaluations.evaluate(lite, CHEN, broker, firm, year, GOOD, None, MARCH_1, now=at(MARCH_1))
    with pytest.raises(NotAllowed):
        evaluations.evaluate(lite, JIANGHAI, broker, LOTUS, 2024, GOOD, None, MARCH_1, now=at(MARCH_1))
    for grades in ({"competence": 3}, {**GOOD, "competence": 6}, {**GOOD, "competence": 0}):
        with pytest.raises(WrongAdviser, match="1"):
            evaluations.evaluate(lite, CHEN, broker, KAPOK, 2024, grades, None, MARCH_1, now=at(MARCH_1))
    evaluations.correct(lite, CHEN, first.id, {**GOOD, "competence": 1}, None, "重评", MAY_1, now=at(MAY_1))
    with pytest.raises(WrongAdviser, match="李科长"):
        evaluations.withdraw(lite, CHEN, third.id, "误", now=at(MAY_1))
    evaluations.withdraw(lite, LI, third.id, "误", now=at(MAY_1))
    grades = [(one.by, one.grades["competence"]) for one in evaluations.evaluations_of(lite, CHEN, broker, MAY_1)]
    assert grades == [("陈主任", 1), ("江海科长", 2)]
    assert line(lite, "甲", MARCH_1).evaluation == found


# --- the negative list


def test_an_entry_is_in_force_from_its_first_day_until_before_its_end_as_it_was_known(session):
    signed(session, LOTUS, broker="甲")
    signed(session, BANYAN, law_firm="甲")
    broker = number_of_kind(session, "broker")
    june = date(2024, 6, 1)
    entry = entries.enter(session, CHEN, broker, "虚假记载", "决定书 1 号", MARCH_1, june, now=at(MARCH_1))
    days = (MARCH_1 - timedelta(1), MARCH_1, june - timedelta(1), june)
    assert [[one.name for one in on_list(session, day)] for day in days] == [[], ["甲"], ["甲"], []]
    assert [set(flagged(session, CHEN, day)) for day in days] == [set(), {LOTUS}, {LOTUS}, set()]
    assert flagged(session, JIANGHAI, MARCH_1) == flagged(session, LOTUS_CLERK, MARCH_1) == {}
    assert flagged(session, CHEN, MARCH_1, [BANYAN]) == {}
    with pytest.raises(WrongAdviser, match="延长"):
        entries.enter(session, CHEN, broker, "又一", "据", MAY_1, date(2025, 1, 1), now=at(MARCH_1))
    entries.reply(session, CHEN, entry.id, "已整改", MARCH_1, now=at(MARCH_1))
    entries.extend(session, CHEN, entry.id, date(2025, 1, 1), "未整改", MAY_1, now=at(MAY_1))
    assert [one.ends_on for one in on_list(session, MAY_1)] == [date(2025, 1, 1)]
    assert [one.ends_on for one in on_list(session, MARCH_1)] == [june]  # the longer end was not known then
    entries.lift(session, CHEN, entry.id, "申诉成立", MARCH_1, now=at(june))
    assert (on_list(session, june), len(on_list(session, MAY_1))) == ([], 1)
    seen = entries.entries_of(session, CHEN, broker, june)
    assert [(note.kind, note.text) for note in seen[0].notes] == [
        ("entered", ""),
        ("reply", "已整改"),
        ("extended", "未整改"),
        ("lifted", "申诉成立"),
    ]
    assert len(entries.entries_of(session, CHEN, broker, MARCH_1)[0].notes) == 2
    with pytest.raises(WrongAdviser, match="已于"):
        entries.extend(session, CHEN, entry.id, date(2026, 1, 1), "再", june, now=at(june))
    for words in (("", "据"), ("由", " ")):
        with pytest.raises(WrongAdviser):
            entries.enter(session, CHEN, broker, *words, june, date(2025, 1, 1), now=at(june))
    with pytest.raises(NotAllowed):
        entries.enter(session, JIANGHAI, broker, "由", "据", june, date(2025, 1, 1), now=at(june))


def number_of_kind(session, kind):
    return session.scalars(select(Adviser.id).where(Adviser.kind == kind)).one()


def test_a_stage_with_a_listed_adviser_takes_a_reason_also_under_another_spelling(lite):
    signed(lite, LOTUS, broker="甲证券")
    signed(lite, BANYAN, broker="甲証券")
    right, wrong = number(lite, "甲证券"), number(lite, "甲証券")
    entries.enter(lite, CHEN, right, "虚假记载", "决定书", MARCH_1, MAY_1, now=at(JAN_1))
    register.merge(lite, CHEN, wrong, right, "繁体", now=at(JAN_1))
    for firm in (LOTUS, BANYAN):
        case = cases.case_of(lite, firm)
        cases.change_stage(lite, CHEN, case.id, "share_reform", JAN_1, now=at(JAN_1))
        # The day before the entry begins nothing stands against it.
        assert cases.needs_of(lite, case, "tutoring_filed", MARCH_1 - timedelta(1), now=at(MARCH_1)) == []
        with pytest.raises(CaseNotPossible, match="负面清单"):
            cases.change_stage(lite, CHEN, case.id, "tutoring_filed", MARCH_1, now=at(MARCH_1))
    lotus, banyan = cases.case_of(lite, LOTUS), cases.case_of(lite, BANYAN)
    other = {"broker": "乙证券"}
    cases.change_stage(lite, CHEN, lotus.id, "tutoring_filed", MARCH_1, now=at(MARCH_1), advisers=other)
    cases.change_stage(lite, CHEN, banyan.id, "tutoring_filed", MARCH_1, now=at(MARCH_1), waive="已另派保代")
    last = [cases.history(lite, CHEN, case.id)[-1] for case in (lotus, banyan)]
    assert [(entry.lacked, entry.why) for entry in last] == [(None, None), (["listed_broker"], "已另派保代")]
    assert set(flagged(lite, CHEN, MARCH_1)) == {BANYAN}


# --- spot checks


def test_a_check_is_drawn_with_a_kept_seed_repeats_and_keeps_what_was_found(session):
    for firm in (LOTUS, BANYAN, KAPOK):
        signed(session, firm, broker=f"证券{firm[-3:]}", auditor="丙")
    check = spot_checks.draw_check(session, CHEN, "agreements", "kind", 4, "季度抽查", MARCH_1, now=at(MARCH_1))
    assert (len(check.frame), check.seed_given, len(check.seed)) == (6, False, 32)
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (entry.details["seed"], entry.details["frame_hash"]) == (check.seed, check.frame_hash)
    again = spot_checks.draw_check(
        session, CHEN, "agreements", "kind", 4, "复核", MARCH_1, now=at(MARCH_1), seed=check.seed
    )
    seen = {one.id: one for one in spot_checks.spot_checks(session, CHEN, MARCH_1)}
    drawn = [[item.number for item in seen[one.id].items] for one in (check, again)]
    assert drawn[0] == drawn[1]
    assert sorted(item.stratum for item in seen[check.id].items) == ["auditor", "auditor", "broker", "broker"]
    assert (seen[check.id].repeats, seen[check.id].open, seen[again.id].seed_given) == (True, 4, True)
    own = spot_checks.spot_checks(session, JIANGHAI, MARCH_1)  # of a district: its firms' agreements alone
    assert {item.firm_id for one in own for item in one.items} <= {BANYAN}
    item = seen[check.id].items[0]
    spot_checks.record_result(session, CHEN, item.id, "clean", "", MARCH_1, now=at(MARCH_1))
    with pytest.raises(WrongDraw, match="负面清单"):
        spot_checks.record_result(session, CHEN, item.id, "to_list", "严重", MARCH_1, now=at(MARCH_1), why="复查")
    with pytest.raises(WrongAdviser, match="理由"):
        spot_checks.record_result(session, CHEN, item.id, "differences", "底稿不全", MARCH_1, now=at(MARCH_1))
    spot_checks.record_result(session, CHEN, item.id, "differences", "底稿不全", MAY_1, now=at(MAY_1), why="复查")
    assert [one.open for one in spot_checks.spot_checks(session, CHEN, MAY_1, open_only=True)] == [4, 3]
    assert item.number not in [
        one.number for one in spot_checks.spot_checks(session, CHEN, MAY_1, open_only=True)[1].items
    ]
    changed = session.get_one(SpotCheck, again.id)
    changed.frame = changed.frame[:-1]
    assert not spot_checks.repeats(session, changed)
    session.rollback()


def test_advisers_have_no_district_and_districts_draw_of_their_own(lite):
    for firm in (LOTUS, BANYAN, KAPOK):
        signed(lite, firm, broker="甲")
    with pytest.raises(WrongDraw, match="区县"):
        spot_checks.draw_check(lite, CHEN, "advisers", "district", 1, "查", MARCH_1, now=at(MARCH_1))
    check = spot_checks.draw_check(lite, CHEN, "agreements", "district", 3, "查", MARCH_1, now=at(MARCH_1), seed="1")
    assert [stratum for _number, stratum in check.frame] == ["440703", "440704", "440705"]
    with pytest.raises(NotAllowed):
        spot_checks.draw_check(lite, JIANGHAI, "advisers", "kind", 1, "查", MARCH_1, now=at(MARCH_1))
    with pytest.raises(audit.BrokenAuditLog, match="3 条记录"):  # the three firms, which the test put there itself
        audit.verify_all(lite)


def test_a_standard_of_service_is_filed_with_an_industry_body_by_its_number_and_ends(lite):
    agency = register.register(lite, CHEN, "agency", "甲企服", now=at(JAN_1)).id
    standard = Filing("industry", "T/JM 12-2023", JAN_1, date(2024, 12, 31))
    register.file(lite, CHEN, agency, standard, now=at(JAN_1))
    for day, in_force in ((date(2024, 12, 31), True), (date(2025, 1, 1), False)):
        assert [(one.number, one.in_force) for one in line(lite, "甲企服", day).filings] == [("T/JM 12-2023", in_force)]

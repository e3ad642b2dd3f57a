"""The public notice, its objections, and what stands against a proposal until they and the departments are through."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.audit import NotYet
from pipeline.errors import NotAllowed, NotFound
from pipeline.opinions import notices, requests
from pipeline.opinions.gates import gate
from pipeline.opinions.requests import OpinionNotPossible
from pipeline.store.pool_tables import NoticeFirm, NoticeObjection, PoolProposal, PublicNotice
from pipeline.store.tables import AuditEntry, Firm
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.opinions.review import COURTS, NOW, SEPTEMBER_17, TAX, decided, proposal, review
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, found

ON_SQLITE_ALONE = True

#: Five working days after 17 September 2026: 18, Sunday 20, 21, 22, 23.
ENDS = date(2026, 9, 23)
DAY = timedelta(days=1)
DEPARTMENTS = ("tax", "courts")


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        review(session)
        session.commit()
        yield session


def number_of(session, firm):
    return session.scalars(select(PoolProposal.id).where(PoolProposal.firm_id == firm)).one()


def publish(session, **more):
    return notices.publish(session, more.pop("by", CHEN), 1, more.pop("on", SEPTEMBER_17), NOW, **more)


def object_to(session, firm=LOTUS, on=ENDS, content="拖欠货款", **more):
    return notices.object_to(session, more.get("by", CHEN), 1, firm, "某供应商", content, on, NOW)


def reply(session, upheld, number=1, on=ENDS + DAY, text="已核实"):
    return notices.answer_objection(session, CHEN, number, upheld, text, on, NOW)


def stands(session, firm=LOTUS, on=ENDS + DAY, opinions=(), notice=True):
    session.flush()
    return [str(one) for one in gate(session, number_of(session, firm), on, opinions=opinions, notice=notice)]


# --- the notice ------------------------------------------------------------------------------------


def test_a_notice_names_who_is_to_enter_or_be_promoted_and_ends_on_a_working_day(session):
    made = publish(session)
    assert (made.begins_on, made.ends_on, made.working_days) == (SEPTEMBER_17, ENDS, 5)
    notice = notices.notice_of(session, 1)
    assert [(one.firm_id, one.action) for one in notice.firms] == [
        (LOTUS, "enter"),
        (BANYAN, "promote"),
        (KAPOK, "enter"),
    ]
    assert (notice.over(ENDS), notice.over(ENDS + DAY), notice.caution) == (False, True, None)
    assert notices.notice_of(session, 2) is None
    audit.verify_all(session)


def test_a_review_has_one_notice_of_open_proposals_of_its_own(session):
    other = review(session, moves={})
    with pytest.raises(OpinionNotPossible, match="99"):
        publish(session, proposal_ids=[number_of(session, LOTUS), 99])
    with pytest.raises(OpinionNotPossible):
        notices.publish(session, CHEN, other, SEPTEMBER_17, NOW)
    with pytest.raises(OpinionNotPossible, match="2026-09-17"):
        publish(session, on=SEPTEMBER_17 - DAY)
    with pytest.raises(OpinionNotPossible, match="1 至"):
        publish(session, working_days=0)
    with pytest.raises(NotYet):
        publish(session, on=date(2026, 11, 5))
    assert session.scalar(select(PublicNotice.id)) is None
    publish(session, proposal_ids=[number_of(session, LOTUS)])
    assert list(session.scalars(select(NoticeFirm.firm_id))) == [LOTUS]
    with pytest.raises(OpinionNotPossible, match="第 1 号"):
        publish(session)


def test_a_notice_whose_end_lies_in_a_year_not_announced_says_so():
    from pipeline.opinions.working_days import caution, working_day_after

    ends = working_day_after(date(2026, 12, 24), 5)
    assert not ends.known
    assert caution(date(2026, 12, 24), ends.day) is not None


@pytest.mark.parametrize(("on", "late"), [(ENDS, False), (ENDS + DAY, True)])
def test_an_objection_after_the_last_day_is_recorded_and_marked_late(session, on, late):
    publish(session)
    object_to(session, on=on)
    (one,) = notices.notice_of(session, 1).objections
    assert (one.late, one.upheld, one.content) == (late, None, "拖欠货款")


def test_what_is_no_objection_to_a_firm_of_the_notice_is_refused(session):
    publish(session, proposal_ids=[number_of(session, LOTUS)])
    object_to(session)
    for wrong in ({"firm": KAPOK}, {"on": SEPTEMBER_17 - DAY}, {"content": " "}, {"content": "长" * 5_001}, {}):
        with pytest.raises(OpinionNotPossible):
            object_to(session, **wrong)
    with pytest.raises(NotFound):
        notices.object_to(session, CHEN, 9, LOTUS, "某人", "x", ENDS, NOW)
    assert len(session.scalars(select(NoticeObjection)).all()) == 1


def test_an_answer_may_be_changed_until_the_proposal_is_decided_and_the_trail_keeps_both(session):
    publish(session)
    object_to(session)
    with pytest.raises(OpinionNotPossible):
        reply(session, True, on=ENDS - DAY)
    with pytest.raises(OpinionNotPossible):
        reply(session, True, text=" ")
    reply(session, True)
    with pytest.raises(OpinionNotPossible, match="同样"):
        reply(session, True)
    reply(session, False, text="货款已付")
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (last.details["upheld"], last.details["was"]["upheld"], last.details["was"]["answer_text"]) == (
        "no",
        "yes",
        "已核实",
    )
    decided(session, LOTUS)
    with pytest.raises(OpinionNotPossible, match="不能再变更"):
        reply(session, True)
    with pytest.raises(NotFound):
        reply(session, True, number=9)
    audit.verify_all(session)


@pytest.mark.parametrize("person", [JIANGHAI, LOTUS_CLERK, ANA, TAX])
def test_nobody_but_an_officer_of_the_whole_city_publishes_records_or_answers(session, person):
    publish(session)
    object_to(session)
    for act in (
        lambda: publish(session, by=person),
        lambda: object_to(session, by=person, content="另一条"),
        lambda: notices.answer_objection(session, person, 1, True, "是", ENDS, NOW),
    ):
        with pytest.raises(NotAllowed):
            act()


# --- the gate --------------------------------------------------------------------------------------


def test_a_policy_that_asks_for_nothing_is_stopped_by_nothing(session):
    assert stands(session, notice=False) == []
    session.add(Firm(id="old", cohort="city", name="老建议"))
    session.flush()
    of_no_review = proposal(session, None, "old", "enter", "seed")
    assert gate(session, of_no_review, ENDS, opinions=(), notice=False) == []
    assert len(gate(session, of_no_review, ENDS, opinions=DEPARTMENTS, notice=True)) == 3
    with pytest.raises(NotFound):
        gate(session, 99, ENDS, opinions=(), notice=False)


@pytest.mark.both_databases
def test_each_department_that_is_not_asked_silent_or_objects_has_its_sentence(session):
    assert stands(session, opinions=DEPARTMENTS, notice=False) == [
        "尚未就该企业征求税务局的意见。",
        "尚未就该企业征求人民法院的意见。",
    ]
    requests.ask(session, CHEN, 1, ["tax"], SEPTEMBER_17, NOW, working_days=4)
    on = date(2026, 9, 22)
    assert stands(session, opinions=("tax",), notice=False, on=on) == ["税务局尚未答复，期限为 2026-09-22。"]
    assert stands(session, opinions=("tax",), notice=False, on=on + DAY) == ["税务局尚未答复，期限 2026-09-22 已过。"]
    requests.answer(session, TAX, 1, {LOTUS: ("not_clean", "欠税"), KAPOK: ("cannot_say", "无登记")}, on, NOW)
    assert stands(session, opinions=("tax",), notice=False) == ["税务局有异议：欠税"]
    (unknown,) = stands(session, KAPOK, opinions=("tax",), notice=False)
    assert unknown.startswith("税务局答复“无法判断”：无登记")
    assert stands(session, KAPOK, on=on - DAY, opinions=("tax",), notice=False) == [
        "税务局尚未答复，期限为 2026-09-22。"
    ]
    requests.answer(session, TAX, 1, {LOTUS: ("clean", "已缴清"), KAPOK: ("clean", None)}, on, NOW)
    assert stands(session, opinions=("tax",), notice=False) == []
    assert stands(session, KAPOK, opinions=("tax",), notice=False) == []


def test_until_the_notice_is_over_nothing_is_confirmed(session):
    assert stands(session) == ["该企业尚未公示。"]
    publish(session)
    assert stands(session, on=ENDS) == ["公示期至 2026-09-23 结束。"]
    assert stands(session, on=ENDS + DAY) == []
    assert stands(session, on=SEPTEMBER_17 - DAY) == ["该企业尚未公示。"]


@pytest.mark.parametrize("on", [ENDS, ENDS + DAY])
def test_an_objection_late_or_not_stops_its_firm_alone_until_it_is_answered(session, on):
    publish(session)
    object_to(session, on=on)
    assert stands(session, on=ENDS + DAY) == [f"第 1 号异议（某供应商，{on}）尚未答复。"]
    assert stands(session, KAPOK) == []
    reply(session, True)
    assert stands(session) == [f"第 1 号异议（某供应商，{on}）成立：已核实"]
    reply(session, False)
    assert stands(session) == []


def test_who_is_named_in_a_notice_is_bound_by_it_where_the_policy_asks_for_none(session):
    publish(session, proposal_ids=[number_of(session, LOTUS)])
    object_to(session)
    assert len(stands(session, on=ENDS, notice=False)) == 2
    assert stands(session, KAPOK, on=ENDS, notice=False) == []


ANSWER = st.sampled_from(["not asked", None, "clean", "not_clean", "cannot_say"])
OBJECTIONS = st.lists(st.sampled_from([None, True, False]), max_size=3)


@given(
    tax=ANSWER, courts=ANSWER, published=st.booleans(), over=st.booleans(), objections=OBJECTIONS, wanted=st.booleans()
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_the_gate_is_empty_only_if_all_have_answered_clean_and_the_notice_is_through(
    sqlite_engine, tax, courts, published, over, objections, wanted
):
    found(sqlite_engine)
    with Session(sqlite_engine) as session:
        number = review(session)
        for person, said in ((TAX, tax), (COURTS, courts)):
            if said == "not asked":
                continue
            (asked,) = requests.ask(session, CHEN, number, [person.department], SEPTEMBER_17, NOW)
            if said is not None:
                requests.answer(session, person, asked.id, {LOTUS: (said, "因故")}, SEPTEMBER_17, NOW)
        if published:
            notice = notices.publish(session, CHEN, number, SEPTEMBER_17, NOW)
            for place, upheld in enumerate(objections):
                made = notices.object_to(session, CHEN, notice.id, LOTUS, "某人", f"第{place}条", ENDS, NOW)
                if upheld is not None:
                    notices.answer_objection(session, CHEN, made.id, upheld, "已核实", ENDS, NOW)
        on = ENDS + DAY if over else ENDS
        before = len(session.scalars(select(AuditEntry)).all())
        found_in_the_way = gate(session, number_of(session, LOTUS), on, opinions=DEPARTMENTS, notice=wanted)
        departments_through = {tax, courts} == {"clean"}
        notice_through = (over and all(each is False for each in objections)) if published else not wanted
        assert (found_in_the_way == []) == (departments_through and notice_through)
        assert all(str(one) and "%(" not in str(one) for one in found_in_the_way)
        assert len(session.scalars(select(AuditEntry)).all()) == before
        session.rollback()

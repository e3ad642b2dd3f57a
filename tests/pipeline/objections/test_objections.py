"""A firm objects to a figure, a finding or a decision; the bureau answers, and what was right is corrected."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import audit, people
from pipeline.accounts.people import Person, Role
from pipeline.catalog import catalog
from pipeline.errors import NotAllowed, NotFound
from pipeline.intake.storing.findings import list_findings
from pipeline.objections import answering, corrections
from pipeline.objections.corrections import ObjectionNotPossible
from pipeline.objections.objecting import check_value, object_to, withdraw
from pipeline.objections.objection_lists import counts, decisions_of, file_of, objections, waiting
from pipeline.objections.stated_figures import stated_figures
from pipeline.objections.subject import ABOUT, DECISION, FIGURE, FINDING, Subject
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import AuditEntry, Import, ImportFinding
from pipeline.store.tutoring_tables import FirmObjection
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, LOTUS, state
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LOTUS_CLERK, MAY_1, NOW, found
from tests.pipeline.tutoring.attachments.files import pdf

ON_SQLITE_ALONE = True
READER = Person(31, "莲芯秘书", Role.READER, firm_id=LOTUS)
AUDITOR = Person(32, "审计", Role.AUDITOR)
PROOF = (checked("审计报告.pdf", pdf()),)
REVENUE = Subject(FIGURE, "revenue_cny", 2023)
#: Ten working days after Saturday, 1 June 2024; Monday the 10th is the Dragon Boat Festival.
DUE = date(2024, 6, 17)


@pytest.fixture
def city(engine: Engine) -> Engine:
    """Lotus has a revenue of 171.006 million yuan by its tax data, and of 1.7 by its return; Banyan is another's."""
    found(engine)
    state(engine, LOTUS, 2023, source="tax", revenue_cny=171_006_400.0, net_profit_cny=9e6, known_on=MAY_1)
    state(engine, LOTUS, 2023, revenue_cny=1_700_000.0, staff=80, known_on=MAY_1, file_name="return.xlsx")
    state(engine, BANYAN, 2023, revenue_cny=3e8, known_on=MAY_1, file_name="banyan.xlsx")
    with Session(engine) as session, session.begin():
        audit.seal_trail(session, people.console("root"), "what came by no program", NOW)
    return engine


def raised(engine: Engine, said: str = "17200", person: Person = LOTUS_CLERK, **more):
    return object_to(engine, person, LOTUS, REVENUE, "审计后的营业收入", said, PROOF, today=JUNE_1, now=NOW, **more)


def answered(engine: Engine, number: int, accepted: bool = True, person: Person = CHEN, why: str = "与审计报告一致"):
    return answering.answer(engine, person, number, accepted, why, today=JUNE_1, now=NOW)


def facts_of(engine: Engine, on: date):
    return facts.facts_and_firms(engine, on, "city", [LOTUS], list(catalog()))[0].loc[LOTUS]


def revenue(engine: Engine, on: date = JUNE_1) -> float:
    return float(facts_of(engine, on).loc[2023, "revenue_cny"])


def listed(engine: Engine, person: Person = LOTUS_CLERK, on: date = JUNE_1):
    with Session(engine) as session:
        return objections(session, person, on)


@pytest.mark.both_databases
def test_an_accepted_figure_is_corrected_as_its_source_would_have_and_was_not_known_before(city: Engine):
    number = raised(city)
    (one,) = listed(city)
    assert (one.state, one.shown, one.asked, one.due_on) == ("open", "17100.64 万元", "17200 万元", DUE)
    assert revenue(city) == 171_006_400
    done = answered(city, number)
    assert revenue(city) == 172_000_000
    assert revenue(city, JUNE_1 - timedelta(days=1)) == 171_006_400
    with Session(city) as session:
        brought = session.get_one(Import, done.import_id)
        assert (brought.source, brought.rows, brought.imported_by) == ("tax", 1, CHEN.name)
        used = {one.fact: one for one in stated_figures(session, LOTUS_CLERK, LOTUS, JUNE_1)}
        assert used["net_profit_cny"].value == 9e6  # a blank takes nothing back
        assert (used["revenue_cny"].file_name, used["revenue_cny"].differs) == (f"异议更正-{number}.xlsx", True)
        entries = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert entries[1:] == ["raise_objection", "accept_objection", "import_stored", "correct_by_objection"]
        assert audit.verify_all(session) == 5
    (one,) = listed(city)
    assert (one.state, one.answer, one.answered_by, one.import_id) == (
        "accepted",
        "与审计报告一致",
        CHEN.name,
        done.import_id,
    )


def test_a_figure_that_nobody_stated_becomes_part_of_the_firm_s_own_return(city: Engine):
    subject = Subject(FIGURE, "rd_expense_cny", 2023)
    number = object_to(city, LOTUS_CLERK, LOTUS, subject, "漏报", "900", PROOF, today=JUNE_1, now=NOW)
    done = answered(city, number)
    assert facts_of(city, JUNE_1).loc[2023, "rd_expense_cny"] == 9_000_000
    with Session(city) as session:
        assert session.get_one(Import, done.import_id).source == "hnte_annual"


def test_a_refused_objection_leaves_the_figure_and_says_why(city: Engine):
    number = raised(city)
    answered(city, number, accepted=False, why="审计报告为合并口径")
    (one,) = listed(city)
    assert (one.state, one.answer, one.import_id) == ("refused", "审计报告为合并口径", None)
    assert revenue(city) == 171_006_400
    with pytest.raises(ObjectionNotPossible, match="答复"):
        answered(city, number)
    assert raised(city) > number  # what was answered can be objected to anew


@pytest.mark.parametrize(
    ("said", "letter"),
    [("", "1 至 200"), ("约一亿", "约一亿"), ("17100.64", "已经是"), ("x" * 201, "201")],
)
def test_a_value_that_the_form_would_refuse_is_refused_and_nothing_is_stored(city: Engine, said: str, letter: str):
    with pytest.raises(ObjectionNotPossible, match=letter):
        raised(city, said)
    assert listed(city) == []
    with Session(city) as session:
        assert session.scalar(select(func.count(Import.id))) == 3


def test_what_would_be_stored_is_shown_before_it_is_sent(city: Engine):
    seen = check_value(city, LOTUS_CLERK, LOTUS, REVENUE, "1.72亿元", today=JUNE_1, now=NOW)
    assert (seen.old, seen.new) == ("17100.64 万元", "17200 万元")


def test_a_figure_needs_a_proof_a_reason_and_a_place_in_the_form(city: Engine):
    def of(subject: Subject = REVENUE, why: str = "更正", files=PROOF):
        return object_to(city, LOTUS_CLERK, LOTUS, subject, why, "17200", files, today=JUNE_1, now=NOW)

    with pytest.raises(ObjectionNotPossible, match="附上"):
        of(files=())
    with pytest.raises(ObjectionNotPossible, match="1 至"):
        of(why="  ")
    for fact in ("eps_cny_stated", "nothing"):
        with pytest.raises(ObjectionNotPossible, match="填报表"):
            of(Subject(FIGURE, fact, 2023))
    with pytest.raises(ObjectionNotPossible, match="10"):
        of(files=[checked(f"{n}.pdf", pdf(b"/N %d" % n)) for n in range(11)])


def test_the_same_is_objected_to_once_until_it_is_answered_or_withdrawn(city: Engine):
    number = raised(city)
    with pytest.raises(ObjectionNotPossible, match=str(number)):
        raised(city, "17300")
    with Session(city) as session, session.begin():
        withdraw(session, LOTUS_CLERK, number, "数字写错", today=JUNE_1, now=NOW)
    with pytest.raises(ObjectionNotPossible, match="撤回"):
        answered(city, number)
    raised(city, "17300")
    assert [one.state for one in listed(city)] == ["open", "withdrawn"]


def test_nobody_objects_reads_or_answers_beyond_their_firms(city: Engine):
    for person in (READER, ANA, AUDITOR, Person(33, "榕动", Role.ENTERPRISE, firm_id=BANYAN)):
        with pytest.raises(NotAllowed):
            raised(city, person=person)
    number = raised(city)
    (file,) = listed(city)[0].files
    with Session(city) as session:
        assert file_of(session, READER, file.id)[1] == pdf()
        assert [one.id for one in objections(session, AUDITOR, JUNE_1)] == [number]
        assert objections(session, JIANGHAI, JUNE_1) == []  # of another district
        for stranger in (JIANGHAI, Person(33, "榕动", Role.ENTERPRISE, firm_id=BANYAN)):
            with pytest.raises(NotFound):
                file_of(session, stranger, file.id)
        with pytest.raises(NotAllowed):
            objections(session, ANA, JUNE_1)
    for accepted in (True, False):
        with pytest.raises(NotFound):
            answered(city, number, accepted, JIANGHAI)
        with pytest.raises(NotAllowed):
            answered(city, number, accepted, LOTUS_CLERK)
    assert listed(city)[0].state == "open"


def test_a_paper_is_entered_under_the_name_of_who_signed_it(city: Engine):
    with pytest.raises(ObjectionNotPossible, match="签署"):
        raised(city, person=CHEN)
    with pytest.raises(ObjectionNotPossible):
        raised(city, raised_for="财务总监")  # the firm's own account signs itself
    raised(city, person=CHEN, raised_for="财务总监 何某")
    assert (listed(city)[0].raised_by, listed(city)[0].raised_for) == (CHEN.name, "财务总监 何某")


def test_an_accepted_finding_is_settled_with_the_answer(city: Engine):
    with Session(city) as session, session.begin():
        finding = ImportFinding(
            import_id=2, firm_id=LOTUS, year=2023, kind="growth", field="revenue_cny", sheet="年度财务", cell="C2"
        )
        finding.msgid, finding.params = "%(fact)s", {"fact": "revenue_cny"}
        session.add(finding)
        session.flush()
        number = finding.id
    subject = Subject(FINDING, finding_id=number)
    made = object_to(city, LOTUS_CLERK, LOTUS, subject, "当年并购所致", today=JUNE_1, now=NOW)
    answered(city, made, why="已核实并购")
    (kept,) = list_findings(city, state="explained", firm_id=LOTUS)
    assert (kept.settled_why, kept.settled_by) == ("已核实并购", CHEN.name)
    with pytest.raises(ObjectionNotPossible, match="处理"):
        object_to(city, LOTUS_CLERK, LOTUS, subject, "再问", today=JUNE_1, now=NOW)
    with pytest.raises(NotFound):
        object_to(city, LOTUS_CLERK, LOTUS, Subject(FINDING, finding_id=99), "x", today=JUNE_1, now=NOW)


def decided(engine: Engine, firm: str, state_of: str) -> int:
    with Session(engine) as session, session.begin():
        one = PoolProposal(as_of=MAY_1, firm_id=firm, action="exit", from_pool="seed", reason_msgid="-")
        one.reason_params, one.rules_fingerprint, one.data_fingerprint, one.proposed_at = {}, "-", "-", NOW
        one.state, one.decided_on, one.decided_by, one.decided_at = state_of, MAY_1, CHEN.name, NOW
        session.add(one)
        session.flush()
        return one.id


def test_a_decision_is_objected_to_and_what_nobody_decided_is_none(city: Engine):
    mine, others, lapsed = decided(city, LOTUS, "confirmed"), decided(city, BANYAN, "confirmed"), None
    lapsed = decided(city, LOTUS, "lapsed")
    with Session(city) as session:
        assert [one.id for one in decisions_of(session, LOTUS_CLERK, LOTUS, JUNE_1)] == [mine]
    object_to(city, LOTUS_CLERK, LOTUS, Subject(DECISION, proposal_id=mine), "未获通知", today=JUNE_1, now=NOW)
    for number in (others, lapsed, 999):
        with pytest.raises(NotFound):
            object_to(city, LOTUS_CLERK, LOTUS, Subject(DECISION, proposal_id=number), "x", today=JUNE_1, now=NOW)
    assert "出库" in str(listed(city)[0].what)


def test_a_call_that_died_between_answer_and_correction_is_finished_by_the_next(city: Engine, monkeypatch):
    number = raised(city)

    def dies(*_args, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(corrections, "stored", dies)
        with pytest.raises(KeyboardInterrupt):
            answered(city, number)
    assert (listed(city)[0].state, revenue(city)) == ("accepted", 171_006_400)
    first = answered(city, number)
    assert revenue(city) == 172_000_000
    # Killed after the import and before it was noted: nothing is stored twice.
    with Session(city) as session, session.begin():
        session.get_one(FirmObjection, number).import_id = None
    assert answered(city, number).import_id == first.import_id
    with Session(city) as session:
        assert session.scalar(select(func.count(Import.id))) == 4


def test_a_district_answers_for_its_own_firms_and_the_correction_is_among_its_imports(city: Engine):
    clerk = Person(33, "榕动", Role.ENTERPRISE, firm_id=BANYAN)
    number = object_to(city, clerk, BANYAN, REVENUE, "更正", "31000", PROOF, today=JUNE_1, now=NOW)
    done = answered(city, number, person=JIANGHAI)
    with Session(city) as session:
        assert session.get_one(Import, done.import_id).district_code == JIANGHAI.district_code
        assert waiting(session, JIANGHAI, DUE) == (0, 0)


def test_a_figure_that_another_source_states_since_is_not_corrected_in_the_old_one(city: Engine):
    number = raised(city)
    state(city, LOTUS, 2023, source="audited", revenue_cny=1.69e8, known_on=JUNE_1, file_name="audit.xlsx")
    with pytest.raises(ObjectionNotPossible, match="另一来源"):
        answered(city, number)
    assert listed(city)[0].state == "open"


def test_objections_are_counted_with_how_long_they_took_and_how_many_were_right(city: Engine):
    with Session(city) as session:
        assert counts(session, CHEN, JUNE_1).right_share is None
    first = raised(city)
    answering.answer(city, CHEN, first, True, "对", today=date(2024, 6, 5), now=NOW + timedelta(days=4))
    second = raised(city, "17300")
    answering.answer(city, CHEN, second, False, "不对", today=date(2024, 6, 18), now=NOW + timedelta(days=17))
    raised(city, "17400")
    with Session(city) as session:
        found = counts(session, CHEN, date(2024, 6, 18))
        assert (found.raised, found.open, found.late, found.accepted, found.refused) == (3, 1, 1, 1, 1)
        assert (found.answered_late, found.right_share) == (1, 0.5)
        assert found.median_working_days == 7.0  # 3 and 11 working days
        assert waiting(session, CHEN, date(2024, 6, 18)) == (1, 1)
        assert waiting(session, CHEN, DUE) == (1, 0)
        assert waiting(session, JIANGHAI, DUE) == waiting(session, LOTUS_CLERK, DUE) == (0, 0)


def test_a_form_that_is_none_is_no_subject(city: Engine):
    with pytest.raises(ObjectionNotPossible):
        object_to(city, LOTUS_CLERK, LOTUS, Subject("mood"), "x", today=JUNE_1, now=NOW)
    assert ABOUT == (FIGURE, FINDING, DECISION)

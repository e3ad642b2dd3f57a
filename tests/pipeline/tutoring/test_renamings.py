"""X有限公司 that becomes X股份有限公司 settles itself once the share reform is on record, and nothing else does."""

from datetime import date, datetime

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.intake.history import imports
from pipeline.intake.storing import findings
from pipeline.language import CHINESE, ENGLISH
from pipeline.store.tables import AuditEntry, Event, ImportFinding
from pipeline.tutoring import cases, renamings
from tests.cast import BANYAN, LOTUS, state

NOW, LATER = datetime(2024, 6, 1, 9), datetime(2024, 7, 1, 9)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("莲芯传感有限公司", "莲芯传感股份有限公司", True),
        ("莲芯传感股份有限公司", "莲芯传感有限公司", True),
        ("莲芯传感有限责任公司", "莲芯传感股份有限公司", True),
        ("广东莲芯（江门）有限公司", "广东莲芯(江门)股份有限公司 ", True),
        ("莲芯传感有限公司", "荷芯传感股份有限公司", False),
        ("莲芯传感有限公司", "莲芯科技有限公司", False),
        ("莲芯传感股份有限公司", "荷芯传感股份有限公司", False),
        ("莲芯传感有限公司", "莲芯传感有限责任公司", False),
        ("有限公司", "股份有限公司", False),
        ("", "", False),
    ],
)
def test_which_two_names_a_share_reform_explains(one, other, same):
    assert renamings.is_share_reform(one, other) is same


def renamed(engine: Engine, stated: str = "莲芯传感股份有限公司", **facts: object) -> int:
    number = state(engine, LOTUS, 2023, name=stated, **facts)
    with Session(engine) as session, session.begin():
        session.add(
            ImportFinding(
                import_id=number,
                firm_id=LOTUS,
                year=2023,
                kind="other_name",
                field="name",
                sheet="年度财务",
                msgid="",
                params={"stated": stated, "known": "莲芯传感有限公司"},
            )
        )
    return number


def reform(engine: Engine, number: int | None = None) -> None:
    with Session(engine) as session, session.begin():
        day = date(2023, 9, 1)
        session.add(Event(firm_id=LOTUS, kind="share_reform", occurred_on=day, known_on=day, import_id=number))


def settle(engine: Engine, number: int) -> int:
    with engine.begin() as connection:
        return renamings.settle(connection, number, NOW)


def open_names(engine: Engine) -> int:
    return len(findings.list_findings(engine, kinds=["other_name"]))


def test_without_a_share_reform_on_record_the_name_stays_a_question(engine: Engine):
    assert settle(engine, renamed(engine)) == 0
    assert open_names(engine) == 1


def test_an_event_that_comes_later_settles_it_with_its_reason_and_an_entry_in_the_log(engine: Engine):
    number = renamed(engine)
    assert settle(engine, number) == 0
    reform(engine)
    assert settle(engine, number) == 1
    assert open_names(engine) == 0
    (closed,) = findings.list_findings(engine, state="explained")
    assert "2023-09-01 完成股改" in closed.settled_why.in_language(CHINESE)
    assert "share reform of 2023-09-01" in closed.settled_why.in_language(ENGLISH)
    with Session(engine) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.details["state"]) == ("finding_settled", "explained")
    assert settle(engine, number) == 0  # once


def test_a_share_reform_that_a_return_states_settles_it(engine: Engine):
    assert settle(engine, renamed(engine, share_reform_on=date(2023, 8, 1))) == 1


def test_an_import_about_other_firms_settles_nothing(engine: Engine):
    of_the_firm = renamed(engine)
    reform(engine)
    assert settle(engine, state(engine, BANYAN, 2023, staff=9)) == 0
    assert open_names(engine) == 1
    assert settle(engine, of_the_firm) == 1


def test_a_share_reform_explains_no_other_name(engine: Engine):
    number = renamed(engine, "荷芯传感股份有限公司")
    reform(engine)
    assert settle(engine, number) == 0
    assert open_names(engine) == 1


def test_the_import_of_the_event_undone_opens_the_question_again(engine: Engine):
    renamed(engine)
    number = state(engine, LOTUS, 2022, file_name="events.xlsx")
    reform(engine, number)
    assert settle(engine, number) == 1
    imports.undo(engine, number, by="officer", now=LATER, force=True, why="wrong file")
    assert open_names(engine) == 1


def officers_case(engine: Engine) -> int:
    with Session(engine) as session, session.begin():
        return cases.open_case(session, people.console("officer"), LOTUS, date(2023, 6, 1), now=NOW).id


def record_reform(engine: Engine, case: int, stage: str = "share_reform") -> None:
    with Session(engine) as session, session.begin():
        cases.change_stage(session, people.console("officer"), case, stage, date(2023, 9, 1), now=NOW, waive="-")


def settlements(engine: Engine) -> list[tuple[str, str]]:
    with Session(engine) as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "finding_settled").order_by(AuditEntry.id)
        )
        return [(entry.person, entry.details["state"]) for entry in entries]


def test_the_stage_that_an_officer_records_settles_it_at_once_and_taken_back_it_is_open_again(engine: Engine):
    renamed(engine)
    case = officers_case(engine)
    record_reform(engine, case)
    assert open_names(engine) == 0
    assert settlements(engine) == [("officer", "explained")]
    with Session(engine) as session, session.begin():
        cases.take_back(session, people.console("chief"), case, "another firm", now=LATER)
    assert open_names(engine) == 1
    assert settlements(engine) == [("officer", "explained"), ("chief", "open")]


def test_another_stage_settles_nothing(engine: Engine):
    renamed(engine)
    record_reform(engine, officers_case(engine), "advisers")
    assert open_names(engine) == 1


def test_taken_back_it_stays_settled_where_a_return_states_the_share_reform_too(
    engine: Engine,
):
    renamed(engine, share_reform_on=date(2023, 8, 1))
    case = officers_case(engine)
    record_reform(engine, case)
    with Session(engine) as session, session.begin():
        cases.take_back(session, people.console("chief"), case, "another day", now=LATER)
    assert open_names(engine) == 0

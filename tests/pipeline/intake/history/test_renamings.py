"""X有限公司 that becomes X股份有限公司 settles itself once the share reform is on record, and nothing else does."""

from datetime import date, datetime

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.intake.history import imports, renamings
from pipeline.intake.storing import findings
from pipeline.language import CHINESE, ENGLISH
from pipeline.store.tables import AuditEntry, Event, ImportFinding
from tests.cast import LOTUS, state

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

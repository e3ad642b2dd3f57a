"""The timeline of a firm: what happened by a day, the latest first, and to each reader what they may see."""

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed
from pipeline.objections import answering
from pipeline.objections.objecting import object_to
from pipeline.objections.subject import FIGURE, Subject
from pipeline.timeline.timeline import timeline
from pipeline.tutoring import cases, visits
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, LOTUS, happened, state
from tests.pipeline.pools.city import ANA, CHEN, JUNE_1, LOTUS_CLERK, MAY_1, MAY_20, NOW, found
from tests.pipeline.tutoring.attachments.files import pdf

ON_SQLITE_ALONE = True


@pytest.fixture
def city(engine: Engine) -> Engine:
    found(engine)
    state(engine, LOTUS, 2023, revenue_cny=1e8, known_on=MAY_1)
    state(engine, BANYAN, 2023, revenue_cny=3e8, known_on=MAY_1, file_name="banyan.xlsx")
    happened(engine, LOTUS, "share_reform_done", MAY_20)
    with Session(engine) as session, session.begin():
        cases.open_case(session, CHEN, LOTUS, MAY_1, now=NOW)
        visits.record_visit(session, CHEN, LOTUS, MAY_20, "秘密：股权纠纷", now=NOW)
    return engine


def told(
    engine: Engine, person: Person = LOTUS_CLERK, on: date = JUNE_1, firm: str = LOTUS
) -> list[tuple[date, str, str]]:
    with Session(engine) as session:
        return [(entry.on, entry.kind, str(entry.what)) for entry in timeline(session, person, firm, on)]


def test_what_happened_is_told_the_latest_first_and_nothing_of_what_came_later(city: Engine):
    number = object_to(
        city,
        LOTUS_CLERK,
        LOTUS,
        Subject(FIGURE, "revenue_cny", 2023),
        "更正",
        "12000",
        [checked("a.pdf", pdf())],
        today=JUNE_1,
        now=NOW,
    )
    answering.answer(city, CHEN, number, False, "合并口径", today=JUNE_1, now=NOW)
    seen = told(city)
    assert [day for day, _kind, _what in seen] == sorted((day for day, _kind, _what in seen), reverse=True)
    assert {kind for _day, kind, _what in seen} == {"stated", "event", "stage", "visit", "objection"}
    assert (JUNE_1, "objection", "第 1 号异议未获采纳：合并口径") in seen
    assert (MAY_20, "visit", "走访企业") in seen
    assert (MAY_1, "stated", "高企年报（2023 年）：lotus.xlsx") in seen
    assert not any("秘密" in what or "banyan" in what for _day, _kind, what in seen)
    assert {day for day, _kind, _what in told(city, on=MAY_1)} == {MAY_1}


def test_each_reader_is_told_what_they_may_see_and_no_other_firm_s(city: Engine):
    assert {kind for _day, kind, _what in told(city, ANA)} == {"stated", "event"}
    with pytest.raises(NotAllowed):
        told(city, firm=BANYAN)
    with pytest.raises(NotAllowed):
        told(city, Person(40, "税务", Role.DEPARTMENT, department="tax"))

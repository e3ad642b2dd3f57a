"""What goes out on paper: of which review, to whom, and what changed between two days."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.errors import NotAllowed, NotFound
from pipeline.pool_history import published
from pipeline.store.pool_tables import NoticeFirm, Opinion, OpinionRequest, PublicNotice
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, NOW, found
from tests.pipeline.pools.membership import proposed, reviewed, stayed

MAY_20 = date(2024, 5, 20)


def names(told) -> list[tuple[str, str]]:
    return [(firm.firm_id, firm.action) for firm in told.firms]


def test_a_decision_tells_what_is_confirmed_of_its_review_and_nothing_else(engine):
    found(engine)
    reviewed(engine, 1)
    reviewed(engine, 2)
    proposed(engine, LOTUS, "enter", MAY_20, 1)
    proposed(engine, BANYAN, "promote", date(2024, 5, 22), 1)
    proposed(engine, KAPOK, "enter", MAY_20, 1, state="overruled")
    proposed(engine, KAPOK, "enter", MAY_20, 2)
    with Session(engine) as session:
        decided = published.decided(session, 1, CHEN)
    assert names(decided) == [(BANYAN, "promote"), (LOTUS, "enter")]
    assert (decided.on, decided.asked, decided.noticed) == (date(2024, 5, 22), False, False)


def test_a_review_that_is_not_there_or_not_decided_is_named_with_what_there_is(engine):
    found(engine)
    with Session(engine) as session, pytest.raises(NotFound, match="尚未做过评审"):
        published.decided(session, 7, CHEN)
    reviewed(engine, 1)
    with Session(engine) as session, pytest.raises(NotFound, match="最近一次是 1"):
        published.decided(session, 7, CHEN)
    with Session(engine) as session, pytest.raises(NotFound, match="尚无确认"):
        published.decided(session, 1, CHEN)
    with Session(engine) as session, pytest.raises(NotFound, match="尚未公示"):
        published.noticed(session, 1, CHEN)
    with Session(engine) as session, pytest.raises(NotFound, match="尚未征求"):
        published.asked(session, 1, "tax", CHEN)


def asked_and_noticed(engine) -> None:
    found(engine)
    reviewed(engine, 1)
    numbers = {firm: proposed(engine, firm, "enter", None, 1, state="open") for firm in (LOTUS, BANYAN)}
    with Session(engine) as session, session.begin():
        day = date(2024, 5, 6)
        request = OpinionRequest(
            review_id=1, department="tax", asked_on=day, due_on=MAY_20, asked_by="陈主任", recorded_at=NOW
        )
        notice = PublicNotice(
            review_id=1,
            begins_on=day,
            ends_on=date(2024, 5, 10),
            working_days=5,
            published_by="陈主任",
            recorded_at=NOW,
        )
        session.add_all([request, notice])
        session.flush()
        session.add_all(Opinion(request_id=request.id, firm_id=firm) for firm in numbers)
        session.add(NoticeFirm(notice_id=notice.id, proposal_id=numbers[LOTUS], firm_id=LOTUS))


def test_a_letter_names_whom_the_department_is_asked_about_and_a_notice_whom_it_holds(engine):
    asked_and_noticed(engine)
    with Session(engine) as session:
        letter, notice = published.asked(session, 1, "tax", CHEN), published.noticed(session, 1, CHEN)
        with pytest.raises(NotFound, match="tax"):
            published.asked(session, 1, "courts", CHEN)
        (there_are,) = published.papers_of(session, CHEN)
    assert (names(letter), letter.due_on) == ([(LOTUS, "enter"), (BANYAN, "enter")], MAY_20)
    assert (names(notice), notice.working_days) == ([(LOTUS, "enter")], 5)
    assert (there_are.departments, there_are.noticed, there_are.decided) == (["tax"], True, False)


def test_a_districts_officer_gets_its_firms_and_neither_a_firm_nor_an_analyst_gets_any(engine):
    asked_and_noticed(engine)
    with Session(engine) as session:
        assert names(published.asked(session, 1, "tax", JIANGHAI)) == [(BANYAN, "enter")]
        for person in (LOTUS_CLERK, ANA):
            with pytest.raises(NotAllowed):
                published.asked(session, 1, "tax", person)
            with pytest.raises(NotAllowed):
                published.changes_between(session, MAY_20, MAY_20, person)


def test_changes_count_both_days_and_a_day_outside_does_not(engine):
    found(engine)
    stayed(engine, LOTUS, "seed", date(2024, 1, 1))
    stayed(engine, BANYAN, "seed", date(2023, 12, 31), date(2024, 6, 30))
    proposed(engine, BANYAN, "exit", date(2024, 6, 30), why="已上市")
    stayed(engine, KAPOK, "seed", date(2024, 7, 1))
    with Session(engine) as session:
        told = published.changes_between(session, date(2024, 1, 1), date(2024, 6, 30), CHEN)
        with pytest.raises(ValueError, match="is before"):
            published.changes_between(session, date(2024, 6, 30), date(2024, 1, 1), CHEN)
    assert [(one.firm_id, one.action, one.why) for one in told.changes] == [
        (LOTUS, "enter", "材料齐全"),
        (BANYAN, "exit", "已上市"),
    ]
    assert [[one.firm_id for one in members] for members in (told.before, told.after, told.stayed)] == [
        [BANYAN],
        [LOTUS],
        [],
    ]


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 6, 29), date(2025, 7, 1), date(2025, 12, 31)),
        (date(2026, 6, 30), date(2026, 1, 1), date(2026, 6, 30)),
        (date(2026, 12, 30), date(2026, 1, 1), date(2026, 6, 30)),
        (date(2026, 12, 31), date(2026, 7, 1), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2026, 7, 1), date(2026, 12, 31)),
    ],
)
def test_the_half_year_that_ended_last_may_end_today(day, first, last):
    assert published.half_year_before(day) == (first, last)

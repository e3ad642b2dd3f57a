"""Rows of many firms are found in one statement, on either database."""

from datetime import date

import pytest
from sqlalchemy import Engine, and_, or_, select

from pipeline.store.many_ids import one_of, one_of_those_numbers, without_index
from pipeline.store.tables import Event, Firm

STORED = [*(f"neeq:{number:06d}" for number in range(5)), 'it\'s "so"']


@pytest.fixture
def firms(engine: Engine) -> Engine:
    with engine.begin() as connection:
        connection.execute(Firm.__table__.insert(), [{"id": one, "cohort": "neeq"} for one in STORED])
    return engine


@pytest.mark.parametrize("ids", [[], ["neeq:000001"], ["neeq:000001", "neeq:000003", "nobody", 'it\'s "so"']])
def test_rows_are_found_by_any_number_of_ids(firms: Engine, ids: list[str]):
    asked = select(Firm.id)
    with firms.connect() as connection:
        assert set(connection.scalars(asked.where(one_of(Firm.id, ids)))) == set(ids) & set(STORED)
        many = [*ids, *(f"x{number}" for number in range(70_000))]
        assert set(connection.scalars(asked.where(one_of(Firm.id, many)))) == set(ids) & set(STORED)
        assert set(connection.scalars(asked.where(~one_of(Firm.id, ids)))) == set(STORED) - set(ids)


def test_rows_are_found_by_any_number_of_numbers(engine: Engine):
    days = [date(2026, 5, day) for day in range(1, 6)]
    about = {"kind": "listed", "board": "", "in_force": True}
    with engine.begin() as connection:
        connection.execute(Firm.__table__.insert(), [{"id": "neeq:1", "cohort": "neeq"}])
        rows = [{"id": 10 * day.day, "firm_id": "neeq:1", "occurred_on": day, "known_on": day, **about} for day in days]
        connection.execute(Event.__table__.insert(), rows)
        asked = select(Event.id).where(one_of_those_numbers(Event.id, "events"))
        assert connection.scalars(asked, {"events": []}).all() == []
        assert set(connection.scalars(asked, {"events": [10, 30, 7]})) == {10, 30}
        assert set(connection.scalars(asked, {"events": list(range(70_000))})) == {10, 20, 30, 40, 50}


def test_the_condition_stands_beside_others(firms: Engine):
    first, second = one_of(Firm.id, STORED[:3]), one_of(Firm.id, STORED[2:])
    of_cohort = without_index(Firm.cohort) == "neeq"
    with firms.connect() as connection:
        assert connection.scalars(select(Firm.id).where(and_(first, second, of_cohort))).all() == [STORED[2]]
        assert set(connection.scalars(select(Firm.id).where(or_(first, second)))) == set(STORED)
        assert connection.scalars(select(Firm.id).where(first, of_cohort.is_(False))).all() == []


def test_the_index_of_the_ids_is_used_and_the_table_not_walked_through(sqlite_engine: Engine):
    asked = select(Firm.name).where(one_of(Firm.id, ["neeq:000001"]), without_index(Firm.cohort) == "neeq")
    said = str(asked.compile(sqlite_engine))
    with sqlite_engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", ("[]", "neeq")).all()
    assert "SEARCH firm USING INDEX sqlite_autoindex_firm_1 (id=?)" in [step[-1] for step in plan]

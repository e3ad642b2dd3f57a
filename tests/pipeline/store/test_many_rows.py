"""Many rows go into a table and come out of it as single ones would."""

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from pipeline.store.engines.table_statistics import MANY
from pipeline.store.many_rows import frame_of, insert_rows, update_rows
from pipeline.store.tables import Firm, FirmListRow
from tests.cast import LOTUS

BANYAN = "91440704MA5CAXT19K"
COLUMNS = ["firm_id", "name", "points", "rank", "in_doubt", "hnte_expires_on"]
FILLED = (LOTUS, '莲芯"传感", 100%', 61.25, 3, True, "2026-03-05")
BLANK = (BANYAN, None, None, None, None, None)


@pytest.fixture
def listed(engine: Engine) -> Engine:
    with engine.begin() as connection:
        insert_rows(connection, Firm, ["id", "cohort"], [(LOTUS, "city"), (BANYAN, "city")])
        insert_rows(connection, FirmListRow, COLUMNS, [FILLED, BLANK])
    return engine


def rows(engine: Engine) -> dict[str, tuple]:
    with Session(engine) as session:
        statement = select(*(getattr(FirmListRow, name) for name in COLUMNS))
        return {one.firm_id: tuple(one)[1:] for one in session.execute(statement)}


@pytest.mark.both_databases
def test_what_goes_in_as_tuples_is_read_back_with_its_types_and_blanks(listed):
    assert rows(listed) == {
        LOTUS: ('莲芯"传感", 100%', 61.25, 3, True, date(2026, 3, 5)),
        BANYAN: (None, None, None, None, None),
    }


@pytest.mark.both_databases
def test_columns_of_the_rows_that_are_named_change_and_no_others(listed):
    with listed.begin() as connection:
        update_rows(
            connection,
            FirmListRow,
            "firm_id",
            ["points", "in_doubt", "hnte_expires_on"],
            [(None, False, "2027-01-01", LOTUS)],
        )
        update_rows(connection, FirmListRow, "firm_id", ["points"], [])
    assert rows(listed) == {
        LOTUS: ('莲芯"传感", 100%', None, 3, False, date(2027, 1, 1)),
        BANYAN: (None, None, None, None, None),
    }


@pytest.mark.both_databases
def test_rows_come_out_as_the_frame_that_pandas_makes_of_them_one_by_one(listed):
    statement = select(*(getattr(FirmListRow, name) for name in COLUMNS)).order_by(FirmListRow.firm_id)
    with Session(listed) as session:
        one_by_one = pd.DataFrame([row._asdict() for row in session.execute(statement)], columns=COLUMNS)
        found = frame_of(session, statement, COLUMNS)
        none = frame_of(session, statement.where(FirmListRow.firm_id == "-"), COLUMNS)
        count = frame_of(session.connection(), select(func.count()).select_from(FirmListRow), ["rows"])
    pd.testing.assert_frame_equal(found, one_by_one)
    assert (list(none), len(none)) == (COLUMNS, 0)
    assert count["rows"].tolist() == [2]


def rows_known(connection):
    words = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass('firm')")
    return connection.scalar(words)


@pytest.mark.both_databases
def test_postgresql_counts_a_table_anew_in_the_transaction_that_adds_much_to_it_and_not_after_little(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite plans by its indexes alone")

    def added(connection, first, many):
        insert_rows(connection, Firm, ["id", "cohort"], ((f"F{n}", "city") for n in range(first, first + many)))

    with engine.begin() as connection:
        added(connection, 0, MANY - 1)
        assert rows_known(connection) == -1, "few rows spoil no plan"
        added(connection, MANY, 11 * MANY)
        assert rows_known(connection) == 12 * MANY - 1
        added(connection, 20 * MANY, MANY)
        assert rows_known(connection) == 12 * MANY - 1, "less than a tenth more"

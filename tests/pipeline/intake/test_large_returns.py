"""A large return is kept as columns in the transaction that stores it, and the trail seals what they are."""

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.accounts import audit
from pipeline.fact_columns.kept_columns import LEAST_ROWS
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.tables import Return, ReturnColumns
from pipeline.store.trail.chain import BrokenAuditLog
from tests.pipeline.intake.test_what_an_import_reads import returns, row

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)
YEARS = (2021, 2022, 2023)


def table(folder: Path, name: str, firms: int) -> Path:
    """Three years of so many firms, those with the highest codes first."""
    rows = [row(900_000 - firm, year, 1000 + firm / 8) for firm in range(firms) for year in YEARS]
    return returns(folder, name, rows)


def store(engine: Engine, path: Path) -> importing.ImportReport:
    return importing.import_returns(engine, ImportRequest.of(path, "neeq", by="test", now=NOW, today=TODAY))


@pytest.mark.both_databases
def test_all_firms_are_read_from_the_columns_of_a_large_return_as_from_its_rows(engine, tmp_path):
    store(engine, table(tmp_path, "large", LEAST_ROWS // len(YEARS) + 1))
    with Session(engine) as session:
        fingerprints = session.scalar(select(Return.kept_columns))
        assert session.scalar(select(func.count()).select_from(ReturnColumns)) == len(fingerprints) == 1
        assert audit.verify_all(session) == 1
    by_columns = facts.as_known_on(engine, TODAY, "neeq")
    with engine.begin() as connection:
        connection.execute(update(Return).values(kept_columns=None))
    pd.testing.assert_frame_equal(by_columns, facts.as_known_on(engine, TODAY, "neeq"))
    assert len(by_columns) == len(YEARS) * (LEAST_ROWS // len(YEARS) + 1)


def test_a_return_of_fewer_rows_has_none(sqlite_engine, tmp_path):
    store(sqlite_engine, table(tmp_path, "small", LEAST_ROWS // len(YEARS)))
    with Session(sqlite_engine) as session:
        assert session.scalar(select(Return.kept_columns)) is None
        assert session.scalar(select(func.count()).select_from(ReturnColumns)) == 0


def test_the_trail_names_a_return_whose_fingerprints_were_changed(sqlite_engine, tmp_path):
    store(sqlite_engine, table(tmp_path, "large", LEAST_ROWS // len(YEARS) + 1))
    with sqlite_engine.begin() as connection:
        connection.execute(update(Return).values(kept_columns=["0" * 64]))
    with Session(sqlite_engine) as session, pytest.raises(BrokenAuditLog, match="报表 1 "):
        audit.verify_all(session)


def test_what_is_taken_back_is_read_from_no_columns(sqlite_engine, tmp_path):
    number = store(sqlite_engine, table(tmp_path, "large", LEAST_ROWS // len(YEARS) + 1)).import_id
    imports.undo(sqlite_engine, number, by="test", now=NOW)
    assert facts.as_known_on(sqlite_engine, TODAY, "neeq").empty

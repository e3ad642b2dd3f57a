"""How many months a row's flows cover: by what it says, and never by half of it."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.intake import importing
from pipeline.intake.mapping import column_maps
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.tables import ReturnRow
from tests.pipeline.intake.workbooks import LOTUS

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)


def prospectus(folder: Path, **said: str) -> Path:
    """One row of figures out of a prospectus."""
    headings = [rule.heading for rule in column_maps.load("prospectus").sheets[0].columns]
    row = {"credit_code": LOTUS, "name": "莲芯传感", "fiscal_year": "2022", "revenue": "30000000", **said}
    file = folder / "prospectus.csv"
    file.write_text(f"{','.join(headings)}\n{','.join(row.get(name, '') for name in headings)}\n", "utf-8")
    return file


def store(engine: Engine, file: Path) -> None:
    importing.import_returns(engine, ImportRequest.of(file, "prospectus", by="test", now=NOW, today=TODAY))


def months(engine: Engine) -> list[int]:
    with Session(engine) as session:
        return list(session.scalars(select(ReturnRow.months)))


@pytest.mark.parametrize(
    ("ends", "full", "meant"),
    [
        ("2022-12-31", "1", 12),
        ("2022-12-31", "", 12),
        ("2022-06-30", "0", 6),
        ("2022-06-30", "", 6),
        ("2022-09-30", "0", 9),
        ("", "0", 6),
        ("", "1", 12),
        ("", "", 12),
    ],
)
def test_a_row_covers_the_months_that_it_says(ends, full, meant, sqlite_engine, tmp_path):
    store(sqlite_engine, prospectus(tmp_path, period_end=ends, full_year=full))
    assert months(sqlite_engine) == [meant]


@pytest.mark.parametrize(("ends", "full"), [("2022-06-30", "1"), ("2022-12-31", "0"), ("2021-12-31", "1")])
def test_a_row_that_says_two_things_is_refused_at_its_cell(ends, full, sqlite_engine, tmp_path):
    with pytest.raises(FileNotStored) as refused:
        store(sqlite_engine, prospectus(tmp_path, period_end=ends, full_year=full))
    assert len(refused.value.problems) == 1
    assert months(sqlite_engine) == []

"""`goldseed status` counts what is in force, and nothing else."""

from datetime import date

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from pipeline.store.database import newest_revision
from pipeline.store.status import status_of
from pipeline.store.tables import Return
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state


def test_an_empty_database_counts_nothing_and_has_no_champion(engine: Engine):
    assert status_of(engine).as_json() == {
        "firms": 0,
        "cohorts": {},
        "return_rows": 0,
        "events": 0,
        "scores": 0,
        "pools": {"seed": 0, "golden": 0},
        "open_cases": 0,
        "champion": None,
        "schema": newest_revision(),
    }


def test_rows_of_an_undone_import_no_longer_count_nor_does_a_firm_of_which_nothing_else_is_known(engine: Engine):
    state(engine, LOTUS, 2023, revenue_cny=1.0)
    state(engine, BANYAN, 2023, revenue_cny=1.0)
    state(engine, KAPOK, 2023, revenue_cny=1.0)
    state(engine, "neeq:430025", 2023, cohort="neeq", revenue_cny=1.0)
    happened(engine, LOTUS, "share_reform", date(2023, 5, 4))
    with Session(engine) as session, session.begin():
        session.execute(update(Return).where(Return.id <= 2).values(in_force=False))
    counted = status_of(engine)
    assert (counted.firms, counted.cohorts, counted.return_rows, counted.events) == (
        3,
        {"city": 2, "neeq": 1},
        2,
        1,
    )

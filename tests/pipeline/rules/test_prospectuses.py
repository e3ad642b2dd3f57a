"""Real issuers, as their own prospectuses state them, against the standards that they elected and five others."""

import shutil
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine

from pipeline.intake import importing
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.rules.evaluation import nearest
from pipeline.rules.explanation import condition_table
from pipeline.rules.reports import check
from pipeline.store.database import engine_for

pytestmark = pytest.mark.real_data

#: A day on which each rule is in force.
DAYS = {
    "main-2023-S1": date(2023, 6, 1),
    "main-2024-S1": date(2025, 1, 2),
    "chinext-2024-S1": date(2025, 1, 2),
    "chinext-2020-S2": date(2021, 1, 4),
    "star-S1": date(2020, 1, 2),
    "bse-S1": date(2023, 1, 3),
}
WORDS = {1: "met", 0: "not_met"}


NOW = datetime(2026, 1, 5, 9, 0)


def import_returns(engine: Engine, file: Path) -> None:
    importing.import_returns(
        engine, ImportRequest.of(file, "prospectus", by="test", now=NOW, today=NOW.date(), cohort="issuers")
    )


@pytest.fixture
def imported(sqlite_engine: Engine, real_data: Path) -> Engine:
    folder = real_data / "prospectuses"
    import_returns(sqlite_engine, folder / "returns.csv")
    importing.import_events(
        sqlite_engine,
        ImportRequest.of(
            folder / "events.csv", "prospectus-events", by="test", now=NOW, today=NOW.date(), cohort="issuers"
        ),
    )
    return sqlite_engine


def test_the_matrix_of_standards_worked_out_by_hand_agrees_cell_by_cell(imported: Engine, real_data: Path) -> None:
    folder = real_data / "prospectuses"
    elected = pd.read_csv(folder / "elected_standard.csv")
    matrix = pd.read_csv(folder / "cross_standard_matrix.csv").set_index("code")
    wrong = []
    for firm, code, day in zip(elected["credit_code"], elected["code"], elected["prospectus_date"], strict=True):
        for rule, rules_of in DAYS.items():
            found = check.check(imported, date.fromisoformat(day), rules_of=rules_of, cohort="issuers").verdict(rule)
            if found[firm] != WORDS[matrix.loc[code, rule]]:
                wrong.append((code, rule, found[firm]))
    assert not wrong


def test_every_issuer_meets_the_standard_that_it_elected(imported: Engine, real_data: Path) -> None:
    elected = pd.read_csv(real_data / "prospectuses" / "elected_standard.csv")
    boards = {
        "深交所主板": "main",
        "上交所主板": "main",
        "深交所创业板": "chinext",
        "上交所科创板": "star",
        "北交所": "bse",
    }
    for firm, board, day in zip(elected["credit_code"], elected["board"], elected["prospectus_date"], strict=True):
        verdicts = check.check(imported, date.fromisoformat(day), cohort="issuers", board=boards[board])
        standards = nearest.by_board(verdicts).set_index("firm_id").loc[firm]
        assert (standards["standard"], standards["met"][-2:]) == ("met", "S1")


def test_half_years_change_nothing(
    sqlite_engine: Engine, sqlite_template: Path, real_data: Path, tmp_path: Path
) -> None:
    returns = pd.read_csv(real_data / "prospectuses" / "returns.csv", dtype=str)
    assert (returns["full_year"] == "0").any()
    full_years = tmp_path / "full-years.csv"
    returns[returns["full_year"] == "1"].to_csv(full_years, index=False)
    import_returns(sqlite_engine, real_data / "prospectuses" / "returns.csv")
    other = tmp_path / "full-years.sqlite"
    shutil.copyfile(sqlite_template, other)
    without = engine_for(f"sqlite:///{other}")
    import_returns(without, full_years)
    pd.testing.assert_frame_equal(
        *(check.rows(check.check(e, date(2025, 8, 25), cohort="issuers")) for e in (sqlite_engine, without))
    )
    without.dispose()


def test_a_share_reform_among_the_events_makes_a_joint_stock_company(imported: Engine) -> None:
    verdicts = check.check(imported, date(2025, 8, 25), cohort="issuers", board="main")
    found = condition_table.conditions_of(verdicts, list(verdicts.firm_ids))
    reformed = found[found["measure"] == "is_joint_stock"]
    assert (reformed["verdict"] == "met").all()

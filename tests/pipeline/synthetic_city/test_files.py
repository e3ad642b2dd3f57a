"""The workbooks of the made-up city go through the import that everybody's go through."""

from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from pipeline.errors import WrongFile
from pipeline.facts import as_known_on, events_as_known_on, firms_as_known_on
from pipeline.intake.importing import ImportRequest, import_events, import_returns
from pipeline.store.database import engine_for, migrate
from pipeline.synthetic_city import CityFile, CityFiles, write_city
from tests.pipeline.synthetic_city.conftest import UNTIL

NOW = datetime(2026, 11, 22, 9, 0)
WARNINGS: list[dict[str, Any]] = []  # of the import of all files, in their order


def bring_in(engine: Engine, file: CityFile):  # type: ignore[no-untyped-def]
    return import_returns(
        engine,
        ImportRequest.of(
            file.path, file.map_name, by="test", now=NOW, today=UNTIL, source=file.source, known_on=file.known_on
        ),
    )


@pytest.fixture(scope="module")
def imported(small_files: CityFiles, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = engine_for(f"sqlite:///{tmp_path_factory.mktemp('imported') / 'city.sqlite'}")
    migrate(engine)
    for file in small_files.returns:
        if file.expected == "stored":
            WARNINGS.extend(bring_in(engine, file).as_json()["warnings"])
    import_events(
        engine,
        ImportRequest.of(small_files.events.path, small_files.events.map_name, by="test", now=NOW, today=NOW.date()),
    )
    return engine


def test_the_same_seed_writes_the_same_bytes(small_files: CityFiles, tmp_path: Path):
    again = write_city(tmp_path, firms=160, seed=3, until=UNTIL)
    for one, other in zip((*small_files.returns, small_files.events), (*again.returns, again.events), strict=True):
        assert one.path.name == other.path.name
        assert sha256(one.path.read_bytes()).digest() == sha256(other.path.read_bytes()).digest(), one.path.name


def test_every_file_and_every_sheet_says_that_it_is_made_up(small_files: CityFiles):
    for file in (*small_files.returns, small_files.events):
        assert file.path.name.startswith("演示")
        for sheet in load_workbook(file.path, read_only=True):
            assert "虚构" in str(next(sheet.iter_rows(max_row=1, values_only=True))[0])


def test_a_hamlet_of_twenty_firms_can_be_written_too(tmp_path: Path):
    files = write_city(tmp_path, firms=20, until=date(2026, 5, 1))
    assert all(file.path.exists() for file in (*files.returns, files.events))


def test_several_sources_and_sheets_tell_about_the_city(small_files: CityFiles):
    assert {file.source for file in small_files.returns} == {"hnte_annual", "tax", "audited", "survey"}
    assert [file.known_on for file in small_files.returns if file.known_on] == [date(2024, 9, 16), date(2026, 9, 16)]
    first = load_workbook(small_files.returns[0].path, read_only=True).sheetnames
    assert first == ["企业基本信息", "年度财务", "人员与研发", "知识产权"]


def test_the_wrong_workbook_is_refused_with_exactly_its_wrong_cells(small_files: CityFiles, sqlite_engine: Engine):
    wrong = next(file for file in small_files.returns if file.expected == "refused")
    with pytest.raises(WrongFile) as refused:
        bring_in(sqlite_engine, wrong)
    found = {(problem.sheet, problem.cell) for problem in refused.value.problems}  # type: ignore[attr-defined]
    assert found == {(cell.sheet, cell.cell) for cell in wrong.wrong_cells}
    assert len(found) >= 4
    assert as_known_on(sqlite_engine, UNTIL).empty


def test_the_mended_workbook_is_the_same_but_for_the_wrong_cells(small_files: CityFiles, sqlite_engine: Engine):
    wrong = next(place for place, file in enumerate(small_files.returns) if file.expected == "refused")
    mended = small_files.returns[wrong + 1]
    assert bring_in(sqlite_engine, mended).rows > 0


def test_every_firm_and_year_arrives(small_files: CityFiles, imported: Engine):
    known = as_known_on(imported, UNTIL)
    truth = small_files.city.facts
    assert known.index.equals(truth.index)
    assert set(firms_as_known_on(imported, UNTIL)["district_code"]) <= set(truth["district_code"])


def test_what_the_program_believes_is_what_is_true_but_for_blanks_and_small_differences(
    small_files: CityFiles, imported: Engine
):
    known, truth = as_known_on(imported, UNTIL), small_files.city.facts
    uncorrected = [(wrong.firm_id, wrong.year) for wrong in small_files.wrong_units if not wrong.corrected]
    fine = ~truth.index.isin(uncorrected)
    revenue = known["revenue_cny"] / truth["revenue_cny"]
    assert (revenue[fine].sub(1).abs() < 0.0101).mean() > 0.99
    for name in ("total_liabilities_cny", "tax_paid_cny", "registered_on", "district_code", "invention_patents"):
        both = fine & known[name].notna().to_numpy()
        assert both.mean() > 0.9, name
        assert (known.loc[both, name] == truth.loc[both, name]).all(), name
    assert known.loc[fine, "invention_patents"].isna().any()


def test_the_import_warns_of_every_row_in_a_wrong_unit_and_of_hardly_any_other(
    small_files: CityFiles, imported: Engine
):
    warned = {(one["firm_id"], one["year"]) for one in WARNINGS if one["kind"].startswith("unit_")}
    in_wrong_units = {(wrong.firm_id, wrong.year) for wrong in small_files.wrong_units}
    assert len(in_wrong_units) >= 3
    assert in_wrong_units <= warned
    # Of two years that differ ten-thousandfold either may be the wrong one, so a neighbour year may be asked about.
    assert len({firm for firm, _ in warned} - {firm for firm, _ in in_wrong_units}) <= 1


def test_weak_firms_leave_more_cells_blank(city, tmp_path: Path):  # type: ignore[no-untyped-def]
    from pipeline.intake.mapping import column_maps
    from pipeline.synthetic_city.sources import draw_sources

    said = draw_sources(city, column_maps.load("city"), 0).returns
    asked = [name for name in said if name not in ("share_reform_on", "neeq_listed_on", "neeq_tier", "prepared_by")]
    blank = said[asked].isna().mean(axis=1)
    small = city.facts["revenue_cny"] < city.facts["revenue_cny"].median()
    assert blank[small].mean() > 1.3 * blank[~small].mean()


def test_a_correction_is_known_from_its_day_and_not_a_day_before(small_files: CityFiles, imported: Engine):
    wrong = next(wrong for wrong in small_files.wrong_units if wrong.corrected and wrong.year == 2025)
    truth = small_files.city.facts.loc[(wrong.firm_id, wrong.year), "cost_cny"]
    before, after = (
        as_known_on(imported, day, firms=[wrong.firm_id]).loc[(wrong.firm_id, wrong.year), "cost_cny"]
        for day in (date(2026, 9, 15), date(2026, 9, 16))
    )
    assert after == pytest.approx(truth)
    assert np.isnan(before) or before == pytest.approx(truth * 1e4) or before == pytest.approx(truth)


def test_nothing_is_known_before_it_is_public(imported: Engine):
    known = as_known_on(imported, date(2025, 4, 29))
    assert known.index.get_level_values("year").max() == 2023
    events = events_as_known_on(imported, date(2025, 4, 29))
    assert (events["occurred_on"] <= pd.Timestamp(2025, 4, 29)).all()


def test_every_event_arrives_and_is_known_on_its_day(small_files: CityFiles, imported: Engine):
    events = events_as_known_on(imported, UNTIL)
    assert len(events) == len(small_files.city.events)
    assert (events["occurred_on"] == events["known_on"]).all()
    assert set(events["kind"]) == set(small_files.city.events["kind"])

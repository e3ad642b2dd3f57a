"""A refused file leaves a line: who tried what and when, and every problem, again and in both languages."""

import os
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pipeline import language
from pipeline.errors import NotFound
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.reading.problems import MOST_LISTED, FileNotStored
from pipeline.intake.storing.import_request import ImportRequest, WrongImport
from pipeline.store.status import status_of
from tests.pipeline.intake.workbooks import FINANCE, HEADINGS, LOTUS, write

NOW, TODAY = datetime(2024, 6, 1, 9), date(2024, 6, 1)


def form(folder: Path, name: str = "lotus.xlsx", *, revenue: object = "1,2O0") -> Path:
    row = [LOTUS, 2023, *[None] * (len(HEADINGS[FINANCE]) - 2)]
    row[HEADINGS[FINANCE].index("营业收入（万元）")] = revenue
    return write(folder / name, {FINANCE: [HEADINGS[FINANCE], row]})


def refused(engine: Engine, path: Path, map_name: str = "city", **more) -> FileNotStored:
    with pytest.raises(FileNotStored) as raised:
        importing.import_returns(engine, ImportRequest.of(path, map_name, by="officer", now=NOW, today=TODAY, **more))
    return raised.value


def test_a_refused_file_is_listed_with_who_tried_it_and_how_much_is_to_mend(engine: Engine, tmp_path):
    before = status_of(engine)
    assert refused(engine, form(tmp_path)).refusal == "R1"
    (line,) = imports.list_imports(engine, refused=True)
    told = {
        key: line.as_json()[key]
        for key in ("id", "file", "rows", "state", "map", "cohort", "imported_by", "problem_count")
    }
    assert told == {
        "id": "R1",
        "file": "lotus.xlsx",
        "rows": 0,
        "state": "refused",
        "map": "city",
        "cohort": "city",
        "imported_by": "officer",
        "problem_count": 1,
    }
    assert line.imported_at == NOW
    assert imports.list_imports(engine) == []  # whoever asks for imports gets what is stored
    assert status_of(engine) == before


def test_its_problems_can_be_read_again_in_either_language(engine: Engine, tmp_path):
    error = refused(engine, form(tmp_path))
    shown = imports.details(engine, "R1")
    (problem,) = (stored.as_json() for stored in shown.problems)
    assert problem["message"] == str(error.listed[0]) == problem["message_zh"]
    assert (problem["cell"], problem["found"], problem["firm"]) == (error.listed[0].cell, "1,2O0", LOTUS)
    assert shown.warnings == []
    with language.speaking(language.ENGLISH):
        assert imports.details(engine, "R1").problems[0].message == problem["message_en"]
    assert problem["message_en"] != problem["message_zh"]


def test_refusals_stand_among_the_imports_by_the_time_they_were_tried(engine: Engine, tmp_path):
    refused(engine, form(tmp_path))
    later = datetime(2024, 6, 1, 10)
    good = form(tmp_path, "mended.xlsx", revenue=1200)
    importing.import_returns(engine, ImportRequest.of(good, "city", by="officer", now=later, today=TODAY))
    told = [(one.id, one.state) for one in imports.list_imports(engine, refused=True)]
    assert told == [(1, "stored"), ("R1", "refused")]


def test_a_dry_run_and_a_look_leave_no_line_and_a_look_in_somebodys_name_does(engine: Engine, tmp_path):
    refused(engine, form(tmp_path), dry_run=True)
    assert importing.preview(engine, ImportRequest.of(form(tmp_path), "city", today=TODAY, now=NOW)).refusal is None
    assert imports.list_imports(engine, refused=True) == []
    seen = importing.preview(engine, ImportRequest.of(form(tmp_path), "city", today=TODAY, by="officer", now=NOW))
    assert seen.as_json()["refusal"] == "R1"
    assert [one.imported_by for one in imports.list_imports(engine, refused=True)] == ["officer"]


def test_a_file_that_cannot_even_be_read_leaves_its_line(engine: Engine, tmp_path):
    (tmp_path / "empty.xlsx").touch()
    refused(engine, tmp_path / "empty.xlsx")
    refused(engine, tmp_path / "gone.xlsx")
    assert [one.file for one in imports.list_imports(engine, refused=True)] == ["gone.xlsx", "empty.xlsx"]


def test_a_call_that_cannot_be_meant_leaves_no_line(engine: Engine, tmp_path):
    with pytest.raises(WrongImport):
        importing.import_returns(
            engine, ImportRequest.of(form(tmp_path), "city-events", by="officer", now=NOW, today=TODAY)
        )
    assert imports.list_imports(engine, refused=True) == []


def test_a_file_with_more_problems_than_are_listed_says_how_many_there_were(sqlite_engine: Engine, tmp_path):
    place = HEADINGS[FINANCE].index("营业收入（万元）")
    row = [LOTUS, 2023, *[None] * (len(HEADINGS[FINANCE]) - 2)]
    rows = [[*row[:place], "many", *row[place + 1 :]] for _ in range(MOST_LISTED + 1)]
    refused(sqlite_engine, write(tmp_path / "many.xlsx", {FINANCE: [HEADINGS[FINANCE], *rows]}))
    shown = imports.details(sqlite_engine, "R1")
    assert shown.line.problem_count > len(shown.problems) == MOST_LISTED


def test_events_are_refused_the_same_way(engine: Engine, tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("统一社会信用代码,事项\n", encoding="utf-8")
    with pytest.raises(FileNotStored):
        importing.import_events(engine, ImportRequest.of(path, "city-events", by="officer", now=NOW, today=NOW.date()))
    (line,) = imports.list_imports(engine, refused=True)
    assert (line.kind, line.map_name) == ("events", "city-events")


@pytest.mark.parametrize("number", ["R7", "Rx", "R99999999999999999999", "seven"])
def test_a_refusal_that_is_not_there_gets_a_letter(engine: Engine, number):
    with pytest.raises(NotFound) as raised:
        imports.details(engine, number)
    assert number in str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_name_out_of_an_archive_of_chinese_windows_is_kept_as_it_was_written(encoding, engine: Engine, tmp_path):
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), "莲芯年报.csv".encode(encoding))))
    try:
        path.write_text("年报\n", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    error = refused(engine, path)
    assert str(error).startswith("莲芯年报.csv")
    assert imports.list_imports(engine, refused=True)[0].file == "莲芯年报.csv"
    assert {problem.stored["sheet"] for problem in imports.details(engine, "R1").problems} == {"莲芯年报"}


def test_a_stored_file_keeps_such_a_name_as_well(engine: Engine, tmp_path):
    good = form(tmp_path, revenue=1200)
    odd = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), "莲芯年报.xlsx".encode("gb18030"))))
    try:
        good.rename(odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    report = importing.import_returns(
        engine, ImportRequest.of(odd, "city", by="officer", now=NOW, today=TODAY, annotated_dir=tmp_path)
    )
    assert (report.file, imports.list_imports(engine)[0].file) == ("莲芯年报.xlsx", "莲芯年报.xlsx")

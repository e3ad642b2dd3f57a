"""A file of dated activities: whole or not at all, each wrong cell by its place, to the fen, taken back exactly."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from cli import goldseed
from pipeline.accounts import audit
from pipeline.accounts.people import Person
from pipeline.accounts.roles import Role
from pipeline.activities.kinds import activity_kinds
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.importing import WrongImport
from pipeline.intake.mapping import column_maps, templates
from pipeline.intake.reading.problems import FileNotStored
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.language import speaking
from pipeline.store.database import open_database
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import CITY, Firm
from tests.pipeline.intake.workbooks import BANYAN, CODE, KAPOK, LOTUS, write

ON_SQLITE_ALONE = True
NOW, TODAY = datetime(2026, 6, 1, 9), date(2026, 6, 1)
HEADS = [
    CODE,
    "企业名称",
    "事项类型",
    "级别或类别",
    "事项名称",
    "对方单位",
    "结果",
    "金额（万元）",
    "发生日期",
    "截止日期",
]
CENTRE = {
    "事项类型": "产学研协同创新中心",
    "级别或类别": "市级",
    "事项名称": "莲芯协同创新中心",
    "发生日期": "2024-03-01",
}
LOAN = {
    "事项类型": "科技贷款",
    "对方单位": "某行",
    "金额（万元）": 0.29,
    "发生日期": "2025-01-02",
    "截止日期": "2030-01-02",
}


def form(path: Path, *rows: dict[str, Any], heads: list[str] = HEADS) -> Path:
    """A workbook with an activity a row, of Lotus unless a row says otherwise."""
    return write(
        path, {"活动": [heads, *([row.get(head, LOTUS if head == CODE else None) for head in heads] for row in rows)]}
    )


def store(engine: Engine, path: Path, by: object = "test", **options: Any) -> importing.ImportReport:
    request = ImportRequest.of(path, "city-activities", by=by, now=NOW, today=TODAY, **options)
    return importing.import_activities(engine, request)


def refused(engine: Engine, path: Path, by: object = "test") -> list[tuple[str, str | None, str]]:
    with pytest.raises(FileNotStored) as caught:
        store(engine, path, by)
    with Session(engine) as session:
        assert not session.scalar(select(func.count()).select_from(FirmActivity))
    return [(one.kind, one.cell, str(one.text)) for one in caught.value.listed]


def standing(engine: Engine) -> list[tuple[Any, ...]]:
    with Session(engine) as session:
        rows = select(FirmActivity.firm_id, FirmActivity.kind, FirmActivity.amount_fen, FirmActivity.import_id)
        return [tuple(row) for row in session.execute(rows.where(FirmActivity.in_force).order_by(FirmActivity.id))]


@pytest.mark.both_databases
def test_a_file_is_stored_with_its_words_its_days_and_its_amounts_to_the_fen(engine, tmp_path):
    path = form(
        tmp_path / "a.xlsx", CENTRE, LOAN, {**LOAN, CODE: BANYAN, "金额（万元）": "1.2亿", "获知日期": "2025-02-01"}
    )
    report = store(engine, path)
    assert (report.added, report.firms, report.new_firms) == (3, 2, 2)
    with Session(engine) as session:
        centre, loan, other = session.scalars(select(FirmActivity).order_by(FirmActivity.id)).all()
    assert (centre.kind, centre.level, centre.name) == ("collaboration_centre", "city", "莲芯协同创新中心")
    assert (centre.occurred_on, centre.ended_on, centre.known_on) == (date(2024, 3, 1), None, date(2024, 3, 1))
    assert (loan.amount_fen, loan.counterpart, loan.ended_on) == (290_000, "某行", date(2030, 1, 2))
    assert other.amount_fen == 12_000_000_000
    assert store(engine, path).already_stored
    with Session(engine) as session:
        assert audit.verify_all(session)


@pytest.mark.parametrize(
    ("row", "kind", "cell", "says"),
    [
        ({**CENTRE, "事项名称": None}, "missing", "E2", "事项名称|名称 is missing|name is missing"),
        ({**LOAN, "金额（万元）": None}, "missing", "H2", "amount is missing"),
        ({**LOAN, "对方单位": None}, "missing", "F2", "bank is missing"),
        ({**CENTRE, "金额（万元）": 10}, "not_stated_of_it", "H2", "states no amount"),
        ({**LOAN, "级别或类别": "市级"}, "not_stated_of_it", "D2", "has no levels"),
        ({**CENTRE, "级别或类别": "孵化器"}, "other_level", "D2", "provincial"),
        ({**CENTRE, "事项类型": "产学研协同中心"}, "unknown_word", "C2", "产学研协同创新中心"),
        ({**CENTRE, "级别或类别": "省"}, "unknown_word", "D2", "省级"),
        ({**CENTRE, "事项类型": None}, "missing", "C2", "kind of activity is missing"),
        ({**CENTRE, "发生日期": None}, "missing", "I2", "day is missing"),
        ({**CENTRE, "发生日期": "2026-06-02"}, "not_a_day", "I2", "has not come yet"),
        ({**CENTRE, "截止日期": "2024-02-29"}, "ends_early", "J2", "ends before it begins"),
        ({**LOAN, "金额（万元）": 0}, "below_zero", "H2", "not above 0"),
        ({**LOAN, "金额（万元）": 0.1234567}, "not_whole", "H2", "whole number of fen"),
        ({**LOAN, "金额（万元）": "约300"}, "not_a_number", "H2", "not a number"),
        ({**LOAN, "金额（万元）": 10**10}, "too_large", "H2", "more than there can be"),
        ({**CENTRE, CODE: LOTUS[:-1]}, "wrong_length", "A2", ""),
    ],
)
def test_each_wrong_cell_is_told_by_its_place(engine, tmp_path, row, kind, cell, says):
    with speaking("en"):
        told = refused(engine, form(tmp_path / "a.xlsx", row))
    assert (told[0][1], len(told)) == (cell, 1)
    if kind != "wrong_length":
        assert told[0][0] == kind
        assert any(part in told[0][2] for part in says.split("|"))


def test_the_days_beside_those_that_are_refused_are_taken(engine, tmp_path):
    rows = [{**CENTRE, "截止日期": "2024-03-01"}, {**CENTRE, "事项名称": "另一中心", "发生日期": "2026-06-01"}]
    assert store(engine, form(tmp_path / "a.xlsx", *rows)).added == 2


def test_every_fault_of_a_file_comes_in_one_letter(engine, tmp_path):
    told = refused(
        engine, form(tmp_path / "a.xlsx", {**CENTRE, "事项名称": None, "截止日期": "2020-01-01"}, CENTRE, CENTRE)
    )
    assert [(kind, cell) for kind, cell, _says in told] == [
        ("missing", "E2"),
        ("ends_early", "J2"),
        ("doubled_row", "A4"),
    ]


def test_two_loans_of_a_day_are_two_where_their_amounts_differ(engine, tmp_path):
    assert store(engine, form(tmp_path / "a.xlsx", LOAN, {**LOAN, "金额（万元）": 0.3})).added == 2


def test_a_form_without_a_column_that_a_row_needs_says_so_at_its_kind(engine, tmp_path):
    heads = [head for head in HEADS if head != "对方单位"]
    ((kind, cell, _says),) = refused(engine, form(tmp_path / "a.xlsx", LOAN, heads=heads))
    assert (kind, cell) == ("missing", "C2")


def test_what_is_on_record_is_not_counted_again_and_an_undo_takes_exactly_its_own_rows_out(engine, tmp_path):
    store(engine, form(tmp_path / "a.xlsx", CENTRE, LOAN))
    second = store(engine, form(tmp_path / "b.xlsx", LOAN, {**CENTRE, CODE: KAPOK}))
    assert second.added == 1
    assert len(standing(engine)) == 3
    undone = imports.undo(engine, 1, by="test", now=NOW)
    assert undone.activities == 2
    assert standing(engine) == [(LOTUS, "technology_loan", 290_000, 2), (KAPOK, "collaboration_centre", None, 2)]
    imports.undo(engine, 2, by="test", now=NOW)
    assert standing(engine) == []


def test_what_a_person_withdrew_does_not_come_back_by_an_undo(engine, tmp_path):
    store(engine, form(tmp_path / "a.xlsx", LOAN))
    store(engine, form(tmp_path / "b.xlsx", LOAN, CENTRE))
    with Session(engine) as session, session.begin():
        out = {"in_force": False, "withdrawn_by": "x", "withdrawn_at": NOW, "withdrawn_why": "误"}
        session.execute(update(FirmActivity).where(FirmActivity.import_id == 1).values(**out))
        audit.touch(session, FirmActivity, FirmActivity.import_id == 1)
    assert imports.undo(engine, 1, by="test", now=NOW).activities == 0
    assert standing(engine) == [(LOTUS, "collaboration_centre", None, 2)]


def test_a_district_brings_activities_of_its_own_firms_alone(engine, tmp_path):
    with Session(engine) as session, session.begin():
        session.add(Firm(id=LOTUS, cohort=CITY, name="莲芯", district_code="440703"))
        session.add(Firm(id=BANYAN, cohort=CITY, name="榕动", district_code="440704"))
    mine = Person(2, "蓬江科员", Role.OFFICER, district_code="440703")
    ((kind, cell, _says),) = refused(engine, form(tmp_path / "a.xlsx", CENTRE, {**CENTRE, CODE: BANYAN}), mine)
    assert (kind, cell) == ("other_district", "A3")
    assert store(engine, form(tmp_path / "b.xlsx", CENTRE), mine).added == 1


def test_without_a_day_of_their_own_rows_count_as_known_from_the_day_given_or_from_when_they_happened(engine, tmp_path):
    store(
        engine,
        form(tmp_path / "a.xlsx", CENTRE, {**CENTRE, CODE: KAPOK, "发生日期": "2026-05-20"}),
        known_on=date(2026, 5, 1),
    )
    with Session(engine) as session:
        known = session.scalars(select(FirmActivity.known_on).order_by(FirmActivity.id)).all()
    assert known == [date(2026, 5, 1), date(2026, 5, 20)]
    with pytest.raises(WrongImport):
        store(engine, form(tmp_path / "b.xlsx", CENTRE), known_on=date(2026, 6, 2))


def test_a_map_of_activities_is_for_its_own_command_and_names_kinds_that_there_are(engine, tmp_path):
    request = ImportRequest.of(form(tmp_path / "a.xlsx", CENTRE), "city-activities", by="x", now=NOW, today=TODAY)
    with pytest.raises(WrongImport, match="import-activities"):
        importing.import_returns(engine, request)
    content = {"kind": "activities", "firm": "credit_code", "source": "survey"}
    columns = {
        "代码": {"is": "firm"},
        "日": {"is": "occurred_on"},
        "类": {"is": "kind", "words": {"贷": "technology_loan"}},
    }
    assert column_maps.from_content("m", {**content, "columns": columns}).kind == "activities"
    for wrong in ({"类": {"is": "kind", "words": {"贷": "no_such_kind"}}}, {"金额": {"is": "amount"}}):
        with pytest.raises(column_maps.WrongMap):
            column_maps.from_content("m", {**content, "columns": {**columns, **wrong}})


def test_a_preview_stores_nothing_and_says_what_a_file_would_bring(engine, tmp_path):
    request = ImportRequest.of(form(tmp_path / "a.xlsx", CENTRE, LOAN), "city-activities", by="x", now=NOW, today=TODAY)
    found = importing.preview(engine, request)
    assert found.good
    assert found.report is not None
    assert found.report.added == 2
    assert standing(engine) == []


def test_the_template_lists_every_kind_and_its_filled_in_form_comes_in(engine, tmp_path):
    path = templates.write_template(tmp_path / "t.xlsx", "zh_CN", "city-activities")
    book = openpyxl.load_workbook(path)
    notes = [row[0].value for row in book[templates.NOTES_SHEET].iter_rows()]
    assert all(any(str(note).startswith(kind.name.zh) for note in notes) for kind in activity_kinds().kinds.values())
    sheet = next(book[name] for name in book.sheetnames if name not in (templates.NOTES_SHEET, templates.LISTS_SHEET))
    for column, cell in enumerate(sheet[1], start=1):
        sheet.cell(2, column, {**CENTRE, CODE: LOTUS}.get(cell.value))
    book.save(path)
    assert store(engine, path).added == 1


def test_the_command_stores_a_file_and_gives_back_a_wrong_one_with_exit_code_3(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    monkeypatch.setenv("GOLDSEED_DB_URL", url)
    open_database(url).dispose()
    run = CliRunner().invoke
    good, wrong = form(tmp_path / "a.xlsx", CENTRE), form(tmp_path / "b.xlsx", {**CENTRE, "事项名称": None})
    done = run(goldseed, ["import-activities", str(good), "--map", "city-activities", "--json"])
    assert (done.exit_code, '"added": 1' in done.output) == (0, True)
    assert run(goldseed, ["import-activities", str(wrong), "--map", "city-activities"]).exit_code == 3
    undone = run(goldseed, ["imports", "undo", "1", "--json"])
    assert '"activities": 1' in undone.output

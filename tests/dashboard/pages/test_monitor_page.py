"""The monitoring report: page, command and every file say the same, and nothing half is left behind."""

import io
import json
from datetime import date

import openpyxl
import pytest
from click.testing import CliRunner
from docx import Document
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.monitoring.report import report
from pipeline.monitoring.tables import firms_behind, tables
from tests.dashboard import city
from tests.dashboard.conftest import signed_in

AS_OF = "?as_of=2026-05-01"


def run(app, monkeypatch, *words):
    monkeypatch.setenv("GOLDSEED_DB_URL", str(app.server.extensions["goldseed"].engine.url))
    return CliRunner().invoke(cli.goldseed, ["monitor", "--as-of", "2026-05-01", *words])


@pytest.fixture
def found(app):
    with Session(app.server.extensions["goldseed"].engine) as session:
        return report(session, people.console(), date(2026, 5, 1))


def test_page_command_and_files_have_the_same_tables(app, found, monkeypatch, tmp_path):
    officer = signed_in(app, city.OFFICER)
    page = json.dumps(officer.show("/monitor", AS_OF).json, ensure_ascii=False)
    said = run(app, monkeypatch).stdout
    files = {form: officer.get(f"/download/monitoring.{form}{AS_OF}") for form in ("pdf", "docx", "xlsx")}
    assert {form: one.status_code for form, one in files.items()} == dict.fromkeys(files, 200)
    assert files["pdf"].data.startswith(b"%PDF")
    paper = Document(io.BytesIO(files["docx"].data))
    cells = [[cell.text for cell in row.cells] for drawn in paper.tables for row in drawn.rows]
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"].data))
    sheets = {str(value) for sheet in book for row in sheet.iter_rows(values_only=True) for value in row if value}
    told = tables(found)
    assert sum(len(one.rows) for one in told) > 20
    for one in told:
        assert one.title in page
        for row in one.rows:
            assert " | ".join(row) in said
            assert list(row) in cells
            assert {word for word in row if word and word[0] not in "±+−–"} <= sheets
    firms = {cell for row in firms_behind(found).rows for cell in (row[2],)}
    assert firms <= sheets, "each number leads to its firms in the workbook"
    assert json.loads(run(app, monkeypatch, "--json").stdout) == json.loads(
        json.dumps(found.as_json(), default=lambda value: value.isoformat() if isinstance(value, date) else str(value))
    )


@pytest.mark.parametrize("name", ["report.txt", "report", "folder/report.pdf"])
def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left(app, monkeypatch, tmp_path, name):
    answer = run(app, monkeypatch, "--out", str(tmp_path / name))
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output
    assert [one for one in tmp_path.iterdir() if not one.name.startswith("goldseed.sqlite")] == []


def test_a_day_that_has_not_come_is_refused(app, monkeypatch):
    monkeypatch.setenv("GOLDSEED_DB_URL", str(app.server.extensions["goldseed"].engine.url))
    answer = CliRunner().invoke(cli.goldseed, ["monitor", "--as-of", "2999-01-01"])
    assert answer.exit_code == 2
    assert "2999-01-01" in answer.output


def test_an_officer_of_a_district_reads_its_own_report_and_an_enterprise_none(app):
    officer, enterprise = signed_in(app, city.DISTRICT_OFFICER), signed_in(app, city.ENTERPRISE)
    page = json.dumps(officer.show("/monitor", AS_OF).json, ensure_ascii=False)
    assert "江海区" in page
    assert "蓬江区" not in page
    assert enterprise.get(f"/download/monitoring.xlsx{AS_OF}").status_code == 403
    assert "monitor-found" not in json.dumps(enterprise.show("/monitor", AS_OF).json, ensure_ascii=False)

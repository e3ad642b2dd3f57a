"""On the command line: reports, sheets and tables are written with their entry in the trail, or refused in words."""

import csv
from datetime import date
from pathlib import Path

import docx
import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from dashboard.reports import firm_pdf
from pipeline.store.tables import AuditEntry
from pipeline.tutoring import cases, visits
from tests.cast import BANYAN, LOTUS, NAMES
from tests.pipeline.pools.city import CHEN, NOW, found
from tests.pipeline.pools.membership import stayed

MAY_20 = date(2024, 5, 20)


@pytest.fixture
def engine(sqlite_engine, sqlite_url, monkeypatch):
    """Lotus has been in the seed pool and in tutoring since 20 May 2024, and was visited once."""
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    monkeypatch.setenv("GOLDSEED_BUREAU", "江城市金融工作局")
    found(sqlite_engine)
    stayed(sqlite_engine, LOTUS, "seed", MAY_20)
    with Session(sqlite_engine) as session, session.begin():
        cases.open_case(session, CHEN, LOTUS, MAY_20, now=NOW)
        visits.record_visit(session, CHEN, LOTUS, MAY_20, "=1+1", "补缴社保", date(2024, 6, 20), now=NOW)
    return sqlite_engine


def run(*arguments: object):
    return CliRunner().invoke(cli.goldseed, [str(each) for each in arguments])


def exports(engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "export")))


def test_the_citys_report_is_written_as_of_a_day_in_both_forms(engine, tmp_path: Path):
    out = tmp_path / "city.docx"
    assert run("report", "city", "--as-of", "2024-06-01", "--out", out).exit_code == 0
    words = [paragraph.text for paragraph in docx.Document(str(out)).paragraphs]
    assert any("在库企业1家" in each for each in words)
    assert any("江城市金融工作局" in each and "2024年6月1日" in each for each in words)
    assert run("report", "city", "--as-of", "2024-05-19", "--out", out).exit_code == 0
    assert any("在库企业0家" in paragraph.text for paragraph in docx.Document(str(out)).paragraphs)
    assert run("report", "city", "--out", tmp_path / "city.pdf").exit_code == 0
    assert (tmp_path / "city.pdf").read_bytes().startswith(b"%PDF")
    assert exports(engine) == ["export:special_report"] * 3


def test_sheets_are_written_for_the_firms_named(engine, tmp_path: Path):
    out = tmp_path / "sheets.docx"
    answer = run("report", "visits", LOTUS, BANYAN, "--out", out)
    assert (answer.exit_code, exports(engine)) == (0, ["export:visit_sheet"])
    names = [table.rows[0].cells[1].text for table in docx.Document(str(out)).tables]
    assert [name for name in names if name.strip()] == [NAMES[LOTUS], NAMES[BANYAN]]


def test_an_office_may_use_a_template_of_its_own(engine, tmp_path: Path):
    document = docx.Document()
    document.add_paragraph("{{截止日期}}在库{{在库家数}}家")
    document.save(str(tmp_path / "own.docx"))
    out = tmp_path / "city.docx"
    asked = ("report", "city", "--as-of", "2024-06-01", "--template", tmp_path / "own.docx", "--out")
    assert run(*asked, out).exit_code == 0
    assert docx.Document(str(out)).paragraphs[0].text == "2024年6月1日在库1家"
    assert run(*asked, tmp_path / "city.pdf").exit_code == 2


def test_cases_and_visits_are_tables_that_say_the_same_in_both_forms(engine, tmp_path: Path):
    for command, kind in (("export", "cases"), ("export-visits", "visits")):
        for form in ("xlsx", "csv"):
            assert run("cases", command, "--out", tmp_path / f"{kind}.{form}").exit_code == 0
        with (tmp_path / f"{kind}.csv").open(encoding="utf-8-sig") as file:
            as_csv = list(csv.reader(file))
        sheet = openpyxl.load_workbook(tmp_path / f"{kind}.xlsx").worksheets[0]
        assert [
            ["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)
        ] == as_csv
        assert [row[1] for row in as_csv[1:]] == [LOTUS]
    assert "'=1+1" in as_csv[1]
    assert exports(engine) == ["export:cases"] * 2 + ["export:visits"] * 2


def test_a_firms_page_is_written_for_one_or_several_however_the_options_stand(engine, tmp_path: Path, monkeypatch):
    asked = []
    monkeypatch.setattr(firm_pdf, "reports_pdf", lambda _engine, _models, firms, *_: asked.append(firms) or b"%PDF")
    out = tmp_path / "firm.pdf"
    for arguments in ((LOTUS, "--out", out), ("--out", out, LOTUS, BANYAN), ("firm", LOTUS, LOTUS, "--out", out)):
        assert run("report", *arguments).exit_code == 0
    assert asked == [[LOTUS], [LOTUS, BANYAN], [LOTUS]]
    assert exports(engine) == ["export:report"] * 4


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["report", "city", "--out", "city.xlsx"], ".pdf / .docx"),
        (["report", "city", "--as-of", "2999-01-01", "--out", "city.pdf"], "2999-01-01"),
        (["cases", "export", "--out", "cases.pdf"], ".xlsx / .csv"),
        (["report", "--out", "firm.pdf"], "FIRM"),
        (["report", "visits", "--out", "sheets.pdf"], "FIRM"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(engine, tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    answer = run(*arguments)
    assert answer.exit_code == 2
    assert named in answer.output
    assert list(tmp_path.glob("*.pdf")) + list(tmp_path.glob("*.xlsx")) == []
    assert exports(engine) == []

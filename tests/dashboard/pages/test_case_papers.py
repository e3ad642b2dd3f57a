"""Downloads about tutoring: who gets which, of whose firms, and where the pages lead to them."""

import csv
import io
import json

import docx
import openpyxl
import pytest
from sqlalchemy.orm import Session

from dashboard.reports import firm_pdf
from pipeline.store.tables import Firm
from tests.cast import BANYAN, LOTUS, NAMES
from tests.dashboard import city
from tests.dashboard.conftest import signed_in

FILES = (
    "/download/special-report.pdf",
    "/download/special-report.docx",
    f"/download/visit-sheet.pdf?firms={BANYAN}",
    f"/download/visit-sheet.docx?firms={BANYAN}",
    "/download/cases.xlsx",
    "/download/cases.csv",
    "/download/visits.xlsx",
    "/download/visits.csv",
)


def words_of(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def rows_of(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))


@pytest.mark.parametrize(
    ("name", "status"),
    [(city.OFFICER, 200), (city.DISTRICT_OFFICER, 200), (city.ANALYST, 403), (city.ENTERPRISE, 403)],
)
def test_officers_get_the_files_and_neither_analysts_nor_firms_do(app, name, status):
    visitor = signed_in(app, name)
    assert {path: visitor.get(path).status_code for path in FILES} == dict.fromkeys(FILES, status)


def test_a_district_officer_gets_only_the_districts_firms_and_the_title_says_so(app):
    visitor = signed_in(app, city.DISTRICT_OFFICER)
    words = words_of(visitor.get("/download/special-report.docx").data)
    assert "（江海区）" in words
    assert NAMES[LOTUS] not in words
    _head, *rows = rows_of(visitor.get("/download/cases.csv"))
    assert {row[2] for row in rows} == {"江海区"}
    assert visitor.get(f"/download/visit-sheet.docx?firms={BANYAN},{LOTUS}").status_code == 403


def test_what_cannot_be_meant_is_refused(app):
    officer = signed_in(app, city.OFFICER)
    many = ",".join(str(number) for number in range(100))
    wrong = {
        "/download/special-report.xlsx": 404,
        "/download/cases.pdf": 404,
        "/download/visit-sheet.pdf": 400,
        f"/download/visit-sheet.pdf?firms={many}": 400,
        "/download/visit-sheet.pdf?firms=nobody": 403,
        "/download/firm.pdf?firms=nobody": 403,
        "/download/special-report.pdf?as_of=2999-01-01": 400,
        "/download/special-report.pdf?as_of=tomorrow": 400,
    }
    assert {path: officer.get(path).status_code for path in wrong} == wrong


def test_the_report_of_a_past_day_is_of_that_day(app):
    officer = signed_in(app, city.OFFICER)
    before = words_of(officer.get("/download/special-report.docx?as_of=2025-05-19").data)
    assert "在库企业0家" in before
    assert "截至2025年5月19日" in before
    assert "在库企业6家" in words_of(officer.get("/download/special-report.docx?as_of=2025-05-20").data)


def test_cases_are_the_same_in_both_forms_and_no_text_runs_as_a_formula(app):
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        session.get_one(Firm, LOTUS).name = '=HYPERLINK("http://x")'
    officer = signed_in(app, city.OFFICER)
    as_csv = rows_of(officer.get("/download/cases.csv"))
    book = openpyxl.load_workbook(io.BytesIO(officer.get("/download/cases.xlsx").data))
    (sheet,) = book.worksheets
    lines = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    head = as_csv[0]
    assert lines[lines.index(head) :] == as_csv  # a line above says that the firms are made up
    assert len(as_csv) == 7
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}
    (lotus,) = [row for row in as_csv if row[1] == LOTUS]
    assert lotus[0].startswith("'=")


def test_the_pages_lead_to_the_files_of_whoever_may_have_them(app):
    officer = signed_in(app, city.OFFICER)

    def shown(path: str, search: str = "", of=officer) -> str:
        return json.dumps(of.show(path, search).json, ensure_ascii=False)

    assert "/download/special-report.pdf" in shown("/")
    assert "/download/special-report.docx" in shown("/")
    assert "special-report" not in shown("/", of=signed_in(app, city.ANALYST))
    assert "special-report" not in shown("/", of=signed_in(app, city.ENTERPRISE))
    for kind in ("cases", "visits"):
        for form in ("xlsx", "csv"):
            assert f"/download/{kind}.{form}" in shown("/cases")
    assert "/download/visit-sheet.pdf?firms=" in shown("/today", "?of=all")
    assert f"/download/firm.pdf?firms={LOTUS},{BANYAN}" in shown("/compare", f"?firms={LOTUS},{BANYAN}")
    assert f"/firm/{LOTUS}/report.pdf" in shown(f"/firm/{LOTUS}")


def test_one_page_about_each_of_several_firms_for_those_who_see_their_scores(app, monkeypatch):
    asked = []
    monkeypatch.setattr(firm_pdf, "reports_pdf", lambda _engine, _models, firms, *_: asked.append(firms) or b"%PDF")
    both = f"/download/firm.pdf?firms={LOTUS},{BANYAN},{LOTUS}"
    for name, path, status in (
        (city.OFFICER, both, 200),
        (city.ANALYST, both, 200),
        (city.DISTRICT_OFFICER, both, 403),
        (city.DISTRICT_OFFICER, f"/download/firm.pdf?firms={BANYAN}", 200),
        (city.ENTERPRISE, both, 403),
        (city.ENTERPRISE, f"/download/firm.pdf?firms={LOTUS}", 200),
    ):
        assert signed_in(app, name).get(path).status_code == status, (name, path)
    assert asked == [[LOTUS, BANYAN], [LOTUS, BANYAN], [BANYAN], [LOTUS]]

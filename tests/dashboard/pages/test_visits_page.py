"""The page of all visits and the files of a visit: what is listed for whom, how a file leaves the board, and that the
page, the table and the command say the same."""

import csv
import io
import json
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from sqlalchemy import update
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.store.attachment_tables import AttachedFile
from pipeline.store.tables import Case, Visit
from pipeline.tutoring import visits
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, LOTUS, NAMES
from tests.dashboard import city
from tests.dashboard.conftest import signed_in
from tests.pipeline.tutoring.attachments.files import pdf, word

WHO = people.console("test")


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


@pytest.fixture
def file(app) -> int:
    """The number of a file with an awkward name, of a visit to Lotus, which is not in the district officer's."""
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        visit = visits.record_visit(session, WHO, LOTUS, city.NOW.date(), "<b>产能</b>满负荷", now=city.NOW)
        return attachments.attach(session, WHO, visit.id, checked('走访"纪要".docx', word()), now=city.NOW).id


def test_a_file_is_saved_and_never_opened_and_only_by_those_who_may_read_findings(app, file):
    address = f"/download/attachment/{file}"
    answer = signed_in(app, city.OFFICER).get(address)
    assert (answer.status_code, answer.data[:4]) == (200, b"PK\x03\x04")
    headers = answer.headers
    assert headers["Content-Disposition"].startswith("attachment; ")
    assert f"filename*=UTF-8''{quote('走访_纪要_.docx')}" in headers["Content-Disposition"]
    assert headers["Content-Type"].endswith("wordprocessingml.document")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cache-Control"] == "no-store"
    assert "script-src" in signed_in(app, city.OFFICER).get("/").headers["Content-Security-Policy"]
    for name, status in ((city.DISTRICT_OFFICER, 404), (city.ANALYST, 403), (city.ENTERPRISE, 403)):
        assert signed_in(app, name).get(address).status_code == status, name
    officer = signed_in(app, city.OFFICER)
    for wrong in ("999", "0", "-1", "1e3", "x", "99999999999"):
        assert officer.get(f"/download/attachment/{wrong}").status_code == 404, wrong
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        session.execute(update(AttachedFile).values(content=b"other"))
    spoilt = officer.get(address)
    assert (spoilt.status_code, "与当初添加的文件不符" in spoilt.get_data(as_text=True)) == (500, True)


def test_the_list_is_narrowed_by_its_address_and_the_file_and_the_command_say_the_same(app, file, monkeypatch):
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        visits.record_visit(session, WHO, BANYAN, city.NOW.date(), "另一企业", now=city.NOW)
    officer, district = signed_in(app, city.OFFICER), signed_in(app, city.DISTRICT_OFFICER)
    query = "?attached=1&words=" + quote("产能")
    shown = words(officer.show("/visits", query))
    assert (NAMES[LOTUS] in shown, "另一企业" in shown) == (True, False)
    assert "另一企业" in words(officer.show("/visits"))
    theirs = words(district.show("/visits"))
    assert ("另一企业" in theirs, "满负荷" in theirs) == (True, False)
    assert "没有符合条件的走访" in words(officer.show("/visits", "?stage=listed"))
    assert "晚于截止日" in words(officer.show("/visits", "?from=2026-02-01&to=2026-01-01"))
    assert officer.get("/download/visits.csv?from=2026-02-01&to=2026-01-01").status_code == 400

    def table(visitor, asked=""):
        text = visitor.get(f"/download/visits.csv{asked}").get_data(as_text=True).lstrip("\ufeff")
        return [row["走访情况"] for row in csv.DictReader(io.StringIO(text))]

    assert table(officer, query) == ["<b>产能</b>满负荷"]
    assert "<b>产能</b>满负荷" not in table(district)
    monkeypatch.setenv("GOLDSEED_DB_URL", engine.url.render_as_string(hide_password=False))

    def told(*arguments):
        answer = CliRunner().invoke(cli.goldseed, ["visits", *arguments, "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    assert [each["findings"] for each in told("list")] == table(officer)
    assert told() == told("list")
    (one,) = told("list", "--attached", "--words", "产能")
    assert (one["firm_id"], one["attachments"]) == (LOTUS, 1)
    assert told("attachments", LOTUS) == told("attachments", "--visit", str(one["visit"]))


def test_fifty_visits_stand_on_a_page_and_the_rest_on_the_next(app):
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        there = len(session.query(Visit).all())
        case = session.query(Case).filter(Case.firm_id == LOTUS, Case.closed_on.is_(None)).one()
        about = {"case_id": case.id, "visited_by": "王科员", "recorded_at": city.NOW}
        session.add_all(
            Visit(visited_on=city.NOW.date(), findings=f"第{number}次", **about) for number in range(60 - there)
        )
    officer = signed_in(app, city.OFFICER)
    assert "第 1 至 50 条，共 60 条" in words(officer.show("/visits"))
    assert "第 51 至 60 条，共 60 条" in words(officer.show("/visits", "?page=2"))
    assert "第 60 至 60 条，共 60 条" in words(officer.show("/visits", "?page=9999999"))


def test_files_are_attached_fetched_and_withdrawn_on_the_command_line(app, tmp_path, monkeypatch):
    engine = app.server.extensions["goldseed"].engine
    monkeypatch.setenv("GOLDSEED_DB_URL", engine.url.render_as_string(hide_password=False))
    (tmp_path / "a.pdf").write_bytes(pdf())
    (tmp_path / "b.pdf").write_bytes(b"MZ")

    def run(*arguments, code=0):
        answer = CliRunner().invoke(cli.goldseed, ["visits", *map(str, arguments)])
        assert answer.exit_code == code, answer.output
        return answer

    run("attach", 1, tmp_path / "a.pdf", tmp_path / "b.pdf", code=1)  # all or none
    assert json.loads(run("attachments", "--visit", 1, "--json").stdout) == []
    (kept,) = json.loads(run("attach", 1, tmp_path / "a.pdf", "--json").stdout)
    run("fetch", kept["id"], "--out", tmp_path / "back.pdf")
    assert (tmp_path / "back.pdf").read_bytes() == pdf()
    gone = json.loads(run("withdraw-attachment", kept["id"], "--why", "传错", "--json").stdout)
    assert gone["withdrawn"]["why"] == "传错"
    run("fetch", kept["id"], "--out", tmp_path / "again.pdf", code=1)
    assert not (tmp_path / "again.pdf").exists()
    run("attachments", code=2)
    verified = CliRunner().invoke(cli.goldseed, ["audit", "verify", "--json"])
    assert json.loads(verified.stdout)["attached_files"] == 1
    with engine.begin() as connection:
        connection.execute(update(AttachedFile).values(content=b"other"))
    spoilt = CliRunner().invoke(cli.goldseed, ["audit", "verify"])
    assert (spoilt.exit_code, "a.pdf" in str(spoilt.exception)) == (1, True)

"""On the command line: papers and reports are written with their entry in the trail, or refused in words."""

import json
from datetime import date

import docx
import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from pipeline.store.tables import AuditEntry
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools.city import found
from tests.pipeline.pools.membership import proposed, reviewed, stayed


@pytest.fixture
def engine(sqlite_engine, sqlite_url, monkeypatch):
    """Lotus has been in the seed pool since 20 May 2024, Banyan until 1 June 2024; review 1 let Lotus in."""
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    found(sqlite_engine)
    reviewed(sqlite_engine)
    proposed(sqlite_engine, LOTUS, "enter", date(2024, 5, 20), 1, state="confirmed")
    stayed(sqlite_engine, LOTUS, "seed", date(2024, 5, 20))
    stayed(sqlite_engine, BANYAN, "golden", date(2024, 1, 1), date(2024, 6, 1))
    return sqlite_engine


def pools(*arguments: str):
    return CliRunner().invoke(cli.goldseed, ["pools", *arguments])


def exports(engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "export")))


def test_a_paper_is_written_under_the_bureaus_name_and_stands_in_the_trail(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("GOLDSEED_BUREAU", "江城市金融工作局")
    out = tmp_path / "decision.docx"
    answer = pools("paper", "decision", "1", "--out", str(out))
    assert (answer.exit_code, exports(engine)) == (0, ["export:pool_paper"])
    assert "江城市金融工作局" in [paragraph.text for paragraph in docx.Document(str(out)).paragraphs]


def test_the_report_of_two_days_and_of_the_half_year_that_ended_last(engine, tmp_path):
    out = tmp_path / "changes.docx"
    answer = pools("report", "--from", "2024-05-01", "--to", "2024-05-31", "--out", str(out))
    assert answer.exit_code == 0
    changed = docx.Document(str(out)).tables[2]
    assert {row.cells[2].text for row in changed.rows[1:]} == {LOTUS}
    assert pools("report", "--out", str(tmp_path / "changes.xlsx")).exit_code == 0
    assert exports(engine) == ["export:pool_report"] * 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["paper", "decision", "1", "--out", "x.pdf"], ".docx"),
        (["paper", "notice", "1", "--out", "x.xlsx"], ".docx"),
        (["report", "--from", "2024-05-01", "--out", "x.docx"], "--to"),
        (["report", "--from", "2024-05-02", "--to", "2024-05-01", "--out", "x.docx"], "2024-05-02"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(engine, tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    answer = pools(*arguments)
    assert answer.exit_code == 2
    assert named in answer.stderr
    assert exports(engine) == []
    assert list(tmp_path.glob("x.*")) == []


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        ("2024-05-19", [(BANYAN, "golden")]),
        ("2024-05-31", [(BANYAN, "golden"), (LOTUS, "seed")]),
        ("2024-06-01", [(LOTUS, "seed")]),
    ],
)
def test_members_are_told_of_a_day(engine, day, inside):
    listed = json.loads(pools("members", "--on", day, "--json").stdout)
    assert [(one["firm_id"], one["pool"]) for one in listed] == inside


def test_the_pools_over_time_begin_with_the_warning_in_text_and_in_json(engine):
    document = json.loads(pools("over-time", "--on", "2025-12-31", "--json").stdout)
    assert "不能证明因果关系" in document["warning"]
    assert [(year["year"], year["entries"], year["exits"]) for year in document["years"]] == [
        (2025, 0, 0),
        (2024, 2, 1),
    ]
    assert "不能证明因果关系" in pools("over-time", "--on", "2025-12-31").stdout.split("\n")[0]

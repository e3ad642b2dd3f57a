"""The pages of activities and of finance: what the commands say; whom they open to; files; a firm's own."""

import csv
import io
import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

import cli
from dashboard.components import amounts
from pipeline.activities.in_words import Amount
from pipeline.store.plan_tables.activities import FirmActivity
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import body_of, signed_in

WAN = 1_000_000  # fen


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


def texts(part):
    """Every text in what a page sends, in its order."""
    if isinstance(part, dict):
        for each in part.values():
            yield from texts(each)
    elif isinstance(part, list):
        for each in part:
            yield from texts(each)
    elif isinstance(part, str):
        yield part


@pytest.fixture
def active(app):
    """Sixty rounds of contests of Lotus, a laboratory of Banyan that has ended, and two firms that seek a loan."""
    about = app.server.extensions["goldseed"]
    today = about.settings.today()
    rows = [
        FirmActivity(
            firm_id=LOTUS,
            kind="contest",
            level="city" if number % 3 else "province",
            name=f"大赛{number}",
            occurred_on=today - timedelta(days=number),
            known_on=today - timedelta(days=number),
        )
        for number in range(60)
    ]
    ended = today - timedelta(days=1)
    since = {"occurred_on": today - timedelta(days=90), "known_on": today - timedelta(days=90)}
    rows.append(
        FirmActivity(firm_id=BANYAN, kind="key_laboratory", level="city", name="榕动实验室", ended_on=ended, **since)
    )
    rows += [
        FirmActivity(firm_id=firm, kind="financing_sought", level="loan", amount_fen=wan * WAN, **since)
        for firm, wan in ((LOTUS, 321), (BANYAN, 654))
    ]
    later = {"occurred_on": since["occurred_on"], "known_on": today + timedelta(days=1)}
    rows.append(FirmActivity(firm_id=LOTUS, kind="contest", level="nation", name="明日才知", **later))
    with Session(about.engine) as session, session.begin():
        session.add_all(rows)
    return app


@pytest.fixture
def run(active, monkeypatch):
    settings = active.server.extensions["goldseed"].settings
    monkeypatch.setenv("GOLDSEED_DB_URL", settings.db_url)

    def said(*arguments: str):
        answer = CliRunner().invoke(cli.goldseed, [*arguments, "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    return said


def test_the_counts_of_the_page_are_those_of_the_command_and_what_is_known_tomorrow_is_in_neither(active, run):
    found = run("activities", "counts")
    assert sum(row["activities"] for row in found["rows"]) == 63
    shown = words(signed_in(active, city.OFFICER).show("/activities"))
    assert "市级 40、省级 20" in shown
    assert "明日才知" not in shown
    listed = run("activities", "list", "--kind", "contest")
    assert len(listed) == 60 == sum(row["activities"] for row in found["rows"] if row["kind"] == "contest")


def test_the_list_is_narrowed_by_its_address_and_goes_on_after_fifty(active, run):
    officer = signed_in(active, city.OFFICER)
    first, second = (words(officer.show("/activities", f"?kind=contest{page}")) for page in ("", "&page=2"))
    assert "大赛0" in first
    assert "大赛59" not in first
    assert "大赛59" in second
    assert '大赛0"' not in second
    assert "榕动实验室" not in first
    narrowed = words(officer.show("/activities", "?level=province&state=standing"))
    assert "大赛3" in narrowed
    assert '大赛1"' not in narrowed
    assert "榕动实验室" in words(officer.show("/activities", "?state=ended"))
    expected = run("activities", "list", "--level", "province")
    assert [one["name"] for one in expected] == [f"大赛{number}" for number in range(0, 60, 3)]


def test_the_file_has_the_rows_of_the_command(active, run):
    body = signed_in(active, city.OFFICER).get("/download/activities.csv?kind=contest").get_data().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert [row[5] for row in rows[1:]] == [one["name"] for one in run("activities", "list", "--kind", "contest")]
    money = signed_in(active, city.OFFICER).get("/download/activities.csv?kind=financing_sought").get_data().decode()
    assert {"3210000", "6540000"} <= {cell.removesuffix(".0") for row in csv.reader(io.StringIO(money)) for cell in row}


def test_what_firms_seek_stands_on_the_page_as_in_the_command(active, run):
    found = run("finance")
    assert [(one["firm_id"], one["amount_fen"]) for one in found["sought"]] == [(BANYAN, 654 * WAN), (LOTUS, 321 * WAN)]
    shown = list(texts(signed_in(active, city.OFFICER).show("/finance").json))
    assert f"贷款 {Amount(654 * WAN)}" in shown
    assert any(f"2 家企业共有 {amounts.count(2)} 项融资需求" in text for text in shown)
    own = words(signed_in(active, city.DISTRICT_OFFICER).show("/finance"))
    assert "贷款 654 万元" in own
    assert "贷款 321 万元" not in own
    as_of = run("finance", "--person", city.DISTRICT_OFFICER)
    assert [one["firm_id"] for one in as_of["sought"]] == [BANYAN]


@pytest.mark.parametrize("path", ["/activities", "/finance"])
@pytest.mark.parametrize("who", [city.ENTERPRISE, city.ANALYST])
def test_neither_opens_to_firms_or_analysts(active, path, who):
    answer = signed_in(active, who).show(path)
    assert "大赛0" not in words(answer)
    assert "贷款 654" not in words(answer)


def test_a_firm_reads_its_own_activities_and_no_form_and_anothers_not_at_all(active):
    firm, officer = signed_in(active, city.ENTERPRISE), signed_in(active, city.OFFICER)
    assert "firm-activities-of" in words(firm.show(f"/firm/{LOTUS}/mine"))
    assert "firm-activity-save" not in words(firm.show(f"/firm/{LOTUS}/mine"))
    assert "firm-activity-save" in words(officer.show(f"/firm/{LOTUS}"))
    shown = {"firm-activities-of.data": LOTUS}
    own = words(firm.call(body_of(active, "firm-activities.children", shown)))
    assert "大赛0" in own
    assert "firm-activity-withdraw" not in own
    refused = firm.call(body_of(active, "firm-activities.children", {"firm-activities-of.data": KAPOK}))
    assert refused.status_code in (403, 404)
    assert "firm-activity-withdraw" in words(officer.call(body_of(active, "firm-activities.children", shown)))

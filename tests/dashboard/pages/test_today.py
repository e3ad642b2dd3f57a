"""The page of the day: mine or all, narrowed to a reason, for those who keep cases; the command says the same."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

import cli
from commands.shared import known_to_json
from pipeline.accounts import people
from pipeline.tutoring.agenda.agenda import agenda
from scoring.firm_list.keeper import make_current
from tests.dashboard import city
from tests.dashboard.conftest import signed_in


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


def test_the_visits_of_the_week_stand_with_their_reasons_and_a_reason_narrows_the_list(app):
    officer = signed_in(app, city.OFFICER)
    everything = words(officer.show("/today", "?of=all"))
    assert "本周走访" in everything
    assert "天未走访" in everything or "到期" in everything
    narrowed = officer.show("/today", "?of=all&why=overdue")
    assert narrowed.status_code == 200
    assert officer.show("/today", "?of=nobody&why=nothing").status_code == 200


@pytest.mark.parametrize(
    ("name", "status"), [(city.DISTRICT_OFFICER, 200), (city.ANALYST, 403), (city.ENTERPRISE, 403)]
)
def test_who_keeps_cases_has_the_page_and_nobody_else(app, name, status):
    assert signed_in(app, name).show("/today").status_code == status


def test_the_command_prints_what_the_page_rests_on(app, monkeypatch):
    engine, settings = app.server.extensions["goldseed"].engine, app.server.extensions["goldseed"].settings
    monkeypatch.setenv("GOLDSEED_DB_URL", str(engine.url))
    told = json.loads(CliRunner().invoke(cli.goldseed, ["today", "--json"]).stdout)
    make_current(engine, settings.today())
    with Session(engine) as session:
        found = agenda(session, people.console("-"), settings.today())
    assert told == json.loads(json.dumps(known_to_json(found), ensure_ascii=False))
    assert told["firms"]
    alone = CliRunner().invoke(cli.goldseed, ["today", "--person", city.OFFICER])
    assert alone.exit_code == 0
    nobody = CliRunner().invoke(cli.goldseed, ["today", "--person", "nobody of that name"])
    assert "nobody of that name" in str(nobody.exception)

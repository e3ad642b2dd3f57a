"""A mentor's account meets its firms alone, on every page; a leader named on the board is the one the command tells."""

import json

from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from dashboard.queries.counts import counted
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.tables import Account, Case
from pipeline.tutoring import cases
from tests.dashboard import city
from tests.dashboard.conftest import body_of, signed_in


def engine_of(app):
    return app.server.extensions["goldseed"].engine


def two_cases(app):
    """A mentor of the first of two firms in tutoring; returns both firms and the number of the first's case."""
    with Session(engine_of(app)) as session, session.begin():
        people.add(session, "挂点甲", "mentor", password=city.PASSWORD, by=people.console(), now=city.NOW)
        account = session.scalar(select(Account.id).where(Account.name == "挂点甲"))
        mine, other = session.scalars(select(Case).where(Case.closed_on.is_(None)).order_by(Case.id).limit(2))
        cases.assign_mentor(session, people.console(), mine.id, account, now=city.NOW)
        return mine.firm_id, other.firm_id, mine.id


def test_a_mentor_meets_its_firms_alone(app):
    mine, other, _number = two_cases(app)
    mentor = signed_in(app, "挂点甲")
    for path in ("/", "/today", "/cases", "/board", "/firms", "/times", "/problems", "/movers", f"/firm/{mine}"):
        answer = mentor.show(path)
        assert answer.status_code == 200, path
        assert other not in json.dumps(answer.json), path
    for path in (f"/firm/{other}", "/pools", "/accounts", "/imports", "/trail"):
        assert mentor.show(path).status_code in (403, 404), path
    with Session(engine_of(app)) as session:
        person = people.person_from(session.scalar(select(Account).where(Account.name == "挂点甲")))
        assert counted(session, person, Action.SEE_FIRMS, "scored") == [(True, 1)]


def test_the_leader_named_on_the_board_is_the_one_the_command_tells(app, monkeypatch):
    mine, _other, number = two_cases(app)
    officer = signed_in(app, city.OFFICER)
    with Session(engine_of(app)) as session:
        version = session.get_one(Case, number).version
    values = {
        "firm-id.data": mine,
        "firm-case.data": [number, version],
        "firm-level.value": "city",
        "firm-leader-name.value": "何副市长",
        "firm-leader-post.value": "分管工业",
        "firm-leader-why.value": "分工",
        "firm-leader-save.n_clicks": 1,
    }
    output = next(name for name, one in app.callback_map.items() if "firm-leader-save" in str(one["inputs"]))
    assert "何副市长" in json.dumps(officer.call(body_of(app, output, values)).json, ensure_ascii=False)
    monkeypatch.setenv("GOLDSEED_DB_URL", str(engine_of(app).url))
    [told] = json.loads(CliRunner().invoke(cli.goldseed, ["cases", "show", mine, "--json"]).stdout)
    assert [(one["level"], one["name"], one["post"]) for one in told["leaders"]] == [("city", "何副市长", "分管工业")]
    again = CliRunner().invoke(cli.goldseed, ["cases", "leader", mine, "--level", "city"])
    assert again.exit_code == 0, again.output
    [told] = json.loads(CliRunner().invoke(cli.goldseed, ["cases", "show", mine, "--json"]).stdout)
    assert told["leaders"] == []

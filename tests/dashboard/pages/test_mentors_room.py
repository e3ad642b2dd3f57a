"""A mentor's account meets its firms alone, on every page; a leader named on the board is the one the command tells."""

import json

from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from dashboard.pages import PAGES
from dashboard.queries.counts import counted
from dashboard.web.routes import Routes
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.store.tables import Account, Case, Firm
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


def mentor_of(app):
    with Session(engine_of(app)) as session:
        return people.person_from(session.scalar(select(Account).where(Account.name == "挂点甲")))


def test_a_mentor_meets_its_firms_alone(app):
    mine, other, _number = two_cases(app)
    mentor = signed_in(app, "挂点甲")
    menu = [page.path for page in Routes(PAGES).menu(mentor_of(app))]
    assert {"/today", "/cases", "/board", "/visits", "/problems"} <= set(menu)
    for path in (*menu, "/times", "/way", "/movers", f"/firm/{mine}"):
        answer = mentor.show(path)
        assert answer.status_code == 200, path
        assert other not in json.dumps(answer.json), path
    with Session(engine_of(app)) as session:
        name = session.get_one(Firm, other).name
    assert name not in json.dumps(mentor.show("/compare", f"?firms={mine},{other}").json, ensure_ascii=False)
    for path in (f"/firm/{other}", "/pools", "/accounts", "/imports", "/trail"):
        assert mentor.show(path).status_code in (403, 404), path
    with Session(engine_of(app)) as session:
        assert counted(session, mentor_of(app), Action.SEE_FIRMS, "scored") == [(True, 1)]


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

"""Firms side by side, and whose points moved: what the pages show, to whom, and that the commands say the same."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from dashboard.reports.side_by_side import WrongComparison, side_by_side
from pipeline.accounts import people
from pipeline.errors import NotAllowed
from pipeline.store.tables import Account, Score, ScoreRun
from scoring.firm_list.keeper import make_current
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import signed_in

TODAY = date(2026, 5, 7)


@pytest.fixture
def engine(app):
    engine = app.server.extensions["goldseed"].engine
    make_current(engine, TODAY)
    return engine


def person(session, name):
    return people.person_from(session.scalars(select(Account).where(Account.name == name)).one())


def test_two_firms_stand_side_by_side_with_what_their_own_pages_say(engine):
    with Session(engine) as session:
        first, second = side_by_side(session, person(session, city.OFFICER), [BANYAN, LOTUS, BANYAN], TODAY)
        score = session.scalars(select(Score).where(Score.firm_id == BANYAN).order_by(Score.run_id.desc())).first()
        run = session.get_one(ScoreRun, score.run_id)
    assert (first.id, second.id, first.points) == (BANYAN, LOTUS, score.points)
    assert run.base_points + sum(first.groups.values()) == pytest.approx(score.points, abs=1e-6)
    assert {"bse", "star", "chinext"} <= first.boards.keys()
    assert len(first.years) <= 3
    assert first.case is not None


@pytest.mark.parametrize("count", [0, 1, 6])
def test_fewer_than_two_or_more_than_five_are_refused_with_the_number(engine, count):
    with Session(engine) as session, pytest.raises(WrongComparison, match=str(count)):
        side_by_side(session, person(session, city.OFFICER), list(city.firms())[:count], TODAY)


def test_a_firm_sees_nobody_beside_itself_and_a_district_only_its_own(engine):
    with Session(engine) as session:
        for name, pair in ((city.ENTERPRISE, [LOTUS, BANYAN]), (city.DISTRICT_OFFICER, [BANYAN, KAPOK])):
            with pytest.raises(NotAllowed):
                side_by_side(session, person(session, name), pair, TODAY)


def test_an_analyst_compares_scores_and_sees_nothing_of_the_tutoring(engine):
    with Session(engine) as session:
        first, _second = side_by_side(session, person(session, city.ANALYST), [BANYAN, LOTUS], TODAY)
    assert first.points is not None
    assert (first.case, first.last_visit, first.next_step) == (None, None, None)


def test_the_page_names_the_firms_and_says_what_is_missing(app):
    officer = signed_in(app, city.OFFICER)
    shown = officer.show("/compare", f"?firms={LOTUS},{BANYAN}").json
    words = json.dumps(shown, ensure_ascii=False)
    assert all(city.firms()[firm] in words for firm in (LOTUS, BANYAN))
    for path, search, said in (
        ("/compare", "", "请选择两家以上企业"),
        ("/compare", f"?firms={LOTUS}", "请再选一家企业"),
        ("/compare", "?firms=x,y", "企业中没有 x"),
        ("/movers", "", "评分变动"),
        ("/movers", "?since=1999-01-01&least=nonsense", "评分变动"),
    ):
        answer = officer.show(path, search)
        assert answer.status_code == 200, path
        assert said in json.dumps(answer.json, ensure_ascii=False), (path, search)


def test_the_command_prints_what_the_page_shows(engine, app, monkeypatch):
    monkeypatch.setenv("GOLDSEED_DB_URL", str(engine.url))
    answer = CliRunner().invoke(cli.goldseed, ["compare", LOTUS, BANYAN, "--json"])
    told = json.loads(answer.stdout)
    with Session(engine) as session:
        beside = side_by_side(session, people.console("-"), [LOTUS, BANYAN], TODAY)
    assert [each["points"] for each in told] == [each.points for each in beside]
    assert [each["groups"] for each in told] == [dict(each.groups) for each in beside]
    assert "|" in CliRunner().invoke(cli.goldseed, ["compare", LOTUS, BANYAN]).stdout

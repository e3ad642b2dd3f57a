"""The pages of fast growers and pacesetters: what the command says, whom they open to, and what a firm sees of it."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.growth import contacts
from pipeline.pacesetters import choosing, deciding
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import signed_in
from tests.dashboard.trail_board import Board, fired_by

CONSOLE = people.console("-")


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


@pytest.fixture
def run(app, monkeypatch):
    settings = app.server.extensions["goldseed"].settings
    monkeypatch.setenv("GOLDSEED_DB_URL", settings.db_url)

    def said(*arguments: str):
        answer = CliRunner().invoke(cli.goldseed, [*arguments, "--json"])
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.stdout)

    return said


def here(app):
    about = app.server.extensions["goldseed"]
    return about.engine, about.settings.today()


def rows_of(answer, grid):
    """The rows of a grid somewhere in what a page sends."""

    def inside(part):
        if isinstance(part, dict):
            if part.get("props", {}).get("id") == grid:
                yield part["props"]["rowData"]
            for each in part.values():
                yield from inside(each)
        elif isinstance(part, list):
            for each in part:
                yield from inside(each)

    return next(inside(answer.json))


def test_the_page_lists_the_growers_of_the_command_with_the_same_figures(app, run):
    found = run("growers")
    assert found["growers"], "the small city has fast growers"
    rows = rows_of(signed_in(app, city.OFFICER).show("/growers"), "growers-grid")
    assert [row["firm_id"] for row in rows] == [one["firm_id"] for one in found["growers"]]
    assert [row["revenue"] for row in rows] == [100 * one["revenue"]["rate"] for one in found["growers"]]
    district = rows_of(signed_in(app, city.DISTRICT_OFFICER).show("/growers"), "growers-grid")
    own = [one["firm_id"] for one in run("growers", "--by", city.DISTRICT_OFFICER)["growers"]]
    assert [row["firm_id"] for row in district] == own
    assert BANYAN in own
    assert set(own) <= {one["firm_id"] for one in found["growers"]}


def test_a_growers_leader_and_contact_stand_on_its_page_and_in_the_command(app, run):
    engine, today = here(app)
    about = ("--level", "county")
    run("growers", "leader", BANYAN, *about, "--name", "卢区长", "--post", "副区长")
    said = run("growers", "contact", BANYAN, *about, "--note", "协调用地")
    assert (said["levels"]["county"]["leader"], said["levels"]["county"]["last_on"]) == ("卢区长", today.isoformat())
    shown = words(signed_in(app, city.OFFICER).show("/growers", f"?firm={BANYAN}"))
    assert [text for text in ("卢区长", "协调用地", "副区长") if text not in shown] == []
    number = str(said["contacts"][0]["id"])
    assert run("growers", "withdraw-contact", number, "--why", "登错")["contacts"][0]["withdrawn_why"] == "登错"
    with Session(engine) as session:
        assert contacts.standing(session, CONSOLE, [BANYAN], today)[BANYAN]["county"].last_on is None
    assert run("growers", "contacts", BANYAN)["levels"]["county"]["last_on"] is None


def test_the_page_ranks_as_the_command_and_names_the_weights(app, run):
    found = run("pacesetters", "rank")
    stage = next(one for one in found["stages"] if one["ranked"])
    shown = words(signed_in(app, city.OFFICER).show("/pacesetters"))
    for firm in stage["firms"][:3]:
        assert f"{firm['total']:.2f}" in shown
        assert sum(part["points"] for part in firm["parts"]) == pytest.approx(firm["total"])
    assert "演示取值" in shown
    assert len(stage["weights_moved"]) == 2 * len(stage["weights"])
    assert (
        run("pacesetters", "rank", "--by", city.DISTRICT_OFFICER)["stages"][1]["ranked"] == found["stages"][1]["ranked"]
    )


def test_a_choice_is_made_by_commands_as_on_the_board(app, run):
    begun = run("pacesetters", "begin", "--year", "2026", "--as-of", "2026-05-01")
    assert (begun[0]["year"], begun[0]["state"]) == (2026, "begun")
    run("pacesetters", "nominate", "1", LOTUS, "--why", "科技性突出")
    run("pacesetters", "withdraw", "1", "--why", "有误")
    run("pacesetters", "nominate", "1", LOTUS, "--why", "科技性突出")
    public = run("pacesetters", "publish", "1", "--on", "2026-05-06")
    assert public[0]["ends_on"] == "2026-05-12", "Saturday the 9th is worked"
    run("pacesetters", "object", "2", "--from", "某公司", "--text", "不实", "--on", "2026-05-07")
    run("pacesetters", "answer", "1", "--not-upheld", "--text", "无误", "--on", "2026-05-08")
    named = run("pacesetters", "decide", "2", "--name", "--why", "综合评议", "--on", "2026-05-14")
    assert [one["state"] for one in named[0]["nominations"]] == ["named"]
    assert run("pacesetters", "firm", LOTUS)["years"] == [2026]
    assert run("pacesetters", "replay", "1")["same"]
    run("pacesetters", "revoke", "2", "--why", "重大违法", "--on", "2026-05-20")
    assert run("pacesetters", "list")[0]["nominations"][0]["state"] == "revoked"
    assert run("pacesetters", "firm", LOTUS)["years"] == []


def test_a_firm_sees_its_name_and_indicators_and_nothing_of_others(app):
    engine, today = here(app)
    now = city.NOW.replace(year=today.year + 1)
    with Session(engine) as session, session.begin():
        choosing.begin_round(session, CONSOLE, 2026, city.SCORED_ON, now=now)
        for firm in (LOTUS, BANYAN):
            choosing.nominate(session, CONSOLE, 1, firm, "突出", now=now)
        choosing.publish(session, CONSOLE, 1, city.SCORED_ON, now=now)
    board = Board(app)
    trigger = "firm-pacesetter-shown.data"

    def card(firm):
        return board.fire(city.ENTERPRISE, fired_by(trigger), {trigger: firm}, trigger)

    before = card(LOTUS).text
    assert "尚未命名" in before
    assert "研发投入占营业收入比例" in before
    assert "榕动" not in before
    with Session(engine) as session, session.begin():
        deciding.decide(
            session, CONSOLE, 1, True, "突出", city.SCORED_ON.replace(month=6), now=city.NOW.replace(month=6)
        )
    assert "2026 年度创新标兵" in card(LOTUS).text
    assert card(BANYAN).status_code == 403


@pytest.mark.parametrize("name", [city.ANALYST, city.ENTERPRISE])
@pytest.mark.parametrize("path", ["/growers", "/pacesetters"])
def test_who_does_not_follow_the_plan_has_no_such_page(app, name, path):
    assert signed_in(app, name).show(path).status_code == 403


def test_a_district_officer_opens_no_grower_of_another_district(app):
    visitor = signed_in(app, city.DISTRICT_OFFICER)
    assert visitor.show("/growers", f"?firm={BANYAN}").status_code == 200
    assert visitor.show("/growers", f"?firm={LOTUS}").status_code == 403

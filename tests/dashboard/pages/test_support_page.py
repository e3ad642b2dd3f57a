"""The page of support: page and command say the same, a firm sees its own, each sees the buttons that are theirs."""

import csv
import io
import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.support import claims, granting, paying
from pipeline.support.entitlements import money_to_the_fen
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import signed_in
from tests.pipeline.pools.city import CHEN, LI

DAY = city.SCORED_ON
_PRIZE = "demo_pacesetter"


@pytest.fixture
def claimed(app):
    """Two firms claim an award: the first one's is paid and a part clawed back, the other's waits."""
    engine = app.server.extensions["goldseed"].engine
    by, at = people.console(), {"now": city.NOW}
    with Session(engine) as session, session.begin():
        for firm, fen in ((LOTUS, 30_000_007), (BANYAN, 20_000_000)):
            claims.claim(session, by, firm, _PRIZE, "通知文件", asked_fen=fen, today=DAY, **at)
        claims.review(session, CHEN, 1, True, "齐全", rank=1, today=DAY, **at)
        # Who has not been reviewed holds the others up.
        claims.review(session, CHEN, 2, False, "附件不清", today=DAY, **at)
        granting.share_out(session, CHEN, "demo_pacesetters", DAY.replace(month=1, day=1), today=DAY, **at)
        granting.sign(session, CHEN, 1, today=DAY, **at)
        granting.sign(session, LI, 1, today=DAY, **at)
        paying.pay(session, CHEN, 1, DAY, voucher="2026-0117", **at)
        paying.claw_back(session, CHEN, 1, 1, "多付一分", DAY + timedelta(days=1), **at)
        claims.claim(session, by, BANYAN, _PRIZE, "补齐", asked_fen=20_000_000, today=DAY, **at)
    return app


def shown(app, who, query=""):
    return json.dumps(signed_in(app, who).show("/support", query).json, ensure_ascii=False)


def said(app, monkeypatch, *words):
    monkeypatch.setenv("GOLDSEED_DB_URL", str(app.server.extensions["goldseed"].engine.url))
    answer = CliRunner().invoke(cli.goldseed, ["support", *words])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_page_and_command_say_the_same_of_claims_pots_and_payments(claimed, monkeypatch):
    page = shown(claimed, city.OFFICER)
    listed = json.loads(said(claimed, monkeypatch, "claims", "--json"))
    assert [(one["id"], one["state"]) for one in listed] == [(3, "claimed"), (2, "rejected"), (1, "paid")]
    for one in listed:
        assert one["firm_name"] in page
        assert f"/support?claim={one['id']}" in page
    for pot in json.loads(said(claimed, monkeypatch, "pots", "--as-of", "2026-05-02", "--json")):
        if pot["pot"] == "demo_pacesetters" and pot["from"] == "2026-01-01":
            assert (pot["committed_cny"], pot["paid_cny"], pot["clawed_back_cny"]) == ("300000.07", "300000.07", "0.01")
            assert pot["waiting"] == 1
            for name in ("amount_cny", "committed_cny", "room_cny"):
                assert money_to_the_fen(round(float(pot[name]) * 100)) in page


def test_the_list_of_payments_adds_up_to_the_fen_on_every_way_out(claimed, monkeypatch):
    total = json.loads(said(claimed, monkeypatch, "paid", "--json"))["total_cny"]
    assert total == "300000.06"
    answer = signed_in(claimed, city.OFFICER).get("/download/support-paid.csv")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row[5:7] for row in rows[1:]] == [["300000.07", ""], ["", "0.01"], ["300000.07", "0.01"]]
    own = signed_in(claimed, city.ENTERPRISE).get("/download/support-paid.csv").data.decode("utf-8-sig")
    assert LOTUS in own
    assert BANYAN not in own


def test_one_claim_shows_its_steps_and_the_buttons_of_who_looks(claimed):
    waiting = shown(claimed, city.OFFICER, "?claim=3")
    assert '"way": "accept"' in waiting
    assert '"way": "sign"' not in waiting
    paid = shown(claimed, city.OFFICER, "?claim=1")
    assert "2026-0117" in paid
    assert "多付一分" in paid
    assert '"way": "back"' in paid
    assert '"way": "pay"' not in paid
    assert '"way"' not in shown(claimed, city.ENTERPRISE, "?claim=1")
    assert "没有第 3 笔申报" in shown(claimed, city.ENTERPRISE, "?claim=3")
    assert "没有第 9 笔申报" in shown(claimed, city.OFFICER, "?claim=9")


def test_an_officer_of_a_district_sees_its_claims_and_no_button_to_grant(claimed):
    page = shown(claimed, city.DISTRICT_OFFICER)
    assert "/support?claim=3" in page
    assert "/support?claim=1" not in page
    assert '"type": "support-share"' not in page
    assert "没有您可以查看的这家企业" in shown(claimed, city.DISTRICT_OFFICER, f"?firm={LOTUS}")


def test_a_firm_is_told_what_it_can_claim_as_the_command_tells_it_and_claims_it_from_there(claimed, monkeypatch):
    told = json.loads(said(claimed, monkeypatch, LOTUS, "--json"))
    page = shown(claimed, city.ENTERPRISE)
    for one in told["entitlements"]:
        assert one["name"]["zh"] in page
    assert '"support-claim"' not in page, "all that it could claim is claimed"
    assert '"support-claim"' in shown(claimed, city.OFFICER, "?firm=91440705MA5CA1K010")

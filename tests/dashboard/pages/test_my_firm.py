"""A firm's own page, and objections on the board: opened, checked, sent, answered, by commands alike, and no byte of
another firm's in any answer."""

import base64
import json
import re
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import cli
from dashboard.pages.firm.page import in_upper_half
from pipeline.accounts import people
from pipeline.store.attachment_tables import Attachment
from pipeline.store.current import Place
from pipeline.store.tables import FirmListRow
from pipeline.store.tutoring_tables import FirmObjection
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.tutoring.attachments.files import pdf

FILE = f"data:application/pdf;base64,{base64.b64encode(pdf()).decode()}"
FIGURE = {"about": "figure", "key": "revenue_cny:2025"}


def engine_of(app: Any) -> Any:
    return app.server.extensions["goldseed"].engine


def words(answer: Any) -> str:
    return json.dumps(answer.json, ensure_ascii=False) if answer.is_json else answer.text


def callback(visitor: Visitor, wanted: str, **values: Any) -> Any:
    """The callback that this sets off, with the fields of the form."""
    output = next(name for name, one in visitor.app.callback_map.items() if wanted in str(one["inputs"]))
    return visitor.call(body_of(visitor.app, output, {f"{wanted}.n_clicks": 1, **values}))


def opened(visitor: Visitor, about: dict[str, Any], firm: str = LOTUS) -> Any:
    output = next(name for name, one in visitor.app.callback_map.items() if '"mine-object"' in str(one["inputs"]))
    body = body_of(visitor.app, output, {"mine-objections-of.data": firm})
    button = {"type": "mine-object", **about}
    body["inputs"] = [[{"id": button, "property": "n_clicks", "value": 1}]]
    body["changedPropIds"] = [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"]
    return visitor.call(body)


def sent(visitor: Visitor, firm: str = LOTUS, about: Any = None, said: str = "6000", files: bool = True) -> Any:
    values = {
        "mine-objections-of.data": firm,
        "mine-object-about.data": about or FIGURE,
        "mine-object-value.value": said,
        "mine-object-why.value": "与审计报告不符",
        "mine-object-files.contents": [FILE] if files else None,
        "mine-object-files.filename": ["审计报告.pdf"] if files else None,
    }
    return callback(visitor, "mine-object-send", **values)


def answered(visitor: Visitor, number: int, button: str = "accept", why: str = "属实") -> Any:
    output = next(name for name, one in visitor.app.callback_map.items() if "objection-accept" in str(one["inputs"]))
    body = body_of(visitor.app, output, {})
    pressed, field = ({"type": f"objection-{kind}", "objection": number} for kind in (button, "answer"))
    each = [{"id": pressed, "property": "n_clicks", "value": 1}]
    body["inputs"] = [each, []] if button == "accept" else [[], each]
    body["changedPropIds"] = [json.dumps(pressed, sort_keys=True, separators=(",", ":")) + ".n_clicks"]
    body["state"] = [
        [{"id": field, "property": part, "value": value}] for part, value in (("value", why), ("id", field))
    ]
    return visitor.call(body)


def test_a_firm_s_first_page_tells_in_its_order_what_the_other_page_tells(app: Any, enterprise: Visitor):
    first = words(enterprise.show("/"))
    titles = re.findall(r'"children": "([^"]+)", "className": "card-title"', first)
    wanted = [
        "我们的位置",
        "下一步做什么",
        "评分",
        "得分原因",
        "各板块：达标情况与差距",
        "辅导跟进",
        "我的数据",
        "异议",
        "大事记",
    ]
    assert [title for title in titles if title in wanted] == wanted
    assert "mine-object" in first
    assert "报送" in first  # what nobody stated
    assert words(enterprise.show(f"/firm/{LOTUS}/mine")).count("mine-object") == first.count("mine-object")


def test_what_the_city_can_give_is_told_alike_on_the_page_and_by_the_command(app: Any, monkeypatch: Any):
    monkeypatch.setenv("GOLDSEED_DB_URL", engine_of(app).url.render_as_string(hide_password=False))
    answer = CliRunner().invoke(cli.goldseed, ["support", LOTUS, "--json"])
    told = json.loads(answer.stdout)
    output = next(name for name in app.callback_map if name.startswith("mine-given-shown"))
    shown = {
        name: words(signed_in(app, name).call(body_of(app, output, {"mine-given-of.data": LOTUS})))
        for name in (city.ENTERPRISE, city.OFFICER)
    }
    first = [
        *told["has"],
        *told["could"],
        *told["told"],
        *(each for way in told["missing"] for each in way["open"][:6]),
    ]
    assert told["offers"] == []
    assert told["entitlements"], "what it can claim stands on a page of its own"
    assert '"/support"' in shown[city.ENTERPRISE]
    assert f'"/support?firm={LOTUS}"' in shown[city.OFFICER]
    for name, page in shown.items():
        assert [line for line in first if json.dumps(line, ensure_ascii=False)[1:-1] not in page] == [], name
    stranger = signed_in(app, city.ENTERPRISE).call(body_of(app, output, {"mine-given-of.data": BANYAN}))
    assert stranger.status_code == 403
    assert "mine-given" in words(signed_in(app, city.ENTERPRISE).show("/"))
    assert "mine-given" not in words(signed_in(app, city.ANALYST).show(f"/firm/{LOTUS}/mine"))  # sees no pools


@pytest.mark.parametrize(("rank", "upper"), [(1, True), (6, True), (7, False), (12, False)])
def test_a_place_below_the_middle_is_not_told_on_it(app: Any, enterprise: Visitor, rank: int, upper: bool):
    assert in_upper_half(Place(rank, 12, None, None)) == upper
    assert not in_upper_half(None)
    with Session(engine_of(app)) as session, session.begin():
        session.get_one(FirmListRow, LOTUS).rank = rank
    told = words(enterprise.show("/"))
    assert (f"第 {rank} 名" in told) == upper
    assert f"第 {rank} 名" in words(enterprise.show(f"/firm/{LOTUS}"))


def test_an_objection_is_opened_checked_sent_told_answered_and_read_and_the_command_says_the_same(
    app: Any, monkeypatch: Any
):
    engine = engine_of(app)
    monkeypatch.setenv("GOLDSEED_DB_URL", engine.url.render_as_string(hide_password=False))

    def objections(*arguments: str) -> Any:
        answer = CliRunner().invoke(cli.goldseed, ["objections", *arguments, "--json"])
        return json.loads(answer.stdout) if answer.exit_code == 0 else str(answer.exception)

    firm, officer = signed_in(app, city.ENTERPRISE), signed_in(app, city.OFFICER)
    form = words(opened(firm, FIGURE))
    assert "营业收入" in form
    assert "万元" in form
    checking = {"mine-objections-of.data": LOTUS, "mine-object-about.data": FIGURE}
    said = words(callback(firm, "mine-object-value", **checking, **{"mine-object-value.value": "约六千"}))
    assert "约六千" in said
    assert "C2" not in said  # of no form that the firm has seen
    assert "→ 6000 万元" in words(
        callback(firm, "mine-object-value", **checking, **{"mine-object-value.value": "6000"})
    )
    assert "附上" in words(sent(firm, files=False))
    assert "附上" not in words(sent(firm))
    assert "已有第 1 号" in words(sent(firm))
    assert "1 项企业异议待答复" in words(officer.show("/reminders"))
    assert "1 项企业异议待答复" in words(officer.show("/today"))
    assert "审计报告.pdf" in words(officer.show("/objections"))
    assert "1 至" in words(answered(officer, 1, why=" "))
    assert "已采纳" in words(answered(officer, 1))
    assert "答复" in words(answered(officer, 1))  # only once
    assert "关于“营业收入”的异议已于" in words(firm.show("/reminders"))
    mine = words(firm.show("/"))
    assert "6,000 万元" in mine
    assert "属实" in mine
    (one,) = objections("list", "--firm", LOTUS)
    assert (one["state"], one["asked"], one["answer"], one["raised_by"]) == (
        "accepted",
        "6000 万元",
        "属实",
        city.ENTERPRISE,
    )
    assert "属实" in words(officer.show("/objections", "?state=accepted"))

    # By hand, as by the board: a paper, and an answer.
    paper = ("raise", LOTUS, "--fact", "net_profit_cny", "--year", "2025", "--value", "77", "--why", "更正")
    assert "附上" in objections(*paper, "--signed", "何某")
    assert objections("raise", LOTUS, "--why", "x") == "2"  # says nothing of what it is about
    assert objections("count")["right_share"] == 1.0
    assert "1" in objections("refuse", "1", "--why", "x")
    timeline = CliRunner().invoke(cli.goldseed, ["timeline", LOTUS, "--json"])
    assert any("属实" in entry["what"] for entry in json.loads(timeline.stdout))


def test_no_role_gets_a_byte_of_an_objection_that_is_not_theirs(app: Any):
    engine = engine_of(app)
    firm = signed_in(app, city.ENTERPRISE)
    sent(firm)
    with Session(engine) as session, session.begin():
        (file,) = session.scalars(select(Attachment.id))
        by = people.console()
        for name, role, more in (
            ("榕动", people.Role.ENTERPRISE, {"firm_id": BANYAN}),
            ("只读", people.Role.READER, {"firm_id": LOTUS}),
            ("税务", people.Role.DEPARTMENT, {"department": "tax"}),
            ("审计", people.Role.AUDITOR, {}),
            ("管理", people.Role.ADMIN, {}),
            ("挂点", people.Role.MENTOR, {}),
        ):
            people.add(session, name, role, password=city.PASSWORD, by=by, now=city.NOW, **more)
            people.named(session, name).must_change = False
    reads = {"只读", "审计", city.OFFICER}
    for name in ("榕动", "只读", "税务", "审计", "管理", "挂点", city.ANALYST, city.DISTRICT_OFFICER, city.OFFICER):
        visitor = signed_in(app, name)
        got = visitor.get(f"/download/objection-file/{file}")
        assert (got.status_code == 200) == (name in reads), name
        assert (got.data == pdf()) == (name in reads)
        if name == city.OFFICER:
            continue
        for answer in (
            opened(visitor, FIGURE),
            sent(visitor, about={"about": "figure", "key": "net_profit_cny:2025"}),
            answered(visitor, 1),
            visitor.show("/objections"),
        ):
            assert answer.status_code in (403, 404) or "审计报告" not in words(answer), name
        # Nor by the address of the firm's own page.
        page = visitor.show(f"/firm/{LOTUS}/mine")
        if name not in reads:
            assert "与审计报告不符" not in words(page), name
    assert "待答复" in words(firm.show("/"))
    assert "榕动 可查看或办理的企业中没有" in words(
        sent(signed_in(app, "榕动"), about={"about": "figure", "key": "staff:2025"})
    )
    with Session(engine) as session:
        assert session.scalar(select(func.count(FirmObjection.id))) == 1
    for wrong in ({"about": "mood", "key": "1"}, {"about": "figure", "key": "x"}, {"about": "finding", "key": "-1"}):
        assert sent(firm, about=wrong).status_code == 400

"""A firm's own return on the board: typed, wrong and right, sent, given back, passed on, accepted; by commands alike;
and no byte of it for anybody whose it is not."""

import base64
import json
from io import BytesIO
from typing import Any

import openpyxl
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import cli
from dashboard.pages import PAGES
from dashboard.web.routes import Routes
from pipeline.accounts import people
from pipeline.own_returns.form_of_firm import fields, typed_form
from pipeline.store.tutoring_tables import OwnReturn
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

YEAR = 2025
SAID = {"revenue_cny": "6000", "net_profit_cny": "700", "total_assets_cny": "9000"}


def words(answer: Any) -> str:
    return json.dumps(answer.json, ensure_ascii=False) if answer.is_json else answer.text


def set_off(visitor: Visitor, wanted: str, **values: Any) -> Any:
    output = next(name for name, one in visitor.app.callback_map.items() if wanted in str(one["inputs"]))
    about = {"own-return-of.data": LOTUS, "own-return-year.value": str(YEAR)}
    body = body_of(visitor.app, output, {**about, **values})
    return body, output


def typed(visitor: Visitor, said: dict[str, str], firm: str = LOTUS) -> Any:
    about = {"own-return-typed.n_clicks": 1, "own-return-of.data": firm}
    body, _output = set_off(visitor, "own-return-typed", **about)
    ids = [{"type": "own-return-field", "fact": fact} for fact in fields()]
    for place, part in enumerate(("value", "id")):
        body["state"][place] = [
            {"id": one, "property": part, "value": said.get(one["fact"]) if part == "value" else one} for one in ids
        ]
    return visitor.call(body)


def uploaded(visitor: Visitor, content: bytes) -> Any:
    sent = f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"
    body, _output = set_off(
        visitor, "own-return-file", **{"own-return-file.contents": sent, "own-return-file.filename": "自报.xlsx"}
    )
    return visitor.call(body)


def pressed(visitor: Visitor, kind: str, number: int, field: str, note: str = "") -> Any:
    output = next(name for name, one in visitor.app.callback_map.items() if f'"{kind}"' in str(one["inputs"]))
    body = body_of(visitor.app, output, {"own-return-of.data": LOTUS})
    button, named = {"type": kind, "return": number}, {"type": field, "return": number}
    for place, one in enumerate(visitor.app.callback_map[output]["inputs"]):
        mine = f'"{kind}"' in str(one["id"])
        body["inputs"][place] = [{"id": button, "property": "n_clicks", "value": 1}] if mine else []
    for place, one in enumerate(visitor.app.callback_map[output]["state"]):
        if f'"{field}"' in str(one["id"]):
            value = note if one["property"] == "value" else named
            body["state"][place] = [{"id": named, "property": one["property"], "value": value}]
    body["changedPropIds"] = [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"]
    return visitor.call(body)


def looked(visitor: Visitor, number: int) -> Any:
    output = next(name for name in visitor.app.callback_map if "handed-in-seen" in name)
    button, seen = ({"type": f"handed-in-{what}", "return": number} for what in ("look", "seen"))
    body = body_of(visitor.app, output, {})
    body["outputs"] = {"id": seen, "property": "children"}
    body["inputs"] = [{"id": button, "property": "n_clicks", "value": 1}]
    body["changedPropIds"] = [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"]
    return visitor.call(body)


def test_a_return_is_typed_mended_sent_given_back_uploaded_passed_on_and_accepted(app: Any, monkeypatch: Any):
    engine = app.server.extensions["goldseed"].engine
    monkeypatch.setenv("GOLDSEED_DB_URL", engine.url.render_as_string(hide_password=False))
    firm, officer = signed_in(app, city.ENTERPRISE), signed_in(app, city.OFFICER)

    def command(*arguments: str) -> Any:
        answer = CliRunner().invoke(cli.goldseed, ["returns", *arguments, "--json"])
        return json.loads(answer.stdout) if answer.exit_code == 0 else str(answer.exception)

    page = words(firm.show("/own-return", f"?year={YEAR}"))
    assert page.count("own-return-field") == len(fields())
    wrong = words(typed(firm, {**SAID, "net_profit_cny": "约七百"}))
    assert "约七百" in wrong
    assert "已标注" in wrong  # the marked workbook comes back
    assert "草稿" in words(typed(firm, SAID))
    assert "还没有" not in words(firm.show("/own-return"))
    assert "尚无自报" in words(officer.show("/handed-in"))  # a draft is the firm's alone
    assert "已提交" in words(pressed(firm, "own-return-send", 1, "own-return-why"))
    assert "待区县审核" in words(officer.show("/handed-in"))
    assert "1 至" in words(pressed(officer, "handed-in-back", 1, "handed-in-note", " "))
    assert "退回企业" in words(pressed(officer, "handed-in-back", 1, "handed-in-note", "缺职工总数"))
    assert "缺职工总数" in words(firm.show("/own-return"))
    form = typed_form(LOTUS, YEAR, {**SAID, "staff": "66"})
    assert "草稿" in words(uploaded(firm, form.content))
    assert "已提交" in words(pressed(firm, "own-return-send", 2, "own-return-why"))
    seen, told = words(looked(officer, 2)), command("look", "2")
    assert [(one["fact"], one["new"]) for one in told["restated"]["changes"]][-1] == ("staff", "66")
    assert [f"→ {one['new']}" in seen for one in told["restated"]["changes"]] == [True] * 4
    assert "没有第" in words(looked(signed_in(app, city.DISTRICT_OFFICER), 2))  # of another district
    assert "转市局" in words(pressed(officer, "handed-in-pass", 2, "handed-in-note", "已核对"))
    assert "号导入" in words(pressed(officer, "handed-in-accept", 2, "handed-in-note"))
    assert "66" in words(firm.show("/"))

    listed = command("list", "--firm", LOTUS)
    assert [(one["id"], one["state"]) for one in listed] == [(1, "returned"), (2, "accepted")]
    assert "已采用" in command("give-back", "2", "--note", "晚了")


def test_a_firm_finds_its_return_and_its_messages_in_the_menu_and_no_list_of_firms(app: Any):
    with Session(app.server.extensions["goldseed"].engine) as session:
        clerk = people.person_from(people.named(session, city.ENTERPRISE))
    assert [page.path for page in Routes(PAGES).menu(clerk)] == ["/", "/own-return", "/messages", "/support"]


def test_the_form_with_what_is_known_and_every_file_are_for_their_own_firm(app: Any):
    engine = app.server.extensions["goldseed"].engine
    firm = signed_in(app, city.ENTERPRISE)
    typed(firm, SAID)
    pressed(firm, "own-return-send", 1, "own-return-why")
    got = firm.get(f"/download/own-return/form/{LOTUS}/{YEAR}.xlsx")
    assert openpyxl.load_workbook(BytesIO(got.data))["年度财务"].cell(2, 1).value == LOTUS
    assert firm.get(f"/download/own-return/form/{LOTUS}/1999.xlsx").status_code == 404
    assert firm.get(f"/download/own-return/form/{BANYAN}/{YEAR}.xlsx").status_code in (403, 404)
    with Session(engine) as session, session.begin():
        by = people.console()
        for name, role, more in (
            ("榕动", people.Role.ENTERPRISE, {"firm_id": BANYAN}),
            ("只读", people.Role.READER, {"firm_id": LOTUS}),
            ("税务", people.Role.DEPARTMENT, {"department": "tax"}),
            ("审计", people.Role.AUDITOR, {}),
        ):
            people.add(session, name, role, password=city.PASSWORD, by=by, now=city.NOW, **more)
            people.named(session, name).must_change = False
    reads = {"只读", city.OFFICER}
    for name in ("榕动", "只读", "税务", city.ANALYST, city.DISTRICT_OFFICER, city.OFFICER):
        visitor = signed_in(app, name)
        assert (visitor.get("/download/own-return/1").status_code == 200) == (name in reads), name
        if name == city.OFFICER:
            continue
        for answer in (
            typed(visitor, SAID),
            pressed(visitor, "own-return-send", 1, "own-return-why"),
            pressed(visitor, "own-return-withdraw", 1, "own-return-why", "x"),
            pressed(visitor, "handed-in-accept", 1, "handed-in-note"),
            visitor.show("/handed-in"),
        ):
            told = words(answer)
            refused = any(each in told for each in ("企业中没有", "无权", "没有第", "尚无自报"))
            assert answer.status_code in (400, 403) or refused, (name, told[:300])
    with Session(engine) as session:
        assert session.scalar(select(func.count(OwnReturn.id))) == 1
        assert session.get_one(OwnReturn, 1).state == "sent"
    reader, auditor = (
        words(signed_in(app, "只读").show("/own-return")),
        words(signed_in(app, "审计").show("/handed-in")),
    )
    for read in (reader, auditor):
        assert "待区县审核" in read
        assert not [
            each
            for each in ("own-return-field", "own-return-file", "own-return-send", "handed-in-note")
            if each in read
        ]
    assert signed_in(app, "审计").show("/own-return").status_code == 403  # it speaks for no firm
    other = signed_in(app, "榕动")
    assert "企业中没有" in words(typed(other, SAID))  # the firm that the browser names is not the account's

"""A fresh board tells each role on the page what to do first, and goes on without a model."""

import json
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.app import create_app
from dashboard.queries.first_steps import first_steps
from pipeline.accounts import people
from pipeline.pools import in_force
from pipeline.pools.policy import POLICY_FILE
from pipeline.settings import ROOT, Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import Account
from tests.cast import BANYAN, LOTUS, state
from tests.dashboard import city
from tests.dashboard.conftest import body_of, signed_in
from tests.pipeline.pools.city import found

NOW = datetime(2026, 5, 4, 9, 0)
ROLES = {
    "陈主任": ("officer", None),
    "江海科员": ("officer", "440704"),
    "分析员": ("analyst", None),
    "挂点员": ("mentor", None),
    "审计员": ("auditor", None),
}


@pytest.fixture
def fresh(sqlite_url, tmp_path, monkeypatch):
    """A board over a database with accounts and nothing else, by the shipped policy."""
    monkeypatch.setattr(in_force, "POLICY_FILE", POLICY_FILE)
    engine = engine_for(sqlite_url)
    with Session(engine) as session, session.begin():
        for name, (role, district) in ROLES.items():
            boss = people.console("test")
            people.add(session, name, role, district_code=district, password=city.PASSWORD, by=boss, now=NOW)
    made = create_app(Settings(ROOT, sqlite_url, tmp_path / "models", None, "zh_CN"), engine)
    yield made, engine
    engine.dispose()


def page(visitor: Any, path: str) -> str:
    return json.dumps(visitor.show(path).json, ensure_ascii=False)


def test_a_fresh_board_shows_each_role_its_first_steps_and_no_command(fresh):
    app, _engine = fresh
    asked = {
        "陈主任": (
            "导入企业：填写空表",
            "接收原有入库名单",
            "开始第一次入库评审",
            "在此之前规则对照、入库和辅导不用评分",
        ),
        "江海科员": ("导入本辖区企业的报表", "推荐合适的企业入库"),
        "分析员": ("由业务人员导入企业", "训练模型"),
        "挂点员": ("由业务人员确定您挂点的企业", "登记您的第一次走访"),
    }
    for name, steps in asked.items():
        shown = page(signed_in(app, name), "/")
        assert [step for step in ("起步事项", *steps) if step not in shown] == [], name
        assert "goldseed " not in shown
    assert "起步事项" not in page(
        signed_in(app, "审计员"), "/"
    )  # who only looks leaves nothing by which a step is done
    assert "起步事项" in page(signed_in(app, "陈主任"), "/today")


def test_firm_department_and_administrator_find_theirs_on_their_first_page_done_by_what_is_on_record(fresh):
    app, engine = fresh
    state(engine, LOTUS, 2024, revenue_cny=5e7)
    with Session(engine) as session, session.begin():
        for name, role, more in (
            ("莲芯", "enterprise", {"firm_id": LOTUS}),
            ("莲芯秘书", "enterprise_reader", {"firm_id": LOTUS}),
            ("税务局", "department", {"department": "tax"}),
            ("账户员", "admin", {}),
        ):
            people.add(session, name, role, password=city.PASSWORD, by=people.console("test"), now=NOW, **more)
    asked = {
        ("莲芯", "/"): ("有误的提出异议", "填报上一年度的报表", "并申请入库", "接收待办邮件"),
        ("税务局", "/opinions"): ("此后可在此看到名单", "答复名单"),
        ("账户员", "/accounts"): ("全市业务人员账户", "可签字人员", "登录第二步"),
    }
    for (name, path), steps in asked.items():
        shown = page(signed_in(app, name), path)
        assert [step for step in ("起步事项", *steps) if step not in shown] == [], name
    assert "起步事项" not in page(signed_in(app, "莲芯秘书"), "/")  # reads alone
    assert "起步事项" not in page(
        signed_in(app, "陈主任"), f"/firm/{LOTUS}/mine"
    )  # the firm's steps are not an officer's

    def done(name: str, on: date) -> list[bool]:
        with Session(engine) as session:
            account = session.scalars(select(Account).where(Account.name == name)).one()
            return [step.done for step in first_steps(session, people.person_from(account), on)]

    assert done("账户员", NOW.date()) == [True, True, True, False]
    assert done("莲芯", date(2026, 5, 4)) == [False, False, False, False]
    assert done("莲芯", date(2025, 5, 4)) == [
        False,
        True,
        False,
        False,
    ]  # then 2024 was last year, and an officer has it


def test_without_a_model_the_pages_say_so_and_the_kept_list_comes_in_on_the_board(fresh):
    app, engine = fresh
    state(engine, LOTUS, 2024, revenue_cny=5e7)
    state(engine, BANYAN, 2024, revenue_cny=6e7)
    found(engine)
    officer = signed_in(app, "陈主任")
    assert "本市尚没有模型评分" in page(officer, "/")
    assert "本市尚没有模型评分" in page(officer, f"/firm/{LOTUS}")
    assert "评审只按规则进行" in page(officer, "/pools/policy")
    (asked,) = (name for name in app.callback_map if name.endswith("pools-outlook-asked.data.."))
    outlook = officer.call(body_of(app, asked, {"pools-shown.data": ""})).text
    assert "评审只按规则进行" in outlook
    assert "可由原有名单入库" in outlook

    said = enter(officer, app, f"{LOTUS} 种子库 2025-03-01\n{BANYAN} 铜库 2025-03-01", "旧名单")
    assert "B2" in said["pools-list-said"]
    assert said["pools-list-lines"] is None  # what was typed stays
    golden = f"{LOTUS} 种子库 2025-03-01\n{BANYAN} 金种子库 2025-03-01"
    assert "两人签字" in enter(officer, app, golden, "旧名单")["pools-list-said"]
    said = enter(officer, app, golden, "旧名单", "分析员", city.PASSWORD)
    assert "1 家企业进入种子库，1 家进入金种子库" in said["pools-list-said"]
    assert said["pools-list-lines"] == ""
    shown = page(officer, "/")
    assert shown.count("已完成") == 3  # firms, accounts, the list
    review = officer.call(
        body_of(
            app,
            next(key for key in app.callback_map if "pools-decided.children" in key and "selectedRows" not in key),
            {"pools-review.n_clicks": 1, "pools-shown.data": ""},
            ["pools-review.n_clicks"],
        )
    )
    assert review.status_code == 200
    assert "提出 0 条" in review.text or "0" in review.text


def enter(officer: Any, app: Any, lines: str, why: str, second: str = "", password: str = "") -> dict[str, Any]:
    values = {
        "pools-list-enter.n_clicks": 1,
        "pools-list-lines.value": lines,
        "pools-list-why.value": why,
        "pools-list-second.value": second,
        "pools-list-second-password.value": password,
    }
    output = next(key for key in app.callback_map if "pools-list-said.children" in key)
    answer = officer.call(body_of(app, output, values, ["pools-list-enter.n_clicks"])).json["response"]
    lines_now = answer.get("pools-list-lines", {}).get("value")
    return {
        "pools-list-said": json.dumps(answer["pools-list-said"], ensure_ascii=False),
        "pools-list-lines": lines_now,
    }

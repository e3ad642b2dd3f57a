"""Opinions on the board: a department reaches its own list and nothing else; officers keep a review there; the
commands write the same rows."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import cli
from dashboard.web import callbacks
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.opinions import requests
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.pool_tables import NoticeFirm, NoticeObjection, Opinion, OpinionRequest, PublicNotice
from tests.cast import LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.opinions.review import review

CODES = list(city.firms())
ASKED, OTHERS = [CODES[9], CODES[10]], [code for code in CODES if code not in CODES[9:11]]
TAX, COURTS = "税务局科员", "法院科员"
#: The day of the board and of the commands: a Monday.
TODAY = date(2026, 6, 22)


@pytest.fixture(autouse=True)
def on_a_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "today", lambda _settings: TODAY)


@pytest.fixture
def settings(settings: Settings) -> Iterator[Settings]:
    """The small city with a review of two candidates, about whom nobody was asked yet."""
    engine = engine_for(settings.db_url)
    with Session(engine) as session, session.begin():
        for name, department in ((TAX, "tax"), (COURTS, "courts")):
            by = people.console()
            people.add(session, name, "department", department=department, password=city.PASSWORD, by=by, now=city.NOW)
        review(session, city.SCORED_ON, dict.fromkeys(ASKED, ("enter", "seed")))
    engine.dispose()
    return settings


def engine_of(app: Any) -> Engine:
    return app.server.extensions["goldseed"].engine


def asked(app: Any, *departments: str, firms: list[str] | None = None) -> None:
    with Session(engine_of(app)) as session, session.begin():
        wanted = departments or ("tax",)
        requests.ask(session, people.console(), 1, wanted, TODAY, city.NOW + timedelta(days=60), firm_ids=firms)


def act(
    visitor: Visitor, button: str, rows: tuple[str, dict[tuple[int, str], tuple[str, str]]] | None = None, **fields: Any
) -> Any:
    """Press a button of the page; `rows`: the kind of rows, and (request, firm) -> answer and note."""
    values = {f"opinions-{name.replace('_', '-')}": value for name, value in fields.items()}
    trigger = f"opinions-{button}.n_clicks"
    output = next(
        name
        for name, declared in visitor.app.callback_map.items()
        if "callback" in declared and any(f"{one['id']}.{one['property']}" == trigger for one in declared["inputs"])
    )
    filled = {f"{name}.value": value for name, value in values.items()} | {trigger: 1, "opinions-review.data": 1}
    body = body_of(visitor.app, output, filled, [trigger])
    for one in [each for each in body["state"] if each["id"].startswith("{")]:
        kind, typed = rows or ("opinions", {})
        place = 1 if one["id"].endswith('-note"}') else 0
        body["state"][body["state"].index(one)] = [
            {
                "id": (its := {"type": f"{kind}-answer", "request": number, "firm": firm}),
                "property": one["property"],
                "value": its if one["property"] == "id" else said[place],
            }
            for (number, firm), said in typed.items()
        ]
    return visitor.call(body)


def opinions(app: Any) -> dict[tuple[int, str], tuple[str | None, str | None]]:
    with Session(engine_of(app)) as session:
        return {(one.request_id, one.firm_id): (one.answer, one.note) for one in session.scalars(select(Opinion))}


# --- a department ----------------------------------------------------------------------------------


#: Its list, its account, and what it is told: that it was asked.
_OWN = {"/opinions", "/account", "/reminders"}


def test_a_department_begins_with_its_list_which_is_all_that_its_menu_has(app: Any):
    came = Visitor(app, app.server.test_client())
    assert came.sign_in(TAX).status_code == 303
    first = came.get("/")
    assert (first.status_code, first.headers["Location"]) == (302, "/opinions")
    assert came.get("/opinions").status_code == 200
    assert _addresses(came.get("/_dash-layout").json) == _OWN


def _addresses(node: Any) -> set[str]:
    """Every address of this site that a layout links to."""
    if isinstance(node, list):
        return {path for one in node for path in _addresses(one)}
    if not isinstance(node, dict):
        return set()
    own = {node["href"]} if str(node.get("href", "")).startswith("/") else set()
    return own | {path for one in node.values() for path in _addresses(one)}


def _routes(app: Any) -> Any:
    return app.server.extensions["goldseed-routes"]


def _filled(path: str) -> str:
    for part, value in (("<firm_id>", ASKED[0]), ("<model_id>", "small-2026")):
        path = path.replace(part, value)
    return path


def test_every_other_address_refuses_a_department_even_about_a_firm_of_its_list(app: Any):
    asked(app)
    came = signed_in(app, TAX)
    opened = set()
    for page in _routes(app).pages:
        if came.show(_filled(page.path)).status_code == 200:
            opened.add(page.path)
        if page.path != "/":
            assert came.get(_filled(page.path)).status_code == (200 if page.path in opened else 403), page.path
    assert opened == _OWN
    for download in _routes(app).downloads:
        path = _filled(download.path).replace("<job>", "x").replace("<name>", "x")
        assert came.get(path.split("<")[0] if "<" in path else path).status_code in (403, 404), download.path


def test_every_other_callback_refuses_a_department(app: Any):
    asked(app)
    came = signed_in(app, TAX)
    # A page by its address; one's own password, second step, name and phone, reminders, e-mails and calendar.
    open_to_all = {"show_page", "save", "save_contact", "count_again", "mark_read", "save_digest", "change_calendar"}
    open_to_all |= {"change_second_step"}
    policies = app.server.extensions["goldseed"].policies
    for output, declared in app.callback_map.items():
        if "callback" not in declared:
            continue
        policy = policies[output]
        values = {f"{one['id']}.{one['property']}": None for one in declared["inputs"]}
        body = body_of(app, output, values)
        for part in ("inputs", "state"):
            body[part] = [[] if one["id"].startswith("{") else one for one in body[part]]
        if policy is None or policy is Action.ANSWER_OPINIONS:
            continue
        assert came.call(body).status_code == 403, output
    free = [one for one in callbacks._declared if isinstance(one, callbacks.Declared) and one.may is None]
    assert {one.function.__name__ for one in free} <= open_to_all
    own = [
        one for one in callbacks._declared if isinstance(one, callbacks.Declared) and one.may is Action.ANSWER_OPINIONS
    ]
    assert [one.function.__module__ for one in own] == ["dashboard.pages.opinions.department"]


def test_the_page_of_a_department_names_its_own_firms_by_name_and_code_and_says_nothing_else_of_them(app: Any):
    asked(app, firms=ASKED[:1])
    asked(app, "courts")
    seen = signed_in(app, TAX).show("/opinions").text
    words = json.dumps(json.loads(seen), ensure_ascii=False)
    names = city.firms()
    assert ASKED[0] in words
    assert names[ASKED[0]] in words
    for code in [ASKED[1], *OTHERS]:
        assert code not in words
        assert names[code] not in words
    for said in ("得分", "/firm/", "seed", "排名", "种子库", "入库", "人民法院"):
        assert said not in words, said


def test_all_answers_are_saved_at_once_or_none_and_what_was_typed_stays(app: Any):
    asked(app)
    came = signed_in(app, TAX)
    typed = {(1, ASKED[0]): ("clean", ""), (1, ASKED[1]): ("not_clean", " ")}
    answer = act(came, "save", ("opinions", typed)).json["response"]
    assert set(answer) == {"opinions-said"}  # the lists are not drawn anew
    assert ASKED[1] in json.dumps(answer)
    assert set(opinions(app).values()) == {(None, None)}
    answer = act(came, "save", ("opinions", typed | {(1, ASKED[1]): ("not_clean", "欠税")})).json["response"]
    assert set(answer) == {"opinions-said", "opinions-lists"}
    assert opinions(app) == {(1, ASKED[0]): ("clean", None), (1, ASKED[1]): ("not_clean", "欠税")}


def test_a_department_cannot_answer_in_the_list_of_another(app: Any):
    asked(app, "tax", "courts")
    came = signed_in(app, COURTS)
    assert act(came, "save", ("opinions", {(1, ASKED[0]): ("clean", "")})).status_code == 403
    assert act(came, "save", ("opinions", {(9, ASKED[0]): ("clean", "")})).status_code == 403
    both = {(2, ASKED[0]): ("clean", ""), (1, ASKED[0]): ("clean", "")}
    assert act(came, "save", ("opinions", both)).status_code == 403
    assert set(opinions(app).values()) == {(None, None)}


def test_what_was_not_touched_is_not_sent_so_that_a_colleague_s_answer_stays(app: Any):
    from dashboard.pages.opinions.answer_rows import typed

    ids = [{"request": 1, "firm": code} for code in ASKED]
    shown = {f"1 {ASKED[0]}": ["", ""], f"1 {ASKED[1]}": ["not_clean", "欠税"]}
    assert typed(ids, ["", "not_clean"], ["", "欠税"], shown) == {}
    assert typed(ids, ["clean", "not_clean"], [None, "欠税"], shown) == {1: {ASKED[0]: ("clean", None)}}
    assert typed([{"request": "1", "firm": LOTUS}, {}], ["clean", "clean"], ["", ""], shown) == {}


# --- officers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [city.DISTRICT_OFFICER, city.ENTERPRISE, city.ANALYST])
def test_nobody_else_opens_the_page(app: Any, who: str):
    came = signed_in(app, who)
    assert came.get("/opinions").status_code == 403
    assert came.show("/opinions").status_code == 403
    assert act(came, "ask", ask_departments=["tax"], ask_days=10).status_code == 403


def test_officers_see_who_was_asked_what_was_answered_and_what_is_overdue(app: Any, officer: Visitor, monkeypatch: Any):
    asked(app, "tax", "courts")
    act(signed_in(app, COURTS), "save", ("opinions", {(2, ASKED[0]): ("cannot_say", "无登记")}))
    seen = json.dumps(officer.show("/opinions").json, ensure_ascii=False)
    for words in ("税务局", "人民法院", "无法判断", "无登记", COURTS, "1 / 2", "0 / 2", "等待答复"):
        assert words in seen, words
    assert "已逾期" not in seen
    monkeypatch.setattr(Settings, "today", lambda _settings: date(2026, 7, 7))
    assert "已逾期" in json.dumps(officer.show("/opinions").json, ensure_ascii=False)


@pytest.mark.parametrize("query", ["?review=x", "?review=１", "?review=99999999999", "?review="])
def test_an_address_that_names_no_review_shows_the_one_that_waits(officer: Visitor, query: str):
    assert officer.show("/opinions", query).status_code == 200


def test_a_review_that_there_is_not_is_nothing_here(officer: Visitor):
    assert officer.show("/opinions", "?review=99").status_code == 404


# --- the same by command ---------------------------------------------------------------------------


def command(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(cli.goldseed, list(arguments))
    assert (result.exit_code == 0) is (code == 0), (result.output, result.exception)
    return result.stdout if code == 0 else str(result.exception)


def rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """What is stored, without the moment and the name of whoever recorded it."""
    left_out = {"recorded_at", "asked_by", "published_by", "recorded_by"}
    tables = (OpinionRequest, Opinion, PublicNotice, NoticeFirm, NoticeObjection)
    with Session(engine) as session:
        found = {
            table.__tablename__: [
                {c.name: getattr(one, c.name) for c in table.__table__.columns if c.name not in left_out}
                for one in session.scalars(select(table).order_by(table.id))
            ]
            for table in tables
        }
    for one in found["notice_objection"]:
        one["answered_by"] = bool(one["answered_by"])
    return found


def test_commands_write_the_same_rows_as_the_board(
    app: Any, officer: Visitor, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "other.sqlite").write_bytes((tmp_path / "goldseed.sqlite").read_bytes())
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    monkeypatch.setenv("GOLDSEED_DB_URL", url)
    act(officer, "ask", ask_departments=["tax", "courts"], ask_days=8)
    typed = {(1, ASKED[0]): ("clean", ""), (1, ASKED[1]): ("not_clean", "欠税，未缴清")}
    paper = {"paper_list": "1", "paper_signed": "王局长", "paper_on": TODAY.isoformat()}
    act(officer, "paper-save", ("opinions-paper", typed), **paper)
    act(officer, "publish", notice_days=5)
    objection = {"object_from": "某供应商", "object_on": TODAY.isoformat(), "object_content": "拖欠货款"}
    act(officer, "object", object_firm=ASKED[0], **objection)
    act(officer, "reply", reply_to="1", reply_upheld="no", reply_text="货款已付")

    answers = tmp_path / "answers.csv"
    answers.write_text(f"firm_id,answer,note\n{ASKED[0]},clean,\n{ASKED[1]},not_clean,欠税，未缴清\n", "gb18030")
    made = json.loads(command("pools", "ask", "1", "--departments", "tax, courts", "--working-days", "8", "--json"))
    assert [(one["department"], one["due_on"], one["open"]) for one in made] == [
        ("tax", "2026-07-02", 2),
        ("courts", "2026-07-02", 2),
    ]
    command("pools", "answer", "1", "--file", str(answers), "--paper-of", "王局长", "--json")
    notice = json.loads(command("pools", "notice", "1", "--working-days", "5", "--json"))
    assert (notice["notice"], notice["ends_on"], len(notice["firms"])) == (1, "2026-06-29", 2)
    command("pools", "object", "1", ASKED[0], "--from", "某供应商", "--content", "拖欠货款")
    command("pools", "answer-objection", "1", "--not-upheld", "--answer", "货款已付")

    other = engine_for(url)
    assert rows(other) == rows(engine_of(app))
    assert [len(found) for found in rows(other).values()] == [2, 4, 1, 2, 1]
    other.dispose()
    state = json.loads(command("pools", "opinions", "1", "--json"))
    assert [one["open"] for one in state["departments"]] == [0, 2]
    assert state["firms"][1]["answers"]["tax"]["note"] == "欠税，未缴清"
    assert (state["notice"]["objections"][0]["upheld"], state["notice"]["objections"][0]["late"]) == (False, False)
    assert "欠税" in command("pools", "opinions", "1")


def test_every_fault_of_a_table_of_answers_stands_in_one_letter(
    app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
):
    monkeypatch.setenv("GOLDSEED_DB_URL", settings.db_url)
    asked(app)
    table = tmp_path / "answers.csv"
    table.write_text(
        f"\ufefffirm_id,answer,note\n{ASKED[0]},no,\n{ASKED[1]},not_clean,\n{LOTUS},clean,\n,clean,\n{ASKED[1]},not_clean,\n\n",
        "utf-8",
    )
    letter = command("pools", "answer", "1", "--file", str(table), "--paper-of", "王", code=3)
    for words in (ASKED[0], f"{ASKED[1]}：选择", LOTUS, "第 5 行", "第 6 行", "answers.csv"):
        assert words in letter, (words, letter)
    assert set(opinions(app).values()) == {(None, None)}
    table.write_text("firm,answer\n", "utf-8")
    assert "firm_id, note" in command("pools", "answer", "1", "--file", str(table), "--paper-of", "王", code=3)


# --- accounts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "department", "opened"),
    [
        ("department", "customs", True),
        ("department", None, False),
        ("enterprise", "tax", False),
        ("department", "x", False),
    ],
)
def test_a_department_s_account_is_opened_by_one_officer_with_its_department(
    app: Any, officer: Visitor, role: str, department: str | None, opened: bool
):
    trigger = "accounts-add.n_clicks"
    values = {trigger: 1, "accounts-name.value": "海关科员", "accounts-role.value": role}
    values |= {"accounts-department.value": department}
    values |= {"accounts-firm.value": LOTUS if role == "enterprise" else None}
    output = next(
        name for name, one in app.callback_map.items() if any(i["id"] == "accounts-add" for i in one["inputs"])
    )
    assert officer.call(body_of(app, output, values, [trigger])).status_code == 200
    with Session(engine_of(app)) as session:
        account = people.named(session, "海关科员")
        assert (account is not None) is opened
        assert account is None or account.department == department
    listed = officer.show("/accounts").json["response"]["page"]["children"]
    assert ('"place": "海关"' in json.dumps(listed, ensure_ascii=False)) is opened


def test_the_command_opens_a_department_s_account(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOLDSEED_DB_URL", settings.db_url)
    added = json.loads(command("people", "add", "海关", "--role", "department", "--department", "customs", "--json"))
    assert (added["role"], added["department"]) == ("department", "customs")
    assert "须指定所属部门" in command("people", "add", "无名", "--role", "department", code=2)
    listed = {one["name"]: one["department"] for one in json.loads(command("people", "list", "--json"))}
    assert (listed["海关"], listed[city.OFFICER]) == ("customs", None)

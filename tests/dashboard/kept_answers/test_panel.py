"""Answers about everybody on a page: a small city's at once, a province's by a job that the page follows."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, select, update
from sqlalchemy.orm import Session

from dashboard.jobs import __main__ as jobs
from dashboard.jobs import process
from dashboard.kept_answers import asking
from dashboard.queries import city_cache, questions
from pipeline.accounts import audit, people
from pipeline.settings import Settings
from pipeline.store.tables import CITY, Account, Firm, Job, KeptAnswer
from pipeline.store.write_lock import lock_writes
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.dashboard.pages.test_controls import parts

WORKING, ANEW, CHANGED = "正在按全部企业计算", "正在重新计算", "此后数据有变动"
BROKEN_OFF = "任务中途结束"
RULES = "?before=2024-04-29&after=2026-05-01"


@pytest.fixture
def engine(app: Any) -> Engine:
    found: Engine = app.server.extensions["goldseed"].engine
    return found


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that were begun: none has a process."""
    found: list[str] = []
    monkeypatch.setattr(process, "_begin", lambda _settings, job: found.append(job))
    return found


@pytest.fixture
def province(monkeypatch: pytest.MonkeyPatch, begun: list[str]) -> list[str]:
    """Even a dozen firms are too many for a request."""
    monkeypatch.setattr(city_cache, "MOST_FIRMS", 0)
    return begun


@pytest.fixture
def do(settings: Settings, app: Any) -> Callable[[str], None]:
    """Do a job that was begun, as its process does."""
    return lambda job: jobs.run(job, settings)


def page(visitor: Visitor, path: str, search: str = "") -> Any:
    return visitor.show(path, search).json


def text_of(shown: Any) -> str:
    return json.dumps(shown, ensure_ascii=False, sort_keys=True)


def found_in(shown: Any, panel: str) -> str:
    """What a page shows as the answer of a panel."""
    (one,) = (each for each in parts(shown) if each.get("id") == panel)
    return text_of(one.get("children"))


def line_in(shown: Any, panel: str) -> str:
    return found_in(shown, f"{panel}-line")


def outlook(visitor: Visitor, app: Any) -> dict[str, Any]:
    """The outlook of the pools as its page asks for it once it is loaded."""
    (asked,) = (name for name in app.callback_map if name.endswith("pools-outlook-asked.data.."))
    answer = visitor.call(body_of(app, asked, {"pools-shown.data": ""}))
    told: dict[str, Any] = answer.json["response"]
    return told


def follow(visitor: Visitor, app: Any, panel: str, days: dict[str, str], button: str = "tick") -> Any:
    """A tick of a panel's clock, or its button."""
    trigger = f"{panel}-tick.n_intervals" if button == "tick" else f"{panel}-again.n_clicks"
    (output,) = (
        name
        for name, kept in app.callback_map.items()
        if [f"{one['id']}.{one['property']}" for one in kept["inputs"]] == [trigger]
    )
    values = {trigger: 1, f"{panel}-asked.data": days, f"{panel}-tick.n_intervals": 1}
    return visitor.call(body_of(app, output, values, [trigger]))


def told_by(answer: Any, panel: str) -> tuple[str, str]:
    """What a tick puts into the panel and into its line."""
    response = answer.json["response"]
    return text_of(response[panel]["children"]), text_of(response[f"{panel}-line"]["children"])


def something_changes(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.add(
            Account(name="新科员", role="officer", password_hash="", stamp="", created_at=city.NOW, disabled=False)
        )
        audit.record(session, people.console(), "add_person", "account:新科员", {}, city.NOW)


def rows(engine: Engine) -> list[KeptAnswer]:
    with Session(engine) as session:
        return list(session.scalars(select(KeptAnswer).order_by(KeptAnswer.question, KeptAnswer.about)))


# --- a small city ----------------------------------------------------------------------------------


def test_of_a_small_city_the_answer_is_there_at_once_and_read_from_its_row_until_something_changes(
    app: Any, engine: Engine, officer: Visitor, begun: list[str], monkeypatch: pytest.MonkeyPatch
):
    first = page(officer, "/effect", "?as_of=2026-05-01")
    assert [row.question for row in rows(engine)] == ["effect"]
    assert line_in(first, "effect-found") == "null"
    worked: list[str] = []

    def counted(session: Any, question: Any, key: Any) -> Any:
        worked.append(question.name)
        return questions.answered(session, question, key)

    monkeypatch.setattr(asking, "answered", counted)
    assert found_in(page(officer, "/effect", "?as_of=2026-05-01"), "effect-found") == found_in(first, "effect-found")
    assert worked == []
    something_changes(engine)
    again = page(officer, "/effect", "?as_of=2026-05-01")
    assert (worked, line_in(again, "effect-found")) == (["effect"], "null")
    assert found_in(again, "effect-found") == found_in(first, "effect-found")
    assert begun == []


def test_a_page_of_a_small_city_waits_for_no_import_that_is_being_stored(app: Any, engine: Engine, officer: Visitor):
    with engine.connect() as other, other.begin():
        lock_writes(other)
        began = datetime.now(UTC)
        shown = page(officer, "/effect", "?as_of=2026-05-01")
        assert datetime.now(UTC) - began < timedelta(seconds=15)
    assert "统计口径" in found_in(shown, "effect-found")
    assert rows(engine) == []
    page(officer, "/effect", "?as_of=2026-05-01")
    assert len(rows(engine)) == 1


# --- a province ------------------------------------------------------------------------------------


def test_of_a_province_a_job_works_it_out_once_and_the_page_then_shows_what_a_request_would_have(
    app: Any, engine: Engine, officer: Visitor, province: list[str], do: Any, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(2):
        shown = page(officer, "/rules", RULES)
        assert WORKING in line_in(shown, "comparison-found")
        assert found_in(shown, "comparison-found") == "null"
    assert len(province) == 1
    (days,) = (each["data"] for each in parts(shown) if each.get("id") == "comparison-found-asked")
    tick = follow(officer, app, "comparison-found", days).json["response"]
    assert tick == {"comparison-found-tick": {"max_intervals": 2}}  # it is under way: nothing is drawn
    do(province[0])
    found, line = told_by(follow(officer, app, "comparison-found", days), "comparison-found")
    assert line == "null"
    assert "沪深主板标准一" in found
    later = page(officer, "/rules", RULES)
    assert found_in(later, "comparison-found") == found
    assert len(province) == 1
    with Session(engine) as session, session.begin():
        session.execute(delete(KeptAnswer))
    monkeypatch.setattr(city_cache, "MOST_FIRMS", 5_000)
    assert found_in(page(officer, "/rules", RULES), "comparison-found") == found


def test_an_older_answer_is_shown_as_one_and_the_new_one_takes_its_place(
    app: Any, engine: Engine, officer: Visitor, province: list[str], do: Any
):
    outlook(officer, app)
    do(province[0])
    first = outlook(officer, app)
    assert first["pools-outlook-line"]["children"] is None
    something_changes(engine)
    older = outlook(officer, app)
    assert older["pools-outlook"]["children"] == first["pools-outlook"]["children"]
    (kept,) = rows(engine)
    zone = app.server.extensions["goldseed"].settings
    line = text_of(older["pools-outlook-line"]["children"])
    assert f"{zone.local(kept.made_at):%Y-%m-%d %H:%M}" in line
    assert ANEW in line
    assert len(province) == 2
    do(province[1])
    newer = outlook(officer, app)
    assert newer["pools-outlook-line"]["children"] is None
    assert len(province) == 2


def test_an_answer_that_is_old_again_when_it_is_done_is_not_begun_by_the_clock_but_by_the_button(
    app: Any, engine: Engine, officer: Visitor, province: list[str], do: Any
):
    days = outlook(officer, app)["pools-outlook-asked"]["data"]
    do(province[0])
    something_changes(engine)
    _found, line = told_by(follow(officer, app, "pools-outlook", days), "pools-outlook")
    assert CHANGED in line
    assert ANEW not in line
    assert "pools-outlook-again" in line
    assert len(province) == 1
    _found, line = told_by(follow(officer, app, "pools-outlook", days, "again"), "pools-outlook")
    assert ANEW in line
    assert len(province) == 2


def test_readers_of_two_districts_have_an_answer_each_and_two_of_the_same_reach_share_one(
    app: Any,
    engine: Engine,
    officer: Visitor,
    province: list[str],
    do: Any,
    monkeypatch: pytest.MonkeyPatch,
):
    district = signed_in(app, city.DISTRICT_OFFICER)
    with Session(engine) as session, session.begin():
        people.add(
            session,
            "蓬江科员",
            "officer",
            district_code="440703",
            password=city.PASSWORD,
            by=people.console(),
            now=city.NOW,
        )
    elsewhere = signed_in(app, "蓬江科员")
    analyst = signed_in(app, city.ANALYST)
    monkeypatch.setattr(asking, "MOST_AT_ONCE", 9)
    for visitor in (officer, analyst, district, elsewhere):
        page(visitor, "/rules", RULES)
    assert len(province) == 3  # the analyst reaches the city as its officer does
    for job in province:
        do(job)
    counted = {}
    for row in rows(engine):
        counted[json.loads(row.about)["district"]] = json.loads(row.content)["found"]["counts"][0]["firms"]
    with Session(engine) as session:
        there = select(Firm.district_code, func.count()).where(Firm.cohort == CITY).group_by(Firm.district_code)
        firms = dict(session.execute(there).all())
    assert counted == {None: sum(firms.values()), "440704": firms["440704"], "440703": firms["440703"]}
    shown = [found_in(page(one, "/rules", RULES), "comparison-found") for one in (officer, analyst, district)]
    assert shown[0] == shown[1]
    assert shown[0] != shown[2]
    assert len(province) == 3


def test_two_are_worked_out_at_once_and_whoever_waits_has_theirs_begun_by_the_clock(
    app: Any, engine: Engine, officer: Visitor, province: list[str], do: Any
):
    district = signed_in(app, city.DISTRICT_OFFICER)
    page(officer, "/rules", RULES)
    page(officer, "/effect", "?as_of=2026-05-01")
    told = outlook(district, app)
    assert WORKING in text_of(told["pools-outlook-line"]["children"])
    assert len(province) == 2
    asked = told["pools-outlook-asked"]["data"]
    assert follow(district, app, "pools-outlook", asked).json["response"]["pools-outlook-tick"]["max_intervals"] == 2
    assert len(province) == 2
    do(province[0])
    for _ in range(2):
        follow(district, app, "pools-outlook", asked)
    assert len(province) == 3
    do(province[2])
    something_changes(engine)
    for _ in range(2):
        _found, line = told_by(follow(district, app, "pools-outlook", asked), "pools-outlook")
        assert CHANGED in line
    assert len(province) == 3


def test_a_decision_is_told_at_once_and_the_outlook_after_it_is_said_to_be_old(
    app: Any, engine: Engine, officer: Visitor, province: list[str], do: Any
):
    outlook(officer, app)
    do(province[0])
    row = next(one for one in parts(page(officer, "/pools")) if one.get("id") == "pools-proposals")["rowData"][0]
    output = next(name for name in app.callback_map if "pools-decided" in name and "selectedRows" in name)
    values = {"pools-confirm.n_clicks": 1, "pools-proposals.selectedRows": [row], "pools-why.value": "材料齐全"}
    told = officer.call(body_of(app, output, values, ["pools-confirm.n_clicks"])).json["response"]
    assert row["name"] in {one["name"] for one in told["pools-members"]["rowData"]}
    assert ANEW in text_of(told["pools-outlook-line"]["children"])
    assert told["pools-outlook-tick"]["max_intervals"] == 2
    assert len(province) == 2


def test_a_process_of_its_own_works_it_out(app: Any, officer: Visitor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(city_cache, "MOST_FIRMS", 0)
    days = outlook(officer, app)["pools-outlook-asked"]["data"]
    ends = time.monotonic() + 90
    while "pools-outlook" not in (told := follow(officer, app, "pools-outlook", days).json["response"]):
        assert time.monotonic() < ends
        time.sleep(0.2)
    assert told["pools-outlook-line"]["children"] is None
    assert "名额" in text_of(told["pools-outlook"]["children"])


# --- what goes wrong -------------------------------------------------------------------------------


def test_a_job_that_was_killed_says_so_costs_nothing_and_is_begun_again(
    app: Any, engine: Engine, officer: Visitor, province: list[str], do: Any
):
    days = outlook(officer, app)["pools-outlook-asked"]["data"]
    with Session(engine) as session, session.begin():  # its host has been silent for long
        values = {"state": "running", "host": "elsewhere", "process": "1@1", "heartbeat_at": datetime(2026, 1, 1)}
        session.execute(update(Job).where(Job.id == province[0]).values(**values))
    found, line = told_by(follow(officer, app, "pools-outlook", days), "pools-outlook")
    assert found == "null"
    assert BROKEN_OFF in line
    assert rows(engine) == []
    follow(officer, app, "pools-outlook", days, "again")
    assert len(province) == 2
    do(province[1])
    found, line = told_by(follow(officer, app, "pools-outlook", days), "pools-outlook")
    assert line == "null"
    assert "名额" in found


def test_a_page_of_a_province_waits_for_no_import_either_and_begins_the_work_once_that_is_stored(
    app: Any, engine: Engine, officer: Visitor, province: list[str]
):
    with engine.connect() as other, other.begin():
        lock_writes(other)
        began = time.monotonic()
        told = outlook(officer, app)
        assert time.monotonic() - began < 15
        line = text_of(told["pools-outlook-line"]["children"])
        assert "正在存入数据" in line
        assert "pools-outlook-again" in line
        assert province == []
    assert WORKING in text_of(outlook(officer, app)["pools-outlook-line"]["children"])
    assert len(province) == 1


def test_why_there_is_no_answer_is_an_answer_in_the_reader_s_language(
    app: Any, engine: Engine, officer: Visitor, province: list[str], do: Any, monkeypatch: pytest.MonkeyPatch
):
    from pipeline.pools.model import NoPolicy

    def none(*_about: Any) -> Any:
        raise NoPolicy(questions.Message("No yearly return yet."))

    monkeypatch.setitem(questions.QUESTIONS, "pools_outlook", replace(questions.OUTLOOK, work_out=none))  # type: ignore[arg-type]
    outlook(officer, app)
    do(province[0])
    for tongue, said in (("zh_CN", "尚无年度报表。"), ("en", "No yearly return yet.")):
        officer.client.set_cookie("goldseed_language", tongue)
        assert said in text_of(outlook(officer, app)["pools-outlook"]["children"])


def test_a_firm_s_account_may_neither_follow_nor_begin_and_days_that_no_page_sends_are_refused(
    app: Any, officer: Visitor, enterprise: Visitor, province: list[str]
):
    days = {"pools-outlook": {"on": "2026-05-01"}, "effect-found": {"on": "2026-05-01"}}
    days["comparison-found"] = {"before": "2024-04-29", "after": "2026-05-01", "facts": "2026-05-01"}
    for panel, about in days.items():
        for button in ("tick", "again"):
            assert follow(enterprise, app, panel, about, button).status_code == 403
            for wrong in (
                {},
                {**about, "more": "2026-05-01"},
                dict.fromkeys(about, "soon"),
                {**about, "since": "soon"},
                {"on": 3},
            ):
                assert follow(officer, app, panel, wrong, button).status_code == 400  # type: ignore[arg-type]
    assert province == []

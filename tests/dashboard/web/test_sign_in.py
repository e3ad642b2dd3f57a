"""Who comes in, what every request must show, and what the answers forbid."""

import stat
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bench.clicks import board_opened
from pipeline.accounts import people
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in


def test_nobody_unknown_gets_past_the_gate_whatever_the_route(app: Any, visitor: Visitor):
    visitor.get("/alive")
    visitor.get("/sign-in")
    for rule in app.server.url_map.iter_rules():
        if rule.rule.startswith(("/sign-in", "/language", "/theme", "/alive", "/assets", "/favicon")):
            continue
        path = rule.rule.replace("<string:package_name>", "dash").replace(
            "<path:fingerprinted_path>", "dash-renderer/x.js"
        )
        path = (
            path.replace("<path:path>", "firm/x")
            .replace("<firm_id>", LOTUS)
            .replace("<id>", "1")
            .replace("<kind>", "oidc")
        )
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            answer = visitor.client.open(path, method=method, headers={"X-CSRFToken": visitor.token()})
            # Whoever knows the address of a calendar or an invitation is let in; nobody knows this one.
            refused = (404,) if path.startswith(("/calendar/", "/invitation/")) else (302, 401)
            assert answer.status_code in refused, (method, path, answer.status_code)


def test_every_callback_of_the_board_declares_who_may_call_it(app: Any):
    policies = app.server.extensions["goldseed"].policies
    assert app.callback_map
    assert [output for output in app.callback_map if output not in policies] == []


def test_every_page_and_download_says_what_its_reader_must_be_allowed(app: Any):
    routes = app.server.extensions["goldseed-routes"]
    open_to_all = {page.path for page in routes.pages if page.may is None}
    assert open_to_all == {"/account", "/reminders"}
    guarded = [route for route in (*routes.pages, *routes.downloads) if route.path not in open_to_all]
    assert all(isinstance(route.may, people.Action) for route in guarded)


def test_an_enterprise_sees_its_own_firm(enterprise: Visitor):
    answer = enterprise.show(f"/firm/{LOTUS}")
    assert answer.status_code == 200
    assert "莲芯传感" in answer.text


@pytest.mark.parametrize("code", [BANYAN, "91440703MA5CA9999X"])
def test_an_enterprise_asking_for_another_firm_is_refused_and_learns_nothing(enterprise: Visitor, code: str):
    asked = [
        enterprise.get(f"/firm/{code}"),
        enterprise.show(f"/firm/{code}"),
        enterprise.show("/", f"?firm_id={code}"),
    ]
    for answer in asked:
        assert "榕动" not in answer.text
    assert enterprise.get(f"/firm/{code}").status_code == 403
    assert enterprise.show(f"/firm/{code}").status_code == 403


def test_a_path_argument_behind_the_question_mark_changes_nothing(enterprise: Visitor):
    answer = enterprise.show(f"/firm/{LOTUS}", f"?firm_id={BANYAN}")
    assert answer.status_code == 200
    assert "榕动" not in answer.text


@pytest.mark.parametrize("path", ["/firms", "/pools", "/cases", "/download/firms.csv"])
def test_an_enterprise_has_no_list_of_other_firms(enterprise: Visitor, path: str):
    answer = enterprise.get(path)
    assert answer.status_code == 403 or "榕动" not in answer.text
    shown = enterprise.show(path)
    assert shown.status_code in (403, 404) or "榕动" not in shown.text


def test_an_officer_of_a_district_sees_that_district_alone(app: Any):
    came = Visitor(app, app.server.test_client())
    came.sign_in(city.DISTRICT_OFFICER)
    came.get("/")
    assert came.get(f"/firm/{BANYAN}").status_code == 200
    assert came.get(f"/firm/{LOTUS}").status_code == 403
    listed = came.get("/download/firms.csv").text
    assert "榕动" in listed
    assert "莲芯" not in listed


def test_an_enterprise_cannot_record_a_visit_even_of_its_own_firm(app: Any, enterprise: Visitor):
    output = next(name for name in app.callback_map if "firm-tutoring-said" in name)
    body = body_of(app, output, {"firm-id.data": LOTUS, "firm-visit-findings.value": "很好"})
    assert enterprise.call(body).status_code == 403


def test_what_a_page_asks_for_is_refused_to_whom_the_page_is_refused(app: Any, enterprise: Visitor):
    (compared,) = (name for name in app.callback_map if name.endswith("comparison-found-asked.data.."))
    body = body_of(app, compared, {"comparison-do.n_clicks": 1})
    assert enterprise.get("/rules").status_code == 403
    assert enterprise.call(body).status_code == 403


def test_an_analyst_reads_scores_but_no_visit_and_no_case(analyst: Visitor):
    assert analyst.get("/firms").status_code == 200
    assert analyst.get("/cases").status_code == 403
    assert "财务核算" not in analyst.show(f"/firm/{LOTUS}").text


def test_a_change_without_the_session_s_token_is_refused(app: Any, officer: Visitor):
    body = body_of(app, "page.children", {"address.pathname": "/", "address.search": ""})
    assert officer.client.post("/_dash-update-component", json=body).status_code == 400
    assert officer.client.post("/sign-out").status_code == 400
    assert officer.call(body).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_foreign_page_cannot_speak_through_the_visitor_s_browser(app: Any, officer: Visitor, headers: dict[str, str]):
    body = body_of(app, "page.children", {"address.pathname": "/", "address.search": ""})
    assert officer.call(body, **headers).status_code == 403


def test_following_a_link_from_elsewhere_is_welcome(officer: Visitor):
    came = officer.get("/firms", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert came.status_code == 200


_PAGE = {"output": "page.children", "outputs": {"id": "page", "property": "children"}}
_PATH = {"id": "address", "property": "pathname", "value": "/"}
_SEARCH = {"id": "address", "property": "search", "value": ""}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "page.children",
        {},
        {"output": "page.children"},
        {"output": 7},
        {"output": "nowhere.children", "outputs": {"id": "nowhere", "property": "children"}, "inputs": []},
        {"output": "page.children", "outputs": {"id": "page", "property": "children"}, "inputs": [], "state": []},
        {**_PAGE, "inputs": [{**_PATH, "value": 7}, _SEARCH]},
        {**_PAGE, "inputs": [{**_PATH, "id": "other"}, _SEARCH]},
        {**_PAGE, "outputs": 3, "inputs": [_PATH, _SEARCH]},
    ],
)
def test_a_callback_body_that_is_not_whole_is_answered_with_400(officer: Visitor, body: Any):
    assert officer.call(body).status_code == 400


def test_a_body_that_is_no_json_at_all_is_answered_with_400(officer: Visitor):
    answer = officer.client.post("/_dash-update-component", data=b"{", headers={"X-CSRFToken": officer.token()})
    assert answer.status_code == 400


def test_cookies_and_headers_keep_scripts_and_frames_out(officer: Visitor):
    came = Visitor(officer.app, officer.app.server.test_client())
    answer = came.sign_in(city.OFFICER)
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("goldseed_session"))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = officer.get("/")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["Content-Security-Policy"].split(";"))
    assert "unsafe" not in policy["script-src"]
    assert policy["frame-ancestors"] == "'none'"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "http" not in page.headers["Content-Security-Policy"]


def test_signing_out_is_a_post_and_ends_the_session(officer: Visitor):
    assert officer.get("/sign-out").status_code in (404, 405)
    assert officer.post("/sign-out").status_code == 303
    assert officer.get("/").status_code == 302


@pytest.mark.parametrize("change", ["disable", "role", "password"])
def test_a_session_ends_at_once_when_the_account_s_rights_change(app: Any, officer: Visitor, change: str):
    assert officer.get("/firms").status_code == 200
    by = people.console()
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        if change == "disable":
            people.disable(session, city.OFFICER, by=by, now=city.NOW)
        elif change == "role":
            people.change_role(session, city.OFFICER, "analyst", by=by, now=city.NOW)
        else:
            people.set_password(session, city.OFFICER, by=by, now=city.NOW)
    assert officer.get("/firms").status_code == 302


def test_a_disabled_account_does_not_come_in(app: Any, visitor: Visitor):
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        people.disable(session, city.OFFICER, by=people.console(), now=city.NOW)
    assert visitor.sign_in(city.OFFICER).status_code == 401


def test_five_wrong_sign_ins_a_minute_are_enough(visitor: Visitor):
    for _attempt in range(5):
        assert visitor.sign_in(city.OFFICER, "wrong-password-1").status_code == 401
    assert visitor.sign_in(city.OFFICER, "wrong-password-1").status_code == 429
    assert visitor.sign_in(city.OFFICER).status_code == 429


def test_right_sign_ins_are_not_counted(app: Any):
    for _visit in range(7):
        assert Visitor(app, app.server.test_client()).sign_in(city.OFFICER).status_code == 303


def test_a_fresh_session_begins_at_sign_in(visitor: Visitor):
    visitor.get("/sign-in")
    before = visitor.client.get_cookie("goldseed_session").value
    visitor.sign_in(city.OFFICER)
    assert visitor.client.get_cookie("goldseed_session").value != before


@pytest.mark.parametrize(
    "address", ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example", "firms"]
)
def test_signing_in_leads_nowhere_outside(visitor: Visitor, address: str):
    assert visitor.sign_in(city.OFFICER, next_page=address).headers["Location"] == "/today"


@pytest.mark.parametrize(
    ("name", "first"),
    [(city.OFFICER, "/today"), (city.DISTRICT_OFFICER, "/today"), (city.ANALYST, "/"), (city.ENTERPRISE, "/")],
)
def test_who_keeps_firms_in_tutoring_begins_with_what_waits_today(visitor: Visitor, name: str, first: str):
    assert visitor.sign_in(name).headers["Location"] == first


def test_signing_in_leads_to_the_page_that_was_wanted(visitor: Visitor):
    assert visitor.get("/firms?pool=golden").headers["Location"] == "/sign-in?next=%2Ffirms%3Fpool%3Dgolden"
    assert visitor.sign_in(city.OFFICER, next_page="/firms?pool=golden").headers["Location"] == "/firms?pool=golden"


def test_the_secret_is_made_once_and_read_by_its_owner_alone(settings: Any, app: Any):
    file = Path(settings.db_url.removeprefix("sqlite:///") + ".secret")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert app.server.config["SECRET_KEY"] == file.read_text().strip()


def test_a_page_that_is_not_there_is_404_for_the_signed_in(officer: Visitor):
    assert officer.get("/nowhere").status_code == 404
    assert officer.show("/nowhere").status_code == 404


@pytest.mark.parametrize(
    "part", ["firm-words.children", "firm-labels.children", "firm-raise.children", "firm-moved.children"]
)
def test_what_a_page_asks_for_later_is_refused_for_another_firm_too(app: Any, enterprise: Visitor, part: str):
    values = {
        "firm-scored.data": BANYAN,
        "firm-shown.data": BANYAN,
        "firm-raise-do.n_clicks": 1,
        "firm-moved-do.n_clicks": 1,
    }
    answer = enterprise.call(body_of(app, part, values))
    assert answer.status_code == 403
    assert "榕动" not in answer.text


def test_what_is_behind_a_board_s_line_is_refused_for_another_firm_too(enterprise: Visitor):
    assert enterprise.call(board_opened("bse", LOTUS)).status_code == 200
    answer = enterprise.call(board_opened("bse", BANYAN))
    assert answer.status_code == 403
    assert "榕动" not in answer.text


def test_a_board_that_is_none_is_answered_with_those_that_are(enterprise: Visitor):
    answer = enterprise.call(board_opened("no-such-board", LOTUS))
    assert answer.status_code == 200
    assert "no-such-board" in answer.text
    assert "chinext" in answer.text


def promoted(app: Any, by: Visitor, second: str, password: str, code: str | None = None) -> str:
    output = next(name for name in app.callback_map if name.startswith("..models-promoted.children"))
    values = {
        "models-promote-do.n_clicks": 1,
        "models-promote.value": "city-2026-05-01",
        "models-why.value": "更准",
        "models-second.value": second,
        "models-second-password.value": password,
        "models-second-code.value": code,
    }
    answer = by.call(body_of(app, output, values))
    assert answer.status_code == 200
    return str(answer.text)


def test_a_second_person_is_somebody_else_with_the_right_password(app: Any, analyst: Visitor):
    for second, password in ((city.ANALYST, city.PASSWORD), (city.OFFICER, "wrong-password-1")):
        assert "第二人" in promoted(app, analyst, second, password)


def test_nobody_signs_with_the_one_who_gave_them_their_password(app: Any):
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        by = people.person_from(people.named(session, city.OFFICER))
        second = city.DISTRICT_OFFICER
        seen = people.set_password(session, city.ANALYST, by=by, now=city.NOW, approved_by=second)[1]
        mine = people.person_from(people.named(session, city.ANALYST))
        people.change_own_password(session, mine, seen, city.PASSWORD, now=city.NOW)
    said = promoted(app, signed_in(app, city.ANALYST), city.OFFICER, city.PASSWORD)
    assert "密码" in said
    assert "另请一位同事" in said

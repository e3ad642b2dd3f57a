"""Accounts, the trail and who stated a figure, over HTTP: what is shown, to whom, and what is refused."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.store.tables import Account, AuditEntry, Import, Return, ReturnRow
from tests.cast import BANYAN, LOTUS, NAMES
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

CLERK = "榕动电机"


def session_of(app: Any) -> Session:
    return Session(app.server.extensions["goldseed"].engine)


def called(visitor: Visitor, output: str, values: dict[str, Any], changed: str | None = None) -> Any:
    """Run the callback whose outputs and inputs hold these words."""
    button = changed or next(iter(values))
    name = next(
        found
        for found, declared in visitor.app.callback_map.items()
        if output in found and any(f"{one['id']}.{one['property']}" == button for one in declared["inputs"])
    )
    return visitor.call(body_of(visitor.app, name, values, [button]))


def add(visitor: Visitor, **fields: str | None) -> Any:
    values = {
        "accounts-add.n_clicks": 1,
        **{f"accounts-{name.replace('_', '-')}.value": one for name, one in fields.items()},
    }
    return called(visitor, "accounts-said", values)


def change(visitor: Visitor, button: str, name: str, **second: str) -> Any:
    values = {f"accounts-{button}.n_clicks": 1, "accounts-grid.selectedRows": [{"name": name}]}
    values |= {f"accounts-{field.replace('_', '-')}.value": one for field, one in second.items()}
    return called(visitor, "accounts-said", values)


def account(app: Any, name: str) -> Account | None:
    with session_of(app) as session:
        return session.scalar(select(Account).where(Account.name == name))


@pytest.mark.parametrize("path", ["/accounts", "/trail", "/download/trail.csv"])
@pytest.mark.parametrize("who", [city.DISTRICT_OFFICER, city.ENTERPRISE, city.ANALYST])
def test_accounts_and_trail_open_to_officers_of_the_whole_city_alone(app: Any, officer: Visitor, path: str, who: str):
    assert officer.get(path).status_code == 200
    assert signed_in(app, who).get(path).status_code == 403
    if not path.startswith("/download"):
        assert signed_in(app, who).show(path).status_code == 403


@pytest.mark.parametrize("who", [city.DISTRICT_OFFICER, city.ENTERPRISE, city.ANALYST])
def test_nobody_else_reaches_accounts_or_trail_through_their_callbacks(app: Any, who: str):
    came = signed_in(app, who)
    assert add(came, name=CLERK, role="enterprise", firm=BANYAN).status_code == 403
    assert change(came, "disable", city.OFFICER).status_code == 403
    assert called(came, "trail-entries", {"trail-person.value": None}).status_code == 403
    assert called(came, "trail-chain", {"trail-csv.id": "trail-csv"}).status_code == 403
    assert account(app, CLERK) is None


def test_a_new_account_signs_in_with_the_password_that_is_shown_once(app: Any, officer: Visitor):
    answer = add(officer, name=CLERK, role="enterprise", firm=BANYAN)
    assert answer.headers["Cache-Control"] == "no-store"
    shown = answer.json["response"]["accounts-said"]["children"]
    password = find(shown, "one-time")
    assert Visitor(app, app.server.test_client()).sign_in(CLERK, password).status_code == 303
    assert password not in officer.show("/accounts").text
    with session_of(app) as session:
        last = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"account:{CLERK}")).first()
        assert last is not None
        assert (last.person, last.action) == (city.OFFICER, "add_person")
        assert password not in str(last.details)


def test_whoever_is_invited_sets_a_password_by_the_link_that_is_shown_once_and_comes_in(app: Any, officer: Visitor):
    values = {"accounts-add.n_clicks": 1, "accounts-name.value": CLERK, "accounts-role.value": "enterprise"}
    values |= {"accounts-firm.value": BANYAN, "accounts-by-link.checked": True, "accounts-phone.value": "0750-3887000"}
    shown = called(officer, "accounts-said", values).json["response"]["accounts-said"]["children"]
    path = find(shown, "one-time").partition("//")[2].partition("/")[2]
    stranger = Visitor(app, app.server.test_client())
    page = stranger.get(f"/{path}")
    assert CLERK in page.text
    assert 'value="http' not in page.text
    assert stranger.get(f"/{path[:-1]}").status_code == 404
    assert stranger.post(f"/{path}", new="a long password", again="another password").status_code == 400
    assert "位" in stranger.post(f"/{path}", new="short", again="short").text
    assert stranger.get("/").headers["Location"].startswith("/sign-in")
    assert stranger.post(f"/{path}", new="a long password", again="a long password").status_code == 303
    assert stranger.get(f"/firm/{BANYAN}").status_code == 200
    assert stranger.get(f"/firm/{LOTUS}").status_code == 403
    assert stranger.get(f"/{path}").status_code == 404
    again = Visitor(app, app.server.test_client())
    assert again.sign_in(CLERK, "a long password").status_code == 303
    assert "0750-3887000" in officer.show("/accounts").text


def test_a_marked_account_becomes_something_else_and_its_sessions_end(app: Any, officer: Visitor):
    came = signed_in(app, city.ENTERPRISE)
    assert came.get("/").status_code == 200
    marked = called(officer, "accounts-to-role", {"accounts-grid.selectedRows": [{"name": city.ENTERPRISE}]})
    response = marked.json["response"]
    assert (response["accounts-to-role"]["value"], response["accounts-to-firm"]["value"]) == ("enterprise", LOTUS)
    moved = change(officer, "move", city.ENTERPRISE, to_role="enterprise_reader", to_firm=BANYAN)
    assert "企业（只读）" in moved.text
    assert came.get("/").status_code == 302
    kept = account(app, city.ENTERPRISE)
    assert kept is not None
    assert (kept.role, kept.firm_id) == ("enterprise_reader", BANYAN)
    refused = change(officer, "move", city.ENTERPRISE, to_role="officer")
    assert "第二" in refused.text


@pytest.mark.parametrize(
    ("role", "opens", "closed"),
    [
        ("auditor", ["/", "/firms", f"/firm/{LOTUS}", "/pools", "/cases", "/trail"], ["/accounts", "/imports"]),
        ("admin", ["/accounts", "/account"], ["/firms", f"/firm/{LOTUS}", "/trail", "/pools", "/cases"]),
    ],
)
def test_an_auditor_reads_all_pages_and_an_administrator_opens_accounts_alone(
    app: Any, role: str, opens: list[str], closed: list[str]
):
    with session_of(app) as session, session.begin():
        people.add(session, role, role, password=city.PASSWORD, by=people.console(), now=city.NOW)
    came = signed_in(app, role)
    for path in opens:
        assert came.show(path).status_code == 200, path
    for path in closed:
        assert came.show(path).status_code == 403, path
    assert add(came, name=CLERK, role="enterprise", firm=BANYAN).status_code == (200 if role == "admin" else 403)
    assert change(came, "disable", city.OFFICER).status_code == (200 if role == "admin" else 403)
    officer = account(app, city.OFFICER)
    assert officer is not None
    assert not officer.disabled  # an administrator needs a second person for that


def find(node: Any, class_name: str) -> str:
    """The text of the component of this class in a callback's answer."""
    if isinstance(node, list):
        return next((found for one in node if (found := find(one, class_name))), "")
    if not isinstance(node, dict):
        return ""
    props = node.get("props", {})
    return props["children"] if props.get("className") == class_name else find(props.get("children"), class_name)


@pytest.mark.parametrize(
    ("second", "password", "opened"),
    [
        (None, None, False),
        (city.ANALYST, "wrong-password-1", False),
        (city.OFFICER, city.PASSWORD, False),
        (city.ENTERPRISE, city.PASSWORD, False),
        (city.ANALYST, city.PASSWORD, True),
        (city.DISTRICT_OFFICER, city.PASSWORD, True),
    ],
)
def test_an_analyst_s_account_opens_when_a_second_person_signs(
    app: Any, officer: Visitor, second: str | None, password: str | None, opened: bool
):
    answer = add(officer, name="新分析员", role="analyst", second=second, second_password=password)
    assert answer.status_code == 200
    assert (account(app, "新分析员") is not None) == opened
    assert opened == bool(find(answer.json["response"]["accounts-said"]["children"], "one-time"))


def test_nobody_signs_beside_the_one_who_has_the_password_from_them(app: Any, officer: Visitor):
    change(officer, "password", city.ANALYST, second=city.DISTRICT_OFFICER, second_password=city.PASSWORD)
    with session_of(app) as session, session.begin():
        analyst = people.named(session, city.ANALYST)
        analyst.password_hash, analyst.must_change = people.named(session, city.OFFICER).password_hash, False
    answer = add(officer, name="新分析员", role="analyst", second=city.ANALYST, second_password=city.PASSWORD)
    assert "另请一位同事" in answer.text
    assert account(app, "新分析员") is None


def test_wrong_second_passwords_are_counted(officer: Visitor):
    for _attempt in range(5):
        assert add(officer, name="n", role="analyst", second=city.ANALYST, second_password="wrong-1").status_code == 200
    assert add(officer, name="n", role="analyst", second=city.ANALYST, second_password="wrong-1").status_code == 429


def test_closing_an_account_ends_its_session_and_opening_it_again_lets_it_in(app: Any, officer: Visitor):
    clerk = signed_in(app, city.ENTERPRISE)
    assert change(officer, "disable", city.ENTERPRISE).status_code == 200
    assert clerk.get("/").status_code == 302
    assert Visitor(app, app.server.test_client()).sign_in(city.ENTERPRISE).status_code == 401
    change(officer, "enable", city.ENTERPRISE)
    assert Visitor(app, app.server.test_client()).sign_in(city.ENTERPRISE).status_code == 303


@pytest.mark.parametrize("button", ["disable", "password", "enable"])
def test_an_officer_cannot_touch_her_own_account(app: Any, officer: Visitor, button: str):
    before = account(app, city.OFFICER)
    answer = change(officer, button, city.OFFICER, second=city.ANALYST, second_password=city.PASSWORD)
    assert "本人" in answer.text
    after = account(app, city.OFFICER)
    assert before is not None
    assert after is not None
    assert (before.stamp, before.password_hash) == (after.stamp, after.password_hash)


# --- one's own password ----------------------------------------------------------------------------


def own(visitor: Visitor, old: str, new: str, again: str | None = None) -> Any:
    fields = {"account-old.value": old, "account-new.value": new, "account-again.value": again or new}
    return called(visitor, "account-said", {"account-save.n_clicks": 1, **fields})


def test_a_person_changes_the_own_password_and_stays_while_other_sessions_end(app: Any):
    here, elsewhere = signed_in(app, city.ENTERPRISE), signed_in(app, city.ENTERPRISE)
    own(here, city.PASSWORD, "another-pond-evening")
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert Visitor(app, app.server.test_client()).sign_in(city.ENTERPRISE, "another-pond-evening").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [
        ("wrong-password-1", "another-pond-evening", None),
        (city.PASSWORD, "short", None),
        (city.PASSWORD, "another-pond-evening", "another-pond-morning"),
    ],
)
def test_a_wrong_old_or_a_poor_new_password_changes_nothing(
    app: Any, analyst: Visitor, old: str, new: str, again: str | None
):
    assert own(analyst, old, new, again).status_code == 200
    assert Visitor(app, app.server.test_client()).sign_in(city.ANALYST).status_code == 303


def test_old_passwords_are_not_guessed_through_an_open_session(analyst: Visitor):
    for _attempt in range(5):
        own(analyst, "wrong-password-1", "another-pond-evening")
    assert own(analyst, city.PASSWORD, "another-pond-evening").status_code == 429


# --- the trail -------------------------------------------------------------------------------------


@pytest.fixture
def trail(app: Any) -> None:
    """On top of the four accounts: a case of Lotus, one of Banyan, and a mean name."""
    from datetime import datetime

    from pipeline.accounts import audit

    with session_of(app) as session, session.begin():
        for person, firm, moment in (
            ("林科员", LOTUS, datetime(2026, 5, 4, 15, 59)),
            ("林科员", BANYAN, datetime(2026, 5, 4, 16, 0)),  # midnight of the 5th in China
            ("=HYPERLINK(1)", BANYAN, datetime(2026, 5, 5, 1, 0)),
        ):
            named = people.console(person)
            audit.record(session, named, "open_case", "case:1", {"firm_id": firm, "stage": "nurture"}, moment)


def exported(visitor: Visitor, **query: str) -> list[list[str]]:
    answer = visitor.client.get("/download/trail.csv", query_string=query)
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))[1:]


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 9),  # with the sign-in of whoever asks
        ({"action": "open_case"}, 3),
        ({"person": "林科员"}, 3),
        ({"firm": LOTUS}, 2),
        ({"firm": BANYAN}, 2),
        ({"firm": LOTUS[:10]}, 0),
        ({"firm": "%"}, 0),
        ({"since": "2026-05-05"}, 3),
        ({"until": "2026-05-04", "action": "open_case"}, 1),
        ({"since": "2026-05-05", "until": "2026-05-05"}, 2),
        ({"person": "nobody"}, 0),
    ],
)
def test_the_trail_is_found_by_person_action_firm_and_day_of_the_city(
    officer: Visitor, query: dict[str, str], count: int
):
    assert len(exported(officer, **query)) == count


@pytest.mark.usefixtures("trail")
def test_no_cell_of_the_exported_trail_runs_as_a_formula(officer: Visitor):
    newest = exported(officer, action="open_case")[0]
    assert newest[2] == "'=HYPERLINK(1)"
    assert newest[3] == "建档"


def test_a_day_that_is_none_is_answered_with_400(officer: Visitor):
    assert officer.client.get("/download/trail.csv?since=yesterday").status_code == 400


@pytest.mark.usefixtures("trail")
def test_the_page_says_whether_the_chain_is_whole_and_where_it_broke(app: Any, officer: Visitor):
    shown = called(officer, "trail-chain", {"trail-csv.id": "trail-csv"})
    assert "留痕链完整：共 9 条" in shown.text
    with session_of(app) as session, session.begin():
        session.execute(text("UPDATE audit_entry SET person = '周科员' WHERE id = 6"))
    broken = called(officer, "trail-chain", {"trail-csv.id": "trail-csv"})
    assert "第 6 条" in broken.text or " 6 " in broken.text
    assert "fault" in broken.text


@pytest.mark.usefixtures("trail")
def test_the_page_tells_an_entry_in_words(officer: Visitor):
    page = officer.show("/trail").text
    assert f"辅导档案：{NAMES[LOTUS]}（第 1 号）" in page
    assert "阶段：培育" in page
    assert "nurture" not in page


@pytest.mark.usefixtures("trail")
def test_the_export_tells_the_subject_in_words_and_beside_it_the_record_as_it_is_kept(officer: Visitor):
    newest = exported(officer, action="open_case")[0]
    assert newest[4:6] == [f"辅导档案：{NAMES[BANYAN]}（第 1 号）", "case:1"]


# --- who stated a figure ---------------------------------------------------------------------------


@pytest.fixture
def said_otherwise(app: Any) -> None:
    """The tax office states another revenue of Lotus's 2024, and the same staff."""
    with session_of(app) as session, session.begin():
        row = session.scalars(select(ReturnRow).where(ReturnRow.firm_id == LOTUS, ReturnRow.year == 2024)).one()
        brought = Import(
            kind="returns",
            file_name="税务 2024.xlsx",
            sha256="1" * 64,
            map_name="city",
            cohort="city",
            source="tax",
            rows=1,
            imported_at=city.NOW,
            imported_by=city.OFFICER,
        )
        form = Return(brought_by=brought, source="tax", sheet="年度财务")
        session.add(form)
        session.flush()
        session.add(
            ReturnRow(
                firm_id=LOTUS,
                return_id=form.id,
                sheet_row=9,
                year=2024,
                known_on=row.known_on,
                revenue_cny=12_340_000.0,
                staff=row.staff,
            )
        )


def stated(visitor: Visitor, fact: str, firm: str = LOTUS) -> Any:
    return called(visitor, "firm-stated-by", {"firm-stated-fact.value": fact, "firm-shown.data": firm})


@pytest.mark.usefixtures("said_otherwise")
def test_a_firm_s_page_says_who_stated_a_figure_and_who_said_otherwise(officer: Visitor):
    first = called(officer, "firm-stated.children", {"firm-stated-do.n_clicks": 1, "firm-shown.data": LOTUS})
    assert "营业收入 · 存在不同填报值" in first.text
    rows = stated(officer, "revenue_cny").json["response"]["firm-stated-by"]["children"]["props"]["children"]["props"][
        "data"
    ]
    of_2024 = [row for row in rows["body"] if row[0] == "2024"]
    assert sorted(row[2] for row in of_2024) == ["未采用", "采用"]
    assert any(row[1] == "1,234 万元" and row[4] == "税务 2024.xlsx，年度财务，第 9 行" for row in of_2024)
    assert all(city.OFFICER in row[-1] or "console" in row[-1] for row in of_2024)
    same = stated(officer, "staff").text
    assert "一致" in same


@pytest.mark.usefixtures("said_otherwise")
def test_an_enterprise_reads_that_of_its_own_firm_alone_and_no_clerk_s_name(enterprise: Visitor):
    assert "税务 2024.xlsx" in stated(enterprise, "revenue_cny").text
    assert city.OFFICER not in stated(enterprise, "revenue_cny").text
    for asked in (
        stated(enterprise, "revenue_cny", BANYAN),
        called(enterprise, "firm-stated.children", {"firm-stated-do.n_clicks": 1, "firm-shown.data": BANYAN}),
    ):
        assert asked.status_code == 403
        assert "演示" not in asked.text


def test_a_figure_that_is_none_answers_nothing(officer: Visitor):
    assert not stated(officer, "password_hash").json.get("response")

"""What strangers send and do over HTTP: junk gets 400, a copied cookie nothing, a full disk a letter."""

import base64
import errno
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from dashboard.app import create_app
from dashboard.jobs import process
from dashboard.web.uploads import safe_name
from pipeline.accounts import audit, people
from pipeline.settings import ROOT, Settings
from pipeline.store.database import engine_for
from pipeline.store.tables import AuditEntry, Job, JobFile
from tests.cast import LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in


def output_of(app: Any, part: str) -> str:
    return next(name for name in app.callback_map if part in name)


def actions(app: Any) -> list[str]:
    with Session(app.server.extensions["goldseed"].engine) as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


# --- files that somebody sends -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["mended.xlsx", "../mended.xlsx", "mended.xlsx.csv", "upload/../../x.csv", "/etc/passwd", "pid"]
)
def test_a_file_that_somebody_sends_never_meets_the_program_s_own(
    app: Any, officer: Visitor, name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(process, "_begin", lambda _settings, _job: None)
    content = "data:;base64," + base64.b64encode(b"this is not json").decode()
    values = {"mapping-file.contents": content, "mapping-file.filename": name}
    values |= {"imports-file.contents": content, "imports-file.filename": name, "imports-map.value": "city"}
    for part in ("mapping-table.children", "imports-tick.disabled"):
        assert officer.call(body_of(app, output_of(app, part), values)).status_code == 200
    with Session(app.server.extensions["goldseed"].engine) as session:
        kept = dict(session.execute(select(JobFile.name, JobFile.content)).all())
        kinds = set(session.scalars(select(Job.kind)))
    read = name.endswith((".csv", ".xlsx"))
    assert kept == ({f"upload/{safe_name(name)}": b"this is not json"} if read else {})
    assert kinds == ({"look"} if read else set())


# --- sessions ----------------------------------------------------------------------------------------


def test_a_cookie_copied_before_signing_out_is_worth_nothing_afterwards(app: Any, officer: Visitor):
    stolen = Visitor(app, app.server.test_client())
    cookie = officer.client.get_cookie("goldseed_session")
    stolen.client.set_cookie("goldseed_session", cookie.value)
    assert stolen.get("/download/trail.csv").status_code == 200
    other = signed_in(app, city.ANALYST)
    assert officer.post("/sign-out").status_code == 303
    assert stolen.get("/download/trail.csv").status_code == 302
    body = body_of(app, "page.children", {"address.pathname": "/", "address.search": ""})
    assert stolen.call(body).status_code in (400, 401)
    assert other.get("/firms").status_code == 200  # somebody else's session goes on
    assert officer.sign_in(city.OFFICER).status_code == 303


def test_coming_and_going_and_taking_away_stand_in_the_trail(app: Any):
    visitor = Visitor(app, app.server.test_client())
    for _ in range(2):
        visitor.sign_in(city.OFFICER, "wrong-password-1")
    before = len(actions(app))
    visitor.sign_in(city.OFFICER)
    visitor.get("/")
    visitor.get("/download/firms.csv?pool=golden")
    visitor.get("/download/template.xlsx")  # an empty form: no data
    visitor.post("/sign-out")
    assert actions(app)[before:] == ["sign_in", "export", "sign_out"]
    with Session(app.server.extensions["goldseed"].engine) as session:
        entries = audit.entries(session, audit.AuditFilter(person=city.OFFICER), most=3)[::-1]
        assert entries[0].details == {"wrong_before": 2}
        assert (entries[1].subject, entries[1].details) == ("export:firms", {"file": "/download/firms.csv?pool=golden"})
        assert audit.verify(session)


def test_attempts_that_are_refused_leave_one_entry_with_the_address_and_unknown_names_none(app: Any):
    before = len(actions(app))
    visitor = Visitor(app, app.server.test_client())
    for _ in range(9):
        visitor.sign_in(city.OFFICER, "wrong-password-1")
        visitor.sign_in("nobody at all", "wrong-password-1")
    assert actions(app)[before:] == ["sign_in_refused"]


# --- who is let in -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/sign-inx",
        "/sign-in/../firms",
        "/sign-in/x",
        "/language/en",
        "/theme/dark",
        "/favicon.ico",
        "/alivex",
        "/assets/",
    ],
)
def test_a_stranger_gets_no_page_but_the_sign_in(visitor: Visitor, path: str):
    answer = visitor.get(path)
    assert answer.status_code in (302, 401, 404)
    assert "_dash-config" not in answer.text


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost", 200), ("https://localhost", 403), ("http://localhost:81", 403), ("http://[", 403)],
)
def test_an_origin_is_compared_with_its_scheme(app: Any, officer: Visitor, origin: str, status: int):
    body = body_of(app, "page.children", {"address.pathname": "/", "address.search": ""})
    assert officer.call(body, Origin=origin).status_code == status


def test_closing_an_officer_s_account_takes_two_and_an_enterprise_s_one(app: Any):
    by = people.Person(1, city.OFFICER, people.Role.OFFICER)
    with Session(app.server.extensions["goldseed"].engine) as session:
        with pytest.raises(people.WrongAccount, match=r"第二人|另一"):
            people.disable(session, city.ANALYST, by=by, now=city.NOW)
        people.disable(session, city.ENTERPRISE, by=by, now=city.NOW)


def test_a_password_that_somebody_else_has_seen_opens_nothing_but_its_own_change(app: Any):
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        officer = people.person_from(people.named(session, city.OFFICER))  # type: ignore[arg-type]
        _account, given_out = people.add(session, "new", "officer", by=officer, now=city.NOW, approved_by=city.ANALYST)
    new = Visitor(app, app.server.test_client())
    assert new.sign_in("new", given_out).status_code == 303
    assert new.get("/firms").headers["Location"] == "/account"
    assert new.get("/download/firms.csv").headers["Location"] == "/account"
    new.get("/account")
    assert new.show("/firms").status_code == 403
    assert "请先自行设置新密码" in new.show("/account").text
    opened = body_of(app, output_of(app, "accounts-said.children"), {"accounts-add.n_clicks": 1})
    assert new.call(opened).status_code in (302, 403)
    own = {"account-save.n_clicks": 1, "account-old.value": given_out}
    for password in (given_out, "a password of mine"):
        own |= {"account-new.value": password, "account-again.value": password}
        new.call(body_of(app, output_of(app, "account-said.children"), own))
        assert new.get("/firms").status_code == (302 if password == given_out else 200)


def test_nobody_signs_beside_the_one_who_gave_them_their_password(app: Any, officer: Visitor):
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        me = people.person_from(people.named(session, city.OFFICER))  # type: ignore[arg-type]
        _account, given_out = people.add(session, "new", "officer", by=me, now=city.NOW, approved_by=city.ANALYST)
        new = people.check_password(session, "new", given_out)
        people.change_own_password(session, new, given_out, "a password of mine", now=city.NOW)  # type: ignore[arg-type]
    values = {"accounts-add.n_clicks": 1, "accounts-name.value": "third", "accounts-role.value": "officer"}
    values |= {"accounts-second.value": "new", "accounts-second-password.value": "a password of mine"}
    answer = officer.call(body_of(app, output_of(app, "accounts-said.children"), values))
    assert "由您发给" in answer.text
    values |= {"accounts-second.value": city.ANALYST, "accounts-second-password.value": city.PASSWORD}
    assert "third" in officer.call(body_of(app, output_of(app, "accounts-said.children"), values)).text


# --- a disk that takes nothing -----------------------------------------------------------------------

_FULL = {
    "full": OperationalError("", {}, Exception("database or disk is full")),
    "read-only": OperationalError("", {}, Exception("attempt to write a readonly database")),
    "files": OSError(errno.ENOSPC, "No space left on device"),
}


@pytest.fixture(params=_FULL.values(), ids=_FULL)
def full_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No entry can be written, and so nothing that one tells of; nor can a count of attempts."""

    def no_room(*_: Any, **__: Any) -> None:
        raise request.param

    monkeypatch.setattr("pipeline.store.trail.chain.append", no_room)
    if isinstance(request.param, OSError):
        monkeypatch.setattr("dashboard.web.attempts.Attempts._writing", no_room)


def test_on_a_full_disk_the_right_password_comes_in_and_wrong_ones_are_still_counted(app: Any, full_disk: None):
    assert Visitor(app, app.server.test_client()).sign_in(city.OFFICER).status_code == 303
    stranger = Visitor(app, app.server.test_client())
    answers = [stranger.sign_in(city.OFFICER, "wrong-password-1").status_code for _ in range(7)]
    assert answers == [401] * 5 + [429] * 2


def test_on_a_full_disk_a_change_is_answered_with_a_letter(app: Any, officer: Visitor, full_disk: None):
    body = body_of(app, output_of(app, "accounts-said.children"), {"accounts-add.n_clicks": 1})
    form = {"accounts-name": "x", "accounts-role": "enterprise", "accounts-firm": LOTUS}
    body["state"] = [{**one, "value": form.get(one["id"])} for one in body["state"]]
    answer = officer.call(body)
    assert answer.status_code == 507
    assert "未保存任何内容" in answer.text
    assert officer.get("/download/firms.csv").status_code == 507
    assert officer.get("/firms").status_code == 200


def test_a_fault_of_ours_is_500_with_a_number_that_the_log_has_too(
    app: Any, officer: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("ours")

    monkeypatch.setattr("dashboard.queries.lists.firm_list.rows", broken)
    answer = officer.get("/download/firms.csv")
    assert answer.status_code == 500
    number = re.search(r"编号 ([0-9a-f]{8})", answer.text)
    assert number is not None
    assert any(number[1] in line for line in caplog.messages)


# --- junk --------------------------------------------------------------------------------------------

_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["\x00", "\ud800", "a\x00b", "0001-01-01", "9999-12-31", "2024-02-30", "²", "9" * 5_000, LOTUS]),
    st.sampled_from([city.OFFICER, "city", "officer", "2024-05-01", "1", "city-2026-05-01", "?firm=%00", "/firm/a%00"]),
)
_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.sampled_from([2**31, 2**40, 2**63, 10**30, 1e308, float("inf"), float("nan"), 0.5]),
        _TEXTS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["id", "name", "kind", "startRow", "endRow", "sortModel", "filterModel", "visit", "look"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A board of its own, since junk may do what a person could; and its visitors by name."""
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "goldseed.sqlite").write_bytes(sqlite_template.read_bytes())
    url = f"sqlite:///{folder}/goldseed.sqlite"
    engine = engine_for(url)
    city.settle(engine)
    engine.dispose()
    made = create_app(Settings(ROOT, url, folder / "models", None, "zh_CN"))
    yield made, {name: signed_in(made, name) for name in (city.OFFICER, city.ANALYST)}
    made.server.extensions["goldseed"].engine.dispose()


@examples(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_junk_of_any_kind_is_never_a_fault_of_ours(fuzzed: Any, data: st.DataObject):
    app, visitors = fuzzed
    names = sorted(
        name
        for name, declared in app.callback_map.items()
        if "callback" in declared and not re.search("train|backtest|inspect", name)
    )
    output = data.draw(st.sampled_from(names))
    declared = app.callback_map[output]
    slots = [f"{one['id']}.{one['property']}" for one in declared["inputs"] + declared["state"]]
    body = body_of(app, output, {slot: 1 if slot.endswith("n_clicks") else data.draw(_VALUES) for slot in slots})
    part = data.draw(st.sampled_from(["value", "value", "value", "changedPropIds", "outputs", "output", "inputs"]))
    if part != "value":
        body[part] = data.draw(_VALUES)
    name = data.draw(st.sampled_from(sorted(visitors)))
    visitor = visitors[name]
    answer = visitor.client.post(
        "/_dash-update-component",
        data=json.dumps(body),
        content_type="application/json",
        headers={"X-CSRFToken": visitor.token()},
    )
    if answer.status_code in (401, 302):  # it has closed an account or signed out
        visitors[name] = signed_in(app, name)
    assert answer.status_code < 500, (output, body)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"output":' + b'{"a":' * 50_000,
        b'{"output": 1e400}',
        b"\xff\xfe",
        b'{"output": "page.children", "changedPropIds": [5, {}]}',
        b'{"output": "page.children", "outputs": {"id": "other", "property": "children"}, "inputs": [], "state": []}',
    ],
)
def test_a_body_that_no_page_sends_is_answered_with_400(officer: Visitor, raw: bytes):
    sent = {"data": raw, "content_type": "application/json", "headers": {"X-CSRFToken": officer.token()}}
    assert officer.client.post("/_dash-update-component", **sent).status_code == 400


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"address.pathname": "/firm/\ud800", "address.search": ""}, 400),
        ({"address.pathname": "/firms", "address.search": "?words=%00"}, 400),
        ({"address.pathname": "/firms", "address.search": "?words=%20"}, 200),
    ],
)
def test_half_characters_and_nuls_in_an_address_are_400_and_the_near_miss_is_a_page(
    app: Any, officer: Visitor, values: dict[str, Any], status: int
):
    assert officer.call(body_of(app, "page.children", values)).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/firm/a%00b",
        "/download/trail.csv?person=a%00b",
        "/download/trail.csv?since=0001-01-01",
        "/download/trail.csv?until=9999-12-31",
        "/download/firms.csv?%00=1",
        "/_dash-component-suites/dash/x.js",
    ],
)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_addresses_that_no_database_takes_are_refused(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, path: str
):
    url = request.getfixturevalue(f"{kind}_url")
    engine = engine_for(url)
    with Session(engine) as session, session.begin():
        people.add(session, city.OFFICER, "officer", password=city.PASSWORD, by=people.console(), now=city.NOW)
    engine.dispose()
    app = create_app(Settings(ROOT, url, tmp_path / "models", "a secret", "zh_CN"))
    officer = signed_in(app, city.OFFICER)
    assert officer.get(path).status_code in (400, 404)
    assert officer.get("/download/trail.csv?since=2024-05-01").status_code == 200
    app.server.extensions["goldseed"].engine.dispose()


@pytest.mark.parametrize("address", ["/\r\nX-A: b", "/firms\n", "/[", "//["])
def test_signing_in_with_an_address_that_no_header_takes_leads_to_the_first_page(visitor: Visitor, address: str):
    answer = visitor.sign_in(city.OFFICER, next_page=address)
    assert answer.status_code == 303
    assert answer.headers["Location"] in ("/today", "/%5B")


def test_a_page_that_says_it_came_from_nowhere_can_still_change_its_language(visitor: Visitor):
    visitor.get("/sign-in")
    sent = {"data": {"csrf_token": visitor.token()}, "headers": {"Referer": "http://["}}
    assert visitor.client.post("/language/en", **sent).status_code == 303

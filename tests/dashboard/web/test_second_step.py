"""The second page of the sign-in over HTTP, the card that turns it on, and the second person's code."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
from sqlalchemy.orm import Session

from dashboard.web.auth_guard import secret_key
from pipeline.accounts import people, second_step
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.dashboard.web.test_sign_in import promoted


def turned_on(app: Any, name: str) -> tuple[pyotp.TOTP, list[str]]:
    known = app.server.extensions["goldseed"]
    key, now = secret_key(known.settings), datetime.now(UTC)
    with Session(known.engine) as session, session.begin():
        me = people.person_from(people.named(session, name))
        phone = pyotp.TOTP(second_step.begin(session, me, key=key).secret)
        return phone, second_step.confirm(session, me, phone.at(now), key=key, now=now)


def next_code(phone: pyotp.TOTP) -> str:
    """Of the step after now's: it is accepted, and none was used before it."""
    return phone.at(datetime.now(UTC) + timedelta(seconds=30))


def code(visitor: Visitor, given: str) -> Any:
    visitor.get("/sign-in/code")
    return visitor.post("/sign-in/code", code=given)


def test_the_password_alone_opens_nothing_and_a_code_opens_once(app: Any, visitor: Visitor):
    phone, codes = turned_on(app, city.OFFICER)
    assert visitor.get("/sign-in/code").location == "/sign-in"
    came = visitor.sign_in(city.OFFICER, next_page="/firms")
    assert (came.status_code, came.location) == (303, "/sign-in/code")
    assert visitor.get("/firms").status_code == 302
    assert "动态码" in visitor.get("/sign-in/code").text
    assert code(visitor, "000000").status_code == 401
    shown = next_code(phone)
    assert code(visitor, shown).location == "/firms"
    assert visitor.get("/firms").status_code == 200
    again = Visitor(app, app.server.test_client())
    again.sign_in(city.OFFICER)
    assert code(again, shown).status_code == 401
    assert code(again, codes[0]).status_code == 303
    third = Visitor(app, app.server.test_client())
    third.sign_in(city.OFFICER)
    assert code(third, codes[0]).status_code == 401


def test_too_many_codes_have_to_wait_and_a_change_of_the_account_ends_the_waiting(app: Any, visitor: Visitor):
    phone, _codes = turned_on(app, city.OFFICER)
    visitor.sign_in(city.OFFICER)
    answers = [code(visitor, "000000").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert code(visitor, next_code(phone)).status_code == 429
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        people.disable(session, city.OFFICER, by=people.console(), now=city.NOW)
    assert visitor.get("/sign-in/code").location == "/sign-in"


def test_the_card_turns_it_on_by_a_code_and_off_by_password_and_code(app: Any):
    came = signed_in(app, city.ENTERPRISE)
    output = next(name for name in app.callback_map if "account-step.children" in name)

    def press(button: str, **values: str) -> Any:
        given = {f"account-step-{button}.n_clicks": 1}
        given |= {f"account-step-{name}.value": value for name, value in values.items()}
        return came.call(body_of(app, output, given, [f"account-step-{button}.n_clicks"]))

    begun = press("begin").json["response"]["account-step"]["children"]
    assert begun[1]["props"]["src"].startswith("data:image/svg+xml")
    phone = pyotp.TOTP(begun[2]["props"]["children"]["props"]["children"].replace(" ", ""))
    assert "不是" in press("confirm", code="000000x").text
    done = press("confirm", code=phone.now()).text
    assert done.count("one-time") >= second_step.RECOVERY_CODES
    assert came.get("/account").status_code == 200
    assert "10" in came.show("/account").text
    assert "不正确" in press("off", password="wrong-password-1", code=next_code(phone)).text
    assert "已关闭" in press("off", password=city.PASSWORD, code=next_code(phone)).text
    assert Visitor(app, app.server.test_client()).sign_in(city.ENTERPRISE).location != "/sign-in/code"


def test_a_second_person_with_a_phone_signs_with_its_code_too(app: Any, analyst: Visitor):
    phone, _codes = turned_on(app, city.OFFICER)
    assert "动态码" in promoted(app, analyst, city.OFFICER, city.PASSWORD)
    shown = next_code(phone)
    assert "动态码" not in promoted(app, analyst, city.OFFICER, city.PASSWORD, shown)
    assert "动态码" in promoted(app, analyst, city.OFFICER, city.PASSWORD, shown)

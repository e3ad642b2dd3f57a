"""The bell and the page behind it, the account's own choices, the calendar without a session; the command says the
same."""

import json
import re

from click.testing import CliRunner
from icalendar import Calendar
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.reminders.notices import notices
from pipeline.store.tables import Account, Case
from pipeline.store.tutoring_tables import CalendarToken, ReminderChoice
from pipeline.tutoring.agenda.choice import choose
from tests.cast import LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

NOTHING = "没有新的提醒"


def words(answer) -> str:
    return json.dumps(answer.json, ensure_ascii=False)


def bell(visitor) -> int:

    counted = re.search(r"(\d+) 条提醒未读", words(visitor.call(body_of(visitor.app, "bell.children", {}))))
    return int(counted[1])


def pressed(visitor, key, read):
    name = next(one for one in visitor.app.callback_map if "reminders-body" in one)
    button = {"key": key, "read": read, "type": "reminder-mark"}
    body = body_of(visitor.app, name, {"reminders-query.data": {}})
    body["inputs"][1] = [{"id": button, "property": "n_clicks", "value": 1}]
    body["changedPropIds"] = [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"]
    return visitor.call(body)


def all_read(visitor):
    name = next(one for one in visitor.app.callback_map if "reminders-body" in one)
    body = body_of(
        visitor.app, name, {"reminders-all.n_clicks": 1, "reminders-query.data": {}}, ["reminders-all.n_clicks"]
    )
    body["inputs"][1] = []
    return visitor.call(body)


def test_the_bell_counts_what_the_page_lists_and_less_once_it_was_read(app):
    engine, settings = app.server.extensions["goldseed"].engine, app.server.extensions["goldseed"].settings
    with Session(engine) as session, session.begin():
        mine = session.scalars(select(Account.id).where(Account.name == city.OFFICER)).one()
        session.execute(update(Case).values(mentor_id=mine))
    officer = signed_in(app, city.OFFICER)
    with Session(engine) as session:
        told = notices(session, people.person_of(session, mine), settings.today())
    assert told
    assert bell(officer) == len(told)
    page = words(officer.show("/reminders"))
    assert all(str(one.message) in page for one in told)
    assert pressed(officer, told[0].key, True).status_code == 200
    assert pressed(officer, "nothing:1:2024-01-01", True).status_code == 200
    assert bell(officer) == len(told) - 1
    assert NOTHING in words(all_read(officer))
    assert bell(officer) == 0
    assert str(told[0].message) in words(officer.show("/reminders", "?show=all"))
    assert pressed(officer, told[0].key, False).status_code == 200
    assert bell(officer) == 1
    analyst = signed_in(app, city.ANALYST)
    assert NOTHING in words(analyst.show("/reminders"))
    assert "bell" in words(analyst.get("/_dash-layout"))


def test_the_command_tells_what_the_page_does(app, monkeypatch):
    engine, settings = app.server.extensions["goldseed"].engine, app.server.extensions["goldseed"].settings
    monkeypatch.setenv("GOLDSEED_DB_URL", str(engine.url))
    officer = signed_in(app, city.OFFICER)
    told = json.loads(CliRunner().invoke(cli.goldseed, ["digest", "--person", city.OFFICER, "--json"]).stdout)
    (outcome,) = told["outcomes"]
    with Session(engine) as session:
        person = people.person_from(session.scalars(select(Account).where(Account.name == city.OFFICER)).one())
        found = notices(session, person, settings.today())
        assert outcome["count"] == sum(one.count or 1 for one in found)
    page = words(officer.show("/reminders"))
    assert all(firm in page for part in outcome["parts"] for firm in part["firms"])
    assert CliRunner().invoke(cli.goldseed, ["digest"]).exit_code == 0
    assert "nobody of that name" in str(
        CliRunner().invoke(cli.goldseed, ["digest", "--person", "nobody of that name"]).exception
    )
    with Session(engine) as session, session.begin():
        kept = ReminderChoice(
            account_id=person.id, often="daily", address="lin@city.cn", language="en", chosen_at=city.NOW
        )
        session.add(kept)
    unsent = CliRunner().invoke(cli.goldseed, ["digest", "--send", "--daily"])
    assert unsent.exit_code == (1 if outcome["parts"] else 0)  # no mail server is set up
    assert "lin@city.cn" not in unsent.output


def test_an_address_of_a_calendar_opens_without_a_session_until_it_is_revoked_and_says_no_score(app, caplog):
    engine, settings = app.server.extensions["goldseed"].engine, app.server.extensions["goldseed"].settings
    officer = signed_in(app, city.OFFICER)
    made = words(officer.call(calendar_call(app, "account-calendar-make")))
    (token,) = re.findall(r"/calendar/([\w-]{43})\.ics", made)
    assert token not in words(officer.show("/account"))
    with Session(engine) as session, session.begin():
        person = people.person_from(session.scalars(select(Account).where(Account.name == city.OFFICER)).one())
        choose(session, person, [LOTUS], settings.today(), now=city.NOW.replace(year=settings.today().year - 1))
        assert token not in session.scalars(select(CalendarToken.token_hash)).one()
    stranger = Visitor(app, app.server.test_client())
    answer = stranger.get(f"/calendar/{token}.ics")
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    assert "走访莲芯传感（虚构）" in {str(event["SUMMARY"]) for event in events}
    assert not any("分" in str(event.get("DESCRIPTION", "")) for event in events)
    assert stranger.get(f"/calendar/{token}.ics", **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert stranger.client.post(f"/calendar/{token}.ics").status_code in (400, 401, 405)
    unknown = stranger.get(f"/calendar/{'A' * 43}.ics")
    officer.call(calendar_call(app, "account-calendar-revoke"))
    revoked = stranger.get(f"/calendar/{token}.ics")
    assert (unknown.status_code, revoked.status_code) == (404, 404)
    assert unknown.data == revoked.data
    (token,) = re.findall(
        r"/calendar/([\w-]{43})\.ics", words(officer.call(calendar_call(app, "account-calendar-make")))
    )
    assert stranger.get(f"/calendar/{token}.ics").status_code == 200
    with Session(engine) as session, session.begin():
        people.disable(session, city.OFFICER, by=people.console("-"), now=city.NOW)
    assert stranger.get(f"/calendar/{token}.ics").status_code == 404
    assert token not in caplog.text


def calendar_call(app, button):
    return body_of(app, "account-calendar.children", {f"{button}.n_clicks": 1}, [f"{button}.n_clicks"])


def test_a_choice_of_e_mails_is_kept_and_a_wrong_address_said(app):
    officer = signed_in(app, city.OFFICER)

    def save(often, address):
        filled = {"account-digest-save.n_clicks": 1, "account-often.value": often, "account-address.value": address}
        return words(officer.call(body_of(app, "account-digest-said.children", filled)))

    assert "这不是邮箱地址" in save("daily", "nobody")
    assert "每周一封" in save("weekly", "lin@city.cn")
    assert "lin@city.cn" in words(officer.show("/account"))
    assert "lin@city.cn" not in words(signed_in(app, city.DISTRICT_OFFICER).show("/account"))

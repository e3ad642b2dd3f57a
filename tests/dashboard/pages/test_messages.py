"""Messages on the board: sent and shown on a firm's page and in the list of threads, by commands alike, and no word of
another firm's, nor of a withdrawn one, in any answer."""

import base64
import json
import re
from typing import Any

from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import people
from pipeline.messages.threads import thread_of, unread
from pipeline.messages.writing import withdraw, write
from pipeline.store.attachment_tables import Attachment
from pipeline.store.tables import Account, Case
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in
from tests.pipeline.tutoring.attachments.files import pdf

SECRET, GONE, FILE = "榕动的股权纠纷", "撤回前的银行流水", "榕动协议.pdf"


def words(answer: Any) -> str:
    return json.dumps(answer.json, ensure_ascii=False) if answer.is_json else answer.text


def person(engine: Any, name: str) -> people.Person:
    with Session(engine) as session:
        return people.person_from(session.scalars(select(Account).where(Account.name == name)).one())


def called(visitor: Visitor, kind: str, firm: str, **values: Any) -> Any:
    """The callback that this sets off: of (the card comes), show, send or withdraw."""
    starts = {"of": "firm-messages-of", "show": "firm-messages-show", "send": "firm-message-send"}
    wanted = starts.get(kind, "firm-message-withdraw")
    output = next(name for name, one in visitor.app.callback_map.items() if wanted in str(one["inputs"]))
    filled = {name.replace("_", "-").replace("--", "."): value for name, value in values.items()}
    body = body_of(visitor.app, output, {"firm-messages-of.data": firm, f"{wanted}.n_clicks": 1, **filled})
    if "button" in values:
        button = values["button"]
        body["inputs"] = [[{"id": button, "property": "n_clicks", "value": 1}]]
        body["changedPropIds"] = [json.dumps(button, sort_keys=True, separators=(",", ":")) + ".n_clicks"]
        field = {"type": "firm-message-why", "message": button.get("message")}
        body["state"][1:] = [
            [{"id": field, "property": part, "value": value}] for part, value in (("value", "发错"), ("id", field))
        ][: len(body["state"]) - 1]
    return visitor.call(body)


def shown(visitor: Visitor, firm: str = LOTUS, part: str = "") -> Any:
    return called(visitor, "of", firm, address__hash=part)


def bell(visitor: Visitor) -> int:
    counted = re.search(r"(\d+) 条提醒未读", words(visitor.call(body_of(visitor.app, "bell.children", {}))))
    assert counted
    return int(counted[1])


def test_what_a_page_sends_the_commands_read_and_the_bell_counts_until_it_is_shown(app: Any, monkeypatch: Any):
    engine = app.server.extensions["goldseed"].engine
    monkeypatch.setenv("GOLDSEED_DB_URL", engine.url.render_as_string(hide_password=False))

    def messages(*arguments: str) -> Any:
        answer = CliRunner().invoke(cli.goldseed, ["messages", *arguments, "--json"])
        return json.loads(answer.stdout) if answer.exit_code == 0 else str(answer.exception)

    officer, firm = signed_in(app, city.OFFICER), signed_in(app, city.ENTERPRISE)
    before = bell(firm)
    page = words(officer.show(f"/firm/{LOTUS}"))
    assert "firm-message-send" in page
    assert "还没有留言" in words(shown(officer))
    file = f"data:application/pdf;base64,{base64.b64encode(pdf()).decode()}"
    attached = {"firm_message_files__contents": [file], "firm_message_files__filename": ["清单.pdf"]}
    answer = words(called(officer, "send", LOTUS, firm_message_text__value="请报送章程", **attached))
    assert all(each in answer for each in ("留言已发送", "请报送章程", "清单.pdf", "firm-message-withdraw"))
    assert "刚刚" in words(called(officer, "send", LOTUS, firm_message_text__value="请报送章程", **attached))
    assert "4,000" in words(called(officer, "send", LOTUS, firm_message_text__value="长" * 4001)).replace(
        "4000", "4,000"
    )

    # The firm: told by the bell and the list, and has read it once the thread was shown.
    assert bell(firm) == before + 1
    assert "请报送章程" in words(firm.show("/messages"))
    assert "请报送章程" not in words(firm.show("/reminders"))
    waiting = words(shown(firm))
    assert "1 条未读" in waiting
    assert "请报送章程" not in waiting
    assert bell(firm) == before + 1, "nothing was shown yet"
    assert "请报送章程" in words(called(firm, "show", LOTUS, button={"type": "firm-messages-show", "most": 30}))
    assert bell(firm) == before
    assert "请报送章程" in words(shown(firm)), "nothing new: it is shown at once"
    called(firm, "send", LOTUS, firm_message_text__value="章程已寄出")
    (line,) = messages("list", "--person", city.OFFICER, "--unread")
    assert (line["firm_id"], line["messages"], line["unread"], line["last_text"]) == (LOTUS, 2, 1, "章程已寄出")
    listed = words(officer.show("/messages"))
    assert all(str(each) in listed for each in ("章程已寄出", line["firm_name"], "1 家有未读"))
    assert "章程已寄出" in words(shown(officer, part="#messages")), "who comes by the bell's link reads at once"
    assert messages("list", "--person", city.OFFICER, "--unread") == []

    # The command line writes and withdraws what the page shows.
    written = messages("write", LOTUS, "--text", "周三走访")
    assert written["role"] == "console"
    told = messages("read", LOTUS, "--person", city.ENTERPRISE)
    assert [(each["text"], each["mine"], each["new"]) for each in told["messages"]] == [
        ("请报送章程", False, False),
        ("章程已寄出", True, False),
        ("周三走访", False, True),
    ]
    assert "周三走访" in words(shown(firm, part="#messages"))
    assert "莲芯传感" in messages("withdraw", str(told["messages"][1]["id"]), "--why", "误")
    assert messages("withdraw", str(written["id"]), "--why", "改期")["withdrawn"]["why"] == "改期"
    after = words(shown(firm))
    assert "改期" in after
    assert "周三走访" not in after
    with Session(engine) as session:
        seen = thread_of(session, person(engine, city.OFFICER), LOTUS).messages
    number = seen[0].id
    gone = words(called(officer, "withdraw", LOTUS, button={"type": "firm-message-withdraw", "message": number}))
    assert "留言已撤回" in gone
    assert "请报送章程" in gone, "its writer's own words"
    assert "请报送章程" not in words(shown(firm))


def test_nobody_gets_a_word_or_a_file_of_a_firm_that_is_not_theirs_nor_what_was_withdrawn(app: Any):
    engine = app.server.extensions["goldseed"].engine
    with Session(engine) as session, session.begin():
        by = people.console()
        people.add(session, "税务局科员", "department", department="tax", password=city.PASSWORD, by=by, now=city.NOW)
        people.add(session, "挂点甲", "mentor", password=city.PASSWORD, by=by, now=city.NOW)
        mentor = session.scalars(select(Account).where(Account.name == "挂点甲")).one()
        kapok = session.scalars(select(Case).where(Case.firm_id == KAPOK, Case.closed_on.is_(None))).one()
        kapok.mentor_id = mentor.id
        session.flush()
        boss = session.scalars(select(Account).where(Account.name == city.OFFICER)).one()
        number = write(session, people.person_from(boss), BANYAN, SECRET, [checked(FILE, pdf())], now=city.NOW).id
        gone = write(
            session, people.person_from(boss), LOTUS, GONE, [checked("流水.pdf", pdf(b"/N 2"))], now=city.NOW
        ).id
        withdraw(session, people.person_from(boss), gone, "发错", now=city.NOW)
        files = dict(session.execute(select(Attachment.file_name, Attachment.id)).all())
    assert SECRET in words(shown(signed_in(app, city.DISTRICT_OFFICER), BANYAN, "#messages"))  # whose district it is
    assert SECRET in words(signed_in(app, city.OFFICER).show("/messages"))
    for name, may in ((city.ENTERPRISE, True), ("挂点甲", True), (city.ANALYST, False), ("税务局科员", False)):
        visitor = signed_in(app, name)
        answers = [
            shown(visitor, BANYAN, "#messages"),
            called(visitor, "show", BANYAN, button={"type": "firm-messages-show", "most": 99_999}),
            called(visitor, "send", BANYAN, firm_message_text__value="插话"),
            called(visitor, "withdraw", BANYAN, button={"type": "firm-message-withdraw", "message": number}),
            called(visitor, "withdraw", LOTUS, button={"type": "firm-message-withdraw", "message": number}),
            called(visitor, "withdraw", LOTUS, button={"type": "firm-message-withdraw", "message": gone}),
            shown(visitor, LOTUS, "#messages"),
            visitor.show("/messages"),
            visitor.show("/messages", "?page=2"),
            visitor.show("/reminders", "?show=all"),
            visitor.show(f"/firm/{LOTUS}"),
            *(visitor.get(f"/download/message-file/{each}") for each in files.values()),
            *(visitor.get(f"/download/attachment/{each}") for each in files.values()),
        ]
        codes = [answer.status_code for answer in answers]
        assert codes[:2] == [403, 403], name
        assert codes[2:6] == [200] * 4 if may else [403] * 4, name  # refused in a sentence, or at the door
        assert set(codes[-4:]) <= {403, 404}, name
        for answer in answers:
            assert not any(each in words(answer) for each in (SECRET, GONE, FILE, "流水.pdf")), name
    with Session(engine) as session:
        everything = unread(session, people.console())
        assert (everything.threads, everything.new_threads) == (2, 0)
        assert [one.text for one in thread_of(session, people.console(), BANYAN).messages] == [SECRET]
        (left,) = thread_of(session, people.console(), LOTUS).messages
        assert (left.text, left.withdrawn.why) == (None, "发错")

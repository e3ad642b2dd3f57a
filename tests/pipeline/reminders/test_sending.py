"""Digests go to whom they are meant, once; one refused address keeps nobody from theirs; nothing goes unencrypted."""

import email
import json
import ssl
import subprocess
import threading
from datetime import timedelta
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline import language
from pipeline.accounts import people
from pipeline.reminders import calendar_address, choices, sending
from pipeline.reminders.choices import DAILY, NONE, WEEKLY, WrongAddress
from pipeline.reminders.digest import Written
from pipeline.reminders.mail import composed
from pipeline.reminders.notices import notices
from pipeline.reminders.robots import payload, signed
from pipeline.settings import Mail, Robot, WrongSetting, from_environment
from pipeline.store.tables import Account, AuditEntry
from pipeline.store.tutoring_tables import CalendarToken, ReminderSent
from pipeline.tutoring import cases, visits
from pipeline.tutoring.agenda import choice
from tests.cast import BANYAN, LOTUS, NAMES
from tests.pipeline.pools.city import CHEN, JUNE_1, MAY_1, NOW, found
from tests.pipeline.tutoring.test_many_cases import officers

CONSOLE = people.console("clerk")
BOARD = "https://goldseed.city.cn"
DAY = timedelta(days=1)


class Mailbox(Controller):
    """A mail server that takes everything but e-mails to `refused`, on a port of its own."""

    def __init__(self, **more):
        self.got, self.refused = [], set()
        super().__init__(self, hostname="127.0.0.1", port=0, **more)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refused:
            return f"550 no such user {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.got.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@pytest.fixture
def box():
    mailbox = Mailbox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture
def engine(sqlite_engine):
    """甲 and 乙 each look after a firm with a step that is late; 丙 has nothing. All three want e-mails."""
    found(sqlite_engine)
    with Session(sqlite_engine) as session, session.begin():
        officers(session)
        for name, firm in (("甲", LOTUS), ("乙", BANYAN)):
            number = session.scalar(select(Account.id).where(Account.name == name))
            cases.open_case(session, CHEN, firm, MAY_1, mentor_id=number, now=NOW)
            visits.record_visit(session, CHEN, firm, MAY_1, "看过，净利润 800 万元", "补缴社保", JUNE_1 - DAY, now=NOW)
        for name, often, spoken in (("甲", DAILY, "zh_CN"), ("乙", WEEKLY, "en"), ("丙", DAILY, "zh_CN")):
            with language.speaking(spoken):
                choices.choose(session, who(session, name), often, f"{'abc'['甲乙丙'.index(name)]}@city.cn", now=NOW)
    return sqlite_engine


def who(session, name):
    return people.person_from(session.scalars(select(Account).where(Account.name == name)).one())


def mail_to(box, security="none"):
    return Mail("127.0.0.1", box.port, security, "goldseed@city.cn")


def run(engine, mail, on=JUNE_1, **more):
    found = sending.send_digests(engine, CONSOLE, on, mail, BOARD, now=NOW, **more)
    return {one.to: one.state for one in found}


def test_each_is_written_once_in_their_language_and_no_text_or_figure_goes_out(engine, box):
    with Session(engine) as session:
        assert {one.to: one.state for one in sending.planned(session, CONSOLE, JUNE_1)} == {
            "甲": "due",
            "乙": "due",
            "丙": "nothing",
        }
    assert run(engine, mail_to(box)) == {"甲": "sent", "乙": "sent", "丙": "nothing"}
    assert [to for to, _message in box.got] == [["a@city.cn"], ["b@city.cn"]]
    first, second = (message for _to, message in box.got)
    assert (first["Subject"], second["Subject"]) == ("金种子：您有 2 项事务待办", "Goldseed: 2 things wait for you")
    for message, firm, words in ((first, LOTUS, "已逾期：1"), (second, BANYAN, "overdue: 1")):
        texts = [message.get_body([kind]).get_content() for kind in ("plain", "html")]
        for text in texts:
            assert words in text
            assert NAMES[firm] in text
            assert f"{BOARD}/reminders" in text
            assert not any(secret in text for secret in ("补缴社保", "800", "看过"))
    assert run(engine, mail_to(box)) == {"甲": "before", "乙": "before", "丙": "nothing"}
    assert run(engine, mail_to(box), JUNE_1 + DAY) == {"甲": "sent", "乙": "before", "丙": "nothing"}  # 2 June: Sunday
    assert run(engine, mail_to(box), JUNE_1 + 2 * DAY, often=WEEKLY) == {"乙": "sent"}
    assert run(engine, mail_to(box), JUNE_1 + DAY, name="甲", again=True) == {"甲": "sent"}
    assert len({message["Message-ID"] for _to, message in box.got}) == len(box.got) == 5
    with Session(engine) as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "send_digests")).all()
        assert [entry.details for entry in told] == [{"sent": 2}, {"sent": 1}, {"sent": 1}, {"sent": 1}]
        choice_made = session.scalars(select(AuditEntry).where(AuditEntry.action == "choose_digest")).first()
        assert choice_made.details == {"often": "daily"}


def test_who_wants_no_e_mails_is_named_where_something_waits_and_sent_none(engine, box):
    with Session(engine) as session, session.begin():
        for name in ("甲", "丙"):
            choices.choose(session, who(session, name), NONE, None, now=NOW)
        told = {one.to: one.state for one in sending.planned(session, CONSOLE, JUNE_1)}
        assert told == {"甲": "unwanted", "乙": "due"}
        assert [one.to for one in sending.planned(session, CONSOLE, JUNE_1, often=WEEKLY)] == ["乙"]
        assert [one.to for one in sending.planned(session, CONSOLE, JUNE_1, name="丙")] == ["丙"]
    assert run(engine, mail_to(box)) == {"乙": "sent"}


def test_a_refused_address_and_a_run_that_was_killed_keep_nobody_else_from_theirs(engine, box):
    box.refused.add("a@city.cn")
    found = sending.send_digests(engine, CONSOLE, JUNE_1, mail_to(box), None, now=NOW)
    assert [(one.to, one.state, one.bad) for one in found] == [
        ("甲", "failed", True),
        ("乙", "sent", False),
        ("丙", "nothing", False),
    ]
    assert "550 no such user …" in str(found[0].why)
    box.refused.clear()
    assert run(engine, mail_to(box)) == {"甲": "sent", "乙": "before", "丙": "nothing"}
    with Session(engine) as session, session.begin():  # killed after it had begun
        session.execute(ReminderSent.__table__.update().values(state="sending"))
    assert run(engine, mail_to(box)) == {"甲": "unsure", "乙": "unsure", "丙": "nothing"}
    with Session(engine) as session, session.begin():
        people.disable(session, "甲", by=CONSOLE, now=NOW)
    assert run(engine, mail_to(box), JUNE_1 + 9 * DAY) == {"乙": "sent", "丙": "nothing"}


def test_nothing_is_sent_unencrypted_where_encryption_is_asked_for(engine, box, tmp_path, monkeypatch):
    found = sending.send_digests(engine, CONSOLE, JUNE_1, mail_to(box, "starttls"), None, now=NOW)
    assert [one.state for one in found] == ["failed", "failed", "nothing"]
    assert "STARTTLS" in str(found[0].why)
    assert box.got == []
    files = [str(tmp_path / name) for name in ("key.pem", "certificate.pem")]
    asked = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    asked += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files[0], "-out", files[1]]
    subprocess.run(asked, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1], files[0])
    encrypted = Mailbox(tls_context=context, require_starttls=True)
    encrypted.start()
    try:
        assert run(engine, mail_to(encrypted, "starttls"))["甲"] == "failed"  # by whom it was signed nobody knows
        monkeypatch.setenv("SSL_CERT_FILE", files[1])
        assert run(engine, mail_to(encrypted, "starttls")) == {"甲": "sent", "乙": "sent", "丙": "nothing"}
    finally:
        encrypted.stop()
    assert run(engine, None, JUNE_1 + 9 * DAY)["甲"] == "failed"


def test_an_address_is_one_that_e_mail_can_go_to_and_brings_no_heading_of_its_own(engine):
    with Session(engine) as session, session.begin():
        a = who(session, "甲")
        for wrong in ("nobody", "a@b", "a@city.cn\nBcc: b@city.cn", "a@city.cn, b@city.cn", "李@city.cn"):
            with pytest.raises(WrongAddress):
                choices.choose(session, a, DAILY, wrong, now=NOW)
        with pytest.raises(WrongAddress):
            choices.choose(session, a, DAILY, " ", now=NOW)
        assert choices.choose(session, a, NONE, None, now=NOW) == choices.Choice()
        assert choices.choose(session, a, DAILY, " a@城市.cn ", now=NOW).address == "a@xn--uis47l.cn"
    mail = Mail("127.0.0.1", 1, "none", "goldseed@city.cn")
    with pytest.raises(ValueError):
        composed(mail, "a@city.cn\r\nBcc: b@city.cn", Written("x", "x", "x"), "<1@city.cn>", NOW)


def test_settings_refuse_a_password_in_the_open_and_never_tell_a_robots_address(tmp_path):
    (tmp_path / "password").write_text("lotus\n", encoding="utf-8")
    base = {"GOLDSEED_SMTP_HOST": "mail.city.cn", "GOLDSEED_SMTP_SENDER": "goldseed@city.cn"}
    user = {"GOLDSEED_SMTP_USER": "u", "GOLDSEED_SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    mail = from_environment({**base, **user}).mail
    assert (mail.port, mail.security, mail.password) == (587, "starttls", "lotus")
    assert "lotus" not in repr(mail)
    for wrong in (
        {**base, **user, "GOLDSEED_SMTP_SECURITY": "none"},
        {**base, "GOLDSEED_SMTP_SECURITY": "ssl"},
        {**base, "GOLDSEED_SMTP_PORT": "0"},
        {**base, "GOLDSEED_SMTP_SENDER": "goldseed@city.cn\nBcc: x@y.cn"},
        {"GOLDSEED_WECOM_URL": "http://qyapi.city.cn/send?key=secretkey"},
        {"GOLDSEED_ADDRESS": "goldseed.city.cn"},
    ):
        with pytest.raises(WrongSetting) as caught:
            from_environment(wrong)
        assert "secretkey" not in str(caught.value)
    (robot,) = from_environment({"GOLDSEED_WECOM_URL": "https://qyapi.city.cn/send?key=secretkey"}).robots
    assert "secretkey" not in repr(robot)


def test_a_group_is_told_once_a_day_and_a_refusal_inside_a_200_is_one(engine):
    asked, answers = [], [{"errcode": 310000, "errmsg": "sign not match"}, {"errcode": 0, "errmsg": "ok"}]

    class Robots(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            body = json.dumps(answers.pop(0)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_about):
            pass

    server = HTTPServer(("127.0.0.1", 0), Robots)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/robot/send?access_token=secretkey"

    def told(on=JUNE_1):
        groups = [Robot("dingtalk", url, "SECabc")]
        return sending.send_to_groups(engine, CONSOLE, on, groups, BOARD, now=NOW)

    (refused,) = told()
    assert (refused.state, "310000" in str(refused.why), "secretkey" in str(refused.why)) == ("failed", True, False)
    assert [told()[0].state, told()[0].state] == ["sent", "before"]
    server.shutdown()
    server.server_close()
    (gone,) = told(JUNE_1 + DAY)
    assert (gone.state, "secretkey" in str(gone.why)) == ("failed", False)
    path, message = asked[1]
    assert path.startswith("/robot/send?access_token=secretkey&timestamp=1717232400000&sign=")
    assert message["msgtype"] == "markdown"
    assert "- 2 项工作和任务已逾期" in message["markdown"]["text"]
    assert not any(name in message["markdown"]["text"] for name in NAMES.values())


def test_the_signature_is_dingtalks_and_wecom_reads_content():
    # printf '1717232400000\nSECabc' | openssl dgst -sha256 -hmac SECabc -binary | base64
    assert signed("https://x.cn/send?access_token=1", "SECabc", NOW) == (
        "https://x.cn/send?access_token=1&timestamp=1717232400000&sign=ppJG2rXqmrmdWAO2F3weYk%2BNqjk1T7MDdFD0wqpvhYo%3D"
    )
    assert signed("https://x.cn/send?key=1", None, NOW) == "https://x.cn/send?key=1"
    assert payload("wecom", "t", "**x**") == {"msgtype": "markdown", "markdown": {"content": "**x**"}}
    assert payload("dingtalk", "t", "**x**") == {"msgtype": "markdown", "markdown": {"title": "t", "text": "**x**"}}


def test_a_calendar_address_ends_with_a_new_one_with_the_account_and_with_its_rights(engine):
    with Session(engine) as session, session.begin():
        a = who(session, "甲")
        token = calendar_address.make_token(session, "甲", by=a, now=NOW)
        assert session.scalars(select(CalendarToken.token_hash)).one() != token
        assert calendar_address.person_of_token(session, token).name == "甲"
        assert [step.firm_id for step in calendar_address.own_calendar(session, a, JUNE_1).steps] == [LOTUS]
        assert calendar_address.own_calendar(session, a, JUNE_1).visits == []
        choice.choose(session, a, [LOTUS, BANYAN], JUNE_1, now=NOW)
        assert [one for one, _name in calendar_address.own_calendar(session, a, JUNE_1).visits] == [LOTUS, BANYAN]
        newer = calendar_address.make_token(session, "甲", by=a, now=NOW)
        assert calendar_address.person_of_token(session, token) is None
        assert calendar_address.person_of_token(session, newer + "x") is None
        assert calendar_address.revoke(session, "甲", by=a, now=NOW)
        assert not calendar_address.revoke(session, "甲", by=a, now=NOW)
        assert calendar_address.person_of_token(session, newer) is None
        for end in (
            lambda: people.change_role(session, "甲", "officer", None, "440703", by=CONSOLE, now=NOW),
            lambda: people.disable(session, "甲", by=CONSOLE, now=NOW),
        ):
            token = calendar_address.make_token(session, "甲", by=CONSOLE, now=NOW)
            end()
            session.expire_all()
            assert calendar_address.person_of_token(session, token) is None
        people.enable(session, "甲", by=CONSOLE, now=NOW)
        assert calendar_address.person_of_token(session, token) is None
        closed = session.scalars(select(AuditEntry).where(AuditEntry.action == "disable_person")).one()
        assert set(closed.rows["calendar_token"].values()) == {None}  # the trail says that it is gone
        with pytest.raises(people.NotAllowed):
            calendar_address.make_token(session, "乙", by=who(session, "丙"), now=NOW)
        assert notices(session, who(session, "丙"), JUNE_1) == []

"""Who is sent what, once: e-mails to people as they have chosen, a message a day to groups.

    choices.py, digest.py, mail.py, robots.py ──► sending.py

Before something is sent, a row says so, and is committed; after it, the row says how it went. So nobody is sent the
same twice, be it that two run at once, or that one is killed half way: what was begun counts as sent, since it may have
arrived. What was refused is tried again by the next run.
"""

import hashlib
import smtplib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_, Message
from pipeline.reminders import digest as digests
from pipeline.reminders import mail as mails
from pipeline.reminders import robots
from pipeline.reminders.choices import DAILY, NONE, WEEKLY
from pipeline.reminders.digest import Digest
from pipeline.reminders.mail import NotSent
from pipeline.settings import Mail, Robot
from pipeline.store.tables import Account
from pipeline.store.tutoring_tables import ReminderChoice, ReminderSent
from pipeline.store.write_lock import lock_writes

SENDING, SENT, FAILED = "sending", "sent", "failed"
#: Of what was not sent: nothing waits; it was sent before; begun before, and nobody knows whether it arrived.
NOTHING, BEFORE, UNSURE, DUE = "nothing", "before", "unsure", "due"
#: Something waits, and the person wants no e-mails.
UNWANTED = "unwanted"
_NO_MAIL = N_("E-mail is not set up: GOLDSEED_SMTP_HOST and GOLDSEED_SMTP_SENDER are missing (docs/running.md).")


@dataclass(frozen=True)
class Outcome:
    """What became of one e-mail or message. `state`: due (would be sent), sent, failed, unsure, nothing,
    before, unwanted."""

    to: str
    often: str
    period: str
    state: str
    digest: Digest | None = None
    why: Message | None = None

    @property
    def bad(self) -> bool:
        """Whether somebody has to look after it."""
        return self.state == FAILED or (self.state == UNSURE and self.why is not None)

    def as_json(self) -> dict[str, object]:
        told = {} if self.digest is None else self.digest.as_json()
        return {
            "to": self.to,
            "often": self.often,
            "period": self.period,
            "state": self.state,
            "why": self.why,
            "count": told.get("count", 0),
            "parts": told.get("parts", []),
        }


@dataclass(frozen=True)
class _Wanted:
    account_id: int
    name: str
    often: str
    address: str | None
    language: str


def period_of(often: str, on: date) -> str:
    """The day, or the week by its number."""
    year, week, _day = on.isocalendar()
    return f"{year}-W{week:02}" if often == WEEKLY else on.isoformat()


def planned(
    session: Session, by: Person, on: date, *, often: str | None = None, name: str | None = None
) -> list[Outcome]:
    """What waits for whom on a day, and whether it would be sent: of all, of those who chose `often`, or of one. Who
    wants no e-mails is named where something waits."""
    people.require(by, Action.MANAGE_PEOPLE)
    found = []
    for one in _wanted(session, often, name, everybody=often is None):
        person = people.person_of(session, one.account_id)
        if person is None:
            continue
        period = period_of(one.often, on)
        state = _kept_state(session, _mail_key(one, period))
        told = digests.digest(session, person, on)
        if state in (None, FAILED):
            state = DUE if told.parts else NOTHING
        if one.often == NONE and name is None and not told.parts:
            continue
        state = UNWANTED if one.often == NONE and told.parts else state
        found.append(Outcome(one.name, one.often, period, state, told))
    return found


def send_digests(
    engine: Engine,
    by: Person,
    on: date,
    mail: Mail | None,
    address: str | None,
    *,
    now: datetime,
    often: str | None = None,
    name: str | None = None,
    again: bool = False,
) -> list[Outcome]:
    """Send what is due; what one address refuses keeps nobody else from theirs. The trail gets the sums."""
    people.require(by, Action.MANAGE_PEOPLE)
    with Session(engine) as session:
        wanted = [one for one in _wanted(session, often, name) if one.often != NONE]
    post = _Post(mail)
    outcomes = []
    try:
        for one in wanted:
            if (outcome := _send_one(engine, one, on, post, address, now=now, again=again)) is not None:
                outcomes.append(outcome)
    finally:
        post.close()
        _to_trail(engine, by, on, outcomes, now)
    return outcomes


def send_to_groups(
    engine: Engine,
    by: Person,
    on: date,
    groups: Sequence[Robot],
    address: str | None,
    *,
    now: datetime,
    again: bool = False,
) -> list[Outcome]:
    """Tell each group once a day how much waits in all."""
    people.require(by, Action.MANAGE_PEOPLE)
    if not groups:
        return []
    with Session(engine) as session:
        found = digests.of_all(session, by, on)
    outcomes = []
    for robot in groups:
        period = on.isoformat()
        if not found:
            outcomes.append(Outcome(robot.kind, DAILY, period, NOTHING))
            continue
        title, text = digests.written_for_group(found, on, address)
        key = f"{robot.kind}:{_hash(robot.url)[:16]}:{period}"
        with Session(engine) as session, session.begin():
            state = _claim(session, key, None, period, None, _hash(text), now, again=again)
        if state is not None:
            outcomes.append(Outcome(robot.kind, DAILY, period, state))
            continue
        try:
            robots.post(robot, title, text, now)
        except NotSent as error:
            outcomes.append(_ended(engine, key, Outcome(robot.kind, DAILY, period, *_fault(error)), now))
        else:
            outcomes.append(_ended(engine, key, Outcome(robot.kind, DAILY, period, SENT), now))
    _to_trail(engine, by, on, outcomes, now)
    return outcomes


class _Post:
    """The connection to the mail server: made when it is first needed, and anew where it broke off."""

    def __init__(self, mail: Mail | None) -> None:
        self.mail = mail
        self._server: smtplib.SMTP | None = None
        self._fault: NotSent | None = None

    def connect(self) -> tuple[Mail, smtplib.SMTP]:
        if self.mail is None:
            raise NotSent(Message(_NO_MAIL))
        if self._fault is not None:  # it is the same for everybody
            raise self._fault
        if self._server is not None and not mails.answers(self._server):
            self.broke_off()
        if self._server is None:
            try:
                self._server = mails.connected(self.mail)
            except NotSent as fault:
                self._fault = fault
                raise
        return self.mail, self._server

    def broke_off(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None

    def close(self) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except (OSError, smtplib.SMTPException):
                self._server.close()


def _send_one(
    engine: Engine, one: _Wanted, on: date, post: _Post, address: str | None, *, now: datetime, again: bool
) -> Outcome | None:
    """One person's e-mail, by the rights that they have now; None where the account is closed."""
    period = period_of(one.often, on)
    key = _mail_key(one, period)
    with Session(engine) as session, session.begin():
        lock_writes(session)
        person = people.person_of(session, one.account_id)
        if person is None:
            return None
        told = digests.digest(session, person, on)
        if not told.parts:
            return Outcome(one.name, one.often, period, NOTHING, told)
        content = digests.written(told, one.language, address)
        message_id = f"<{_hash(key + now.isoformat() if again else key)[:32]}@{_domain(post.mail)}>"
        state = _claim(session, key, one.account_id, period, message_id, content.content_hash, now, again=again)
    if state is not None:
        return Outcome(one.name, one.often, period, state, told)
    try:
        mail, server = post.connect()
        to = one.address or ""
        mails.send(server, mail, to, mails.composed(mail, to, content, message_id, now))
    except NotSent as fault:
        if fault.unsure:
            post.broke_off()
        return _ended(engine, key, Outcome(one.name, one.often, period, *_fault(fault, told)), now)
    except ValueError:  # an address that no e-mail can have: kept past the program
        text = N_("The address cannot be written to; choose another on the page of the account.")
        return _ended(engine, key, Outcome(one.name, one.often, period, FAILED, told, Message(text)), now)
    return _ended(engine, key, Outcome(one.name, one.often, period, SENT, told), now)


def _fault(error: NotSent, told: Digest | None = None) -> tuple[str, Digest | None, Message | None]:
    message = error.message if isinstance(error.message, Message) else Message(str(error.message))
    return UNSURE if error.unsure else FAILED, told, message


def _claim(
    session: Session,
    key: str,
    account_id: int | None,
    period: str,
    message_id: str | None,
    content_hash: str,
    now: datetime,
    *,
    again: bool,
) -> str | None:
    """Say that this is being sent now. None: go on; else why not: it was sent, or begun, before."""
    lock_writes(session)
    row = session.scalar(select(ReminderSent).where(ReminderSent.key == key))
    if row is None:
        row = ReminderSent(key=key, account_id=account_id, period=period)
        session.add(row)
    elif row.state != FAILED and not again:
        return BEFORE if row.state == SENT else UNSURE
    row.state, row.fault, row.tried_at = SENDING, None, audit.utc(now)
    row.message_id, row.content_hash = message_id, content_hash
    session.flush()
    return None


def _ended(engine: Engine, key: str, outcome: Outcome, now: datetime) -> Outcome:
    """Keep how it went; what may have arrived stays as it was begun."""
    with Session(engine) as session, session.begin():
        lock_writes(session)
        row = session.scalars(select(ReminderSent).where(ReminderSent.key == key)).one()
        row.state = SENDING if outcome.state == UNSURE else outcome.state
        row.fault, row.tried_at = None if outcome.why is None else outcome.why.in_language("en"), audit.utc(now)
    return outcome


def _wanted(session: Session, often: str | None, name: str | None, *, everybody: bool = False) -> list[_Wanted]:
    """Whoever chose e-mails and has an account that is open; the one named, or `everybody`, whatever they chose."""
    statement = (
        select(Account.id, Account.name, ReminderChoice.often, ReminderChoice.address, ReminderChoice.language)
        .outerjoin(ReminderChoice, ReminderChoice.account_id == Account.id)
        .where(Account.disabled.is_(False))
        .order_by(Account.id)
    )
    if name is None and not everybody:
        chosen = (DAILY, WEEKLY) if often is None else (often,)
        statement = statement.where(ReminderChoice.often.in_(chosen), ReminderChoice.address.is_not(None))
    elif name is not None:
        account = people.named(session, name)
        statement = statement.where(Account.id == (-1 if account is None else account.id))
    return [
        _Wanted(number, who, chosen_often or NONE, to, spoken or "zh_CN")
        for number, who, chosen_often, to, spoken in session.execute(statement)
    ]


def _kept_state(session: Session, key: str) -> str | None:
    state = session.scalar(select(ReminderSent.state).where(ReminderSent.key == key))
    return {SENT: BEFORE, SENDING: UNSURE}.get(state or "", state)


def _to_trail(engine: Engine, by: Person, on: date, outcomes: Sequence[Outcome], now: datetime) -> None:
    tried = Counter(one.state for one in outcomes if one.state == SENT or one.bad)
    if not tried:
        return
    with Session(engine) as session, session.begin():
        lock_writes(session)
        audit.record(session, by, "send_digests", f"digest:{on}", dict(sorted(tried.items())), now)


def _mail_key(one: _Wanted, period: str) -> str:
    return f"mail:{one.account_id}:{period}"


def _domain(mail: Mail | None) -> str:
    return "localhost" if mail is None else mail.sender.partition("@")[2]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

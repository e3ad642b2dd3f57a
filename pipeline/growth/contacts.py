"""The leaders of three levels who stand by fast growers, and when each was in touch last.

There is one way to name one: where the firm has an open case, the leader of the case; where it has none, a leader of
the firm, who stands until a case names its own for the level. A contact is recorded with day and note; a visit that the
leader's own account recorded is one too.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.growth.terms import LEVELS, terms
from pipeline.language import N_, Message
from pipeline.store.many_ids import one_of
from pipeline.store.plan_tables.growth import FirmLeader, LeaderContact
from pipeline.store.tables import CITY, Case, Firm, Visit
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases
from pipeline.tutoring.mentors import leaders

LONGEST_NOTE = 2_000


class ContactNotPossible(ShownToPeople):
    """A leader that cannot be named, or a contact that cannot be recorded, as asked for."""


@dataclass(frozen=True)
class LevelState:
    """One level of one firm on a day. `leader` None: nobody is named; `last_on` None: never in touch, and then the days
    count from the day on which the leader was named; `due_on` None: nobody is named, or no days are set."""

    level: str
    leader: str | None
    post: str | None
    last_on: date | None
    due_on: date | None
    days_late: int

    @property
    def overdue(self) -> bool:
        return self.due_on is not None and self.days_late > 0


@dataclass(frozen=True)
class ContactSeen:
    """A contact as it stands. `id` None: a visit by the leader's own account; `note` None: not theirs to read."""

    id: int | None
    level: str
    leader: str
    on: date
    note: str | None
    recorded_by: str
    withdrawn_why: str | None = None


@dataclass(frozen=True)
class _Stands:
    name: str
    post: str | None
    since: date
    has_account: bool


# --- what changes something ------------------------------------------------------------------------


def name_contact(
    session: Session,
    person: Person,
    firm_id: str,
    level: str,
    *,
    now: datetime,
    name: str | None,
    post: str | None = None,
    why: str | None = None,
) -> str | None:
    """Name who of a level stands by a firm, by name and post; no name: nobody any more. Returns the name that stands.

    Raises ContactNotPossible for an unknown level, a text that is too long, or who stands there already.
    """
    people.require(person, Action.KEEP_CASES)
    lock_writes(session)
    people.require(person, Action.KEEP_CASES, firm_id, session=session)
    _check_level(level)
    case = cases.case_of(session, firm_id)
    if case is not None:
        named = leaders.name_leader(session, person, case.id, level, now=now, name=name, post=post, why=why)
        return None if named is None else named.name
    kept, kept_post = _tidy(name), _tidy(post) or None
    for text in (kept, kept_post or ""):
        if len(text) > leaders.LONGEST_NAME:
            words = N_("A name and a post have at most %(longest)s letters each; this has %(found)s.")
            raise ContactNotPossible(Message(words, {"longest": leaders.LONGEST_NAME, "found": len(text)}))
    before = session.scalar(
        select(FirmLeader).where(
            FirmLeader.firm_id == firm_id, FirmLeader.level == level, FirmLeader.ended_at.is_(None)
        )
    )
    if (None if before is None else (before.name, before.post)) == ((kept, kept_post) if kept else None):
        raise ContactNotPossible(Message(N_("It is so already; nothing has been changed.")))
    reason = (why or "").strip() or None
    if before is not None:
        before.ended_at, before.ended_by, before.ended_why = audit.utc(now), person.name, reason
        session.flush()
    if kept:
        session.add(
            FirmLeader(
                firm_id=firm_id,
                level=level,
                name=kept,
                post=kept_post,
                named_by=person.name,
                named_at=audit.utc(now),
            )
        )
    session.flush()
    details = {"leader_level": level, "leader": kept or None, "leader_before": before.name if before else None}
    details |= {"why": reason} if reason else {}
    audit.record(session, person, "name_firm_leader", f"firm:{firm_id}", details, now)
    return kept or None


def record_contact(
    session: Session, person: Person, firm_id: str, level: str, on: date, note: str, *, now: datetime
) -> LeaderContact:
    """The leader of a level was in touch with a firm on a day.

    Raises ContactNotPossible where nobody of this level is named, without a note, or for the very same contact again.
    """
    people.require(person, Action.RECORD_VISITS)
    audit.check_day(on, now)
    lock_writes(session)
    people.require(person, Action.RECORD_VISITS, firm_id, session=session)
    _check_level(level)
    leader = _standing_leaders(session, [firm_id], audit.today(now))[firm_id].get(level)
    if leader is None:
        words = N_("Nobody of this level stands by the firm. Name who does first.")
        raise ContactNotPossible(Message(words))
    text = note.strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        words = N_("Write what the contact was about: 1 to %(longest)s letters.")
        raise ContactNotPossible(Message(words, {"longest": LONGEST_NOTE}))
    given = {"firm_id": firm_id, "level": level, "contacted_on": on, "note": text}
    same = select(LeaderContact.id).where(
        LeaderContact.withdrawn_at.is_(None), *(getattr(LeaderContact, name) == value for name, value in given.items())
    )
    if session.scalar(same.limit(1)) is not None:
        raise ContactNotPossible(
            Message(N_("This very contact is recorded already; nothing was stored a second time."))
        )
    contact = LeaderContact(**given, leader=leader.name, recorded_by=person.name, recorded_at=audit.utc(now))
    session.add(contact)
    session.flush()
    details = {"firm_id": firm_id, "leader_level": level, "leader": leader.name, "on": on, "note": text}
    audit.record(session, person, "record_contact", f"contact:{contact.id}", details, now)
    return contact


def withdraw_contact(session: Session, person: Person, contact_id: int, why: str, *, now: datetime) -> LeaderContact:
    """A contact was recorded by mistake. Raises NotFound, and ContactNotPossible without a reason or the second
    time."""
    people.require(person, Action.RECORD_VISITS)
    lock_writes(session)
    contact = session.get(LeaderContact, contact_id, populate_existing=True)
    letter = NotFound(Message(N_("There is no contact %(contact)s."), {"contact": contact_id}))
    people.require_there(session, person, Action.RECORD_VISITS, None if contact is None else contact.firm_id, letter)
    assert contact is not None
    if contact.withdrawn_at is not None:
        raise ContactNotPossible(Message(N_("This contact is withdrawn already.")))
    if not why.strip():
        raise ContactNotPossible(Message(N_("Write why it is withdrawn.")))
    contact.withdrawn_by, contact.withdrawn_at, contact.withdrawn_why = person.name, audit.utc(now), why.strip()
    session.flush()
    details = {
        "firm_id": contact.firm_id,
        "leader_level": contact.level,
        "on": contact.contacted_on,
        "why": why.strip(),
    }
    audit.record(session, person, "withdraw_contact", f"contact:{contact.id}", details, now)
    return contact


# --- what is known ---------------------------------------------------------------------------------


def standing(session: Session, person: Person, firm_ids: Sequence[str], on: date) -> dict[str, dict[str, LevelState]]:
    """Of each of these firms that this person reaches the state of every level by the end of a day: firm -> level ->
    state, in the order of LEVELS."""
    reached = _reached(session, person, firm_ids)
    named = _standing_leaders(session, reached, on)
    last: dict[tuple[str, str], date] = {}
    for contact in _contacts(session, reached, on, named):
        if contact[1].withdrawn_why is None:
            key = (contact[0], contact[1].level)
            last[key] = max(last.get(key, contact[1].on), contact[1].on)
    days = {level: terms().days_on(level, on) for level in LEVELS}
    return {
        firm: {
            level: _state(level, named[firm].get(level), last.get((firm, level)), days[level], on) for level in LEVELS
        }
        for firm in reached
    }


def contacts_of(session: Session, person: Person, firm_id: str, on: date) -> list[ContactSeen]:
    """Every contact with one firm that was known by the end of a day, the latest first, withdrawn ones among them.
    Raises NotAllowed."""
    people.require(person, Action.SEE_FINDINGS, firm_id, session=session)
    named = _standing_leaders(session, [firm_id], on)
    found = [contact for _firm, contact in _contacts(session, [firm_id], on, named)]
    return sorted(found, key=lambda one: (one.on, one.id or 0), reverse=True)


# --- within ----------------------------------------------------------------------------------------


def _reached(session: Session, person: Person, firm_ids: Sequence[str]) -> list[str]:
    seen = select(Firm.id).where(
        one_of(Firm.id, firm_ids), Firm.cohort == CITY, people.visible_firms(person, Action.SEE_CASES)
    )
    reached = set(session.scalars(seen))
    return [firm for firm in firm_ids if firm in reached]


def _standing_leaders(session: Session, firm_ids: Sequence[str], on: date) -> dict[str, dict[str, _Stands]]:
    """Who stood by each firm by the end of a day, of its case before its own."""
    end = audit.end_of(on)
    own = select(FirmLeader).where(
        one_of(FirmLeader.firm_id, firm_ids),
        FirmLeader.named_at < end,
        or_(FirmLeader.ended_at.is_(None), FirmLeader.ended_at >= end),
    )
    found: dict[str, dict[str, _Stands]] = {firm: {} for firm in firm_ids}
    for row in session.scalars(own):
        found[row.firm_id][row.level] = _Stands(row.name, row.post, _day(row.named_at), False)
    open_then = select(Case.id, Case.firm_id).where(
        one_of(Case.firm_id, firm_ids), Case.opened_on <= on, or_(Case.closed_on.is_(None), Case.closed_on > on)
    )
    firm_of = {row.id: row.firm_id for row in session.execute(open_then)}
    for case, by_level in leaders.leaders_of(session, list(firm_of), on).items():
        for level, one in by_level.items():
            since = _day(one.named_at)
            found[firm_of[case]][level] = _Stands(one.name, one.post, since, one.account_id is not None)
    return found


def _contacts(
    session: Session, firm_ids: Sequence[str], on: date, named: dict[str, dict[str, _Stands]]
) -> list[tuple[str, ContactSeen]]:
    """Contacts known by the end of a day, and visits by accounts that stand by the firm as its leaders."""
    end = audit.end_of(on)
    recorded = select(LeaderContact).where(
        one_of(LeaderContact.firm_id, firm_ids), LeaderContact.contacted_on <= on, LeaderContact.recorded_at < end
    )
    found = []
    for row in session.scalars(recorded):
        gone = row.withdrawn_why if row.withdrawn_at is not None and row.withdrawn_at < end else None
        seen = ContactSeen(row.id, row.level, row.leader, row.contacted_on, row.note, row.recorded_by, gone)
        found.append((row.firm_id, seen))
    by_account = {
        (firm, one.name): level for firm, levels in named.items() for level, one in levels.items() if one.has_account
    }
    if not by_account:
        return found
    visits = (
        select(Case.firm_id, Visit.visited_by, Visit.visited_on)
        .join(Case, Case.id == Visit.case_id)
        .where(
            one_of(Case.firm_id, list({firm for firm, _name in by_account})),
            Visit.visited_on <= on,
            Visit.recorded_at < end,
            or_(Visit.withdrawn_at.is_(None), Visit.withdrawn_at >= end),
        )
    )
    for firm, who, day in session.execute(visits):
        if (firm, who) in by_account:
            found.append((firm, ContactSeen(None, by_account[firm, who], who, day, None, who)))
    return found


def _state(level: str, leader: _Stands | None, last_on: date | None, days: int | None, on: date) -> LevelState:
    if leader is None:
        return LevelState(level, None, None, last_on, None, 0)
    if days is None:
        return LevelState(level, leader.name, leader.post, last_on, None, 0)
    due = (last_on or leader.since) + timedelta(days=days)
    return LevelState(level, leader.name, leader.post, last_on, due, (on - due).days)


def _check_level(level: str) -> None:
    if level not in LEVELS:
        words = N_("%(level)s is no level of a leader. Write one of: %(levels)s.")
        raise ContactNotPossible(Message(words, {"level": level, "levels": list(LEVELS)}))


def _day(moment: datetime) -> date:
    return audit.today(moment)


def _tidy(text: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", text or "").split())

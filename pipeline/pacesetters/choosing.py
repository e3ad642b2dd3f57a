"""A round of the choice: begun from the ranking of a day, firms nominated, and made public for some working days.

A firm is nominated where the ranking has it, whatever its place; what it had there is kept with the nomination.
"""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.opinions import working_days as calendar
from pipeline.opinions.requests import checked_working_days
from pipeline.pacesetters.ranking import RankedCity, hash_of, rank_city
from pipeline.pacesetters.terms import terms
from pipeline.rules.reports import check
from pipeline.store.plan_tables.pacesetters import PacesetterNomination, PacesetterRound
from pipeline.store.write_lock import lock_writes

NOMINATED, WITHDRAWN, NAMED, NOT_NAMED, REVOKED = "nominated", "withdrawn", "named", "not_named", "revoked"
LONGEST_TEXT = 5_000


class ChoiceNotPossible(ShownToPeople):
    """A step that the choice of pacesetters cannot take from where it stands."""


def ranked_city(session: Session, as_of: date) -> RankedCity:
    """The ranking of the whole city as known on a day. Whoever asks has checked what the person may see of it."""
    facts, firms = check.inputs(session.connection(), as_of)
    return rank_city(facts, firms, as_of)


def begin_round(session: Session, person: Person, year: int, as_of: date, *, now: datetime) -> PacesetterRound:
    """The choice of a year begins, from the ranking as known on a day. Raises ChoiceNotPossible where one of the year
    stands, or no firm is ranked; NoEdition before the first weights."""
    people.require(person, Action.KEEP_PACESETTERS)
    audit.check_day(as_of, now)
    lock_writes(session)
    before = session.scalar(
        select(PacesetterRound.id).where(PacesetterRound.year == year, PacesetterRound.withdrawn_at.is_(None))
    )
    if before is not None:
        words = N_("The choice of %(year)s has begun already, as no. %(number)s.")
        raise ChoiceNotPossible(Message(words, {"year": str(year), "number": before}))
    if abs(year - as_of.year) > 1:
        words = N_("The choice of %(year)s begins from the ranking of a day of that year, or of the one beside it.")
        raise ChoiceNotPossible(Message(words, {"year": str(year)}))
    rows = ranked_city(session, as_of).rows()
    if not rows:
        raise ChoiceNotPossible(Message(N_("No firm is ranked on this day.")))
    begun = PacesetterRound(
        year=year,
        as_of=as_of,
        ranking=rows,
        ranked=len(rows),
        ranking_hash=hash_of(rows),
        begun_by=person.name,
        begun_at=audit.utc(now),
    )
    session.add(begun)
    session.flush()
    details = {"year": str(year), "as_of": as_of, "ranked": len(rows), "ranking_hash": begun.ranking_hash}
    audit.record(session, person, "begin_pacesetters", f"pacesetter_round:{begun.id}", details, now)
    return begun


def withdraw_round(session: Session, person: Person, round_id: int, why: str, *, now: datetime) -> PacesetterRound:
    """A round was begun by mistake. Raises ChoiceNotPossible without a reason, or once a firm of it is decided."""
    people.require(person, Action.KEEP_PACESETTERS)
    lock_writes(session)
    one = round_there(session, round_id)
    decided = (NAMED, NOT_NAMED, REVOKED)
    there = select(PacesetterNomination.id).where(
        PacesetterNomination.round_id == round_id, PacesetterNomination.state.in_(decided)
    )
    if session.scalar(there.limit(1)) is not None:
        words = N_("Firms of this choice are decided; it can no longer be withdrawn.")
        raise ChoiceNotPossible(Message(words))
    one.withdrawn_by, one.withdrawn_at, one.withdrawn_why = person.name, audit.utc(now), reason(why)
    session.flush()
    details = {"year": str(one.year), "why": one.withdrawn_why}
    audit.record(session, person, "withdraw_pacesetters", f"pacesetter_round:{one.id}", details, now)
    return one


def nominate(
    session: Session, person: Person, round_id: int, firm_id: str, why: str, *, now: datetime
) -> PacesetterNomination:
    """An officer recommends a firm. Raises ChoiceNotPossible where the ranking does not have it, it is nominated
    already, without a reason, or once the round is public."""
    people.require(person, Action.NOMINATE_PACESETTERS)
    lock_writes(session)
    people.require(person, Action.NOMINATE_PACESETTERS, firm_id, session=session)
    one = _not_public(session, round_id)
    row = next((row for row in one.ranking if row[0] == firm_id), None)
    if row is None:
        words = N_("The ranking of %(day)s does not have this firm: too little of it was known.")
        raise ChoiceNotPossible(Message(words, {"day": one.as_of.isoformat()}))
    there = select(PacesetterNomination.id).where(
        PacesetterNomination.round_id == round_id,
        PacesetterNomination.firm_id == firm_id,
        PacesetterNomination.state != WITHDRAWN,
    )
    if session.scalar(there.limit(1)) is not None:
        raise ChoiceNotPossible(Message(N_("This firm is nominated already.")))
    nomination = PacesetterNomination(
        round_id=round_id,
        firm_id=firm_id,
        stage=row[1],
        place=row[2],
        total=row[3],
        why=reason(why),
        nominated_by=person.name,
        nominated_at=audit.utc(now),
        state=NOMINATED,
    )
    session.add(nomination)
    session.flush()
    details = {"firm_id": firm_id, "year": str(one.year), "place": row[2], "why": nomination.why}
    audit.record(session, person, "nominate_pacesetter", f"nomination:{nomination.id}", details, now)
    return nomination


def withdraw_nomination(
    session: Session, person: Person, nomination_id: int, why: str, *, now: datetime
) -> PacesetterNomination:
    """A nomination is taken back. Raises ChoiceNotPossible once the round is public, without a reason, or the second
    time."""
    people.require(person, Action.NOMINATE_PACESETTERS)
    lock_writes(session)
    nomination = session.get(PacesetterNomination, nomination_id, populate_existing=True)
    people.require_there(
        session,
        person,
        Action.NOMINATE_PACESETTERS,
        None if nomination is None else nomination.firm_id,
        no_nomination(nomination_id),
    )
    assert nomination is not None
    _not_public(session, nomination.round_id)
    check_state(nomination, NOMINATED)
    nomination.state, nomination.decided_why = WITHDRAWN, reason(why)
    nomination.decided_by, nomination.decided_at = person.name, audit.utc(now)
    session.flush()
    details = {"firm_id": nomination.firm_id, "why": nomination.decided_why}
    audit.record(session, person, "withdraw_pacesetter", f"nomination:{nomination.id}", details, now)
    return nomination


def publish(
    session: Session, person: Person, round_id: int, on: date, *, now: datetime, working_days: int | None = None
) -> PacesetterRound:
    """The nominated firms are made public from a day on; the last day is so many working days after it. `working_days`
    None: as the edition of the ranking's day says. Raises ChoiceNotPossible where nobody is nominated, it is public
    already, or the day is before the ranking's."""
    people.require(person, Action.KEEP_PACESETTERS)
    audit.check_day(on, now)
    lock_writes(session)
    one = _not_public(session, round_id)
    if on < one.as_of:
        words = N_("The ranking is of %(day)s: nothing of it was made public before.")
        raise ChoiceNotPossible(Message(words, {"day": one.as_of.isoformat()}))
    nominated = list(
        session.scalars(
            select(PacesetterNomination.firm_id)
            .where(PacesetterNomination.round_id == round_id, PacesetterNomination.state == NOMINATED)
            .order_by(PacesetterNomination.id)
        )
    )
    if not nominated:
        raise ChoiceNotPossible(Message(N_("Nobody is nominated yet: there is nothing to make public.")))
    days = checked_working_days(terms().on(one.as_of).notice_working_days if working_days is None else working_days)
    one.begins_on, one.ends_on, one.working_days = on, calendar.working_day_after(on, days).day, days
    one.published_by, one.published_at = person.name, audit.utc(now)
    session.flush()
    details = {"year": str(one.year), "on": on, "ends_on": one.ends_on, "working_days": days, "firms": nominated}
    audit.record(session, person, "publish_pacesetters", f"pacesetter_round:{one.id}", details, now)
    return one


# --- shared with deciding.py -----------------------------------------------------------------------


def round_there(session: Session, round_id: int) -> PacesetterRound:
    """A round that stands. Raises NotFound, and ChoiceNotPossible for one that was withdrawn."""
    one = session.get(PacesetterRound, round_id, populate_existing=True)
    if one is None:
        raise NotFound(Message(N_("There is no choice of pacesetters %(number)s."), {"number": round_id}))
    if one.withdrawn_at is not None:
        raise ChoiceNotPossible(Message(N_("This choice was withdrawn; nothing more is done about it.")))
    return one


def no_nomination(number: int) -> NotFound:
    return NotFound(Message(N_("There is no nomination %(number)s."), {"number": number}))


def check_state(nomination: PacesetterNomination, state: str) -> None:
    if nomination.state != state:
        words = {
            NOMINATED: N_("This nomination is decided or withdrawn already; it is no longer open."),
            NAMED: N_("This firm is not named a pacesetter, so there is nothing to revoke."),
        }
        raise ChoiceNotPossible(Message(words[state]))


def reason(why: str) -> str:
    text = why.strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        raise ChoiceNotPossible(Message(N_("Write why: 1 to %(longest)s letters."), {"longest": LONGEST_TEXT}))
    return text


def _not_public(session: Session, round_id: int) -> PacesetterRound:
    one = round_there(session, round_id)
    if one.begins_on is not None:
        words = N_("The firms of this choice are public since %(day)s; nobody comes in or goes out any more.")
        raise ChoiceNotPossible(Message(words, {"day": one.begins_on.isoformat()}))
    return one

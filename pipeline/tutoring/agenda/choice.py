"""Whom a person chose to visit in a week, instead of the firms with the weightiest reasons."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tables import Account
from pipeline.store.tutoring_tables import VisitChoice
from pipeline.store.write_lock import lock_writes

MOST = 30


class WrongChoice(ShownToPeople):
    """A choice of visits that cannot be kept."""


def week_of(on: date) -> date:
    """The Monday of the day's week, by which a choice is kept."""
    return on - timedelta(days=on.weekday())


def chosen_firms(session: Session, person: Person, on: date) -> list[str] | None:
    """The firms that the person chose for the week of the day, as kept by then; None where nothing was chosen."""
    found = _kept(session, person, week_of(on))
    if found is None or not found.firms or found.chosen_at.date() > on:
        return None
    return [str(firm) for firm in found.firms]


def choose(session: Session, person: Person, firms: Sequence[str], on: date, *, now: datetime) -> list[str] | None:
    """Keep whom the person visits in the week of the day; no firm: the program proposes again.

    Raises WrongChoice for more than MOST firms, or a person without an account; NotAllowed for a firm that they may not
    record a visit to.
    """
    people.require(person, Action.RECORD_VISITS)
    lock_writes(session)
    wanted = list(dict.fromkeys(firms))
    if len(wanted) > MOST:
        words = N_("At most %(most)s firms for one week; there are %(found)s.")
        raise WrongChoice(Message(words, {"most": MOST, "found": len(wanted)}))
    for firm in wanted:
        people.require(person, Action.RECORD_VISITS, firm, session=session)
    if session.get(Account, person.id) is None:
        raise WrongChoice(Message(N_("The visits of a week are those of an account; name it.")))
    week = week_of(on)
    kept = _kept(session, person, week)
    if kept is None:
        kept = VisitChoice(account_id=person.id, week=week, firms=wanted, chosen_at=audit.utc(now))
        session.add(kept)
    else:
        kept.firms, kept.chosen_at = wanted, audit.utc(now)
    session.flush()
    audit.record(session, person, "choose_visits", f"account:{person.name}", {"firms": wanted, "on": week}, now)
    return wanted or None


def _kept(session: Session, person: Person, week: date) -> VisitChoice | None:
    mine = select(VisitChoice).where(VisitChoice.account_id == person.id, VisitChoice.week == week)
    return session.scalar(mine.execution_options(populate_existing=True))

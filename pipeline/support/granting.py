"""A pot is shared out among the accepted claims; two people sign, and a claim is granted.

Step 9 of the flow: amounts.py, claims.py, pots.py -> **granting.py** -> paying.py
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed, NotFound
from pipeline.language import N_, Message
from pipeline.store.plan_tables.support import SupportClaim
from pipeline.store.write_lock import lock_writes
from pipeline.support.amounts import shared_out
from pipeline.support.claim_rows import ACCEPTED, ALLOTTED, CLAIMED, GRANTED, MOVED, REFUSED, SIGNED, ClaimNotPossible
from pipeline.support.claims import changing, check_state, end, step
from pipeline.support.entitlements import both
from pipeline.support.in_force import support_book
from pipeline.support.model import BY_RANK, NEXT, PRO_RATA, REDUCED, Period, Pot
from pipeline.support.pots import room


@dataclass(frozen=True)
class SharedOut:
    """What became of the accepted claims of a pot: number -> fen. `moved`: wait for the next period, `refused`: there
    was nothing left for them."""

    given: dict[int, int]
    moved: Sequence[int]
    refused: Sequence[int]


def share_out(
    session: Session, person: Person, pot_id: str, period_from: date, *, today: date, now: datetime
) -> SharedOut:
    """Set the money of a pot aside for the accepted claims of a period that have none yet, in the order of the pot: as
    they came, by rank, or pro rata, which comes to the room to the fen.

    Raises NotFound for a pot or period that is not there, ClaimNotPossible before the period begins, while claims of it
    are not reviewed, where a claim lacks its rank, and where nothing waits.
    """
    people.require(person, Action.GRANT_SUPPORT)
    lock_writes(session)
    pot, period = _pot(session, pot_id, period_from)
    if today < period.begins:
        text = N_("The money of %(pot)s is there from %(day)s on; it is shared out then.")
        raise ClaimNotPossible(Message(text, {"pot": pot.name, "day": period.begins.isoformat()}))
    of = SupportClaim
    here = (of.pot == pot.id, of.pot_from == period.begins, of.allotted_fen.is_(None))
    unread = list(session.scalars(select(of.id).where(*here, of.state == CLAIMED).order_by(of.id)))
    if unread:
        text = N_("Review every claim first; these wait: %(claims)s.")
        raise ClaimNotPossible(Message(text, {"claims": unread}))
    waiting = list(session.scalars(select(of).where(*here, of.state == ACCEPTED).order_by(of.id)))
    if not waiting:
        raise ClaimNotPossible(Message(N_("No accepted claim waits for money of this pot and period.")))
    if pot.order == BY_RANK:
        unranked = [one.id for one in waiting if one.rank is None]
        if unranked:
            raise ClaimNotPossible(Message(N_("These claims have no rank yet: %(claims)s."), {"claims": unranked}))
        waiting.sort(key=lambda one: (one.rank or 0, one.id))
    left = room(session, pot, period)
    if pot.order == PRO_RATA:
        given = shared_out([one.claimed_fen for one in waiting], left)
    else:
        given = list(_in_order([one.claimed_fen for one in waiting], left, pot))
    done = SharedOut({}, [], [])
    moved: list[int] = []
    refused: list[int] = []
    for one, fen in zip(waiting, given, strict=True):
        if fen:
            one.allotted_fen = fen
            done.given[one.id] = fen
            step(session, person, one, ALLOTTED, fen, None, today, now)
        elif pot.when_empty == NEXT:
            moved.append(one.id)
            later = pot.period_after(period)
            if later is not None:
                one.pot_from = later.begins
                step(session, person, one, MOVED, None, later.begins.isoformat(), today, now)
        else:
            refused.append(one.id)
            end(session, person, one, REFUSED, None, today, now)
    session.flush()
    details = {
        "pot": both(pot.name),
        "begins_on": period.begins,
        "amount_fen": sum(done.given.values()),
        "given": sorted(done.given),
        "moved": moved,
        "refused": refused,
    }
    audit.record(session, person, "share_out_support", f"support_pot:{pot.id}", details, now)
    return SharedOut(done.given, moved, refused)


def sign(session: Session, person: Person, number: int, *, today: date, now: datetime) -> SupportClaim:
    """Sign a claim for which money is set aside: the first time it waits for the second person, who grants it.

    Raises ClaimNotPossible for a claim that is not accepted or has no money set aside, NotAllowed where the same person
    signs twice: also on the command line it takes two.
    """
    made = changing(session, person, number, Action.GRANT_SUPPORT)
    check_state(made, (ACCEPTED,))
    if made.allotted_fen is None:
        text = N_("No money is set aside for claim %(number)s yet: share out its pot first.")
        raise ClaimNotPossible(Message(text, {"number": number}))
    details = {"firm_id": made.firm_id, "amount_fen": made.allotted_fen}
    if made.first_signed_by is None:
        made.first_signed_by = person.name
        step(session, person, made, SIGNED, made.allotted_fen, None, today, now)
        audit.record(session, person, "sign_support", f"support_claim:{made.id}", details, now)
        return made
    if made.first_signed_by == person.name:
        text = N_("%(name)s has signed this claim already: a second person signs it.")
        raise NotAllowed(Message(text, {"name": person.name}))
    made.second_signed_by, made.granted_on, made.state = person.name, today, GRANTED
    step(session, person, made, GRANTED, made.allotted_fen, None, today, now)
    details |= {"seconded_by": made.first_signed_by}
    audit.record(session, person, "grant_support", f"support_claim:{made.id}", details, now)
    return made


# --- within ----------------------------------------------------------------------------------------


def _pot(session: Session, pot_id: str, period_from: date) -> tuple[Pot, Period]:
    pot = support_book(session).pots.get(pot_id)
    if pot is None:
        raise NotFound(Message(N_("There is no pot %(pot)s. `goldseed support pots` shows all."), {"pot": pot_id}))
    period = pot.period_from(period_from)
    if period is None:
        text = N_("%(pot)s has no period that begins on %(day)s; there are: %(days)s.")
        days = [one.begins.isoformat() for one in pot.periods]
        raise NotFound(Message(text, {"pot": pot.name, "day": period_from.isoformat(), "days": days}))
    return pot, period


def _in_order(asked: Sequence[int], left: int, pot: Pot) -> Iterator[int]:
    """One after the other: all that is asked for while there is enough; then the rest where the pot gives what is left.
    Nobody behind who gets nothing is served before."""
    empty = False
    for fen in asked:
        if empty:
            yield 0
        elif fen <= left:
            left -= fen
            yield fen
        else:
            empty = True
            yield left if pot.when_empty == REDUCED else 0

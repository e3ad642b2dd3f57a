"""What stands against each pot: reserved, granted, paid, clawed back, and what is left; all in fen.

Step 7 of the flow: claim_rows.py, entitlements.py -> **pots.py** -> claims.py, granting.py
What is reserved for claims
that stand is gone from the pot. What is clawed back goes to the treasury and is not given again, so that a pot never
pays twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotAllowed
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.store.plan_tables.support import SupportClaim, SupportPayment
from pipeline.support.claim_rows import CLAWED_BACK, GRANTED, LIVE, PAID
from pipeline.support.entitlements import Forecast, both, yuan
from pipeline.support.in_force import support_book
from pipeline.support.model import Period, Pot, SupportBook


@dataclass(frozen=True)
class PotPosition:
    """A pot in one period. `committed`: reserved for claims that stand, of which `granted` by two signatures;
    `waiting`: claims that have nothing reserved yet, with what they ask for; `room`: what is left. `could`: what could
    still be claimed now, of the period that runs, as far as it is known (None: not worked out)."""

    pot: Pot
    period: Period
    committed: int
    granted: int
    waiting: int
    waiting_fen: int
    paid: int
    clawed_back: int
    could: int | None = None

    @property
    def room(self) -> int:
        return self.period.amount_fen - self.committed

    def as_json(self) -> JsonObject:
        return {
            "pot": self.pot.id,
            "name": both(self.pot.name),
            "from": self.period.begins,
            "until": self.period.until,
            "order": self.pot.order,
            "when_empty": self.pot.when_empty,
            "amount_cny": yuan(self.period.amount_fen),
            "committed_cny": yuan(self.committed),
            "granted_cny": yuan(self.granted),
            "room_cny": yuan(self.room),
            "waiting": self.waiting,
            "waiting_cny": yuan(self.waiting_fen),
            "paid_cny": yuan(self.paid),
            "clawed_back_cny": yuan(self.clawed_back),
            "could_be_claimed_now_cny": yuan(self.could),
        }


def positions(session: Session, person: Person, on: date, expected: Forecast | None = None) -> Sequence[PotPosition]:
    """Every pot in each period that has begun, the latest first; `expected`: what could still be claimed.

    Sums of the whole city: raises NotAllowed for whoever speaks for one firm."""
    people.require(person, Action.SEE_SUPPORT)
    if person.policy.speaks_for_one_firm:
        raise NotAllowed(Message(N_("The pots are shown to the bureau.")))
    return known_positions(session, support_book(session), on, expected)


def known_positions(
    session: Session, book: SupportBook, on: date, expected: Forecast | None = None
) -> Sequence[PotPosition]:
    of, paid = SupportClaim, SupportPayment
    nothing = of.allotted_fen.is_(None)
    sums = session.execute(
        select(
            of.pot,
            of.pot_from,
            func.sum(func.coalesce(of.allotted_fen, 0)),
            func.sum(case((of.state.in_((GRANTED, PAID)), of.allotted_fen), else_=0)),
            func.sum(case((nothing, 1), else_=0)),
            func.sum(case((nothing, of.claimed_fen), else_=0)),
        )
        .where(of.pot.is_not(None), of.state.in_(LIVE))
        .group_by(of.pot, of.pot_from)
    )
    stands = {(pot, begins): tuple(map(int, rest)) for pot, begins, *rest in sums}
    moved = session.execute(
        select(of.pot, of.pot_from, paid.kind, func.sum(paid.amount_fen))
        .join(of, of.id == paid.claim_id)
        .where(of.pot.is_not(None))
        .group_by(of.pot, of.pot_from, paid.kind)
    )
    money = {(pot, begins, kind): int(fen) for pot, begins, kind, fen in moved}
    found = []
    for pot in book.pots.values():
        for period in reversed(pot.periods):
            key = (pot.id, period.begins)
            if period.begins > on and key not in stands:
                continue
            runs = period.begins <= on <= period.until
            could = expected.of_pot(book, pot.id) if expected is not None and runs else None
            committed, granted, waiting, waiting_fen = stands.get(key, (0, 0, 0, 0))
            paid_fen, back = money.get((*key, PAID), 0), money.get((*key, CLAWED_BACK), 0)
            found.append(PotPosition(pot, period, committed, granted, waiting, waiting_fen, paid_fen, back, could))
    return found


def committed(session: Session, pot: str, begins: date) -> int:
    """What is reserved of a pot in a period."""
    of = SupportClaim
    reserved = select(func.sum(of.allotted_fen)).where(of.pot == pot, of.pot_from == begins, of.state.in_(LIVE))
    return int(session.scalar(reserved) or 0)


def room(session: Session, pot: Pot, period: Period) -> int:
    """What is left of a pot in a period."""
    return period.amount_fen - committed(session, pot.id, period.begins)


def waits(session: Session, pot: str, begins: date) -> bool:
    """Whether any claim that stands has nothing reserved yet: who comes later is not served before it."""
    of = SupportClaim
    wanted = select(of.id).where(of.pot == pot, of.pot_from == begins, of.state.in_(LIVE), of.allotted_fen.is_(None))
    return session.scalar(wanted.limit(1)) is not None

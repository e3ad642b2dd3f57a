"""What was granted is paid, in one payment or several; what was paid wrongly is clawed back with a reason.

Step 10 of the flow: claims.py -> **paying.py**
Of a claim never more is paid than was granted, and never more clawed back than was paid.
"""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Action, Person
from pipeline.language import N_, Message
from pipeline.store.plan_tables.support import SupportClaim, SupportPayment
from pipeline.support.claim_rows import CLAWED_BACK, GRANTED, PAID, PAYMENT, ClaimNotPossible
from pipeline.support.claims import changing, check_state, step
from pipeline.support.entitlements import Yuan
from pipeline.tutoring.visits import checked_note

LONGEST_VOUCHER = 80


def pay(
    session: Session,
    person: Person,
    number: int,
    on: date,
    *,
    amount_fen: int | None = None,
    voucher: str | None = None,
    now: datetime,
) -> SupportPayment:
    """Record that so much of a granted claim was paid on a day; all that is left unless an amount is given.

    Raises ClaimNotPossible for a claim that is not granted, more than is left, or a day before it was granted; NotYet
    for one that has not come.
    """
    audit.check_day(on, now)
    made = changing(session, person, number, Action.GRANT_SUPPORT)
    check_state(made, (GRANTED,))
    assert made.allotted_fen is not None
    assert made.granted_on is not None
    if on < made.granted_on:
        text = N_("Claim %(number)s was granted on %(day)s: it is paid then or later.")
        raise ClaimNotPossible(Message(text, {"number": number, "day": made.granted_on.isoformat()}))
    left = made.allotted_fen - moved(session, number, PAID)
    fen = left if amount_fen is None else amount_fen
    if not 0 < fen <= left:
        text = N_("Of claim %(number)s %(left)s is left to pay; %(found)s was written.")
        raise ClaimNotPossible(Message(text, {"number": number, "left": Yuan(left), "found": Yuan(fen)}))
    given = (voucher or "").strip()
    kept = checked_note(given, LONGEST_VOUCHER, ClaimNotPossible) if given else None
    row = _add(session, person, made, PAID, fen, on, now, voucher=kept)
    if fen == left:
        made.state = PAID
    step(session, person, made, PAYMENT, fen, kept, on, now)
    details = {"firm_id": made.firm_id, "amount_fen": fen, "on": on, "voucher": kept}
    audit.record(session, person, "pay_support", f"support_claim:{number}", _said(details), now)
    return row


def claw_back(
    session: Session, person: Person, number: int, amount_fen: int, why: str, on: date, *, now: datetime
) -> SupportPayment:
    """Record that so much of what was paid was taken back on a day, with the reason. It goes to the treasury: the pot
    does not give it again. Raises ClaimNotPossible where less was paid, NotYet for a day that has not come."""
    audit.check_day(on, now)
    made = changing(session, person, number, Action.GRANT_SUPPORT)
    check_state(made, (GRANTED, PAID))
    reason = checked_note(why, refused=ClaimNotPossible)
    left = moved(session, number, PAID) - moved(session, number, CLAWED_BACK)
    if not 0 < amount_fen <= left:
        text = N_("Of claim %(number)s %(left)s was paid and not clawed back yet; %(found)s was written.")
        raise ClaimNotPossible(Message(text, {"number": number, "left": Yuan(left), "found": Yuan(amount_fen)}))
    first = session.scalar(
        select(func.min(SupportPayment.on)).where(SupportPayment.claim_id == number, SupportPayment.kind == PAID)
    )
    if first is not None and on < first:
        text = N_("Claim %(number)s was paid on %(day)s: nothing is clawed back before.")
        raise ClaimNotPossible(Message(text, {"number": number, "day": first.isoformat()}))
    row = _add(session, person, made, CLAWED_BACK, amount_fen, on, now, why=reason)
    step(session, person, made, CLAWED_BACK, amount_fen, reason, on, now)
    details = {"firm_id": made.firm_id, "amount_fen": amount_fen, "on": on, "why": reason}
    audit.record(session, person, "claw_back_support", f"support_claim:{number}", details, now)
    return row


def moved(session: Session, number: int, kind: str) -> int:
    """What was paid on a claim, or clawed back."""
    of = SupportPayment
    return int(session.scalar(select(func.sum(of.amount_fen)).where(of.claim_id == number, of.kind == kind)) or 0)


# --- within ----------------------------------------------------------------------------------------


def _add(
    session: Session,
    person: Person,
    made: SupportClaim,
    kind: str,
    fen: int,
    on: date,
    now: datetime,
    *,
    voucher: str | None = None,
    why: str | None = None,
) -> SupportPayment:
    row = SupportPayment(
        claim_id=made.id,
        kind=kind,
        amount_fen=fen,
        on=on,
        voucher=voucher,
        why=why,
        by=person.name,
        at=audit.utc(now),
    )
    session.add(row)
    session.flush()
    return row


def _said(details: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in details.items() if value is not None}

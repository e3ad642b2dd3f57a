"""Claims to support in the demo, in every state: handed in, accepted, granted by two, paid, clawed back, rejected; one
pot is shared out. Rules and pots are made up."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Person
from pipeline.store.plan_tables.support import SupportClaim
from pipeline.store.tables import Account

_FIRST, _AGAIN, _RD, _TUTORING = "demo_hnte_first", "demo_hnte_again", "demo_rd_subsidy", "demo_tutoring"
#: So many firms claim each rule, so many days ago.
_CLAIMED = {_FIRST: (10, 45), _AGAIN: (8, 40), _RD: (6, 30), _TUTORING: (3, 20)}
_LEFT_OPEN = 4


def claim_support(
    session: Session, boss: Person, officer_name: str, firm_account: str, today: date, now: datetime
) -> None:
    """Firms claim, the bureau decides and pays; once."""
    from pipeline.support import claims
    from pipeline.support.entitlements import CAN, known_support

    if session.scalar(select(SupportClaim.id).limit(1)):
        return
    officer, clerk = (_person(session, name) for name in (officer_name, firm_account))
    made = _claimed(session, boss, today, now)
    _decided(session, boss, officer, made, today, now)
    assert clerk.firm_id is not None
    own = next((one for one in known_support(session, clerk.firm_id, today).entitlements if one.state == CAN), None)
    if own is not None and not own.rule.formula.asks_for_amount:
        claims.claim(session, clerk, clerk.firm_id, own.rule.id, _EVIDENCE, occasion=own.occasion, today=today, now=now)


def _person(session: Session, name: str) -> Person:
    return people.person_from(session.scalars(select(Account).where(Account.name == name)).one())


def _claimed(session: Session, boss: Person, today: date, now: datetime) -> dict[str, list[int]]:
    """Of each rule some firms that can claim it hand their paper in; rule -> numbers of claims."""
    from pipeline.rules.evaluation.conditions import MET
    from pipeline.support import claims
    from pipeline.support.grounds import read_grounds
    from pipeline.support.in_force import support_book

    book, made = support_book(session), dict[str, list[int]]()
    for rule, (count, days_ago) in _CLAIMED.items():
        day = today - timedelta(days=days_ago)
        if not book.rules[rule].holds_on(day):
            continue
        found = read_grounds(session, [book.rules[rule]], day).occasions
        found = found[(found["state"] == MET) & found["amount_fen"].notna()].drop_duplicates("firm_id")
        made[rule] = [
            claims.claim(
                session,
                boss,
                row["firm_id"],
                rule,
                _EVIDENCE,
                occasion=row["occasion"],
                claimed_for=_SIGNED_BY,
                today=day,
                now=now,
            ).id
            for row in found.head(count).to_dict("records")
        ]
    return made


def _decided(
    session: Session, boss: Person, officer: Person, made: dict[str, list[int]], today: date, now: datetime
) -> None:
    """The last claims of each rule stay open, but of the pot that is shared out; two people sign the first ones."""
    from pipeline.support import claims, granting, paying
    from pipeline.support.in_force import support_book

    reviewed = today - timedelta(days=10)
    accepted: list[int] = []
    for rule, numbers in made.items():
        whole = rule == _RD
        for place, number in enumerate(numbers if whole else numbers[:-_LEFT_OPEN]):
            rejected = not whole and place == 1
            claims.review(
                session, officer, number, not rejected, _INCOMPLETE if rejected else _COMPLETE, today=reviewed, now=now
            )
            if not rejected and not whole:
                accepted.append(number)
    if made.get(_RD):
        book = support_book(session)
        pot = book.pots[book.rules[_RD].pot or ""]
        period = pot.period_on(today - timedelta(days=_CLAIMED[_RD][1]))
        if period is not None:
            granting.share_out(session, officer, pot.id, period.begins, today=reviewed, now=now)
            accepted += made[_RD][:3]
    _signed(session, boss, officer, accepted, today, now)
    for place, number in enumerate(accepted[:5]):
        paying.pay(session, boss, number, today - timedelta(days=3), voucher=f"DEMO-{place + 1:04d}", now=now)
    if accepted:
        paying.claw_back(session, boss, accepted[0], 5_000_000, _REVOKED, today, now=now)


def _signed(
    session: Session, boss: Person, officer: Person, numbers: Sequence[int], today: date, now: datetime
) -> None:
    """Two people sign; the last one waits for the second."""
    from pipeline.support import granting

    day = today - timedelta(days=5)
    for number in numbers:
        granting.sign(session, officer, number, today=day, now=now)
    for number in numbers[:-1]:
        granting.sign(session, boss, number, today=day, now=now)


_SIGNED_BY = "企业经办人（演示）"
_EVIDENCE = "证书与申报表（演示）"
_COMPLETE, _INCOMPLETE = "材料齐全，符合条件（演示）", "材料不符，退回（演示）"
_REVOKED = "复核时部分费用不符（演示）"

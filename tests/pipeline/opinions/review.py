"""A review with three candidates for the tests of opinions: Lotus and Kapok are to enter, Banyan is to be promoted."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Person, Role, console
from pipeline.store.pool_tables import PoolProposal, PoolReview
from pipeline.store.tables import CITY, Firm
from tests.cast import BANYAN, KAPOK, LOTUS

#: A Thursday; the seven days of the National Day begin a week later, and Sunday 20 September 2026 is worked.
SEPTEMBER_17 = date(2026, 9, 17)
NOW = datetime(2026, 10, 30, 9, 0)
TAX, COURTS = (
    Person(21, "税务", Role.DEPARTMENT, department="tax"),
    Person(22, "法院", Role.DEPARTMENT, department="courts"),
)
MOVES = {LOTUS: ("enter", "seed"), BANYAN: ("promote", "golden"), KAPOK: ("enter", "seed")}


def proposal(session: Session, review: int | None, firm: str, action: str, to: str | None, **more: object) -> int:
    """A proposal as a review makes it; returns its number."""
    made = PoolProposal(
        review_id=review,
        as_of=SEPTEMBER_17,
        firm_id=firm,
        action=action,
        to_pool=to,
        reason_msgid="",
        reason_params={},
        rules_fingerprint="r" * 64,
        data_fingerprint="d" * 64,
        proposed_at=NOW,
        **more,
    )
    session.add(made)
    session.flush()
    return made.id


def review(session: Session, as_of: date = SEPTEMBER_17, moves: dict[str, tuple[str, str]] | None = None) -> int:
    """A review with a proposal for each of these firms; returns its number."""
    made = PoolReview(
        as_of=as_of,
        made_at=NOW,
        made_by="陈主任",
        policy="",
        policy_fingerprint="p" * 64,
        rules_fingerprint="r" * 64,
        data_fingerprint="d" * 64,
        audit_id=0,
        counts={},
        found_hash="f" * 64,
    )
    session.add(made)
    session.flush()
    for firm, (action, to) in (MOVES if moves is None else moves).items():
        proposal(session, made.id, firm, action, to)
    audit.touch(session, Firm, Firm.cohort == CITY)
    audit.record(session, console(), "propose_pools", f"review:{as_of}", {}, NOW)
    return made.id


def decided(session: Session, firm: str, state: str = "confirmed") -> None:
    """Every proposal about the firm is decided."""
    for one in session.scalars(select(PoolProposal).where(PoolProposal.firm_id == firm)):
        one.state = state
    session.flush()
    audit.record(session, console(), "confirm_proposal", f"firm:{firm}", {}, NOW)

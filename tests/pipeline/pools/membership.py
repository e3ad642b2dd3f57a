"""Memberships put into a database as reviews would have left them: short words for tests of the pools over time."""

from datetime import date

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.store.pool_tables import PoolMembership, PoolProposal, PoolReview
from tests.pipeline.pools.city import NOW


def reviewed(engine: Engine, number: int = 1, as_of: date = date(2024, 5, 1)) -> int:
    """There was a review of this day."""
    hashes = dict.fromkeys(("policy_fingerprint", "rules_fingerprint", "data_fingerprint", "found_hash"), "0" * 64)
    with Session(engine) as session, session.begin():
        about = {"as_of": as_of, "made_at": NOW, "made_by": "陈主任", "policy": "", "audit_id": 0, "counts": {}}
        session.add(PoolReview(id=number, **about, **hashes))
    return number


def proposed(
    engine: Engine,
    firm: str,
    action: str,
    on: date | None,
    review: int | None = None,
    run: int | None = None,
    *,
    why: str = "材料齐全",
    state: str = "confirmed",
) -> int:
    """A proposal of the review, decided on a day; returns its number."""
    pools = {
        "enter": (None, "seed"),
        "promote": ("seed", "golden"),
        "renew": ("seed", "seed"),
        "demote": ("golden", "seed"),
        "exit": ("seed", None),
    }
    with Session(engine) as session, session.begin():
        proposal = PoolProposal(
            as_of=date(2024, 5, 1),
            firm_id=firm,
            action=action,
            from_pool=pools[action][0],
            to_pool=pools[action][1],
            reason_msgid="The firm is listed: it leaves the pool as a graduate." if action == "exit" else "",
            reason_params={},
            run_id=run,
            rules_fingerprint="r" * 64,
            data_fingerprint="d" * 64,
            proposed_at=NOW,
            state=state,
            decided_on=on,
            why=why,
            review_id=review,
        )
        session.add(proposal)
        session.flush()
        return proposal.id


def stayed(
    engine: Engine, firm: str, pool: str, entered: date, left: date | None = None, run: int | None = None
) -> None:
    """The firm was in a pool from a day on, until (not with) another."""
    came = proposed(engine, firm, "enter" if pool == "seed" else "promote", entered, run=run)
    with Session(engine) as session, session.begin():
        session.add(PoolMembership(firm_id=firm, pool=pool, entered_on=entered, left_on=left, entered_by_id=came))

"""An officer decides what a review proposes: confirms, overrules or defers, with a reason.

Nothing moves without a person: a confirmed entry opens a membership and a tutoring case, a promotion moves the firm
from seed to golden, a renewal gives a membership its time again, an exit ends both. Who enters the golden-seed pool has
been asked about and made public first where the policy says so (pipeline/opinions/gates.py); a second person signs.
Every decision keeps its written reason. Proposals are never deleted.
"""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import CHINESE, N_, Label, Message
from pipeline.opinions import gates
from pipeline.pools.in_force import policy_in_force
from pipeline.pools.model import ACTIONS, GOLDEN, SEED, Policy
from pipeline.pools.reasons import GRADUATES
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import Case
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases
from pipeline.tutoring.stages import STAGES, outcomes_from

#: What was decided, in words.
DECIDED: Mapping[str, Label] = {"confirmed": Label("已确认", "confirmed"), "overruled": Label("已否决", "overruled")}


class DecisionNotPossible(ShownToPeople):
    """A proposal that cannot be decided as asked: decided already, overtaken, or the pool is full."""


@dataclass(frozen=True)
class Batch:
    """Proposals decided together: those decided, and why each of the others could not be."""

    decided: list[PoolProposal]
    left: list[tuple[int, ShownToPeople]]


def decide(
    session: Session,
    proposal_id: int,
    confirm: bool,
    why: str,
    by: Person,
    on: date,
    now: datetime,
    signed_by: str | None = None,
) -> PoolProposal:
    """Confirm or overrule one proposal, with a written reason, as of a day.

    Confirmed: an entry opens a membership and, where there is none, a tutoring case; a promotion or demotion
    moves the firm; a renewal gives its membership another term; an exit ends the membership and the case. `signed_by`:
    the account of the second person, whom entry to the golden-seed pool needs; the caller has checked its password.
    Raises DecisionNotPossible where the proposal was decided before, the firm's place has changed since, the pool is
    full, a department or the public still has to be heard, or the reason is blank.
    """
    proposal = _deciding(session, proposal_id, why, by, on, now)
    if confirm:
        policy = policy_in_force(session, on)
        if proposal.to_pool == GOLDEN and proposal.action != "renew":
            people.require_second(session, by, signed_by)
            _check_heard(session, proposal, policy, on)
        _apply(session, proposal, policy, by, on, now)
    proposal.state = "confirmed" if confirm else "overruled"
    proposal.decided_by, proposal.decided_at, proposal.decided_on = by.name, audit.utc(now), on
    proposal.why, proposal.signed_by = why.strip(), signed_by
    session.flush()
    details = {
        "firm_id": proposal.firm_id,
        "action": proposal.action,
        "from": proposal.from_pool,
        "to": proposal.to_pool,
        "points": proposal.points,
        "on": on,
        "why": proposal.why,
        "seconded_by": signed_by,
        "run": proposal.run_id,
        "model": proposal.model_id,
        "policy": proposal.rules_fingerprint,
        "data": proposal.data_fingerprint,
    }
    details = {name: value for name, value in details.items() if name != "seconded_by" or value}
    audit.record(
        session, by, "confirm_proposal" if confirm else "overrule_proposal", f"proposal:{proposal.id}", details, now
    )
    return proposal


def decide_all(
    session: Session,
    proposal_ids: list[int],
    confirm: bool,
    why: str,
    by: Person,
    on: date,
    now: datetime,
    signed_by: str | None = None,
) -> Batch:
    """Decide several proposals with one reason: exits first, entries last, so that places are free in time.

    What cannot be decided stays open and comes back with its reason; the others are decided.
    """

    def one(proposal_id: int) -> PoolProposal:
        return decide(session, proposal_id, confirm, why, by, on, now, signed_by)

    return _each(session, proposal_ids, by, one)


def defer(
    session: Session, proposal_id: int, until: date, why: str, by: Person, on: date, now: datetime
) -> PoolProposal:
    """Leave one proposal for later, with a reason: it stays open, and a new review does not take its place before the
    day. Whoever decides it earlier ends that."""
    proposal = _deciding(session, proposal_id, why, by, on, now)
    if until <= on:
        raise DecisionNotPossible(
            Message(N_("It is deferred until a day after %(on)s, not %(until)s."), {"on": f"{on}", "until": f"{until}"})
        )
    proposal.deferred_until, proposal.deferred_why = until, why.strip()
    session.flush()
    details = {"firm_id": proposal.firm_id, "action": proposal.action, "until": until, "why": why.strip()}
    audit.record(session, by, "defer_proposal", f"proposal:{proposal.id}", details, now)
    return proposal


def defer_all(
    session: Session, proposal_ids: list[int], until: date, why: str, by: Person, on: date, now: datetime
) -> Batch:
    """Defer several proposals with one reason; what cannot be deferred comes back with its own."""
    return _each(session, proposal_ids, by, lambda each: defer(session, each, until, why, by, on, now))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def reason_of(proposal: PoolProposal) -> Message:
    """Why it was proposed, in both languages."""
    params = dict(proposal.reason_params)
    if "conditions" in params:
        params["conditions"] = [Label(**label) for label in params["conditions"]]
    return Message(proposal.reason_msgid, params)


def order_of(proposal: PoolProposal) -> tuple[int, int]:
    """Sorts proposals as they are to be decided."""
    return ACTIONS.index(proposal.action), proposal.id


# --- within ----------------------------------------------------------------------------------------


def _each(session: Session, proposal_ids: list[int], by: Person, one: Callable[[int], PoolProposal]) -> Batch:
    people.require(by, Action.DECIDE_POOLS)
    lock_writes(session)
    wanted = session.scalars(select(PoolProposal).where(PoolProposal.id.in_(proposal_ids))).all()
    missing = sorted(set(proposal_ids) - {proposal.id for proposal in wanted})
    batch = Batch([], [(number, _none_there(number)) for number in missing])
    for proposal in sorted(wanted, key=order_of):
        try:
            batch.decided.append(one(proposal.id))
        except ShownToPeople as error:
            batch.left.append((proposal.id, error))
    return batch


def _none_there(proposal_id: int) -> NotFound:
    return NotFound(Message(N_("There is no proposal %(proposal)s."), {"proposal": proposal_id}))


def _deciding(session: Session, proposal_id: int, why: str, by: Person, on: date, now: datetime) -> PoolProposal:
    """The proposal, which this person may decide on the day, for a reason."""
    people.require(by, Action.DECIDE_POOLS)
    audit.check_day(on, now)
    lock_writes(session)
    proposal = session.get(PoolProposal, proposal_id, populate_existing=True)
    people.require_there(
        session, by, Action.DECIDE_POOLS, None if proposal is None else proposal.firm_id, _none_there(proposal_id)
    )
    assert proposal is not None
    _check_open(proposal, on)
    if not why.strip():
        raise DecisionNotPossible(Message(N_("Write the reason of the decision in a few words.")))
    return proposal


def _check_open(proposal: PoolProposal, on: date) -> None:
    if proposal.state == "lapsed":
        raise DecisionNotPossible(
            Message(N_("Proposal %(proposal)s has lapsed: a newer review took its place."), {"proposal": proposal.id})
        )
    if proposal.state != "open":
        raise DecisionNotPossible(
            Message(
                N_("Proposal %(proposal)s was decided by %(who)s on %(on)s already: %(what)s."),
                {
                    "proposal": proposal.id,
                    "who": proposal.decided_by or "?",
                    "on": f"{proposal.decided_on}",
                    "what": DECIDED[proposal.state],
                },
            )
        )
    if on < proposal.as_of:
        raise DecisionNotPossible(
            Message(
                N_("The review is of %(as_of)s; it cannot be decided as of %(on)s, before it."),
                {"as_of": f"{proposal.as_of}", "on": f"{on}"},
            )
        )


def _check_heard(session: Session, proposal: PoolProposal, policy: Policy, on: date) -> None:
    """Whether everybody has been heard whom the policy wants heard before a firm enters the golden-seed pool."""
    missing = gates.gate(session, proposal.id, on, opinions=policy.opinions, notice=policy.notice_days > 0)
    if missing:
        raise DecisionNotPossible(Message(N_("It cannot be confirmed yet: %(what)s"), {"what": missing}))


def _apply(session: Session, proposal: PoolProposal, policy: Policy, by: Person, on: date, now: datetime) -> None:
    """Move the firm. Everything is checked before anything is changed."""
    current = session.scalar(
        select(PoolMembership)
        .where(PoolMembership.firm_id == proposal.firm_id, PoolMembership.left_on.is_(None))
        .execution_options(populate_existing=True)
    )
    if (current.pool if current else None) != proposal.from_pool:
        raise DecisionNotPossible(Message(N_("The firm has changed its pool since the review. Make a new review.")))
    if current is not None and on < current.entered_on:
        raise DecisionNotPossible(
            Message(
                N_("The firm entered its pool on %(day)s: it cannot leave before."), {"day": f"{current.entered_on}"}
            )
        )
    if proposal.action in ("enter", "promote") and proposal.to_pool is not None:
        _check_room(session, proposal.to_pool, policy)
    until = months_later(on, policy.valid_months) if policy.valid_months else None
    if proposal.action == "renew" and current is not None:
        current.valid_until = until
        session.flush()
        return
    case = cases.case_of(session, proposal.firm_id)
    if proposal.action == "exit" and case is not None:
        _end_case(session, case, proposal, by, on, now)
    if current is not None:
        current.left_on, current.left_by_id = on, proposal.id
        session.flush()
    if proposal.to_pool is not None:
        session.add(
            PoolMembership(
                firm_id=proposal.firm_id,
                pool=proposal.to_pool,
                entered_on=on,
                entered_by_id=proposal.id,
                valid_until=until,
            )
        )
        session.flush()
        if case is None:
            cases.open_case(session, by, proposal.firm_id, on, now=now)


def _check_room(session: Session, pool: str, policy: Policy) -> None:
    cap = {SEED: policy.seed, GOLDEN: policy.golden}[pool].cap
    inside = select(func.count()).where(PoolMembership.pool == pool, PoolMembership.left_on.is_(None))
    if (session.scalar(inside) or 0) >= cap:
        raise DecisionNotPossible(
            Message(
                N_("All %(cap)s places of this pool are taken. Decide the exits and promotions first, or overrule."),
                {"cap": cap},
            )
        )


def _end_case(session: Session, case: Case, proposal: PoolProposal, by: Person, on: date, now: datetime) -> None:
    why = reason_of(proposal).in_language(CHINESE)
    if proposal.reason_msgid == GRADUATES:
        cases.graduate(session, by, case.id, now=now)
    elif "pool_exit" in outcomes_from(case.stage):
        cases.close_case(session, by, case.id, "pool_exit", why, max(on, case.stage_since), now=now)
    else:
        raise DecisionNotPossible(
            Message(
                N_("Tutoring has reached %(stage)s: close the case with its outcome first, then confirm the exit."),
                {"stage": STAGES[case.stage]},
            )
        )

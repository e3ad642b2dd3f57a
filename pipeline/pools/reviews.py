"""A review of the two pools: proposals are stored, an officer decides each, memberships and cases follow.

Nothing moves without a person: a confirmed entry opens a membership and a tutoring case, a promotion moves
the firm from seed to golden, an exit ends both. Every proposal keeps the model, the run, the policy and the
data it rested on; every decision its written reason. Proposals are never deleted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import CHINESE, N_, Label, Message
from pipeline.pools.model import ACTIONS, GOLDEN, SEED, Policy
from pipeline.pools.policy import policy_on
from pipeline.store.current import champion, current_run, lineage_of
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import CITY, Case, Event, Firm, Import, Score, ScoreRun
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring import cases
from pipeline.tutoring.stages import LAST, STAGES, outcomes_from, reached
from pipeline.tutoring.stated import of_its_cohort
from pipeline.workers.workers import Workers

if TYPE_CHECKING:
    import pandas as pd


#: What was decided, in words.
DECIDED: Mapping[str, Label] = {"confirmed": Label("已确认", "confirmed"), "overruled": Label("已否决", "overruled")}


class NoScores(ShownToPeople):
    """There is nothing that a review of this day could rest on."""


class DecisionNotPossible(ShownToPeople):
    """A proposal that cannot be decided as asked: decided already, overtaken, or the pool is full."""


@dataclass(frozen=True)
class Member:
    """A firm in a pool on a day."""

    firm_id: str
    firm_name: str | None
    district_code: str | None
    pool: str
    entered_on: date
    proposal_id: int


@dataclass(frozen=True)
class Batch:
    """Proposals decided together: those decided, and why each of the others could not be."""

    decided: list[PoolProposal]
    left: list[tuple[int, ShownToPeople]]


@dataclass(frozen=True)
class Places:
    """How many firms are in a pool, of how many that it takes."""

    taken: int
    cap: int

    @property
    def full(self) -> bool:
        return self.taken >= self.cap


@dataclass(frozen=True)
class Waiting:
    """A firm that meets the entry conditions and finds no place. `place`: its place in the whole list, from 1."""

    firm_id: str
    name: str | None
    district_code: str | None
    place: int
    points: float


@dataclass(frozen=True)
class Outlook:
    """How the pools stand. `waits`: how many wait in the whole city; `overruled`: changes that are not proposed again,
    because an officer has overruled them on the same scores and policy."""

    policy: Policy
    places: Mapping[str, Places]
    waiting: Sequence[Waiting] = ()
    waits: int = 0
    overruled: int = 0
    scored: int = 0
    why_no_review: str | None = None


# --- the review ------------------------------------------------------------------------------------


def propose(
    session: Session, as_of: date, now: datetime, by: Person, workers: Workers | None = None
) -> list[PoolProposal]:
    """Make a review of the city's firms as of a day; returns its open proposals in the order to decide them.

    Rests on the champion's latest scores by that day (without a champion: the latest at all), on the listings
    known by then, and on who is in a pool now, because that is what is decided about. Older proposals that
    were not decided lapse. A change that was overruled is not proposed again on the same figures. `workers`: who reads
    the firms' facts, where the policy asks for any (None: this process). Raises NoScores where no scores of the city
    are recent enough, NoPolicy before the policy's first day.
    """
    people.require(by, Action.PROPOSE_POOLS)
    audit.check_day(as_of, now)
    lock_writes(session)
    policy = policy_on(as_of)
    run = _run_for(session, as_of, policy)
    found = _found(session, run, as_of, policy, workers)
    changes = found.changes
    lapsed = session.execute(
        update(PoolProposal)
        .where(PoolProposal.state == "open")
        .values(state="lapsed", decided_at=audit.utc(now))
        .returning(PoolProposal.id)
    ).all()
    changes = changes[~_overruled(session, changes, run, policy)]
    if len(changes):
        session.execute(insert(PoolProposal), _rows(changes, run, as_of, policy, now))
    details = {
        "run": run.id,
        "model": run.model_id,
        "policy": policy.fingerprint,
        "data": run.data_fingerprint,
        "lapsed": len(lapsed),
        "scored": found.scored,
        "waiting": len(found.waiting),
        **{name: int((changes["action"] == name).sum()) for name in ACTIONS},
    }
    audit.record(session, by, "propose_pools", f"review:{as_of}", details, now)
    return [proposal for proposal, _firm in open_proposals(session, by)]


def just_proposed(session: Session, person: Person, now: datetime) -> bool:
    """Whether this person made a review within the last minute and nobody has done anything since: a second click."""
    lock_writes(session)
    (last,) = audit.entries(session, audit.AuditFilter(), most=1) or (None,)
    return (
        last is not None
        and (last.action, last.person) == ("propose_pools", person.name)
        and audit.utc(now) - last.at < timedelta(minutes=1)
    )


def decide(
    session: Session, proposal_id: int, confirm: bool, why: str, by: Person, on: date, now: datetime
) -> PoolProposal:
    """Confirm or overrule one proposal, with a written reason, as of a day.

    Confirmed: an entry opens a membership and, where there is none, a tutoring case; a promotion or demotion
    moves the firm; an exit ends the membership and the case. Raises DecisionNotPossible where the proposal
    was decided before, the firm's place has changed since, the pool is full, or the reason is blank.
    """
    people.require(by, Action.DECIDE_POOLS)
    audit.check_day(on, now)
    lock_writes(session)
    proposal = session.get(PoolProposal, proposal_id, populate_existing=True)
    if proposal is None:
        raise NotFound(Message(N_("There is no proposal %(proposal)s."), {"proposal": proposal_id}))
    people.require(by, Action.DECIDE_POOLS, proposal.firm_id, session=session)
    _check_open(proposal, on)
    if not why.strip():
        raise DecisionNotPossible(Message(N_("Write the reason of the decision in a few words.")))
    if confirm:
        _apply(session, proposal, by, on, now)
    proposal.state = "confirmed" if confirm else "overruled"
    proposal.decided_by, proposal.decided_at, proposal.decided_on = by.name, audit.utc(now), on
    proposal.why = why.strip()
    session.flush()
    details = {
        "firm_id": proposal.firm_id,
        "action": proposal.action,
        "from": proposal.from_pool,
        "to": proposal.to_pool,
        "points": proposal.points,
        "on": on,
        "why": proposal.why,
        "run": proposal.run_id,
        "model": proposal.model_id,
        "policy": proposal.rules_fingerprint,
        "data": proposal.data_fingerprint,
    }
    audit.record(
        session, by, "confirm_proposal" if confirm else "overrule_proposal", f"proposal:{proposal.id}", details, now
    )
    return proposal


def decide_all(
    session: Session, proposal_ids: list[int], confirm: bool, why: str, by: Person, on: date, now: datetime
) -> Batch:
    """Decide several proposals with one reason: exits first, entries last, so that places are free in time.

    What cannot be decided stays open and comes back with its reason; the others are decided.
    """
    people.require(by, Action.DECIDE_POOLS)
    lock_writes(session)
    wanted = session.scalars(select(PoolProposal).where(PoolProposal.id.in_(proposal_ids)))
    batch = Batch([], [])
    for proposal in sorted(wanted, key=_to_be_decided):
        try:
            batch.decided.append(decide(session, proposal.id, confirm, why, by, on, now))
        except ShownToPeople as error:
            batch.left.append((proposal.id, error))
    return batch


# --- what is known of the pools --------------------------------------------------------------------


def members(session: Session, on: date, person: Person | None = None) -> list[Member]:
    """Who is in a pool on a day (of the firms this person reaches), golden first, then by entry."""
    statement = (
        select(PoolMembership, Firm.name, Firm.district_code)
        .join(Firm, Firm.id == PoolMembership.firm_id)
        .where(_in_on(on))
        .order_by(PoolMembership.pool, PoolMembership.entered_on, PoolMembership.id)
    )
    if person is not None:
        statement = statement.where(people.visible_firms(person, Action.SEE_POOLS))
    return [
        Member(membership.firm_id, name, district, membership.pool, membership.entered_on, membership.entered_by_id)
        for membership, name, district in session.execute(statement)
    ]


def outlook(session: Session, on: date, person: Person) -> Outlook:
    """How full the pools are, their policy, who waits for a place, and what a review of the day would not propose.

    Counts are the city's; of those who wait only the firms that this person reaches. Without scores that a review could
    rest on nobody waits; `why_no_review` says so. Raises NoPolicy before the policy's first day.
    """
    people.require(person, Action.SEE_PROPOSALS)
    policy = policy_on(on)
    inside = dict(
        session.execute(
            select(PoolMembership.pool, func.count())
            .where(PoolMembership.left_on.is_(None))
            .group_by(PoolMembership.pool)
        ).all()
    )
    places = {
        name: Places(inside.get(name, 0), pool.cap) for name, pool in ((SEED, policy.seed), (GOLDEN, policy.golden))
    }
    try:
        run = _run_for(session, on, policy)
    except NoScores as error:
        return Outlook(policy, places, why_no_review=str(error))
    found = _found(session, run, on, policy)
    overruled = int(_overruled(session, found.changes, run, policy).sum())
    reach = people.visible_firms(person, Action.SEE_PROPOSALS)
    seen = {firm.id: firm for firm in session.scalars(select(Firm).where(Firm.id.in_(found.waiting.index), reach))}
    waiting = [
        Waiting(firm, seen[firm].name, seen[firm].district_code, place, float(points))
        for place, (firm, points) in enumerate(found.waiting.items(), start=1)
        if firm in seen
    ]
    return Outlook(policy, places, waiting, len(found.waiting), overruled, found.scored)


def open_proposals(session: Session, person: Person) -> list[tuple[PoolProposal, Firm]]:
    """What waits for a decision, of the firms this person reaches, in the order to decide it."""
    statement = (
        select(PoolProposal, Firm)
        .join(Firm, Firm.id == PoolProposal.firm_id)
        .where(PoolProposal.state == "open", people.visible_firms(person, Action.SEE_PROPOSALS))
        .order_by(PoolProposal.id)
        .execution_options(populate_existing=True)
    )
    rows = session.execute(statement).all()
    return sorted(((proposal, firm) for proposal, firm in rows), key=lambda pair: _to_be_decided(pair[0]))


def reason_of(proposal: PoolProposal) -> Message:
    """Why it was proposed, in both languages."""
    params = dict(proposal.reason_params)
    if "conditions" in params:
        params["conditions"] = [Label(**label) for label in params["conditions"]]
    return Message(proposal.reason_msgid, params)


# --- within ----------------------------------------------------------------------------------------


def _in_on(on: date) -> ColumnElement[bool]:
    return (PoolMembership.entered_on <= on) & or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > on)


def _run_for(session: Session, as_of: date, policy: Policy) -> ScoreRun:
    model_id = champion(session)
    oldest = as_of - timedelta(days=policy.scores_valid_days)
    run = current_run(session, between=(oldest, as_of), model_id=model_id)
    if run is None:
        if model_id is None:
            text = N_(
                "The city has no scores between %(oldest)s and %(as_of)s to review. "
                "Score it first: goldseed score --as-of %(as_of)s"
            )
            raise NoScores(Message(text, {"oldest": f"{oldest}", "as_of": f"{as_of}"}))
        raise NoScores(
            Message(
                N_(
                    "The city has no scores of %(model)s between %(oldest)s and %(as_of)s to review. "
                    "Score it first: goldseed score --as-of %(as_of)s"
                ),
                {"model": model_id, "oldest": f"{oldest}", "as_of": f"{as_of}"},
            )
        )
    return run


@dataclass(frozen=True)
class _Found:
    """What the policy asks for on a day: changes as `proposals` gives them, and who would wait for a place, with
    points."""

    changes: "pd.DataFrame"
    waiting: "pd.Series"
    scored: int


def _found(session: Session, run: ScoreRun, as_of: date, policy: Policy, workers: Workers | None = None) -> _Found:
    import pandas as pd

    from pipeline.pools.known_facts import read_known_facts
    from pipeline.pools.proposing import proposals, waiting

    def column(rows: list[tuple[str, object]], dtype: str) -> pd.Series:
        return pd.Series(dict(rows), dtype=dtype, name="value").sort_index()

    scores = select(Score.firm_id, Score.points).join(Firm, Firm.id == Score.firm_id)
    points = column(
        [(firm, value) for firm, value in session.execute(scores.where(Score.run_id == run.id, Firm.cohort == CITY))],
        "float64",
    )
    in_pools = select(PoolMembership.firm_id, PoolMembership.pool).where(PoolMembership.left_on.is_(None))
    pools = column([(firm, pool) for firm, pool in session.execute(in_pools)], "object")
    stages = session.execute(select(Case.firm_id, Case.stage).where(Case.closed_on.is_(None)))
    protected = [firm for firm, stage in stages if reached(stage, policy.held_from_stage)]
    listings = (
        select(Event.firm_id)
        .join(Firm, Firm.id == Event.firm_id)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(
            Event.kind == LAST,
            Event.in_force,
            Event.known_on <= as_of,
            Event.occurred_on <= as_of,
            of_its_cohort(),
        )
    )
    listed = list(session.scalars(listings.distinct()))
    known = read_known_facts(session, as_of, policy, workers)
    changes = proposals(points, pools, protected, listed, policy, known)
    return _Found(changes, waiting(points, pools, changes, listed, policy, known), len(points))


def _overruled(session: Session, changes: "pd.DataFrame", run: ScoreRun, policy: Policy) -> "pd.Series":
    """Which changes an officer has overruled on the same scores and policy already; a firm whose score a later run has
    taken over has the same points."""
    import pandas as pd

    overruled = select(PoolProposal.firm_id, PoolProposal.action, PoolProposal.points).where(
        PoolProposal.state == "overruled",
        PoolProposal.run_id.in_(lineage_of(session, run)),
        PoolProposal.rules_fingerprint == policy.fingerprint,
    )
    settled = {tuple(row) for row in session.execute(overruled)}
    points = changes["points"].astype(object).where(changes["points"].notna(), None)
    again = [key in settled for key in zip(changes.index, changes["action"], points, strict=True)]
    return pd.Series(again, index=changes.index, dtype=bool)


def _rows(
    changes: "pd.DataFrame", run: ScoreRun, as_of: date, policy: Policy, now: datetime
) -> list[dict[str, object]]:
    """The proposals as rows of the table; `changes` holds a few hundred at most."""
    from pipeline.pools.proposing import REASONS

    caps = {"demote_cap": policy.golden.cap, "exit_cap": policy.seed.cap}
    shared = {
        "as_of": as_of,
        "run_id": run.id,
        "model_id": run.model_id,
        "rules_fingerprint": policy.fingerprint,
        "data_fingerprint": run.data_fingerprint,
        "proposed_at": audit.utc(now),
        "state": "open",
    }
    plain = changes.astype(object).where(changes.notna(), None).reset_index()
    return [
        {
            **shared,
            **{name: row[name] for name in ("firm_id", "action", "from_pool", "to_pool", "points", "line_points")},
            "reason_msgid": REASONS[row["reason"]],
            "reason_params": {
                "points": row["points"],
                "line": row["line_points"],
                "rank": row["rank"],
                "of": row["of"],
                "cap": caps.get(row["reason"]),
                **_conditions(row["conditions"]),
            },
        }
        for row in plain.to_dict("records")
    ]


def _conditions(labels: tuple[Label, ...]) -> dict[str, list[dict[str, str]]]:
    """The conditions that a reason names, as they are stored."""
    return {"conditions": [{"zh": label.zh, "en": label.en} for label in labels]} if labels else {}


def _to_be_decided(proposal: PoolProposal) -> tuple[int, int]:
    """Sorts proposals as they are to be decided."""
    return ACTIONS.index(proposal.action), proposal.id


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


def _apply(session: Session, proposal: PoolProposal, by: Person, on: date, now: datetime) -> None:
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
        _check_room(session, proposal.to_pool, on)
    case = cases.case_of(session, proposal.firm_id)
    if proposal.action == "exit" and case is not None:
        _end_case(session, case, proposal, by, on, now)
    if current is not None:
        current.left_on, current.left_by_id = on, proposal.id
        session.flush()
    if proposal.to_pool is not None:
        session.add(
            PoolMembership(firm_id=proposal.firm_id, pool=proposal.to_pool, entered_on=on, entered_by_id=proposal.id)
        )
        session.flush()
        if case is None:
            cases.open_case(session, by, proposal.firm_id, on, now=now)


def _check_room(session: Session, pool: str, on: date) -> None:
    policy = policy_on(on)
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
    from pipeline.pools.proposing import GRADUATES

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

"""A review of the two pools: what the policy asks for on a day is stored as proposals, with all that it rested on.

Nothing moves without a person: deciding.py. A review keeps the run, the policy, what it looked at and what it found
beside its proposals, so that replay.py can work it out again. Proposals and reviews are never deleted.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.pools.deciding import order_of
from pipeline.pools.in_force import PolicyInForce, in_force
from pipeline.pools.model import ACTIONS, GOLDEN, SEED, PartCount, Policy
from pipeline.pools.reasons import POOL_NAMES, REASONS
from pipeline.rules.definition.files import NOT_RULE_BOOKS, RULES_FOLDER
from pipeline.store.current import champion, current_run, lineage_of
from pipeline.store.current import review_of as review_in_store
from pipeline.store.many_ids import one_of
from pipeline.store.pool_tables import (
    PoolMembership,
    PoolProposal,
    PoolReview,
    PoolReviewFirm,
    PoolReviewInputs,
)
from pipeline.store.tables import CITY, AuditEntry, Firm, Import, Model, Score, ScoreRun
from pipeline.store.write_lock import lock_writes
from pipeline.wording.cohorts import cohorts_label
from pipeline.workers.workers import Workers

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.pools.proposing import Proposed

#: What a review asks for and an officer has settled: it stands beside what it found, and is not proposed.
OVERRULED, DEFERRED = "overruled", "deferred"


#: So many of those who wait are named; all are counted.
WAITING_NAMED = 50


class NoScores(ShownToPeople):
    """There is nothing that a review of this day could rest on."""

    message: Message


@dataclass(frozen=True)
class Member:
    """A firm in a pool on a day."""

    firm_id: str
    firm_name: str | None
    district_code: str | None
    pool: str
    entered_on: date
    proposal_id: int
    valid_until: date | None = None


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
    """How the pools stand. `waits`: how many wait in the whole city, `waits_here`: of the firms that the reader
    reaches, `waiting`: the first of these; `overruled`: changes that are not proposed again, because an officer has
    overruled them on the same scores and policy."""

    current: PolicyInForce
    places: Mapping[str, Places]
    waiting: Sequence[Waiting] = ()
    waits_here: int = 0
    waits: int = 0
    overruled: int = 0
    scored: int = 0
    why_no_review: Message | None = None
    #: No model scores the city: a review goes by the rules alone, and lines in points are unknown of everybody.
    by_rules_alone: bool = False
    #: Of each pool that is entered at a line in points which no firm outside it reaches: the most that one has, and the
    #: line.
    nearest: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    #: The cohorts that the model of the scores learned from, where the city's own firms are not among them.
    reference: Sequence[str] = ()
    #: Of the members of each pool, how many meet each part of the golden-seed pool's entry conditions.
    counts: Mapping[str, Sequence[PartCount]] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        return self.current.policy

    def told(self) -> list[Message]:
        """What the policy's lines in points mean for this city, in sentences."""
        return _told(self.policy, self.by_rules_alone, self.reference, self.nearest)


# --- the review ------------------------------------------------------------------------------------


def propose(
    session: Session, as_of: date, now: datetime, by: Person, workers: Workers | None = None
) -> list[PoolProposal]:
    """Make a review of the city's firms as of a day; returns its open proposals in the order to decide them.

    Rests on the champion's latest scores by that day (without a champion: the latest at all; where no model has ever
    scored the city, on the rules alone), on what was known by then, and on who is in a pool now, because that is what
    is decided about. Older proposals that were not decided
    lapse, but for those that an officer has deferred beyond the day. A change that was overruled is not proposed again
    on the same figures. `workers`: who reads the firms' facts, where the policy asks for any (None: this process).
    Raises NoScores where no scores of the city are recent enough, NoPolicy before the policy's first day.
    """
    from pipeline.pools.inputs import read_inputs
    from pipeline.pools.proposing import proposals

    people.require(by, Action.PROPOSE_POOLS)
    audit.check_day(as_of, now)
    lock_writes(session)
    current = in_force(session, as_of)
    policy = current.policy
    run, points = basis_of(session, as_of, policy)
    inputs = read_inputs(session, as_of, policy, points, warned=warned_of(session, policy), workers=workers)
    proposed = proposals(inputs, policy)
    last_entry = session.scalar(select(func.max(AuditEntry.id))) or 0
    lapsed = session.execute(
        update(PoolProposal)
        .where(
            PoolProposal.state == "open",
            or_(PoolProposal.deferred_until.is_(None), PoolProposal.deferred_until <= as_of),
        )
        .values(state="lapsed", decided_at=audit.utc(now))
        .returning(PoolProposal.id)
    ).all()
    data = _stands_for(session) if run is None else run.data_fingerprint
    settled = _settled(session, proposed.changes, run, policy, data)
    changes = proposed.changes[settled == ""]
    counts = {
        "lapsed": len(lapsed),
        "scored": int(inputs.firms["points"].notna().sum()),
        "waiting": len(proposed.waiting),
        **{name: int((changes["action"] == name).sum()) for name in ACTIONS},
    }
    review = PoolReview(
        as_of=as_of,
        made_at=audit.utc(now),
        made_by=by.name,
        run_id=None if run is None else run.id,
        model_id=None if run is None else run.model_id,
        policy=current.text,
        policy_fingerprint=policy.fingerprint,
        rules_fingerprint=rules_fingerprint(),
        data_fingerprint=data,
        audit_id=last_entry,
        counts=counts,
        found_hash=hash_of(proposed),
    )
    session.add(review)
    session.flush()
    content = inputs.as_bytes()
    session.add(PoolReviewInputs(review_id=review.id, sha256=hashlib.sha256(content).hexdigest(), content=content))
    session.flush()
    if rows := found_rows(proposed, settled, review.id):
        session.execute(insert(PoolReviewFirm), rows)
    if len(changes):
        session.execute(insert(PoolProposal), _rows(changes, review, policy, now))
    details = {
        "run": review.run_id,
        "model": review.model_id,
        "policy": policy.fingerprint,
        "data": data,
        "review": review.id,
        **counts,
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
        Member(
            membership.firm_id,
            name,
            district,
            membership.pool,
            membership.entered_on,
            membership.entered_by_id,
            membership.valid_until,
        )
        for membership, name, district in session.execute(statement)
    ]


def outlook(session: Session, on: date, person: Person, workers: Workers | None = None) -> Outlook:
    """How full the pools are, their policy, who waits for a place, and what a review of the day would not propose.

    Counts are the city's; of those who wait only the firms that this person reaches. Where the scores that there are
    are too old for a review nobody waits; `why_no_review` says so. `workers`: as of propose. Raises NoPolicy before the
    policy's first day.
    """
    from pipeline.pools.evaluating import part_counts
    from pipeline.pools.inputs import read_inputs
    from pipeline.pools.proposing import proposals

    people.require(person, Action.SEE_PROPOSALS)
    current = in_force(session, on)
    policy = current.policy
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
        run, points = basis_of(session, on, policy)
    except NoScores as error:
        return Outlook(current, places, why_no_review=error.message)
    inputs = read_inputs(session, on, policy, points, warned=warned_of(session, policy), workers=workers)
    proposed = proposals(inputs, policy)
    data = _stands_for(session) if run is None else run.data_fingerprint
    overruled = int((_settled(session, proposed.changes, run, policy, data) == OVERRULED).sum())
    waiting = _reached(session, person, proposed.waiting)
    parts = {pool: part_counts(inputs, policy, pool) for pool in (SEED, GOLDEN)}
    return Outlook(
        current,
        places,
        waiting[:WAITING_NAMED],
        len(waiting),
        len(proposed.waiting),
        overruled,
        int(points.notna().sum()),
        counts=parts,
        by_rules_alone=run is None,
        nearest=_nearest(inputs.firms, policy),
        reference=[] if run is None else _reference(session, run),
    )


def _reached(session: Session, person: Person, waiting: "pd.Series") -> list[Waiting]:
    """Of the firms that wait (points by firm_id, the first first) those that this person reaches."""
    reach = people.visible_firms(person, Action.SEE_PROPOSALS)
    about = select(Firm.id, Firm.name, Firm.district_code).where(one_of(Firm.id, list(waiting.index)), reach)
    seen = {firm: (name, district) for firm, name, district in session.execute(about)}
    return [
        Waiting(firm, *seen[firm], place, float(points))
        for place, (firm, points) in enumerate(waiting.items(), start=1)
        if firm in seen
    ]


def points_told(session: Session, on: date, policy: Policy) -> list[Message]:
    """What a policy's lines in points mean for this city on a day, as Outlook.told says of the policy in force; where
    the scores that there are are too old, that."""
    from pipeline.pools.inputs import about_firms, listed_by, members_now

    try:
        run, points = basis_of(session, on, policy)
    except NoScores as error:
        return [error.message]
    return points_told_of(
        session, policy, run, about_firms(points, members_now(session), listed=listed_by(session, on))
    )


def points_told_of(session: Session, policy: Policy, run: ScoreRun | None, firms: "pd.DataFrame") -> list[Message]:
    """The same, where the scores (None: no model scores the city) and Inputs.firms are at hand."""
    return _told(policy, run is None, [] if run is None else _reference(session, run), _nearest(firms, policy))


def _told(
    policy: Policy, by_rules_alone: bool, reference: Sequence[str], nearest: Mapping[str, tuple[float, float]]
) -> list[Message]:
    lines = {pool: getattr(policy, pool).enter_points for pool in (SEED, GOLDEN)}
    said = []
    if by_rules_alone:
        said.append(Message(N_("No model scores the city: reviews go by the rules alone.")))
        if asked := [POOL_NAMES[pool] for pool, line in lines.items() if line is not None]:
            text = N_(
                "Entry to the %(pools)s asks for points, which nobody has: until a model scores the city, firms "
                "come in by the list that was kept before, or by a policy without points (pools_rules_only.yaml)."
            )
            said.append(Message(text, {"pools": asked}))
    if reference:
        text = N_("Points are those of a model of %(cohorts)s: 50 is the average firm there, and not of the city.")
        said.append(Message(text, {"cohorts": cohorts_label(reference)}))
    for pool, (most, line) in nearest.items():
        numbers = {"pool": POOL_NAMES[pool], "points": f"{most:.1f}", "line": f"{line:g}"}
        said.append(Message(N_("No firm reaches the line of the %(pool)s; nearest: %(points)s of %(line)s."), numbers))
    return said


def _nearest(firms: "pd.DataFrame", policy: Policy) -> dict[str, tuple[float, float]]:
    """As Outlook.nearest: of the seed pool among the firms in none, of the golden-seed pool among those in the seed
    pool."""
    firms = firms[~firms["listed"]]
    found: dict[str, tuple[float, float]] = {}
    for name, pool, outside in (
        (SEED, policy.seed, firms["pool"].isna()),
        (GOLDEN, policy.golden, firms["pool"] == SEED),
    ):
        most = firms.loc[outside, "points"].max()
        if pool.enter_points is not None and most == most and most < pool.enter_points:
            found[name] = (float(most), pool.enter_points)
    return found


def _reference(session: Session, run: ScoreRun) -> list[str]:
    """The cohorts that the model of a run has learned from, where the city is none of them."""
    cohorts = session.scalars(select(Model.cohorts).where(Model.id == run.model_id)).one()
    return [] if CITY in cohorts else list(cohorts)


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
    return sorted(((proposal, firm) for proposal, firm in rows), key=lambda pair: order_of(pair[0]))


def reviews_made(session: Session, person: Person) -> list[PoolReview]:
    """Every review on record, the newest first."""
    people.require(person, Action.SEE_PROPOSALS)
    return list(session.scalars(select(PoolReview).order_by(PoolReview.id.desc())))


def review_of(session: Session, person: Person, number: int) -> PoolReview:
    """One review. Raises NotFound where there is none of that number."""
    people.require(person, Action.SEE_PROPOSALS)
    return review_in_store(session, number)


def decisions_of(session: Session, person: Person, review_id: int) -> list[tuple[PoolProposal, Firm]]:
    """The proposals of a review, decided or not, of the firms this person reaches, in the order to decide them."""
    people.require(person, Action.SEE_PROPOSALS)
    statement = (
        select(PoolProposal, Firm)
        .join(Firm, Firm.id == PoolProposal.firm_id)
        .where(PoolProposal.review_id == review_id, people.visible_firms(person, Action.SEE_PROPOSALS))
    )
    return sorted(((one, firm) for one, firm in session.execute(statement).all()), key=lambda pair: order_of(pair[0]))


def found_in(session: Session, person: Person, review_id: int) -> list[tuple[PoolReviewFirm, Firm]]:
    """What a review found beside its proposals, of the firms this person reaches: by pool, standing and points."""
    people.require(person, Action.SEE_PROPOSALS)
    statement = (
        select(PoolReviewFirm, Firm)
        .join(Firm, Firm.id == PoolReviewFirm.firm_id)
        .where(PoolReviewFirm.review_id == review_id, people.visible_firms(person, Action.SEE_PROPOSALS))
        .order_by(PoolReviewFirm.id)
    )
    return [(one, firm) for one, firm in session.execute(statement).all()]


# --- within ----------------------------------------------------------------------------------------


def _in_on(on: date) -> ColumnElement[bool]:
    return (PoolMembership.entered_on <= on) & or_(PoolMembership.left_on.is_(None), PoolMembership.left_on > on)


def run_for(session: Session, as_of: date, policy: Policy) -> ScoreRun:
    """The scores that a review of the day rests on: the champion's latest that are recent enough (without a champion:
    the latest at all). Raises NoScores where there are none."""
    model_id = champion(session)
    oldest = as_of - timedelta(days=policy.scores_valid_days)
    run = current_run(session, between=(oldest, as_of), model_id=model_id)
    if run is not None:
        return run
    between = {"oldest": f"{oldest}", "as_of": f"{as_of}"}
    if model_id is None:
        text = N_(
            "The city has no scores between %(oldest)s and %(as_of)s to review. "
            "Score it first: goldseed score --as-of %(as_of)s"
        )
        raise NoScores(Message(text, between))
    text = N_(
        "The city has no scores of %(model)s between %(oldest)s and %(as_of)s to review. "
        "Score it first: goldseed score --as-of %(as_of)s"
    )
    raise NoScores(Message(text, {"model": model_id, **between}))


def basis_of(session: Session, as_of: date, policy: Policy) -> "tuple[ScoreRun | None, pd.Series]":
    """What a review of the day rests on: scores and their points; where no model has ever scored the city neither, and
    every firm of the city without points. Raises NoScores where the scores that there are are too old."""
    import pandas as pd

    if champion(session) is not None or current_run(session) is not None:
        run = run_for(session, as_of, policy)
        return run, points_of(session, run.id)
    firms = session.scalars(select(Firm.id).where(Firm.cohort == CITY).order_by(Firm.id)).all()
    return None, pd.Series(float("nan"), index=pd.Index(firms, dtype=object), name="points", dtype="float64")


def _stands_for(session: Session) -> str:
    """What stands for the figures of a review by the rules alone: they are the same until something is imported."""
    last = session.scalar(select(func.max(Import.id)))
    return hashlib.sha256(f"imports {last}".encode()).hexdigest()


def points_of(session: Session, run_id: int) -> "pd.Series":
    """The points of a run's firms of the city, by firm_id, sorted."""
    import pandas as pd

    scores = (
        select(Score.firm_id, Score.points)
        .join(Firm, Firm.id == Score.firm_id)
        .where(Score.run_id == run_id, Firm.cohort == CITY)
    )
    points = dict(session.execute(scores).all())
    return pd.Series(points, dtype="float64", name="points").sort_index()


def warned_of(session: Session, policy: Policy) -> "pd.Series":
    """How many reviews in a row have found each member at an exit condition of its pool, by firm_id."""
    import pandas as pd

    if policy.reviews_to_leave == 1:
        return pd.Series(dtype="int64")
    last = select(func.max(PoolReview.id)).scalar_subquery()
    found = select(PoolReviewFirm.firm_id, PoolReviewFirm.details).where(
        PoolReviewFirm.review_id == last, PoolReviewFirm.standing == "warned"
    )
    times = {firm: int(details.get("times", 1)) for firm, details in session.execute(found)}
    return pd.Series(times, dtype="int64")


def _settled(session: Session, changes: "pd.DataFrame", run: ScoreRun | None, policy: Policy, data: str) -> "pd.Series":
    """Which changes an officer has settled already, by firm_id: overruled on the same scores and policy (a firm whose
    score a later run has taken over has the same points; without scores on the same `data`), or deferred and still
    open; an empty word: neither."""
    import pandas as pd

    same: ColumnElement[bool] = PoolProposal.run_id.is_(None) & (PoolProposal.data_fingerprint == data)
    if run is not None:
        same = PoolProposal.run_id.in_(lineage_of(session, run))
    overruled = select(PoolProposal.firm_id, PoolProposal.action, PoolProposal.points).where(
        PoolProposal.state == "overruled",
        same,
        PoolProposal.rules_fingerprint == policy.fingerprint,
    )
    settled = {tuple(row) for row in session.execute(overruled)}
    points = changes["points"].astype(object).where(changes["points"].notna(), None)
    again = [key in settled for key in zip(changes.index, changes["action"], points, strict=True)]
    said = pd.Series("", index=changes.index, dtype=object).mask(pd.Series(again, changes.index, dtype=bool), OVERRULED)
    deferred = session.scalars(
        select(PoolProposal.firm_id).where(PoolProposal.state == "open", PoolProposal.deferred_until.is_not(None))
    ).all()
    return said.mask(changes.index.isin(deferred), DEFERRED)


def hash_of(proposed: "Proposed") -> str:
    """Of everything that a policy asked for and that was found beside it: SHA-256 of both as JSON."""
    changes = proposed.changes.reset_index()
    lines = [_plain(frame).to_dict("records") for frame in (changes, proposed.found)]
    return hashlib.sha256(json.dumps(lines, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def rules_fingerprint() -> str:
    """Of the rule books and of what they measure, as the program has them now: SHA-256."""
    digest = hashlib.sha256()
    for path in sorted(RULES_FOLDER.glob("*.yaml")):
        if path.name not in NOT_RULE_BOOKS or path.name == "measures.yaml":
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _plain(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with values that JSON has; labels in both languages."""
    plain = frame.assign(conditions=[_labels(labels) for labels in frame["conditions"]]).astype(object)
    return plain.where(plain.notna(), None)


def _labels(labels: tuple[Label, ...]) -> list[dict[str, str]]:
    return [{"zh": label.zh, "en": label.en} for label in labels]


def found_rows(proposed: "Proposed", settled: "pd.Series", review_id: int) -> list[dict[str, object]]:
    """What a review found beside its proposals, as rows of the table; a few hundred at most."""
    rows = [
        {
            "review_id": review_id,
            **{name: row[name] for name in ("firm_id", "pool", "standing", "place", "points")},
            "details": {"conditions": row["conditions"]},
        }
        for row in _plain(proposed.found).to_dict("records")
    ]
    changes = proposed.changes[settled != ""]
    rows += [
        {
            "review_id": review_id,
            "firm_id": row["firm_id"],
            "pool": row["from_pool"] or row["to_pool"],
            "standing": settled[row["firm_id"]],
            "place": None,
            "points": row["points"],
            "details": {"action": row["action"]},
        }
        for row in _plain(changes.reset_index()).to_dict("records")
    ]
    return rows


def _rows(changes: "pd.DataFrame", review: PoolReview, policy: Policy, now: datetime) -> list[dict[str, object]]:
    """The proposals as rows of the table; `changes` holds a few hundred at most."""
    caps = {"demote_cap": policy.golden.cap, "exit_cap": policy.seed.cap}
    shared = {
        "review_id": review.id,
        "as_of": review.as_of,
        "run_id": review.run_id,
        "model_id": review.model_id,
        "rules_fingerprint": policy.fingerprint,
        "data_fingerprint": review.data_fingerprint,
        "proposed_at": audit.utc(now),
        "state": "open",
    }
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
                **({"conditions": row["conditions"]} if row["conditions"] else {}),
            },
        }
        for row in _plain(changes.reset_index()).to_dict("records")
    ]

"""What the city's one-page report of a day says: pools, how far firms have come, what changed within a month,
districts, whom to watch, what is overdue, what was decided and what waits.

    pipeline, scoring.firm_list ──► special_report ──► special_report_papers.py

Memberships, stages, steps and scores are those of the day: what happened or was known later is never read. What the
lists say of a firm (its certificate, doubts, the board that is near) is worked out anew as of the day.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.pool_history import tutoring_on_day
from pipeline.pool_history.tutoring_on_day import CaseEnded, StageReached
from pipeline.pools import reviews
from pipeline.pools.model import GOLDEN, SEED
from pipeline.pools.reviews import Member
from pipeline.store.current import current_run
from pipeline.store.many_ids import one_of
from pipeline.store.pool_tables import NoticeObjection, PoolProposal
from pipeline.store.tables import CITY, Firm, FirmListRow, Score
from pipeline.store.trail.touched import FIGURES
from pipeline.tutoring.agenda.agenda import FirmToday, agenda
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.counts.way import WAY, stages_from, way_of_firms
from pipeline.tutoring.stages import STAGES
from pipeline.tutoring.visits import Step, open_steps

#: So many firms are watched.
WATCHED = 10


@dataclass(frozen=True)
class PoolCount:
    """How many firms are in a pool, and how many were a month before."""

    pool: str
    firms: int
    before: int


@dataclass(frozen=True)
class StageCount:
    """How many cases stand at a stage of tutoring, and how many did a month before."""

    stage: str
    firms: int
    before: int


@dataclass(frozen=True)
class WayCount:
    """How many firms have come to a step of the way to the market or further and stand there still: those in a pool,
    and all of the city."""

    step: str
    in_pool: int
    firms: int


@dataclass(frozen=True)
class Changes:
    """Who is in a pool and was in none a month before, is in the other pool, or in none any more; who came to which
    stage, and whose case was closed."""

    entered: Sequence[Member]
    promoted: Sequence[Member]
    demoted: Sequence[Member]
    left: Sequence[Member]
    reached: Sequence[StageReached]
    ended: Sequence[CaseEnded]


@dataclass(frozen=True)
class DistrictLine:
    """One district; `code` None: of unknown district. `overdue`: steps."""

    code: str | None
    seed: int
    golden: int
    tutored: int
    overdue: int


@dataclass(frozen=True)
class Decisions:
    """Of proposals within the month: confirmed and overruled. Waiting on the day: proposals, `oldest_on` the first of
    them was proposed, and objections of the public."""

    confirmed: int
    overruled: int
    waiting: int
    oldest_on: date | None
    objections: int


@dataclass(frozen=True)
class SpecialReport:
    """The report. `district`: of an officer who reaches one district alone, None the whole city; `since`: the day a
    month before; `scores_of`: the day of the scores that were in use; `watch`: the weightiest first; `overdue`: the
    longest overdue first."""

    as_of: date
    since: date
    district: str | None
    scores_of: date | None
    pools: Sequence[PoolCount]
    cases: int
    stages: Sequence[StageCount]
    way: Sequence[WayCount]
    changes: Changes
    districts: Sequence[DistrictLine]
    watch: Sequence[FirmToday]
    overdue: Sequence[Step]
    decisions: Decisions

    @property
    def in_pools(self) -> int:
        return sum(each.firms for each in self.pools)


def month_before(day: date) -> date:
    """The same day of the month before, or its last day where it has none."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, last.day))


def special_report(session: Session, person: Person, as_of: date) -> SpecialReport:
    """The report of a day about the firms that this person reaches. Raises NotAllowed for one who may not export what
    is known of pools, cases and findings."""
    for action in (Action.EXPORT, Action.SEE_POOLS, Action.SEE_PROPOSALS, Action.SEE_CASES, Action.SEE_FINDINGS):
        people.require(person, action)
    since = month_before(as_of)
    inside, before = reviews.members(session, as_of, person), reviews.members(session, since, person)
    lines = tutoring_on_day.cases_on(session, person, as_of)
    lines_before = tutoring_on_day.cases_on(session, person, since)
    overdue = [step for step in open_steps(session, as_of, person) if step.days_late > 0]
    run = current_run(session, between=(date.min, as_of))
    listed = _listed(session, as_of, lines, inside, None if run is None else run.id)
    told = agenda(session, person, as_of, mine=False, lines=lines, listed=listed)
    return SpecialReport(
        as_of=as_of,
        since=since,
        district=person.district_code,
        scores_of=None if run is None else run.as_of,
        pools=_pools(inside, before),
        cases=len(lines),
        stages=_stages(lines, lines_before),
        way=_way(session, person, as_of, inside),
        changes=_changes(session, person, since, as_of, inside, before),
        districts=_districts(inside, lines, overdue),
        watch=told.firms[:WATCHED],
        overdue=overdue,
        decisions=_decisions(session, person, since, as_of),
    )


# --- within ----------------------------------------------------------------------------------------


def _pools(inside: Sequence[Member], before: Sequence[Member]) -> list[PoolCount]:
    now, then = (Counter(member.pool for member in members) for members in (inside, before))
    return [PoolCount(pool, now[pool], then[pool]) for pool in (SEED, GOLDEN)]


def _stages(lines: Sequence[CaseLine], before: Sequence[CaseLine]) -> list[StageCount]:
    now, then = (Counter(line.case.stage for line in each) for each in (lines, before))
    return [StageCount(stage, now[stage], then[stage]) for stage in STAGES if STAGES[stage].follows]


def _way(session: Session, person: Person, as_of: date, inside: Sequence[Member]) -> list[WayCount]:
    which = and_(people.visible_firms(person, Action.SEE_FIRMS), Firm.cohort == CITY)
    stands = way_of_firms(session, as_of, which)["stands"]
    in_pool = stands.index.isin([member.firm_id for member in inside])
    counts = []
    for step in WAY:
        there = stands.isin(stages_from(step))
        counts.append(WayCount(step, int((there & in_pool).sum()), int(there.sum())))
    return counts


def _changes(
    session: Session, person: Person, since: date, as_of: date, inside: Sequence[Member], before: Sequence[Member]
) -> Changes:
    was = {member.firm_id: member for member in before}
    now = {member.firm_id for member in inside}
    moved = [member for member in inside if member.firm_id in was and was[member.firm_id].pool != member.pool]
    return Changes(
        entered=[member for member in inside if member.firm_id not in was],
        promoted=[member for member in moved if member.pool == GOLDEN],
        demoted=[member for member in moved if member.pool == SEED],
        left=[member for member in before if member.firm_id not in now],
        reached=tutoring_on_day.reached_between(session, person, since, as_of),
        ended=tutoring_on_day.ended_between(session, person, since, as_of),
    )


def _districts(inside: Sequence[Member], lines: Sequence[CaseLine], overdue: Sequence[Step]) -> list[DistrictLine]:
    """Every district that has a firm in a pool or in tutoring, in the order of their codes, the unknown one last."""
    pools = Counter((member.district_code or None, member.pool) for member in inside)
    tutored = Counter(line.district_code or None for line in lines)
    of_firm = {line.firm_id: line.district_code or None for line in lines}
    late = Counter(of_firm.get(step.firm_id) for step in overdue)
    codes = {code for code, _pool in pools} | set(tutored) | set(late)
    return [
        DistrictLine(code, pools[code, SEED], pools[code, GOLDEN], tutored[code], late[code])
        for code in sorted(codes, key=lambda code: (code is None, code or ""))
    ]


def _decisions(session: Session, person: Person, since: date, as_of: date) -> Decisions:
    proposals = (
        select(PoolProposal.state, func.count())
        .join(Firm, Firm.id == PoolProposal.firm_id)
        .where(PoolProposal.decided_on > since, PoolProposal.decided_on <= as_of)
        .where(people.visible_firms(person, Action.SEE_PROPOSALS))
        .group_by(PoolProposal.state)
    )
    taken = dict(session.execute(proposals).all())
    waiting = (
        select(func.count(), func.min(PoolProposal.as_of))
        .join(Firm, Firm.id == PoolProposal.firm_id)
        .where(
            PoolProposal.as_of <= as_of,
            or_(PoolProposal.state == "open", PoolProposal.decided_on > as_of),
            people.visible_firms(person, Action.SEE_PROPOSALS),
        )
    )
    count, oldest = session.execute(waiting).one()
    objections = (
        select(func.count())
        .select_from(NoticeObjection)
        .join(Firm, Firm.id == NoticeObjection.firm_id)
        .where(
            NoticeObjection.received_on <= as_of,
            or_(NoticeObjection.answered_on.is_(None), NoticeObjection.answered_on > as_of),
            people.visible_firms(person, Action.SEE_PROPOSALS),
        )
    )
    return Decisions(
        confirmed=taken.get("confirmed", 0),
        overruled=taken.get("overruled", 0),
        waiting=count,
        oldest_on=oldest,
        objections=session.scalar(objections) or 0,
    )


def _listed(
    session: Session, as_of: date, lines: Sequence[CaseLine], inside: Sequence[Member], run_id: int | None
) -> Mapping[str, FirmListRow]:
    """What the list would have said of the firms in tutoring on the day; the rows belong to no session."""
    from scoring.firm_list.rows import rows_of

    ids = sorted({line.firm_id for line in lines})
    if not ids:
        return {}
    figures = rows_of(session.connection(), as_of, ids, (FIGURES,)).rows
    scored = select(Score.firm_id, Score.points).where(Score.run_id == run_id, one_of(Score.firm_id, ids))
    points = dict(session.execute(scored).all())
    pools = {member.firm_id: member.pool for member in inside}
    table = figures[["hnte_expires_on", "in_doubt", "best_board", "best_state", "gap_share"]].astype(object)
    known = table.where(table.notna(), None).to_dict("index")
    return {firm: _row(firm, known.get(firm, {}), points.get(firm), pools.get(firm)) for firm in ids}


def _row(firm: str, known: Mapping[Any, Any], points: float | None, pool: str | None) -> FirmListRow:
    expires = known.get("hnte_expires_on")
    return FirmListRow(
        firm_id=firm,
        points=points,
        pool=pool,
        hnte_expires_on=None if expires is None else expires.date(),
        in_doubt=bool(known.get("in_doubt")),
        best_board=known.get("best_board"),
        best_state=known.get("best_state"),
        gap_share=known.get("gap_share"),
    )

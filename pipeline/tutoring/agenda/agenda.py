"""What waits for a person today, over the open cases that are theirs: steps that are due, problems that are overdue,
firms that nobody visited or did anything about for long, points that fell, doubts, certificates that run out, and whom
to visit this week and why.

    cases.py, visits.py, problems ──► agenda.py

Reads what is stored and changes nothing. What counts as long, and what each reason weighs, stands at the top.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Select, and_, bindparam, func, select, true
from sqlalchemy import case as either
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_, Message
from pipeline.store.current import current_run, run_of_day_before
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those, one_of_those_numbers
from pipeline.store.pool_tables import NoticeObjection, PoolProposal
from pipeline.store.tables import CaseStage, Firm, FirmListRow, Score, Visit
from pipeline.store.tutoring_tables import FirmObjection, OwnReturn
from pipeline.tutoring import cases, visits
from pipeline.tutoring.agenda.choice import chosen_firms
from pipeline.tutoring.agenda.returns_waiting import waits_for
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.event_boards import BOARDS
from pipeline.tutoring.mentors.leaders import cases_led_by
from pipeline.tutoring.problems.kinds import PROBLEM_KINDS
from pipeline.tutoring.problems.problem_lists import problems
from pipeline.tutoring.stages import STAGES
from pipeline.tutoring.visits import Step

#: After so many days without a visit a firm is named, by stage; before there are advisers somebody looks in twice a
#: year, later every quarter, and while a regulator or an exchange looks at it every other month.
VISIT_EVERY_DAYS: Mapping[str, int] = {
    stage: 180 if stage == "nurture" else 90 if stage in ("advisers", "share_reform") else 60 for stage in STAGES
}
#: A case in which no person did anything for so long is stale; imports and scores are no persons.
STALE_DAYS = 180
#: A fall of so many points is named: five halve the odds.
FALL_POINTS = 5.0
CERTIFICATE_DAYS = 180
WEEK = timedelta(days=7)
#: What each reason weighs in the order of the visits: what can be lost by waiting before what can be won.
WEIGHTS: Mapping[str, int] = {
    "overdue": 4,
    "problem": 3,
    "fell": 3,
    "certificate": 3,
    "near": 2,
    "doubt": 2,
    "due": 2,
    "unvisited": 2,
    "stale": 1,
}
MOST_VISITS = 10
#: What is read of the stored list, which has a column for everything that a grid shows.
_OF_THE_LIST = (
    FirmListRow.points,
    FirmListRow.pool,
    FirmListRow.hnte_expires_on,
    FirmListRow.in_doubt,
    FirmListRow.best_state,
    FirmListRow.best_board,
    FirmListRow.gap_share,
)


@dataclass(frozen=True)
class Reason:
    """Why a firm is named. `kind`: one of WEIGHTS."""

    kind: str
    message: Message


@dataclass(frozen=True)
class FirmToday:
    """A firm with everything that speaks for going there. `weight`: the sum of what its reasons weigh; `points`: of the
    current scores, None unknown or not the reader's to see; `last_visit`: None, never since the case was opened."""

    line: CaseLine
    points: float | None
    pool: str | None
    last_visit: date | None
    last_act: date
    reasons: Sequence[Reason]

    @property
    def weight(self) -> int:
        return sum(WEIGHTS[reason.kind] for reason in self.reasons)

    def because(self, *kinds: str) -> bool:
        return any(reason.kind in kinds for reason in self.reasons)

    def as_json(self) -> dict[str, object]:
        return {
            "firm_id": self.line.firm_id,
            "name": self.line.firm_name,
            "district_code": self.line.district_code,
            "stage": self.line.case.stage,
            "pool": self.pool,
            "mentor": self.line.mentor,
            "points": self.points,
            "last_visit": self.last_visit,
            "last_act": self.last_act,
            "weight": self.weight,
            "reasons": [{"kind": each.kind, "why": each.message} for each in self.reasons],
        }


@dataclass(frozen=True)
class Agenda:
    """`mine`: whether only the cases of this person were looked at; `overdue`, `this_week`: next steps; `firms`: every
    firm with a reason, the weightiest first; `proposals`, `objections` (of the public), `firm_objections`,
    `own_returns` (that firms sent): that wait for a decision or an answer of this person;
    `visits`: whom to visit this week, the weightiest first, whether the person has `chosen` them or not."""

    on: date
    mine: bool
    cases: int
    overdue: Sequence[Step]
    this_week: Sequence[Step]
    firms: Sequence[FirmToday]
    proposals: int
    objections: int
    firm_objections: int
    own_returns: int
    visits: Sequence[FirmToday]
    chosen: bool

    def as_json(self) -> dict[str, object]:
        return {
            "on": self.on,
            "mine": self.mine,
            "cases": self.cases,
            "overdue": [_step(each) for each in self.overdue],
            "this_week": [_step(each) for each in self.this_week],
            "visits": [each.line.firm_id for each in self.visits],
            "chosen": self.chosen,
            "firms": [each.as_json() for each in self.firms],
            "proposals": self.proposals,
            "objections": self.objections,
            "firm_objections": self.firm_objections,
            "own_returns": self.own_returns,
        }


def _step(step: Step) -> dict[str, object]:
    return {
        "visit": step.visit_id,
        "task": step.task_id,
        "firm_id": step.firm_id,
        "next_step": step.next_step,
        "due_on": step.due_on,
        "days_late": step.days_late,
        "owner": step.owner,
    }


def agenda(
    session: Session,
    person: Person,
    on: date,
    *,
    mine: bool | None = None,
    lines: Sequence[CaseLine] | None = None,
    listed: Mapping[str, Any] | None = None,
) -> Agenda:
    """What waits for a person on a day. `mine`: only the cases that they look after or stand by as a leader, and the
    steps that they are to do; None: these where there are any, else all that they reach. `lines`, `listed`: the cases
    open on a past day and what its list would have said of their firms (a FirmListRow each); None: today's."""
    people.require(person, Action.SEE_FINDINGS)
    lines = cases.open_cases(session, person, on) if lines is None else lines
    # What is due later is not told here; a city has far more of it.
    steps = visits.open_steps(session, on, person, until=on + WEEK)
    led = {case_id for case_id, _level in cases_led_by(session, person.id)}
    own = [line for line in lines if line.case.mentor_id == person.id or line.case.id in led]
    own_steps = [step for step in steps if step.owner == person.name]
    if mine is None:
        mine = bool(own or own_steps or visits.is_to_do_any(session, on, person))
    if mine:
        lines, steps = own, own_steps
    week = [step for step in steps if step.days_late <= 0 and step.due_on <= on + WEEK]
    overdue = [step for step in steps if step.days_late > 0]
    found = _firms(session, person, on, lines, overdue, week, listed)
    named = [firm for firm in found if firm.reasons]
    named.sort(key=_weightiest)
    chosen = chosen_firms(session, person, on)
    visits_of_week = named[:MOST_VISITS]
    if chosen is not None:
        visits_of_week = sorted((firm for firm in found if firm.line.firm_id in chosen), key=_weightiest)
    waiting = _waiting(session, person)
    return Agenda(on, mine, len(lines), overdue, week, named, *waiting, visits_of_week, chosen is not None)


def _weightiest(firm: FirmToday) -> tuple[object, ...]:
    return -firm.weight, firm.pool != "golden", -(firm.points or 0.0), firm.line.firm_id


# --- within ----------------------------------------------------------------------------------------


def _firms(
    session: Session,
    person: Person,
    on: date,
    lines: Sequence[CaseLine],
    overdue: Sequence[Step],
    week: Sequence[Step],
    listed: Mapping[str, Any] | None,
) -> list[FirmToday]:
    ids = [line.firm_id for line in lines]
    scored = set(session.scalars(_scores_seen(person), {"firms": ids}))
    if listed is None:
        listed = {row.firm_id: row for row in session.execute(_LISTED, {"firms": ids})}
    visited, acts = _last(session, [line.case.id for line in lines], on)
    fell = _falls(session, sorted(scored), on)
    hindered = _hindered(session, person, on) if lines else {}
    by_case: dict[int, list[Reason]] = {}
    for step in overdue:
        text = N_("“%(step)s” was due on %(day)s")
        by_case.setdefault(step.case_id, []).append(_reason("overdue", text, step=step.next_step, day=step.due_on))
    for step in week:
        text = N_("“%(step)s” is due on %(day)s")
        by_case.setdefault(step.case_id, []).append(_reason("due", text, step=step.next_step, day=step.due_on))
    found = []
    for line in lines:
        case, row = line.case, listed.get(line.firm_id)
        last_visit = visited.get(case.id)
        last_act = max(case.opened_on, acts.get(case.id, case.opened_on), last_visit or case.opened_on)
        reasons = [
            *by_case.get(case.id, []),
            *hindered.get(line.firm_id, []),
            *fell.get(line.firm_id, []),
            *_of_row(row, on),
            *_quiet(case.stage, case.opened_on, last_visit, last_act, on),
        ]
        points = row.points if row is not None and line.firm_id in scored else None
        found.append(FirmToday(line, points, None if row is None else row.pool, last_visit, last_act, tuple(reasons)))
    return found


def _reason(kind: str, text: str, **about: object) -> Reason:
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in about.items()}
    return Reason(kind, Message(text, plain))


def _of_row(row: Any, on: date) -> list[Reason]:
    """What the stored list says of a firm: its certificate, figures in doubt, a board that is near."""
    if row is None:
        return []
    reasons = []
    if row.hnte_expires_on is not None and row.hnte_expires_on <= on + timedelta(days=CERTIFICATE_DAYS):
        gone = row.hnte_expires_on < on
        text = N_("its HNTE certificate ran out on %(day)s") if gone else N_("its HNTE certificate runs out on %(day)s")
        reasons.append(_reason("certificate", text, day=row.hnte_expires_on))
    if row.in_doubt:
        reasons.append(_reason("doubt", N_("figures are in doubt and wait for an answer")))
    if row.best_state == "within_20_percent" and row.gap_share:
        text = N_("%(share)s short of the standard of %(board)s")
        board = BOARDS.get(row.best_board or "", row.best_board)
        reasons.append(_reason("near", text, share=f"{row.gap_share:.0%}", board=board))
    return reasons


def _quiet(stage: str, opened_on: date, last_visit: date | None, last_act: date, on: date) -> list[Reason]:
    """Whether nobody has been there for long, or done anything."""
    reasons = []
    days = (on - (last_visit or opened_on)).days
    if days > VISIT_EVERY_DAYS[stage]:
        text = N_("not visited for %(days)s days") if last_visit else N_("never visited in %(days)s days")
        reasons.append(_reason("unvisited", text, days=days))
    quiet = (on - last_act).days
    if quiet > STALE_DAYS:
        reasons.append(_reason("stale", N_("nobody has done anything for %(days)s days"), days=quiet))
    return reasons


def _last(session: Session, case_ids: Sequence[int], on: date) -> tuple[dict[int, date], dict[int, date]]:
    """The last visit of each case by the day, and the last day by then on which a person did anything: finished a step,
    moved a stage."""
    visited: dict[int, date] = {}
    acts: dict[int, date] = {}
    for number, visit, finished in session.execute(_LAST_VISITS, {"cases": case_ids, "on": on}):
        visited[number] = visit
        acts[number] = max(visit, finished or visit)
    for number, at in session.execute(_LAST_STAGES, {"cases": case_ids, "end": audit.end_of(on)}):
        acts[number] = max(acts.get(number, date.min), at.date() if isinstance(at, datetime) else at)
    return visited, acts


def _hindered(session: Session, person: Person, on: date) -> dict[str, list[Reason]]:
    """The firms with problems that should have been gone by the day."""
    text = N_("the problem “%(problem)s” was to be gone by %(day)s")
    found: dict[str, list[Reason]] = {}
    for problem in problems(session, person, on, overdue_only=True):
        kind = PROBLEM_KINDS.get(problem.kind, problem.kind)
        for firm in problem.firms:
            found.setdefault(firm, []).append(_reason("problem", text, problem=kind, day=problem.due_on))
    return found


def _falls(session: Session, firms: Sequence[str], on: date) -> dict[str, list[Reason]]:
    """The firms whose points fell, in the scores in use on the day, since those of the day before them."""
    now = current_run(session, between=(date.min, on))
    before = None if now is None else run_of_day_before(session, now)
    if now is None or before is None:
        return {}
    rows = session.execute(_FALLS, {"before": before.id, "now": now.id, "firms": firms})
    text = N_("its score fell from %(before)s to %(now)s points since %(day)s")
    return {
        firm: [_reason("fell", text, before=f"{then:.1f}", now=f"{points:.1f}", day=before.as_of)]
        for firm, then, points in rows
    }


def _waiting(session: Session, person: Person) -> tuple[int, int, int, int]:
    """Proposals, objections of the public, objections and returns of firms that wait for a decision of this person."""
    proposals, objections, firm_objections, own_returns = session.execute(_undecided(person)).one()
    return proposals, objections, firm_objections, own_returns


# --- what is asked, built once ---------------------------------------------------------------------

_LISTED = select(FirmListRow.firm_id, *_OF_THE_LIST).where(one_of_those(FirmListRow.firm_id, "firms"))
_ON = bindparam("on", type_=Date())
_LAST_VISITS = (
    select(Visit.case_id, func.max(Visit.visited_on), func.max(either((Visit.done_on <= _ON, Visit.done_on))))
    .where(one_of_those_numbers(Visit.case_id, "cases"), Visit.withdrawn_at.is_(None), Visit.visited_on <= _ON)
    .group_by(Visit.case_id)
)
_LAST_STAGES = (
    select(CaseStage.case_id, func.max(CaseStage.recorded_at))
    .where(one_of_those_numbers(CaseStage.case_id, "cases"), CaseStage.recorded_at < bindparam("end"))
    .group_by(CaseStage.case_id)
)
_OLD, _NEW = aliased(Score), aliased(Score)
_FALLS = (
    select(_OLD.firm_id, _OLD.points, _NEW.points)
    .join(_NEW, _NEW.firm_id == _OLD.firm_id)
    .where(_OLD.run_id == bindparam("before"), _NEW.run_id == bindparam("now"), one_of_those(_OLD.firm_id, "firms"))
    .where(_NEW.points <= _OLD.points - FALL_POINTS)
)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _scores_seen(person: Person) -> Select[str]:
    """Those of some firms whose scores the person may see."""
    return select(Firm.id).where(one_of_those(Firm.id, "firms"), people.visible_firms(person, Action.SEE_SCORES))


@lru_cache(maxsize=KEPT_STATEMENTS)
def _undecided(person: Person) -> Select[int, int, int, int]:
    """How many proposals, objections of the public, objections and returns of firms wait for a decision of the
    person."""
    decides = people.visible_firms(person, Action.DECIDE_POOLS)
    unanswered = and_(FirmObjection.accepted.is_(None), FirmObjection.withdrawn_on.is_(None))
    waiting: tuple[tuple[Any, Any, Any], ...] = (
        (PoolProposal, PoolProposal.state == "open", decides),
        (NoticeObjection, NoticeObjection.upheld.is_(None), decides),
        (FirmObjection, unanswered, people.visible_firms(person, Action.ANSWER_OBJECTIONS)),
        (OwnReturn, waits_for(person), true()),
    )
    return select(
        *(
            select(func.count())
            .select_from(kind)
            .join(Firm, Firm.id == kind.firm_id)
            .where(waits, mine)
            .scalar_subquery()
            for kind, waits, mine in waiting
        )
    )

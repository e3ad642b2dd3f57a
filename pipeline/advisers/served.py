"""Whose firms stand where: firms that an adviser advises by stage, and those that came far or fell out with it.

A firm counts for an adviser where the agreement held on the day: at its stage on the day asked for, and at what has
happened on the day on which that did. All of it as known then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, Subquery, and_, case, distinct, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.store.tables import Case, CaseStage, Firm
from pipeline.store.tutoring_tables import Adviser, Engagement
from pipeline.tutoring.advisers import agreed_by, holding, known_end, right_id
from pipeline.tutoring.stages import LAST, STAGES

#: What firms came to with an adviser.
REACHED = ("filed", "accepted", LAST)
REJECTED, OUT = "rejected", "out"


@dataclass(frozen=True)
class Served:
    """`firms`: that it advises on the day; `by_stage`: those in tutoring, by where they stand. `reached`: how many came
    to a stage of REACHED, or further; `rejected`; `out`: left tutoring otherwise than by being listed or rejected."""

    firms: int = 0
    by_stage: Mapping[str, int] = field(default_factory=dict)
    reached: Mapping[str, int] = field(default_factory=dict)
    rejected: int = 0
    out: int = 0


def served(session: Session, person: Person, on: date) -> dict[int, Served]:
    """Of each adviser that advises or has advised a firm that this person reaches."""
    people.require(person, Action.SEE_FINDINGS)
    end = audit.end_of(on)
    whose, mine = right_id(end), people.visible_firms(person, Action.SEE_FINDINGS)
    until = known_end(end)
    agreements = (
        select(whose.label("adviser"), Engagement.firm_id)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .join(Firm, Firm.id == Engagement.firm_id)
    )
    now = agreements.where(mine, holding(on, end)).distinct().subquery()
    advised = session.execute(select(now.c.adviser, func.count()).group_by(now.c.adviser))
    firms: dict[int, int] = dict(advised.all())
    stands = stages_on(on, end)
    by_stage: dict[int, dict[str, int]] = {}
    counted = (
        select(now.c.adviser, stands.c.stage, func.count(distinct(now.c.firm_id)))
        .join(stands, stands.c.firm_id == now.c.firm_id)
        .where(or_(stands.c.closed_on.is_(None), stands.c.closed_on > on))
        .group_by(now.c.adviser, stands.c.stage)
    )
    for adviser, stage, count in session.execute(counted):
        by_stage.setdefault(adviser, {})[stage] = count
    happened = _happened(on, end)
    then = and_(
        agreed_by(on, end), Engagement.agreed_on <= happened.c.day, or_(until.is_(None), until > happened.c.day)
    )
    order = list(STAGES)
    came = [happened.c.what.in_(order[order.index(stage) :]) for stage in REACHED]
    conditions = [*came, happened.c.what == REJECTED, happened.c.what == OUT]
    outcomes = (
        agreements.with_only_columns(
            whose.label("adviser"),
            *(func.count(distinct(case((condition, Engagement.firm_id)))) for condition in conditions),
        )
        .join(happened, happened.c.firm_id == Engagement.firm_id)
        .where(mine, then)
        .group_by(whose)
    )
    ends = {adviser: counts for adviser, *counts in session.execute(outcomes)}
    nothing = [0] * len(conditions)
    return {
        adviser: Served(
            firms.get(adviser, 0),
            {stage: by_stage[adviser][stage] for stage in STAGES if stage in by_stage.get(adviser, {})},
            dict(zip(REACHED, ends.get(adviser, nothing), strict=False)),
            *ends.get(adviser, nothing)[len(REACHED) :],
        )
        for adviser in {**firms, **ends}
    }


def stages_on(on: date, end: datetime) -> Subquery:
    """Where each case that was opened by the day stood on it, as known at this moment: case_id, firm_id, stage,
    closed_on."""
    last = func.row_number().over(partition_by=CaseStage.case_id, order_by=CaseStage.id.desc()).label("last")
    entered = (
        select(CaseStage.case_id, CaseStage.stage, Case.firm_id, Case.closed_on, last)
        .join(Case, Case.id == CaseStage.case_id)
        .where(_entered_by(on, end), Case.opened_on <= on)
        .subquery()
    )
    columns = (entered.c.case_id, entered.c.firm_id, entered.c.stage, entered.c.closed_on)
    return select(*columns).where(entered.c.last == 1).subquery()


def _entered_by(on: date, end: datetime) -> ColumnElement[bool]:
    there = or_(CaseStage.taken_back_at.is_(None), CaseStage.taken_back_at >= end)
    return and_(CaseStage.entered_on <= on, CaseStage.recorded_at < end, there)


def _happened(on: date, end: datetime) -> Subquery:
    """What cases came to, by day: firm_id, day, what (a stage from the filing on, rejected, out)."""
    order = list(STAGES)
    far = order[order.index(REACHED[0]) :]
    of_case = select(Case.firm_id, CaseStage.entered_on.label("day")).join(CaseStage, CaseStage.case_id == Case.id)
    left = case((Case.outcome == REJECTED, REJECTED), else_=OUT)
    return union_all(
        of_case.add_columns(CaseStage.stage.label("what")).where(_entered_by(on, end), CaseStage.stage.in_(far)),
        of_case.add_columns(literal(REJECTED)).where(_entered_by(on, end), CaseStage.back_by == REJECTED),
        select(Case.firm_id, Case.closed_on, left).where(Case.closed_on <= on, Case.outcome != LAST),
    ).subquery()

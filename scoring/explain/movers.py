"""Whose points moved most between two stored runs, what moved them, which lines of the pools they crossed, and what
changed meanwhile in their standing to the boards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, case, func, select
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.pools.in_force import policy_in_force
from pipeline.pools.model import NoPolicy, Policy
from pipeline.store.current import current_run
from pipeline.store.tables import CITY, Firm, FirmListRow, Score, ScoreRun
from scoring.explain.score_changes import ScoreChange, changes_between
from scoring.explain.standing_changes import RULES, StandingChange, standing_changes

#: What five points mean is said everywhere: they double the odds.
LEAST_POINTS = 5.0
MOST_SHOWN = 300


@dataclass(frozen=True)
class RunOfDay:
    """A run of the city's scores that others can be held against: the last one of its day."""

    id: int
    as_of: date
    model_id: str


@dataclass(frozen=True)
class Mover:
    """One firm. `change`: what moved its points; `crossed`: the lines of the pools that they have crossed since;
    `boards`: what its own figures, or changed rules, did to its standing to the boards."""

    firm_id: str
    name: str | None
    district_code: str | None
    pool: str | None
    stage: str | None
    change: ScoreChange
    crossed: Sequence[Message]
    boards: Sequence[StandingChange] = ()

    @property
    def by_rules(self) -> Sequence[StandingChange]:
        """What changed in its standing because the rules did."""
        return [each for each in self.told if each.because == RULES]

    @property
    def told(self) -> Sequence[StandingChange]:
        """What of it is worth telling."""
        return [each for each in self.boards if each.worth_telling]

    def as_json(self) -> JsonObject:
        return {
            "firm_id": self.firm_id,
            "name": self.name,
            "district_code": self.district_code,
            "pool": self.pool,
            "stage": self.stage,
            **self.change.as_json(),
            "what_moved": str(self.change.told()),
            "crossed": [str(each) for each in self.crossed],
            "boards": [each.as_json() for each in self.boards],
        }


@dataclass(frozen=True)
class Movers:
    """`compared`: firms that both runs score, of those that the person sees; `rose`, `fell`: of these by at least
    `least` points; `new`, `gone`: that only the later, or only the earlier run scores; `firms`: those that moved by so
    many, the furthest first, at most MOST_SHOWN; `rules`: the thresholds of the listing rules that differ between the
    two days, a row each (compare_regimes.changed_thresholds)."""

    before: RunOfDay
    now: RunOfDay
    least: float
    compared: int
    rose: int
    fell: int
    new: int
    gone: int
    firms: Sequence[Mover]
    rules: Sequence[Mapping[str, Any]] = ()

    def as_json(self) -> JsonObject:
        return {
            "before": {"run": self.before.id, "as_of": self.before.as_of.isoformat(), "model": self.before.model_id},
            "now": {"run": self.now.id, "as_of": self.now.as_of.isoformat(), "model": self.now.model_id},
            "least": self.least,
            **{name: getattr(self, name) for name in ("compared", "rose", "fell", "new", "gone")},
            "rules_changed": [dict(each) for each in self.rules],
            "firms": [each.as_json() for each in self.firms],
        }


def runs_to_compare(session: Session) -> list[RunOfDay]:
    """The last run of each day on which the city was scored, the latest day first: the current run, and those before
    it."""
    last = select(func.max(ScoreRun.id)).where(ScoreRun.cohort == CITY).group_by(ScoreRun.as_of)
    runs = session.scalars(select(ScoreRun).where(ScoreRun.id.in_(last)).order_by(ScoreRun.as_of.desc()))
    return [RunOfDay(run.id, run.as_of, run.model_id) for run in runs]


def movers(
    engine: Engine,
    models_dir: Path,
    person: Person,
    since: date | None = None,
    *,
    least: float = LEAST_POINTS,
    most: int = MOST_SHOWN,
) -> Movers:
    """Of the firms whose scores this person sees: who moved since the scores of a day (None: of the day before the
    current ones). Raises NotAllowed, NotFound where there are no two days to compare, or none of that day."""
    people.require(person, Action.SEE_SCORES)
    with Session(engine, expire_on_commit=False) as session:
        before, now = _pair(session, since)
        counts, rows = _moved(session, person, before, now, least, most)
        policy = _policy(session, now.as_of)
        runs = tuple(session.get_one(ScoreRun, run.id) for run in (before, now))
    changes = changes_between(engine, models_dir, runs[0], runs[1], [row.id for row in rows])
    standings = standing_changes(engine, before.as_of, now.as_of, [row.id for row in rows], CITY)
    found = []
    for row in rows:
        change = changes.of(row.id)
        if change is not None:
            crossed = crossed_lines(policy, change.points_before, change.points_now)
            about = (row.name, row.district_code, row.pool, row.stage)
            found.append(Mover(row.id, *about, change, crossed, standings.of(row.id)))
    return Movers(before, now, least, *counts, firms=found, rules=standings.rules.to_dict("records"))


def crossed_lines(policy: Policy | None, before: float, now: float) -> list[Message]:
    """The lines in points of the pools that lie between two scores; none where the policy has none."""
    if policy is None:
        return []
    lines = [
        (policy.seed.enter_points, N_("reaches the seed pool's line of %(line)s points"), True),
        (policy.golden.enter_points, N_("reaches the golden-seed pool's line of %(line)s points"), True),
        (policy.golden.leave_points, N_("falls below the golden-seed pool's exit line of %(line)s points"), False),
        (policy.seed.leave_points, N_("falls below the seed pool's exit line of %(line)s points"), False),
    ]
    return [
        Message(text, {"line": f"{line:g}"})
        for line, text, upwards in lines
        if line is not None and (before < line <= now if upwards else now < line <= before)
    ]


# --- within ----------------------------------------------------------------------------------------


def _pair(session: Session, since: date | None) -> tuple[RunOfDay, RunOfDay]:
    current = current_run(session)
    runs = runs_to_compare(session)
    if current is None:
        raise NotFound(Message(N_("The city has no scores yet.")))
    now = RunOfDay(current.id, current.as_of, current.model_id)
    earlier = [run for run in runs if run.as_of < now.as_of]
    if since is not None:
        earlier = [run for run in earlier if run.as_of == since]
    if not earlier:
        days = [run.as_of.isoformat() for run in runs if run.as_of < now.as_of]
        if since is None or not days:
            raise NotFound(Message(N_("The city was scored on one day only, %(day)s."), {"day": f"{now.as_of}"}))
        text = N_("There are no scores of %(day)s before those of %(now)s. Days with scores: %(days)s.")
        raise NotFound(Message(text, {"day": f"{since}", "now": f"{now.as_of}", "days": days}))
    return earlier[0], now


def _moved(
    session: Session, person: Person, before: RunOfDay, now: RunOfDay, least: float, most: int
) -> tuple[tuple[int, int, int, int, int], Sequence[Any]]:
    """How many were compared, rose, fell, are new and gone; and who moved by at least so many points."""
    old, new = aliased(Score), aliased(Score)
    visible = people.visible_firms(person, Action.SEE_SCORES)
    moved = new.points - old.points

    both = (
        select(
            func.count(),
            func.coalesce(func.sum(case((moved >= least, 1), else_=0)), 0),
            func.coalesce(func.sum(case((moved <= -least, 1), else_=0)), 0),
        )
        .select_from(old)
        .join(new, new.firm_id == old.firm_id)
        .join(Firm, Firm.id == old.firm_id)
        .where(old.run_id == before.id, new.run_id == now.id, visible)
    )
    compared, rose, fell = session.execute(both).one()
    scored = [
        session.scalar(
            select(func.count())
            .select_from(Score)
            .join(Firm, Firm.id == Score.firm_id)
            .where(Score.run_id == run.id, visible)
        )
        or 0
        for run in (now, before)
    ]
    rows = session.execute(
        select(Firm.id, Firm.name, Firm.district_code, FirmListRow.pool, FirmListRow.stage)
        .select_from(old)
        .join(new, new.firm_id == old.firm_id)
        .join(Firm, Firm.id == old.firm_id)
        .outerjoin(FirmListRow, FirmListRow.firm_id == Firm.id)
        .where(old.run_id == before.id, new.run_id == now.id, visible, func.abs(moved) >= least)
        .order_by(func.abs(moved).desc(), Firm.id)
        .limit(most)
    ).all()
    return (compared, rose, fell, scored[0] - compared, scored[1] - compared), rows


def _policy(session: Session, day: date) -> Policy | None:
    try:
        return policy_in_force(session, day)
    except NoPolicy:
        return None

"""How the targets of the city's plans stand on a day: the one function behind page, command and report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.districts import DISTRICTS
from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from pipeline.store.current import current_run
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Firm, Model, Score
from pipeline.targets.baselines import CITY_WIDE, Entered, standing_of
from pipeline.targets.counting import (
    ELSEWHERE,
    Count,
    Known,
    OnDay,
    days_of,
    known_on,
    last_year_with_figures,
)
from pipeline.targets.forecasting import Forecast, Foretold, forecast
from pipeline.targets.model import Plan, Target
from pipeline.targets.plan_file import plan as plan_named
from pipeline.targets.plan_file import plans as every_plan
from pipeline.targets.plan_file import target_of
from pipeline.targets.splitting import equal_steps, on_the_line, quarter_ends, shared_out

REACHED, MISSED, ON_TRACK, AT_RISK, BEHIND, UNKNOWN = "reached", "missed", "on_track", "at_risk", "behind", "unknown"
#: How a state is called (msgids).
STATES: Mapping[str, str] = {
    REACHED: N_("reached"),
    ON_TRACK: N_("on track"),
    AT_RISK: N_("at risk"),
    BEHIND: N_("behind"),
    MISSED: N_("missed"),
    UNKNOWN: N_("not known"),
}
#: The chances from which a target counts as on track, and as at risk.
_ON_TRACK, _AT_RISK = 0.5, 0.1
_DAYS_A_MONTH = 365.25 / 12
#: A change of figures is foretold by those of so many years before, also of before the plan.
_YEARS_OF_CHANGE = 5
FACTS, ENTERED = "facts", "entered"
#: How a state comes about, for its readers.
HOW = N_(
    "Reached or missed: the count on the goal's day. Before it: on track where the forecast reaches the goal in at "
    "least half of the draws, at risk in at least a tenth, else behind; without a forecast by the straight line from "
    "the baseline."
)


@dataclass(frozen=True)
class GoalStanding:
    """`needed`: the least count that reaches it, None where that needs a baseline that is not known."""

    says: Message
    needed: int | None


@dataclass(frozen=True)
class DistrictStanding:
    """One district's part; "" those of none. `goal`: its part of the goal, `milestone`: of what the year asks for; None
    where they are not known."""

    district: str
    baseline: int | None
    count: int | None
    milestone: int | None
    goal: int | None


@dataclass(frozen=True)
class TargetStanding:
    """`now`: the last count; `years` and `quarters`: those before, within the plan; `baseline_by`: facts or entered,
    None where nobody knows it; `entered`: what somebody entered, also where facts win; `line`: what the straight line
    asks for on the day of `now`; `milestones`: what each year's end asks for; `split_derived`, `milestones_derived`:
    the plan says nothing of them."""

    id: str
    name: Label
    counts: str
    by_figures: bool
    goals: Sequence[GoalStanding]
    needed: int | None
    baseline: int | None
    baseline_by: str | None
    entered: int | None
    entered_source: str
    now: Count | None
    years: Sequence[Count]
    quarters: Sequence[Count]
    line: float | None
    milestones: Mapping[str, int]
    milestones_derived: bool
    forecast: Forecast | None
    state: str
    districts: Sequence[DistrictStanding]
    split_derived: bool


@dataclass(frozen=True)
class PlanStanding:
    id: str
    name: Label
    baseline: date
    ends: date
    source: str
    confidence: str
    note: Label
    targets: Sequence[TargetStanding]


@dataclass(frozen=True)
class Standing:
    """`district`: the one that is told of beside the city, None: all."""

    as_of: date
    district: str | None
    plans: Sequence[PlanStanding]

    def as_json(self) -> JsonObject:
        return {
            "as_of": self.as_of.isoformat(),
            "district": self.district,
            "plans": [_plan_json(each) for each in self.plans],
        }


def standing(session: Session, person: Person, as_of: date, plan_id: str | None = None) -> Standing:
    """How the targets stand as known on `as_of`, over all firms of the city; of the districts an officer of one is told
    of that one alone. Raises NotAllowed, and NotFound for an unknown plan."""
    people.require(person, Action.SEE_PLAN)
    shown = every_plan() if plan_id is None else (plan_named(plan_id),)
    what = known_on(session.connection(), as_of)
    days: dict[date, OnDay] = {}
    foretold = _foretold(session, as_of)
    found = [_plan(session, each, what, days, foretold, person.district_code) for each in shown]
    return Standing(as_of, person.district_code, found)


@dataclass(frozen=True)
class FirmBehind:
    firm_id: str
    name: str | None
    district: str


def firms_behind(
    session: Session, person: Person, plan_id: str, target_id: str, day: date, as_of: date
) -> Sequence[FirmBehind]:
    """The firms behind the number of a target on a day, as known on `as_of`, by district and name; those within this
    person's reach. Raises NotAllowed, NotFound."""
    people.require(person, Action.SEE_PLAN)
    _of, target = target_of(plan_id, target_id)
    what = known_on(session.connection(), as_of)
    there = OnDay(what, min(day, as_of))
    if there.count(target).found is None:
        return []
    ids = list(there.firms(target))
    reached = select(Firm).where(one_of(Firm.id, ids), people.visible_firms(person, Action.SEE_PLAN))
    names = {firm.id: firm.name for firm in session.scalars(reached)}
    districts = what.districts
    listed = [FirmBehind(each, name, str(districts.get(each, ELSEWHERE))) for each, name in names.items()]
    return sorted(listed, key=lambda firm: (firm.district or "~", firm.name or "", firm.firm_id))


def last_day(target: Target, as_of: date, ends: date) -> date:
    """The day of the last count of a target: the goal's day once that is over, else today, or the last fiscal year's
    end of which the figures count as known."""
    return min(ends, date(last_year_with_figures(as_of), 12, 31) if target.by_figures else as_of)


def _foretold(session: Session, as_of: date) -> Foretold | None:
    """The probabilities of listings of the last scores by then, where their model foretells listings."""
    run = current_run(session, between=(date.min, as_of))
    model = None if run is None else session.get(Model, run.model_id)
    if run is None or model is None or model.event != "listed":
        return None
    found = session.scalars(select(Score.probability).where(Score.run_id == run.id)).all()
    return Foretold(np.asarray(found, dtype=np.float64), run.as_of, round(model.within_months * _DAYS_A_MONTH))


def _plan(
    session: Session,
    plan: Plan,
    what: Known,
    days: dict[date, OnDay],
    foretold: Foretold | None,
    district: str | None,
) -> PlanStanding:
    entered = standing_of(session, plan.id)

    def count(target: Target, day: date) -> Count:
        if day not in days:
            days[day] = OnDay(what, day)
        return days[day].count(target)

    return PlanStanding(
        id=plan.id,
        name=plan.name,
        baseline=plan.baseline,
        ends=plan.ends,
        source=plan.source,
        confidence=plan.confidence,
        note=plan.note,
        targets=[_target(plan, each, what, count, entered, foretold, district) for each in plan.targets],
    )


def _target(
    plan: Plan,
    target: Target,
    what: Known,
    count: Callable[[Target, date], Count],
    entered: Mapping[tuple[str, str], Entered],
    foretold: Foretold | None,
    district: str | None,
) -> TargetStanding:
    years = [count(target, day) for day in days_of(target, plan.baseline, what.as_of, plan.ends)]
    last = last_day(target, what.as_of, plan.ends)
    now = count(target, last) if last >= plan.baseline else None
    ended = min(plan.ends, what.as_of)
    quarters = [] if target.by_figures else [count(target, day) for day in quarter_ends(plan.baseline, ended)]
    own = entered.get((target.id, CITY_WIDE))
    by_facts = years[0].found if years else None
    baseline = by_facts if by_facts is not None else own.value if own else None
    goals = [GoalStanding(goal.message, goal.needed(baseline)) for goal in target.goals]
    known = [goal.needed for goal in goals if goal.needed is not None]
    needed = max(known) if len(known) == len(goals) else None
    steps = _milestones(plan, target, baseline, needed)
    line = None
    if baseline is not None and needed is not None and now is not None:
        line = on_the_line(baseline, needed, plan.baseline, plan.ends, now.day)
    foreseen = None
    if now is not None and now.day < plan.ends:
        past = [count(target, date(year, 12, 31)) for year in range(now.day.year - _YEARS_OF_CHANGE, now.day.year)]
        foreseen = forecast(target, what, now, [*past, now], plan.ends, needed, foretold)
    parts = _parts(target, years, now, baseline, entered)
    return TargetStanding(
        id=target.id,
        name=target.name,
        counts=target.counts,
        by_figures=target.by_figures,
        goals=goals,
        needed=needed,
        baseline=baseline,
        baseline_by=FACTS if by_facts is not None else ENTERED if own else None,
        entered=own.value if own else None,
        entered_source=own.source if own else "",
        now=_told_to(now, district),
        years=[_told(each, district) for each in years],
        quarters=[_told(each, district) for each in quarters],
        line=line,
        milestones={day.isoformat(): number for day, number in steps.items()},
        milestones_derived=not target.milestones,
        forecast=foreseen,
        state=state_of(now, known, needed, plan.ends, line, foreseen),
        districts=[each for each in parts.standings(needed, steps, now) if district in (None, each.district)],
        split_derived=not target.districts,
    )


def _told(count: Count, district: str | None) -> Count:
    """The same with no district but this one; None: with all."""
    if district is None:
        return count
    return replace(count, by_district={code: n for code, n in count.by_district.items() if code == district})


def _told_to(count: Count | None, district: str | None) -> Count | None:
    return None if count is None else _told(count, district)


def state_of(
    now: Count | None,
    known: Sequence[int],
    needed: int | None,
    ends: date,
    line: float | None,
    foreseen: Forecast | None,
) -> str:
    """HOW says how. `known`: what each goal needs of which that is known; `needed`: what all of them need, None where
    one is not known: what misses another has missed all the same."""
    if now is None or now.found is None:
        return UNKNOWN
    over = now.day >= ends
    if over and known and now.found < max(known):
        return MISSED
    if needed is None:
        return UNKNOWN
    if over:
        return REACHED
    if foreseen is not None and foreseen.chance is not None:
        return ON_TRACK if foreseen.chance >= _ON_TRACK else AT_RISK if foreseen.chance >= _AT_RISK else BEHIND
    if line is None:
        return UNKNOWN
    return ON_TRACK if now.found >= line else AT_RISK


def _milestones(plan: Plan, target: Target, baseline: int | None, goal: int | None) -> dict[date, int]:
    if target.milestones:
        return dict(target.milestones)
    if baseline is None or goal is None:
        return {}
    return equal_steps(baseline, goal, plan.baseline, plan.ends)


@dataclass(frozen=True)
class _Parts:
    """The districts' parts of a target: `weights` in proportion to which a goal is shared out, `stated` by the plan."""

    baselines: Mapping[str, int]
    weights: Mapping[str, int]
    stated: Mapping[str, int]

    def standings(self, goal: int | None, steps: Mapping[date, int], now: Count | None) -> list[DistrictStanding]:
        """One a district, and those of none; baselines, counts and goals each add up to the city's."""
        goals = {} if goal is None else dict(self.stated) if self.stated else shared_out(goal, self.weights)
        due = None if now is None else min((day for day in steps if day >= now.day), default=None)
        milestones = {} if due is None else shared_out(steps[due], goals or self.weights)
        counted = {} if now is None or now.found is None else now.by_district
        every = dict.fromkeys([*self.weights, *self.baselines, *counted])
        return [
            DistrictStanding(
                district=code,
                baseline=self.baselines.get(code, 0 if self.baselines else None),
                count=counted.get(code, 0) if counted else None,
                milestone=milestones.get(code),
                goal=goals.get(code),
            )
            for code in every
        ]


def _parts(
    target: Target,
    years: Sequence[Count],
    now: Count | None,
    baseline: int | None,
    entered: Mapping[tuple[str, str], Entered],
) -> _Parts:
    """By the facts of the baseline; else by what was entered of every district; else in proportion to the first count
    that is known. Firms of no district have no part of a goal."""
    counted = [each for each in (*years, *([] if now is None else [now])) if each.found is not None]
    first = counted[0].by_district if counted else dict.fromkeys(DISTRICTS, 0)
    weights = {code: number for code, number in first.items() if code != ELSEWHERE}
    own = {code: each.value for (name, code), each in entered.items() if name == target.id and code != CITY_WIDE}
    if years and years[0].found is not None:
        return _Parts(dict(years[0].by_district), weights, target.districts)
    if set(own) == set(DISTRICTS) and sum(own.values()) == baseline:
        return _Parts(own, own, target.districts)
    shared = {} if baseline is None else shared_out(baseline, weights)
    return _Parts(shared, weights, target.districts)


def _plan_json(plan: PlanStanding) -> JsonObject:
    return {
        "id": plan.id,
        "name": _both(plan.name),
        "baseline_day": plan.baseline.isoformat(),
        "ends": plan.ends.isoformat(),
        "source": plan.source,
        "confidence": plan.confidence,
        "note": _both(plan.note),
        "targets": [_target_json(each) for each in plan.targets],
    }


def _target_json(target: TargetStanding) -> JsonObject:
    foreseen = target.forecast
    return {
        "id": target.id,
        "name": _both(target.name),
        "counts": target.counts,
        "goals": [{"says": str(goal.says), "needed": goal.needed} for goal in target.goals],
        "needed": target.needed,
        "baseline": target.baseline,
        "baseline_by": target.baseline_by,
        "entered_baseline": target.entered,
        "entered_source": target.entered_source or None,
        "now": None if target.now is None else _count_json(target.now),
        "line": target.line,
        "years": [_count_json(each) for each in target.years],
        "quarters": [_count_json(each) for each in target.quarters],
        "milestones": dict(target.milestones),
        "milestones_derived": target.milestones_derived,
        "state": target.state,
        "forecast": None
        if foreseen is None
        else {
            "day": foreseen.day.isoformat(),
            "expected": foreseen.expected,
            "low": foreseen.low,
            "high": foreseen.high,
            "chance": foreseen.chance,
            "why": [str(each) for each in foreseen.why],
        },
        "districts": [
            {
                "district": each.district or None,
                "baseline": each.baseline,
                "count": each.count,
                "milestone": each.milestone,
                "goal": each.goal,
            }
            for each in target.districts
        ],
        "split_derived": target.split_derived,
    }


def _count_json(count: Count) -> JsonObject:
    return {
        "day": count.day.isoformat(),
        "count": count.found,
        "undecided": count.undecided,
        "by_district": dict(count.by_district),
    }


def _both(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}

"""The report of a day: targets, rungs and pools, what happened, districts side by side, and every firm behind a number.

Step 5 of the flow: states.py, sums.py, ranking.py -> **report.py** -> tables.py
Everything is as it was known on the day: made again later, with the same day, it says the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.json_values import JsonObject
from pipeline.ladder.records import held_on, records_as_known_on
from pipeline.ladder.rungs import rungs
from pipeline.language import Label
from pipeline.monitoring.periods import Period, periods_of
from pipeline.monitoring.ranking import IN_POOLS, KEPT, VISITED, Ranking, ranked
from pipeline.monitoring.states import Move, State, StateOf, states
from pipeline.monitoring.sums import Happened, SumOf, sums
from pipeline.store.tables import CITY, Case, Firm, Visit
from pipeline.targets.standing import standing

if TYPE_CHECKING:
    import pandas as pd

#: A firm in tutoring counts as visited within so many days, a certificate as kept that ended within so many.
VISITED_WITHIN_DAYS, ENDED_WITHIN_DAYS = 90, 365
_HNTE = "hnte"


@dataclass(frozen=True)
class TargetLine:
    """A target of a plan: `needed` the least count that reaches it, `count` the last one, of `day`; None where not
    known. `districts`: district, its count, what the year asks of it."""

    plan: Label
    name: Label
    needed: int | None
    count: int | None
    day: date | None
    state: str
    districts: Sequence[tuple[str, int | None, int | None]]


@dataclass(frozen=True)
class Report:
    """`district`: whose firms alone are told of, None: the city's; `names`: firm_id -> name and district of every firm
    behind a number."""

    as_of: date
    district: str | None
    firms: int
    periods: Sequence[Period]
    targets: Sequence[TargetLine]
    states: Sequence[State]
    moves: Sequence[Move]
    happened: Sequence[Happened]
    rankings: Sequence[Ranking]
    names: Mapping[str, tuple[str, str]]

    def as_json(self) -> JsonObject:
        return {
            "as_of": self.as_of,
            "district": self.district,
            "firms": self.firms,
            "periods": [{"period": one.kind, "from": one.begins, "until": one.ends} for one in self.periods],
            "targets": [
                {
                    "plan": _both(one.plan),
                    "target": _both(one.name),
                    "needed": one.needed,
                    "count": one.count,
                    "day": one.day,
                    "state": one.state,
                    "districts": [
                        {"district": code, "count": count, "milestone": wanted} for code, count, wanted in one.districts
                    ],
                }
                for one in self.targets
            ],
            "rungs": [
                {
                    "rung": one.rung,
                    **_state_json(one.whole),
                    "districts": [{"district": of.district, **_state_json(of)} for of in one.districts],
                    "firms": list(one.firms),
                }
                for one in self.states
            ],
            "changes": [
                {
                    "rung": one.rung,
                    "firm_id": one.firm_id,
                    "name": self.names[one.firm_id][0],
                    "district": self.names[one.firm_id][1],
                    "came": one.came,
                    "periods": list(one.periods),
                    "why": one.why,
                }
                for one in self.moves
            ],
            "happened": [
                {
                    "of": one.of,
                    "what": one.what,
                    **_sum_json(one.whole),
                    "districts": [{"district": of.district, **_sum_json(of)} for of in one.districts],
                    "firms": [{"firm_id": firm, "day": day, "fen": fen} for firm, day, fen in one.behind],
                }
                for one in self.happened
            ],
            "rankings": [
                {"indicator": one.indicator, "districts": [vars(of) | {} for of in one.districts]}
                for one in self.rankings
            ],
        }


def report(session: Session, person: Person, as_of: date) -> Report:
    """The report of the firms that this person reaches: of the city, or of one district. Raises NotAllowed."""
    import pandas as pd

    people.require(person, Action.SEE_PLAN)
    rows = session.execute(select(Firm.id, Firm.name, Firm.district_code).where(Firm.cohort == CITY)).all()
    districts = pd.Series({row.id: row.district_code or "" for row in rows}, dtype=object).sort_index()
    names = {row.id: (row.name or row.id, row.district_code or "") for row in rows}
    mine, chosen = districts, None
    if person.district_code is not None:
        mine = districts[districts == person.district_code]
        chosen = [str(firm) for firm in mine.index]
    periods = periods_of(as_of)
    found, moves = states(session, periods, as_of, mine, chosen)
    happened = sums(session, periods, as_of, mine, chosen)
    rankings = _rankings(session, as_of, districts)
    if person.district_code is not None:
        rankings = [
            Ranking(one.indicator, [of for of in one.districts if of.district == person.district_code])
            for one in rankings
        ]
    behind = {firm for one in found for firm in one.firms} | {one.firm_id for one in moves}
    behind |= {firm for one in happened for firm, _day, _fen in one.behind}
    return Report(
        as_of=as_of,
        district=person.district_code,
        firms=len(mine),
        periods=periods,
        targets=_targets(session, person, as_of),
        states=found,
        moves=moves,
        happened=happened,
        rankings=rankings,
        names={firm: names[firm] for firm in sorted(behind)},
    )


# --- within ----------------------------------------------------------------------------------------


def _targets(session: Session, person: Person, as_of: date) -> list[TargetLine]:
    return [
        TargetLine(
            plan.name,
            one.name,
            one.needed,
            None if one.now is None else one.now.found,
            None if one.now is None else one.now.day,
            one.state,
            [(of.district, of.count, of.milestone) for of in one.districts],
        )
        for plan in standing(session, person, as_of).plans
        for one in plan.targets
    ]


def _rankings(session: Session, as_of: date, districts: "pd.Series") -> list[Ranking]:
    """Of all districts, also where one alone is told of: its place is among all."""
    import pandas as pd

    every, connection = rungs(), session.connection()
    records = records_as_known_on(connection, as_of, every, CITY)
    held = held_on(records, districts.index, every, as_of)
    hnte, pools = held[_HNTE], held["seed"] | held["golden"]
    ended = records[
        (records["rung"] == _HNTE)
        & records["ends"].between(pd.Timestamp(as_of - timedelta(days=ENDED_WITHIN_DAYS)), pd.Timestamp(as_of))
    ]["firm_id"].unique()
    had = pd.Series(districts.index.isin(ended), districts.index)
    end = audit.end_of(as_of)
    open_ = select(Case.firm_id).where(Case.opened_on <= as_of, or_(Case.closed_on.is_(None), Case.closed_on > as_of))
    seen = (
        select(Case.firm_id)
        .join(Visit, Visit.case_id == Case.id)
        .where(
            Visit.visited_on > as_of - timedelta(days=VISITED_WITHIN_DAYS),
            Visit.visited_on <= as_of,
            Visit.recorded_at < end,
            or_(Visit.withdrawn_at.is_(None), Visit.withdrawn_at >= end),
        )
    )
    tutored = pd.Series(districts.index.isin(session.scalars(open_).all()), districts.index)
    visited = tutored & districts.index.isin(session.scalars(seen).all())
    return [
        _ranked(IN_POOLS, pools & hnte, hnte, districts),
        _ranked(KEPT, had & hnte, had, districts),
        _ranked(VISITED, visited, tutored, districts),
    ]


def _ranked(indicator: str, counted: "pd.Series", of: "pd.Series", districts: "pd.Series") -> Ranking:
    counts = {
        str(code): (int(counted[districts == code].sum()), int(of[districts == code].sum()))
        for code in sorted(set(districts))
        if code
    }
    return ranked(indicator, counts)


def _both(label: Label) -> JsonObject:
    return {"zh": label.zh, "en": label.en}


def _state_json(of: StateOf) -> JsonObject:
    return {"now": of.now, "periods": {kind: vars(one) | {} for kind, one in of.periods.items()}}


def _sum_json(of: SumOf) -> JsonObject:
    return {"periods": {kind: vars(one) | {} for kind, one in of.periods.items()}}

"""The ranking of a day: every firm in its stage of life, with what made its total; near ties; what each weight does."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipeline.json_values import JsonObject
from pipeline.pacesetters.scoring import MOVED_BY, Scored, inside, moved, scored, totals
from pipeline.pacesetters.terms import STAGES, Edition, Indicator, terms
from pipeline.rules.evaluation import conditions, measure_values
from pipeline.rules.evaluation.firm_years import FirmYears, Floats

#: What a firm is that stands in no stage: its age, or its revenue where that decides, is unknown.
UNKNOWN_STAGE = ""


@dataclass(frozen=True)
class Part:
    """One indicator of a firm: `value` in base units and `rank` from 0 to 100, None where unknown; `points` of the
    total."""

    indicator: str
    value: float | None
    rank: float | None
    points: float


@dataclass(frozen=True)
class RankedFirm:
    """`place` 1 is the best; firms with the same total share it (`tied`). `near`: so near to the border that one place
    in one indicator could change who is in. `known`: the share of the weight that is known."""

    firm_id: str
    name: str | None
    district: str | None
    place: int
    total: float
    known: float
    is_in: bool
    tied: bool
    near: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class NotRanked:
    """A firm of which too little is known. `missing`: the indicators."""

    firm_id: str
    name: str | None
    known: float
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Shift:
    """What it does to move one weight: who comes in and who goes out."""

    indicator: str
    before: float
    after: float
    enter: tuple[str, ...]
    leave: tuple[str, ...]
    entering: int
    leaving: int


@dataclass(frozen=True)
class StageRanking:
    """`ranked` and `unranked`: how many of the city; `firms`: those listed, the best first. `step`: the most that one
    place in one indicator moves a total; `last_in`, `first_out`: the totals on both sides of the border, None where
    nobody is out. `names` of the firms that `shifts` speak of."""

    stage: str
    places: int
    ranked: int
    unranked: int
    weights: Mapping[str, float]
    step: float
    last_in: float | None
    first_out: float | None
    firms: tuple[RankedFirm, ...]
    not_ranked: tuple[NotRanked, ...]
    shifts: tuple[Shift, ...]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Ranking:
    """`edition`: from when the weights hold; `no_stage`: firms whose stage is unknown."""

    as_of: date
    edition: date
    no_stage: int
    stages: tuple[StageRanking, ...]

    def as_json(self) -> JsonObject:
        return {
            "as_of": self.as_of.isoformat(),
            "edition": self.edition.isoformat(),
            "no_stage": self.no_stage,
            "stages": [_stage_json(stage) for stage in self.stages],
        }


@dataclass(frozen=True, eq=False)
class RankedCity:
    """The whole city before anybody looks at it: per stage what scoring.py found, and the values."""

    as_of: date
    edition: Edition
    stage: pd.Series
    values: pd.DataFrame
    firms: pd.DataFrame
    scored: Mapping[str, Scored]

    def rows(self) -> list[list[Any]]:
        """[firm, stage, place, total] of every ranked firm, by stage and place: what a round keeps."""
        found = []
        for stage in STAGES:
            of = self.scored[stage]
            ranked = of.total.dropna()
            order = sorted(ranked.index, key=lambda firm, of=of: (int(of.place[firm]), str(firm)))  # type: ignore[misc]
            found += [[str(firm), stage, int(of.place[firm]), float(ranked[firm])] for firm in order]
        return found


def hash_of(rows: list[list[Any]]) -> str:
    """The fingerprint of what a round keeps."""
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()


def rank_city(facts: pd.DataFrame, firms: pd.DataFrame, as_of: date) -> RankedCity:
    """`facts` and `firms` as pipeline.rules reads them. Raises NoEdition before the first weights."""
    said = terms()
    edition, data = said.on(as_of), FirmYears(facts, firms, as_of)
    index = pd.Index([str(one) for one in data.firm_ids], name="firm_id")
    values = pd.DataFrame({name: value_of(one, data) for name, one in said.indicators.items()}, index=index)
    stage = pd.Series(stages_of(edition, data), index=index)
    found = {
        name: scored(values[(stage == name).to_numpy()], edition.weights[name], edition.known_share) for name in STAGES
    }
    about = data.firms[[name for name in ("name", "district_code") if name in data.firms]].copy()
    about.index = index
    return RankedCity(as_of, edition, stage, values, about, found)


def value_of(indicator: Indicator, data: FirmYears) -> Floats:
    """An indicator of every firm; NaN where unknown."""
    over = indicator.window
    if over.kind == "now":
        return measure_values.value(data, indicator.measure, None)
    if over.kind == "latest":
        return measure_values.value(data, indicator.measure, 0)
    return conditions.growth(data, indicator.measure, 0, over.years - 1 if over.kind == "cagr" else 1)


def stages_of(edition: Edition, data: FirmYears) -> np.ndarray:
    """The stage of life of every firm, by age and, of old firms, revenue; "" where what decides is unknown. Firms
    without a latest year have none."""
    age = measure_values.value(data, "operating_years", None)
    revenue = measure_values.value(data, "revenue", 0)
    old = age >= edition.mature_from_years
    found = np.full(len(data), "growth", dtype=object)
    found[age < edition.startup_below_years] = "startup"
    found[old & (revenue >= edition.mature_from_revenue_cny)] = "mature"
    found[np.isnan(age) | (old & np.isnan(revenue)) | (data.latest == 0)] = UNKNOWN_STAGE
    return found


def ranking(city: RankedCity, visible: Collection[str] | None = None, most: int | None = None) -> Ranking:
    """The ranking as it is shown. `visible`: the firms that are named, None: all; places are of the city whoever
    looks. `most`: of each stage so many ranked firms at most, with all that are in or near the border, and so many
    that are not ranked."""
    seen = None if visible is None else set(visible)
    return Ranking(
        city.as_of,
        city.edition.begins,
        int((city.stage == UNKNOWN_STAGE).sum()),
        tuple(_stage(city, name, seen, most) for name in STAGES),
    )


def _stage(city: RankedCity, stage: str, seen: set[str] | None, most: int | None) -> StageRanking:
    of, places = city.scored[stage], city.edition.places[stage]
    ranked = of.total.dropna()
    within = inside(ranked, places)
    outside = ranked[[firm not in within for firm in ranked.index]]
    last_in = float(ranked[list(within)].min()) if within and len(outside) else None
    first_out = float(outside.max()) if len(outside) else None
    near = _near(ranked, within, last_in, first_out, of.step)
    shared = of.place[of.place > 0].value_counts()
    shown = [
        firm for firm in sorted(ranked.index, key=lambda firm: (int(of.place[firm]), str(firm))) if _in(firm, seen)
    ]
    if most is not None:
        shown = [firm for place, firm in enumerate(shown) if place < most or firm in within or firm in near]
    unranked = of.total.index[of.total.isna().to_numpy()]
    missing = sorted((firm for firm in unranked if _in(firm, seen)), key=lambda firm: (-of.known[firm], firm))
    weights = {name: float(weight) for name, weight in city.edition.weights[stage].items()}
    shifts = _shifts(of, ranked, weights, places, within, seen)
    spoken_of = {firm for shift in shifts for firm in (*shift.enter, *shift.leave)}
    return StageRanking(
        stage=stage,
        places=places,
        ranked=len(ranked),
        unranked=len(unranked),
        weights=weights,
        step=of.step,
        last_in=last_in,
        first_out=first_out,
        firms=tuple(
            RankedFirm(
                firm_id=firm,
                name=_about(city, firm, "name"),
                district=_about(city, firm, "district_code"),
                place=int(of.place[firm]),
                total=float(ranked[firm]),
                known=float(of.known[firm]),
                is_in=firm in within,
                tied=bool(shared[of.place[firm]] > 1),
                near=firm in near,
                parts=_parts(city, of, firm, weights),
            )
            for firm in shown
        ),
        not_ranked=tuple(
            NotRanked(
                firm,
                _about(city, firm, "name"),
                float(of.known[firm]),
                tuple(name for name in weights if np.isnan(of.ranks.at[firm, name])),
            )
            for firm in (missing if most is None else missing[:most])
        ),
        shifts=shifts,
        names={firm: _about(city, firm, "name") or firm for firm in sorted(spoken_of)},
    )


def _near(ranked: pd.Series, within: set[str], last_in: float | None, first_out: float | None, step: float) -> set[str]:
    """Firms inside less than a step above the first that is out, and firms outside less than a step below the last that
    is in: one place in one indicator could change who is in."""
    if last_in is None or first_out is None:
        return set()
    is_in = np.array([firm in within for firm in ranked.index])
    apart = np.where(is_in, ranked - first_out, last_in - ranked)
    return set(ranked.index[apart < step])


def _shifts(
    of: Scored,
    ranked: pd.Series,
    weights: Mapping[str, float],
    places: int,
    within: set[str],
    seen: set[str] | None,
) -> tuple[Shift, ...]:
    found, ranks = [], of.ranks.loc[ranked.index]
    for name in weights:
        for by in (MOVED_BY, -MOVED_BY):
            other = moved(weights, name, by)
            then = inside(totals(ranks, other).dropna(), places)
            enter, leave = sorted(then - within), sorted(within - then)
            found.append(
                Shift(
                    name,
                    weights[name],
                    other[name],
                    tuple(firm for firm in enter if _in(firm, seen)),
                    tuple(firm for firm in leave if _in(firm, seen)),
                    len(enter),
                    len(leave),
                )
            )
    return tuple(found)


def _parts(city: RankedCity, of: Scored, firm: str, weights: Mapping[str, float]) -> tuple[Part, ...]:
    return tuple(
        Part(
            name,
            _known(city.values.at[firm, name]),
            _known(of.ranks.at[firm, name]),
            float(of.contributions.at[firm, name]),
        )
        for name in weights
    )


def _in(firm: Any, seen: set[str] | None) -> bool:
    return seen is None or firm in seen


def _about(city: RankedCity, firm: str, column: str) -> str | None:
    value = city.firms.at[firm, column] if column in city.firms else None
    return None if value is None or value != value else str(value)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _stage_json(stage: StageRanking) -> JsonObject:
    plain = ("stage", "places", "ranked", "unranked", "step", "last_in", "first_out")
    return {
        **{name: getattr(stage, name) for name in plain},
        "weights": dict(stage.weights),
        "firms": [{**vars(firm), "parts": [dict(vars(part)) for part in firm.parts]} for firm in stage.firms],
        "not_ranked": [{**vars(firm), "missing": list(firm.missing)} for firm in stage.not_ranked],
        "weights_moved": [
            {**vars(shift), "enter": list(shift.enter), "leave": list(shift.leave)} for shift in stage.shifts
        ],
    }

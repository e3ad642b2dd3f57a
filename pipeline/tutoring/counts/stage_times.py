"""How long cases stay in each stage, over all stages, years and districts, beside what is typical.

A stay that goes on is no stay that ended: half of all cases have left a stage after the median of Kaplan and Meier
(Nonparametric Estimation from Incomplete Observations, JASA 53, 1958), which counts those that still wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.store.many_rows import frame_of
from pipeline.store.tables import Case, CaseStage, Firm
from pipeline.tutoring.stages import LAST, STAGES

if TYPE_CHECKING:
    import pandas as pd

#: Where fewer have left nothing is said.
FEWEST = 5
_ROUNDING = 1e-12


@dataclass(frozen=True)
class StageTime:
    """Stays in a stage. `year` and `district_code` None: of all. `left`: for another stage; `not_left`: those that go
    on or whose case ended; `median_days` None: too few, or fewer than half have left yet."""

    stage: str
    year: int | None
    district_code: str | None
    left: int
    not_left: int
    median_days: float | None


def stage_times(session: Session, person: Person, on: date) -> list[StageTime]:
    """Stays of the cases that this person reaches, as entered by the day: of all, by the year in which they began, by
    district; in the order of the stages. An end of the case cuts its last stay short without ending it."""
    import pandas as pd

    people.require(person, Action.SEE_CASES)
    following = func.lead(CaseStage.entered_on).over(partition_by=CaseStage.case_id, order_by=CaseStage.id)
    statement = (
        select(CaseStage.stage, CaseStage.entered_on, following.label("left_on"), Case.closed_on, Firm.district_code)
        .join(Case, Case.id == CaseStage.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .where(
            CaseStage.taken_back_at.is_(None),
            CaseStage.entered_on <= on,
            people.visible_firms(person, Action.SEE_CASES),
        )
    )
    columns = ["stage", "entered_on", "left_on", "closed_on", "district_code"]
    stays = frame_of(session, statement, columns)
    stays = stays[stays["stage"] != LAST]
    if stays.empty:
        return []
    days = stays[["entered_on", "left_on", "closed_on"]].apply(pd.to_datetime)
    stays["ended"] = days["left_on"].notna()
    end = days["left_on"].fillna(days["closed_on"]).fillna(pd.Timestamp(on)).clip(upper=pd.Timestamp(on))
    stays["days"] = (end - days["entered_on"]).dt.days
    stays["year"] = days["entered_on"].dt.year
    found: list[StageTime] = []
    for by in ([], ["year"], ["district_code"]):
        for key, group in stays.groupby(["stage", *by], dropna=False):
            stage, value = str(key[0]), key[-1]
            if by == ["year"]:
                found.append(_times(stage, int(str(value)), None, group))
            elif not by:
                found.append(_times(stage, None, None, group))
            elif not pd.isna(value):
                found.append(_times(stage, None, str(value), group))
    order = list(STAGES)
    return sorted(found, key=lambda each: (order.index(each.stage), each.year or 0, each.district_code or ""))


def median_stay(days: Sequence[int], ended: Sequence[bool]) -> float | None:
    """After how many days half of the stays have ended, those that go on counted as long as they are known; None where
    fewer than half have ended, or fewer than FEWEST."""
    if sum(ended) < FEWEST:
        return None
    staying, at_risk = 1.0, len(days)
    for day in sorted(set(days)):
        of_day = [done for length, done in zip(days, ended, strict=True) if length == day]
        staying *= 1 - sum(of_day) / at_risk
        at_risk -= len(of_day)
        if staying <= 0.5 + _ROUNDING:
            return float(day)
    return None


def _times(stage: str, year: int | None, district: str | None, stays: "pd.DataFrame") -> StageTime:
    ended = stays["ended"].tolist()
    median = median_stay(stays["days"].tolist(), ended)
    return StageTime(stage, year, district, sum(ended), len(ended) - sum(ended), median)

"""What happened within each period: stage events, visits, rounds and loans, support claimed, granted and paid.

Step 3 of the flow: periods.py -> **sums.py** -> report.py
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.activities.known import activities_as_known_on
from pipeline.facts import events_as_known_on
from pipeline.monitoring.periods import Period
from pipeline.store.many_rows import frame_of
from pipeline.store.plan_tables.support import SupportClaim, SupportClaimEntry
from pipeline.store.tables import CITY, Case, Visit
from pipeline.support.claim_rows import CLAIMED, CLAWED_BACK, GRANTED, PAYMENT

if TYPE_CHECKING:
    import pandas as pd

EVENT, VISITS, ACTIVITY, SUPPORT = "event", "visits", "activity", "support"
#: Stage events, activities and steps of claims that a report tells of, in its order.
EVENTS_TOLD = ("share_reform", "tutoring_filed", "accepted", "listed")
ACTIVITIES_TOLD = ("equity_round", "technology_loan", "risk_pool_loan", "guarantee", "loan_insurance", "bond")
STEPS_TOLD = (CLAIMED, GRANTED, PAYMENT, CLAWED_BACK)


@dataclass(frozen=True)
class Sum:
    """How often something happened in a period, of how many firms, and the money of it in fen; None: it is none of
    money, or of no amount."""

    count: int
    firms: int
    fen: int | None


@dataclass(frozen=True)
class SumOf:
    """One district; "" those of none. `periods`: by kind."""

    district: str
    periods: Mapping[str, Sum]


@dataclass(frozen=True)
class Happened:
    """`of`: one of EVENT, VISITS, ACTIVITY, SUPPORT, `what`: which of them. `behind`: firm, day and fen of each that
    happened in the longest period."""

    of: str
    what: str
    whole: SumOf
    districts: Sequence[SumOf]
    behind: Sequence[tuple[str, date, int | None]]


def sums(
    session: Session, periods: Sequence[Period], on: date, districts: "pd.Series", chosen: Sequence[str] | None
) -> list[Happened]:
    """`districts`: index firm_id, of every firm told of; `chosen`: those alone are read, None: all."""
    connection, longest = session.connection(), periods[-1]
    parts = {
        **_by_kind(EVENT, EVENTS_TOLD, events_as_known_on(connection, on, CITY, chosen)),
        **_by_kind(VISITS, ("",), _visits(session, on)),
        **_by_kind(ACTIVITY, ACTIVITIES_TOLD, activities_as_known_on(connection, on, CITY, chosen, ACTIVITIES_TOLD)),
        **_by_kind(SUPPORT, STEPS_TOLD, _steps(session, on)),
    }
    codes = sorted(set(districts))
    found = []
    for (of, what), rows in parts.items():
        rows = rows[rows["firm_id"].isin(districts.index) & _within(rows, longest)]
        of_district = rows["firm_id"].map(districts)
        each = [_sum_of(code, rows[of_district == code], periods) for code in codes]
        ordered = rows.sort_values(["occurred_on", "firm_id"])
        behind = [
            (str(firm), day.date(), None if fen is None or fen != fen else int(fen))
            for firm, day, fen in zip(
                ordered["firm_id"], ordered["occurred_on"], ordered["fen"].astype(object), strict=True
            )
        ]
        found.append(Happened(of, what, _sum_of("", rows, periods), each, behind))
    return found


def _by_kind(of: str, kinds: Sequence[str], found: "pd.DataFrame") -> dict[tuple[str, str], "pd.DataFrame"]:
    import pandas as pd

    fen = found["amount_fen"] if "amount_fen" in found else pd.Series(None, found.index, dtype=object)
    days = pd.to_datetime(found["occurred_on"])
    rows = pd.DataFrame({"firm_id": found["firm_id"].astype(object), "occurred_on": days, "fen": fen.astype(object)})
    rows["fen"] = rows["fen"].where(rows["fen"].notna(), None)
    return {(of, kind): rows[found["kind"] == kind] for kind in kinds}


def _within(rows: "pd.DataFrame", period: Period) -> "pd.Series":
    import pandas as pd

    return rows["occurred_on"].between(pd.Timestamp(period.begins), pd.Timestamp(period.ends))


def _sum_of(district: str, rows: "pd.DataFrame", periods: Sequence[Period]) -> SumOf:
    found = {}
    for each in periods:
        inside = rows[_within(rows, each)]
        known = inside["fen"].dropna()
        found[each.kind] = Sum(len(inside), inside["firm_id"].nunique(), int(known.sum()) if len(known) else None)
    return SumOf(district, found)


def _visits(session: Session, on: date) -> "pd.DataFrame":
    """The visits on record at the end of the day: firm_id, occurred_on, kind (blank)."""
    end = audit.end_of(on)
    statement = (
        select(Case.firm_id, Visit.visited_on)
        .join(Case, Case.id == Visit.case_id)
        .where(Visit.recorded_at < end, or_(Visit.withdrawn_at.is_(None), Visit.withdrawn_at >= end))
    )
    return frame_of(session, statement, ["firm_id", "occurred_on"]).assign(kind="")


def _steps(session: Session, on: date) -> "pd.DataFrame":
    """The steps of claims on record at the end of the day: firm_id, occurred_on, kind, amount_fen."""
    of = SupportClaimEntry
    statement = (
        select(SupportClaim.firm_id, of.on, of.step, of.amount_fen)
        .join(SupportClaim, SupportClaim.id == of.claim_id)
        .where(of.at < audit.end_of(on), of.step.in_(STEPS_TOLD))
    )
    return frame_of(session, statement, ["firm_id", "occurred_on", "kind", "amount_fen"])

"""Agencies that returns name and that have no filing in force: how many returns, of how many firms, since when.

A name that resembles one of the register is told with it, for a person to say whether they are one (a merge); nothing
is merged unasked. Resemblance is Ratcliff and Obershelp's (Dr. Dobb's Journal, July 1988), from NEAR on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.store.tutoring_tables import Adviser, AdviserFiling
from pipeline.tutoring.advisers import right_id

if TYPE_CHECKING:
    import pandas as pd

NEAR = 0.75
_MOST_NEAR = 3


@dataclass(frozen=True)
class Unfiled:
    """`adviser_id` None: not in the register either. `since`: the first day on which a return of it was known; `near`:
    names of the register that resemble it."""

    name: str
    adviser_id: int | None
    returns: int
    firms: int
    since: date
    near: Sequence[str]


def unfiled(session: Session, prepared: "pd.DataFrame", names: Collection[str], on: date) -> list[Unfiled]:
    """Those without a filing on the day, who prepared most first. `prepared`: every full year that names an agency:
    agency, adviser (NaN: not in the register), firm_id, known_on; `names`: those of the register."""
    filed = _filed(session, on)
    found = []
    for name, rows in prepared.groupby("agency"):
        adviser = rows["adviser"].dropna()
        number = int(adviser.iloc[0]) if len(adviser) else None
        if number in filed:
            continue
        alike = near(str(name), names) if number is None else []
        about = (len(rows), rows["firm_id"].nunique(), min(rows["known_on"]))
        found.append(Unfiled(str(name), number, *about, alike))
    return sorted(found, key=lambda one: (-one.returns, one.name))


def near(name: str, names: Collection[str]) -> list[str]:
    """Those of the names that resemble it, the nearest first."""
    found = [(SequenceMatcher(None, name, other).ratio(), other) for other in names if other != name]
    return [other for share, other in sorted(found, key=lambda one: (-one[0], one[1])) if share >= NEAR][:_MOST_NEAR]


def _filed(session: Session, on: date) -> set[int]:
    """Advisers with a filing in force on the day, as known then."""
    end = audit.end_of(on)
    statement = (
        select(right_id(end))
        .join(AdviserFiling, AdviserFiling.adviser_id == Adviser.id)
        .where(
            AdviserFiling.recorded_at < end,
            AdviserFiling.filed_on <= on,
            or_(AdviserFiling.ended_at.is_(None), AdviserFiling.ended_at >= end),
            or_(AdviserFiling.valid_until.is_(None), AdviserFiling.valid_until >= on),
        )
    )
    return set(session.scalars(statement))

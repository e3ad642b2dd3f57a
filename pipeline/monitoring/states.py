"""How many firms stand on each rung of the growth ladder, pools among them: at the beginning of each period and now,
who came, who left and why.

Step 2 of the flow: periods.py -> **states.py** -> report.py
What stood at the beginning is told by all that is known now, and beside it as it was known then: what came to be known
later is said, and never rewritten unsaid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.ladder.records import held_on, records_as_known_on
from pipeline.ladder.rungs import rungs
from pipeline.language import N_, Message
from pipeline.monitoring.periods import Period
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import CITY

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Change:
    """A rung in a period: begin + came - left = now. `begin_then`: the beginning as it was known at that time."""

    begin: int
    came: int
    left: int
    begin_then: int


@dataclass(frozen=True)
class StateOf:
    """One rung in one district; "" those of none. `periods`: by kind."""

    district: str
    now: int
    periods: Mapping[str, Change]


@dataclass(frozen=True)
class State:
    """A rung: of the whole and of each district, which add up to it; `firms`: who stands on it now."""

    rung: str
    whole: StateOf
    districts: Sequence[StateOf]
    firms: Sequence[str]


@dataclass(frozen=True)
class Move:
    """A firm that came onto a rung, or left it, between the beginning of a period and now. `periods`: of which."""

    rung: str
    firm_id: str
    came: bool
    periods: Sequence[str]
    why: Message


def states(
    session: Session, periods: Sequence[Period], on: date, districts: "pd.Series", chosen: Sequence[str] | None
) -> tuple[list[State], list[Move]]:
    """`districts`: index firm_id, of every firm told of; `chosen`: those alone are read, None: all."""
    import numpy as np

    every, connection = rungs(), session.connection()
    records = records_as_known_on(connection, on, every, CITY, chosen)
    held = {day: held_on(records, districts.index, every, day) for day in (on, *(each.eve for each in periods))}
    then = {
        each.kind: held_on(
            records_as_known_on(connection, each.eve, every, CITY, chosen), districts.index, every, each.eve
        )
        for each in periods
    }
    codes = sorted(set(districts))
    parts: dict[str, np.ndarray] = {code: (districts == code).to_numpy() for code in codes}
    whole = np.ones(len(districts), dtype=bool)
    found, moves = [], dict[tuple[str, str, bool], list[str]]()
    for rung in every:
        now = held[on][rung].to_numpy()
        before = {each.kind: held[each.eve][rung].to_numpy() for each in periods}

        def of(name: str, part: "np.ndarray", now: "np.ndarray" = now, rung: str = rung) -> StateOf:
            changes = {
                each.kind: Change(
                    int((held[each.eve][rung].to_numpy() & part).sum()),
                    int((now & ~held[each.eve][rung].to_numpy() & part).sum()),
                    int((~now & held[each.eve][rung].to_numpy() & part).sum()),
                    int((then[each.kind][rung].to_numpy() & part).sum()),
                )
                for each in periods
            }
            return StateOf(name, int((now & part).sum()), changes)

        firms = [str(firm) for firm in districts.index[now]]
        found.append(State(rung, of("", whole), [of(code, parts[code]) for code in codes], firms))
        for kind, was in before.items():
            for came, changed in ((True, now & ~was), (False, ~now & was)):
                for firm in districts.index[changed]:
                    moves.setdefault((rung, str(firm), came), []).append(kind)
    return found, _with_reasons(session, records, moves, on)


def _with_reasons(
    session: Session, records: "pd.DataFrame", moves: Mapping[tuple[str, str, bool], list[str]], on: date
) -> list[Move]:
    """Since when, or until when, by what is on record; of a pool what was decided and why."""
    if not moves:
        return []
    firms = {firm for _rung, firm, _came in moves}
    known = records[records["firm_id"].isin(firms)]
    last = known.groupby(["rung", "firm_id"])[["begins", "ends"]].max()
    decided = _decisions(session, firms, on)
    told = []
    for (rung, firm, came), kinds in moves.items():
        day = last.loc[(rung, firm), "begins" if came else "ends"]
        about = {"day": "" if day is None or day != day else day.date().isoformat()}
        why = decided.get((rung, firm, came))
        if why is not None:
            text = N_("decided on %(day)s: %(why)s")
            about |= {"day": why[0].isoformat(), "why": why[1]}
        else:
            text = N_("since %(day)s") if came else N_("until %(day)s")
        told.append(Move(rung, firm, came, kinds, Message(text, about)))
    return told


def _decisions(session: Session, firms: set[str], on: date) -> dict[tuple[str, str, bool], tuple[date, str]]:
    """Of pools: (pool, firm, came) -> the day and the reason of the decision, the latest by the day."""
    of, end = PoolMembership, audit.end_of(on)
    found: dict[tuple[str, str, bool], tuple[date, str]] = {}
    for came, by, day in ((True, of.entered_by_id, of.entered_on), (False, of.left_by_id, of.left_on)):
        statement = (
            select(of.pool, of.firm_id, day, PoolProposal.why)
            .join(PoolProposal, PoolProposal.id == by)
            .where(day <= on, PoolProposal.decided_at < end)
            .order_by(day)
        )
        for pool, firm, decided_on, why in session.execute(statement):
            if firm in firms and decided_on is not None:
                found[pool, firm, came] = (decided_on, why or "")
    return found

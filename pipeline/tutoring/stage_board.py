"""The open cases by stage, each with what an officer looks at before moving it: how long it is there beside what is
typical, points and where they go, the next step, and what is odd.

    cases.py, visits.py ──► stage_board.py

Reads what is stored and changes nothing; cases.change_stage moves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.store.current import current_run, run_of_day_before
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those
from pipeline.store.tables import Firm, FirmListRow, Score
from pipeline.tutoring import cases, visits
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.stages import STAGES, times_typical
from pipeline.tutoring.visits import Step

#: How the cases can be laid in lanes, and by nothing.
LANES = ("district", "mentor")


@dataclass(frozen=True)
class StageCard:
    """One case. `points` and `change` None: unknown, or not the reader's to see; `next_step`: the first that is due,
    None where nothing is to be done; `flags`: otherwise (its events say so), doubt, overdue, no_mentor,
    on_list (an adviser on the negative list)."""

    line: CaseLine
    times_typical: float
    pool: str | None
    points: float | None
    change: float | None
    next_step: Step | None
    flags: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        step = self.next_step
        return {
            "case": self.line.case.id,
            "firm_id": self.line.firm_id,
            "name": self.line.firm_name,
            "district_code": self.line.district_code,
            "stage": self.line.case.stage,
            "days_in_stage": self.line.days_in_stage,
            "times_typical": round(self.times_typical, 2),
            "mentor": self.line.mentor,
            "pool": self.pool,
            "points": self.points,
            "change": self.change,
            "next_step": None if step is None else {"step": step.next_step, "due_on": step.due_on},
            "flags": list(self.flags),
        }


def stage_board(session: Session, person: Person, on: date) -> list[StageCard]:
    """A card for each open case that this person reaches, those that are longest beyond what is typical first."""
    lines = cases.open_cases(session, person, on)
    ids = [line.firm_id for line in lines]
    listed = {row.firm_id: row for row in session.execute(_LISTED, {"firms": ids})}
    scored = set(session.scalars(_scores_seen(person), {"firms": ids}))
    changes = _changes(session, sorted(scored))
    steps: dict[int, Step] = {}
    for due in visits.open_steps(session, on, person):
        steps.setdefault(due.case_id, due)
    found = []
    for line in lines:
        row, step = listed.get(line.firm_id), steps.get(line.case.id)
        found.append(
            StageCard(
                line,
                times_typical(line.case.stage, line.days_in_stage),
                None if row is None else row.pool,
                row.points if row is not None and line.firm_id in scored else None,
                changes.get(line.firm_id),
                step,
                _flags(line, row, step),
            )
        )
    return sorted(found, key=lambda card: (-card.times_typical, card.line.firm_id))


def in_columns(cards: Sequence[StageCard]) -> dict[str, list[StageCard]]:
    """The cards by stage, in the order of the stages; every stage is there."""
    found: dict[str, list[StageCard]] = {stage: [] for stage in STAGES}
    for card in cards:
        found[card.line.case.stage].append(card)
    return found


def in_lanes(cards: Sequence[StageCard], by: str) -> dict[str | None, list[StageCard]]:
    """The cards by district or by mentor, the largest lane first; None: of no known district, without a mentor."""
    found: dict[str | None, list[StageCard]] = {}
    for card in cards:
        found.setdefault(card.line.district_code if by == "district" else card.line.mentor, []).append(card)
    return dict(sorted(found.items(), key=lambda lane: (lane[0] is None, -len(lane[1]), lane[0] or "")))


# --- within ----------------------------------------------------------------------------------------


def _flags(line: CaseLine, row: Any, step: Step | None) -> tuple[str, ...]:
    said: Mapping[str, bool] = {
        "otherwise": line.says_otherwise is not None,
        "overdue": step is not None and step.days_late > 0,
        "doubt": row is not None and bool(row.in_doubt),
        "no_mentor": line.mentor is None,
        "on_list": bool(line.on_list),
    }
    return tuple(flag for flag, holds in said.items() if holds)


def _changes(session: Session, firms: Sequence[str]) -> dict[str, float]:
    """By how many points each firm's score differs from that of the day before the current ones."""
    now = current_run(session)
    before = None if now is None else run_of_day_before(session, now)
    if now is None or before is None:
        return {}
    rows = session.execute(_CHANGES, {"before": before.id, "now": now.id, "firms": firms})
    return dict(rows.all())


# --- what is asked, built once ---------------------------------------------------------------------

_LISTED = select(FirmListRow.firm_id, FirmListRow.pool, FirmListRow.points, FirmListRow.in_doubt).where(
    one_of_those(FirmListRow.firm_id, "firms")
)
_OLD, _NEW = aliased(Score), aliased(Score)
_CHANGES = (
    select(_OLD.firm_id, _NEW.points - _OLD.points)
    .join(_NEW, _NEW.firm_id == _OLD.firm_id)
    .where(_OLD.run_id == bindparam("before"), _NEW.run_id == bindparam("now"), one_of_those(_OLD.firm_id, "firms"))
)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _scores_seen(person: Person) -> Select[str]:
    """Those of some firms whose scores the person may see."""
    return select(Firm.id).where(one_of_those(Firm.id, "firms"), people.visible_firms(person, Action.SEE_SCORES))

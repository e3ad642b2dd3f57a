"""What was known on a day of the city's firms: how far they came, what came to them, and how their points moved.

Nothing that happened or was written down after the day is read: of events the day they became known counts, of visits
and stages the day they were recorded, of finished steps and closed cases the day of the trail's entry, where there is
one. What was withdrawn after the day had not been withdrawn yet.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Executable, and_, func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.store.many_rows import frame_of
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import (
    CITY,
    AuditEntry,
    Case,
    CaseStage,
    Event,
    Firm,
    Import,
    Return,
    ReturnRow,
    Score,
    ScoreRun,
    Visit,
)
from pipeline.tutoring.stages import STAGE_OF, STAGES, WAYS_OUT
from pipeline.tutoring.stated import of_its_cohort

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SHARE_REFORM, ADVISERS, VISIT, STEP, MENTOR, SEED_POOL = "share_reform", "advisers", "visit", "step", "mentor", "seed"
#: Ends of the way after which a firm can reach no stage here any more.
GONE = ("acquired", "moved_away", "closed_down")
#: Two score runs are about a year apart where so many days lie between them.
YEAR_APART = (300, 430)
_PLACES = {stage: place for place, stage in enumerate(STAGES)}
_AS_ACTS = {"share_reform": SHARE_REFORM, "advisers_signed": ADVISERS}


@dataclass(frozen=True)
class RunPair:
    """Two runs of the city's scores about a year apart."""

    before: date
    now: date
    model_before: str
    model_now: str

    @property
    def same_model(self) -> bool:
        return self.model_before == self.model_now


@dataclass(frozen=True)
class Known:
    """`firms`: their ids, sorted; in the frames a firm is its place among them, and days are datetime64. `first`: by
    firm, the first day on which anything of it was known; `moves`: firm, place (of the stage on the way, -1: a way
    out), day, in the order in which they happened; `gone`: firm, day on which it was gone for good; `acts`: firm, what,
    day; `cases`: firm, opened, closed (NaT: open); `points`: firm, before (the day of the earlier run), points, rise,
    of the `pairs` of runs."""

    on: date
    firms: "np.ndarray"
    first: "np.ndarray"
    moves: "pd.DataFrame"
    gone: "pd.DataFrame"
    acts: "pd.DataFrame"
    cases: "pd.DataFrame"
    points: "pd.DataFrame"
    pairs: tuple[RunPair, ...]


def known_on(session: Session, on: date, person: Person) -> Known:
    """Of the city's firms that this person's figures may count."""
    import pandas as pd

    mine = and_(people.visible_firms(person, Action.EXPORT), Firm.cohort == CITY)
    happened = pd.concat([_events(session, on, mine), _stages(session, on, mine)], ignore_index=True)
    moves = happened.sort_values("day", kind="stable").drop_duplicates(["firm_id", "kind", "day"], ignore_index=True)
    cases = _cases(session, on, mine)
    done = moves["kind"].map(_AS_ACTS)
    acts = pd.concat(
        [
            moves.assign(what=done)[done.notna()].drop_duplicates(["firm_id", "what"])[["firm_id", "what", "day"]],
            *_visits(session, on, mine),
            _mentors(session, on, mine),
            _entries(session, on, mine),
        ],
        ignore_index=True,
    )
    gone = pd.concat([moves[moves["kind"].isin(GONE)][["firm_id", "day"]], _left(cases)], ignore_index=True)
    returns = _frame(session, _first_returns(on, mine), ["firm_id", "day"])
    opened = cases[["firm_id", "opened"]].set_axis(["firm_id", "day"], axis=1)
    seen = pd.concat([returns, moves[["firm_id", "day"]], opened, acts[["firm_id", "day"]]])
    first = seen.groupby("firm_id")["day"].min().sort_index()
    pairs, points = _rises(session, on, mine)
    places = moves["kind"].map(STAGE_OF).map(_PLACES).fillna(-1).astype(int)

    def numbered(frame: "pd.DataFrame") -> "pd.DataFrame":
        frame = frame.assign(firm=first.index.get_indexer(frame["firm_id"]))
        return frame[frame["firm"] >= 0].drop(columns="firm_id").reset_index(drop=True)

    return Known(
        on,
        first.index.to_numpy(dtype=object),
        first.to_numpy(dtype="datetime64[s]"),
        numbered(moves.assign(place=places)[["firm_id", "place", "day"]]),
        numbered(gone),
        numbered(acts),
        numbered(cases[["firm_id", "opened", "closed"]]),
        numbered(points),
        pairs,
    )


def _written_by(column: Any, on: date) -> ColumnElement[bool]:
    """That a moment is not after the day; a moment that nobody kept counts as in time."""
    midnight = datetime.combine(on + timedelta(days=1), time())
    return or_(column.is_(None), column < midnight)


def _stands(column: Any, on: date) -> ColumnElement[bool]:
    """That something had not been withdrawn by the end of the day."""
    return or_(column.is_(None), ~_written_by(column, on))


def _frame(session: Session, statement: Executable, names: list[str]) -> "pd.DataFrame":
    """The rows as a frame; every column with `day`, opened or closed in its name as datetime64."""
    import pandas as pd

    rows = frame_of(session, statement, names)
    for name in names:
        if name in ("day", "opened", "closed"):
            rows[name] = pd.to_datetime(rows[name]).astype("datetime64[s]")
    return rows


def _first_returns(on: date, mine: ColumnElement[bool]) -> Executable:
    return (
        select(ReturnRow.firm_id, func.min(ReturnRow.known_on))
        .join(Return, Return.id == ReturnRow.return_id)
        .join(Firm, Firm.id == ReturnRow.firm_id)
        .where(Return.in_force, ReturnRow.known_on <= on, mine)
        .group_by(ReturnRow.firm_id)
    )


def _events(session: Session, on: date, mine: ColumnElement[bool]) -> "pd.DataFrame":
    statement = (
        select(Event.firm_id, Event.kind, Event.occurred_on)
        .join(Firm, Firm.id == Event.firm_id)
        .outerjoin(Import, Import.id == Event.import_id)
        .where(Event.in_force, Event.known_on <= on, Event.occurred_on <= on, of_its_cohort(), mine)
        .where(Event.kind.in_({*STAGE_OF, *WAYS_OUT}))
        .order_by(Event.occurred_on, Event.id)
    )
    return _frame(session, statement, ["firm_id", "kind", "day"])


def _stages(session: Session, on: date, mine: ColumnElement[bool]) -> "pd.DataFrame":
    """The stages that cases entered, as the events that they are; the first stage is none, nor is one that a case went
    back to: its way out is an event of its own."""
    statement = (
        select(Case.firm_id, CaseStage.stage, CaseStage.entered_on)
        .join(Case, Case.id == CaseStage.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .where(CaseStage.entered_on <= on, _written_by(CaseStage.recorded_at, on), mine)
        .where(_stands(CaseStage.taken_back_at, on), CaseStage.back_by.is_(None))
        .order_by(CaseStage.entered_on, CaseStage.id)
    )
    rows = _frame(session, statement, ["firm_id", "stage", "day"])
    kinds = {stage.id: stage.event for stage in STAGES.values() if stage.event}
    return rows.assign(kind=rows["stage"].map(kinds)).dropna(subset="kind")[["firm_id", "kind", "day"]]


def _cases(session: Session, on: date, mine: ColumnElement[bool]) -> "pd.DataFrame":
    """Cases that were on record; one whose end came, or was written down, later is still open."""
    recorded = (
        select(CaseStage.case_id, func.min(CaseStage.recorded_at).label("at")).group_by(CaseStage.case_id).subquery()
    )
    statement = (
        select(Case.id, Case.firm_id, Case.opened_on, Case.closed_on, Case.outcome)
        .join(Firm, Firm.id == Case.firm_id)
        .outerjoin(recorded, recorded.c.case_id == Case.id)
        .where(Case.opened_on <= on, _written_by(recorded.c.at, on), mine)
    )
    rows = _frame(session, statement, ["id", "firm_id", "opened", "closed", "outcome"])
    late = _written_late(session, "close_case", on)
    ended = (rows["closed"] <= _day(on)) & ~("case:" + rows["id"].astype(str)).isin(late)
    return rows.assign(closed=rows["closed"].where(ended), outcome=rows["outcome"].where(ended))


def _left(cases: "pd.DataFrame") -> "pd.DataFrame":
    gone = cases[cases["outcome"].isin(GONE)]
    return gone.rename(columns={"closed": "day"})[["firm_id", "day"]]


def _visits(session: Session, on: date, mine: ColumnElement[bool]) -> "list[pd.DataFrame]":
    """Visits, and next steps of visits that were finished."""
    statement = (
        select(Visit.id, Case.firm_id, Visit.visited_on, Visit.done_on, _stands(Visit.step_withdrawn_at, on))
        .join(Case, Case.id == Visit.case_id)
        .join(Firm, Firm.id == Case.firm_id)
        .where(Visit.visited_on <= on, _written_by(Visit.recorded_at, on), _stands(Visit.withdrawn_at, on), mine)
    )
    rows = _frame(session, statement, ["id", "firm_id", "day", "closed", "wanted"])
    late = _written_late(session, "finish_step", on)
    done = (rows["closed"] <= _day(on)) & rows["wanted"].astype(bool)
    steps = rows[done & ~("visit:" + rows["id"].astype(str)).isin(late)].assign(what=STEP)
    visits = rows.assign(what=VISIT)[["firm_id", "what", "day"]]
    return [visits, steps[["firm_id", "what", "closed"]].set_axis(["firm_id", "what", "day"], axis=1)]


def _written_late(session: Session, action: str, on: date) -> set[str]:
    """The subjects of which the trail knows this act from after the day alone."""
    first = (
        select(AuditEntry.subject)
        .where(AuditEntry.action == action)
        .group_by(AuditEntry.subject)
        .having(~_written_by(func.min(AuditEntry.at), on))
    )
    return set(session.scalars(first))


def _mentors(session: Session, on: date, mine: ColumnElement[bool]) -> "pd.DataFrame":
    """The days on which somebody was named to look after a case; the trail alone knows them."""
    firms = select(Firm.id).where(mine)
    entries = select(AuditEntry.details, AuditEntry.at).where(
        AuditEntry.action == "assign_mentor", _written_by(AuditEntry.at, on)
    )
    rows = _frame(session, entries, ["details", "day"])
    if rows.empty:
        return rows.assign(firm_id="", what=MENTOR)[["firm_id", "what", "day"]]
    details = rows["details"].astype(object)
    rows = rows.assign(firm_id=details.str.get("firm_id"), named=details.str.get("mentor"), what=MENTOR)
    rows = rows[rows["named"].notna() & rows["firm_id"].isin(session.scalars(firms).all())]
    return rows.assign(day=rows["day"].dt.floor("D"))[["firm_id", "what", "day"]]


def _entries(session: Session, on: date, mine: ColumnElement[bool]) -> "pd.DataFrame":
    """Entries into the seed pool from outside, and from the other pool."""
    statement = (
        select(PoolMembership.firm_id, PoolMembership.entered_on)
        .join(Firm, Firm.id == PoolMembership.firm_id)
        .join(PoolProposal, PoolProposal.id == PoolMembership.entered_by_id)
        .where(PoolMembership.pool == "seed", PoolProposal.action == "enter", PoolMembership.entered_on <= on, mine)
        .where(_written_by(PoolProposal.decided_at, on))
    )
    return _frame(session, statement, ["firm_id", "day"]).assign(what=SEED_POOL)[["firm_id", "what", "day"]]


def _rises(session: Session, on: date, mine: ColumnElement[bool]) -> "tuple[tuple[RunPair, ...], pd.DataFrame]":
    """By how much points moved between runs about a year apart: each run held against the one that lies nearest to a
    year after it, one of the same model before any other."""
    import pandas as pd

    last = (
        select(func.max(ScoreRun.id))
        .where(ScoreRun.cohort == CITY, ScoreRun.as_of <= on, _written_by(ScoreRun.scored_at, on))
        .group_by(ScoreRun.as_of, ScoreRun.model_id)
    )
    runs = session.scalars(select(ScoreRun).where(ScoreRun.id.in_(last)).order_by(ScoreRun.as_of, ScoreRun.id)).all()
    chosen: dict[date, tuple[ScoreRun, ScoreRun]] = {}
    for before in runs:  # a run a day and model: a handful
        later = [run for run in runs if YEAR_APART[0] <= (run.as_of - before.as_of).days <= YEAR_APART[1]]
        if not later:
            continue
        now = min(later, key=lambda run: (run.model_id != before.model_id, abs((run.as_of - before.as_of).days - 365)))
        other = chosen.get(before.as_of)
        if other is None or now.model_id == before.model_id or other[0].model_id != other[1].model_id:
            chosen[before.as_of] = (before, now)
    parts = [pd.DataFrame({"firm_id": pd.Series(dtype=object), "before": [], "points": [], "rise": []})]
    for before, now in chosen.values():
        earlier, later_ = _points(before.id, mine), _points(now.id, mine)
        both = _frame(session, earlier, ["firm_id", "points"]).merge(
            _frame(session, later_, ["firm_id", "now"]), on="firm_id"
        )
        both["rise"] = both.pop("now") - both["points"]
        parts.append(both.assign(before=_day(before.as_of)))
    pairs = tuple(RunPair(one.as_of, two.as_of, one.model_id, two.model_id) for one, two in chosen.values())
    return pairs, pd.concat(parts[1:] or parts, ignore_index=True)


def _points(run: int, mine: ColumnElement[bool]) -> Executable:
    return select(Score.firm_id, Score.points).join(Firm, Firm.id == Score.firm_id).where(Score.run_id == run, mine)


def _day(day: date) -> "pd.Timestamp":
    import pandas as pd

    return pd.Timestamp(day)

"""Columns that the list of firms can show beside its own: what tutoring knows of a firm, the bureau's labels on it, its
gap to each board, how its points moved.

They are not stored with the list but read beside it, by one statement: for the rows that are shown, or for all where
somebody sorts or filters by one.
"""

from datetime import date

from sqlalchemy import ColumnElement, Select, Text, case, cast, func, select
from sqlalchemy.orm import Session

from dashboard.queries.lists.list_conditions import Column, Number, Words
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.labels.firm_labels import JOINED_BY
from pipeline.rules.definition.model import BOARDS
from pipeline.store.current import current_run, run_of_day_before
from pipeline.store.tables import Case, Event, FirmBoardRow, FirmListRow, Score, Visit
from pipeline.store.tutoring_tables import Adviser, Engagement, FirmLabel, Task

#: Shares of a line, shown as percentages.
GAPS = tuple(f"gap_{board}" for board in BOARDS)
_TUTORING = ("share_reform_on", "last_visit_on", "next_due_on", "broker")
#: Several words in one text.
LABELS = "labels"
NAMES = ("points_change", *_TUTORING, LABELS, *GAPS)
#: The order of code points, as PostgreSQL calls it; SQLite's own.
CODE_POINTS = {"postgresql": "C"}


def names_for(person: people.Person) -> tuple[str, ...]:
    """Those of NAMES that this person may have in the list."""
    scores, findings = people.may(person, Action.SEE_SCORES), people.may(person, Action.SEE_FINDINGS)
    hidden = {*(() if scores else ("points_change",)), *(() if findings else (*_TUTORING, LABELS))}
    return tuple(name for name in NAMES if name not in hidden)


def columns_for(session: Session, person: people.Person, today: date) -> dict[str, Column]:
    """The columns of names_for as a statement over FirmListRow reads them.

    points_change: points less those of the scores of the day before; share_reform_on: the first day that an event in
    force states, known by `today`; last_visit_on, next_due_on, broker: of the open case, next_due_on of steps and tasks
    alike; labels: those that stand, in the order of code points; gap_…: the share that is missing for that board, None
    where unknown. Days are texts, "" where there is none.
    """
    found: dict[str, Column] = {
        "share_reform_on": Words(_day(_first_event("share_reform", today)), blank_last=True),
        "last_visit_on": Words(_day(_last_visit(today)), blank_last=True),
        "next_due_on": Words(_day(_next_due()), blank_last=True),
        "broker": Words(func.coalesce(_alone(_broker()), "")),
        LABELS: Words(func.coalesce(_labels(session, person), ""), joined_by=JOINED_BY),
        **{f"gap_{board}": Number(_alone(_gap(board)), 0.01) for board in BOARDS},
    }
    if "points_change" in names_for(person):
        now = current_run(session)
        before = None if now is None else run_of_day_before(session, now)
        of_before = Score.run_id == (None if before is None else before.id)
        earlier = select(Score.points).where(Score.firm_id == FirmListRow.firm_id, of_before)
        found["points_change"] = Number(FirmListRow.points - _alone(earlier))
    return {name: found[name] for name in names_for(person)}


def _alone(statement: Select[object]) -> ColumnElement[object]:
    """One value for each row of the list."""
    return statement.correlate(FirmListRow).scalar_subquery()


def _day(day: ColumnElement[object]) -> ColumnElement[str]:
    return func.coalesce(cast(day, Text), "")


def _first_event(kind: str, today: date) -> ColumnElement[object]:
    stated = select(func.min(Event.occurred_on)).where(
        Event.firm_id == FirmListRow.firm_id, Event.kind == kind, Event.in_force, Event.known_on <= today
    )
    return _alone(stated)


def _last_visit(today: date) -> ColumnElement[object]:
    visits = (
        select(func.max(Visit.visited_on))
        .join(Case, Case.id == Visit.case_id)
        .where(*_of_open_case(), Visit.withdrawn_at.is_(None), Visit.visited_on <= today)
    )
    return _alone(visits)


def _next_due() -> ColumnElement[object]:
    """The earlier of the first step and the first task that are not done."""
    steps = (
        select(func.min(Visit.due_on))
        .join(Case, Case.id == Visit.case_id)
        .where(
            *_of_open_case(),
            Visit.done_on.is_(None),
            Visit.withdrawn_at.is_(None),
            Visit.step_withdrawn_at.is_(None),
        )
    )
    tasks = (
        select(func.min(Task.due_on))
        .join(Case, Case.id == Task.case_id)
        .where(*_of_open_case(), Task.done_on.is_(None), Task.withdrawn_at.is_(None))
    )
    step, task = _alone(steps), _alone(tasks)
    return case((task.is_(None), step), (step.is_(None), task), (step < task, step), else_=task)


def _broker() -> Select[object]:
    return (
        select(func.min(Adviser.name))
        .join(Engagement, Engagement.adviser_id == Adviser.id)
        .where(
            Engagement.firm_id == FirmListRow.firm_id,
            Adviser.kind == "broker",
            Engagement.ended_on.is_(None),
            Engagement.taken_back_at.is_(None),
        )
    )


def _labels(session: Session, person: people.Person) -> ColumnElement[str]:
    """Those of the row's firm, where this person may read what the bureau writes of it."""
    code_points = CODE_POINTS.get(session.get_bind().dialect.name)
    in_order = (
        select(FirmLabel.label)
        .where(
            FirmLabel.firm_id == FirmListRow.firm_id,
            FirmLabel.taken_at.is_(None),
            people.visible_rows(person, Action.SEE_FINDINGS),
        )
        .order_by(FirmLabel.label.collate(code_points) if code_points else FirmLabel.label)
        .correlate(FirmListRow)
        .subquery()
    )
    return select(func.aggregate_strings(in_order.c.label, JOINED_BY)).scalar_subquery()


def _gap(board: str) -> Select[object]:
    return select(FirmBoardRow.gap_share).where(
        FirmBoardRow.firm_id == FirmListRow.firm_id, FirmBoardRow.board == board
    )


def _of_open_case() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Case.firm_id == FirmListRow.firm_id, Case.closed_on.is_(None)

"""What came in, and the way back: list the imports, look at one, take one back whole.

An import is never deleted: undone, its rows and events are no longer in force, and whoever reads facts gets what stood
before it. Where scores, models or decisions already rest on it, only somebody with a reason takes it back; the audit
log keeps the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, exists, false, func, or_, select, true, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound, ShownToPeople
from pipeline.intake.history import corrections
from pipeline.intake.plausibility import cross_checks
from pipeline.intake.storing import refusals, store
from pipeline.intake.storing.findings import StoredFinding, about_firms_of, named
from pipeline.intake.storing.import_list import ImportDetails, ImportLine
from pipeline.intake.storing.own_rows import strangers
from pipeline.json_values import JsonObject
from pipeline.language import ENGLISH, N_, Message
from pipeline.store.many_ids import one_of
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import (
    CrossCheck,
    Event,
    Firm,
    Import,
    ImportFinding,
    Model,
    Return,
    ReturnRow,
    Score,
    ScoreRun,
)
from pipeline.store.write_lock import lock_writes


class NotUndone(ShownToPeople):
    """An import that stays in force, and why."""


@dataclass(frozen=True)
class UndoneImport:
    """An import that was taken back: how many rows, events and activities went out of force, how many findings are open
    again, and what rested on it."""

    id: int
    file: str
    state: str
    rows: int
    events: int
    activities: int
    reopened: int
    rested_on_it: tuple[Message, ...]

    def as_json(self) -> JsonObject:
        return {**vars(self), "rested_on_it": [str(message) for message in self.rested_on_it]}


def list_imports(engine: Engine, *, refused: bool = False, person: Person | None = None) -> list[ImportLine]:
    """Every import, the latest first, with how many of its findings are still open; to the person of a district those
    that the district's officers brought, and their findings about its firms.

    With `refused` also the files that stored nothing, by the time at which they were tried: state refused, rows 0,
    ids of their own ("R3") and `problem_count`.
    """
    if refused:
        together = [*refusals.listed(engine, _district(person)), *list_imports(engine, person=person)]
        return sorted(together, key=lambda line: line.imported_at, reverse=True)
    with Session(engine) as session:
        counted = select(ImportFinding.import_id, func.count()).where(ImportFinding.state == "open")
        every = select(Import).order_by(Import.id.desc())
        if person is not None:
            counted = counted.where(about_firms_of(person))
            every = every.where(_brought_by(person))
        waiting = dict(session.execute(counted.group_by(ImportFinding.import_id)).all())
        return [_line(one, waiting.get(one.id, 0)) for one in session.scalars(every)]


def details(engine: Engine, number: int | str, *, person: Person | None = None) -> ImportDetails:
    """One import with everything that looks wrong about it, as far as `list_imports` shows it to the person. It has no
    problems: a file with problems is not stored.

    "R3" is the third refused file, with its problems. Raises NotFound.
    """
    if isinstance(number, str):
        return refusals.details(engine, number, _district(person))
    with Session(engine) as session:
        one = _import(session, number, person)
        findings = select(ImportFinding).where(ImportFinding.import_id == number).order_by(ImportFinding.id)
        if person is not None:
            findings = findings.where(about_firms_of(person))
        warnings = [StoredFinding.of(finding) for finding in session.scalars(findings)]
        waiting = sum(1 for warning in warnings if warning.state == "open")
        checks = select(func.count()).select_from(CrossCheck).join(ReturnRow, ReturnRow.id == CrossCheck.row_id)
        checks = checks.join(Return, Return.id == ReturnRow.return_id).where(Return.import_id == number)
        return ImportDetails(_line(one, waiting), session.scalar(checks) or 0, [], warnings)


def undo(
    engine: Engine, number: int, *, by: Any, now: datetime, force: bool = False, why: str | None = None
) -> UndoneImport:
    """Take back exactly what one import brought, also where it superseded earlier statements.

    `by`: a Person, or the name of whoever may take back any; the person of a district what its officers brought.
    Raises NotAllowed, NotFound, or NotUndone where it is undone already, where one of its firms has left the district,
    or where later scores, models or decisions rest on it; then `force` with `why` takes it back all the same.
    """
    clerk = named(by)
    person = by if isinstance(by, Person) else None
    if person is not None:
        people.require(person, Action.IMPORT)
    with Session(engine) as session, session.begin():
        lock_writes(session)
        one = _import(session, number, person)
        if one.state != "stored":
            raise NotUndone(
                Message(
                    N_("Import %(id)s was undone on %(day)s by %(person)s already; nothing has been changed."),
                    {"id": number, "day": f"{one.undone_at:%Y-%m-%d}", "person": one.undone_by},
                )
            )
        if person is not None:
            _must_all_be_theirs(session, one, person)
        resting = _resting_on(session, one)
        if resting and not force:
            raise NotUndone(
                Message(
                    N_(
                        "Import %(id)s stays in force: %(resting)s rest on it. To take it back all the same, "
                        "give --force and --why with the reason, which is kept in the trail."
                    ),
                    {"id": number, "resting": _Listed(resting)},
                )
            )
        if force and not (why and why.strip()):
            raise NotUndone(
                Message(N_("Give the reason with --why: it is kept in the trail. Nothing has been changed."))
            )
        returns = list(session.scalars(select(Return.id).where(Return.import_id == number)))
        rows = session.scalar(select(func.count()).select_from(ReturnRow).where(ReturnRow.return_id.in_(returns))) or 0
        events = session.scalar(
            select(func.count()).select_from(Event).where(Event.import_id == number, Event.in_force)
        )
        session.execute(update(Return).where(Return.import_id == number).values(in_force=False))
        session.execute(update(Event).where(Event.import_id == number).values(in_force=False))
        of_file = (FirmActivity.import_id == number, FirmActivity.in_force)
        activities = session.scalar(select(func.count()).select_from(FirmActivity).where(*of_file)) or 0
        session.execute(update(FirmActivity).where(*of_file).values(in_force=False))
        one.state, one.undone_at, one.undone_by, one.undone_why = "undone", audit.utc(now), clerk.name[:80], why
        session.flush()
        for some in store.chunks(store.revive_events(session.connection(), number)):
            audit.touch(session, Event, Event.id.in_(some))
        for some in store.chunks(store.revive_activities(session.connection(), number)):
            audit.touch(session, FirmActivity, FirmActivity.id.in_(some))
        audit.touch(session, Firm, one_of(Firm.id, store.refresh_firms(session.connection(), number)))
        cross_checks.carry_over(session.connection(), number)
        about = {
            "file": one.file_name,
            "rows": rows,
            "events": events or 0,
            "activities": activities,
            "why": why,
            "forced": bool(resting),
            "rested_on_it": [message.in_language(ENGLISH) for message in resting],
        }
        audit.record(session, clerk, "import_undone", f"import:{number}", about, now)
        reopened = corrections.reopen(session, number, by=clerk, now=now)
        return UndoneImport(number, one.file_name, one.state, rows, events or 0, activities, reopened, tuple(resting))


class _Listed:
    """Several messages as one parameter of another, in whichever language that is written."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages

    def __str__(self) -> str:
        return "; ".join(str(message) for message in self.messages)


def _district(person: Person | None) -> str | None:
    return None if person is None else person.district_code


def _brought_by(person: Person) -> ColumnElement[bool]:
    """The condition on `Import` that this person may look at it and take it back."""
    if not people.may(person, Action.IMPORT):
        return false()
    return true() if person.district_code is None else Import.district_code == person.district_code


def _must_all_be_theirs(session: Session, one: Import, person: Person) -> None:
    """Raise NotUndone where a firm of the import has gone to another district since."""
    if person.district_code is None:
        return
    gone = strangers(session.connection(), person.district_code, session.scalars(_firms_of(one).distinct()))
    if gone:
        what = N_("%(count)s firm(s) of import %(id)s belong to another district now. Ask the city to take it back.")
        raise NotUndone(Message(what, {"count": len(gone), "id": one.id}))


def _import(session: Session, number: int, person: Person | None = None) -> Import:
    wanted = select(Import).where(Import.id == number)
    one = session.scalar(wanted if person is None else wanted.where(_brought_by(person)))
    if one is None:
        raise NotFound(Message(N_("There is no import %(id)s. `goldseed imports list` shows them."), {"id": number}))
    return one


def _line(one: Import, waiting: int) -> ImportLine:
    return ImportLine(
        id=one.id,
        kind=one.kind,
        file=one.file_name,
        rows=one.rows,
        state=one.state,
        map_name=one.map_name,
        cohort=one.cohort,
        source=one.source,
        open_findings=waiting,
        imported_at=one.imported_at,
        imported_by=one.imported_by,
        undone_at=one.undone_at,
        undone_by=one.undone_by,
        undone_why=one.undone_why,
        district_code=one.district_code,
    )


def _resting_on(session: Session, one: Import) -> list[Message]:
    """What was made after the import, of its firms, as of a day on which its rows were known; scores that follow every
    import and its undoing by themselves do not count."""
    known = _first_known(session, one)
    if known is None:
        return []
    firms = _firms_of(one)
    scored = exists().where(Score.run_id == ScoreRun.id, Score.firm_id.in_(firms))
    runs = session.scalar(
        select(func.count())
        .select_from(ScoreRun)
        .where(ScoreRun.based_on.is_(None))
        .where(ScoreRun.scored_at >= one.imported_at, ScoreRun.as_of >= known, scored)
    )
    models = [
        model.id
        for model in session.scalars(select(Model).where(Model.trained_at >= one.imported_at, Model.as_of >= known))
        if one.cohort in model.cohorts
    ]
    proposals = session.scalar(
        select(func.count())
        .select_from(PoolProposal)
        .where(PoolProposal.as_of >= known, PoolProposal.firm_id.in_(firms))
        .where(or_(PoolProposal.proposed_at >= one.imported_at, PoolProposal.decided_at >= one.imported_at))
    )
    found = []
    if runs:
        found.append(Message(N_("%(count)s score run(s)"), {"count": runs}))
    if models:
        found.append(Message(N_("model %(names)s"), {"names": ", ".join(models)}))
    if proposals:
        found.append(Message(N_("%(count)s pool proposal(s) or decision(s)"), {"count": proposals}))
    return found


def _first_known(session: Session, one: Import) -> date | None:
    rows = select(func.min(ReturnRow.known_on)).join(Return).where(Return.import_id == one.id)
    events = select(func.min(Event.known_on)).where(Event.import_id == one.id)
    days = [day for day in (session.scalar(rows), session.scalar(events)) if day is not None]
    return min(days, default=None)


def _firms_of(one: Import) -> Select[Any]:
    if one.kind == "activities":
        return select(FirmActivity.firm_id).where(FirmActivity.import_id == one.id)
    if one.kind == "events":
        return select(Event.firm_id).where(Event.import_id == one.id)
    return select(ReturnRow.firm_id).join(Return).where(Return.import_id == one.id)

"""The timeline of a firm: what it stated, what was decided, how its case went, who came, what it objected to.

Each thing is read where it is kept and as far as the reader may see it; nothing is kept here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.activities.in_words import described
from pipeline.declarations.declarations import KINDS, declarations_of, why_ended
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.language import N_, Label, Message
from pipeline.objections.objection_lists import decisions_of, objections
from pipeline.sources import trust
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Case, Event, Firm, Import, Return, ReturnRow, Score, ScoreRun, Visit
from pipeline.tutoring import cases
from pipeline.tutoring.stages import EVENTS, STAGES
from pipeline.wording import number_format

#: What an entry is about -> what it is called.
KIND_NAMES = {
    "stated": Label("数据", "figures"),
    "scored": Label("得分", "score"),
    "decision": Label("入库决定", "decision"),
    "declared": Label("推荐与申请", "declaration"),
    "stage": Label("辅导阶段", "stage"),
    "event": Label("上市进程", "event"),
    "activity": Label("创新与融资活动", "activity"),
    "visit": Label("走访", "visit"),
    "objection": Label("异议", "objection"),
}


@dataclass(frozen=True)
class Entry:
    """Something that happened on a day. `kind`: one of KIND_NAMES; `who`: an account, or who signed; None not said."""

    on: date
    kind: str
    what: Message
    who: str | None = None


def timeline(session: Session, person: Person, firm_id: str, on: date, most: int | None = None) -> list[Entry]:
    """What happened to a firm by a day, the latest first, as far as this person may see it. Raises NotAllowed."""
    people.require(person, Action.SEE_FIRMS, firm_id, session=session)
    found = [
        *_stated(session, firm_id, on),
        *_events(session, firm_id, on),
        *_activities(session, firm_id, on),
        *(
            entry
            for action, read in _PARTS
            if people.may(person, action)
            for entry in read(session, person, firm_id, on)
        ),
    ]
    return sorted(found, key=lambda entry: entry.on, reverse=True)[:most]


# --- within ----------------------------------------------------------------------------------------


def _stated(session: Session, firm_id: str, on: date) -> Iterator[Entry]:
    """A line an import that stated something of the firm, with its years."""
    rows = session.execute(
        select(Import.id, ReturnRow.known_on, Return.source, Import.file_name, ReturnRow.year)
        .join(Return, Return.import_id == Import.id)
        .join(ReturnRow, ReturnRow.return_id == Return.id)
        .where(
            ReturnRow.firm_id == firm_id,
            Return.in_force,
            ReturnRow.known_on <= on,
            ReturnRow.months == FULL_YEAR_MONTHS,
        )
        .distinct()
        .order_by(Import.id, ReturnRow.year)
    )
    years: dict[tuple[Any, ...], list[int]] = {}
    for number, known_on, source, file_name, year in rows:
        years.setdefault((number, known_on, source, file_name), []).append(year)
    for (_number, known_on, source, file_name), stated in years.items():
        label = trust().sources[source]
        params = {
            "source": Label(label.zh, label.en),
            "years": ", ".join(str(year) for year in sorted(set(stated))),
            "file": file_name,
        }
        yield Entry(known_on, "stated", Message(N_("%(source)s of %(years)s: %(file)s"), params))


def _events(session: Session, firm_id: str, on: date) -> Iterator[Entry]:
    known = (Event.in_force, Event.known_on <= on, Event.occurred_on <= on)
    happened = select(Event).where(Event.firm_id == firm_id, *known)
    for event in session.scalars(happened.order_by(Event.occurred_on)):
        what = EVENTS.get(event.kind, Label(event.kind, event.kind))
        yield Entry(event.occurred_on, "event", Message(N_("%(what)s"), {"what": what}))


def _activities(session: Session, firm_id: str, on: date) -> Iterator[Entry]:
    """Each on its first day, and on its last once that is over."""
    known = (FirmActivity.in_force, FirmActivity.known_on <= on, FirmActivity.occurred_on <= on)
    happened = select(FirmActivity).where(FirmActivity.firm_id == firm_id, *known)
    for one in session.scalars(happened.order_by(FirmActivity.occurred_on, FirmActivity.id)):
        what = described(one)
        yield Entry(one.occurred_on, "activity", what)
        if one.ended_on is not None and one.ended_on < on:
            yield Entry(one.ended_on, "activity", Message(N_("Ended: %(what)s"), {"what": what}))


def _scores(session: Session, _person: Person, firm_id: str, on: date) -> Iterator[Entry]:
    """The last score of each day, where it moved by a tenth of a point."""
    cohort = session.get_one(Firm, firm_id).cohort
    runs = (
        select(ScoreRun.as_of, Score.points)
        .join(Score, Score.run_id == ScoreRun.id)
        .where(Score.firm_id == firm_id, ScoreRun.cohort == cohort, ScoreRun.as_of <= on)
        .order_by(ScoreRun.as_of, ScoreRun.id)
    )
    of_day = {day: points for day, points in session.execute(runs)}  # noqa: C416 - rows are no pairs to mypy
    before: str | None = None
    for day, points in of_day.items():
        told = number_format.decimal(points, 1)
        if told != before:
            yield Entry(day, "scored", Message(N_("%(points)s points"), {"points": told}))
        before = told


def _decisions(session: Session, person: Person, firm_id: str, on: date) -> Iterator[Entry]:
    for one in decisions_of(session, person, firm_id, on):
        if one.decided_on is not None:
            yield Entry(one.decided_on, "decision", Message(N_("%(what)s"), {"what": one.what}))


def _declared(session: Session, person: Person, firm_id: str, on: date) -> Iterator[Entry]:
    for made in declarations_of(session, person, firm_id):
        if made.declared_on <= on:
            params = {"what": KINDS[made.kind]}
            yield Entry(made.declared_on, "declared", Message(N_("%(what)s"), params), made.declared_by)
        if made.withdrawn_on is not None and made.withdrawn_on <= on:
            ended = {"what": KINDS[made.kind], "why": why_ended(made)}
            text = N_("No longer in force: %(what)s. %(why)s")
            yield Entry(made.withdrawn_on, "declared", Message(text, ended), made.withdrawn_by)


def _stages(session: Session, person: Person, firm_id: str, on: date) -> Iterator[Entry]:
    """What an event brought about is told by the event."""
    events = select(Event.kind, Event.occurred_on).where(Event.firm_id == firm_id, Event.in_force)
    told = {tuple(row) for row in session.execute(events)}
    for case in session.scalars(select(Case).where(Case.firm_id == firm_id, Case.opened_on <= on)):
        for move in cases.moves(session, person, case.id, on):
            entry = move.entry
            stage = STAGES.get(entry.stage)
            by_event = stage is not None and (stage.event, entry.entered_on) in told
            if entry.taken_back_at is None and not by_event and entry.entered_on <= on:
                named = {"what": stage or entry.stage}
                yield Entry(entry.entered_on, "stage", Message(N_("%(what)s"), named), entry.recorded_by)


def _visits(session: Session, _person: Person, firm_id: str, on: date) -> Iterator[Entry]:
    """That somebody came, and who: what they found is the bureau's."""
    came = (
        select(Visit.visited_on, Visit.visited_by)
        .join(Case, Case.id == Visit.case_id)
        .where(Case.firm_id == firm_id, Visit.visited_on <= on, Visit.withdrawn_at.is_(None))
    )
    for day, who in session.execute(came):
        yield Entry(day, "visit", Message(N_("A visit of the firm")), who)


def _objections(session: Session, person: Person, firm_id: str, on: date) -> Iterator[Entry]:
    for one in objections(session, person, on, firm_id=firm_id):
        about = {"number": one.id, "what": one.what}
        text = N_("Objection %(number)s: %(what)s")
        yield Entry(one.raised_on, "objection", Message(text, about), one.raised_for or one.raised_by)
        if one.answered_on is not None and one.answered_on <= on:
            text = (
                N_("Objection %(number)s accepted: %(answer)s")
                if one.state == "accepted"
                else N_("Objection %(number)s refused: %(answer)s")
            )
            answer = {"number": one.id, "answer": one.answer or ""}
            yield Entry(one.answered_on, "objection", Message(text, answer), one.answered_by)


_PARTS = (
    (Action.SEE_SCORES, _scores),
    (Action.SEE_POOLS, _decisions),
    (Action.SEE_DECLARATIONS, _declared),
    (Action.SEE_CASES, _stages),
    (Action.SEE_CASES, _visits),
    (Action.SEE_OBJECTIONS, _objections),
)

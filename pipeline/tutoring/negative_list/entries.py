"""What changes the negative list: an adviser is put on it with reason and evidence, replies, stays longer, is let off.

Nothing is struck out: what was entered by mistake is lifted as of its first day, with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.errors import NotFound
from pipeline.language import N_, Label, Message
from pipeline.store.tutoring_tables import Adviser, NegativeEntry, NegativeNote
from pipeline.tutoring.advisers import WrongAdviser, changed, changing, reason, right_id, written
from pipeline.tutoring.negative_list.listed import end_day

ENTERED, REPLY, EXTENDED, LIFTED = "entered", "reply", "extended", "lifted"
NOTE_KINDS: Mapping[str, Label] = MappingProxyType(
    {
        ENTERED: Label("列入", "entered"),
        REPLY: Label("机构申辩", "reply of the adviser"),
        EXTENDED: Label("延期", "extended"),
        LIFTED: Label("移出", "lifted"),
    }
)


@dataclass(frozen=True)
class NoteSeen:
    """Something about an entry. `ends_on`: the end day after it, where it changed that."""

    kind: str
    on: date
    text: str
    ends_on: date | None
    by: str


@dataclass(frozen=True)
class EntrySeen:
    """An entry as known on a day, with what was done about it, the earliest first."""

    id: int
    adviser_id: int
    reason: str
    evidence: str
    begins_on: date
    ends_on: date
    in_force: bool
    recorded_by: str
    notes: Sequence[NoteSeen]
    version: int


def enter(
    session: Session,
    person: Person,
    adviser_id: int,
    why: str,
    evidence: str,
    begins_on: date,
    ends_on: date,
    *,
    now: datetime,
    seen: int | None = None,
    decided_by_two: bool = False,
) -> NegativeEntry:
    """Put an adviser on the list, from a day until before another; the first day may be still to come. An agency that
    prepares returns is told, and heard, first: pipeline.agencies.listings enters it once two have signed.

    Raises WrongAdviser for such an agency without `decided_by_two`, without reason or evidence, for an end that is no
    later than the beginning, or days on which it is on the list already.
    """
    adviser = changing(session, person, adviser_id, seen)
    if adviser.kind == "agency" and not decided_by_two:
        text = N_("%(name)s prepares returns: propose it on the page of agencies, so that it is heard and two sign.")
        raise WrongAdviser(Message(text, {"name": adviser.name}))
    why = reason(why)
    evidence = written(evidence, Message(N_("Say what the entry rests on: a paper, its number, what it shows.")))
    _check_days(begins_on, ends_on)
    overlapping = (
        select(NegativeEntry)
        .join(Adviser, Adviser.id == NegativeEntry.adviser_id)
        .where(
            func.coalesce(Adviser.merged_into, Adviser.id) == adviser.id,
            NegativeEntry.begins_on < ends_on,
            NegativeEntry.ends_on > begins_on,
            NegativeEntry.ends_on > NegativeEntry.begins_on,
        )
    )
    other = session.scalar(overlapping.limit(1))
    if other is not None:
        text = N_("This adviser is on the list from %(begins)s until before %(ends)s: extend that entry.")
        raise WrongAdviser(Message(text, {"begins": f"{other.begins_on}", "ends": f"{other.ends_on}"}))
    entry = NegativeEntry(
        adviser_id=adviser.id,
        reason=why,
        evidence=evidence,
        begins_on=begins_on,
        ends_on=ends_on,
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    session.add(entry)
    session.flush()
    _note(session, person, entry, ENTERED, "", min(begins_on, audit.today(now)), ends_on, now)
    details = {"entry": entry.id, "begins_on": begins_on, "ends_before": ends_on, "why": why}
    changed(session, person, adviser, "list_adviser", details, now)
    return entry


def reply(
    session: Session, person: Person, entry_id: int, text: str, on: date, *, now: datetime, seen: int | None = None
) -> NegativeEntry:
    """What the adviser has said about an entry, on this day."""
    audit.check_day(on, now)
    entry, adviser = _entry(session, person, entry_id, seen)
    text = written(text, Message(N_("Write what the adviser replied.")))
    _note(session, person, entry, REPLY, text, on, None, now)
    changed(session, person, adviser, "reply_of_adviser", {"entry": entry.id, "on": on}, now)
    return entry


def extend(
    session: Session,
    person: Person,
    entry_id: int,
    ends_on: date,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> NegativeEntry:
    """An entry ends later. Raises WrongAdviser for an end that is no later, or one that has ended by the day."""
    audit.check_day(on, now)
    entry, adviser = _entry(session, person, entry_id, seen)
    _check_not_over(entry, on)
    if ends_on <= entry.ends_on:
        text = N_("This entry ends on %(day)s; give a later day.")
        raise WrongAdviser(Message(text, {"day": f"{entry.ends_on}"}))
    return _moved(session, person, entry, adviser, EXTENDED, ends_on, why, on, now)


def lift(
    session: Session, person: Person, entry_id: int, why: str, on: date, *, now: datetime, seen: int | None = None
) -> NegativeEntry:
    """From this day on the adviser is on the list no more; as of the entry's first day: it never was."""
    entry, adviser = _entry(session, person, entry_id, seen)
    if entry.begins_on <= audit.today(now):
        audit.check_day(on, now)
    _check_not_over(entry, on)
    if on < entry.begins_on:
        text = N_("This entry begins on %(day)s; it cannot end before.")
        raise WrongAdviser(Message(text, {"day": f"{entry.begins_on}"}))
    return _moved(session, person, entry, adviser, LIFTED, on, why, on, now)


def entries_of(session: Session, person: Person, adviser_id: int, on: date) -> list[EntrySeen]:
    """The entries of an adviser that were known on the day, the latest first."""
    people.require(person, Action.SEE_FINDINGS)
    end = audit.end_of(on)
    ends_on = end_day(end)
    known = (
        select(NegativeEntry, ends_on)
        .join(Adviser, Adviser.id == NegativeEntry.adviser_id)
        .where(right_id(end) == adviser_id, NegativeEntry.recorded_at < end)
        .order_by(NegativeEntry.begins_on.desc(), NegativeEntry.id.desc())
    )
    found = session.execute(known).all()
    notes: dict[int, list[NoteSeen]] = {entry.id: [] for entry, _until in found}
    written_by_then = select(NegativeNote).where(NegativeNote.entry_id.in_(notes), NegativeNote.at < end)
    for note in session.scalars(written_by_then.order_by(NegativeNote.id)):
        notes[note.entry_id].append(NoteSeen(note.kind, note.on, note.text, note.ends_on, note.by))
    return [
        EntrySeen(
            entry.id,
            adviser_id,
            entry.reason,
            entry.evidence,
            entry.begins_on,
            until,
            entry.begins_on <= on < until,
            entry.recorded_by,
            notes[entry.id],
            entry.version,
        )
        for entry, until in found
    ]


# --- within ----------------------------------------------------------------------------------------


def _entry(session: Session, person: Person, entry_id: int, seen: int | None) -> tuple[NegativeEntry, Adviser]:
    people.require(person, Action.KEEP_ADVISERS)
    found = session.get(NegativeEntry, entry_id, populate_existing=True)
    if found is None:
        raise NotFound(Message(N_("There is no entry %(number)s of the negative list."), {"number": entry_id}))
    of = session.get_one(Adviser, found.adviser_id)
    return found, changing(session, person, of.merged_into or of.id, seen)


def _moved(
    session: Session,
    person: Person,
    entry: NegativeEntry,
    adviser: Adviser,
    kind: str,
    ends_on: date,
    why: str,
    on: date,
    now: datetime,
) -> NegativeEntry:
    why, before = reason(why), entry.ends_on
    entry.ends_on = ends_on
    _note(session, person, entry, kind, why, min(on, audit.today(now)), ends_on, now)
    action = "extend_listing" if kind == EXTENDED else "lift_listing"
    was = {"was": {"ends_before": before}, "now": {"ends_before": ends_on}}
    changed(session, person, adviser, action, {"entry": entry.id, "why": why, **was}, now)
    return entry


def _note(
    session: Session,
    person: Person,
    entry: NegativeEntry,
    kind: str,
    text: str,
    on: date,
    ends_on: date | None,
    now: datetime,
) -> None:
    note = NegativeNote(
        entry_id=entry.id, kind=kind, on=on, text=text, ends_on=ends_on, by=person.name, at=audit.utc(now)
    )
    session.add(note)
    flag_modified(entry, "reason")
    session.flush()


def _check_days(begins_on: date, ends_on: date) -> None:
    if ends_on <= begins_on:
        raise WrongAdviser(Message(N_("An entry ends on a later day than it begins.")))


def _check_not_over(entry: NegativeEntry, on: date) -> None:
    if entry.ends_on <= on:
        text = N_("This entry has ended on %(day)s; make a new one.")
        raise WrongAdviser(Message(text, {"day": f"{entry.ends_on}"}))

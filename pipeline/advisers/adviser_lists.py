"""The register as it was known on a day: a line for each adviser, and everything about one.

Counts and evaluations are of the firms that the reader reaches; names, filings and the negative list are for everybody
who may read findings. An enterprise sees none of it, only the names of its own advisers on its page.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.advisers.differences import Compared, compared
from pipeline.advisers.evaluations import EvaluationSeen, Mean, evaluations_of, means
from pipeline.advisers.served import Served, served, stages_on
from pipeline.advisers.spot_checks import ItemSeen, spot_checks
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import Adviser, AdviserChange, AdviserFiling, Engagement
from pipeline.tutoring.advisers import agreed_by, known_end, no_adviser, right_id
from pipeline.tutoring.gates import REGISTER_KINDS
from pipeline.tutoring.negative_list.entries import EntrySeen, entries_of
from pipeline.tutoring.negative_list.listed import Listed, on_list
from pipeline.wording.spelling import holds


@dataclass(frozen=True)
class FilingSeen:
    """A filing. `in_force`: the day is not after its last."""

    id: int
    adviser_id: int
    authority: str
    number: str
    filed_on: date
    valid_until: date | None
    in_force: bool
    by: str


@dataclass(frozen=True)
class AdviserLine:
    """An adviser of the register on a day. `evaluation`, `differences` None: there are none; `listed`: its entry of the
    negative list, where one is in force. `version`: what a change of it says it saw."""

    id: int
    kind: str
    name: str
    credit_code: str | None
    filings: Sequence[FilingSeen]
    served: Served
    evaluation: Mean | None
    differences: Compared | None
    listed: Listed | None
    version: int

    @property
    def filed(self) -> bool:
        """Whether a filing is in force."""
        return any(filing.in_force for filing in self.filings)


@dataclass(frozen=True)
class FirmServed:
    """An agreement of an adviser with a firm. `stage` None: the firm is not in tutoring."""

    firm_id: str
    firm_name: str | None
    stage: str | None
    agreed_on: date
    ended_on: date | None


@dataclass(frozen=True)
class ChangeSeen:
    """What was changed about an adviser itself: its name, its credit_code, or another spelling merged into it."""

    what: str
    before: str | None
    after: str | None
    why: str
    by: str
    at: datetime


@dataclass(frozen=True)
class AdviserSeen:
    """Everything about one adviser. `spellings`: other names that are its own."""

    line: AdviserLine
    spellings: Sequence[str]
    changes: Sequence[ChangeSeen]
    firms: Sequence[FirmServed]
    evaluations: Sequence[EvaluationSeen]
    entries: Sequence[EntrySeen]
    drawn: Sequence[ItemSeen]


def advisers(
    session: Session,
    person: Person,
    on: date,
    *,
    kind: str | None = None,
    listed_only: bool = False,
    rates: Mapping[int, Compared] | None = None,
) -> list[AdviserLine]:
    """The register on the day, by kind and name. `listed_only`: who is on the negative list;
    `rates`: what `compared` says of this day and reader, where somebody has asked it already."""
    people.require(person, Action.SEE_FINDINGS)
    listed = {each.adviser_id: each for each in on_list(session, on)}
    end = audit.end_of(on)
    there = select(Adviser).where(Adviser.added_at < end, right_id(end) == Adviser.id)
    if kind is not None:
        there = there.where(Adviser.kind == kind)
    rows = [one for one in session.scalars(there) if not listed_only or one.id in listed]
    earlier = _earlier(session, end)
    filings, counted = _filings(session, on, end), served(session, person, on)
    judged = means(session, person, on)
    rates = compared(session, person, on) if rates is None else rates
    lines = [
        AdviserLine(
            one.id,
            one.kind,
            str(earlier.get((one.id, "name"), one.name)),
            earlier.get((one.id, "credit_code"), one.credit_code),
            filings.get(one.id, []),
            counted.get(one.id, Served()),
            judged.get(one.id),
            rates.get(one.id),
            listed.get(one.id),
            one.version,
        )
        for one in rows
    ]
    order = list(REGISTER_KINDS)
    return sorted(lines, key=lambda line: (order.index(line.kind), line.name))


def adviser_seen(
    session: Session, person: Person, adviser_id: int, on: date, rates: Mapping[int, Compared] | None = None
) -> AdviserSeen:
    """Everything about one adviser that was known on the day; of another spelling: of the one that it is."""
    people.require(person, Action.SEE_FINDINGS)
    end = audit.end_of(on)
    number = session.scalar(select(right_id(end)).where(Adviser.id == adviser_id, Adviser.added_at < end))
    line = next((each for each in advisers(session, person, on, rates=rates) if each.id == number), None)
    if line is None:
        raise no_adviser(adviser_id)
    names = select(Adviser.id, Adviser.name).where(right_id(end) == line.id).order_by(Adviser.id)
    spellings = {row.id: row.name for row in session.execute(names)}
    changes = select(AdviserChange).where(AdviserChange.adviser_id.in_(spellings), AdviserChange.at < end)
    return AdviserSeen(
        line,
        [name for each, name in spellings.items() if each != line.id],
        [
            ChangeSeen(one.what, spellings[one.adviser_id] if one.what == "merged_into" else one.before, *_after(one))
            for one in session.scalars(changes.order_by(AdviserChange.id))
        ],
        _firms(session, person, line.id, on, end),
        evaluations_of(session, person, line.id, on),
        entries_of(session, person, line.id, on),
        [item for check in spot_checks(session, person, on) for item in check.items if item.adviser_id == line.id],
    )


def advisers_called(session: Session, person: Person, on: date, words: str, most: int) -> list[tuple[int, str, str]]:
    """The advisers known on the day whose name, another spelling of it or code holds these words: id, kind and name as
    it is now, by name."""
    people.require(person, Action.SEE_FINDINGS)
    end = audit.end_of(on)
    called = or_(holds(Adviser.name, words), holds(func.coalesce(Adviser.credit_code, ""), words))
    there = select(right_id(end)).where(Adviser.added_at < end, called)
    named = (
        select(Adviser.id, Adviser.kind, Adviser.name).where(Adviser.id.in_(there)).order_by(Adviser.name).limit(most)
    )
    return [(row.id, row.kind, row.name) for row in session.execute(named)]


# --- within ----------------------------------------------------------------------------------------


def _after(change: AdviserChange) -> tuple[str | None, str, str, datetime]:
    return change.after, change.why, change.by, change.at


def _earlier(session: Session, end: datetime) -> Mapping[tuple[int, str], str | None]:
    """What advisers were called, and their codes, before what was changed since this moment."""
    later = select(AdviserChange).where(AdviserChange.at >= end).order_by(AdviserChange.id.desc())
    return {(one.adviser_id, one.what): one.before for one in session.scalars(later)}


def _filings(session: Session, on: date, end: datetime) -> dict[int, list[FilingSeen]]:
    known = (
        select(AdviserFiling, right_id(end))
        .join(Adviser, Adviser.id == AdviserFiling.adviser_id)
        .where(
            AdviserFiling.recorded_at < end,
            AdviserFiling.filed_on <= on,
            or_(AdviserFiling.ended_at.is_(None), AdviserFiling.ended_at >= end),
        )
        .order_by(AdviserFiling.filed_on, AdviserFiling.id)
    )
    found: dict[int, list[FilingSeen]] = {}
    for one, adviser in session.execute(known):
        in_force = one.valid_until is None or one.valid_until >= on
        seen = FilingSeen(
            one.id, adviser, one.authority, one.number, one.filed_on, one.valid_until, in_force, one.recorded_by
        )
        found.setdefault(adviser, []).append(seen)
    return found


def _firms(session: Session, person: Person, adviser_id: int, on: date, end: datetime) -> list[FirmServed]:
    """Whom the adviser advises or has advised, of those that this person reaches; those that it still does first."""
    stands = stages_on(on, end)
    going_on = select(stands).where(or_(stands.c.closed_on.is_(None), stands.c.closed_on > on)).subquery()
    until = known_end(end)
    statement = (
        select(Engagement.firm_id, Firm.name, going_on.c.stage, Engagement.agreed_on, until)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .join(Firm, Firm.id == Engagement.firm_id)
        .outerjoin(going_on, going_on.c.firm_id == Engagement.firm_id)
        .where(right_id(end) == adviser_id, agreed_by(on, end), people.visible_firms(person, Action.SEE_FINDINGS))
        .order_by(Engagement.agreed_on.desc(), Engagement.id.desc())
    )
    firms: Iterable[FirmServed] = (
        FirmServed(firm, name, stage, agreed, ended if ended is not None and ended <= on else None)
        for firm, name, stage, agreed, ended in session.execute(statement)
    )
    return sorted(firms, key=lambda firm: firm.ended_on is not None)

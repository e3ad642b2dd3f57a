"""Spot checks: advisers, agreements or returns that agencies prepared are drawn at random by kind, district or agency,
looked at, and what was found is kept.

The seed is given, or drawn here and kept; with the frame as it was then it gives the same items again (`repeats`). Each
draw, however it went, stays on record: nobody draws again until somebody comes out.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.advisers.differences import named_in_register
from pipeline.advisers.drawing import Item, WrongDraw, draw, hash_of
from pipeline.advisers.kinds import (
    ADVISERS,
    AGENCY,
    AGREEMENTS,
    CLEAN,
    KIND,
    RESULTS,
    RETURNS,
    SIZE,
    SIZES,
    STRATA_OF,
    TO_LIST,
)
from pipeline.errors import NotFound
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.language import N_, Message
from pipeline.store.tables import CITY, Firm, Return, ReturnRow
from pipeline.store.tutoring_tables import Adviser, Engagement, NegativeEntry, SpotCheck, SpotCheckItem
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.advisers import RIGHT, holding, reason, right_id, tidy

#: Firms whose district nobody has stated.
NO_DISTRICT = "unknown"
LONGEST_SEED = 80


@dataclass(frozen=True)
class ItemSeen:
    """One that was drawn. `firm_id` None: the adviser itself was drawn, not one of its agreements. `result` None:
    nobody had looked at it by the day."""

    id: int
    number: int
    stratum: str
    adviser_id: int
    adviser: str
    firm_id: str | None
    firm_name: str | None
    result: str | None
    note: str | None
    checked_on: date | None
    by: str | None


@dataclass(frozen=True)
class CheckSeen:
    """A draw, with those of its items that this person may see. `repeats`: seed and frame as kept give these items."""

    id: int
    subject: str
    strata: str
    size: int
    of: int
    seed: str
    seed_given: bool
    frame_hash: str
    why: str
    drawn_on: date
    drawn_by: str
    repeats: bool
    items: Sequence[ItemSeen]

    @property
    def with_findings(self) -> int:
        """At how many of these items something was found."""
        return sum(item.result not in (None, CLEAN) for item in self.items)

    @property
    def open(self) -> int:
        """How many of these items nobody has looked at."""
        return sum(item.result is None for item in self.items)


def draw_check(
    session: Session,
    person: Person,
    subject: str,
    strata: str,
    size: int,
    why: str,
    on: date,
    *,
    now: datetime,
    seed: str | None = None,
) -> SpotCheck:
    """Draw from all advisers of the register, all agreements that hold on the day, or the latest return of each firm
    that an agency of the register prepared. `seed` None: one is drawn.

    Raises WrongDraw where there are not as many, fewer are asked for than there are groups, or by what these have not:
    advisers have no district.
    """
    people.require(person, Action.KEEP_ADVISERS)
    audit.check_day(on, now)
    lock_writes(session)
    why = reason(why)
    if strata not in STRATA_OF.get(subject, ()):
        text = N_("Draw advisers by kind, agreements by kind or district, or returns by agency, district or size.")
        raise WrongDraw(Message(text))
    given = (seed or "").strip()
    if len(given) > LONGEST_SEED:
        raise WrongDraw(Message(N_("A seed has at most %(longest)s letters."), {"longest": LONGEST_SEED}))
    frame = _frame(session, subject, strata, on)
    seed = given or secrets.token_hex(16)
    drawn = draw(frame, size, seed)
    check = SpotCheck(
        subject=subject,
        strata=strata,
        size=size,
        seed=seed,
        seed_given=bool(given),
        frame=[list(item) for item in frame],
        frame_hash=hash_of(frame),
        why=why,
        drawn_on=on,
        drawn_by=person.name,
        drawn_at=audit.utc(now),
    )
    session.add(check)
    session.flush()
    for number, stratum in drawn:
        session.add(SpotCheckItem(spot_check_id=check.id, number=number, stratum=stratum))
    session.flush()
    details = {
        "check_subject": subject,
        "strata": strata,
        "size": size,
        "drawn_of": len(frame),
        "seed": seed,
        "frame_hash": check.frame_hash,
        "why": why,
    }
    audit.record(session, person, "draw_spot_check", f"spot_check:{check.id}", details, now)
    return check


def record_result(
    session: Session,
    person: Person,
    item_id: int,
    result: str,
    note: str,
    on: date,
    *,
    now: datetime,
    why: str | None = None,
) -> SpotCheckItem:
    """What was found about one that was drawn. Another result takes the reason `why`; the audit log has both.

    Raises WrongDraw for a day before the draw, or where the adviser is to be on the negative list and has no entry.
    """
    people.require(person, Action.KEEP_ADVISERS)
    audit.check_day(on, now)
    lock_writes(session)
    item = session.get(SpotCheckItem, item_id, populate_existing=True)
    if item is None:
        raise NotFound(Message(N_("There is no item %(number)s of a spot check."), {"number": item_id}))
    check = session.get_one(SpotCheck, item.spot_check_id)
    note = note.strip() or ""
    if result not in RESULTS:
        text = N_("%(result)s is no result of a spot check. Write one of: %(results)s.")
        raise WrongDraw(Message(text, {"result": result[:40], "results": list(RESULTS)}))
    if result != CLEAN and not note:
        raise WrongDraw(Message(N_("Write what was found.")))
    if on < check.drawn_on:
        text = N_("It was drawn on %(day)s; nobody can have checked it before.")
        raise WrongDraw(Message(text, {"day": f"{check.drawn_on}"}))
    adviser = _adviser_of(session, check.subject, item.number, audit.today(now))
    if result == TO_LIST and not _has_entry(session, adviser):
        text = N_("Enter %(name)s on the negative list first, with the evidence.")
        raise WrongDraw(Message(text, {"name": adviser.name}))
    details: dict[str, object] = {"adviser": adviser.name, "result": result, "on": on, "note": note}
    if item.result is not None:
        if (item.result, item.note or "") == (result, note):
            raise WrongDraw(Message(N_("Nothing is different from what is on record; nothing was stored.")))
        details |= {"why": reason(why), "was": {"result": item.result, "note": item.note}}
    item.result, item.note, item.checked_on = result, note or None, on
    item.recorded_by, item.recorded_at = person.name, audit.utc(now)
    session.flush()
    audit.record(session, person, "record_spot_check", f"spot_check:{check.id}", details, now)
    return item


def spot_checks(session: Session, person: Person, on: date, *, open_only: bool = False) -> list[CheckSeen]:
    """The draws by the day, the latest first; of agreements only those with firms that this person reaches.
    `open_only`: those with items that nobody has looked at, and these alone."""
    people.require(person, Action.SEE_FINDINGS)
    end = audit.end_of(on)
    drawn = select(SpotCheck).where(SpotCheck.drawn_on <= on, SpotCheck.drawn_at < end)
    checks = session.scalars(drawn.order_by(SpotCheck.id.desc())).all()
    items = _items(session, person, end, on)
    found = []
    for check in checks:
        mine = [item for item in items.get(check.id, []) if not (open_only and item.result is not None)]
        if open_only and not mine:
            continue
        found.append(
            CheckSeen(
                check.id,
                check.subject,
                check.strata,
                check.size,
                len(check.frame),
                check.seed,
                check.seed_given,
                check.frame_hash,
                check.why,
                check.drawn_on,
                check.drawn_by,
                repeats(session, check),
                mine,
            )
        )
    return found


def repeats(session: Session, check: SpotCheck) -> bool:
    """Whether the frame is the one that was hashed, and with the seed gives the items that were drawn."""
    frame: list[Item] = [(number, stratum) for number, stratum in check.frame]
    drawn = select(SpotCheckItem.number, SpotCheckItem.stratum).where(SpotCheckItem.spot_check_id == check.id)
    kept = {(number, stratum) for number, stratum in session.execute(drawn)}
    return hash_of(frame) == check.frame_hash and set(draw(frame, check.size, check.seed)) == kept


def size_of(revenue: float | None) -> str:
    """The size of a firm by its revenue in yuan; a loss of revenue counts as none."""
    if revenue is None:
        return NO_DISTRICT
    return next((size for size, least in SIZES.items() if revenue >= least), "micro")


# --- within ----------------------------------------------------------------------------------------


def _frame(session: Session, subject: str, strata: str, on: date) -> list[Item]:
    """Everything that can be drawn, by its number."""
    if subject == ADVISERS:
        advisers = select(Adviser.id, Adviser.kind).where(Adviser.merged_into.is_(None)).order_by(Adviser.id)
        return [(number, stratum) for number, stratum in session.execute(advisers)]
    if subject == RETURNS:
        return _returns(session, strata, on)
    stratum = Adviser.kind if strata == KIND else func.coalesce(Firm.district_code, NO_DISTRICT)
    agreements = (
        select(Engagement.id, stratum)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .join(Firm, Firm.id == Engagement.firm_id)
        .where(holding(on, audit.end_of(on)), Firm.cohort == CITY)
        .order_by(Engagement.id)
    )
    return [(number, group) for number, group in session.execute(agreements)]


def _returns(session: Session, strata: str, on: date) -> list[Item]:
    """The latest full year of each firm that an agency of the register prepared, by the number of its row."""
    by_name, facts = named_in_register(session, on), ReturnRow.__table__.c
    text = facts.prepared_by
    district = func.coalesce(Firm.district_code, NO_DISTRICT)
    rows = (
        select(ReturnRow.id, ReturnRow.firm_id, text, district, facts.revenue_cny)
        .join(Return, Return.id == ReturnRow.return_id)
        .join(Firm, Firm.id == ReturnRow.firm_id)
        .where(text.is_not(None), ReturnRow.known_on <= on, ReturnRow.months == FULL_YEAR_MONTHS)
        .where(Return.in_force, Firm.cohort == CITY)
        .order_by(ReturnRow.year, ReturnRow.known_on, ReturnRow.id)
    )
    last: dict[str, Item] = {}
    for number, firm, by, place, revenue in session.execute(rows):
        agency = by_name.get(tidy(by))
        if agency is not None:
            last[firm] = (number, {AGENCY: str(agency), SIZE: size_of(revenue)}.get(strata, place))
    return sorted(last.values())


def _items(session: Session, person: Person, end: datetime, on: date) -> dict[int, list[ItemSeen]]:
    advisers = (
        select(SpotCheckItem, RIGHT.id, RIGHT.name)
        .join(SpotCheck, SpotCheck.id == SpotCheckItem.spot_check_id)
        .join(Adviser, Adviser.id == SpotCheckItem.number)
        .join(RIGHT, RIGHT.id == right_id(end))
        .where(SpotCheck.subject == ADVISERS)
    )
    agreements = (
        select(SpotCheckItem, RIGHT.id, RIGHT.name, Firm.id, Firm.name)
        .join(SpotCheck, SpotCheck.id == SpotCheckItem.spot_check_id)
        .join(Engagement, Engagement.id == SpotCheckItem.number)
        .join(Adviser, Adviser.id == Engagement.adviser_id)
        .join(RIGHT, RIGHT.id == right_id(end))
        .join(Firm, Firm.id == Engagement.firm_id)
        .where(SpotCheck.subject == AGREEMENTS, people.visible_firms(person, Action.SEE_FINDINGS))
    )
    drawn = [
        (item, _seen(item, end, adviser_id, name, None, None)) for item, adviser_id, name in session.execute(advisers)
    ] + [
        (item, _seen(item, end, adviser_id, name, firm_id, firm_name))
        for item, adviser_id, name, firm_id, firm_name in session.execute(agreements)
    ]
    drawn += _return_items(session, person, end, on)
    found: dict[int, list[ItemSeen]] = {}
    for item, seen in sorted(drawn, key=lambda each: each[0].id):
        found.setdefault(item.spot_check_id, []).append(seen)
    return found


def _return_items(
    session: Session, person: Person, end: datetime, known_on: date
) -> list[tuple[SpotCheckItem, ItemSeen]]:
    text = ReturnRow.__table__.c.prepared_by
    statement = (
        select(SpotCheckItem, text, Firm.id, Firm.name)
        .join(SpotCheck, SpotCheck.id == SpotCheckItem.spot_check_id)
        .join(ReturnRow, ReturnRow.id == SpotCheckItem.number)
        .join(Firm, Firm.id == ReturnRow.firm_id)
        .where(SpotCheck.subject == RETURNS, people.visible_firms(person, Action.SEE_FINDINGS))
    )
    rows = session.execute(statement).all()
    if not rows:
        return []
    by_name = named_in_register(session, known_on)
    rights = {row.id: row.name for row in session.execute(select(Adviser.id, Adviser.name))}
    return [
        (item, _seen(item, end, number, rights[number], firm_id, firm_name))
        for item, by, firm_id, firm_name in rows
        if (number := by_name.get(tidy(by))) is not None
    ]


def _seen(
    item: SpotCheckItem, end: datetime, adviser_id: int, adviser: str, firm_id: str | None, firm_name: str | None
) -> ItemSeen:
    known = item.recorded_at is not None and item.recorded_at < end
    said = (item.result, item.note, item.checked_on, item.recorded_by) if known else (None, None, None, None)
    return ItemSeen(item.id, item.number, item.stratum, adviser_id, adviser, firm_id, firm_name, *said)


def _adviser_of(session: Session, subject: str, number: int, today: date) -> Adviser:
    """Of one that was drawn. Raises WrongDraw where the agency of a return is called otherwise since."""
    of: int | None = number
    if subject == AGREEMENTS:
        of = session.get_one(Engagement, number).adviser_id
    elif subject == RETURNS:
        by = session.scalar(select(ReturnRow.__table__.c.prepared_by).where(ReturnRow.id == number))
        of = named_in_register(session, today).get(tidy(by))
    if of is None:
        raise WrongDraw(Message(N_("Nobody of the register is called as this return says.")))
    adviser = session.get_one(Adviser, of)
    return adviser if adviser.merged_into is None else session.get_one(Adviser, adviser.merged_into)


def _has_entry(session: Session, adviser: Adviser) -> bool:
    entries = (
        select(NegativeEntry.id)
        .join(Adviser, Adviser.id == NegativeEntry.adviser_id)
        .where(
            func.coalesce(Adviser.merged_into, Adviser.id) == adviser.id,
            NegativeEntry.ends_on > NegativeEntry.begins_on,
        )
    )
    return session.scalar(entries.limit(1)) is not None

"""What officers think of an adviser's work: one evaluation a person, firm and year, from 1 (poor) to 5 (very good).

Corrected and withdrawn with a reason; a mean is told from FEWEST evaluations on, for one or two are somebody's opinion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.advisers.kinds import BEST, CRITERIA, WORST
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.tables import Firm, Return, ReturnRow
from pipeline.store.tutoring_tables import Adviser, AdviserEvaluation, Engagement
from pipeline.tutoring.advisers import WrongAdviser, changed, changing, reason, right_id, tidy

#: From so many evaluations on a mean is told.
FEWEST = 3


@dataclass(frozen=True)
class Mean:
    """`overall`: the mean over all criteria; None, as of each criterion, where there are fewer than FEWEST."""

    count: int
    overall: float | None
    by_criterion: Mapping[str, float]


@dataclass(frozen=True)
class EvaluationSeen:
    """One evaluation."""

    id: int
    firm_id: str
    firm_name: str | None
    year: int
    evaluated_on: date
    grades: Mapping[str, int]
    note: str | None
    by: str


def evaluate(
    session: Session,
    person: Person,
    adviser_id: int,
    firm_id: str,
    year: int,
    grades: Mapping[str, int],
    note: str | None,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> AdviserEvaluation:
    """Keep what a person thinks of the adviser's work for a firm in a year.

    Raises WrongAdviser for grades that are no whole numbers from 1 to 5, an adviser that did not work for the firm in
    that year, or a second evaluation of the same work.
    """
    audit.check_day(on, now)
    adviser = changing(session, person, adviser_id, seen, Action.RECORD_VISITS)
    people.require(person, Action.RECORD_VISITS, firm_id, session=session)
    if year > on.year or not _worked(session, adviser, firm_id, year):
        text = N_("%(name)s did not work for this firm in %(year)s, as far as is known.")
        raise WrongAdviser(Message(text, {"name": adviser.name, "year": year}))
    twice = (
        select(AdviserEvaluation.id)
        .join(Adviser, Adviser.id == AdviserEvaluation.adviser_id)
        .where(
            func.coalesce(Adviser.merged_into, Adviser.id) == adviser.id,
            AdviserEvaluation.firm_id == firm_id,
            AdviserEvaluation.year == year,
            AdviserEvaluation.recorded_by == person.name,
            AdviserEvaluation.ended_at.is_(None),
        )
    )
    if (number := session.scalar(twice)) is not None:
        text = N_("You have evaluated this work already (no. %(number)s): correct that evaluation.")
        raise WrongAdviser(Message(text, {"number": number}))
    kept = _kept(session, person, adviser.id, firm_id, year, grades, note, on, now)
    changed(session, person, adviser, "evaluate_adviser", {"firm_id": firm_id, "year": year, "on": on}, now)
    return kept


def correct(
    session: Session,
    person: Person,
    evaluation_id: int,
    grades: Mapping[str, int],
    note: str | None,
    why: str,
    on: date,
    *,
    now: datetime,
    seen: int | None = None,
) -> AdviserEvaluation:
    """One's own evaluation was another; what stood there before stays on record."""
    audit.check_day(on, now)
    wrong, adviser = _own(session, person, evaluation_id, seen)
    before, after = _grades(wrong), _checked(grades)
    note = (note or "").strip() or None
    if before == after and wrong.note == note:
        raise WrongAdviser(Message(N_("Nothing is different from what is on record; nothing was stored.")))
    wrong.ended_by, wrong.ended_at, wrong.ended_why = person.name, audit.utc(now), reason(why)
    kept = _kept(session, person, adviser.id, wrong.firm_id, wrong.year, after, note, on, now)
    details = {"firm_id": wrong.firm_id, "year": wrong.year, "why": wrong.ended_why}
    changed(session, person, adviser, "correct_evaluation", details | {"was": before, "now": after}, now)
    return kept


def withdraw(
    session: Session, person: Person, evaluation_id: int, why: str, *, now: datetime, seen: int | None = None
) -> Adviser:
    """One's own evaluation was a mistake; it counts no more."""
    wrong, adviser = _own(session, person, evaluation_id, seen)
    wrong.ended_by, wrong.ended_at, wrong.ended_why = person.name, audit.utc(now), reason(why)
    details = {"firm_id": wrong.firm_id, "year": wrong.year, "why": wrong.ended_why}
    changed(session, person, adviser, "withdraw_evaluation", details, now)
    return adviser


def means(session: Session, person: Person, on: date) -> dict[int, Mean]:
    """Of each adviser that has been evaluated for a firm that this person reaches, as known on the day."""
    people.require(person, Action.SEE_FINDINGS)
    end = audit.end_of(on)
    whose = right_id(end)
    columns = [func.avg(getattr(AdviserEvaluation, name)) for name in CRITERIA]
    statement = (
        select(whose, func.count(), *columns)
        .join(Adviser, Adviser.id == AdviserEvaluation.adviser_id)
        .join(Firm, Firm.id == AdviserEvaluation.firm_id)
        .where(_standing(on, end), people.visible_firms(person, Action.SEE_FINDINGS))
        .group_by(whose)
    )
    found = {}
    for adviser, count, *each in session.execute(statement):
        told = {name: float(mean) for name, mean in zip(CRITERIA, each, strict=True)} if count >= FEWEST else {}
        found[adviser] = Mean(count, sum(told.values()) / len(told) if told else None, told)
    return found


def evaluations_of(session: Session, person: Person, adviser_id: int, on: date) -> list[EvaluationSeen]:
    """The evaluations of one adviser for firms that this person reaches, as known on the day, the latest first."""
    people.require(person, Action.SEE_FINDINGS)
    end = audit.end_of(on)
    statement = (
        select(AdviserEvaluation, Firm.name)
        .join(Adviser, Adviser.id == AdviserEvaluation.adviser_id)
        .join(Firm, Firm.id == AdviserEvaluation.firm_id)
        .where(right_id(end) == adviser_id, _standing(on, end), people.visible_firms(person, Action.SEE_FINDINGS))
        .order_by(AdviserEvaluation.evaluated_on.desc(), AdviserEvaluation.id.desc())
    )
    return [
        EvaluationSeen(one.id, one.firm_id, name, one.year, one.evaluated_on, _grades(one), one.note, one.recorded_by)
        for one, name in session.execute(statement)
    ]


# --- within ----------------------------------------------------------------------------------------


def _standing(on: date, end: datetime) -> ColumnElement[bool]:
    there = or_(AdviserEvaluation.ended_at.is_(None), AdviserEvaluation.ended_at >= end)
    return and_(AdviserEvaluation.recorded_at < end, AdviserEvaluation.evaluated_on <= on, there)


def _worked(session: Session, adviser: Adviser, firm_id: str, year: int) -> bool:
    """Whether an agreement held in the year, or a return of it, or of the year before, names the adviser."""
    spellings = select(Adviser.id).where(func.coalesce(Adviser.merged_into, Adviser.id) == adviser.id)
    signed = select(Engagement.id).where(
        Engagement.firm_id == firm_id,
        Engagement.adviser_id.in_(spellings),
        Engagement.taken_back_at.is_(None),
        Engagement.agreed_on <= date(year, 12, 31),
        or_(Engagement.ended_on.is_(None), Engagement.ended_on > date(year, 1, 1)),
    )
    if session.scalar(signed.limit(1)) is not None:
        return True
    prepared = (
        select(ReturnRow.__table__.c.prepared_by)
        .join(Return, Return.id == ReturnRow.return_id)
        .where(ReturnRow.firm_id == firm_id, ReturnRow.year.in_([year, year - 1]), Return.in_force)
        .distinct()
    )
    names = set(session.scalars(select(Adviser.name).where(Adviser.id.in_(spellings))))
    return any(tidy(name) in names for name in session.scalars(prepared) if name)


def _own(session: Session, person: Person, evaluation_id: int, seen: int | None) -> tuple[AdviserEvaluation, Adviser]:
    none_there = NotFound(Message(N_("There is no evaluation %(number)s."), {"number": evaluation_id}))
    found = session.get(AdviserEvaluation, evaluation_id, populate_existing=True)
    people.require_there(session, person, Action.RECORD_VISITS, None if found is None else found.firm_id, none_there)
    assert found is not None
    of = session.get_one(Adviser, found.adviser_id)
    adviser = changing(session, person, of.merged_into or of.id, seen, Action.RECORD_VISITS)
    if found.recorded_by != person.name and not person.policy.acts_alone:
        text = N_("This evaluation is %(who)s's; each corrects and withdraws their own.")
        raise WrongAdviser(Message(text, {"who": found.recorded_by}))
    if found.ended_at is not None:
        raise WrongAdviser(Message(N_("This evaluation was corrected or withdrawn already.")))
    return found, adviser


def _kept(
    session: Session,
    person: Person,
    adviser_id: int,
    firm_id: str,
    year: int,
    grades: Mapping[str, int],
    note: str | None,
    on: date,
    now: datetime,
) -> AdviserEvaluation:
    kept = AdviserEvaluation(
        adviser_id=adviser_id,
        firm_id=firm_id,
        year=year,
        evaluated_on=on,
        note=(note or "").strip() or None,
        recorded_by=person.name,
        recorded_at=audit.utc(now),
        **_checked(grades),
    )
    session.add(kept)
    session.flush()
    return kept


def _checked(grades: Mapping[str, int]) -> dict[str, int]:
    if set(grades) != set(CRITERIA) or any(
        type(grade) is not int or not WORST <= grade <= BEST for grade in grades.values()
    ):
        text = N_("Give a whole number from %(worst)s (poor) to %(best)s (very good) for each of: %(criteria)s.")
        raise WrongAdviser(Message(text, {"worst": WORST, "best": BEST, "criteria": list(CRITERIA.values())}))
    return {name: grades[name] for name in CRITERIA}


def _grades(one: AdviserEvaluation) -> dict[str, int]:
    return {name: getattr(one, name) for name in CRITERIA}

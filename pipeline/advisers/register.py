"""What changes the register: advisers with their codes, their filings, and two spellings that are one adviser's.

A filing that was wrong is ended with the reason; the right one is another. A merge is refused where it is in doubt, for
it is not undone.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, aliased

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.advisers.kinds import AUTHORITIES
from pipeline.errors import NotFound
from pipeline.intake.reading import credit_codes
from pipeline.language import N_, Message
from pipeline.store.tutoring_tables import Adviser, AdviserChange, AdviserEvaluation, AdviserFiling
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.advisers import WrongAdviser, changed, changing, fitting, reason, tidy, written
from pipeline.tutoring.gates import REGISTER_KINDS

LONGEST_NUMBER = 80


@dataclass(frozen=True)
class Filing:
    """A filing as it is given. `valid_until`: its last day; None: it has none."""

    authority: str
    number: str
    filed_on: date
    valid_until: date | None = None


# --- the adviser itself ----------------------------------------------------------------------------


def register(
    session: Session, person: Person, kind: str, name: str, credit_code: str | None = None, *, now: datetime
) -> Adviser:
    """Add an adviser that nobody has signed with yet, or who prepares returns.

    Raises WrongAdviser for an unknown kind, a name that is there already, or a code that is wrong or another's.
    """
    people.require(person, Action.KEEP_ADVISERS)
    lock_writes(session)
    if kind not in REGISTER_KINDS:
        text = N_("%(kind)s is no kind of adviser. Write one of: %(kinds)s.")
        raise WrongAdviser(Message(text, {"kind": kind[:40], "kinds": list(REGISTER_KINDS)}))
    name = _name(session, kind, name)
    code = _code(session, credit_code)
    adviser = Adviser(kind=kind, name=name, credit_code=code, added_by=person.name, added_at=audit.utc(now))
    session.add(adviser)
    session.flush()
    changed(session, person, adviser, "register_adviser", {"adviser_kind": kind, "credit_code": code}, now)
    return adviser


def correct(
    session: Session,
    person: Person,
    adviser_id: int,
    why: str,
    *,
    name: str | None = None,
    credit_code: str | None = None,
    now: datetime,
    seen: int | None = None,
) -> Adviser:
    """Another name or code, with the reason; None: as it is. An empty code is taken away."""
    adviser = changing(session, person, adviser_id, seen)
    why = reason(why)
    given: dict[str, str | None] = {}
    if name is not None and tidy(name) != adviser.name:
        given["name"] = _name(session, adviser.kind, name)
    if credit_code is not None and (credit_code.strip().upper() or None) != adviser.credit_code:
        given["credit_code"] = _code(session, credit_code, adviser.id)
    if not given:
        raise WrongAdviser(Message(N_("Nothing is different from what is on record; nothing was stored.")))
    was = {what: getattr(adviser, what) for what in given}
    for what, value in given.items():
        _keep_change(session, person, adviser, what, was[what], value, why, now)
        setattr(adviser, what, value)
    changed(session, person, adviser, "correct_adviser", {"why": why, "was": was, "now": given}, now)
    return adviser


def merge(
    session: Session,
    person: Person,
    wrong_id: int,
    right_id: int,
    why: str,
    *,
    now: datetime,
    seen: int | None = None,
) -> Adviser:
    """One is another spelling of the other: from now on all that was kept of it is told of the right one.

    Raises WrongAdviser where that is in doubt: the kinds or the codes differ, or one person has evaluated both for the
    same firm and year.
    """
    wrong, right = changing(session, person, wrong_id, seen), changing(session, person, right_id)
    why = reason(why)
    if wrong.id == right.id:
        raise WrongAdviser(Message(N_("An adviser is merged with another one.")))
    doubt = _doubt(session, wrong, right)
    if doubt is not None:
        raise WrongAdviser(doubt)
    _keep_change(session, person, wrong, "merged_into", None, right.name, why, now)
    wrong.merged_into, wrong.merged_at = right.id, audit.utc(now)
    spellings = update(Adviser).where(Adviser.merged_into == wrong.id).values(merged_into=right.id)
    session.execute(spellings, execution_options={"synchronize_session": "fetch"})
    if right.credit_code is None and wrong.credit_code is not None:
        code, wrong.credit_code = wrong.credit_code, None
        _keep_change(session, person, right, "credit_code", None, code, why, now)
        right.credit_code = code
    session.flush()
    details = {"merged": wrong.name, "merged_number": wrong.id, "why": why}
    changed(session, person, right, "merge_advisers", details, now)
    return right


# --- filings ---------------------------------------------------------------------------------------


def file(
    session: Session, person: Person, adviser_id: int, filing: Filing, *, now: datetime, seen: int | None = None
) -> AdviserFiling:
    """Keep a filing. Raises WrongAdviser for an unknown authority, a blank number, an end before the beginning, or the
    same filing a second time."""
    audit.check_day(filing.filed_on, now)
    adviser = changing(session, person, adviser_id, seen)
    kept = _filed(session, person, adviser, filing, now)
    changed(session, person, adviser, "file_adviser", _told(filing), now)
    return kept


def correct_filing(
    session: Session,
    person: Person,
    filing_id: int,
    filing: Filing,
    why: str,
    *,
    now: datetime,
    seen: int | None = None,
) -> AdviserFiling:
    """The filing was another: the wrong one is ended with the reason, the right one kept in its place."""
    audit.check_day(filing.filed_on, now)
    wrong, adviser = _filing(session, person, filing_id, seen)
    before = Filing(wrong.authority, wrong.number, wrong.filed_on, wrong.valid_until)
    if before == filing:
        raise WrongAdviser(Message(N_("Nothing is different from what is on record; nothing was stored.")))
    _end(wrong, person, reason(why), now)
    session.flush()
    kept = _filed(session, person, adviser, filing, now)
    details = {"why": wrong.ended_why, "was": _told(before), "now": _told(filing)}
    changed(session, person, adviser, "correct_filing", details, now)
    return kept


def withdraw_filing(
    session: Session, person: Person, filing_id: int, why: str, *, now: datetime, seen: int | None = None
) -> Adviser:
    """The filing was recorded by mistake."""
    wrong, adviser = _filing(session, person, filing_id, seen)
    _end(wrong, person, reason(why), now)
    about = _told(Filing(wrong.authority, wrong.number, wrong.filed_on, wrong.valid_until))
    changed(session, person, adviser, "withdraw_filing", {"why": wrong.ended_why, **about}, now)
    return adviser


# --- within ----------------------------------------------------------------------------------------


def _name(session: Session, kind: str, given: str) -> str:
    name = fitting(written(tidy(given), Message(N_("Write the name of the adviser."))))
    same = select(Adviser.id).where(Adviser.kind == kind, Adviser.name == name)
    if (number := session.scalar(same)) is not None:
        text = N_("%(name)s is in the register already (no. %(number)s).")
        raise WrongAdviser(Message(text, {"name": name, "number": number}))
    return name


def _code(session: Session, given: str | None, own: int | None = None) -> str | None:
    """The code, where it is right and no other adviser of the register has it."""
    code = (given or "").strip().upper()
    if not code:
        return None
    verdict = credit_codes.verdicts([code])[0]
    if verdict not in (credit_codes.FINE, credit_codes.WRONG_ORGANISATION):
        meant = credit_codes.likely_meant(code)
        text = N_("%(code)s is no unified social credit code: its form or its last digit is wrong.")
        likely = N_("%(code)s is no unified social credit code. Is %(meant)s meant?")
        raise WrongAdviser(Message(likely if meant else text, {"code": code[:40], "meant": meant}))
    same = select(Adviser).where(Adviser.credit_code == code)
    other = session.scalar(same if own is None else same.where(Adviser.id != own))
    if other is not None:
        text = N_("%(name)s (no. %(number)s) has this code: it is the same adviser; merge the two.")
        raise WrongAdviser(Message(text, {"name": other.name, "number": other.id}))
    return code


def _keep_change(
    session: Session,
    person: Person,
    adviser: Adviser,
    what: str,
    before: str | None,
    after: str | None,
    why: str,
    now: datetime,
) -> None:
    change = AdviserChange(
        adviser_id=adviser.id, what=what, before=before, after=after, why=why, by=person.name, at=audit.utc(now)
    )
    session.add(change)


def _doubt(session: Session, wrong: Adviser, right: Adviser) -> Message | None:
    """Why two may not be one."""
    if wrong.kind != right.kind:
        return Message(N_("They are of different kinds, so they are not one adviser."))
    if wrong.credit_code and right.credit_code and wrong.credit_code != right.credit_code:
        return Message(N_("Their credit codes differ, so they are not one adviser. Correct the wrong code first."))
    mine, theirs, my_name, their_name = (
        aliased(AdviserEvaluation),
        aliased(AdviserEvaluation),
        aliased(Adviser),
        aliased(Adviser),
    )
    both = (
        select(mine)
        .join(
            theirs,
            (theirs.firm_id == mine.firm_id) & (theirs.year == mine.year) & (theirs.recorded_by == mine.recorded_by),
        )
        .join(my_name, my_name.id == mine.adviser_id)
        .join(their_name, their_name.id == theirs.adviser_id)
        .where(
            or_(my_name.id == wrong.id, my_name.merged_into == wrong.id),
            or_(their_name.id == right.id, their_name.merged_into == right.id),
            mine.ended_at.is_(None),
            theirs.ended_at.is_(None),
        )
    )
    twice = session.scalar(both.limit(1))
    if twice is None:
        return None
    text = N_("%(who)s has evaluated both for %(firm)s in %(year)s: withdraw one of the evaluations first.")
    return Message(text, {"who": twice.recorded_by, "firm": twice.firm_id, "year": twice.year})


def _filed(session: Session, person: Person, adviser: Adviser, filing: Filing, now: datetime) -> AdviserFiling:
    if filing.authority not in AUTHORITIES:
        text = N_("%(authority)s is no authority to file with. Write one of: %(authorities)s.")
        raise WrongAdviser(Message(text, {"authority": filing.authority[:40], "authorities": list(AUTHORITIES)}))
    number = written(tidy(filing.number), Message(N_("Write the number of the filing.")))
    if len(number) > LONGEST_NUMBER:
        text = N_("The number of a filing has at most %(longest)s letters.")
        raise WrongAdviser(Message(text, {"longest": LONGEST_NUMBER}))
    if filing.valid_until is not None and filing.valid_until < filing.filed_on:
        raise WrongAdviser(Message(N_("A filing ends after the day on which it was filed.")))
    same = select(AdviserFiling.id).where(
        AdviserFiling.adviser_id == adviser.id,
        AdviserFiling.authority == filing.authority,
        AdviserFiling.number == number,
        AdviserFiling.ended_at.is_(None),
    )
    if session.scalar(same.limit(1)) is not None:
        raise WrongAdviser(Message(N_("This filing is in the register already; correct it where it is wrong.")))
    kept = AdviserFiling(
        adviser_id=adviser.id,
        authority=filing.authority,
        number=number,
        filed_on=filing.filed_on,
        valid_until=filing.valid_until,
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    session.add(kept)
    session.flush()
    return kept


def _filing(session: Session, person: Person, filing_id: int, seen: int | None) -> tuple[AdviserFiling, Adviser]:
    people.require(person, Action.KEEP_ADVISERS)
    found = session.get(AdviserFiling, filing_id, populate_existing=True)
    if found is None:
        raise NotFound(Message(N_("There is no filing %(number)s."), {"number": filing_id}))
    of = session.get_one(Adviser, found.adviser_id)
    adviser = changing(session, person, of.merged_into or of.id, seen)
    if found.ended_at is not None:
        raise WrongAdviser(Message(N_("This filing was corrected or withdrawn already.")))
    return found, adviser


def _end(wrong: AdviserFiling, person: Person, why: str, now: datetime) -> None:
    wrong.ended_by, wrong.ended_at, wrong.ended_why = person.name, audit.utc(now), why


def _told(filing: Filing) -> dict[str, object]:
    """A filing as the audit log has it."""
    return {
        "authority": filing.authority,
        "filing_number": filing.number,
        "filed_on": filing.filed_on,
        "valid_until": filing.valid_until,
    }

"""Nominations and applications: taken in, replaced by newer ones, withdrawn; who may see which.

Of a firm at most one of a kind is in force. A newer one replaces it, a person withdraws it; either way it stays on
record. The declarations of a kind follow each other by their days: none is dated before what is on record already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import Scope
from pipeline.declarations.content import Application, WrongApplication, check_application
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.store.pool_tables import Declaration
from pipeline.store.tables import CITY, Firm
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.stated import listing_of

NOMINATION, APPLICATION = "nomination", "application"
KINDS: Mapping[str, Label] = {
    NOMINATION: Label("区县推荐", "Nomination"),
    APPLICATION: Label("企业申请", "Application"),
}
#: Why a declaration is no longer in force that a newer one has replaced.
REPLACED = N_("A newer one has replaced it.")
LONGEST_REASON, LONGEST_SIGNATURE = 2_000, 80
_RIGHT = {NOMINATION: Action.NOMINATE, APPLICATION: Action.APPLY}


class DeclarationNotPossible(ShownToPeople):
    """A declaration, or its withdrawal, that cannot be taken as given."""


@dataclass(frozen=True)
class DeclarationLine:
    """A declaration in force as lists show it, with the names that go with it."""

    declaration: Declaration
    firm_id: str
    firm_name: str | None
    district_code: str | None


# --- what changes declarations ---------------------------------------------------------------------


def nominate(
    session: Session,
    person: Person,
    firm_id: str,
    why: str,
    on: date,
    now: datetime,
    *,
    declared_by: str | None = None,
    on_paper: bool = False,
) -> Declaration:
    """The firm's district nominates it, with a reason.

    An officer of the district does so under the account's name; anybody who may nominate enters a paper (`on_paper`),
    `declared_by` being who signed it. Raises DeclarationNotPossible for a firm that cannot enter, a blank reason, an
    unsigned paper, a day before what is on record, or the very nomination that is in force.
    """
    people.require(person, Action.NOMINATE)
    audit.check_day(on, now)
    lock_writes(session)
    firm = _entrant(session, person, Action.NOMINATE, firm_id)
    if not (on_paper or person.district_code or person.policy.acts_alone):
        raise DeclarationNotPossible(
            Message(N_("It is the firm's district that nominates: enter its paper, and say who signed it."))
        )
    signature = _signature(person, declared_by, on_paper)
    _check(_odd_signature(signature), _odd_text(N_("Reason"), why, LONGEST_REASON))
    made = Declaration(
        firm_id=firm_id,
        kind=NOMINATION,
        declared_on=on,
        declared_by=signature,
        district_code=firm.district_code,
        content={},
        why=why.strip(),
    )
    return _take(session, person, made, on_paper, now, "nominate", {"why": made.why})


def apply(
    session: Session,
    person: Person,
    firm_id: str,
    application: Application,
    on: date,
    now: datetime,
    *,
    declared_by: str | None = None,
    on_paper: bool = False,
) -> Declaration:
    """The firm applies: with its own account, or an officer enters its paper (`on_paper`), `declared_by` being who
    signed it.

    Raises WrongApplication with everything that is wrong with the application, DeclarationNotPossible as `nominate`.
    """
    people.require(person, Action.APPLY)
    audit.check_day(on, now)
    lock_writes(session)
    _entrant(session, person, Action.APPLY, firm_id)
    if person.policy.speaks_for_one_firm and on_paper:
        raise DeclarationNotPossible(
            Message(N_("A firm's own account signs for the firm: an officer enters what came on paper."))
        )
    if not (on_paper or person.policy.speaks_for_one_firm or person.policy.acts_alone):
        raise DeclarationNotPossible(
            Message(N_("It is the firm that applies: enter its paper, and say who signed it."))
        )
    signature = _signature(person, declared_by, on_paper)
    unsigned = _odd_signature(signature)
    try:
        application = check_application(application, on)
    except WrongApplication as error:
        raise WrongApplication(error.message, [*([unsigned] if unsigned else []), *error.problems]) from None
    _check(unsigned)
    made = Declaration(
        firm_id=firm_id,
        kind=APPLICATION,
        declared_on=on,
        declared_by=signature,
        content=application.as_json(),
    )
    told = {"target_board": application.target_board, "filing_on": application.filing_on}
    return _take(session, person, made, on_paper, now, "apply", told)


def withdraw(session: Session, person: Person, declaration_id: int, why: str, on: date, now: datetime) -> Declaration:
    """A person withdraws a declaration, with a reason; of an application that means that the plan is dropped.

    Raises DeclarationNotPossible where it is no longer in force, the reason is blank, or the day lies before it.
    """
    if not any(people.may(person, action) for action in _RIGHT.values()):
        people.require(person, Action.APPLY)
    audit.check_day(on, now)
    lock_writes(session)
    made = session.get(Declaration, declaration_id, populate_existing=True)
    none_there = NotFound(Message(N_("There is no declaration %(number)s."), {"number": declaration_id}))
    people.require_there(session, person, Action.SEE_DECLARATIONS, None if made is None else made.firm_id, none_there)
    assert made is not None
    people.require(person, _RIGHT[made.kind], made.firm_id, session=session)
    if made.withdrawn_on is not None:
        raise DeclarationNotPossible(
            Message(
                N_("No longer in force since %(day)s (%(who)s): %(why)s"),
                {"day": f"{made.withdrawn_on}", "who": made.withdrawn_by or "?", "why": why_ended(made)},
            )
        )
    if on < made.declared_on:
        raise DeclarationNotPossible(
            Message(
                N_("It was declared on %(day)s: it cannot be withdrawn before that."), {"day": f"{made.declared_on}"}
            )
        )
    _check(_odd_text(N_("Reason"), why, LONGEST_REASON))
    _end(made, person, on, why.strip(), now)
    session.flush()
    details = {"firm_id": made.firm_id, "declaration": made.kind, "on": on, "why": made.withdrawn_why}
    audit.record(session, person, "withdraw_declaration", f"declaration:{made.id}", details, now)
    return made


# --- what is known of declarations -----------------------------------------------------------------


def declarations_of(session: Session, person: Person, firm_id: str) -> list[Declaration]:
    """Every declaration of a firm, the newest first. Raises NotAllowed where the person may not see them."""
    people.require(person, Action.SEE_DECLARATIONS, firm_id, session=session)
    return list(session.scalars(_OF_FIRM, {"firm": firm_id}))


_OF_FIRM = (
    select(Declaration)
    .where(Declaration.firm_id == bindparam("firm"))
    .order_by(Declaration.declared_on.desc(), Declaration.id.desc())
)


def open_declarations(session: Session, person: Person, on: date) -> list[DeclarationLine]:
    """The declarations in force on a day of the firms that this person reaches, the newest first: of each firm one of
    a kind."""
    statement = (
        select(Declaration, Firm.name, Firm.district_code)
        .join(Firm, Firm.id == Declaration.firm_id)
        .where(
            Declaration.declared_on <= on,
            or_(Declaration.withdrawn_on.is_(None), Declaration.withdrawn_on > on),
            people.visible_firms(person, Action.SEE_DECLARATIONS),
        )
        .order_by(Declaration.declared_on.desc(), Declaration.id.desc())
    )
    return [DeclarationLine(made, made.firm_id, name, code) for made, name, code in session.execute(statement)]


def why_closed(session: Session, firm: Firm) -> Message | None:
    """Why nobody can declare anything of this firm; None where it can be nominated and can apply."""
    if firm.cohort != CITY:
        text = N_("The pools are the city's; %(firm)s is of another cohort: %(cohort)s.")
        return Message(text, {"firm": firm.id, "cohort": firm.cohort})
    if (listing := listing_of(session, firm.id)) is not None:
        text = N_("This firm is listed since %(day)s: it enters no pool any more.")
        return Message(text, {"day": f"{listing.occurred_on}"})
    return None


def why_ended(made: Declaration) -> Message | str:
    """The reason why a declaration is no longer in force, in the reader's language where it is the program's own."""
    return Message(REPLACED) if made.withdrawn_why == REPLACED else made.withdrawn_why or ""


# --- within ----------------------------------------------------------------------------------------


def _entrant(session: Session, person: Person, action: Action, firm_id: str) -> Firm:
    """The firm that this person may declare something of. Raises DeclarationNotPossible where nobody can."""
    firm = session.get(Firm, firm_id, populate_existing=True)
    if firm is None and person.policy.may[action] is Scope.EVERY_COHORT:
        raise NotFound(Message(N_("There is no firm %(firm)s. Import its return first."), {"firm": firm_id}))
    people.require(person, action, firm_id, session=session)
    assert firm is not None
    if (closed := why_closed(session, firm)) is not None:
        raise DeclarationNotPossible(closed)
    return firm


def _take(
    session: Session,
    person: Person,
    made: Declaration,
    on_paper: bool,
    now: datetime,
    action: str,
    told: Mapping[str, Any],
) -> Declaration:
    """Store a declaration in place of the one in force, and write it into the audit log."""
    newest = session.scalar(
        select(Declaration)
        .where(Declaration.firm_id == made.firm_id, Declaration.kind == made.kind)
        .order_by(Declaration.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    replaced: dict[str, Any] = {}
    if newest is not None:
        known = newest.withdrawn_on or newest.declared_on
        if made.declared_on < known:
            raise DeclarationNotPossible(
                Message(
                    N_("Something newer is on record: %(kind)s of %(day)s. One of %(on)s changes nothing any more."),
                    {"kind": KINDS[made.kind], "day": f"{known}", "on": f"{made.declared_on}"},
                )
            )
        if newest.withdrawn_on is None:
            if _same(newest, made):
                text = N_("This very declaration is on record already, as no. %(number)s; nothing was stored again.")
                raise DeclarationNotPossible(Message(text, {"number": newest.id}))
            _end(newest, person, made.declared_on, REPLACED, now)
            replaced = {"replaces": newest.id}
    made.on_paper, made.recorded_by, made.recorded_at = on_paper, person.name, audit.utc(now)
    session.add(made)
    session.flush()
    paper = {"signed_by": made.declared_by} if on_paper else {}
    details = {"firm_id": made.firm_id, "on": made.declared_on, **paper, **told, **replaced}
    audit.record(session, person, action, f"declaration:{made.id}", details, now)
    return made


def _same(one: Declaration, other: Declaration) -> bool:
    """Whether a second click, or the same paper entered again, declares what is in force already."""
    return all(getattr(one, name) == getattr(other, name) for name in ("declared_on", "declared_by", "content", "why"))


def _end(made: Declaration, person: Person, on: date, why: str, now: datetime) -> None:
    made.withdrawn_on, made.withdrawn_by, made.withdrawn_at = on, person.name, audit.utc(now)
    made.withdrawn_why = why


def _signature(person: Person, declared_by: str | None, on_paper: bool) -> str:
    """Under whose name it is declared: of a paper who signed it, else the account."""
    if on_paper:
        return (declared_by or "").strip()
    if declared_by is not None and declared_by != person.name:
        raise DeclarationNotPossible(Message(N_("Only a paper is signed by somebody else.")))
    return person.name


def _odd_signature(name: str) -> Message | None:
    return _odd_text(N_("Signed by"), name, LONGEST_SIGNATURE)


def _odd_text(part: str, text: str, longest: int) -> Message | None:
    """What is wrong with the length of a text; `part`: a msgid."""
    if 0 < len(text.strip()) <= longest:
        return None
    return Message(
        N_("%(part)s: write 1 to %(longest)s letters; there are %(found)s."),
        {"part": Message(part), "longest": longest, "found": len(text.strip())},
    )


def _check(*problems: Message | None) -> None:
    """Raise DeclarationNotPossible with all that is wrong."""
    wrong = [problem for problem in problems if problem is not None]
    if len(wrong) > 1:
        raise DeclarationNotPossible(Message(N_("%(one)s %(other)s"), {"one": wrong[0], "other": wrong[1]}))
    if wrong:
        raise DeclarationNotPossible(wrong[0])

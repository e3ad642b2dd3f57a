"""Nominations and applications: recorded with the name of who declares, replaced by newer ones, withdrawn for a reason.

Of each kind a firm has one in force. What was withdrawn or replaced stays on record.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.declarations.content import Application, checked
from pipeline.errors import NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.pool_tables import Declaration
from pipeline.store.tables import CITY, Firm
from pipeline.store.write_lock import lock_writes
from pipeline.tutoring.stated import listing_of

NOMINATION, APPLICATION = "nomination", "application"
#: Stands as the reason of one that a newer one has replaced: who dropped a plan has a reason of their own.
REPLACED = "replaced by a newer one"
_LONGEST_REASON = 2_000


class NotDeclared(ShownToPeople):
    """A declaration that cannot be recorded as asked."""


@dataclass(frozen=True)
class Declared:
    """A declaration in force with the firm that it is about."""

    declaration: Declaration
    firm_name: str | None
    district_code: str | None


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
    """A district recommends a firm, with its reason. `declared_by`: who has signed the paper that an officer enters.

    Raises NotDeclared for a blank reason, a firm that is listed, or a paper without a name.
    """
    firm = _checked_firm(session, person, Action.NOMINATE, firm_id, on, now)
    if not why.strip():
        raise NotDeclared(Message(N_("Write in a few words why the firm is nominated.")))
    if len(why) > _LONGEST_REASON:
        raise NotDeclared(Message(N_("The reason is longer than %(most)s characters."), {"most": _LONGEST_REASON}))
    return _record(
        session,
        person,
        firm,
        NOMINATION,
        on,
        now,
        why=why.strip(),
        content={},
        declared_by=_signer(person, declared_by, on_paper),
        on_paper=on_paper,
    )


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
    """A firm asks to enter; an officer may enter its paper with the name of who has signed it.

    Raises WrongFile naming all that the application lacks, NotDeclared for a firm that is listed or a paper without a
    name.
    """
    firm = _checked_firm(session, person, Action.APPLY, firm_id, on, now)
    if not person.policy.speaks_for_one_firm and not on_paper:
        raise NotDeclared(Message(N_("A firm applies itself; an officer enters its paper, with who has signed it.")))
    return _record(
        session,
        person,
        firm,
        APPLICATION,
        on,
        now,
        why=None,
        content=checked(application, on).as_json(),
        declared_by=_signer(person, declared_by, on_paper),
        on_paper=on_paper,
    )


def withdraw(session: Session, person: Person, declaration_id: int, why: str, on: date, now: datetime) -> Declaration:
    """Take a nomination back, or drop the plan to list that was applied with; it stays on record with the reason."""
    audit.check_day(on, now)
    lock_writes(session)
    declaration = session.get(Declaration, declaration_id, populate_existing=True)
    if declaration is None:
        raise NotFound(Message(N_("There is no declaration %(number)s."), {"number": declaration_id}))
    action = Action.NOMINATE if declaration.kind == NOMINATION else Action.APPLY
    people.require(person, action, declaration.firm_id, session=session)
    if declaration.withdrawn_on is not None:
        raise NotDeclared(
            Message(N_("It was withdrawn on %(day)s already."), {"day": declaration.withdrawn_on.isoformat()})
        )
    if not why.strip():
        raise NotDeclared(Message(N_("Write in a few words why it is withdrawn.")))
    if on < declaration.declared_on:
        raise NotDeclared(
            Message(
                N_("It was declared on %(day)s: it cannot be withdrawn before."),
                {"day": declaration.declared_on.isoformat()},
            )
        )
    _withdraw(declaration, person, why.strip(), on, now)
    session.flush()
    details = {"firm_id": declaration.firm_id, "kind": declaration.kind, "on": on, "why": why.strip()}
    audit.record(session, person, "withdraw_declaration", f"declaration:{declaration.id}", details, now)
    return declaration


def declarations_of(session: Session, person: Person, firm_id: str) -> list[Declaration]:
    """Everything declared of a firm, the newest first, what was withdrawn among it."""
    people.require(person, Action.SEE_DECLARATIONS, firm_id, session=session)
    of_firm = select(Declaration).where(Declaration.firm_id == firm_id).order_by(Declaration.id.desc())
    return list(session.scalars(of_firm))


def open_declarations(session: Session, person: Person, on: date) -> list[Declared]:
    """What is in force on a day, of the firms that this person reaches: the newest first."""
    people.require(person, Action.SEE_DECLARATIONS)
    statement = (
        select(Declaration, Firm.name, Firm.district_code)
        .join(Firm, Firm.id == Declaration.firm_id)
        .where(
            Declaration.declared_on <= on,
            Declaration.withdrawn_on.is_(None),
            people.visible_firms(person, Action.SEE_DECLARATIONS),
        )
        .order_by(Declaration.declared_on.desc(), Declaration.id.desc())
    )
    return [Declared(*row) for row in session.execute(statement).all()]


# --- within ----------------------------------------------------------------------------------------


def _checked_firm(session: Session, person: Person, action: Action, firm_id: str, on: date, now: datetime) -> Firm:
    people.require(person, action)
    audit.check_day(on, now)
    lock_writes(session)
    people.require(person, action, firm_id, session=session)
    firm = session.get(Firm, firm_id)
    if firm is None or firm.cohort != CITY:
        raise NotDeclared(Message(N_("Only firms of the city enter its pools.")))
    if listing_of(session, firm_id) is not None:
        raise NotDeclared(Message(N_("This firm is listed already: there is nothing left to apply for.")))
    return firm


def _signer(person: Person, declared_by: str | None, on_paper: bool) -> str:
    if not on_paper:
        return person.name
    if not (declared_by or "").strip():
        raise NotDeclared(Message(N_("Give the name of who has signed the paper.")))
    return str(declared_by).strip()[:80]


def _record(
    session: Session,
    person: Person,
    firm: Firm,
    kind: str,
    on: date,
    now: datetime,
    *,
    why: str | None,
    content: dict[str, object],
    declared_by: str,
    on_paper: bool,
) -> Declaration:
    """Store it in the place of the one in force."""
    in_force = session.scalars(
        select(Declaration).where(
            Declaration.firm_id == firm.id, Declaration.kind == kind, Declaration.withdrawn_on.is_(None)
        )
    ).all()
    for earlier in in_force:
        if earlier.declared_on > on:
            raise NotDeclared(
                Message(
                    N_("There is one of %(day)s already, which is newer."), {"day": earlier.declared_on.isoformat()}
                )
            )
        if (earlier.declared_on, earlier.content, earlier.why) == (on, content, why):
            raise NotDeclared(Message(N_("This has been declared on the same day already; nothing has been changed.")))
        _withdraw(earlier, person, REPLACED, on, now)
    declaration = Declaration(
        firm_id=firm.id,
        kind=kind,
        declared_on=on,
        declared_by=declared_by,
        district_code=firm.district_code if kind == NOMINATION else None,
        content=content,
        why=why,
        on_paper=on_paper,
        recorded_by=person.name,
        recorded_at=audit.utc(now),
    )
    session.add(declaration)
    session.flush()
    details = {"firm_id": firm.id, "on": on, "why": why, "by": declared_by, "on_paper": on_paper}
    action = "nominate" if kind == NOMINATION else "apply"
    audit.record(session, person, action, f"declaration:{declaration.id}", details, now)
    return declaration


def _withdraw(declaration: Declaration, person: Person, why: str, on: date, now: datetime) -> None:
    declaration.withdrawn_on, declaration.withdrawn_by = on, person.name
    declaration.withdrawn_at, declaration.withdrawn_why = audit.utc(now), why

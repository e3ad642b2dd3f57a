"""Who may sign in, and which firms a person reaches: accounts, `require`, `visible_firms`.

Every function that changes something asks `require`, and every query about firms carries
`visible_firms`. What each role may do is one table in roles.py.
"""

import secrets
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, exists, false, func, or_, select, true
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.contacts import Contact, write_contact
from pipeline.accounts.contacts import WrongAccount as WrongAccount
from pipeline.accounts.departments import DEPARTMENTS
from pipeline.accounts.roles import ACTION_NAMES, ROLES, Action, Role, RolePolicy, Scope, account_roles
from pipeline.districts import DISTRICTS
from pipeline.errors import NotAllowed, NotFound
from pipeline.language import N_, Message
from pipeline.store.many_ids import KEPT_STATEMENTS, one_of_those
from pipeline.store.tables import CITY, Account, AuditEntry, Case, Firm, FirmListCount, FirmListRow, Invitation
from pipeline.store.tutoring_tables import CalendarToken, CaseLeader
from pipeline.store.write_lock import lock_writes

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
# No 0/o, 1/i/l, 2/z, 5/s, u/v: a password is read aloud and copied by hand.
_READABLE = "abcdefghjkmnpqrtwxy346789"
#: Acts after which whoever did them may know the account's password, or how it is set, or have another way into it.
_GIVES_PASSWORD = ("add_person", "set_password", "invite_person", "bind_outside")
#: Where a session keeps what `asked_once` spares.
_ADMITTED = "admitted"


@dataclass(frozen=True)
class Person:
    """Somebody who acts: an account as it stood when it was read. `stamp` is the account's own;
    `must_change_password`: somebody else knows it, so until it is changed nothing else is open to them."""

    id: int
    name: str
    role: Role
    firm_id: str | None = None
    district_code: str | None = None
    stamp: str = ""
    must_change_password: bool = False
    department: str | None = None

    @property
    def policy(self) -> RolePolicy:
        """The row of this person's role."""
        return ROLES[self.role]


def console(name: str = "console") -> Person:
    """Whoever runs the program on the server: no account, every right (the database file is theirs anyway)."""
    return Person(0, name, Role.CONSOLE)


# --- what they may ---------------------------------------------------------------------------------


def may(person: Person, action: Action) -> bool:
    """Whether this person may do this at all; to which firms, `visible_firms` says."""
    scope = person.policy.may.get(action)
    return scope is not None and not (scope is Scope.WHOLE_CITY and person.district_code)


def visible_firms(person: Person, action: Action = Action.SEE_FIRMS) -> ColumnElement[bool]:
    """The condition on `Firm` that every query for this person carries: the firms this action reaches."""
    return _reached(person, action, Firm.id, Firm.cohort == CITY, Firm.district_code)


def visible_rows(person: Person, action: Action = Action.SEE_FIRMS) -> ColumnElement[bool]:
    """The same as a condition on `FirmListRow`, for queries that read the stored list alone: it has no firm of another
    cohort, and what it says of a district is written in the transaction that moves the firm."""
    return _reached(person, action, FirmListRow.firm_id, true(), FirmListRow.district_code)


def visible_counts(person: Person, action: Action = Action.SEE_FIRMS) -> ColumnElement[bool] | None:
    """The same as a condition on `FirmListCount`, which knows districts but no firm; None for whoever sees only some
    firms, whose rows have to be counted themselves."""
    if may(person, action) and person.policy.may.get(action) in (Scope.OWN_FIRM, Scope.OWN_CASES):
        return None
    return _reached(person, action, None, true(), FirmListCount.district_code)


def _reached(
    person: Person, action: Action, firm_id: Any, of_the_city: ColumnElement[bool], district: Any
) -> ColumnElement[bool]:
    scope = person.policy.may.get(action)
    if scope is None or not may(person, action):
        return false()
    if scope is Scope.OWN_FIRM:
        return false() if person.firm_id is None else firm_id == person.firm_id
    if scope is Scope.EVERY_COHORT:
        return true()
    if scope is Scope.OWN_CASES:
        of_the_city = and_(of_the_city, firm_id.in_(_looked_after(person)))
    if person.district_code:
        return and_(of_the_city, district == person.district_code)
    return of_the_city


def _looked_after(person: Person) -> Select[str]:
    """The firms in whose open case the person is the mentor or one of the leaders."""
    leads = exists().where(
        CaseLeader.case_id == Case.id, CaseLeader.account_id == person.id, CaseLeader.ended_at.is_(None)
    )
    return select(Case.firm_id).where(Case.closed_on.is_(None), or_(Case.mentor_id == person.id, leads))


def nameable_firms(person: Person) -> ColumnElement[bool]:
    """The condition on `Firm` of those whose mentor this person can be: for whoever sees only the firms that they look
    after, every firm of the city or of their district; else the firms to which they may record visits."""
    if person.policy.may.get(Action.RECORD_VISITS) is Scope.OWN_CASES:
        return and_(
            Firm.cohort == CITY, *([Firm.district_code == person.district_code] if person.district_code else [])
        )
    return visible_firms(person, Action.RECORD_VISITS)


def require(person: Person, action: Action, firm_id: str | None = None, *, session: Session | None = None) -> None:
    """Raise NotAllowed unless this person may do this (to this firm).

    With `firm_id` the firm itself is asked, which needs the `session`; a firm that does not exist is refused
    in the same words as one that this person may not see.
    """
    if not may(person, action):
        raise NotAllowed(
            Message(
                N_("%(name)s (%(role)s) may not do this: %(action)s. Ask an officer of the bureau."),
                {"name": person.name, "role": person.policy.name, "action": ACTION_NAMES[action]},
            )
        )
    if firm_id is None:
        return
    if session is None:
        raise TypeError("whether a person may see a firm is asked of the database: pass the session")
    admitted: set[object] | None = session.info.get(_ADMITTED)
    asked = (person, person.policy.may[action], firm_id)
    if admitted is not None and asked in admitted:
        return
    if session.scalar(_allowed(person, action), {"firm": firm_id}) is None:
        raise NotAllowed(
            Message(
                N_("No firm %(firm)s is among those that %(name)s may see or change. Check its code."),
                {"firm": firm_id, "name": person.name},
            )
        )
    if admitted is not None:
        admitted.add(asked)


def require_each(session: Session, person: Person, action: Action, firm_ids: Sequence[str]) -> None:
    """`require` of each of a few firms, in one question."""
    require(person, action)
    reached = set(session.scalars(_reached_of(person, action), {"firms": list(firm_ids)}))
    for firm_id in firm_ids:
        if firm_id not in reached:
            require(person, action, firm_id, session=session)


@lru_cache(maxsize=KEPT_STATEMENTS)
def _reached_of(person: Person, action: Action) -> Select[str]:
    """Those of some firms to which the person may do this."""
    return select(Firm.id).where(one_of_those(Firm.id, "firms"), visible_firms(person, action))


def require_there(session: Session, person: Person, action: Action, firm_id: str | None, none_there: NotFound) -> None:
    """Whatever of a firm has a number of its own is not there for whoever the firm is out of reach of: raise
    `none_there`, as for a number that nothing has, and NotAllowed for who may not do this at all.

    `firm_id` None: there is nothing of this number.
    """
    require(person, action)
    try:
        require(person, action, firm_id or "", session=session)
    except NotAllowed:
        raise none_there from None


@lru_cache(maxsize=KEPT_STATEMENTS)
def _allowed(person: Person, action: Action) -> Select[str]:
    """A firm, where the person may do this to it."""
    return select(Firm.id).where(Firm.id == bindparam("firm"), visible_firms(person, action))


@contextmanager
def asked_once(session: Session) -> Iterator[None]:
    """While this lasts, `require` asks the database once whether a person reaches a firm by a scope: for a page that
    reads everything of one firm in one transaction, in which nothing is changed."""
    session.info[_ADMITTED] = set()
    try:
        yield
    finally:
        session.info.pop(_ADMITTED)


# --- accounts --------------------------------------------------------------------------------------


def add(
    session: Session,
    name: str,
    role: Role | str,
    firm_id: str | None = None,
    district_code: str | None = None,
    password: str | None = None,
    *,
    by: Person,
    now: datetime,
    approved_by: str | None = None,
    department: str | None = None,
    contact: Contact | None = None,
) -> tuple[Account, str]:
    """Open an account; returns it and its password, which is kept nowhere else.

    Without a `password` a random readable one is made. Raises WrongAccount for a name that is taken, an
    enterprise without its firm, a department's account without its department (or anybody else with one), an unknown
    firm, district or department, a short password, or an officer's or analyst's account without a second person
    (`check_four_eyes`).
    """
    require(by, Action.MANAGE_PEOPLE)
    lock_writes(session)
    name = _tidy(name)
    role = _role(role)
    _check_place(session, role, firm_id, district_code, by)
    _check_department(role, department)
    check_four_eyes(session, by, role, approved_by)
    if _by_name(session, name) is not None:
        raise WrongAccount(
            Message(N_("There is already an account named %(name)s. Choose another name."), {"name": name})
        )
    must_change = _must_change(by, password)
    password = checked(password) if password is not None else readable_password()
    account = Account(
        name=name,
        role=role,
        firm_id=firm_id,
        district_code=district_code,
        department=department,
        password_hash=_hasher().hash(password),
        stamp=_new_stamp(),
        must_change=must_change,
        created_at=audit.utc(now),
    )
    write_contact(account, contact or Contact())
    session.add(account)
    session.flush()
    details = {"role": role, "firm_id": firm_id, "district_code": district_code}
    details |= _of_department(department) | approval(approved_by)
    audit.record(session, by, "add_person", f"account:{name}", details, now)
    return account, password


def list_people(session: Session) -> list[Account]:
    """Every account, disabled ones too, by name."""
    return list(session.scalars(select(Account).order_by(Account.name)))


def disable(session: Session, name: str, *, by: Person, now: datetime, approved_by: str | None = None) -> Account:
    """Close an account; its open sessions end with the next request. A second person signs where one did to open it."""
    account = changing(session, name, by)
    check_four_eyes(session, by, account.role, approved_by)
    account.disabled = True
    end_links(session, account)
    return changed(session, account, "disable_person", approval(approved_by), by, now)


def enable(session: Session, name: str, *, by: Person, now: datetime, approved_by: str | None = None) -> Account:
    """Open a disabled account again, with the password it had."""
    account = changing(session, name, by)
    check_four_eyes(session, by, account.role, approved_by)
    account.disabled = False
    return changed(session, account, "enable_person", approval(approved_by), by, now)


def change_role(
    session: Session,
    name: str,
    role: Role | str,
    firm_id: str | None = None,
    district_code: str | None = None,
    *,
    by: Person,
    now: datetime,
    approved_by: str | None = None,
    department: str | None = None,
) -> Account:
    """Give an account another role, or its role another place; its open sessions end with the next request.

    What it looks after stays with it: `handover.move_account` sees to that. Whoever opened it may still know its
    password; where the new role signs for others, it has to be changed first.
    """
    account = changing(session, name, by)
    role = _role(role)
    _check_place(session, role, firm_id, district_code, by)
    _check_department(role, department)
    check_four_eyes(session, by, role, approved_by)
    details = {"before": account.role, "role": role, "firm_id": firm_id, "district_code": district_code}
    details |= _of_department(department) | approval(approved_by)
    signs_now = ROLES[role].opened_by_two and not ROLES[account.role].opened_by_two
    if signs_now and not by.policy.acts_alone and _is_known_to_another(session, account):
        account.must_change = True
    account.role, account.firm_id, account.district_code = role, firm_id, district_code
    account.department = department
    end_links(session, account)
    return changed(session, account, "change_role", details, by, now)


def set_password(
    session: Session,
    name: str,
    password: str | None = None,
    *,
    by: Person,
    now: datetime,
    approved_by: str | None = None,
) -> tuple[Account, str]:
    """Give an account a new password (a random one where none is given) and end its sessions."""
    account = changing(session, name, by)
    check_four_eyes(session, by, account.role, approved_by)
    account.must_change = _must_change(by, password)
    password = checked(password) if password is not None else readable_password()
    account.password_hash = _hasher().hash(password)
    session.execute(delete(Invitation).where(Invitation.account_id == account.id))
    return changed(session, account, "set_password", approval(approved_by), by, now), password


def change_own_password(session: Session, person: Person, old: str, new: str, *, now: datetime) -> Account:
    """A person's own change of password; raises WrongAccount where the old one is not right."""
    lock_writes(session)
    if check_password(session, person.name, old) is None:
        raise WrongAccount(Message(N_("The old password is not right. The password stays as it was.")))
    account = _named(session, person.name)
    if new == old:
        raise WrongAccount(Message(N_("The new password is the old one. Choose another.")))
    account.password_hash, account.must_change = hashed(new), False
    return changed(session, account, "set_password", {}, person, now)


def check_password(session: Session, name: str, password: str) -> Person | None:
    """The person whose name and password these are; None otherwise, after the same time for any name."""
    account = _by_name(session, name)
    stored = account.password_hash if account is not None else _dummy_hash()
    try:
        right: bool = _hasher().verify(stored, password[: LONGEST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        right = False
    if account is None or account.disabled or not right:
        return None
    return person_from(account)


def person_of(session: Session, account_id: int) -> Person | None:
    """The person of an account as it stands now; None where it is gone or disabled.

    A session keeps the person's `stamp` and ends when it is no longer the same.
    """
    # Asked at every request: what is no part of a person is not read.
    found = session.execute(_PERSON, {"account": account_id}).first()
    return None if found is None else _person(found)


_PERSON = select(
    Account.id,
    Account.name,
    Account.role,
    Account.firm_id,
    Account.district_code,
    Account.stamp,
    Account.must_change,
    Account.department,
).where(Account.id == bindparam("account"), Account.disabled.is_(False))


def person_from(account: Account) -> Person:
    return _person(account)


def _person(account: Any) -> Person:
    return Person(
        account.id,
        account.name,
        Role(account.role),
        account.firm_id,
        account.district_code,
        account.stamp,
        bool(account.must_change),
        account.department,
    )


def end_sessions(session: Session, person: Person, *, now: datetime) -> None:
    """Sign somebody out: every session of the account ends, wherever it was begun."""
    lock_writes(session)
    account = session.get(Account, person.id)
    if account is not None:
        account.stamp = _new_stamp()
    audit.record(session, person, "sign_out", f"account:{person.name}", {}, now)


def named(session: Session, name: str) -> Account | None:
    """The account of this name, however its letters are cased; None where there is none."""
    return _by_name(session, name)


def given_password_by(session: Session, name: str) -> str | None:
    """Who opened this account or last gave it a password, other than its owner; None where that is not on record."""
    gave = select(AuditEntry.person).where(
        AuditEntry.subject == f"account:{name}",
        AuditEntry.action.in_(_GIVES_PASSWORD),
        AuditEntry.person != name,
    )
    return session.scalar(gave.order_by(AuditEntry.id.desc()).limit(1))


def _is_known_to_another(session: Session, account: Account) -> bool:
    """Whether the password of an account was set last by somebody else."""
    last = select(AuditEntry.person).where(
        AuditEntry.subject == f"account:{account.name}", AuditEntry.action.in_((*_GIVES_PASSWORD, "accept_invitation"))
    )
    return session.scalar(last.order_by(AuditEntry.id.desc()).limit(1)) != account.name


def readable_password() -> str:
    """Four groups of four letters and digits that are not mixed up: 74 bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


def set_contact(session: Session, name: str, contact: Contact, *, by: Person, now: datetime) -> Account:
    """Change what is said of an account's person: of one's own, or, for whoever manages accounts, of any. Sessions go
    on. Raises WrongAccount for what cannot be (contacts.py)."""
    lock_writes(session)
    account = _named(session, name)
    if account.id != by.id:
        require(by, Action.MANAGE_PEOPLE)
    if fields := write_contact(account, contact):
        session.flush()
        audit.record(session, by, "change_contact", f"account:{account.name}", {"fields": fields}, now)
    return account


def hashed(password: str) -> str:
    """What is kept of a password. Raises WrongAccount for one that is too short or too long."""
    return _hasher().hash(checked(password))


def changing(session: Session, name: str, by: Person) -> Account:
    """The account that somebody else is about to change. Raises WrongAccount for one's own."""
    require(by, Action.MANAGE_PEOPLE)
    lock_writes(session)
    account = _named(session, name)
    if account.id == by.id:
        raise WrongAccount(
            Message(N_("Nobody changes their own account here: ask another officer. Your password is yours to change."))
        )
    return account


def check_four_eyes(session: Session, by: Person, role: str, approved_by: str | None) -> None:
    """An account that decides or keeps models is given out by two people: else one officer could sign as two.

    The command line on the server is above this, since it holds the database. `approved_by`: the account name of
    whoever has signed beside `by`, with the password; the caller has checked that.
    """
    if by.policy.acts_alone or not ROLES[role].opened_by_two:
        return
    if not _is_second(session, by, approved_by):
        raise WrongAccount(
            Message(N_("An account of this role needs a second person: another officer or analyst signs too."))
        )


def require_second(session: Session, by: Person, signed_by: str | None) -> None:
    """Raise NotAllowed unless a second person, who may approve, has signed beside `by`; whoever acts alone needs none.

    `signed_by`: the account's name; the caller has checked its password.
    """
    if not by.policy.acts_alone and not _is_second(session, by, signed_by):
        raise NotAllowed(
            Message(N_("This needs a second person: another officer or analyst signs too, with name and password."))
        )


def _is_second(session: Session, by: Person, name: str | None) -> bool:
    second = _by_name(session, name or "")
    return second is not None and not second.disabled and second.id != by.id and ROLES[second.role].may_approve


def _must_change(by: Person, password: str | None) -> bool:
    """Whether the account's owner sets another password first: where somebody with an account gave it out, and where it
    is made here and shown to whoever asked. What the console itself was given is its owner's already."""
    return password is None or not by.policy.acts_alone


def _of_department(department: str | None) -> dict[str, str]:
    return {"department": department} if department else {}


def approval(approved_by: str | None) -> dict[str, str]:
    return {"seconded_by": approved_by} if approved_by else {}


def changed(
    session: Session, account: Account, action: str, details: Mapping[str, object], by: Person, now: datetime
) -> Account:
    account.stamp = _new_stamp()
    session.flush()
    audit.record(session, by, action, f"account:{account.name}", details, now)
    return account


def end_links(session: Session, account: Account) -> None:
    """What opens without a session ends as sessions do: the address of its calendar, and an invitation."""
    for kind in (CalendarToken, Invitation):
        session.execute(delete(kind).where(kind.account_id == account.id))


def _named(session: Session, name: str) -> Account:
    found = _by_name(session, name)
    if found is None:
        raise NotFound(
            Message(N_("There is no account named %(name)s. `goldseed people list` shows all."), {"name": name})
        )
    return found


def _by_name(session: Session, name: str) -> Account | None:
    """The account of this name, however its letters are cased; None too for what cannot be a name."""
    try:
        tidy = _tidy(name)
    except WrongAccount:
        return None
    # The database folds both: SQLite knows the case of ASCII letters alone.
    return session.scalar(select(Account).where(func.lower(Account.name) == func.lower(tidy)))


def _check_place(session: Session, role: Role, firm_id: str | None, district_code: str | None, by: Person) -> None:
    if ROLES[role].speaks_for_one_firm != (firm_id is not None):
        raise WrongAccount(
            Message(N_("An enterprise's account needs its firm (the credit code); no other account may have one."))
        )
    if firm_id is not None and session.scalar(_allowed(by, Action.MANAGE_PEOPLE), {"firm": firm_id}) is None:
        raise WrongAccount(Message(N_("There is no firm %(firm)s. Import its return first."), {"firm": firm_id}))
    if district_code is not None and not (ROLES[role].may_have_district and _is_district(session, district_code)):
        raise WrongAccount(
            Message(
                N_(
                    "A district is the division code of one of the city's (%(districts)s), and only for an officer or "
                    "a mentor; found %(district)s."
                ),
                {"district": district_code[:20], "districts": ", ".join(DISTRICTS)},
            )
        )


def _check_department(role: Role, department: str | None) -> None:
    if ROLES[role].of_a_department != (department is not None):
        raise WrongAccount(
            Message(N_("A department's account needs its department (tax, courts, …); no other account may have one."))
        )
    if department is not None and department not in DEPARTMENTS:
        raise WrongAccount(
            Message(
                N_("There is no department %(department)s. Write one of: %(departments)s."),
                {"department": department[:40], "departments": ", ".join(DEPARTMENTS)},
            )
        )


def _is_district(session: Session, code: str) -> bool:
    """One of the city's, or one that a firm has stated."""
    stated = select(Firm.id).where(Firm.cohort == CITY, Firm.district_code == code).limit(1)
    return code in DISTRICTS or session.scalar(stated) is not None


def _role(role: Role | str) -> Role:
    if role not in account_roles():
        raise WrongAccount(
            Message(
                N_("%(role)s is not a role of an account. Write one of: %(roles)s."),
                {"role": str(role), "roles": ", ".join(account_roles())},
            )
        )
    return Role(role)


def _tidy(name: str) -> str:
    tidy = " ".join(unicodedata.normalize("NFKC", name).split())
    if not tidy or len(tidy) > 80 or not tidy.isprintable():
        raise WrongAccount(Message(N_("A name has 1 to 80 letters, on one line.")))
    return tidy


def checked(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WrongAccount(
            Message(
                N_("A password has %(shortest)s to %(longest)s letters; this one has %(found)s."),
                {"shortest": SHORTEST_PASSWORD, "longest": LONGEST_PASSWORD, "found": len(password)},
            )
        )
    return password


def _new_stamp() -> str:
    return secrets.token_hex(16)


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id, RFC 9106's second choice: 64 MiB


@cache
def _dummy_hash() -> str:
    """A hash that no password fits, so that an unknown name takes as long as a known one."""
    return _hasher().hash(secrets.token_hex(32))

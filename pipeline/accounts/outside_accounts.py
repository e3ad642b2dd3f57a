"""Accounts of the city's providers, and which account here each of them opens.

Somebody is known by the number that the provider has for them (`issuer`, `subject`), never by a name or an e-mail
address, which another may be given later. Who keeps accounts binds such a number to an account, or an invitation does
that is opened with it; for roles that need neither a second person nor a firm the provider's word can open a new
account. Everybody else waits, under a number that they can tell.

The trail says that an account was bound, by whom and with which provider; it is never deleted, so it does not name the
subject, which may be the number of an identity card.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, invitations, people
from pipeline.accounts.people import Person, WrongAccount
from pipeline.accounts.roles import ROLES
from pipeline.errors import NotAllowed, NotFound
from pipeline.language import N_, Message
from pipeline.store.tables import Account, OutsideAccount
from pipeline.store.write_lock import lock_writes

#: So many wait at most, and so long.
MOST_WAITING, WAITS = 500, timedelta(days=90)


@dataclass(frozen=True)
class Identity:
    """Who somebody is to a provider. `shown_name`: as it names them; `role`: what its word would open an account as,
    with a district or department behind a colon."""

    issuer: str
    subject: str
    shown_name: str | None = None
    role: str | None = None


@dataclass(frozen=True)
class Waits:
    """There is no account for them yet: the number under which they wait, and as what they would come."""

    number: int
    role: str | None


def come_in(session: Session, who: Identity, *, now: datetime) -> Person | Waits:
    """The person whose account this identity opens; opened anew where the provider's word is enough, else they wait.

    Raises NotAllowed for a closed account, or where too many wait.
    """
    account = session.scalar(
        select(Account)
        .join(OutsideAccount, OutsideAccount.account_id == Account.id)
        .where(OutsideAccount.issuer == who.issuer, OutsideAccount.subject == who.subject)
    )
    if account is not None:  # while a file is being stored, too: nothing is written
        if account.disabled:
            raise NotAllowed(Message(N_("Your account here is closed. Ask whoever keeps the accounts.")))
        return people.person_from(account)
    lock_writes(session)
    kept = _kept(session, who)
    if kept is not None and kept.account_id is not None:
        return come_in(session, who, now=now)  # bound in this moment
    if who.role is not None and _is_enough(who.role):
        return _open(session, who, kept, now)
    return _wait(session, who, kept, now)


def waiting(session: Session) -> list[OutsideAccount]:
    """Who has signed in at a provider and waits for an account here, the newest first."""
    free = select(OutsideAccount).where(OutsideAccount.account_id.is_(None))
    return list(session.scalars(free.order_by(OutsideAccount.first_at.desc(), OutsideAccount.id.desc())))


def is_bound(session: Session, account_id: int) -> bool:
    return session.scalar(select(OutsideAccount.id).where(OutsideAccount.account_id == account_id).limit(1)) is not None


def bound(session: Session) -> set[int]:
    """The accounts that an account of a provider opens."""
    return {each for each in session.scalars(select(OutsideAccount.account_id)) if each is not None}


def bind(
    session: Session, name: str, number: int, *, by: Person, now: datetime, approved_by: str | None = None
) -> Account:
    """Let somebody who waits open this account. A second person signs where one did to open the account.

    Raises WrongAccount for one's own or a closed account, or one that another account of the provider opens; NotFound
    where nobody waits under this number.
    """
    account = people.changing(session, name, by)
    people.check_four_eyes(session, by, account.role, approved_by)
    kept = session.get(OutsideAccount, number)
    if kept is None or kept.account_id is not None:
        raise NotFound(Message(N_("Nobody waits under the number %(number)s."), {"number": number}))
    _bind(session, account, kept, by.name, now)
    details = {"provider": kept.issuer, "waiting": number} | people.approval(approved_by)
    return people.changed(session, account, "bind_outside", details, by, now)


def bind_by_invitation(session: Session, token: str, who: Identity, *, now: datetime) -> Person:
    """Whoever was invited opens the account with this identity from now on; the link ends. Raises NotFound for a link
    that does not open any more, WrongAccount for an identity that opens an account already."""
    lock_writes(session)
    account = invitations.invited(session, token, now)
    if account is None:
        raise NotFound(
            Message(N_("This link has been used or is over, or it is not whole. Ask whoever sent it for a new one."))
        )
    kept = _kept(session, who)
    if kept is not None and kept.account_id is not None:
        raise WrongAccount(Message(N_("This account of the city opens an account here already.")))
    if kept is None:
        kept = OutsideAccount(issuer=who.issuer, subject=who.subject, first_at=audit.utc(now))
    _bind(session, account, kept, account.name, now)
    session.add(kept)
    invitations.forget(session, account)
    people.changed(session, account, "bind_outside", {"provider": who.issuer}, people.person_from(account), now)
    return people.person_from(account)


def unbind(session: Session, name: str, *, by: Person, now: datetime, approved_by: str | None = None) -> Account:
    """No account of a provider opens this one any more; its sessions end. Raises WrongAccount where none does."""
    account = people.changing(session, name, by)
    people.check_four_eyes(session, by, account.role, approved_by)
    mine = OutsideAccount.account_id == account.id
    providers = list(session.scalars(select(OutsideAccount.issuer).where(mine).order_by(OutsideAccount.issuer)))
    if not providers:
        raise WrongAccount(Message(N_("No account of the city opens %(name)s."), {"name": account.name}))
    session.execute(delete(OutsideAccount).where(mine))
    details = {"providers": providers} | people.approval(approved_by)
    return people.changed(session, account, "unbind_outside", details, by, now)


def _kept(session: Session, who: Identity) -> OutsideAccount | None:
    mine = (OutsideAccount.issuer == who.issuer, OutsideAccount.subject == who.subject)
    return session.scalar(select(OutsideAccount).where(*mine))


def _bind(session: Session, account: Account, kept: OutsideAccount, by: str, now: datetime) -> None:
    if account.disabled:
        raise WrongAccount(Message(N_("The account %(name)s is closed. Open it again first."), {"name": account.name}))
    same = (OutsideAccount.account_id == account.id, OutsideAccount.issuer == kept.issuer)
    if session.scalar(select(OutsideAccount.id).where(*same)) is not None:
        text = N_("Another account of the same provider opens %(name)s already. Unbind it first.")
        raise WrongAccount(Message(text, {"name": account.name}))
    kept.account_id, kept.bound_by, kept.bound_at = account.id, by, audit.utc(now)
    kept.shown_name, kept.asked_role = None, None


def _is_enough(role: str) -> bool:
    """Whether the provider's word can open an account of this role: it signs for nobody, and has no firm."""
    policy = ROLES.get(role.partition(":")[0])
    return policy is not None and policy.has_account and not policy.opened_by_two and not policy.speaks_for_one_firm


def _open(session: Session, who: Identity, kept: OutsideAccount | None, now: datetime) -> Person:
    role, _colon, place = (who.role or "").partition(":")
    program = people.console("goldseed")
    of_a_department = ROLES[role].of_a_department
    account, _password = people.add(
        session,
        _free_name(session, who),
        role,
        district_code=None if of_a_department else place or None,
        department=place or None if of_a_department else None,
        by=program,
        now=now,
    )
    if kept is None:
        kept = OutsideAccount(issuer=who.issuer, subject=who.subject, first_at=audit.utc(now))
        session.add(kept)
    _bind(session, account, kept, program.name, now)
    people.changed(session, account, "bind_outside", {"provider": who.issuer}, program, now)
    return people.person_from(account)


def _free_name(session: Session, who: Identity) -> str:
    """The name that the provider shows; with a number where another account has it, since a name proves nothing."""
    shown = " ".join((who.shown_name or "").split())[:70] or who.subject[:70]
    name, number = shown, 1
    while people.named(session, name) is not None:
        number += 1
        name = f"{shown} {number}"
    return name


def _wait(session: Session, who: Identity, kept: OutsideAccount | None, now: datetime) -> Waits:
    if kept is None:
        free = OutsideAccount.account_id.is_(None)
        session.execute(delete(OutsideAccount).where(free, OutsideAccount.first_at < audit.utc(now - WAITS)))
        if (session.scalar(select(func.count()).select_from(OutsideAccount).where(free)) or 0) >= MOST_WAITING:
            text = N_("There is no account here for you, and too many wait for one. Ask whoever keeps the accounts.")
            raise NotAllowed(Message(text, {}))
        kept = OutsideAccount(issuer=who.issuer, subject=who.subject, first_at=audit.utc(now))
        session.add(kept)
    kept.shown_name = " ".join((who.shown_name or "").split())[:80] or None
    kept.asked_role = who.role[:40] if who.role else None
    session.flush()
    return Waits(kept.id, kept.asked_role)

"""An invitation: a link by which the owner of an account sets its password. It opens once, within a week, and nobody
else has seen the password then.

Whoever made the link could open it themselves; so nobody signs beside the one who invited them, as with a password that
somebody was given (`people.given_password_by`).
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Person, WrongAccount
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.store.tables import Account, Invitation
from pipeline.store.write_lock import lock_writes

#: So long a link opens.
LASTS = timedelta(days=7)
_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def invite(session: Session, name: str, *, by: Person, now: datetime, approved_by: str | None = None) -> str:
    """Invite the owner of an account. Given is the secret part of the link, which is kept nowhere; the account's
    password, its sessions and a link before end. A second person signs where one did to open the account.

    Raises WrongAccount for one's own account or a closed one.
    """
    account = people.changing(session, name, by)
    if account.disabled:
        raise WrongAccount(Message(N_("The account %(name)s is closed. Open it again first."), {"name": account.name}))
    people.check_four_eyes(session, by, account.role, approved_by)
    account.password_hash, account.must_change = people.hashed(secrets.token_hex(32)), False
    kept = session.scalar(select(Invitation).where(Invitation.account_id == account.id))
    if kept is None:
        kept = Invitation(account_id=account.id)
        session.add(kept)
    token = secrets.token_urlsafe(_BYTES)
    kept.token_hash, kept.until = _hash(token), audit.utc(now + LASTS)
    kept.made_by, kept.made_at = by.name, audit.utc(now)
    people.changed(session, account, "invite_person", people.approval(approved_by), by, now)
    return token


def invited(session: Session, token: str, now: datetime) -> Account | None:
    """Whose link this is; None for what was never one, has been used, is over, or belongs to a closed account."""
    found = _open(session, token, now)
    return None if found is None else found[1]


def accept(session: Session, token: str, password: str, *, now: datetime) -> Person:
    """Set the password of whoever was invited; the link ends. Raises NotFound for a link that does not open any more,
    WrongAccount for a password that is too short or too long, after which the link still opens."""
    lock_writes(session)
    found = _open(session, token, now)
    if found is None:
        raise NotFound(
            Message(N_("This link has been used or is over, or it is not whole. Ask whoever sent it for a new one."))
        )
    invitation, account = found
    account.password_hash, account.must_change = people.hashed(password), False
    session.delete(invitation)
    people.changed(session, account, "accept_invitation", {}, people.person_from(account), now)
    return people.person_from(account)


def forget(session: Session, account: Account) -> None:
    """The link of this account opens no more."""
    session.execute(delete(Invitation).where(Invitation.account_id == account.id))


def _open(session: Session, token: str, now: datetime) -> tuple[Invitation, Account] | None:
    if not _TOKEN.fullmatch(token):
        return None
    row = session.execute(
        select(Invitation, Account)
        .join(Account, Account.id == Invitation.account_id)
        .where(Invitation.token_hash == _hash(token), Invitation.until > audit.utc(now), ~Account.disabled)
        .execution_options(populate_existing=True)
    ).first()
    return None if row is None else (row[0], row[1])


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

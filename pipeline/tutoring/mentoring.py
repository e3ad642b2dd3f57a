"""Which accounts can look after which firms: by role and district, whether or not they do already."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import ROLES
from pipeline.store import many_ids
from pipeline.store.tables import Account, Firm

_ROLES = [role for role, policy in ROLES.items() if Action.RECORD_VISITS in policy.may]
_ABLE = select(Account).where(~Account.disabled, Account.role.in_(_ROLES)).order_by(Account.name)


def mentors(session: Session) -> list[Account]:
    """The accounts that may look after a case, by name."""
    accounts = session.scalars(_ABLE)
    return [account for account in accounts if people.may(people.person_from(account), Action.RECORD_VISITS)]


@dataclass(frozen=True)
class FirmAccounts:
    """`mentors`: who can look after a case of a firm; `visitors`: who may record visits to it as things are; by
    name."""

    mentors: list[Account]
    visitors: list[Account]


def accounts_of(session: Session, firm_id: str) -> FirmAccounts:
    """The accounts that can look after a case of this firm, and those that may record visits to it, asked together."""
    able, visiting = _those(session, mentors(session), [firm_id], (False, True))
    return FirmAccounts(able[firm_id], visiting[firm_id])


def can_mentor(session: Session, account: Account, firm_id: str) -> bool:
    """Whether the account can be named the mentor of this firm, or a leader who stands by it."""
    return not account.disabled and bool(_those(session, [account], [firm_id], (False,))[0][firm_id])


def can_visit(session: Session, account: Account, firm_id: str) -> bool:
    """Whether the account may record visits to this firm as things are: an account of the role "mentor" may to the
    firms that it looks after alone."""
    return not account.disabled and bool(_those(session, [account], [firm_id], (True,))[0][firm_id])


def mentors_of_each(session: Session, firm_ids: Sequence[str]) -> dict[str, list[Account]]:
    """The accounts that can look after a case of each of these firms, by name."""
    return _those(session, mentors(session), firm_ids, (False,))[0]


def visitors_of(session: Session, firm_id: str) -> list[Account]:
    """The accounts that may record visits to this firm as things are, by name."""
    return _those(session, mentors(session), [firm_id], (True,))[0][firm_id]


def _those(
    session: Session, accounts: Sequence[Account], firm_ids: Sequence[str], ways: Sequence[bool]
) -> list[dict[str, list[Account]]]:
    """Those of the accounts that reach each firm as things are (True), or could (False), one answer for each way, all
    asked at once: most accounts reach the same firms."""
    persons = {account.id: people.person_from(account) for account in accounts}
    alike = {(way, id_): _alike(person, way) for way in ways for id_, person in persons.items()}
    one_of = {key: (way, persons[id_]) for (way, id_), key in alike.items()}
    if not one_of:
        return [{firm: [] for firm in firm_ids} for _way in ways]
    found = session.execute(_reached(tuple(one_of.values())), {"firms": list(firm_ids)})
    may = {firm: dict(zip(one_of, each, strict=True)) for firm, *each in found}
    return [
        {firm: [account for account in accounts if may.get(firm, {}).get(alike[way, account.id])] for firm in firm_ids}
        for way in ways
    ]


@lru_cache(maxsize=many_ids.KEPT_STATEMENTS)
def _reached(asked: tuple[tuple[bool, Person], ...]) -> Select[Any]:
    """Of some firms, whether each of these persons reaches it as things are (True), or could (False)."""
    columns: list[Any] = [
        (people.visible_firms(person, Action.RECORD_VISITS) if way else people.nameable_firms(person)).label(
            f"reach_{at}"
        )
        for at, (way, person) in enumerate(asked)
    ]
    return select(Firm.id, *columns).where(many_ids.one_of_those(Firm.id, "firms"))


def _alike(person: Person, as_things_are: bool) -> tuple[object, ...]:
    """Persons alike in this reach the same firms, as things are and could; who sees only what they look after is like
    nobody else as things are."""
    own = person.policy.may.get(Action.RECORD_VISITS) is people.Scope.OWN_CASES
    return person.role, person.firm_id, person.district_code, person.id if own and as_things_are else 0

"""Which accounts can look after which firms: by role and district, whether or not they do already."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.store import many_ids
from pipeline.store.tables import Account, Firm


def mentors(session: Session) -> list[Account]:
    """The accounts that may look after a case, by name."""
    accounts = session.scalars(select(Account).where(~Account.disabled).order_by(Account.name))
    return [account for account in accounts if people.may(people.person_from(account), Action.RECORD_VISITS)]


def can_mentor(session: Session, account: Account, firm_id: str) -> bool:
    """Whether the account can be named the mentor of this firm, or a leader who stands by it."""
    return not account.disabled and bool(_those(session, [account], [firm_id], as_things_are=False)[firm_id])


def can_visit(session: Session, account: Account, firm_id: str) -> bool:
    """Whether the account may record visits to this firm as things are: an account of the role "mentor" may to the
    firms that it looks after alone."""
    return not account.disabled and bool(_those(session, [account], [firm_id], as_things_are=True)[firm_id])


def mentors_of(session: Session, firm_id: str) -> list[Account]:
    """The accounts that can look after a case of this firm, by name."""
    return mentors_of_each(session, [firm_id])[firm_id]


def mentors_of_each(session: Session, firm_ids: Sequence[str]) -> dict[str, list[Account]]:
    """The accounts that can look after a case of each of these firms, by name."""
    return _those(session, mentors(session), firm_ids, as_things_are=False)


def visitors_of(session: Session, firm_id: str) -> list[Account]:
    """The accounts that may record visits to this firm as things are, by name."""
    return _those(session, mentors(session), [firm_id], as_things_are=True)[firm_id]


def _those(
    session: Session, accounts: Sequence[Account], firm_ids: Sequence[str], *, as_things_are: bool
) -> dict[str, list[Account]]:
    """Those of the accounts that reach each firm, or could, asked at once: most accounts reach the same firms."""
    persons = {account.id: people.person_from(account) for account in accounts}
    alike = {id_: _alike(person, as_things_are) for id_, person in persons.items()}
    one_of = {alike[id_]: person for id_, person in persons.items()}
    if not one_of:
        return {firm: [] for firm in firm_ids}
    columns = [
        (people.visible_firms(person, Action.RECORD_VISITS) if as_things_are else people.nameable_firms(person)).label(
            f"reach_{at}"
        )
        for at, person in enumerate(one_of.values())
    ]
    found = session.execute(select(Firm.id, *columns).where(many_ids.one_of(Firm.id, firm_ids)))
    may = {firm: dict(zip(one_of, each, strict=True)) for firm, *each in found}
    return {firm: [account for account in accounts if may.get(firm, {}).get(alike[account.id])] for firm in firm_ids}


def _alike(person: Person, as_things_are: bool) -> tuple[object, ...]:
    """Persons alike in this reach the same firms; who sees only what they look after is like nobody else."""
    alone = as_things_are and person.policy.may.get(Action.RECORD_VISITS) is people.Scope.OWN_CASES
    return person.role, person.firm_id, person.district_code, person.id if alone else 0

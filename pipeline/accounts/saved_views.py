"""Ways of looking at the list of firms that people keep under a name: what is searched, filtered, sorted and shown.

A view is the address that leads to it. It gives nobody a right: whoever opens it sees the firms and columns that are
theirs. One that is shared with a role is offered to everybody of that role.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import ROLES
from pipeline.errors import NotAllowed, NotFound, ShownToPeople
from pipeline.language import N_, Message
from pipeline.store.tables import Account
from pipeline.store.tutoring_tables import SavedView
from pipeline.store.write_lock import lock_writes

LONGEST_NAME, LONGEST_QUERY, MOST = 60, 4_000, 100
#: What of an address a view keeps.
KEYS = (
    "search",
    "board",
    "sort",
    "filter",
    "amounts",
    "columns",
    "pool",
    "stage",
    "district",
    "mentor",
    "best",
    "data",
)


class WrongView(ShownToPeople):
    """A view that cannot be kept as asked for."""


@dataclass(frozen=True)
class View:
    """A kept view. `query`: the address behind the question mark; `shared_with`: the role that is offered it; `mine`:
    whoever asked has kept it."""

    id: int
    name: str
    query: str
    owner: str
    shared_with: str | None
    mine: bool


def save_view(
    session: Session, person: Person, name: str, query: str, *, now: datetime, shared_with: str | None = None
) -> View:
    """Keep a view under a name; one of the same name that the person kept is replaced. `query`: behind the question
    mark of an address, of which KEYS are kept.

    Raises WrongView for a blank or long name, a query that is too long, an unknown role, more than MOST views, or
    somebody without an account; NotAllowed where a person shares with others than their own role who may not.
    """
    people.require(person, Action.SEE_FIRMS)
    lock_writes(session)
    if session.get(Account, person.id) is None:
        raise WrongView(Message(N_("A view is kept by an account; name it.")))
    kept_name = " ".join(name.split())
    if not 0 < len(kept_name) <= LONGEST_NAME:
        words = N_("The name of a view has 1 to %(longest)s letters; this one has %(found)s.")
        raise WrongView(Message(words, {"longest": LONGEST_NAME, "found": len(kept_name)}))
    kept = urlencode([(key, value) for key, value in parse_qsl(query.lstrip("?")) if key in KEYS])
    if len(kept) > LONGEST_QUERY:
        words = N_("The filters of a view take at most %(longest)s letters; these take %(found)s. Keep fewer of them.")
        raise WrongView(Message(words, {"longest": LONGEST_QUERY, "found": len(kept)}))
    _check_role(person, shared_with)
    found = session.scalar(select(SavedView).where(SavedView.account_id == person.id, SavedView.name == kept_name))
    if found is None:
        if len(views_of(session, person, own=True)) >= MOST:
            raise WrongView(Message(N_("At most %(most)s views; delete one first."), {"most": MOST}))
        found = SavedView(account_id=person.id, name=kept_name)
        session.add(found)
    found.query, found.shared_with, found.saved_at = kept, shared_with, audit.utc(now)
    session.flush()
    details = {"name": kept_name, "query": kept, "shared_with": shared_with}
    audit.record(session, person, "save_view", f"view:{found.id}", details, now)
    return _seen(found, person.name, person)


def delete_view(session: Session, person: Person, view_id: int, *, now: datetime) -> None:
    """Forget a view; only who keeps it may. Raises NotFound, also for somebody else's."""
    lock_writes(session)
    found = session.get(SavedView, view_id)
    if found is None or found.account_id != person.id:
        raise NotFound(Message(N_("There is no view %(view)s of yours."), {"view": view_id}))
    audit.record(session, person, "delete_view", f"view:{view_id}", {"name": found.name}, now)
    session.delete(found)
    session.flush()


def views_of(session: Session, person: Person, own: bool = False) -> Sequence[View]:
    """The views that a person keeps, by name, then those shared with their role by others; `own`: the first alone."""
    mine = SavedView.account_id == person.id
    shared = SavedView.shared_with == str(person.role)
    statement = (
        select(SavedView, Account.name)
        .join(Account, Account.id == SavedView.account_id)
        .where(mine if own else or_(mine, shared), ~Account.disabled)
        .order_by(SavedView.name, SavedView.id)
    )
    found = [_seen(view, owner, person) for view, owner in session.execute(statement)]
    return sorted(found, key=lambda view: not view.mine)


def _check_role(person: Person, role: str | None) -> None:
    if role is None or role == person.role:
        return
    if role not in ROLES:
        raise WrongView(Message(N_("%(role)s is not a role of an account."), {"role": role}))
    if not person.policy.may_approve:
        raise NotAllowed(Message(N_("Officers and analysts share a view with other roles; share it with your own.")))


def _seen(view: SavedView, owner: str, person: Person) -> View:
    return View(view.id, view.name, view.query, owner, view.shared_with, view.account_id == person.id)

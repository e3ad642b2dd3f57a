"""Accounts by their names, as the commands of tutoring are given them."""

from typing import TYPE_CHECKING

from pipeline.errors import NotFound
from pipeline.language import N_, Message

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def account_id(session: "Session", name: str | None) -> int | None:
    """The account of that name; None where none is asked for."""
    from pipeline.accounts import people

    if name is None:
        return None
    found = next((each.id for each in people.list_people(session) if each.name == name), None)
    if found is None:
        raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
    return found

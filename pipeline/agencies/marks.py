"""Which returns were prepared by an agency that is on the negative list: a mark for officers alone."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.advisers.differences import named_in_register
from pipeline.language import N_, Message
from pipeline.tutoring.advisers import tidy
from pipeline.tutoring.negative_list.listed import on_list


def marks(session: Session, person: Person, prepared_by: Iterable[str | None], on: date) -> dict[str, Message]:
    """Of what returns say who prepared them, what is to stand beside it: text -> mark. Nothing for whoever may not
    follow the plan: a firm is not told what is held against its agency."""
    if not people.may(person, Action.SEE_PLAN):
        return {}
    listed = {each.adviser_id: each for each in on_list(session, on)}
    if not listed:
        return {}
    by_name, found = named_in_register(session, on), dict[str, Message]()
    for text in {text for text in prepared_by if text}:
        each = listed.get(by_name.get(tidy(text), 0))
        if each is not None:
            said = N_("%(name)s [on the negative list until before %(day)s]")
            found[text] = Message(said, {"name": text, "day": each.ends_on.isoformat()})
    return found

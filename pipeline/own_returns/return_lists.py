"""Returns that firms hand in themselves, as lists show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.own_returns.handing_in import none_there, shown_to
from pipeline.store.tables import Firm
from pipeline.store.tutoring_tables import OwnReturn
from pipeline.tutoring.agenda.returns_waiting import waits_for

#: In which order the states are shown: what waits for somebody first.
_ORDER = {state: place for place, state in enumerate(("passed", "sent", "draft", "returned", "accepted", "withdrawn"))}


@dataclass(frozen=True)
class ReturnLine:
    """A return of a firm. `note`: of whoever passed it on or gave it back last, or why it was withdrawn."""

    id: int
    firm_id: str
    firm_name: str | None
    district_code: str | None
    year: int
    state: str
    file_name: str
    made_by: str
    made_at: datetime
    sent_at: datetime | None
    passed_by: str | None
    closed_by: str | None
    closed_at: datetime | None
    note: str | None
    import_id: int | None


def returns(
    session: Session, person: Person, *, firm_id: str | None = None, state: str | None = None, most: int | None = None
) -> Sequence[ReturnLine]:
    """The returns that this person reaches, those that wait first, of them the one sent first. What was never sent is
    its firm's alone. Raises NotAllowed."""
    people.require(person, Action.SEE_RETURNS)
    of = OwnReturn
    columns = [
        getattr(of, name) for name in ReturnLine.__dataclass_fields__ if name not in ("firm_name", "district_code")
    ]
    statement = (
        select(*columns, Firm.name.label("firm_name"), Firm.district_code)
        .join(Firm, Firm.id == of.firm_id)
        .where(people.visible_firms(person, Action.SEE_RETURNS), shown_to(person))
    )
    if firm_id is not None:
        statement = statement.where(of.firm_id == firm_id)
    if state is not None:
        statement = statement.where(of.state == state)
    place = case(_ORDER, value=of.state, else_=len(_ORDER))
    statement = statement.order_by(place, func.coalesce(of.sent_at, of.made_at), of.id).limit(most)
    return [ReturnLine(**row) for row in session.execute(statement).mappings()]


def return_of(session: Session, person: Person, number: int) -> OwnReturn:
    """One return that this person reaches. Raises NotFound."""
    people.require(person, Action.SEE_RETURNS)
    reached = select(OwnReturn).join(Firm, Firm.id == OwnReturn.firm_id).where(OwnReturn.id == number)
    made = session.scalars(reached.where(people.visible_firms(person, Action.SEE_RETURNS), shown_to(person))).first()
    if made is None:
        raise none_there(number)
    return made


def waiting(session: Session, person: Person) -> int:
    """How many returns wait for this person."""
    counted = select(func.count(OwnReturn.id)).join(Firm, Firm.id == OwnReturn.firm_id)
    return session.scalar(counted.where(waits_for(person))) or 0

"""Which returns that firms sent wait for whom: the same for the bell, the page of the day and the list."""

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import aliased

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import ROLES
from pipeline.store.tables import Account, Firm
from pipeline.store.tutoring_tables import OwnReturn

_LOOKING = [role for role, policy in ROLES.items() if policy.has_account and Action.PASS_RETURNS in policy.may]


def waits_for(person: Person) -> ColumnElement[bool]:
    """The condition on `OwnReturn` joined with `Firm`: what was sent waits for the officers of the firm's district;
    where it has none, and once it is passed on, for those of the city."""
    if not people.may(person, Action.PASS_RETURNS):
        return false()
    reached = people.visible_firms(person, Action.PASS_RETURNS)
    if not people.may(person, Action.ACCEPT_RETURNS):
        return and_(OwnReturn.state == "sent", reached)
    officer = aliased(Account)
    of_the_district = select(officer.id).where(
        officer.role.in_(_LOOKING), officer.disabled.is_(False), officer.district_code == Firm.district_code
    )
    nobody_there = ~of_the_district.correlate(Firm).exists()
    return and_(or_(OwnReturn.state == "passed", and_(OwnReturn.state == "sent", nobody_there)), reached)

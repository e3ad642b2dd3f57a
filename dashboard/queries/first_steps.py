"""What somebody does first on a board that is still empty: which steps their role takes, and which are done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people, second_step
from pipeline.accounts.people import Action, Person
from pipeline.accounts.roles import ROLES, Scope
from pipeline.declarations.declarations import APPLICATION, NOMINATION
from pipeline.language import N_
from pipeline.own_returns.state import HANDED_IN
from pipeline.store.current import champion, current_run
from pipeline.store.pool_tables import Declaration, Opinion, OpinionRequest, PoolMembership, PoolReview
from pipeline.store.tables import CITY, Account, Case, Event, Firm, Return, ReturnRow, Visit
from pipeline.store.tutoring_tables import FirmObjection, OwnReturn, ReminderChoice


@dataclass(frozen=True)
class FirstStep:
    """One step: `text`, a msgid; `href`: where it is taken, None: somebody else takes it."""

    text: str
    href: str | None
    done: bool


def first_steps(session: Session, person: Person, on: date) -> list[FirstStep]:
    """The steps of this person's role in their order; none once all of them are done.

    Each is done by what is on record. Whoever only looks, an auditor or a reader of a firm, leaves no record and so has
    no steps.
    """
    steps = _steps(session, person, on)
    return [] if all(step.done for step in steps) else steps


def _steps(session: Session, person: Person, on: date) -> list[FirstStep]:
    """By what only this role may: a district's officer may import too, but keeps no reviews."""
    if people.may(person, Action.KEEP_REVIEWS):
        return _of_the_city(session, person)
    if people.may(person, Action.TRAIN):
        return _of_an_analyst(session, person)
    if people.may(person, Action.NOMINATE):
        return _of_a_district(session, person)
    if people.may(person, Action.RECORD_VISITS):
        return [
            FirstStep(
                N_("An officer names you beside a firm: from then on you find it here."),
                None,
                _firms(session, person),
            ),
            FirstStep(N_("Write down your first visit to it, on its page."), "/firms", _visited(session, person)),
        ]
    if people.may(person, Action.HAND_IN) and person.firm_id is not None:
        return _of_a_firm(session, person, person.firm_id, on)
    if people.may(person, Action.ANSWER_OPINIONS):
        return _of_a_department(session, person)
    if people.may(person, Action.MANAGE_PEOPLE):
        return _of_an_administrator(session, person)
    return []


def _there(session: Session, statement: Select[int]) -> bool:
    return session.scalar(statement.limit(1)) is not None


def _firms(session: Session, person: Person) -> bool:
    mine = people.visible_firms(person, Action.SEE_FIRMS)
    return _there(session, select(1).select_from(Firm).where(Firm.cohort == CITY, mine))


def _visited(session: Session, person: Person) -> bool:
    mine = people.visible_firms(person, Action.SEE_FIRMS)
    visits = select(Visit.id).join(Case, Case.id == Visit.case_id).join(Firm, Firm.id == Case.firm_id)
    return _there(session, visits.where(mine))


_REVIEWS = select(PoolReview.id)
_EVENTS = select(Event.id).join(Firm, Firm.id == Event.firm_id).where(Firm.cohort == CITY)
_ACCOUNTS = select(func.count()).select_from(Account)
_MENTORED = select(Case.id).where(Case.mentor_id > 0)


def _of_the_city(session: Session, person: Person) -> list[FirstStep]:
    reviewed = _there(session, _REVIEWS)
    return [
        FirstStep(
            N_("Bring in the firms: fill in the empty form, or map your own, and import it."),
            "/imports",
            _firms(session, person),
        ),
        FirstStep(
            N_("Bring in the stages that firms have reached: share reform, tutoring, listing."),
            "/imports",
            _there(session, _EVENTS),
        ),
        FirstStep(
            N_("Open accounts for the districts, departments, mentors and enterprises."),
            "/accounts",
            (session.scalar(_ACCOUNTS) or 0) > 1,
        ),
        FirstStep(
            N_("Take over the list of the pools that you kept until now, or begin with empty pools."),
            "/pools#kept-list",
            reviewed or _there(session, select(PoolMembership.id)),
        ),
        FirstStep(N_("Start the first review of the pools."), "/pools", reviewed),
        FirstStep(
            N_("Say who stands by each firm of the pools."),
            "/cases",
            _there(session, _MENTORED),
        ),
        FirstStep(
            N_(
                "An analyst trains a model once outcomes are known, or on a reference cohort. Until then rules, "
                "pools and cases go on without points."
            ),
            None,
            current_run(session) is not None,
        ),
    ]


def _of_an_analyst(session: Session, person: Person) -> list[FirstStep]:
    return [
        FirstStep(
            N_("An officer brings in the firms and the stages that they have reached."), None, _firms(session, person)
        ),
        FirstStep(
            N_("Train a model, or one on a reference cohort, and promote it."),
            "/models",
            champion(session) is not None,
        ),
        FirstStep(N_("Score the city's firms with it."), "/models", current_run(session) is not None),
    ]


def _of_a_district(session: Session, person: Person) -> list[FirstStep]:
    nominated = select(Declaration.id).join(Firm, Firm.id == Declaration.firm_id)
    mine = people.visible_firms(person, Action.SEE_FIRMS)
    return [
        FirstStep(
            N_(
                "Bring in the returns of your district's firms: fill in the empty form, or map your own, and import it."
            ),
            "/imports",
            _firms(session, person),
        ),
        FirstStep(
            N_("Nominate the firms that are fit for the pools, each on its page."),
            "/firms",
            _there(session, nominated.where(Declaration.kind == NOMINATION, mine)),
        ),
        FirstStep(N_("Write down the first visit to a firm of the pools."), "/cases", _visited(session, person)),
    ]


def _of_a_firm(session: Session, person: Person, firm_id: str, on: date) -> list[FirstStep]:
    """Whoever sent a return has seen what is known: its form has that filled in."""
    page = f"/firm/{firm_id}/mine"
    own = select(OwnReturn.id).where(OwnReturn.firm_id == firm_id, OwnReturn.state.in_(HANDED_IN))
    stated = select(ReturnRow.id).join(Return, Return.id == ReturnRow.return_id)
    of_last_year = stated.where(ReturnRow.firm_id == firm_id, ReturnRow.year == on.year - 1, Return.in_force)
    applied = select(Declaration.id).where(Declaration.firm_id == firm_id, Declaration.kind == APPLICATION)
    member = select(PoolMembership.id).where(PoolMembership.firm_id == firm_id)
    objected = select(FirmObjection.id).where(FirmObjection.firm_id == firm_id)
    return [
        FirstStep(
            N_("Look at the figures that are known of you, and object to what is wrong."),
            f"{page}#mine-data",
            _there(session, objected) or _there(session, own),
        ),
        FirstStep(
            N_("Hand in your return of last year."),
            "/own-return",
            _there(session, own.where(OwnReturn.year == on.year - 1)) or _there(session, of_last_year),
        ),
        FirstStep(
            N_("See which conditions of the pools are open, and apply."),
            f"{page}#declarations",
            _there(session, applied) or _there(session, member),
        ),
        _told_by_mail(session, person),
    ]


def _of_a_department(session: Session, person: Person) -> list[FirstStep]:
    asked = select(OpinionRequest.id).where(OpinionRequest.department == person.department)
    answered = select(Opinion.id).join(OpinionRequest, OpinionRequest.id == Opinion.request_id)
    mine = answered.where(OpinionRequest.department == person.department, Opinion.answer.is_not(None))
    is_asked = _there(session, asked)
    return [
        FirstStep(
            N_("The bureau asks your department about firms: from then on you find its list here."), None, is_asked
        ),
        FirstStep(
            N_("Answer the list: for each firm, whether anything is known against it."),
            "/opinions" if is_asked else None,
            _there(session, mine),
        ),
        _told_by_mail(session, person),
    ]


def _of_an_administrator(session: Session, person: Person) -> list[FirstStep]:
    signing = [role for role, policy in ROLES.items() if policy.may_approve]
    keeping = [role for role, policy in ROLES.items() if policy.may.get(Action.KEEP_REVIEWS) is Scope.WHOLE_CITY]
    others = [role for role, policy in ROLES.items() if policy.has_account and not policy.opened_by_two]

    def open_accounts(roles: Sequence[str], *more: ColumnElement[bool]) -> int:
        counted = select(func.count(Account.id)).where(Account.role.in_(roles), Account.disabled.is_(False))
        return session.scalar(counted.where(*more)) or 0

    return [
        FirstStep(
            N_("Open the account of an officer of the whole city, who keeps the pools."),
            "/accounts",
            open_accounts(keeping, Account.district_code.is_(None)) > 0,
        ),
        FirstStep(
            N_("Open the account of a second person who may sign, an officer or an analyst."),
            "/accounts",
            open_accounts(signing) > 1,
        ),
        FirstStep(
            N_("Open accounts for the districts, departments, mentors and enterprises."),
            "/accounts",
            open_accounts(others) > 0,
        ),
        FirstStep(
            N_("Turn on the second step of your own sign-in."), "/account", second_step.is_on(session, person.id)
        ),
    ]


def _told_by_mail(session: Session, person: Person) -> FirstStep:
    chosen = select(ReminderChoice.id).where(ReminderChoice.account_id == person.id)
    return FirstStep(
        N_("Choose whether and where e-mails tell you what waits for you."), "/account", _there(session, chosen)
    )

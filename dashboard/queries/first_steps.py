"""What somebody does first on a board that is still empty: which steps their role takes, and which are done."""

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.declarations.declarations import NOMINATION
from pipeline.language import N_
from pipeline.store.current import champion, current_run
from pipeline.store.pool_tables import Declaration, PoolMembership, PoolReview
from pipeline.store.tables import CITY, Account, Case, Event, Firm, Visit


@dataclass(frozen=True)
class FirstStep:
    """One step: `text`, a msgid; `href`: where it is taken, None: somebody else takes it."""

    text: str
    href: str | None
    done: bool


def first_steps(session: Session, person: Person) -> list[FirstStep]:
    """The steps of this person's role in their order; none once all of them are done."""
    steps = _steps(session, person)
    return [] if all(step.done for step in steps) else steps


def _steps(session: Session, person: Person) -> list[FirstStep]:
    def may(action: Action) -> bool:
        return people.may(person, action)

    def there(statement: Select[int]) -> bool:
        return session.scalar(statement.limit(1)) is not None

    mine = people.visible_firms(person, Action.SEE_FIRMS)
    firms = there(select(1).select_from(Firm).where(Firm.cohort == CITY, mine))
    visited = there(
        select(Visit.id).join(Case, Case.id == Visit.case_id).join(Firm, Firm.id == Case.firm_id).where(mine)
    )
    if may(Action.IMPORT):
        events = there(select(Event.id).join(Firm, Firm.id == Event.firm_id).where(Firm.cohort == CITY))
        accounts = (session.scalar(select(func.count()).select_from(Account)) or 0) > 1
        return [
            FirstStep(
                N_("Bring in the firms: fill in the empty form, or map your own, and import it."), "/imports", firms
            ),
            FirstStep(
                N_("Bring in the stages that firms have reached: share reform, tutoring, listing."), "/imports", events
            ),
            FirstStep(
                N_("Open accounts for the districts, departments, mentors and enterprises."), "/accounts", accounts
            ),
            FirstStep(
                N_("Take over the list of the pools that you kept until now, or begin with empty pools."),
                "/pools#kept-list",
                there(select(PoolMembership.id)) or there(select(PoolReview.id)),
            ),
            FirstStep(N_("Start the first review of the pools."), "/pools", there(select(PoolReview.id))),
            FirstStep(
                N_("Say who stands by each firm of the pools."),
                "/cases",
                there(select(Case.id).where(Case.mentor_id > 0)),
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
    if may(Action.TRAIN):
        return [
            FirstStep(N_("An officer brings in the firms and the stages that they have reached."), None, firms),
            FirstStep(
                N_("Train a model, or one on a reference cohort, and promote it."),
                "/models",
                champion(session) is not None,
            ),
            FirstStep(N_("Score the city's firms with it."), "/models", current_run(session) is not None),
        ]
    if may(Action.NOMINATE):
        nominated = select(Declaration.id).join(Firm, Firm.id == Declaration.firm_id)
        return [
            FirstStep(N_("The returns of your district's firms come in."), None, firms),
            FirstStep(
                N_("Nominate the firms that are fit for the pools, each on its page."),
                "/firms",
                there(nominated.where(Declaration.kind == NOMINATION, mine)),
            ),
            FirstStep(N_("Write down the first visit to a firm of the pools."), "/cases", visited),
        ]
    if may(Action.RECORD_VISITS):
        return [
            FirstStep(N_("An officer names you beside a firm: from then on you find it here."), None, firms),
            FirstStep(N_("Write down your first visit to it, on its page."), "/firms", visited),
        ]
    return []

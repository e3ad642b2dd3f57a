"""The fast growers with what the leaders and the bureau do for them: one list for the page and the command."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.growth.contacts import LevelState, standing
from pipeline.growth.growers import Grower, Growers, growers
from pipeline.json_values import JsonObject
from pipeline.rules.reports import check
from pipeline.store.tables import CITY, Firm
from pipeline.tutoring.problems import problem_lists


@dataclass(frozen=True)
class Served:
    """A grower with its leaders, by level, and the problems that are open."""

    grower: Grower
    levels: Mapping[str, LevelState]
    open_problems: int

    @property
    def overdue(self) -> int:
        """How many levels are late."""
        return sum(state.overdue for state in self.levels.values())

    @property
    def unnamed(self) -> int:
        """Of how many levels nobody is named."""
        return sum(state.leader is None for state in self.levels.values())

    def as_json(self) -> JsonObject:
        return {
            **self.grower.as_json(),
            "contacts": {
                level: {
                    "leader": state.leader,
                    "last_on": state.last_on and state.last_on.isoformat(),
                    "due_on": state.due_on and state.due_on.isoformat(),
                    "overdue": state.overdue,
                }
                for level, state in self.levels.items()
            },
            "open_problems": self.open_problems,
        }


def growers_of(session: Session, person: Person, as_of: date) -> Growers:
    """The fast growers among the firms that this person follows the plan for, as known on a day. Raises NotAllowed, and
    NoSuchRule before the first day of the rule."""
    people.require(person, Action.SEE_PLAN)
    facts, firms = check.inputs(session.connection(), as_of)
    return growers(facts, firms, as_of, visible(session, person))


def visible(session: Session, person: Person) -> list[str]:
    """The firms of the city for which this person follows the plan."""
    return list(
        session.scalars(select(Firm.id).where(Firm.cohort == CITY, people.visible_firms(person, Action.SEE_PLAN)))
    )


def served(session: Session, person: Person, found: Sequence[Grower], on: date) -> list[Served]:
    """These growers, in their order, with leaders and problems as they stood by the end of a day."""
    people.require(person, Action.SEE_PLAN)
    states = standing(session, person, [one.firm_id for one in found], on)
    hindered = Counter(firm for line in problem_lists.problems(session, person, on) for firm in line.firms)
    return [Served(one, states.get(one.firm_id, {}), hindered[one.firm_id]) for one in found]

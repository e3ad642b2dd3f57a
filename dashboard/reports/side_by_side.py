"""A few firms side by side: score and reasons by group, the boards, figures of three years, where they stand and what
they plan. For the page and for the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.queries.firm import FirmPage, firm_pages
from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.declarations.declared_facts import applications
from pipeline.errors import ShownToPeople
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message
from pipeline.rules.definition.model import BOARDS
from pipeline.store.tables import Firm, FirmBoardRow
from pipeline.tutoring import cases, visits
from pipeline.tutoring.cases import CaseLine
from pipeline.tutoring.visits import VisitSeen
from scoring.features.matrix import FEATURES, GROUPS

FEWEST, MOST = 2, 5
YEARS = 3
#: What is shown of each year.
FIGURES = ("revenue_cny", "net_profit_cny", "rd_spend_cny", "staff", "net_assets_cny", "invention_patents")


class WrongComparison(ShownToPeople):
    """Too few firms to compare, or too many."""


@dataclass(frozen=True)
class Plan:
    """What a firm has declared of its plan; None each where it has not."""

    target_board: str | None
    reform_on: date | None
    filing_on: date | None


@dataclass(frozen=True)
class Beside:
    """One of the firms. `groups`: group of reasons -> points, of a firm whose score is seen; `boards`: board -> how it
    stands to it today; `years`: latest first, year -> fact -> value, NaN unknown; `case`, `last_visit`, `next_step`:
    None where there is none, or they are not the reader's to see."""

    page: FirmPage
    groups: Mapping[str, float]
    boards: Mapping[str, FirmBoardRow]
    years: Mapping[int, Mapping[str, float]]
    case: CaseLine | None
    last_visit: VisitSeen | None
    next_step: VisitSeen | None
    plan: Plan

    @property
    def id(self) -> str:
        return self.page.firm.id

    @property
    def name(self) -> str:
        return self.page.firm.name or self.id

    @property
    def points(self) -> float | None:
        return None if self.page.score is None else self.page.score.points

    def as_json(self) -> JsonObject:
        place, case = self.page.place, self.case
        return {
            "firm_id": self.id,
            "name": self.page.firm.name,
            "district_code": self.page.firm.district_code,
            "points": self.points,
            "rank": None if place is None else place.rank,
            "groups": dict(self.groups),
            "boards": {
                board: {"meets": row.meets, "gap_share": row.gap_share, "nearest": row.nearest}
                for board, row in self.boards.items()
            },
            "years": {str(year): _known(values) for year, values in self.years.items()},
            "pool": None if self.page.pool is None else self.page.pool.pool,
            "stage": None if case is None else case.case.stage,
            "stage_since": None if case is None else case.case.stage_since.isoformat(),
            "mentor": None if case is None else case.mentor,
            "last_visit": None if self.last_visit is None else self.last_visit.visited_on.isoformat(),
            "next_step": None if self.next_step is None else self.next_step.next_step,
            "next_due": None if self.next_step is None else _text(self.next_step.due_on),
            "target_board": self.plan.target_board,
            "reform_on": _text(self.plan.reform_on),
            "filing_on": _text(self.plan.filing_on),
        }


def _known(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if value != value else value for name, value in values.items()}


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def side_by_side(session: Session, person: Person, firm_ids: Sequence[str], today: date) -> list[Beside]:
    """The firms in the order in which they are named, each once.

    Raises WrongComparison for fewer than two or more than five, NotAllowed for one that the person may not see.
    """
    wanted = list(dict.fromkeys(firm_ids))
    if not FEWEST <= len(wanted) <= MOST:
        text = N_("Name %(fewest)s to %(most)s firms to compare, not %(count)s.")
        raise WrongComparison(Message(text, {"fewest": FEWEST, "most": MOST, "count": len(wanted)}))
    pages = firm_pages(session, person, wanted, today, FIGURES)
    boards: dict[str, dict[str, FirmBoardRow]] = {firm: {} for firm in wanted}
    for row in session.scalars(select(FirmBoardRow).where(FirmBoardRow.firm_id.in_(wanted))):
        boards[row.firm_id][row.board] = row
    plans = _plans(session, person, wanted, today)
    open_cases = {line.firm_id: line for line in cases.open_cases(session, person, today, wanted)}
    visited = visits.visits_of_each(session, person, wanted)
    return [_beside(pages[firm], open_cases.get(firm), visited[firm], boards[firm], plans[firm]) for firm in wanted]


def _beside(
    page: FirmPage,
    case: CaseLine | None,
    visited: Sequence[VisitSeen],
    boards: Mapping[str, FirmBoardRow],
    plan: Plan,
) -> Beside:
    seen = [each for each in visited if each.withdrawn is None]
    last = max(seen, key=lambda each: each.visited_on, default=None)
    step = min((each for each in seen if each.step_open), key=lambda each: each.due_on or date.max, default=None)
    groups = {
        group: sum(
            points for name, points in page.reasons.points.items() if name in FEATURES and FEATURES[name].group == group
        )
        for group in GROUPS
    }
    shown = [name for name in FIGURES if name in page.facts]
    # Out of pandas at once: the years of a firm are sorted, and five frames of three rows cost as much as the page.
    figures = page.facts[shown].to_numpy(dtype="float64")[-YEARS:][::-1].tolist()
    latest = page.facts.index.get_level_values("year")[-YEARS:][::-1].tolist()
    years = {year: dict(zip(shown, of_year, strict=True)) for year, of_year in zip(latest, figures, strict=True)}
    kept = {board: boards[board] for board in BOARDS if board in boards}
    return Beside(page, groups if page.score is not None else {}, kept, years, case, last, step, plan)


def _plans(session: Session, person: Person, firms: Sequence[str], today: date) -> dict[str, Plan]:
    """What each has declared, of those whose declarations the person sees."""
    visible = people.visible_firms(person, Action.SEE_DECLARATIONS)
    seen = session.scalars(select(Firm.id).where(Firm.id.in_(firms), visible)).all()
    said = applications(session.connection(), today, seen) if seen else {}

    def day(value: str | None) -> date | None:
        return None if value is None else date.fromisoformat(value)

    plans = {
        firm: Plan(content["target_board"] or None, day(content["reform_on"]), day(content["filing_on"]))
        for firm, content in said.items()
    }
    return dict.fromkeys(firms, Plan(None, None, None)) | plans

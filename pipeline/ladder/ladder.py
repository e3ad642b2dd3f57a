"""The growth ladder as known on a day: the one function behind the page and `goldseed ladder`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.activities.known import activities_as_known_on
from pipeline.errors import NotFound
from pipeline.json_values import JsonObject
from pipeline.ladder import met
from pipeline.ladder.calendar import Due, Month, due_of, months_of
from pipeline.ladder.flows import Flows, flows_between
from pipeline.ladder.incubators import INCUBATED, Incubator, incubators
from pipeline.ladder.records import held_on, records_as_known_on
from pipeline.ladder.rungs import Rung, rungs
from pipeline.language import N_, Label, Message
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN
from pipeline.rules.explanation import recognition
from pipeline.rules.reports import check
from pipeline.store.tables import CITY, Firm

if TYPE_CHECKING:
    import pandas as pd

#: So many years are told, the one that runs among them.
YEARS = 5
#: So many firms of a list are kept for a page; a file of all of them is what the command is for.
MOST_LISTED = 5_000


@dataclass(frozen=True)
class RungCount:
    """How firms stand to a rung on the day. `held`: stand on it by what is on record; of those who do not: `met` meet
    its conditions, `one_away` lack one, `unknown` are not known to; all three None where no rule says it."""

    rung: str
    held: int
    met: int | None
    one_away: int | None
    not_met: int | None
    unknown: int | None


@dataclass(frozen=True)
class Near:
    """A firm that does not stand on a rung. `condition`: the only one that it lacks, with figure and line; None: it
    meets them all."""

    rung: str
    firm_id: str
    name: str
    district: str
    condition: Label | None

    def as_json(self) -> JsonObject:
        said = None if self.condition is None else {"zh": self.condition.zh, "en": self.condition.en}
        return {"firm_id": self.firm_id, "name": self.name, "district": self.district, "condition": said}


@dataclass(frozen=True)
class Ladder:
    """All that is told of the ladder. `district`: whose firms alone are counted, None: the city's; `years`: flows, the
    latest first, the first of them up to the day itself; `near`: one condition away, or met and not on the rung."""

    day: date
    district: str | None
    firms: int
    counts: Sequence[RungCount]
    years: Sequence[Flows]
    near: Sequence[Near]
    months: Sequence[Month]
    due: Sequence[Due]
    incubators: Sequence[Incubator]

    def for_page(self) -> "Ladder":
        """The same with as many firms of each list as a page keeps; the counts are those of all."""
        lists = [(self.one_away(count.rung), self.met_not_held(count.rung)) for count in self.counts]
        near = [each for pair in lists for firms in pair for each in firms[:MOST_LISTED]]
        return replace(self, near=near, due=self.due[:MOST_LISTED])

    def one_away(self, rung: str) -> list[Near]:
        return [each for each in self.near if each.rung == rung and each.condition is not None]

    def met_not_held(self, rung: str) -> list[Near]:
        return [each for each in self.near if each.rung == rung and each.condition is None]

    def as_json(self) -> JsonObject:
        return {
            "as_of": self.day,
            "district": self.district,
            "firms": self.firms,
            "rungs": [
                {
                    **vars(count),
                    "zh": rungs()[count.rung].name.zh,
                    "en": rungs()[count.rung].name.en,
                    "one_away_firms": [each.as_json() for each in self.one_away(count.rung)],
                    "met_firms": [each.as_json() for each in self.met_not_held(count.rung)],
                }
                for count in self.counts
            ],
            "years": [each.as_json() for each in self.years],
            "incubators": [each.as_json() for each in self.incubators],
        }

    def calendar_as_json(self) -> JsonObject:
        return {
            "as_of": self.day,
            "district": self.district,
            "months": [vars(each) | {} for each in self.months],
            "certificates": [each.as_json() for each in self.due],
        }


def ladder(session: Session, person: Person, day: date) -> Ladder:
    """How the firms that this person reaches stand on the ladder, by what was known on `day`.

    Raises NotAllowed for whoever may not see the plan, NotFound where nothing is known of any of these firms.
    """
    people.require(person, Action.SEE_PLAN)
    connection, every = session.connection(), rungs()
    statement = select(Firm.id, Firm.name, Firm.district_code).where(
        Firm.cohort == CITY, people.visible_firms(person, Action.SEE_PLAN)
    )
    named = {row.id: (row.name or row.id, row.district_code or "") for row in session.execute(statement)}
    chosen = None if person.district_code is None else list(named)
    facts, firms = check.inputs(connection, day, cohort=CITY, firms=chosen)
    records = records_as_known_on(connection, day, every, CITY, chosen)
    known = firms.index.union(records["firm_id"].unique()).intersection(list(named))
    if known.empty:
        raise NotFound(Message(N_("Nothing of any firm was known on %(day)s."), {"day": day.isoformat()}))
    verdicts = recognition.check(facts, firms[firms.index.isin(known)], day)
    held = held_on(records, known, every, day)
    states = met.states(verdicts, every, known)
    near: list[Near] = []
    counts: list[RungCount] = []
    for rung in every.values():
        on_it = held[rung.id]
        if rung.id not in states:
            counts.append(RungCount(rung.id, int(on_it.sum()), None, None, None, None))
            continue
        lacks = met.one_away(verdicts, rung, on_it)
        state = states[rung.id]
        could = [str(firm) for firm in known[~on_it & (state == MET)]]
        near += [Near(rung.id, firm, *named[firm], None) for firm in could]
        near += [Near(rung.id, firm, *named[firm], condition) for firm, condition in lacks.items()]
        failing, open_ones = int((~on_it & (state == NOT_MET)).sum()), int((~on_it & (state == UNKNOWN)).sum())
        counts.append(RungCount(rung.id, int(on_it.sum()), len(could), len(lacks), failing - len(lacks), open_ones))
    activities = activities_as_known_on(connection, day, CITY, chosen, [INCUBATED])
    due = due_of(verdicts, named)
    return Ladder(
        day=day,
        district=person.district_code,
        firms=len(known),
        counts=counts,
        years=_years(records, known, every, day),
        near=near,
        months=months_of(due),
        due=due,
        incubators=incubators(activities, records, day),
    )


def _years(records: "pd.DataFrame", known: "pd.Index", every: Mapping[str, Rung], day: date) -> list[Flows]:
    """The flows of the years up to the day, the latest first; of the year that runs up to the day alone."""
    found = []
    for year in range(day.year, day.year - YEARS, -1):
        begins, ends = date(year - 1, 12, 31), min(date(year, 12, 31), day)
        before, after = (held_on(records, known, every, each) for each in (begins, ends))
        found.append(flows_between(before, after, every, year, begins.isoformat(), ends.isoformat()))
    return found

"""The figures in doubt: the one definition, which the banner of a firm's page, the warnings of a score, the list of
firms, CSV and JSON all read.

A figure is in doubt where the score or the rules of the boards use it, and either the checks of units on what was known
on the day contradict it and nobody has explained it, or a finding about this very statement of it is open. What is open
about any other figure or a name is a question (`questions_of`): it waits for a person, and nothing rests on it.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine

from pipeline.accounts.people import Action, Person
from pipeline.catalog import catalog
from pipeline.derived_facts.deriving import derived_from
from pipeline.facts import as_known_on
from pipeline.intake.plausibility import doubted_figures
from pipeline.intake.storing.findings import ListedFinding, list_findings
from pipeline.rules.definition import measures
from pipeline.store.firm_selection import FirmSelection
from pipeline.store.tables import CITY
from scoring.features.derived_figures import facts_of_figures, yearly_figures
from scoring.features.history import YEARS_BACK
from scoring.features.matrix import facts_used

COLUMNS = doubted_figures.COLUMNS


@cache
def facts_read() -> tuple[str, ...]:
    """The facts that have to be read to tell what is in doubt, in the order of the catalogue."""
    wanted = {*doubted_figures.facts_compared(), *facts_used(), *measures.facts_needed()}
    return tuple(name for name, fact in catalog().items() if name in wanted and fact.numeric)


def doubts_on(
    engine: Engine | Connection, day: date, cohort: str | None = CITY, firms: FirmSelection = None
) -> pd.DataFrame:
    """Which figures are in doubt on a day: columns firm_id, year, fact, sorted, one row a figure."""
    return doubts_in(engine, as_known_on(engine, day, cohort, firms, facts_read()), day, firms=firms)


def doubts_in(
    engine: Engine | Connection,
    facts: pd.DataFrame,
    day: date,
    in_another_unit: pd.DataFrame | None = None,
    firms: FirmSelection = None,
) -> pd.DataFrame:
    """As doubts_on, of facts that have been read as known on `day`: index (firm_id, year), the columns of facts_read.

    `in_another_unit`: what doubted_figures.in_doubt says of them, where it is known already; `firms`: those of `facts`,
    where these are many.
    """
    by_unit = doubted_figures.in_doubt(facts) if in_another_unit is None else in_another_unit
    by_unit = doubted_figures.unexplained(engine, by_unit, day)
    asked = doubted_figures.asked_about(engine, facts, day, firms)
    found = pd.concat([by_unit[list(COLUMNS)], asked[list(COLUMNS)]]).drop_duplicates()
    found = found.astype({"year": "int64"}).sort_values(list(COLUMNS), ignore_index=True)
    return found[in_use(facts, found)].reset_index(drop=True)


def in_use(facts: pd.DataFrame, figures: pd.DataFrame) -> np.ndarray:
    """Whether the score or the rules use each of these figures (columns firm_id, year, fact).

    Used by the score: without the figure some figure behind the features would be another one; a stated ratio, for
    example, counts only where its parts are unknown, or where another figure follows from it. Only the years that
    features look at.
    """
    if figures.empty:
        return np.zeros(0, dtype=bool)
    years = pd.Series(facts.index.get_level_values(1), index=facts.index.get_level_values(0))
    latest = years.groupby(level=0).max().reindex(figures["firm_id"]).to_numpy()
    recent = figures["year"].to_numpy() >= latest - YEARS_BACK
    by_rules = figures["fact"].isin([name for name in measures.facts_needed() if not name.endswith("_stated")])
    by_features = figures["fact"].isin(set(facts_used()) - facts_of_figures())
    used = by_rules.to_numpy() | by_features.to_numpy() | _moves_a_figure(facts, figures) | _leads_on(facts, figures)
    return recent & used


def _leads_on(facts: pd.DataFrame, figures: pd.DataFrame) -> np.ndarray:
    """Whether a figure that nobody stated follows from each of these."""
    of_firms = facts[facts.index.get_level_values(0).isin(figures["firm_id"].unique())]
    rested_on = [
        pd.MultiIndex.from_arrays([each.firm_id, each.year + each.by.years_back, [name] * len(each.year)])
        for each in derived_from(of_firms)
        for name in each.by.of
    ]
    asked = pd.MultiIndex.from_frame(figures[list(COLUMNS)])
    return np.logical_or.reduce([asked.isin(those) for those in rested_on] or [np.zeros(len(figures), dtype=bool)])


def _moves_a_figure(facts: pd.DataFrame, figures: pd.DataFrame) -> np.ndarray:
    used = [name for name in facts_used() if name in facts]
    keys = pd.MultiIndex.from_arrays([figures["firm_id"], figures["year"]])
    rows = facts[used].select_dtypes("number").astype("float64").reindex(keys).reset_index(drop=True)
    without = rows.copy()
    columns = without.columns.get_indexer(figures["fact"])
    values = without.to_numpy(copy=True)
    there = np.flatnonzero(columns >= 0)
    values[there, columns[there]] = np.nan
    without = pd.DataFrame(values, columns=rows.columns)
    before, after = yearly_figures(rows).to_numpy(float), yearly_figures(without).to_numpy(float)
    same = (before == after) | (np.isnan(before) & np.isnan(after))
    return ~same.all(axis=1)


by_firm = doubted_figures.by_firm


@dataclass(frozen=True)
class FirmFindings:
    """One firm's open findings: `about_doubts` bear on figures in doubt, `questions` on nothing that is used; `doubts`:
    its figures in doubt as (fact, year)."""

    doubts: tuple[tuple[str, int], ...]
    about_doubts: tuple[ListedFinding, ...]
    questions: tuple[ListedFinding, ...]


def firm_findings(
    engine: Engine | Connection,
    firm_id: str,
    facts: pd.DataFrame,
    day: date,
    in_doubt: bool = True,
    person: Person | None = None,
) -> FirmFindings:
    """A firm's figures in doubt and its open findings, told apart. `facts`: as doubts_in takes them; `in_doubt` False:
    it is known already that no figure is (the stored lists say it of the city's firms); `person`: who is to be told of
    no firm that they do not see."""
    listed = list_findings(engine, firm_id=firm_id, person=person, action=Action.SEE_FIRMS)
    if facts.empty or not in_doubt:
        return FirmFindings((), (), tuple(listed))
    found = doubts_in(engine, facts, day)
    doubts = tuple((str(fact), int(year)) for fact, year in zip(found["fact"], found["year"], strict=True))
    asked = doubted_figures.asked_about(engine, facts, day)
    bearing = set(asked["finding"]) if len(asked) else set()
    about = [
        finding
        for finding in listed
        if finding.id in bearing and (doubted_figures.fact_of(finding.kind, finding.field), finding.year) in doubts
    ]
    told = {finding.id for finding in about}
    return FirmFindings(doubts, tuple(about), tuple(finding for finding in listed if finding.id not in told))

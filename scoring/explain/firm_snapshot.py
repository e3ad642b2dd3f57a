"""One firm as known on a day, read once: its score, doubts, suggestions and rules rest on the same facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.catalog import catalog
from pipeline.errors import NotFound
from pipeline.facts import events_as_known_on, facts_and_firms
from pipeline.language import N_, Message
from pipeline.rules.definition import measures
from pipeline.rules.reports import check
from pipeline.store.tables import CITY, Firm
from scoring.dataset.snapshot import Snapshots
from scoring.features.listing_lines import ListingLines
from scoring.features.matrix import features_on
from scoring.scores.doubts import by_firm, doubts_in


@dataclass(frozen=True)
class FirmSnapshot:
    """`facts`: index (firm_id, year), every fact of the catalogue; `labels`: its row of firms; both as pipeline.facts
    gives them for `as_of`, without rows where nothing was known."""

    engine: Engine
    id: str
    name: str | None
    cohort: str
    as_of: date
    facts: pd.DataFrame
    labels: pd.DataFrame

    def features(self, lines: ListingLines) -> pd.DataFrame:
        """One row, all of FEATURES, measured against `lines`; none where no figure of the last two years was known."""
        return pd.DataFrame() if self.facts.empty else features_on(self.facts, self.labels, self.as_of, lines)

    def cohort_snapshots(self) -> Snapshots:
        """The days of all firms of its cohort, should they be needed; nothing is read yet."""
        return Snapshots(self.engine, [self.cohort])

    @cached_property
    def events(self) -> pd.DataFrame:
        """Its own stage events, as pipeline.facts gives them."""
        return events_as_known_on(self.engine, self.as_of, None, [self.id])

    @cached_property
    def figures_in_doubt(self) -> list[str]:
        """Its figures in doubt on which the score or the rules rest: "revenue_cny 2023"."""
        return by_firm(doubts_in(self.engine, self.facts, self.as_of)).get(self.id, []) if len(self.facts) else []

    @cached_property
    def for_rules(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Facts and labels as pipeline.rules.check takes them."""
        return self.only(measures.facts_needed()), check.with_events(self.labels, self.events)

    def only(self, names: Iterable[str]) -> pd.DataFrame:
        """These facts alone, in the order of the catalogue."""
        wanted = set(names)
        return self.facts[[name for name in self.facts if name in wanted]]


def firm_snapshot(engine: Engine, firm_id: str, as_of: date) -> FirmSnapshot:
    """A firm as known on a day. Raises NotFound for an unknown firm."""
    cohort, name = firm_in_store(engine, firm_id)
    facts, labels = facts_and_firms(engine, as_of, None, [firm_id], list(catalog()))
    return FirmSnapshot(engine, firm_id, name, cohort, as_of, facts, labels)


def firm_in_store(engine: Engine, firm_id: str) -> tuple[str, str | None]:
    """(cohort, name) of a firm. Raises NotFound."""
    with Session(engine) as session:
        firm = session.get(Firm, firm_id)
        if firm is None:
            raise NotFound(
                Message(
                    N_("There is no firm %(firm)s. Check its credit code, or import its return."), {"firm": firm_id}
                )
            )
        return firm.cohort or CITY, firm.name

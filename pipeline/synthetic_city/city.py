"""The synthetic city as it really is: every firm, every figure and every stage, before anybody fills in a form.

Each part has a random stream of its own, so that a change in one leaves the others as they were.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pipeline.catalog import catalog
from pipeline.synthetic_city import governance, identity, people, stages, statements
from pipeline.synthetic_city.income import draw_income
from pipeline.synthetic_city.quality import draw_quality
from pipeline.synthetic_city.statements import Figures


@dataclass(frozen=True)
class City:
    """`facts`: index (firm_id, year), a column per fact in base units, as everything is in truth.

    `asked`: bool by the same index, whether the survey asked the firm that year. `events`: columns
    firm_id, name, kind, board, occurred_on. `until`: nothing in it is later, but for days on which
    certificates will expire.
    """

    until: date
    facts: pd.DataFrame
    asked: pd.Series
    events: pd.DataFrame

    @property
    def years(self) -> list[int]:
        return sorted(self.facts.index.unique("year"))


def draw(firms: int = 2200, seed: int = 0, *, until: date) -> City:
    """A city of that many firms, the same for the same seed and day."""

    def stream(part: int) -> np.random.Generator:
        return np.random.default_rng([seed, part])

    quality = draw_quality(firms, until, stream(1))
    income = draw_income(quality, stream(2))
    events = stages.draw_stages(quality, income, until, stream(3))
    trades = identity.draw_trades(firms, stream(4))
    registered = identity.draw_registered(quality, stream(5))
    money = statements.draw_statements(quality, income, _reform_years(events, firms), stream(6))
    staff = people.draw_people(quality, income, np.isin(trades, ["I64", "I65"]), stream(7))
    ages = quality.told + 1 - 1970 - registered.astype("datetime64[D]").astype(int)[:, None] / 365.25
    answers, asked = governance.draw_governance(quality, income, money, ages, stream(8))
    who = identity.draw_identity(quality, trades, registered, events, stream(9))

    figures = money | staff | answers | who.yearly
    years = [int(year) for year in quality.told]
    index = pd.MultiIndex.from_product([who.frame["code"], years], names=["firm_id", "year"])
    facts = _frame(figures, index)
    reports = who.reports.ravel()
    events = events.assign(firm_id=who.frame["code"].to_numpy()[events["firm"]])
    latest = facts["name"].groupby(level="firm_id").last()
    events["name"] = latest.reindex(events["firm_id"]).to_numpy()
    return City(
        until=until,
        facts=facts[reports].sort_index(),
        asked=pd.Series(asked.ravel(), index)[reports].sort_index(),
        events=events[["firm_id", "name", "kind", "board", "occurred_on"]].reset_index(drop=True),
    )


def _reform_years(events: pd.DataFrame, firms: int) -> np.ndarray:
    reforms = events[events["kind"] == "share_reform"].groupby("firm")["occurred_on"].min()
    years = np.full(firms, np.nan)
    years[reforms.index.to_numpy()] = reforms.dt.year.to_numpy()
    return years


def _frame(figures: Figures, index: pd.MultiIndex) -> pd.DataFrame:
    """The told facts of the catalogue, in its order and types; what only served on the way is left behind."""
    columns = {}
    for name, fact in catalog().items():
        if name not in figures:
            continue
        values = figures[name].reshape(-1)
        if fact.type == "date":
            columns[name] = pd.Series(values.astype("datetime64[s]"), index)
        elif fact.numeric:
            columns[name] = pd.Series(values.astype(float), index)
        else:
            columns[name] = pd.Series(values.astype(object), index)
    return pd.DataFrame(columns)

"""Each agency's differences beside those of all other agencies, and its years beside each other.

What is compared are differences that no confusion of units explains; slips of units are counted apart. Two firms are no
pattern: nothing is concluded of an agency with fewer than FEWEST_FIRMS firms that have differences, FEWEST_DIFFERENCES
differences or FEWEST_RETURNS returns. What is concluded holds at CONFIDENCE after Holm's allowance: for all agencies
that are compared, or all years of one agency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.advisers.differences import FEWEST as FEWEST_RETURNS
from pipeline.advisers.differences import rate_interval
from pipeline.agencies.chances import CONFIDENCE, Ratio, holm, ratio, spread_of

if TYPE_CHECKING:
    import pandas as pd

FEWEST_FIRMS = 3
FEWEST_DIFFERENCES = 5
#: What is concluded of an agency beside the others, and of one of its years beside its others.
MORE, FEWER, NO_OTHER, TOO_FEW = "more", "fewer", "no_other", "too_few"


@dataclass(frozen=True)
class Counted:
    """`returns` that two sources state, of so many `firms`; `differences` without slips of units, in `affected` firms;
    `slips`. `per_100` returns with its interval: None below FEWEST_RETURNS."""

    returns: int
    firms: int
    differences: int
    affected: int
    slips: int
    per_100: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class YearCounted:
    """A year of the returns of an agency. `ratio`: to its other years; None where nothing is concluded. `chance`: with
    the allowance for its years."""

    year: int
    counted: Counted
    ratio: Ratio | None
    chance: float | None
    verdict: str


@dataclass(frozen=True)
class AgencyCompared:
    """An agency, by the name of the register where it has one. `ratio`: to all other agencies; None where nothing is
    concluded. `chance`: with the allowance for all agencies."""

    name: str
    adviser_id: int | None
    counted: Counted
    others: Counted
    ratio: Ratio | None
    chance: float | None
    verdict: str
    years: Sequence[YearCounted]


def compare(returns: "pd.DataFrame") -> tuple[list[AgencyCompared], float]:
    """The agencies, those that stand out first, and how many times firms vary more than chance.

    Those that have more are left out of the others of the rest, which are then compared anew, until none has more: else
    one agency with many differences hides a second, and makes all others look careful.

    `returns`: a row for each firm's year that an agency prepared: agency (name), adviser (NaN: not in the register),
    firm_id, year, differences (without slips), slips.
    """
    if returns.empty:
        return [], 1.0
    spread = _spread(returns)
    left, found = {str(name): rows for name, rows in returns.groupby("agency")}, list[AgencyCompared]()
    while True:
        compared = _beside_each_other(left, returns[returns["agency"].isin(left)], spread)
        more = [one for one in compared if one.verdict == MORE]
        found += more or compared
        left = {name: rows for name, rows in left.items() if name not in {one.name for one in more}}
        if not more or not left:
            break
    order = [MORE, FEWER, NO_OTHER, TOO_FEW]
    return sorted(found, key=lambda one: (order.index(one.verdict), -(one.counted.per_100 or 0), one.name)), spread


# --- within ----------------------------------------------------------------------------------------


def _beside_each_other(
    parts: "Mapping[str, pd.DataFrame]", returns: "pd.DataFrame", spread: float
) -> list[AgencyCompared]:
    total, sums = _Sums.of(returns), {name: _Sums.of(rows) for name, rows in parts.items()}
    counted = {name: _counted(sums[name], rows["firm_id"].nunique(), spread) for name, rows in parts.items()}
    enough = [name for name, each in counted.items() if _enough(each) and total.returns > each.returns]
    ratios = {name: _ratio(sums[name], total.less(sums[name]), spread) for name in enough}
    chances = dict(zip(enough, holm([ratios[name].chance for name in enough]), strict=True))
    found = []
    for name, rows in parts.items():
        others = returns[returns["agency"] != name]
        adviser = rows["adviser"].dropna()
        found.append(
            AgencyCompared(
                name,
                int(adviser.iloc[0]) if len(adviser) else None,
                counted[name],
                _counted(total.less(sums[name]), others["firm_id"].nunique(), spread, _affected(others)),
                ratios.get(name),
                chances.get(name),
                _verdict(ratios.get(name), chances.get(name)),
                _years(rows, spread),
            )
        )
    return found


@dataclass(frozen=True)
class _Sums:
    returns: int
    differences: int
    affected: int
    slips: int

    @classmethod
    def of(cls, rows: "pd.DataFrame") -> "_Sums":
        return cls(len(rows), int(rows["differences"].sum()), _affected(rows), int(rows["slips"].sum()))

    def less(self, other: "_Sums") -> "_Sums":
        """Without the returns of another; who is affected is not told by that, for firms may be in both."""
        return _Sums(self.returns - other.returns, self.differences - other.differences, 0, self.slips - other.slips)


def _affected(rows: "pd.DataFrame") -> int:
    return int(rows.loc[rows["differences"] > 0, "firm_id"].nunique())


def _spread(returns: "pd.DataFrame") -> float:
    """Of all agencies together, each with its own rate; a firm counts once for each agency that it had."""
    firms = returns.groupby(["agency", "firm_id"], as_index=False).agg(n=("year", "size"), d=("differences", "sum"))
    sums = firms.groupby("agency")[["n", "d"]].transform("sum")
    expected = firms["n"] * sums["d"] / sums["n"]
    groups = firms.loc[expected > 0, "agency"].nunique()
    return spread_of(firms["d"].tolist(), expected.tolist(), groups)


def _counted(sums: _Sums, firms: int, spread: float, affected: int | None = None) -> Counted:
    about = (sums.returns, firms, sums.differences, sums.affected if affected is None else affected, sums.slips)
    if sums.returns < FEWEST_RETURNS:
        return Counted(*about, None, None, None)
    low, high = rate_interval(sums.differences, sums.returns, spread)
    return Counted(*about, 100 * sums.differences / sums.returns, 100 * low, 100 * high)


def _enough(counted: Counted) -> bool:
    return (
        counted.returns >= FEWEST_RETURNS
        and counted.affected >= FEWEST_FIRMS
        and counted.differences >= FEWEST_DIFFERENCES
    )


def _ratio(own: _Sums, others: _Sums, spread: float) -> Ratio:
    return ratio(own.differences, own.returns, others.differences, others.returns, spread)


def _verdict(compared: Ratio | None, chance: float | None) -> str:
    if compared is None or chance is None:
        return TOO_FEW
    if chance > 1 - CONFIDENCE:
        return NO_OTHER
    return MORE if compared.times is None or compared.times > 1 else FEWER


def _years(rows: "pd.DataFrame", spread: float) -> list[YearCounted]:
    """Each year of an agency; a year with too little is told and compared with nothing."""
    total = _Sums.of(rows)
    of_year = {int(str(year)): part for year, part in rows.groupby("year")}
    sums = {year: _Sums.of(part) for year, part in of_year.items()}
    counted = {year: _counted(sums[year], part["firm_id"].nunique(), spread) for year, part in of_year.items()}
    enough = [year for year, each in counted.items() if _enough(each) and total.returns > each.returns]
    ratios = {year: _ratio(sums[year], total.less(sums[year]), spread) for year in enough}
    chances = dict(zip(enough, holm([ratios[year].chance for year in enough]), strict=True))
    return [
        YearCounted(
            year, counted[year], ratios.get(year), chances.get(year), _verdict(ratios.get(year), chances.get(year))
        )
        for year in sorted(of_year)
    ]

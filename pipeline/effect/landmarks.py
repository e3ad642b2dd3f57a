"""Firms at risk on landmark days: what had come to each in the year before, and whether the outcome came in the year
after.

A landmark is the first of January or July, or the day of a score run; it counts only once the whole year after it is
over. What came before is looked for up to the landmark itself, the outcome from the day after it: what followed the
outcome never counts as having come before it.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.effect.known import ADVISERS, MENTOR, SEED_POOL, SHARE_REFORM, STEP, VISIT, Known
from pipeline.facts import public_on
from pipeline.language import Label
from pipeline.tutoring.stages import BUILT, LAST, STAGES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

WINDOW_DAYS = 365
#: So many half-yearly landmarks are looked at, the latest ones.
MOST_LANDMARKS = 10
#: A rise of points that counts; firms within so many points are held against each other.
RISE_POINTS, BAND_POINTS = 5.0, 10.0
#: By how much the yearly spending on research has to rise.
RAISED_BY = 0.2
RD, VISITS = "rd_raised", "visits"
RD_FACT = "rd_spend_cny"
_ACTS = (SHARE_REFORM, ADVISERS, SEED_POOL, MENTOR, VISIT, STEP)
#: What may have come before, in the order in which it is shown.
BEFORE: dict[str, Label] = {
    SHARE_REFORM: Label("完成股改", "share reform done"),
    ADVISERS: Label("签约中介机构", "advisers signed"),
    RD: Label("研发投入同比增长 20% 以上", "R&D spending raised by 20% or more"),
    SEED_POOL: Label("进入种子库", "entered the seed pool"),
    MENTOR: Label("明确挂点干部", "a mentor assigned"),
    VISIT: Label("走访过", "visited"),
    VISITS: Label("走访两次及以上", "visited twice or more"),
    STEP: Label("完成一项下一步工作", "a next step finished"),
}
#: What can come only to a firm with a tutoring case: held against firms that had one in the same year.
IN_TUTORING = frozenset({MENTOR, VISIT, VISITS, STEP})
_STAGES = list(STAGES)
_BUILT = [place for place, stage in enumerate(_STAGES) if stage in BUILT]

#: The yearly spending on research as known on each of some days: index (firm_id, year).
Spending = Callable[[Sequence[date]], "Sequence[pd.Series]"]


def landmarks(on: date) -> list[date]:
    """The half-years whose year after is over by the day, the earliest first."""
    days = [date(year, month, 1) for year in range(on.year, on.year - 12, -1) for month in (7, 1)]
    over = [day for day in days if day + timedelta(days=WINDOW_DAYS) <= on]
    return sorted(over[:MOST_LANDMARKS])


def of_next_stage(known: Known, spending: Spending, days: Sequence[date]) -> "pd.DataFrame":
    """A row a firm at risk and landmark: firm (its place in known.firms), day, stage (its place on the way), stratum,
    came (whether it reached a stage within the year that it had not had), tutored, and of each of BEFORE 1.0, 0.0 or
    NaN where it is not known."""
    import numpy as np

    firm, place, moved = (known.moves[name].to_numpy() for name in ("firm", "place", "day"))
    parts = []
    for number, (day, spent) in enumerate(zip(days, spending(days), strict=True)):
        had, stands = _standing(known, day)
        until = _moment(day + timedelta(days=WINDOW_DAYS))
        new = (moved > _moment(day)) & (moved <= until) & (place >= 0)
        onward = (place > stands[firm]) | np.isin(place, _BUILT)
        came = np.zeros(len(known.firms), dtype=bool)
        came[firm[new & onward & ~had[firm, place]]] = True
        rows = _rows(known, spent, day, stands)
        parts.append(rows.assign(came=came[rows["firm"]], stratum=rows["stage"] + len(_STAGES) * number))
    return _together(parts)


def of_points(known: Known, spending: Spending) -> "pd.DataFrame":
    """The same of the rise of points, a landmark a pair of runs: only firms that both score. A stratum is the stage
    and the ten points in which a firm begins: who stands low rises more easily."""
    import numpy as np

    days = [pair.before for pair in known.pairs]
    parts = []
    for number, (day, spent) in enumerate(zip(days, spending(days), strict=True)):
        own = known.points[known.points["before"] == _moment(day)]
        start, rise = np.full((2, len(known.firms)), np.nan)
        start[own["firm"]], rise[own["firm"]] = own["points"], own["rise"]
        rows = _rows(known, spent, day, _standing(known, day)[1])
        rows = rows[np.isfinite(rise[rows["firm"]])]
        band = np.floor(start[rows["firm"]] / BAND_POINTS).astype(int)
        stratum = rows["stage"] + len(_STAGES) * (number + len(days) * (band - band.min(initial=0)))
        parts.append(rows.assign(came=rise[rows["firm"]] >= RISE_POINTS, stratum=stratum))
    return _together(parts)


# --- within ----------------------------------------------------------------------------------------


def _moment(day: date) -> "np.datetime64":
    import numpy as np

    return np.datetime64(day, "s")


def _standing(known: Known, day: date) -> "tuple[np.ndarray, np.ndarray]":
    """Of each firm the stages that count on a day, those since its last way out and what it had built before (a row a
    firm, a column a stage), and the place of the furthest of them."""
    import numpy as np

    past = known.moves[known.moves["day"] <= _moment(day)]
    firm, place, order = past["firm"].to_numpy(), past["place"].to_numpy(), np.arange(len(past))
    last_out = np.full(len(known.firms), -1)
    np.maximum.at(last_out, firm[place < 0], order[place < 0])
    counts = (place >= 0) & ((order > last_out[firm]) | np.isin(place, _BUILT))
    had = np.zeros((len(known.firms), len(_STAGES)), dtype=bool)
    had[firm[counts], place[counts]] = True
    return had, (had * np.arange(len(_STAGES))).max(axis=1, initial=0)


def _rows(known: Known, spent: "pd.Series", day: date, stands: "np.ndarray") -> "pd.DataFrame":
    """The firms at risk: something was known of them, and they were neither listed nor gone; with what had come to
    each in the year that ends with the day."""
    import numpy as np
    import pandas as pd

    on, since, firms = _moment(day), _moment(day - timedelta(days=WINDOW_DAYS)), len(known.firms)
    risk = (known.first <= on) & (stands < _STAGES.index(LAST))
    risk[known.gone["firm"][known.gone["day"] <= on]] = False
    acts = known.acts[(known.acts["day"] > since) & (known.acts["day"] <= on)]
    times = {what: np.bincount(acts["firm"][acts["what"] == what], minlength=firms) for what in _ACTS}
    columns = {what: (times[what] >= 1).astype(float) for what in _ACTS}
    columns |= {VISITS: (times[VISIT] >= 2).astype(float), RD: _raised(spent, day).reindex(known.firms).to_numpy()}
    tutored = np.zeros(firms, dtype=bool)
    tutored[known.cases["firm"][(known.cases["opened"] <= on) & ~(known.cases["closed"] <= since)]] = True
    table = pd.DataFrame({"firm": np.arange(firms), "stage": stands, "tutored": tutored, **columns})
    return table[risk].assign(day=on)


def _raised(spent: "pd.Series", day: date) -> "pd.Series":
    """1.0 where the spending of the last year whose returns were due by the day was a fifth above that of the year
    before, 0.0 where not, NaN where one of the two is not known or nothing was spent before."""
    year = day.year - 1 if public_on(day.year - 1) <= day else day.year - 2
    years = spent.index.get_level_values("year")
    last, before = (spent[years == each].droplevel("year") for each in (year, year - 1))
    ratio = last / before.where(before > 0)
    # A fifth more, as the figures say it: 1.2 times 100 is not quite 120 to a computer.
    return (ratio >= 1 + RAISED_BY - 1e-12).astype(float).where(ratio.notna())


def _together(parts: "list[pd.DataFrame]") -> "pd.DataFrame":
    import pandas as pd

    names = ["firm", "day", "stage", "stratum", "came", "tutored", *BEFORE]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)

"""How many there will be on the goal's day, with a 95 % interval and the chance that the goal is met.

Three ways, by what a target counts; each draws what is not known a few thousand times with a fixed seed, so the same
facts give the same forecast.

- Certificates (a target that asks for a valid HNTE certificate alone): those that run out before the day are renewed
  with the odds of those that ran out in the three years before, a Beta distribution by Jeffreys; first certificates
  come as a Poisson process whose rate has the Gamma distribution of the last three years' number.
- Figures of a fiscal year: the mean yearly change, with Student's t for as few changes as there are, both of the mean
  and of the years to come.
- Events and activities: a Poisson process with the Gamma rate of the last three years. What ends is left out. Of
  listings, where the scores in use foretell listings, their probabilities instead, each firm by itself, for the part
  of their horizon that is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.language import N_, Message
from pipeline.targets.counting import Count, Known
from pipeline.targets.model import Target

_DRAWS, _SEED, _FIRMS_AT_ONCE = 4_000, 20_260_101, 2_000
_YEARS_BACK, _DAYS_A_YEAR = 3, 365.25
#: A certificate is renewed where another is issued from a year before it runs out until half a year after.
_RENEWED_BEFORE, _RENEWED_AFTER = timedelta(days=365), timedelta(days=183)
#: Fewer events than this behind a rate, and it says so first.
FEW_EVENTS = 10
_LOW, _HIGH = 0.025, 0.975


@dataclass(frozen=True)
class Forecast:
    """`expected`, `low`, `high`: the median and the 95 % interval; `chance`: that at least `needed` are reached, None
    where that is not known; `why`: what it rests on, what is few first."""

    day: date
    expected: int
    low: int
    high: int
    chance: float | None
    why: Sequence[Message]


@dataclass(frozen=True)
class Foretold:
    """The probabilities of the scores in use, each firm's, and the days of their horizon; of listings alone."""

    probability: NDArray[np.float64]
    as_of: date
    days: int


def forecast(
    target: Target,
    what: Known,
    now: Count,
    past: Sequence[Count],
    day: date,
    needed: int | None,
    foretold: Foretold | None = None,
) -> Forecast | None:
    """`now`: the last count; `past`: those of year ends, the earliest first; `day`: the goal's, which is to come. None
    where nothing can be said: no count, or fewer than two changes of figures."""
    if now.found is None or day <= now.day:
        return None
    chance = np.random.default_rng(_SEED)
    if target.by_figures:
        drawn, why = _by_change(now, past, day, chance)
    elif target.event is not None or target.activity:
        drawn, why = _by_rate(target, what, now, day, foretold, chance)
    else:
        drawn, why = _by_certificates(what, now, day, chance)
    if drawn is None:
        return None
    low, middle, high = (max(0, round(float(part))) for part in np.quantile(drawn, [_LOW, 0.5, _HIGH]))
    share = None if needed is None else float((np.round(drawn) >= needed).mean())
    return Forecast(day, middle, low, high, share, why)


def _by_change(
    now: Count, past: Sequence[Count], day: date, chance: np.random.Generator
) -> tuple[NDArray[np.float64] | None, list[Message]]:
    found = [each.found for each in past if each.found is not None]
    changes = np.diff(found)
    years = day.year - now.day.year
    if len(changes) < 2 or years < 1:
        return None, []
    mean, spread = float(changes.mean()), float(changes.std(ddof=1))
    error = spread * np.sqrt(years + years**2 / len(changes))
    assert now.found is not None
    drawn = now.found + years * mean + error * chance.standard_t(len(changes) - 1, _DRAWS)
    text = N_("The mean of %(count)s yearly changes, %(mean)s a year, goes on for %(years)s year(s).")
    return drawn, [Message(text, {"count": len(changes), "mean": f"{mean:+.1f}", "years": years})]


def _by_certificates(
    what: Known, now: Count, day: date, chance: np.random.Generator
) -> tuple[NDArray[np.float64], list[Message]]:
    certificates, today = what.certificates, pd.Timestamp(now.day)
    renewed, ended = renewals(certificates, now.day)
    begun = certificates[(certificates["certified_on"] <= today) & (certificates["expires_on"] >= today)]
    last = begun.groupby("firm_id")["expires_on"].max()
    ends = int((last < pd.Timestamp(day)).sum())
    first = certificates.groupby("firm_id")["certified_on"].min()
    since = today - pd.DateOffset(years=_YEARS_BACK)
    new = int(((first > since) & (first <= today)).sum())
    odds = chance.beta(0.5 + renewed, 0.5 + ended - renewed, _DRAWS)
    rate = chance.gamma(0.5 + new, 1 / _YEARS_BACK, _DRAWS)
    kept = chance.binomial(ends, odds)
    come = chance.poisson(rate * (day - now.day).days / _DAYS_A_YEAR)
    assert now.found is not None
    why = [
        Message(
            N_("Of %(ended)s certificates that ran out in the three years before, %(renewed)s were renewed."),
            {"ended": ended, "renewed": renewed},
        ),
        Message(N_("%(ends)s run out until then."), {"ends": ends}),
        Message(N_("%(new)s firms got their first certificate in the last three years."), {"new": new}),
    ]
    return (now.found - ends + kept + come).astype(np.float64), [*_few(min(ended, new)), *why]


def renewals(certificates: pd.DataFrame, day: date) -> tuple[int, int]:
    """How many of the certificates that ran out in the three years until half a year before `day` were renewed, and how
    many these are. `certificates`: as Known.certificates; those issued after `day` are not looked at."""
    known = certificates[certificates["certified_on"] <= pd.Timestamp(day)]
    until = pd.Timestamp(day) - _RENEWED_AFTER
    since = until - pd.DateOffset(years=_YEARS_BACK)
    ended = known[(known["expires_on"] > since) & (known["expires_on"] <= until)].reset_index(drop=True)
    if ended.empty:
        return 0, 0
    ended["place"] = np.arange(len(ended))
    pairs = ended.merge(known[["firm_id", "certified_on"]], on="firm_id", suffixes=("", "_next"))
    after = pairs["certified_on_next"] - pairs["expires_on"]
    another = pairs["certified_on_next"] > pairs["certified_on"]
    renewed = pairs[another & (after >= -_RENEWED_BEFORE) & (after <= _RENEWED_AFTER)]["place"].nunique()
    return int(renewed), len(ended)


def _by_rate(
    target: Target, what: Known, now: Count, day: date, foretold: Foretold | None, chance: np.random.Generator
) -> tuple[NDArray[np.float64], list[Message]]:
    assert now.found is not None
    if foretold is not None and target.event is not None and len(foretold.probability):
        left = (day - now.day).days / foretold.days
        odds = 1 - (1 - np.clip(foretold.probability, 0, 1)) ** left
        summed = np.zeros(_DRAWS)
        for first in range(0, len(odds), _FIRMS_AT_ONCE):
            some = odds[first : first + _FIRMS_AT_ONCE]
            summed += (chance.random((_DRAWS, len(some))) < some).sum(axis=1)
        text = N_("The probabilities of the scores of %(day)s, firm by firm: %(events)s events until then.")
        return now.found + summed, [Message(text, {"day": foretold.as_of, "events": f"{odds.sum():.1f}"})]
    since = pd.Timestamp(now.day) - pd.DateOffset(years=_YEARS_BACK)
    if target.event is not None:
        rows = what.events[what.events["kind"] == target.event]
        if target.boards:
            rows = rows[rows["board"].isin(list(target.boards))]
    else:
        rows = what.activities[what.activities["kind"].isin(list(target.activity))]
        if target.levels:
            rows = rows[rows["level"].isin(list(target.levels))]
    lately = rows[(rows["occurred_on"] > since) & (rows["occurred_on"] <= pd.Timestamp(now.day))]
    events = len(lately) if target.counts != "firms" else lately["firm_id"].nunique()
    rate = chance.gamma(0.5 + events, 1 / _YEARS_BACK, _DRAWS)
    come = chance.poisson(rate * (day - now.day).days / _DAYS_A_YEAR)
    text = N_("%(events)s came in the last three years; as many a year go on to come.")
    return (now.found + come).astype(np.float64), [*_few(events), Message(text, {"events": events})]


def _few(events: int) -> list[Message]:
    if events >= FEW_EVENTS:
        return []
    return [Message(N_("Fewer than ten events stand behind it, so it tells little."))]

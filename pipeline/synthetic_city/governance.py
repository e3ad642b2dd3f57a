"""Money from investors and the answers a survey asks of the stronger firms: valuation, audit, independence.

Who is asked depends on what a firm shows that year (size, profit, investors), never on what became of it,
so that a blank says nothing about the future.
"""

import numpy as np

from pipeline.synthetic_city.income import Income
from pipeline.synthetic_city.quality import YEARS_TOLD, Quality
from pipeline.synthetic_city.statements import Figures

ASKED_REVENUE_CNY = 50e6
ASKED_PROFIT_CNY = 3e6


def draw_governance(
    quality: Quality, income: Income, statements: Figures, ages: np.ndarray, rng: np.random.Generator
) -> tuple[Figures, np.ndarray]:
    """Facts of the survey, arrays (firm, told year), and who is asked in which year (the same shape, bool).

    Words are those of the catalogue; days are datetime64[D]; yes and no are 1.0 and 0.0. `ages`: years since
    registration at the end of each told year.
    """
    told = slice(-YEARS_TOLD, None)
    now, size = quality.now[:, told], quality.size[:, told]
    revenue, profit = statements["revenue_cny"], statements["net_profit_cny"]
    shape = revenue.shape
    firms = len(revenue)

    strong = (revenue > ASKED_REVENUE_CNY) & (profit > ASKED_PROFIT_CNY) | (income.rounds[:, told] > 0)
    asked = np.where(strong, rng.random(shape) < 0.9, rng.random(shape) < 0.02)

    rounds, last_round = _rounds(quality, income, rng)
    multiple = np.clip(17 + 3 * now + 12 * income.growth[:, told] + 3 * rng.standard_normal((firms, 1)), 8, 45)
    worth = np.maximum(multiple * profit, revenue * np.clip(0.9 + 8 * statements["rd_spend_cny"] / revenue, 0.8, 3.0))
    valued = worth * rng.lognormal(0, 0.15, shape)
    valuation = np.where(rounds > 0, np.maximum(valued * rng.uniform(0.8, 1.0, shape), 2e7), np.nan)
    expects = worth > 1.5e8
    capital = statements["share_capital_cny"]
    after = np.ceil(capital / 0.75 / 1e4) * 1e4
    after = np.where(after > 4e8, np.ceil(capital / 0.9 / 1e4) * 1e4, after)
    spring = (quality.told - 1970 + 1).astype("datetime64[Y]").astype("datetime64[D]") + 79

    stable = _habit(ages, rng.uniform(0.5, 1.0, (firms, 1)), rng)
    trouble = rng.random(shape)
    worse = np.exp(-0.5 * now)
    share = 0.04 * np.exp(0.5 * size + 0.4 * now + 0.4 * rng.standard_normal(shape))
    rank = 40 * np.exp(-0.5 * size - 0.4 * now + 0.5 * rng.standard_normal(shape))
    return {
        "equity_rounds": rounds,
        "latest_round_on": last_round,
        "latest_round_valuation_cny": np.round(valuation, -5),
        "expected_market_value_cny": np.where(expects, np.round(valued, -5), np.nan),
        "expected_market_value_on": np.where(expects, np.broadcast_to(spring, shape), np.datetime64("NaT")),
        "public_offer_share": np.where(expects, np.where(after > 4e8, 0.1, 0.25), np.nan),
        "share_capital_post_issue_cny": np.where(expects, after, np.nan),
        "public_shareholders": np.where(expects, np.round(rng.lognormal(8, 0.5, shape)), np.nan),
        "new_equity_2y_cny": statements["new_equity_2y_cny"],
        "audit_opinion": _one_of(
            rng, 0.05 * worse, "standard_unqualified", ["unqualified", "qualified", "disclaimer"], [0.7, 0.25, 0.05]
        ),
        "internal_control_opinion": _one_of(rng, 0.12 * worse, "unqualified", ["qualified", "adverse"], [0.9, 0.1]),
        "independence_ok": (rng.random(shape) > 0.10 * worse).astype(float),
        "going_concern_ok": (profit > -0.25 * revenue).astype(float),
        "management_stable_years": np.minimum(stable, 20),
        "controller_unchanged_years": np.minimum(_habit(ages, rng.uniform(0.7, 1.0, (firms, 1)), rng), 25),
        "core_tech_staff_stable_years": np.minimum(_habit(ages, rng.uniform(0.3, 1.0, (firms, 1)), rng), 15),
        "major_violation_36m": (trouble < 0.012 * worse).astype(float),
        "management_penalty_36m": (rng.random(shape) < 0.004 * worse).astype(float),
        "penalty_12m": (rng.random(shape) < 0.003 * worse).astype(float),
        "major_incident_12m": (rng.random(shape) < 0.008 * worse).astype(float),
        "compliance_clean_2y": (trouble >= 0.03 * worse).astype(float),
        "market_years": np.minimum(_habit(ages, rng.uniform(0.3, 0.95, (firms, 1)), rng), 40),
        "niche_market_share": np.round(np.clip(share, 0.002, 0.75), 3),
        "niche_market_rank": np.maximum(np.round(rank), 1),
    }, asked


def _rounds(quality: Quality, income: Income, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rounds so far, and the day of the latest (NaT: none)."""
    new = np.diff(income.rounds, axis=1, prepend=0) > 0
    starts = (quality.years - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    days = starts + rng.integers(5, 355, new.shape).astype("timedelta64[D]")
    known = np.where(new, days, np.datetime64("1900-01-01"))
    latest = np.maximum.accumulate(known, axis=1)[:, -YEARS_TOLD:]
    return income.rounds[:, -YEARS_TOLD:].astype(float), np.where(
        latest > np.datetime64("1900-01-01"), latest, np.datetime64("NaT")
    )


def _habit(ages: np.ndarray, share: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whole years that something has lasted: a share of the firm's life, now and then broken off."""
    broken = rng.random(ages.shape) < 0.03
    return np.where(broken, rng.integers(0, 2, ages.shape), np.floor(np.maximum(ages * share, 0)))


def _one_of(
    rng: np.random.Generator, chance: np.ndarray, usual: str, others: list[str], weights: list[float]
) -> np.ndarray:
    strange = rng.random(chance.shape) < chance
    return np.where(strange, rng.choice(others, size=chance.shape, p=weights), usual).astype(object)

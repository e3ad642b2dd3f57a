"""Who sets out for a listing, when, and how far each comes: the events of the synthetic city.

Setting out is a hazard a half-year that grows with readiness (quality, size, profit, growth) and with an
ambition that no figure shows, so that there is something to learn and noise to learn it through. Months
between stages follow the usual times of each stage; the level of the hazard is solved for the number of
tutoring filings that the demo needs.
"""

from datetime import date

import numpy as np
import pandas as pd

from pipeline.synthetic_city.income import Income
from pipeline.synthetic_city.quality import Quality, as_year, day_of

#: Tutoring filings of 2,200 firms in the five years before `until`, on average over seeds.
FILINGS_WANTED = 118 / 2200
_STALL = 0.2  # set out, and never file
_LAG = 0.95  # years from setting out to the tutoring filing, on average
#: How open the market was (own reading of listings a year; the tightening of 27 August 2023 shows in 2024).
_MARKET = {2019: 0.7, 2020: 0.8, 2021: 1.0, 2022: 1.1, 2023: 1.0, 2024: 0.7, 2025: 1.1, 2026: 1.3}

#: Months from the stage before: least, usual, most.
_MONTHS = {
    "advisers_signed": (0, 0.1, 0.2),
    "share_reform": (3, 5, 9),
    "tutoring_filed": (3, 5, 9),
    "tutoring_accepted": (0.1, 0.2, 0.4),
    "tutoring_passed": (4, 12, 32),
    "filed": (0.3, 0.8, 2.5),
    "accepted": (0.1, 0.2, 0.3),
    "inquiry": (0.6, 0.9, 1.5),
    "listing_committee_passed": (4, 8, 14),
    "registration_submitted": (0.5, 1, 3),
    "registered": (0.5, 1.2, 3),
    "prospectus_signed": (0.2, 0.4, 0.8),
    "listed": (0.3, 0.5, 1.0),
}
_STAGES = list(_MONTHS)
#: Ways out: the last stage reached before it, and the months from there.
_EXITS = {
    "tutoring_terminated": ("tutoring_accepted", (4, 10, 26)),
    "withdrawn": ("inquiry", (2, 6, 12)),
    "terminated": ("inquiry", (6, 10, 16)),
    "rejected": ("inquiry", (5, 8, 14)),
}
BOARDS = {"bse": "北交所", "chinext": "创业板", "star": "科创板", "main": "主板"}
NEEQ, REGIONAL = "新三板", "区域性股权市场"


def draw_stages(quality: Quality, income: Income, until: date, rng: np.random.Generator) -> pd.DataFrame:
    """Columns firm (row number of the city), kind, board, occurred_on (datetime64[D]); nothing after `until`.

    Sorted by day, then firm. Boards are named as the city's form names them.
    """
    readiness = _readiness(quality, income)
    hazard = _hazard(quality, income, readiness, until)
    started = _started(quality, hazard, rng)
    firms = np.flatnonzero(np.isfinite(started))
    on_the_way = _ways(firms, started[firms], quality, income, rng)
    others = _noise(np.setdiff1d(np.arange(quality.firms), firms), quality, readiness, rng)
    events = pd.concat([on_the_way, others], ignore_index=True)
    events = events[events["at"] <= as_year(until)]
    events["occurred_on"] = day_of(events.pop("at").to_numpy())
    events = events[events["occurred_on"] <= np.datetime64(until)]
    return events.sort_values(["occurred_on", "firm", "kind"], ignore_index=True)


def _readiness(quality: Quality, income: Income) -> np.ndarray:
    """What makes a firm set out in the year after: mean 0, deviation 1 over all firms and years."""
    growth = income.growth / max(income.growth.std(), 1e-9)
    ready = 0.8 * quality.now + 0.7 * quality.size + 0.4 * quality.margin + 0.4 * growth
    return (ready - ready.mean()) / ready.std()


def _hazard(quality: Quality, income: Income, readiness: np.ndarray, until: date) -> np.ndarray:
    """Chance of setting out in each half-year, (firm, half-year) from 1 January after the first fiscal year."""
    market = np.array([_MARKET.get(int(year) + 1, 0.6) for year in quality.years])
    profitable = 1 / (1 + (6e6 / np.maximum(income.net_profit, 1e5)) ** 1.5)
    backed = 1 + 0.8 * np.minimum(income.rounds, 3)
    inventive = np.sqrt(income.rd_spend / income.revenue / 0.04)
    pull = market * profitable * backed * inventive * np.exp(0.7 * readiness + 0.9 * quality.ambition[:, None])
    pull = np.repeat(pull / 2, 2, axis=1)
    before = np.concatenate([np.zeros((quality.firms, 1)), pull.cumsum(axis=1)], axis=1)
    halves = quality.years[0] + 1 + np.arange(before.shape[1]) / 2
    end = as_year(until) - _LAG
    first, last = np.searchsorted(halves, [end - 5, end])
    low, high = before[:, first], before[:, min(last, before.shape[1] - 1)]
    wanted = FILINGS_WANTED * quality.firms / (1 - _STALL)
    level = np.geomspace(1e-5, 10, 400)
    expected = [(np.exp(-low * step) - np.exp(-high * step)).sum() for step in level]
    return pull * level[np.searchsorted(np.maximum.accumulate(expected), wanted).clip(max=len(level) - 1)]


def _started(quality: Quality, hazard: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """When each firm sets out, as a year with fractions; inf: not in these years."""
    patience = rng.exponential(size=quality.firms)
    through = hazard.cumsum(axis=1)
    half = (through < patience[:, None]).sum(axis=1)
    never = half == hazard.shape[1]
    half = np.where(never, 0, half)
    rows = np.arange(quality.firms)
    part = 1 - (through[rows, half] - patience) / hazard[rows, half]
    return np.where(never, np.inf, quality.years[0] + 1 + (half + part) / 2)


def _ways(
    firms: np.ndarray, started: np.ndarray, quality: Quality, income: Income, rng: np.random.Generator
) -> pd.DataFrame:
    """Every stage that each of these firms reaches, whenever that is: columns firm, kind, board, at (year)."""
    count = len(firms)
    months = np.column_stack([rng.triangular(*span, size=count) for span in _MONTHS.values()])
    place = {stage: number for number, stage in enumerate(_STAGES)}
    filing_year = np.clip((started + _LAG).astype(int) - 1 - quality.years[0], 0, len(quality.years) - 1)
    profit, revenue = income.net_profit[firms, filing_year], income.revenue[firms, filing_year]
    rd = income.rd_spend[firms, filing_year] / revenue
    board = np.select(
        [(profit > 9e7) & (rng.random(count) < 0.6), (rd > 0.06) & (profit > 2.5e7), profit > 4.5e7],
        ["main", "star", "chinext"],
        "bse",
    )
    to_bse = board == "bse"

    # The Beijing exchange takes firms that have been on NEEQ for a year: they are quoted before they file.
    wait, tier_wait = rng.triangular(2, 4, 7, count), rng.triangular(3, 8, 13, count)
    months[to_bse, place["tutoring_filed"]] = np.maximum(
        months[to_bse, place["tutoring_filed"]], wait[to_bse] + rng.uniform(0.5, 5, int(to_bse.sum()))
    )
    at = started[:, None] + months.cumsum(axis=1) / 12
    reform_first = rng.random(count) < 0.3
    at[reform_first, :2] = at[reform_first, 1::-1]
    quoted = at[:, place["share_reform"]] + wait / 12
    late = np.maximum(quoted + 12.5 / 12 - at[:, place["filed"]], 0) * to_bse
    at[:, place["filed"] :] += late[:, None]

    way = _way_out(profit, rng)
    last = np.select([way == "stalls", way == "listed"], [place["share_reform"], place["listed"]], -1)
    parts = []
    for name, (stage, span) in _EXITS.items():
        leaves = way == name
        last[leaves] = place[stage]
        out = at[:, place[stage]] + rng.triangular(*span, size=count) / 12
        parts.append(pd.DataFrame({"firm": firms, "kind": name, "board": board, "at": out})[leaves])
    reached = np.arange(len(_STAGES)) <= last[:, None]
    row, stage_number = np.nonzero(reached)
    parts.append(
        pd.DataFrame(
            {
                "firm": firms[row],
                "kind": np.array(_STAGES, dtype=object)[stage_number],
                "board": np.where(stage_number >= place["tutoring_filed"], board[row], ""),
                "at": at[row, stage_number],
            }
        )
    )
    on_neeq = to_bse & (way != "stalls")
    quote = pd.DataFrame({"firm": firms, "kind": "neeq_listed", "board": NEEQ, "at": quoted})
    tier = quote.assign(kind="neeq_innovation_tier", at=quoted + tier_wait / 12)
    parts += [quote[on_neeq], tier[on_neeq]]
    events = pd.concat(parts, ignore_index=True)
    events["board"] = events["board"].replace(BOARDS)
    return events


def _way_out(profit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """How each way ends: stalls, one of _EXITS, or listed; firms that earn more come further."""
    luck = rng.random(len(profit)) + 0.09 * np.log(np.clip(profit, 2e6, 2e8) / 1.5e7)
    edges = np.cumsum([_STALL, 0.34, 0.22, 0.07, 0.05])
    return np.array(["stalls", *_EXITS, "listed"], dtype=object)[np.searchsorted(edges, luck)]


def _noise(firms: np.ndarray, quality: Quality, readiness: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Stages of firms that go no further: reformed, quoted on NEEQ or a regional market, advisers signed."""
    likely = np.exp(0.6 * readiness[firms].mean(axis=1))
    likely = likely / likely.sum()
    first, last = quality.years[0] + 1, quality.years[-1] + 2
    parts = []
    for kind, share, board in (
        ("share_reform", 0.035, ""),
        ("regional_board_listed", 0.05, REGIONAL),
        ("advisers_signed", 0.015, ""),
    ):
        some = rng.choice(firms, size=round(share * len(firms)), replace=False, p=likely)
        at = rng.uniform(first, last, len(some))
        parts.append(pd.DataFrame({"firm": some, "kind": kind, "board": board, "at": at}))
    reformed = parts[0]
    quoted = reformed[rng.random(len(reformed)) < 0.5].copy()
    quoted["kind"], quoted["board"] = "neeq_listed", NEEQ
    quoted["at"] += rng.uniform(0.3, 1.0, len(quoted))
    return pd.concat([*parts, quoted], ignore_index=True)

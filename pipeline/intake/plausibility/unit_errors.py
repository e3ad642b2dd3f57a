"""Find figures given in another unit than the form asks for: 元 in a 万元 column makes a small firm a giant.

No range can see such an error, so several checks are made, each with evidence that does not depend on the column's
unit:

- shares: net profit over earnings per share (or equity over net assets per share) is a number of shares;
- years: the firm's other years, and the growth that the form itself states;
- ratios: a stated margin, which must be the quotient of its parts;
- whole: a part of the firm's figures cannot be many times the larger of revenue and assets;
- twin: the same sum under another heading of the row;
- heads: a figure per employee, compared with that of the peers;
- balance: assets are liabilities and equity;
- size: more yuan than all but the country's sixty largest firms have, where there is no other evidence.

A kind begins with `unit_` only where another unit is the one sensible explanation; what is merely large is a finding
of plausibility.py. Small remainders (earnings per share below one fen) are no evidence. Ratios given as percentages
are found by percent_errors.py.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.intake.plausibility import percent_errors
from pipeline.intake.plausibility.panel import OddCells, Panel
from pipeline.intake.plausibility.unit_error_findings import UnitErrors, cells_of

#: No firm below the largest state banks has more shares. NEEQ's largest has 6e9; an error of 1e4 gives 2e10 and more.
MOST_SHARES = 1e10
#: NEEQ asks for 5 million of share capital; an error of 1e4 downwards gives 1e5 at most.
LEAST_SHARES = 5e4
#: Of a figure per employee over its peers' median: eight standard deviations of the usual spread.
MOST_OVER_PEERS = 2_000.0
#: The revenue of about the sixtieth firm of the country; the largest of NEEQ has 6e10.
MOST_YUAN = 2e11
_FEW_STAFF = 5
_FEWEST_PEERS = 20
#: Revenue per employee where a file has too few peers (Pearl delta high-tech firms: about 1 million yuan).
_USUAL_PER_HEAD = 1e6

#: Facts that follow a firm's size: none is near nought in a working firm.
LEVELS = (
    "revenue_cny",
    "total_income_cny",
    "cost_cny",
    "total_cost_cny",
    "total_assets_cny",
    "current_assets_cny",
    "total_liabilities_cny",
    "net_assets_cny",
    "total_equity_cny",
    "rd_spend_cny",
    "main_business_revenue_cny",
)
#: What is a part of a year's business or of its balance: never many times the larger of revenue and assets.
PARTS_OF_FIRM = (
    "net_profit_cny",
    "net_profit_attributable_cny",
    "net_profit_after_nonrecurring_cny",
    "operating_cash_flow_cny",
    "rd_expense_cny",
    "rd_expense_hnte_cny",
    "receivables_cny",
    "inventory_cny",
    "exports_cny",
    "tax_paid_cny",
    "government_grants_cny",
    "hitech_income_cny",
)
#: Twins: two ways of stating nearly the same sum.
TWINS = (
    ("net_profit_cny", "net_profit_attributable_cny", 0.3),
    ("net_profit_after_nonrecurring_cny", "net_profit_attributable_cny", 0.4),
    ("rd_expense_cny", "rd_spend_cny", 0.4),
)
#: A part this many times the whole cannot be; ten times may happen (a holding's profit over its sales).
MOST_OVER_WHOLE = 30.0


def odd_cells(errors: UnitErrors, usual: Mapping[str, float]) -> list[OddCells]:
    """The cells of the file that seem to be in another unit than their columns ask for; the same facts in the same
    order for every panel of a file. `errors`: as `within_firms` gives them; `usual`: of all panels of the file."""
    with np.errstate(all="ignore"):
        return [*cells_of(_among_peers(errors, usual)), *percent_errors.odd_cells(errors.panel)]


def suspect_figures(panel: Panel) -> dict[str, np.ndarray]:
    """Per fact, which rows seem to be in another unit, among the file's and those known before alike.

    No firm is held against the others of the panel: a firm alone has the doubts that it has among all.
    """
    with np.errstate(all="ignore"):
        found = {fact: powers != 0 for fact, powers in _among_peers(within_firms(panel), {}).powers.items()}
        for fact, rows, _power in percent_errors.flagged(panel):
            found[fact] = found.get(fact, np.zeros(len(panel), dtype=bool)) | rows
    return {fact: rows for fact, rows in found.items() if rows.any()}


def within_firms(panel: Panel) -> UnitErrors:
    """What a firm's own figures say, whoever its peers are."""
    money = [fact for fact in panel.years if fact.endswith("_cny") and fact in panel.form_units]
    errors = UnitErrors(
        panel,
        {fact: np.zeros(len(panel), dtype=np.int64) for fact in money},
        {fact: np.full(len(panel), "", dtype=object) for fact in money},
        {fact: np.full(len(panel), np.nan) for fact in money},
    )
    with np.errstate(all="ignore"):
        _check_shares(errors, money)
        _check_balance(errors)
        _check_ratios(errors)
        _check_years(errors, money)
        _check_growth(errors)
        _check_whole(errors)
    return errors


def _among_peers(errors: UnitErrors, usual: Mapping[str, float]) -> UnitErrors:
    money = list(errors.powers)
    _check_heads(errors, money, usual)
    _check_size(errors, money)
    return errors


def per_head(errors: UnitErrors) -> dict[str, np.ndarray]:
    """By fact the figures per employee that nothing is said about so far: what firms are compared with."""
    found = {}
    with np.errstate(all="ignore"):
        for fact in filter(errors.panel.has, LEVELS):
            head = _head(errors.panel, fact)
            found[fact] = head[~errors.flagged(fact) & ~np.isnan(head)]
    return found


def usual_per_head(peers: Sequence[Mapping[str, np.ndarray]]) -> dict[str, float]:
    """By fact the median of all that `per_head` gave, panel by panel; nothing of too few."""
    facts = {fact: [one[fact] for one in peers] for fact in peers[0]} if peers else {}
    among = {fact: np.concatenate(parts) for fact, parts in facts.items()}
    return {fact: float(np.median(heads)) for fact, heads in among.items() if len(heads) >= _FEWEST_PEERS}


def _head(panel: Panel, fact: str) -> np.ndarray:
    """A figure per employee, NaN where it is nought or where few or nobody works."""
    staff = panel.get("staff")
    head = np.where(staff >= _FEW_STAFF, np.abs(panel.get(fact)) / staff, np.nan)
    head[head == 0] = np.nan
    return head


def _check_shares(errors: UnitErrors, money: list[str]) -> None:
    """A firm whose figures mean more shares than any firm has gave all its money in a smaller unit."""
    panel = errors.panel
    shares = implied_shares(panel)
    usual = panel.firm_median(shares)
    for rows, power in ((usual > MOST_SHARES, 4), (usual < LEAST_SHARES, -4)):
        own = np.where(np.isnan(shares), usual, shares)
        rows = rows & ((own > MOST_SHARES / 10) if power > 0 else (own < LEAST_SHARES * 10))
        for fact in money:
            errors.flag(fact, rows, power, "shares", own)


def implied_shares(panel: Panel) -> np.ndarray:
    """How many shares a row's money and its per-share figures mean: the least that the evidence says; NaN without."""
    profit, eps = panel.get("net_profit_cny"), panel.get("eps_cny_stated")
    per_share, roe = panel.get("net_assets_per_share_cny_stated"), panel.get("roe_stated")
    margin, revenue = panel.get("net_margin_stated"), panel.get("revenue_cny")
    # EPS is rounded to a fen: half of one is added, so that a remainder cannot make a giant.
    by_profit = np.where(np.abs(eps) >= 0.01, np.abs(profit) / (np.abs(eps) + 0.005), np.nan)
    equity_known = (np.abs(roe) >= 0.005) & (np.abs(per_share) >= 0.01)
    by_equity = np.where(equity_known, np.abs(profit / roe) / (np.abs(per_share) + 0.005), np.nan)
    from_margin = equity_known & (np.abs(margin) >= 0.001)
    by_margin = np.where(from_margin, np.abs(revenue * margin / roe) / (np.abs(per_share) + 0.005), np.nan)
    net_assets = panel.get("net_assets_cny")
    stated = np.where(np.abs(per_share) >= 0.01, np.abs(net_assets) / (np.abs(per_share) + 0.005), np.nan)
    said = np.vstack([by_profit, by_equity, by_margin, stated])
    said[said == 0] = np.nan
    none = np.isnan(said).all(axis=0)
    said[0, none] = 0
    return np.where(none, np.nan, np.nanmin(said, axis=0))


def _check_balance(errors: UnitErrors) -> None:
    """Assets = liabilities + equity: where one of the three, moved by a power of ten, makes it true."""
    panel = errors.panel
    names = ("total_assets_cny", "total_liabilities_cny", "total_equity_cny")
    if not panel.has(*names):
        return
    assets, liabilities, equity = (panel.get(name) for name in names)

    def off(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        return np.abs(a - b - c) / np.maximum(np.abs(a), np.abs(b) + np.abs(c))

    wrong = off(assets, liabilities, equity) > 0.3
    for power in (4, 3, 1, -4, -3, -1):
        scale = 10.0**-power
        for place, name in enumerate(names):
            tried = [assets, liabilities, equity]
            tried[place] = tried[place] * scale
            # The cell that moves must matter: a liability of nearly nothing balances in any unit.
            weighs = np.abs(tried[place]) > 0.02 * np.abs(tried[0])
            errors.flag(
                name, wrong & weighs & (off(*tried) < 0.002), power, "balance", np.full(len(panel), 10.0**power)
            )


def _check_ratios(errors: UnitErrors) -> None:
    """A stated net margin is net profit over revenue, a gross margin one less cost over revenue."""
    panel = errors.panel
    profit, revenue, margin = panel.get("net_profit_cny"), panel.get("revenue_cny"), panel.get("net_margin_stated")
    gap = np.where(np.abs(margin) >= 0.001, (profit / revenue) / margin, np.nan)
    far = np.log10(gap)
    usual_revenue = np.abs(np.log10(revenue / panel.others("revenue_cny"))) < 1.5
    for power in (4, 3, -4, -3):
        close = np.abs(far - power) < 0.03
        errors.flag("net_profit_cny", close & usual_revenue, power, "ratios", gap)
        unusual = np.abs(np.log10(revenue / panel.others("revenue_cny")) - power) < 0.7
        errors.flag("revenue_cny", (np.abs(far + power) < 0.03) & unusual, power, "ratios", 1 / gap)


def _check_years(errors: UnitErrors, money: list[str]) -> None:
    """A year thousands of times the firm's other years; or all its figures ten times, its staff as before."""
    panel = errors.panel
    levels = [fact for fact in LEVELS if panel.has(fact)]
    if not levels:
        return
    far = np.vstack([np.log10(np.abs(panel.get(fact)) / panel.others(fact)) for fact in levels])
    far[~np.isfinite(far)] = np.nan
    known = (~np.isnan(far)).sum(axis=0)
    middle = _middle(far)
    sizes = np.log10(np.abs(np.vstack([panel.get(fact) for fact in levels])))
    sizes[~np.isfinite(sizes)] = np.nan
    for power, width in ((8, 0.9), (-8, 0.9), (4, 0.6), (-4, 0.6), (3, 0.35), (-3, 0.35)):
        least = 3 if abs(power) == 3 else 2
        together = (np.abs(middle - power) < width) & (known >= least)
        # Of two years the larger is taken for the wrong one: 元 for 万元 is what happens.
        together &= (power > 0) | (panel.years_of_firm() > 2)
        for fact in money if together.any() else ():
            own = np.log10(np.abs(panel.get(fact)) / panel.others(fact))
            errors.flag(fact, together & (~np.isfinite(own) | (np.abs(own - power) < 1.5)), power, "years", 10**own)
        for place, fact in enumerate(levels):
            alone = np.flatnonzero(np.abs(far[place] - power) < width)
            if not len(alone):
                continue
            # Its neighbours in the row are as in other years, and it does not fit beside them.
            others = np.delete(np.arange(len(levels)), place)
            moved = np.abs(_middle(far[np.ix_(others, alone)])) < 1
            misfit = np.sign(power) * (sizes[place, alone] - _middle(sizes[np.ix_(others, alone)])) > 1.5
            # Alone in the form, a figure of substance does not grow ten thousand times; but it may well shrink.
            single = (known[alone] == 1) & (power == 4) & (panel.others(fact)[alone] >= 1e6)
            # Nothing grows a hundred million times; nor shrinks so, where more than one other year says it.
            single |= (power == 8) | ((power == -8) & (panel.years_of_firm()[alone] > 2))
            rows = np.zeros(len(panel), dtype=bool)
            rows[alone] = (moved & misfit) | single
            errors.flag(fact, rows, power, "years", 10 ** far[place])
    staff = np.abs(np.log10(panel.get("staff") / panel.others("staff")))
    for power in (1, -1):
        # Ten times is growth that happens; ten times in every figure alike, with the same staff, is a unit.
        moved = (np.abs(far - power) < 0.2).sum(axis=0)
        together = (moved >= 4) & (moved >= 0.75 * known) & (staff < 0.3)
        for fact in money if together.any() else ():
            own = np.log10(np.abs(panel.get(fact)) / panel.others(fact))
            errors.flag(fact, together & (~np.isfinite(own) | (np.abs(own - power) < 0.5)), power, "years", 10**own)


def _check_whole(errors: UnitErrors) -> None:
    """A profit or another part of the firm's figures many times the whole; or a power of ten off its twin."""
    panel = errors.panel
    whole = np.fmax(
        *(np.where(errors.flagged(fact), np.nan, panel.get(fact)) for fact in ("revenue_cny", "total_assets_cny"))
    )
    sure = ~np.isnan(panel.get("total_assets_cny"))
    for fact in (fact for fact in PARTS_OF_FIRM if panel.has(fact)):
        over = np.abs(panel.get(fact)) / np.where(whole > 1e5, whole, np.nan)
        own = np.log10(np.abs(panel.get(fact)) / panel.others(fact))
        for power in (8, 4, 3):
            rows = (over > MOST_OVER_WHOLE) & (over < 2 * 10.0**power) & (over > 10.0 ** (power - 4))
            near = np.abs(own - power) < 1
            errors.flag(fact, rows & (near | (sure & np.isnan(own))), power, "whole", over)
        # Its other years are no evidence (a loss, nearly nought), but this much cannot be.
        errors.flag(fact, sure & (over > 10 * MOST_OVER_WHOLE) & (over < 2e4), 4, "whole", over)
    for fact, twin, width in TWINS:
        for one, other in ((fact, twin), (twin, fact)):
            if not panel.has(one, other):
                continue
            far = np.log10(np.abs(panel.get(one) / panel.get(other)))
            own = np.log10(np.abs(panel.get(one)) / panel.others(one))
            for power in (8, 4, 3, -8, -4, -3):
                rows = (np.abs(far - power) < width) & (np.abs(own - power) < 0.7)
                errors.flag(one, rows, power, "twin", 10**far)


def _middle(values: np.ndarray) -> np.ndarray:
    """The median of each column, NaN where it has no number."""
    found = np.full(values.shape[1], np.nan)
    some = (~np.isnan(values)).any(axis=0)
    if some.any():
        found[some] = np.nanmedian(values[:, some], axis=0)
    return found


def _check_growth(errors: UnitErrors) -> None:
    """The growth that the form states, held against the two years it is made of."""
    panel = errors.panel
    for fact, stated in (("revenue_cny", "revenue_growth_stated"), ("net_profit_cny", "net_profit_growth_stated")):
        if not panel.has(fact, stated):
            continue
        now, before, growth = panel.get(fact), panel.before(fact), panel.get(stated)
        good = (before > 0) & (now > 0) & (1 + growth > 0.05)
        far = np.where(good, np.log10(now / before / (1 + growth)), np.nan)
        far_next = _next(panel, far)
        own = np.log10(np.abs(now) / panel.others(fact))
        for power in (4, 3, 1, -4, -3, -1):
            close = np.abs(far - power) < 0.02
            # Of the two years the one is wrong that the year after, or the firm's other years, contradict as well.
            this = close & ((np.abs(far_next + power) < 0.02) | (np.abs(own - power) < 0.5))
            errors.flag(fact, this, power, "growth", 10**far)
            first = np.abs(far_next + power) < 0.02
            errors.flag(fact, first & np.isnan(far) & (np.abs(own - power) < 0.5), power, "growth", 10**-far_next)


def _next(panel: Panel, values: np.ndarray) -> np.ndarray:
    """Each row's value of the year after, NaN where that year is not there."""
    after = np.full(len(panel), np.nan)
    rows = np.arange(len(panel) - 1)
    same = (panel.firm_number[rows] == panel.firm_number[rows + 1]) & (panel.year[rows + 1] == panel.year[rows] + 1)
    after[rows[same]] = values[rows[same] + 1]
    return after


def _check_heads(errors: UnitErrors, money: list[str], peers: Mapping[str, float]) -> None:
    """A figure per employee thousands of times that of the peers, or of a usual firm."""
    panel = errors.panel
    staff = panel.get("staff")
    over: dict[str, np.ndarray] = {}
    for fact in LEVELS:
        if not panel.has(fact):
            continue
        head = _head(panel, fact)
        usual = peers.get(fact, np.nan)
        usual = usual if 1e3 < usual < 1e8 else (_USUAL_PER_HEAD if fact != "rd_spend_cny" else _USUAL_PER_HEAD / 20)
        over[fact] = np.log10(head / usual)
        errors.flag(fact, over[fact] > np.log10(MOST_OVER_PEERS), 4, "heads", head)
    if len(over) < 2:
        return
    heads = np.vstack(list(over.values()))
    known = (~np.isnan(heads)).sum(axis=0)
    low = (known >= 2) & (np.where(known > 0, np.nanmax(np.where(known > 0, heads, 0), axis=0), 0) < -np.log10(500))
    low &= np.where(known > 0, np.nanmedian(np.where(known > 0, heads, 0), axis=0), 0) < -np.log10(MOST_OVER_PEERS)
    for fact in money:
        errors.flag(fact, low, -4, "heads", np.abs(panel.get(fact)) / staff)
    high = np.vstack([errors.flagged(fact) & (errors.powers[fact] > 0) for fact in over])
    both = (high.sum(axis=0) >= 2) & (high.sum(axis=0) >= 0.8 * known)
    for fact in money:
        if fact not in over:
            head = np.abs(panel.get(fact)) / staff
            errors.flag(fact, both & (head > _USUAL_PER_HEAD), 4, "heads", head)


def _check_size(errors: UnitErrors, money: list[str]) -> None:
    """Firms without staff or figures per share: only the sheer size is left, and only where it is beyond doubt."""
    panel = errors.panel
    dumb = np.isnan(panel.firm_median(implied_shares(panel))) & ~(panel.get("staff") >= _FEW_STAFF)
    large = np.zeros(len(panel), dtype=bool)
    for fact in LEVELS:
        large |= panel.get(fact) > MOST_YUAN
    of_firm = panel.firm_median(large.astype(float)) >= 0.5
    for fact in money:
        errors.flag(fact, dumb & of_firm, 4, "size", np.abs(panel.get(fact)))

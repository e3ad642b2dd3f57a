"""Which conditions of the boards a suggestion would also meet: the what-if carried back to the facts of the last year.

In the flow: what_if.py -> **gaps_closed.py** -> the firm's page. The changed facts go through the very rules of
pipeline/rules; nothing about a threshold is written here. A feature that names no single fact closes no gap.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from pipeline.rules import boards
from scoring.feature_rows import BSE_ROE_YARDSTICK, yuan_of

_PROFITS = ("net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")
_BSE_ONE_YEAR_PROFIT = 25e6
#: The exchanges of the mainland and NEEQ: where a suggestion is worth a word.
_BOARDS = ("main", "star", "chinext", "bse", "neeq")


def _profit(yuan: float, _last: pd.Series) -> dict[str, float]:
    return dict.fromkeys(_PROFITS, yuan)


def _roe(share: float, _last: pd.Series) -> dict[str, float]:
    return {"roe_weighted": share, "roe_weighted_after_nonrecurring": share}


def _count(log: float) -> float:
    return float(round(10**log - 1))


def _part_of(fact: str, whole: str) -> Callable[[float, pd.Series], dict[str, float]]:
    return lambda share, last: {fact: share * last[whole]} if pd.notna(last.get(whole)) else {}


#: feature -> the facts of the last year that its new value asks for, given the facts of that year.
FACTS_OF: Mapping[str, Callable[[float, pd.Series], dict[str, float]]] = {
    "revenue": lambda value, _last: {"revenue_cny": yuan_of(value), "main_business_revenue_cny": yuan_of(value)},
    "net_profit": lambda value, last: _profit(yuan_of(value), last),
    "net_margin": lambda value, last: (
        _profit(value * last["revenue_cny"], last) if pd.notna(last["revenue_cny"]) else {}
    ),
    "roe": _roe,
    "bse_first_standard": lambda value, last: {
        **_profit(_BSE_ONE_YEAR_PROFIT * 2**value, last),
        **_roe(BSE_ROE_YARDSTICK * 2**value, last),
    },
    "cash_margin": _part_of("operating_cash_flow_cny", "revenue_cny"),
    "rd_spend": lambda value, _last: {"rd_spend_cny": yuan_of(value), "rd_expense_cny": yuan_of(value)},
    "rd_share": _part_of("rd_spend_cny", "revenue_cny"),
    "rd_staff_share": _part_of("rd_staff", "staff"),
    "hitech_share": _part_of("hitech_income_cny", "total_income_cny"),
    "inventions": lambda value, _last: {"invention_patents": _count(value), "invention_patents_main": _count(value)},
    "standards_led": lambda value, _last: {"standards_led": _count(value)},
    "rd_platforms": lambda value, _last: {"rd_platforms": _count(value)},
}


def newly_met(
    facts: pd.DataFrame, firms: pd.DataFrame, changes: Sequence[Mapping[str, float]], as_of: date
) -> list[list[dict[str, Any]]]:
    """For each set of changed features what becomes met: [{board, rule, zh, en}], whole standards first.

    `facts`, `firms`: one firm's, as pipeline.rules.checking.inputs gives them. A fact only ever rises, and one
    that nobody stated is taken as the feature says it would be.
    """
    versions = [facts] + [_with(facts, one) for one in changes]
    names = [f"version-{place}" for place in range(len(versions))]
    every = pd.concat([_named(version, name) for version, name in zip(versions, names, strict=True)])
    labels = pd.concat([firms.set_axis([name], axis=0) for name in names])
    labels.index.name = firms.index.name
    verdicts = boards.check(every, labels, as_of, None, [one for one in _BOARDS if _in_force(one, as_of)])
    rows = verdicts.rows[verdicts.rows["part"].isin(["standard", "precondition"])]
    rules = _met(rows.astype(str), ["board", "rule"])
    conditions = _met(verdicts.conditions_of(names), ["board", "rule", "zh", "en"])
    held = {rule.id: rule.rule for rule in verdicts.rules}
    found = []
    for name in names[1:]:
        whole = [
            {"board": board, "rule": rule, "zh": held[rule].zh, "en": held[rule].en, "whole": True}
            for board, rule in sorted(rules[name] - rules[names[0]])
        ]
        parts = [
            {"board": board, "rule": rule, "zh": zh, "en": en, "whole": False}
            for board, rule, zh, en in sorted(conditions[name] - conditions[names[0]])
        ]
        found.append([*whole, *parts])
    return found


def _in_force(board: str, day: date) -> bool:
    from pipeline.rules import dated

    try:
        return bool(dated.in_force(board, day))
    except dated.NoSuchRule:
        return False


def _met(table: pd.DataFrame, keys: list[str]) -> dict[str, set[tuple[str, ...]]]:
    met = table[table["verdict"] == "met"]
    found: dict[str, set[tuple[str, ...]]] = {str(firm): set() for firm in table["firm_id"].unique()}
    for firm, rows in met.groupby("firm_id", observed=True):
        found[str(firm)] = set(map(tuple, rows[keys].astype(str).to_numpy().tolist()))
    return found


def _with(facts: pd.DataFrame, changes: Mapping[str, float]) -> pd.DataFrame:
    changed = facts.copy()
    last = changed.index[-1]
    for feature, value in changes.items():
        for fact, wanted in FACTS_OF.get(feature, lambda _value, _last: {})(value, changed.loc[last]).items():
            if fact in changed and not changed.at[last, fact] >= wanted:
                changed.loc[last, fact] = wanted
    return changed


def _named(facts: pd.DataFrame, name: str) -> pd.DataFrame:
    years = facts.index.get_level_values(1)
    return facts.set_axis(pd.MultiIndex.from_product([[name], years], names=facts.index.names))

"""Conditions of all firms at once: met, not met or unknown, and how far off each firm is.

dated.py + firm_years.py -> **conditions.py** -> boards.py, recognition.py
Three-valued: `all` is as bad as its worst, `any` as good as its best, `not` turns round, "if A then B" is
"not A, or B". A missing input is unknown, unless what is known decides already (one loss decides "profit in
each year"). How far a firm is from a rule is counted along the cheapest way.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rules.definition import measures
from pipeline.rules.definition.exchange_rates import rate_on
from pipeline.rules.definition.model import Group, Held, Meets, Node, RuleInForce
from pipeline.rules.definition.windows import Window
from pipeline.rules.evaluation import measure_values
from pipeline.rules.evaluation.firm_years import FirmYears, Floats, divided

States = NDArray[np.uint8]
NOT_MET, UNKNOWN, MET = np.uint8(0), np.uint8(1), np.uint8(2)
WORDS = ("not_met", "unknown", "met")
#: Half a fen for yuan, and a billionth for everything else: thresholds are compared as written, not as floats add.
_MONEY_SLACK, _SLACK = 0.005, 1e-9
#: What an unknown or a yes/no condition counts as a gap: the whole of it.
WHOLE = np.float32(1.0)


@dataclass
class Outcome:
    """What one node says of every firm.

    `state`: NOT_MET, UNKNOWN, MET. `away`: on the cheapest way to meet it, one for each condition that is not met
    and two for each unknown one (nobody knows how far that is); `gap`: what is missing as shares of the
    thresholds, added up; `widest`: the largest of these shares.
    """

    node: Node
    state: States
    away: NDArray[np.int16]
    gap: NDArray[np.float32]
    widest: NDArray[np.float32]
    children: list["Outcome"] = field(default_factory=list)
    #: For `any`: which child is the cheapest way.
    chosen: NDArray[np.int8] | None = None


def evaluated(
    node: Node, data: FirmYears, rates: Mapping[str, float | None], met_rules: Mapping[str, Outcome], keep: bool = False
) -> Outcome:
    """One node for all firms.

    `rates`: yuan for one unit of a foreign currency, None where no rate is known. `met_rules`: outcomes of the
    rules that Meets refers to, by name. `keep`: keep the children (for explaining a few firms).
    """
    if isinstance(node, Held):
        return leaf(node, data, rates)
    if isinstance(node, Meets):
        return _referred(node, met_rules, len(data))
    assert isinstance(node, Group)
    children = [evaluated(child, data, rates, met_rules, keep) for child in node.nodes]
    outcome = _COMBINED[node.kind](node, children)
    outcome.children = children if keep else []
    return outcome


def _all(node: Node, children: list[Outcome]) -> Outcome:
    return Outcome(
        node,
        np.minimum.reduce([child.state for child in children]),
        np.add.reduce([child.away for child in children]),
        np.add.reduce([child.gap for child in children]),
        np.maximum.reduce([child.widest for child in children]),
    )


def _any(node: Node, children: list[Outcome]) -> Outcome:
    """As good as its best; distances are those of the nearest child: fewest conditions away, then the smallest gap."""
    state = np.maximum.reduce([child.state for child in children])
    away, gap, widest = (getattr(children[0], name).copy() for name in ("away", "gap", "widest"))
    chosen = np.zeros(len(state), dtype=np.int8)
    for place, child in enumerate(children[1:], 1):
        nearer = (child.away < away) | ((child.away == away) & (child.gap < gap))
        chosen[nearer] = place
        for kept, other in ((away, child.away), (gap, child.gap), (widest, child.widest)):
            kept[nearer] = other[nearer]
    return Outcome(node, state, away, gap, widest, chosen=chosen)


def _not(node: Node, children: list[Outcome]) -> Outcome:
    return whole_gap(node, MET - children[0].state)


def _if_then(node: Node, children: list[Outcome]) -> Outcome:
    """Where the condition does not hold, nothing is asked; where that is unknown, only a met requirement decides."""
    when, then = children
    state = np.maximum(MET - when.state, then.state)
    free = state == MET
    doubtful = (when.state == UNKNOWN) & ~free
    away = np.where(free, 0, np.where(doubtful, 2, then.away)).astype(np.int16)
    gap = np.where(free, 0, np.where(doubtful, WHOLE, then.gap)).astype(np.float32)
    widest = np.where(free, 0, np.where(doubtful, WHOLE, then.widest)).astype(np.float32)
    return Outcome(node, state, away, gap, widest)


_COMBINED = {"all": _all, "any": _any, "not": _not, "if_then": _if_then}


def _referred(node: Meets, met_rules: Mapping[str, Outcome], firms: int) -> Outcome:
    found = met_rules.get(node.rule)
    state = found.state if found is not None else np.full(firms, NOT_MET)
    return whole_gap(node, state)


def whole_gap(node: Node, state: States) -> Outcome:
    """An outcome for what has no size: it is met, or the whole of it is missing."""
    missing = np.where(state == MET, np.float32(0), WHOLE)
    return Outcome(node, state, steps_away(state), missing, missing)


def steps_away(state: States) -> NDArray[np.int16]:
    """One for a condition that is not met, two for an unknown one, none for a met one."""
    return np.array([1, 2, 0], dtype=np.int16)[state]


def leaf(held: Held, data: FirmYears, rates: Mapping[str, float | None]) -> Outcome:
    """One condition for all firms."""
    kind = measures.measures()[held.measure].kind
    if kind in ("text", "industry"):
        return whole_gap(held, _words_state(held, data, kind))
    if kind == "yes_no":
        found = measure_values.value(data, held.measure, None)
        wanted = 1.0 if held.threshold.value else 0.0
        return whole_gap(held, np.where(np.isnan(found), UNKNOWN, np.where(found == wanted, MET, NOT_MET)))
    line = threshold_in_base(held, rates)
    if line is None:
        return whole_gap(held, np.full(len(data), UNKNOWN))
    state = _each_state(held, data, line) if held.window.kind == "each" else None
    found = over_window(held, data)
    if state is None:
        state = np.where(np.isnan(found), UNKNOWN, np.where(_holds(found, line, held), MET, NOT_MET)).astype(np.uint8)
    share = _gap_share(state, found, line)
    return Outcome(held, state, steps_away(state), share, share)


def over_window(held: Held, data: FirmYears) -> Floats:
    """The number that is compared: for `each` the worst year (of those known), for the rest over all years."""
    name, over = held.measure, held.window
    if over.kind == "now":
        return measure_values.value(data, name, None)
    if over.kind in ("latest", "ago"):
        return measure_values.value(data, name, over.reach)
    if over.kind == "each":
        years = [measure_values.value(data, name, lag) for lag in range(over.years)]
        return (np.fmin if held.op in (">", ">=") else np.fmax).reduce(years)
    return _combined_years(name, over, data)


def _combined_years(name: str, over: Window, data: FirmYears) -> Floats:
    if over.is_growth:
        steps = over.years - 1 if over.kind == "cagr" else 1
        if over.kind == "growth_mean":
            return np.add.reduce([growth(data, name, lag, 1) for lag in range(over.years)]) / over.years
        return growth(data, name, 0, steps)
    if over.kind == "ratio":
        measure = measures.measures()[name]
        part, whole = (
            np.add.reduce([measure_values.part_value(data, part, lag) for lag in range(over.years)])
            for part in measure.parts
        )
        return divided(part, whole)
    first = 1 if over.kind == "prior_sum" else 0
    total = np.add.reduce([measure_values.value(data, name, lag) for lag in range(first, first + over.years)])
    return total / over.years if over.kind == "mean" else total


def growth(data: FirmYears, name: str, lag: int, steps: int) -> Floats:
    """Yearly growth over `steps` years up to the year `lag` back; unknown where the base is not above zero."""
    last, base = measure_values.value(data, name, lag), measure_values.value(data, name, lag + steps)
    ratio = divided(last, base)
    if steps == 1:
        return ratio - 1
    # A fall below zero has no yearly rate: it counts as losing everything.
    return np.power(np.maximum(ratio, 0), 1 / steps) - 1


def threshold_in_base(held: Held, rates: Mapping[str, float | None]) -> float | None:
    """The threshold in yuan, fractions, ...; None where its currency has no rate for the day."""
    unit = held.threshold.unit
    assert isinstance(held.threshold.value, int | float)
    rate = rates.get(unit.currency) if unit.currency != "CNY" else 1.0
    return None if rate is None else float(held.threshold.value) * unit.factor * rate


def _slack(held: Held) -> float:
    return _MONEY_SLACK if held.threshold.unit.kind == "money" else _SLACK


def _holds(found: Floats, line: float, held: Held) -> NDArray[np.bool_]:
    slack = _slack(held)
    if held.op == ">=":
        return found >= line - slack
    if held.op == ">":
        return found > line + slack
    if held.op == "<=":
        return found <= line + slack
    if held.op == "<":
        return found < line - slack
    return np.abs(found - line) <= slack


def _each_state(held: Held, data: FirmYears, line: float) -> States:
    """Every year must hold: one that fails decides, a missing one leaves it open."""
    years = [measure_values.value(data, held.measure, lag) for lag in range(held.window.years)]
    return np.minimum.reduce(
        [
            np.where(np.isnan(year), UNKNOWN, np.where(_holds(year, line, held), MET, NOT_MET)).astype(np.uint8)
            for year in years
        ]
    )


def _words_state(held: Held, data: FirmYears, kind: str) -> States:
    words = data.industry() if kind == "industry" else data.words(measures.measures()[held.measure].parts[0])
    wanted = held.threshold.value
    choices = tuple(wanted) if isinstance(wanted, list) else (wanted,)
    codes, stated = pd.factorize(words)
    if not len(stated):
        return np.full(len(data), UNKNOWN)
    hits = [str(word).startswith(choices) if kind == "industry" else str(word).strip() in choices for word in stated]
    of_word = np.append(np.where(hits, MET, NOT_MET), UNKNOWN).astype(np.uint8)
    return of_word[codes]  # the code of what is missing is -1: the last one


def _gap_share(state: States, found: Floats, line: float) -> NDArray[np.float32]:
    """How much is missing as a share of the threshold; the whole where unknown, or where the threshold is zero."""
    share = np.abs(found - line) / abs(line) if line else np.ones(len(found))
    share = np.where(np.isnan(share) | (state == UNKNOWN), WHOLE, share)
    return np.where(state == MET, 0, share).astype(np.float32)


def years_read(held: Held, data: FirmYears) -> list[NDArray[np.int64]]:
    """The fiscal years behind a condition, oldest first; 0 where the firm has no such year."""
    over = held.window
    if over.kind == "now":
        names = [name for name in measures.base_facts(held.measure) if name in data.facts]
        return [np.maximum.reduce([data.stock_years(name) for name in names])] if names else []
    lags = [over.reach] if over.kind in ("latest", "ago") else list(range(over.reach, -1, -1))
    if over.kind == "prior_sum":
        lags = lags[:-1]
    return [np.where(data.latest > 0, data.latest - lag, 0) for lag in lags]


def rates_on(day: date) -> dict[str, float | None]:
    """Yuan for one unit of each foreign currency that a rule uses, on a day."""
    return {"HKD": rate_on("HKD", day)}


def outcomes(rules: Sequence[RuleInForce], data: FirmYears, keep: bool = False) -> Iterator[tuple[int, Outcome]]:
    """(place, outcome) of each rule, in the order given; a rule that refers to another comes after it."""
    rates = rates_on(data.day)
    referred: dict[str, Outcome] = {}
    wanted = {name for held in rules for name in _refers_to(held.needs)}
    for place, held in enumerate(rules):
        outcome = evaluated(held.needs, data, rates, referred, keep)
        if held.rule.name in wanted:
            referred[held.rule.name] = outcome
        yield place, outcome


def _refers_to(node: Node) -> list[str]:
    if isinstance(node, Meets):
        return [node.rule]
    return [name for child in node.nodes for name in _refers_to(child)] if isinstance(node, Group) else []

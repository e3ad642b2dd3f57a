"""Conditions of all firms at once: met, not met or unknown, and how far off each firm is.

Kleene's three-valued logic: `all` is as bad as its worst, `any` as good as its best, `not` swaps met and not met, "if A
then B" is "not A, or B". A missing input is unknown, unless what is known decides already (one loss decides "profit in
each year"). How far a firm is from meeting a rule is counted along the cheapest way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipeline.rules.definition import measures
from pipeline.rules.definition.exchange_rates import rate_on
from pipeline.rules.definition.model import Group, Meets, Node, ResolvedCondition, RuleInForce
from pipeline.rules.definition.windows import Window
from pipeline.rules.evaluation import measure_values
from pipeline.rules.evaluation.firm_years import FirmYears, Floats, divided

States = NDArray[np.uint8]
NOT_MET, UNKNOWN, MET = np.uint8(0), np.uint8(1), np.uint8(2)
WORDS = ("not_met", "unknown", "met")
#: Half a fen for yuan, and a billionth for what is not named: thresholds are compared as written, not as floats add.
#: Points are compared as they are stored: a score just below a line does not reach it.
_SLACK_OF, _SLACK = {"money": 0.005, "points": 0.0}, 1e-9
#: What an unknown or a yes/no condition counts as a gap: the whole of it.
WHOLE = np.float32(1.0)
#: More conditions than any way has.
_NO_WAY = np.iinfo(np.int16).max
#: What has a size that tells how good a firm is: money and shares, not how old it is.
_SIZED = ("money", "ratio")
_NO_SIZE, _JUST_BELOW = np.float32(np.inf), np.float32(0.9999)
_STEPS = np.array([1, 2, 0], dtype=np.int16)
#: Windows whose years are compared one by one.
_YEAR_BY_YEAR = ("each", "two_of", "growth_each")


@dataclass
class Outcome:
    """What one node says of every firm.

    `state`: NOT_MET, UNKNOWN, MET. On the cheapest way to meet it: `conditions_missing`: one for each condition that is
    not met and two for each unknown one (how far that is, is not known); `total_gap_share`: what is missing as shares
    of the thresholds, added up; `largest_gap_share`: the largest of these shares.

    `reach`: how much of its thresholds the firm reaches on the way on which it reaches most: the smallest value / line
    of its sums of money and shares with a line above zero; above one only the margin by which all are met. A market
    value that nobody stated counts as its estimate. An unknown figure counts nothing (inf); nor does what is met by
    growing older or by being small: years and counts, or "at most so much" (line / value while it is not met). Every
    old or small firm has that, so it brings none nearer to a board. What has no size (yes or no, words, a line of
    zero) counts nothing where it is met, else 0: nobody knows that such a way is open, and a loss reaches no part of a
    profit's line. So inf says that no known figure is held against a line.
    """

    node: Node
    state: States
    conditions_missing: NDArray[np.int16]
    total_gap_share: NDArray[np.float32]
    largest_gap_share: NDArray[np.float32]
    reach: NDArray[np.float32]
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
    if isinstance(node, ResolvedCondition):
        return leaf(node, data, rates)
    if isinstance(node, Meets):
        return _referred(node, met_rules, len(data))
    assert isinstance(node, Group)
    children = [evaluated(child, data, rates, met_rules, keep) for child in node.nodes]
    outcome = _COMBINED[node.kind](node, children)
    outcome.children = children if keep else []
    return outcome


def _all(node: Node, children: list[Outcome]) -> Outcome:
    """As bad as its worst; what is missing adds up."""
    return Outcome(
        node,
        np.minimum.reduce([child.state for child in children]),
        np.add.reduce([child.conditions_missing for child in children]),
        np.add.reduce([child.total_gap_share for child in children]),
        np.maximum.reduce([child.largest_gap_share for child in children]),
        np.minimum.reduce([child.reach for child in children]),
    )


def _any(node: Node, children: list[Outcome]) -> Outcome:
    """As good as its best; distances are those of the nearest child: fewest conditions missing, then the smallest
    total gap. Where the best is unknown, only the unknown children are ways: what is missing there decides, not what is
    known to fail elsewhere."""
    state = np.maximum.reduce([child.state for child in children])
    missing = np.full(len(state), _NO_WAY, np.int16)
    total, largest = np.zeros(len(state), np.float32), np.zeros(len(state), np.float32)
    chosen = np.zeros(len(state), dtype=np.int8)
    for place, child in enumerate(children):
        as_many = child.conditions_missing == missing
        nearer = (child.conditions_missing < missing) | (as_many & (child.total_gap_share < total))
        nearer &= child.state == state
        chosen[nearer] = place
        missing[nearer] = child.conditions_missing[nearer]
        total[nearer] = child.total_gap_share[nearer]
        largest[nearer] = child.largest_gap_share[nearer]
    # A way that is met counts by its margin; one of which no figure is known reaches nothing.
    met = state == MET
    reach = np.maximum.reduce(
        [np.where((child.state == MET) >= met, of_known_figures(child.state, child.reach), 0) for child in children]
    )
    return Outcome(node, state, missing, total, largest, reach.astype(np.float32), chosen=chosen)


def of_known_figures(state: States, reach: NDArray[np.float32]) -> NDArray[np.float32]:
    """`reach`, with nothing reached where the way is not met and no figure on it is known."""
    return np.where((state != MET) & np.isinf(reach), np.float32(0), reach)


def _not(node: Node, children: list[Outcome]) -> Outcome:
    return whole_gap(node, MET - children[0].state)


def _if_then(node: Node, children: list[Outcome]) -> Outcome:
    """Where the first does not hold, nothing is asked; where that is unknown, only a met second one decides."""
    when, then = children
    state = np.maximum(MET - when.state, then.state)
    not_asked = state == MET
    undecided = (when.state == UNKNOWN) & ~not_asked
    return Outcome(
        node,
        state,
        np.where(not_asked, 0, np.where(undecided, 2, then.conditions_missing)).astype(np.int16),
        np.where(not_asked, 0, np.where(undecided, WHOLE, then.total_gap_share)).astype(np.float32),
        np.where(not_asked, 0, np.where(undecided, WHOLE, then.largest_gap_share)).astype(np.float32),
        np.where((when.state == MET) | ~(not_asked | undecided), then.reach, _NO_SIZE).astype(np.float32),
    )


_COMBINED = {"all": _all, "any": _any, "not": _not, "if_then": _if_then}


def _referred(node: Meets, met_rules: Mapping[str, Outcome], firms: int) -> Outcome:
    outcome = met_rules.get(node.rule)
    state = outcome.state if outcome is not None else np.full(firms, NOT_MET)
    return whole_gap(node, state)


def whole_gap(node: Node, state: States) -> Outcome:
    """An outcome for what has no size: it is met, or the whole of it is missing."""
    missing = np.where(state == MET, np.float32(0), WHOLE)
    reach = np.where(state == MET, _NO_SIZE, np.float32(0))
    return Outcome(node, state, steps_away(state), missing, missing, reach)


def steps_away(state: States) -> NDArray[np.int16]:
    """One for a condition that is not met, two for an unknown one, none for a met one."""
    return _STEPS[state]


def leaf(condition: ResolvedCondition, data: FirmYears, rates: Mapping[str, float | None]) -> Outcome:
    """One condition for all firms."""
    kind = measures.measures()[condition.measure].kind
    if kind in ("text", "industry"):
        return whole_gap(condition, _words_state(condition, data, kind))
    if kind == "yes_no":
        value = measure_values.value(data, condition.measure, None)
        wanted = 1.0 if condition.threshold.value else 0.0
        return whole_gap(condition, np.where(np.isnan(value), UNKNOWN, np.where(value == wanted, MET, NOT_MET)))
    line = threshold_in_base(condition, rates)
    if line is None:
        return whole_gap(condition, np.full(len(data), UNKNOWN))
    at_most = over_window(condition, data, measure_values.at_most)
    if condition.window.kind in _YEAR_BY_YEAR:
        state = _of_years_state(condition, data, line)
    else:
        value = over_window(condition, data) if _has_sides(condition) else at_most
        state = _state(value, at_most, line, condition)
    share = _gap_share(state, at_most, line)
    return Outcome(condition, state, steps_away(state), share, share, _reach(condition, data, state, at_most, line))


#: What gives a measure of a year: its value, or what it is at most.
OfYear = Callable[[FirmYears, str, int | None], Floats]


def over_window(condition: ResolvedCondition, data: FirmYears, of_year: OfYear = measure_values.value) -> Floats:
    """The number that is compared: for `each` the worst year (of those known), for `two_of` the second best, for the
    rest over all years. With measure_values.at_most: what it is at most, which of growth and of a share is itself."""
    name, over = condition.measure, condition.window
    if over.kind == "now":
        return of_year(data, name, None)
    if over.kind in ("latest", "ago"):
        return of_year(data, name, over.reach)
    if over.kind in _YEAR_BY_YEAR:
        years = _year_by_year(condition, data, of_year)
        more_is_better = condition.op in (">", ">=")
        if over.kind == "two_of":
            ranked = np.sort([-year if more_is_better else year for year in years], axis=0)  # unknown years come last
            return -ranked[1] if more_is_better else ranked[1]
        return (np.fmin if more_is_better else np.fmax).reduce(years)
    return _combined_years(name, over, data, of_year)


def known_over_window(condition: ResolvedCondition, data: FirmYears, state: States) -> Floats:
    """The number to show beside a state: where a condition is decided by the known side of a lower_of, that side."""
    value = over_window(condition, data)
    if not _has_sides(condition):
        return value
    return np.where(state == UNKNOWN, value, over_window(condition, data, measure_values.at_most))


def _has_sides(condition: ResolvedCondition) -> bool:
    """Whether what it is at most can be known where it itself is not: of any other measure both are the same."""
    return measures.measures()[condition.measure].how == "lower_of"


def _state(value: Floats, at_most: Floats, line: float, condition: ResolvedCondition) -> States:
    """A number against a line. Of a lower_of that lacks a side only what it is at most is known: below a line that
    must be reached it is not met, and within a line that must not be passed it is met; the rest is unknown."""
    within = np.where(_holds(value, line, condition), MET, NOT_MET)
    unknown = np.isnan(value)
    if not unknown.any():
        return within.astype(np.uint8)
    if condition.op in ("<=", "<"):
        unless_known = np.where(_holds(at_most, line, condition), MET, UNKNOWN)
    else:
        below = at_most < line - _slack(condition) if condition.op == "==" else ~_holds(at_most, line, condition)
        unless_known = np.where(below & ~np.isnan(at_most), NOT_MET, UNKNOWN)
    return np.where(unknown, unless_known, within).astype(np.uint8)


def _year_by_year(condition: ResolvedCondition, data: FirmYears, of_year: OfYear) -> list[Floats]:
    """The measure, or its growth, of each year of the window, the latest first."""
    name, over = condition.measure, condition.window
    if over.kind == "growth_each":
        return [growth(data, name, lag, 1) for lag in range(over.years)]
    return [of_year(data, name, lag) for lag in range(over.years)]


def _combined_years(name: str, over: Window, data: FirmYears, of_year: OfYear) -> Floats:
    if over.is_growth:
        steps = over.years - 1 if over.kind == "cagr" else 1
        if over.kind == "growth_mean":
            return np.add.reduce([growth(data, name, lag, 1) for lag in range(over.years)]) / over.years
        return growth(data, name, 0, steps)
    if over.kind in ("ratio", "ratio_upto"):
        measure = measures.measures()[name]
        part, whole = (
            np.add.reduce([_of_operation(data, part, lag, over) for lag in range(over.years)]) for part in measure.parts
        )
        return divided(part, whole)
    first = 1 if over.kind == "prior_sum" else 0
    total = np.add.reduce([of_year(data, name, lag) for lag in range(first, first + over.years)])
    return total / over.years if over.kind == "mean" else total


def _of_operation(data: FirmYears, part: str, lag: int, over: Window) -> Floats:
    """A part of a ratio in one year. Of a year before a young firm was founded nothing is missing, so that it adds
    nothing; a later year that is not reported stays unknown."""
    value = measure_values.part_value(data, part, lag)
    return np.where(np.isnan(value) & data.year_before_founding(lag), 0, value) if over.kind == "ratio_upto" else value


def growth(data: FirmYears, name: str, lag: int, steps: int) -> Floats:
    """Yearly growth over `steps` years up to the year `lag` back; unknown where the base is not above zero."""
    last, base = measure_values.value(data, name, lag), measure_values.value(data, name, lag + steps)
    ratio = divided(last, base)
    if steps == 1:
        return ratio - 1
    # A fall below zero has no yearly rate: it counts as losing everything.
    return np.power(np.maximum(ratio, 0), 1 / steps) - 1


def threshold_in_base(condition: ResolvedCondition, rates: Mapping[str, float | None]) -> float | None:
    """The threshold in yuan, fractions, ...; None where its currency has no rate for the day."""
    unit = condition.threshold.unit
    assert isinstance(condition.threshold.value, int | float)
    rate = rates.get(unit.currency) if unit.currency != "CNY" else 1.0
    return None if rate is None else float(condition.threshold.value) * unit.factor * rate


def _slack(condition: ResolvedCondition) -> float:
    return _SLACK_OF.get(condition.threshold.unit.kind, _SLACK)


def _holds(value: Floats, line: float, condition: ResolvedCondition) -> NDArray[np.bool_]:
    slack = _slack(condition)
    if condition.op == ">=":
        return value >= line - slack
    if condition.op == ">":
        return value > line + slack
    if condition.op == "<=":
        return value <= line + slack
    if condition.op == "<":
        return value < line - slack
    return np.abs(value - line) <= slack


def _of_years_state(condition: ResolvedCondition, data: FirmYears, line: float) -> States:
    """Every year must hold, or two of them: a year that is missing leaves open what the others do not decide."""
    years = _year_by_year(condition, data, measure_values.value)
    at_most = _year_by_year(condition, data, measure_values.at_most)
    states = [_state(year, most, line, condition) for year, most in zip(years, at_most, strict=True)]
    if condition.window.kind == "two_of":
        return np.sort(states, axis=0)[-2]  # what the second best year says
    return np.minimum.reduce(states)


def _words_state(condition: ResolvedCondition, data: FirmYears, kind: str) -> States:
    is_industry = kind == "industry"
    fact = measures.measures()[condition.measure].parts[0]
    codes, stated = data.coded_industry() if is_industry else data.coded(fact)
    wanted = condition.threshold.value
    choices = tuple(wanted) if isinstance(wanted, list) else (wanted,)
    if not len(stated):
        return np.full(len(data), UNKNOWN)
    said = [_industry_state(str(word), choices) if is_industry else _word_state(word, choices) for word in stated]
    of_word = np.array([*said, UNKNOWN], dtype=np.uint8)
    return of_word[codes]  # the code of what is missing is -1: the last one


def _word_state(word: object, choices: tuple[object, ...]) -> np.uint8:
    return MET if str(word).strip() in choices else NOT_MET


def _industry_state(code: str, choices: tuple[object, ...]) -> np.uint8:
    """A code below one of the choices is one of them; one above a choice (K70 of K702) is too short to tell."""
    if code.startswith(tuple(map(str, choices))):
        return MET
    return UNKNOWN if any(str(choice).startswith(code) for choice in choices) else NOT_MET


def _gap_share(state: States, value: Floats, line: float) -> NDArray[np.float32]:
    """How much is missing as a share of the threshold; the whole where unknown, or where the threshold is zero."""
    share = np.abs(value - line) / abs(line) if line else np.ones(len(value))
    share = np.where(np.isnan(share) | (state == UNKNOWN), WHOLE, share)
    return np.where(state == MET, 0, share).astype(np.float32)


def _reach(
    condition: ResolvedCondition, data: FirmYears, state: States, value: Floats, line: float
) -> NDArray[np.float32]:
    """Value / line, or line / value where the law asks for at most so much; Outcome.reach says what has no size."""
    if line <= 0 or condition.op == "==":
        return np.where(state == NOT_MET, np.float32(0), _NO_SIZE)
    if condition.measure == "market_value" and np.isnan(value).any():
        value = np.where(np.isnan(value), measure_values.market_value_estimate(data).value, value)
    if condition.op in (">=", ">"):
        share = np.maximum(value, 0) / line
    else:
        share = np.divide(line, value, out=np.full(len(value), np.inf), where=value > 0)
    without_margin = condition.threshold.unit.kind not in _SIZED or condition.op in ("<=", "<")
    share = np.where(np.isnan(share) | ((state == MET) & without_margin), np.inf, share)
    # What is met reaches all of its line (thresholds are compared with a slack), what is not met never quite does.
    share = np.where(
        state == MET, np.maximum(share, 1), np.where(state == NOT_MET, np.minimum(share, _JUST_BELOW), share)
    )
    return share.astype(np.float32)


def years_read(condition: ResolvedCondition, data: FirmYears) -> list[NDArray[np.int64]]:
    """The fiscal years behind a condition, oldest first; 0 where the firm has no such year."""
    over = condition.window
    if over.kind == "now":
        names = [name for name in measures.base_facts(condition.measure) if name in data.facts]
        return [np.maximum.reduce([data.stock_years(name) for name in names])] if names else []
    lags = [over.reach] if over.kind in ("latest", "ago") else list(range(over.reach, -1, -1))
    if over.kind == "prior_sum":
        lags = lags[:-1]
    left_out = over.kind == "ratio_upto"
    return [
        np.where((data.latest > 0) & ~(left_out & data.year_before_founding(lag)), data.latest - lag, 0) for lag in lags
    ]


def rates_on(day: date) -> dict[str, float | None]:
    """Yuan for one unit of each foreign currency that a rule uses, on a day."""
    return {"HKD": rate_on("HKD", day)}


def outcomes(rules: Sequence[RuleInForce], data: FirmYears, keep: bool = False) -> Iterator[tuple[int, Outcome]]:
    """(place, outcome) of each rule, in the order given; a rule that refers to another comes after it."""
    rates = rates_on(data.day)
    referred: dict[str, Outcome] = {}
    wanted = {name for rule in rules for name in _refers_to(rule.needs)} if len(rules) > 1 else set()
    for place, rule in enumerate(rules):
        outcome = evaluated(rule.needs, data, rates, referred, keep)
        if rule.name in wanted:
            referred[rule.name] = outcome
        yield place, outcome


def _refers_to(node: Node) -> list[str]:
    if isinstance(node, Meets):
        return [node.rule]
    return [name for child in node.nodes for name in _refers_to(child)] if isinstance(node, Group) else []

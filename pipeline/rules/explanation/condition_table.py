"""Every condition of a few firms: the value, what the law asks, and how much is missing.

The conditions are evaluated again for the firms that are looked at; for a whole city that is a large table, so
nothing builds it unasked.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.language import N_, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import BOARD_PARTS, Group, Meets, Node, ResolvedCondition, RuleInForce
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation import conditions, measure_values, nearest
from pipeline.rules.evaluation.conditions import MET, UNKNOWN, WORDS, Outcome
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_text
from pipeline.rules.explanation.condition_text import ConditionRow

#: value, threshold and gap are in `unit` (10k CNY, ratio, count, ...), value_text where it is words. role: needs,
#: when (the condition of an if-then), not (what must not hold). on_way: part of the cheapest way to meet the rule.
#: missing: facts that no return states, as fact@year, or why the figures cannot be used.
COLUMNS = (
    "firm_id",
    "board",
    "part",
    "rule",
    "place",
    "measure",
    "window",
    "years",
    "op",
    "role",
    "value",
    "value_text",
    "threshold",
    "unit",
    "gap",
    "gap_share",
    "verdict",
    "on_way",
    "missing",
    "begins",
    "source",
    "confidence",
    "confirmed",
    "zh",
    "en",
)


_WORDS = np.array(WORDS, dtype=object)
#: The conditions of one firm by board and rule.
RowsOfRules: TypeAlias = Mapping[tuple[str, str], Sequence[ConditionRow]]


@dataclass(frozen=True)
class FirmVerdict:
    """All that the rules of a day say of one firm.

    `boards`: the firm's rows of nearest.by_board, index board. `rows`: every condition by board and rule. `gaps`:
    board -> what is missing for its nearest standard and in its other parts, a sentence a condition (labels: rule id ->
    the same). `best`: the best-fitting board, None where there is none.
    """

    firm_id: str
    boards: pd.DataFrame
    rows: RowsOfRules
    gaps: dict[str, list[Message]]
    best: str | None
    verdicts: Verdicts

    @property
    def conditions(self) -> pd.DataFrame:
        """Every condition as conditions_of has it."""
        return conditions_of(self.verdicts, [self.firm_id])


def conditions_of(verdicts: Verdicts, firm_ids: Sequence[str] | None) -> pd.DataFrame:
    """Every condition of these firms (None: all), in the order of firm, rule and law. Columns: COLUMNS."""
    data = verdicts.data if firm_ids is None else verdicts.data.only(firm_ids)
    blocks = [block | {"years": _years(data, node)} for node, block in _blocks(verdicts, data)]
    if not blocks or not len(data):
        return pd.DataFrame(columns=list(COLUMNS))
    if len(data) == 1:  # five thousand little arrays less
        return _table_of_one_firm([_of_one_firm(block) for block in blocks])
    # Block after block is condition after condition; turned round it is firm after firm.
    order = np.arange(len(blocks) * len(data)).reshape(len(blocks), len(data)).T.reshape(-1)
    table = {
        name: np.concatenate([_filled(name, block[name], len(data)) for block in blocks])[order] for name in COLUMNS
    }
    return pd.DataFrame(table)


def rows_of_firm(verdicts: Verdicts, firm_id: str, *, open_alone: bool = False) -> RowsOfRules:
    """Every condition of one firm as plain rows, without a frame between, and without the years, which no page tells:
    all other COLUMNS. `open_alone`: only those that are not met on the cheapest way, of which condition_text.gaps
    speaks; a rule without any has no rows."""
    rows: dict[tuple[str, str], list[ConditionRow]] = {}
    for _node, block in _blocks(verdicts, verdicts.data.only([firm_id]), open_alone):
        row = _of_one_firm(block)
        rows.setdefault((row["board"], row["rule"]), []).append(row)
    return rows


def _blocks(verdicts: Verdicts, data: FirmYears, open_alone: bool = False) -> list[tuple[Node, dict[str, object]]]:
    """Every condition of these firms, in the order of rule and law, with all of COLUMNS but the years; `open_alone`:
    those that are open for any of them, on its way."""
    rates = conditions.rates_on(data.day)
    everyone = np.ones(len(data), dtype=bool)
    return [
        (leaf.node, _of_leaf(data, verdicts.rules[place], number, leaf, role, way, rates))
        for place, outcome in _outcomes(verdicts, data)
        for number, (leaf, role, way) in enumerate(_leaves(outcome, "needs", everyone))
        if not open_alone or (way & (_state(leaf, role) != MET)).any()
    ]


def _outcomes(verdicts: Verdicts, data: FirmYears) -> Iterable[tuple[int, Outcome]]:
    """What each rule says of these firms, with all its conditions: as it was kept, or evaluated again."""
    if data is verdicts.data and verdicts.outcomes:
        return enumerate(verdicts.outcomes)
    return conditions.outcomes(verdicts.rules, data, keep=True)


def _state(leaf: Outcome, role: str) -> conditions.States:
    """The state of a condition as the rule wants it: met where what must not hold does not."""
    return MET - leaf.state if role == "not" else leaf.state


def _of_one_firm(block: Mapping[str, object]) -> ConditionRow:
    """The condition of the one firm that there is."""
    return {name: value[0] if isinstance(value, np.ndarray) else value for name, value in block.items()}


def _table_of_one_firm(rows: Sequence[ConditionRow]) -> pd.DataFrame:
    """The rows as a frame, each column of the kind that it has for many firms."""
    columns = {}
    for name in COLUMNS:
        values = [row[name] for row in rows]
        kinds = {value.dtype if isinstance(value, np.generic) else np.dtype(_kind(name, value)) for value in values}
        column = columns[name] = np.empty(len(rows), dtype=kinds.pop() if len(kinds) == 1 else object)
        for place, value in enumerate(values):
            column[place] = value
    return pd.DataFrame(columns)


def _kind(name: str, value: object) -> type:
    return type(value) if isinstance(value, float) or name in ("place", "confirmed") else object


def _filled(name: str, value: object, firms: int) -> NDArray[np.generic]:
    """A column of one condition: an array as it is, anything else repeated for every firm."""
    if isinstance(value, np.ndarray):
        return value
    filled: Any = np.empty(firms, dtype=_kind(name, value))
    filled[:] = [value] * firms if isinstance(value, list) else value
    return filled


def _leaves(outcome: Outcome, role: str, way: NDArray[np.bool_]) -> Iterator[tuple[Outcome, str, NDArray[np.bool_]]]:
    """Each leaf of a kept outcome with its role and the firms for which it lies on the cheapest way."""
    node = outcome.node
    if not isinstance(node, Group):
        yield outcome, role, way
        return
    for place, child in enumerate(outcome.children):
        if node.kind == "any":
            assert outcome.chosen is not None
            yield from _leaves(child, role, way & (outcome.chosen == place))
        elif node.kind == "not":
            yield from _leaves(child, "not" if role == "needs" else role, way)
        elif node.kind == "if_then" and place == 0:
            yield from _leaves(child, "when", way)
        elif node.kind == "if_then":
            yield from _leaves(child, role, way & (outcome.children[0].state == MET))
        else:
            yield from _leaves(child, role, way)


def _of_leaf(
    data: FirmYears,
    rule: RuleInForce,
    place: int,
    outcome: Outcome,
    role: str,
    way: NDArray[np.bool_],
    rates: Mapping[str, float | None],
) -> dict[str, object]:
    """One condition as columns: arrays over the firms, or one value for all of them."""
    state = _state(outcome, role)
    node = outcome.node
    found: dict[str, object] = {
        "firm_id": data.names,
        "board": rule.board,
        "part": rule.part,
        "rule": rule.id,
        "place": place,
        "role": role,
        "verdict": _WORDS[state],
        "on_way": way,
    }
    if isinstance(node, Meets):
        label = condition_text.rule_reference(node)
        return found | {
            "measure": f"rule:{node.rule}",
            "window": "now",
            "op": "met",
            "value": np.nan,
            "value_text": None,
            "threshold": None,
            "unit": "none",
            "gap": np.nan,
            "gap_share": np.nan,
            "missing": f"rule:{node.rule}",
            "begins": rule.edition.begins,
            "source": ",".join(rule.source),
            "confidence": rule.confidence,
            "confirmed": rule.confirmed,
            "zh": label.zh,
            "en": label.en,
        }
    assert isinstance(node, ResolvedCondition)
    threshold, label = node.threshold, condition_text.condition_label(node, excluded=role == "not")
    value, text = _found(data, node, rates, outcome.state)
    gap, share = _gap(node, state, value)
    return found | {
        "measure": node.measure,
        "window": node.window.name,
        "op": node.op,
        "value": value,
        "value_text": text,
        "threshold": threshold.value,
        "unit": threshold.unit.name,
        "gap": gap,
        "gap_share": share,
        "missing": _missing(data, node, outcome, rates),
        "begins": threshold.begins,
        "source": ",".join(threshold.source),
        "confidence": threshold.confidence,
        "confirmed": threshold.confirmed,
        "zh": label.zh,
        "en": label.en,
    }


def _found(
    data: FirmYears, node: ResolvedCondition, rates: Mapping[str, float | None], state: conditions.States
) -> tuple[NDArray[np.float64], object]:
    """The value in the threshold's unit, and the words where it is words."""
    measure = measures.measures()[node.measure]
    if measure.kind in ("text", "industry"):
        found = data.industry() if measure.kind == "industry" else data.words(measure.parts[0])
        return np.full(len(data), np.nan), found.to_numpy(dtype=object)
    value = (
        measure_values.value(data, node.measure, None)
        if measure.kind == "yes_no"
        else conditions.known_over_window(node, data, state)
    )
    unit = node.threshold.unit
    rate = 1.0 if unit.currency == "CNY" else rates.get(unit.currency)
    return (np.full(len(data), np.nan) if rate is None else value / unit.factor / rate), None


def _gap(node: ResolvedCondition, state: conditions.States, value: NDArray[np.float64]) -> tuple[object, object]:
    """What is missing in the threshold's unit and as its share: 0 where met, NaN where unknown or without size."""
    if not isinstance(node.threshold.value, int | float) or isinstance(node.threshold.value, bool):
        return np.nan, np.nan
    line = float(node.threshold.value)
    gap = np.where(state == MET, 0.0, np.where(state == UNKNOWN, np.nan, np.abs(line - value)))
    return gap, gap / abs(line) if line else np.nan


def _years(data: FirmYears, node: Node) -> NDArray[np.object_] | str:
    """'2022,2023,2024', oldest first; empty where the firm has no such year, and where another rule is referred to."""
    if not isinstance(node, ResolvedCondition):
        return ""
    texts = np.full(len(data), "", dtype=object)
    if read := conditions.years_read(node, data):
        texts[:] = [",".join(str(year) for year in years if year > 0) for years in np.stack(read, axis=1).tolist()]
    return texts


def _missing(
    data: FirmYears, node: ResolvedCondition, outcome: Outcome, rates: Mapping[str, float | None]
) -> NDArray[np.object_]:
    """What an unknown condition lacks: fact@year, ...; or too_old, no_statements, no_rate, base_not_positive,
    value_too_old. What a condition lacks that is not met, and is decided by the known side of a lower_of: the other
    side."""
    tokens = np.full(len(data), "", dtype=object)
    unknown = outcome.state == UNKNOWN
    measure = measures.measures()[node.measure]
    if node.threshold.unit.kind == "money" and conditions.threshold_in_base(node, rates) is None:
        tokens[unknown] = "no_rate"
        return tokens
    if measure.how == "lower_of":
        return _missing_sides(data, node, outcome.state)
    if not unknown.any():
        return tokens
    if node.window.kind == "now":
        facts = measures.base_facts(node.measure)
        tokens[unknown] = ", ".join(facts)
        if node.measure == "market_value":
            stated = ~np.isnan(np.fmax.reduce([data.stock(fact) for fact in facts]))
            tokens[unknown & stated] = "value_too_old"
        return tokens
    for lag in range(node.window.reach, -1, -1):
        if measure.is_share:
            found_parts = [(part, measure_values.part_value(data, part, lag)) for part in measure.parts]
        else:
            found_parts = [(measure.parts[0], measure_values.value(data, node.measure, lag))]
        for part, figures in found_parts:
            lacking = unknown & (data.latest > 0) & np.isnan(figures)
            if node.window.kind == "ratio_upto":
                lacking &= ~data.year_before_founding(lag)
            fact = measures.facts_of_part(part)[0]
            token = (data.latest[lacking] - lag).astype(str).astype(object)
            comma = np.where(tokens[lacking] == "", "", ", ").astype(object)
            tokens[lacking] = tokens[lacking] + comma + f"{fact}@" + token
    return _or_why(data, tokens, unknown)


def _missing_sides(data: FirmYears, node: ResolvedCondition, state: conditions.States) -> NDArray[np.object_]:
    """As _missing, of a lower_of: each side that is not stated, in each of its years."""
    tokens = np.full(len(data), "", dtype=object)
    parts = measures.measures()[node.measure].parts
    for lag in [None] if node.window.kind == "now" else range(node.window.reach, -1, -1):
        blank = [np.isnan(measure_values.part_value(data, part, lag)) for part in parts]
        one_sided = ~np.logical_and.reduce(blank)
        for part, is_blank in zip(parts, blank, strict=True):
            lacking = is_blank & ((state == UNKNOWN) | ((state == conditions.NOT_MET) & one_sided))
            lacking &= (data.latest > 0) | (lag is None)
            year = "" if lag is None else np.char.add("@", (data.latest[lacking] - lag).astype(str)).astype(object)
            comma = np.where(tokens[lacking] == "", "", ", ").astype(object)
            tokens[lacking] = tokens[lacking] + comma + measures.facts_of_part(part)[0] + year
    return _or_why(data, tokens, state == UNKNOWN)


def _or_why(data: FirmYears, tokens: NDArray[np.object_], unknown: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Where an unknown condition lacks no fact: why its figures cannot be used."""
    bare = unknown & (tokens == "")
    tokens[bare] = np.where(
        data.too_old[bare], "too_old", np.where(data.latest[bare] > 0, "base_not_positive", "no_statements")
    )
    return tokens


def of_firm(verdicts: Verdicts, firm_id: str) -> FirmVerdict:
    """All that the rules say of one firm. Raises NoSuchRule where nothing of the firm is known on the day."""
    if firm_id not in verdicts.firm_ids:
        raise NoSuchRule(
            Message(
                N_("Nothing of firm %(firm)s was known on %(day)s."),
                {"firm": firm_id, "day": verdicts.facts_day.isoformat()},
            )
        )
    table = nearest.by_board(verdicts)
    own = table[table["firm_id"] == firm_id].set_index("board")
    of_rule = rows_of_firm(verdicts, firm_id)
    data = verdicts.data.only([firm_id])
    nearest_rules = {str(board): str(rule) for board, rule in own["nearest"].items()}
    if not nearest_rules:  # labels have no nearest standard: each is its own
        nearest_rules = {rule.id: rule.id for rule in verdicts.rules}
    gaps = {
        key: condition_text.gaps(_rows_of(of_rule, key, rule), data, rule)[firm_id]
        + _gaps_of_other_parts(verdicts, of_rule, data, own, key)
        for key, rule in nearest_rules.items()
    }
    best = own.index[own["best"]]
    return FirmVerdict(firm_id, own, of_rule, gaps, str(best[0]) if len(best) else None, verdicts)


def _gaps_of_other_parts(
    verdicts: Verdicts, of_rule: RowsOfRules, data: FirmYears, boards: pd.DataFrame, board: str
) -> list[Message]:
    """What a board asks beside its standard and the firm does not meet: a sentence a condition of structure,
    preconditions and positioning; and one a rule for all that nobody knows. Exceptional routes are no duty."""
    if board not in boards.index:
        return []
    (firm_id,) = data.firm_ids
    place = verdicts.firm_ids.get_loc(firm_id)
    sentences: list[Message] = []
    for number, rule in enumerate(verdicts.rules):
        asked = rule.board == board and rule.part in BOARD_PARTS[1:] and rule.rule.route == "regular"
        if not asked or boards.at[board, rule.part] == "met" or verdicts.state[number, place] == MET:
            continue
        sentences += condition_text.failures(_rows_of(of_rule, board, rule.id), data, rule.id)
    return sentences


def _rows_of(of_rule: RowsOfRules, key: str, rule: str) -> Sequence[ConditionRow]:
    """The rows of one rule, on the board `key` where it is a board's (csrc-205 is the rule of three)."""
    if key != rule:
        return of_rule.get((key, rule), [])
    return [row for (_board, name), rows in of_rule.items() if name == rule for row in rows]

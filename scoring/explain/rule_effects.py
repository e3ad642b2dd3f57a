"""What the rules of the boards say of a suggestion: what it would also meet, and whether it moves away from any rule.

The changed facts go through the very rules of pipeline/rules; no threshold is written here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipeline.language import Label
from pipeline.rules.definition import rule_books
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.explanation import condition_table
from scoring.explain.suggestion import NewlyMet

#: The exchanges of the mainland and NEEQ: where a suggestion is worth a word.
_BOARDS = ("main", "star", "chinext", "bse", "neeq")
_PARTS = ("standard", "precondition", "positioning")
_CONDITION = ["board", "rule", "place"]
#: A gap that grows by less than this share of itself is rounding.
_SAME = 1e-6


@dataclass(frozen=True)
class RuleEffect:
    """`newly_met`: whole standards first; `harms`: the conditions that were met and would be no longer, or whose gap
    to the board's nearest standard would grow."""

    newly_met: tuple[NewlyMet, ...]
    harms: tuple[Label, ...]


def rule_effects(
    facts: pd.DataFrame, firms: pd.DataFrame, changes: Sequence[Mapping[str, float]], as_of: date
) -> list[RuleEffect]:
    """For each set of changed facts {fact: value in the last year} what it does to the rules.

    `facts`, `firms`: one firm's, as pipeline.rules.reports.check.inputs gives them. What no rule reads is passed over.
    """
    versions = [facts, *(_with(facts, change) for change in changes)]
    names = [f"version-{place}" for place in range(len(versions))]
    every = pd.concat([_named(version, name) for version, name in zip(versions, names, strict=True)])
    labels = pd.concat([firms.set_axis([name], axis=0) for name in names])
    labels.index.name = firms.index.name
    verdicts = evaluate.check(every, labels, as_of, None, [board for board in _BOARDS if _in_force(board, as_of)])
    rows = verdicts.rows[verdicts.rows["part"].isin(["standard", "precondition"])]
    rules = _met(rows.astype(str), ["board", "rule"])
    table = condition_table.conditions_of(verdicts, names)
    conditions = _met(table, ["board", "rule", "zh", "en"])
    labels_of = {rule.id: Label(rule.rule.zh, rule.rule.en) for rule in verdicts.rules}
    boards = nearest.by_board(verdicts)
    as_is, *changed = names
    near = boards[boards["firm_id"] == as_is].set_index("board")["nearest"]
    harmed = _harms(table, as_is, near)
    return [
        RuleEffect(
            (
                *(NewlyMet(board, rule, labels_of[rule], True) for board, rule in sorted(rules[name] - rules[as_is])),
                *(
                    NewlyMet(board, rule, Label(zh, en), False)
                    for board, rule, zh, en in sorted(conditions[name] - conditions[as_is])
                ),
            ),
            harmed.get(name, ()),
        )
        for name in changed
    ]


def _harms(table: pd.DataFrame, as_is: str, near: pd.Series) -> dict[str, tuple[Label, ...]]:
    """version -> the conditions that it moves away from."""
    looked_at = table[table["part"].isin(_PARTS) & (table["role"] != "when")]
    before = looked_at[looked_at["firm_id"] == as_is].set_index(_CONDITION)[["verdict", "gap", "on_way"]]
    beside = looked_at[looked_at["firm_id"] != as_is].join(before.add_suffix("_before"), on=_CONDITION)
    lost = (beside["verdict_before"] == "met") & (beside["verdict"] == "not_met")
    told = beside["on_way_before"].astype(bool) & (
        (beside["part"] != "standard") | (beside["rule"] == beside["board"].map(near))
    )
    gap, gap_before = (pd.to_numeric(beside[name], errors="coerce") for name in ("gap", "gap_before"))
    still = (beside["verdict_before"] == "not_met") & (beside["verdict"] == "not_met")
    further = told & still & (gap > gap_before + _SAME * gap_before.abs())
    found = beside[lost | further]
    return {
        str(name): tuple(Label(zh, en) for zh, en in dict.fromkeys(zip(rows["zh"], rows["en"], strict=True)))
        for name, rows in found.groupby("firm_id")
    }


def _in_force(board: str, day: date) -> bool:
    try:
        return bool(rule_books.in_force(board, day))
    except rule_books.NoSuchRule:
        return False


def _met(table: pd.DataFrame, keys: list[str]) -> dict[str, set[tuple[str, ...]]]:
    met = table[table["verdict"] == "met"]
    found: dict[str, set[tuple[str, ...]]] = {str(firm): set() for firm in table["firm_id"].unique()}
    for firm, rows in met.groupby("firm_id", observed=True):
        found[str(firm)] = set(map(tuple, rows[keys].astype(str).to_numpy().tolist()))
    return found


def _with(facts: pd.DataFrame, changes: Mapping[str, float]) -> pd.DataFrame:
    changed = facts.copy()
    for fact, value in changes.items():
        if fact in changed:
            changed.loc[changed.index[-1], fact] = value
    return changed


def _named(facts: pd.DataFrame, name: str) -> pd.DataFrame:
    years = facts.index.get_level_values(1)
    return facts.set_axis(pd.MultiIndex.from_product([[name], years], names=facts.index.names))

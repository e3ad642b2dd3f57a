"""Which rules and conditions of the boards a suggestion would also meet, by the facts of the last year that it moves.

The changed facts go through the very rules of pipeline/rules; no threshold is written here.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd

from pipeline.language import Label
from pipeline.rules.definition import rule_books
from pipeline.rules.evaluation import evaluate
from pipeline.rules.explanation import condition_table
from scoring.explain.suggestion import NewlyMet

#: The exchanges of the mainland and NEEQ: where a suggestion is worth a word.
_BOARDS = ("main", "star", "chinext", "bse", "neeq")


def newly_met(
    facts: pd.DataFrame, firms: pd.DataFrame, changes: Sequence[Mapping[str, float]], as_of: date
) -> list[tuple[NewlyMet, ...]]:
    """For each set of changed facts {fact: value in the last year} what becomes met, whole standards first.

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
    conditions = _met(condition_table.conditions_of(verdicts, names), ["board", "rule", "zh", "en"])
    labels_of = {rule.id: Label(rule.rule.zh, rule.rule.en) for rule in verdicts.rules}
    as_is, *changed = names
    return [
        (
            *(NewlyMet(board, rule, labels_of[rule], True) for board, rule in sorted(rules[name] - rules[as_is])),
            *(
                NewlyMet(board, rule, Label(zh, en), False)
                for board, rule, zh, en in sorted(conditions[name] - conditions[as_is])
            ),
        )
        for name in changed
    ]


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

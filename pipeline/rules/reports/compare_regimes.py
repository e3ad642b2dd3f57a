"""The rules of two days beside each other: who gains a board, who loses one, by board and district.

The same firms and the same facts, once under each day's rules: so every change is a change of the law.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pandas as pd

from pipeline.json_values import JsonObject
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARDS, ResolvedCondition, RuleInForce
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_text

#: From what to what a firm's standard state of a board changed.
CHANGES = {
    ("not_met", "met"): "gains",
    ("unknown", "met"): "gains",
    ("met", "not_met"): "loses",
    ("met", "unknown"): "loses",
    ("not_met", "unknown"): "may_gain",
    ("unknown", "not_met"): "may_lose",
}
FIRM_COLUMNS = [
    "firm_id",
    "name",
    "district_code",
    "board",
    "before",
    "after",
    "standard_before",
    "standard_after",
    "change",
]
THRESHOLD_COLUMNS = [
    "board",
    "rule",
    "zh",
    "en",
    "measure",
    "window",
    "op",
    "unit",
    "before",
    "after",
    "begins",
    "law",
    "confirmed",
]
_MOVES = ("gains", "loses", "may_gain", "may_lose", "stays")
_COUNTED = ("firms", "met_before", "met_after", *_MOVES)


@dataclass(frozen=True)
class Comparison:
    """`firms`: firm_id, name, district_code, board, before, after, standard_before, standard_after, change (gains,
    loses, may_gain, may_lose, stays; not_recorded where one of the days has no rule). `counts`: one row a board
    with met_before, met_after, gains, loses, may_gain, may_lose, stays. `by_district`: the same per board and
    district. `new_rules`, `ended_rules`: ids that only the later, only the earlier day has."""

    before: date
    after: date
    firms: pd.DataFrame
    counts: pd.DataFrame
    by_district: pd.DataFrame
    new_rules: list[str]
    ended_rules: list[str]
    changed_thresholds: pd.DataFrame

    def of_moved(self) -> "Comparison":
        """The same with those firms alone that gain or lose, or may."""
        moved = self.firms["change"].isin(set(CHANGES.values()))
        return replace(self, firms=self.firms[moved].reset_index(drop=True))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Comparison":
        """What as_json wrote of a comparison of_moved."""
        frames = {
            "firms": FIRM_COLUMNS,
            "counts": ["board", *_COUNTED],
            "by_district": ["board", "district_code", *_COUNTED],
            "changed_thresholds": THRESHOLD_COLUMNS,
        }
        return cls(
            before=date.fromisoformat(document["before"]),
            after=date.fromisoformat(document["after"]),
            new_rules=list(document["new_rules"]),
            ended_rules=list(document["ended_rules"]),
            **{name: pd.DataFrame(document[name], columns=columns, dtype=object) for name, columns in frames.items()},
        )

    def as_json(self) -> JsonObject:
        """One document: counts, by_district and the firms whose state changes."""
        moved = self.firms[self.firms["change"] != "stays"]
        return {
            "before": self.before.isoformat(),
            "after": self.after.isoformat(),
            "counts": self.counts.to_dict("records"),
            "by_district": self.by_district.to_dict("records"),
            "firms": moved.to_dict("records"),
            "new_rules": self.new_rules,
            "ended_rules": self.ended_rules,
            "changed_thresholds": self.changed_thresholds.to_dict("records"),
        }


def compare(
    facts: pd.DataFrame,
    firms: pd.DataFrame,
    facts_day: date,
    before: date,
    after: date,
    names: Sequence[str] | None = None,
) -> Comparison:
    """What the rules of `after` would change against those of `before`, for facts as known on `facts_day`.

    `names`: the boards to compare (all six by default).
    """
    first = evaluate.check(facts, firms, facts_day, before, names)
    second = evaluate.check(facts, firms, facts_day, after, names)
    table = _states(first, "before").merge(_states(second, "after"), on=["firm_id", "board"], how="outer")
    for column in ("before", "after"):
        table[column] = table[column].fillna("not_recorded")
    for column in ("standard_before", "standard_after"):
        table[column] = table[column].fillna("")
    table["change"] = _change(table)
    about = pd.DataFrame(index=first.firm_ids)
    for column in ("name", "district_code"):
        about[column] = first.data.words(column).astype("object").where(lambda words: words.notna(), None)
    table = table.join(about, on="firm_id")
    table = table[FIRM_COLUMNS]
    ids_before, ids_after = ([rule.id for rule in verdicts.rules] for verdicts in (first, second))
    return Comparison(
        before,
        after,
        table,
        counted(table, ["board"]),
        counted(table, ["board", "district_code"]),
        [rule for rule in ids_after if rule not in ids_before],
        [rule for rule in ids_before if rule not in ids_after],
        changed_thresholds(before, after, names),
    )


def _states(verdicts: Verdicts, when: str) -> pd.DataFrame:
    table = nearest.by_board(verdicts)[["firm_id", "board", "standard", "met"]].astype("object")
    return table.rename(columns={"standard": when, "met": f"standard_{when}"})


def _change(table: pd.DataFrame) -> pd.Series:
    pairs = table["before"] + ">" + table["after"]
    change = pairs.map({f"{before}>{after}": change for (before, after), change in CHANGES.items()})
    unrecorded = (table["before"] == "not_recorded") | (table["after"] == "not_recorded")
    return change.where(~unrecorded, "not_recorded").fillna("stays")


def counted(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Firms by board (and district): how many met before and after, and how many changed which way."""
    flags = pd.DataFrame(
        {
            "firms": 1,
            "met_before": table["before"] == "met",
            "met_after": table["after"] == "met",
            **{kind: table["change"] == kind for kind in _MOVES},
        }
    ).astype(int)
    keys = table[by].astype("object").fillna("")
    counts = pd.concat([keys, flags], axis=1).groupby(by, sort=False).sum().reset_index()
    counts["_order"] = counts["board"].map({board: place for place, board in enumerate(BOARDS)})
    return counts.sort_values(["_order", *by[1:]], ignore_index=True).drop(columns="_order")


def changed_thresholds(before: date, after: date, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Thresholds that differ between the two days, and the law and evidence of the later one.

    Columns board, rule, measure, window, op, unit, before, after, begins, law, confirmed. A condition that only
    one of the days has is listed with None on the other side.
    """
    rows = []
    for board in BOARDS if names is None else names:
        for book in rule_books.rule_books():
            for rule in book.rules:
                if rule.board != board:
                    continue
                early, late = rule.on(before), rule.on(after)
                for new, old in _paired(early, late):
                    if (new and new.threshold.value) == (old and old.threshold.value):
                        continue
                    condition = new or old
                    assert condition is not None
                    label = condition_text.condition_label(condition)
                    rows.append(
                        {
                            "board": board,
                            "rule": late.id if late else early.id if early else rule.name,
                            "zh": label.zh,
                            "en": label.en,
                            "measure": condition.measure,
                            "window": condition.window.name,
                            "op": condition.op,
                            "unit": condition.threshold.unit.name,
                            "before": old.threshold.value if old else None,
                            "after": new.threshold.value if new else None,
                            "begins": condition.threshold.begins.isoformat(),
                            "law": condition.threshold.law,
                            "confirmed": condition.threshold.confirmed,
                        }
                    )
    return pd.DataFrame(rows, columns=THRESHOLD_COLUMNS, dtype=object)


def _paired(
    early: RuleInForce | None, late: RuleInForce | None
) -> list[tuple[ResolvedCondition | None, ResolvedCondition | None]]:
    """(later, earlier) conditions of one rule that look at the same measure the same way, in the order of the law."""

    def keyed(rule: RuleInForce | None) -> dict[tuple[str, str, str, int], ResolvedCondition]:
        by_key: dict[tuple[str, str, str, int], ResolvedCondition] = {}
        for leaf in rule.conditions if rule else []:
            number = sum(key[:3] == (leaf.measure, leaf.window.name, leaf.op) for key in by_key)
            by_key[leaf.measure, leaf.window.name, leaf.op, number] = leaf
        return by_key

    old, new = keyed(early), keyed(late)
    return [(new.get(key), old.get(key)) for key in dict.fromkeys([*new, *old])]

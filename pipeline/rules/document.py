"""The verdicts as one JSON document: the rules of the day once, and a row a firm and rule with its conditions.

explaining.py + showing.py -> **document.py** -> `goldseed rules check --json`
What is the same for every firm (labels, law, evidence) stands under `rules`; a row carries only the firm's own.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.rules import showing
from pipeline.rules.conditions import WORDS

if TYPE_CHECKING:
    from pipeline.rules.boards import Verdicts

#: Columns of explaining.COLUMNS that a condition of a row carries, and their names there.
_OF_CONDITION = {
    "measure": "fact", "window": "window", "years": "years", "op": "op", "value": "value", "threshold": "threshold",
    "unit": "unit", "gap": "gap", "gap_share": "gap_share", "verdict": "verdict", "role": "role", "on_way": "on_way",
    "missing": "missing",
}  # fmt: skip


def as_json(verdicts: "Verdicts", firm_ids: Sequence[str] | None = None) -> dict[str, object]:
    """as_of, rules_of, warnings, not_recorded, rules (showing.show's dicts), rows.

    A row: firm_id, name, board, part, rule, verdict, confirmed, and `conditions` in the order of the law: fact,
    window, years, op, value, threshold, unit, gap (all three in `unit`; null where unknown or without size),
    gap_share, verdict, role (needs, when, not), on_way (part of the nearest way to meet the rule), missing.
    """
    chosen = list(verdicts.firm_ids) if firm_ids is None else [firm for firm in firm_ids if firm in verdicts.firm_ids]
    by_rule = _conditions_by_rule(verdicts.conditions_of(chosen))
    places = verdicts.firm_ids.get_indexer(pd.Index(chosen, dtype=object))
    words = verdicts.data.words("name")
    names = _plain(words.iloc[places]) if len(chosen) else []
    rows = [
        {
            "firm_id": firm, "name": name, "board": held.rule.board, "part": held.rule.part, "rule": held.id,
            "verdict": WORDS[state], "confirmed": held.confirmed,
            "conditions": by_rule.get((firm, held.rule.board, held.id), []),
        }
        for firm, name, states in zip(chosen, names, verdicts.state.T[places].tolist(), strict=True)
        for held, state in zip(verdicts.rules, states, strict=True)
    ]  # fmt: skip
    return {
        "as_of": verdicts.facts_day.isoformat(),
        "rules_of": verdicts.rules_of.isoformat(),
        "warnings": [str(warning) for warning in verdicts.warnings],
        "not_recorded": [str(letter) for letter in verdicts.not_recorded],
        "rules": [showing.shown(held) for held in verdicts.rules],
        "rows": rows,
    }


def _conditions_by_rule(table: pd.DataFrame) -> dict[tuple[str, str, str], list[dict[str, object]]]:
    """Firm, board and rule -> its conditions; words stand in `value` where the condition is about words."""
    found: dict[tuple[str, str, str], list[dict[str, object]]] = {}
    if table.empty:
        return found
    stated = table["value"].astype("object").where(table["value_text"].isna(), table["value_text"])
    columns = {name: _plain(stated if column == "value" else table[column]) for column, name in _OF_CONDITION.items()}
    years = [[int(year) for year in str(text).split(",") if year] for text in columns["years"]]
    keys = zip(table["firm_id"], table["board"], table["rule"], strict=True)
    for key, own_years, *values in zip(keys, years, *columns.values(), strict=True):
        condition = dict(zip(columns, values, strict=True))
        condition["years"] = own_years
        found.setdefault(key, []).append(condition)
    return found


def _plain(column: pd.Series) -> list[object]:
    """Python's own values, None for what is missing."""
    values = column.astype("object").where(column.notna(), None).tolist()
    return [value.item() if isinstance(value, np.generic) else value for value in values]

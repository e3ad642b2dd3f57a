"""The verdicts as one JSON document: the rules of the day once, and a row a firm and rule with its conditions.

What is the same for every firm (labels, law, evidence) is under `rules`; a row carries only the firm's own.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

import numpy as np
import pandas as pd

from pipeline.json_values import JsonObject, JsonValue
from pipeline.rules.evaluation import nearest
from pipeline.rules.evaluation.conditions import WORDS
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import rule_text
from pipeline.rules.explanation.condition_table import conditions_of
from pipeline.rules.reports.check import made_of

_FIRMS_AT_ONCE = 250
#: Columns of condition_table.COLUMNS that a condition of a row carries, and their names there.
_OF_CONDITION = {
    "measure": "fact",
    "window": "window",
    "years": "years",
    "op": "op",
    "value": "value",
    "threshold": "threshold",
    "unit": "unit",
    "gap": "gap",
    "gap_share": "gap_share",
    "verdict": "verdict",
    "role": "role",
    "on_way": "on_way",
    "missing": "missing",
}


def as_json(verdicts: Verdicts, firm_ids: Sequence[str] | None = None) -> JsonObject:
    """as_of, rules_of, warnings, not_recorded, rules (rule_text.as_json), boards, rows.

    `boards`, a row a firm and board: firm_id, board, meets (one of nearest.MEETS), margin and margin_class
    (nearest.by_board), best; and next_rung, the same in each row of a firm, where no board is near.

    A row: firm_id, name, board, part, rule, verdict, confirmed, and `conditions` in the order of the law: fact,
    window, years, op, value, threshold, unit, gap (all three in `unit`; null where unknown or without size),
    gap_share, verdict, role (needs, when, not), on_way (part of the nearest way to meet the rule), missing.
    """
    return {
        **_head(verdicts),
        "boards": _boards(verdicts, firm_ids),
        "rows": [row for rows in _rows(verdicts, firm_ids) for row in rows],
    }


def write(parts: Iterable[Verdicts], stream: TextIO) -> None:
    """as_json of every firm on one line, written some firms at a time: the document of a city has 100 MB. `parts`: gone
    through three times."""
    first = next(iter(parts))
    stream.write(json.dumps({**_head(first), "boards": []}, ensure_ascii=False, allow_nan=False).removesuffix("]}"))
    _write_list(stream, made_of(parts, _boards_text))
    stream.write('], "rows": [')
    _write_list(stream, made_of(parts, _rows_text))
    stream.write("]}\n")


def _write_list(stream: TextIO, texts: Iterable[str]) -> None:
    between = ""
    for text in filter(None, texts):
        stream.write(between + text)
        between = ", "


def _boards_text(verdicts: Verdicts) -> Iterator[str]:
    yield _text(_boards(verdicts, None))


def _rows_text(verdicts: Verdicts) -> Iterator[str]:
    yield from map(_text, _rows(verdicts, None))


def _text(rows: list[JsonObject]) -> str:
    """The rows as a list, without its brackets."""
    return ", ".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)


def _head(verdicts: Verdicts) -> JsonObject:
    return {
        "as_of": verdicts.facts_day.isoformat(),
        "rules_of": verdicts.rules_of.isoformat(),
        "warnings": [str(warning) for warning in verdicts.warnings],
        "not_recorded": [str(message) for message in verdicts.not_recorded],
        "rules": [rule_text.as_json(rule) for rule in verdicts.rules],
    }


def _boards(verdicts: Verdicts, firm_ids: Sequence[str] | None) -> list[JsonObject]:
    table = nearest.by_board(verdicts)[["firm_id", "board", "meets", "margin", "margin_class", "best"]].copy()
    table = table.astype({"firm_id": "object"}).sort_values("firm_id", kind="stable")
    table["next_rung"] = table["firm_id"].map(nearest.best_boards(verdicts)["next_rung"])
    if firm_ids is not None:
        table = table[table["firm_id"].isin(list(firm_ids))]
    columns = {name: _plain(table[name]) for name in table}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _rows(verdicts: Verdicts, firm_ids: Sequence[str] | None) -> Iterator[list[JsonObject]]:
    """The rows of some firms at a time."""
    chosen = list(verdicts.firm_ids) if firm_ids is None else [firm for firm in firm_ids if firm in verdicts.firm_ids]
    words = verdicts.data.words("name")
    for at in range(0, len(chosen), _FIRMS_AT_ONCE):
        some = chosen[at : at + _FIRMS_AT_ONCE]
        by_rule = _conditions_by_rule(conditions_of(verdicts, some))
        places = verdicts.firm_ids.get_indexer(pd.Index(some, dtype=object))
        names, states = _plain(words.iloc[places]), verdicts.state.T[places].tolist()
        yield [
            {
                "firm_id": firm,
                "name": name,
                "board": rule.board,
                "part": rule.part,
                "rule": rule.id,
                "verdict": WORDS[state],
                "confirmed": rule.confirmed,
                "conditions": by_rule.get((firm, rule.board, rule.id), []),
            }
            for firm, name, own in zip(some, names, states, strict=True)
            for rule, state in zip(verdicts.rules, own, strict=True)
        ]


def _conditions_by_rule(table: pd.DataFrame) -> dict[tuple[str, str, str], list[JsonObject]]:
    """Firm, board and rule -> its conditions; words are in `value` where the condition is about words."""
    by_rule: dict[tuple[str, str, str], list[JsonObject]] = {}
    if table.empty:
        return by_rule
    stated = table["value"].astype("object").where(table["value_text"].isna(), table["value_text"])
    columns = {name: _plain(stated if column == "value" else table[column]) for column, name in _OF_CONDITION.items()}
    years = [[int(year) for year in str(text).split(",") if year] for text in columns["years"]]
    keys = zip(table["firm_id"], table["board"], table["rule"], strict=True)
    for key, own_years, *values in zip(keys, years, *columns.values(), strict=True):
        condition = dict(zip(columns, values, strict=True))
        condition["years"] = own_years
        by_rule.setdefault(key, []).append(condition)
    return by_rule


def _plain(column: pd.Series) -> list[JsonValue]:
    """Python's own values, None for what is missing or without end."""
    values = column.astype("object").where(column.notna(), None).tolist()
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    return [None if isinstance(value, float) and np.isinf(value) else value for value in plain]

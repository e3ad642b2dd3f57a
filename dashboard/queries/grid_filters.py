"""What a grid asks of its rows (filter, search, sort), checked and applied to a frame; and how an address keeps it.

    address or grid ──► asked_in / cleaned ──► narrowed, ordered ──► a block of rows, or a CSV

The grid narrows a city's few thousand rows in the browser; a province's rows, and every export, are narrowed here, by
the same rules. Nothing of what a caller sends is believed: unknown columns, kinds and values are dropped.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_TEXT = frozenset({"contains", "notContains", "equals", "notEqual", "startsWith", "endsWith", "blank", "notBlank"})
_NUMBER = frozenset(
    {
        "equals",
        "notEqual",
        "lessThan",
        "lessThanOrEqual",
        "greaterThan",
        "greaterThanOrEqual",
        "inRange",
        "blank",
        "notBlank",
    }
)
_BLANK = frozenset({"blank", "notBlank"})
_MOST_CONDITIONS, _LONGEST = 8, 200

Filter = dict[str, Any]


@dataclass(frozen=True)
class Columns:
    """The columns that may be asked about. `scaled`: shown in so many of the stored unit, and so asked for."""

    texts: frozenset[str]
    numbers: frozenset[str]
    scaled: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """`filters`: column -> AG Grid's filter, clean; `search`: words, each of which a row must hold; `sort`: (column,
    upwards), the first one first."""

    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: str = ""
    sort: Sequence[tuple[str, bool]] = ()


def asked_in(query: Mapping[str, str], columns: Columns) -> Asked:
    """What an address asks for: ?search=…&sort=points.desc&filter={…}."""
    try:
        model = json.loads(query.get("filter") or "{}")
    except ValueError:
        model = {}
    sort = [
        {"colId": name, "sort": way}
        for name, _dot, way in (part.rpartition(".") for part in query.get("sort", "").split(","))
    ]
    return Asked(cleaned(model, columns), query.get("search", "")[:_LONGEST], sorting(sort, columns))


def cleaned(model: Any, columns: Columns) -> dict[str, Filter]:
    """The filters of a grid that fit its columns."""
    if not isinstance(model, dict):
        return {}
    found = {name: _clean(one, name, columns) for name, one in model.items() if isinstance(name, str)}
    return {name: one for name, one in found.items() if one is not None}


def sorting(model: Any, columns: Columns) -> tuple[tuple[str, bool], ...]:
    """(column, upwards), the first one first."""
    if not isinstance(model, list):
        return ()
    return tuple(
        (one["colId"], one["sort"] == "asc")
        for one in model
        if isinstance(one, dict)
        and one.get("colId") in columns.texts | columns.numbers
        and one.get("sort") in ("asc", "desc")
    )


def narrowed(frame: "pd.DataFrame", asked: Asked, columns: Columns, words: "pd.Series | None" = None) -> "pd.DataFrame":
    """The rows that pass. `words`: what the search looks through, small letters, one text a row."""
    import pandas as pd

    passed = pd.Series(True, index=frame.index)
    for name, one in asked.filters.items():
        passed &= _passes(frame[name], one, columns.scaled.get(name, 1.0))
    if words is not None:
        for word in asked.search.lower().split():
            passed &= words.str.contains(word, regex=False)
    return frame[passed]


def ordered(frame: "pd.DataFrame", sort: Sequence[tuple[str, bool]]) -> "pd.DataFrame":
    """Sorted as asked, unknown last; rows that tie stay in the order they had."""
    if not sort:
        return frame
    return frame.sort_values(
        [name for name, _up in sort], ascending=[up for _name, up in sort], kind="stable", na_position="last"
    )


def _clean(one: Any, name: str, columns: Columns) -> Filter | None:
    if not isinstance(one, dict):
        return None
    if isinstance(one.get("conditions"), list):
        parts = [_clean(part, name, columns) for part in one["conditions"][:_MOST_CONDITIONS]]
        if not parts or any(part is None or "conditions" in part for part in parts):
            return None
        told = "text" if name in columns.texts else "number"
        return {"filterType": told, "operator": "OR" if one.get("operator") == "OR" else "AND", "conditions": parts}
    kind, value = one.get("type"), one.get("filter")
    if name in columns.texts and kind in _TEXT:
        if kind in _BLANK:
            return {"filterType": "text", "type": kind}
        return {"filterType": "text", "type": kind, "filter": value[:_LONGEST]} if isinstance(value, str) else None
    if name in columns.numbers and kind in _NUMBER:
        if kind in _BLANK:
            return {"filterType": "number", "type": kind}
        if not _is_number(value) or (kind == "inRange" and not _is_number(one.get("filterTo"))):
            return None
        more = {"filterTo": one["filterTo"]} if kind == "inRange" else {}
        return {"filterType": "number", "type": kind, "filter": value, **more}
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _passes(values: "pd.Series", one: Filter, scale: float) -> "pd.Series":
    if "conditions" in one:
        first, *more = [_passes(values, part, scale) for part in one["conditions"]]
        for other in more:
            first = first | other if one["operator"] == "OR" else first & other
        return first
    return _number_passes(values / scale, one) if one["filterType"] == "number" else _text_passes(values, one)


def _text_passes(values: "pd.Series", one: Filter) -> "pd.Series":
    texts, kind, wanted = values.fillna("").str.lower(), one["type"], str(one.get("filter", "")).lower()
    found = {
        "contains": lambda: texts.str.contains(wanted, regex=False),
        "notContains": lambda: ~texts.str.contains(wanted, regex=False),
        "equals": lambda: texts == wanted,
        "notEqual": lambda: texts != wanted,
        "startsWith": lambda: texts.str.startswith(wanted),
        "endsWith": lambda: texts.str.endswith(wanted),
        "blank": lambda: texts == "",
        "notBlank": lambda: texts != "",
    }
    return found[kind]()


def _number_passes(values: "pd.Series", one: Filter) -> "pd.Series":
    """An unknown figure passes no comparison, as in the browser."""
    wanted = one.get("filter")
    found = {
        "equals": lambda: values == wanted,
        "notEqual": lambda: values.notna() & (values != wanted),
        "lessThan": lambda: values < wanted,
        "lessThanOrEqual": lambda: values <= wanted,
        "greaterThan": lambda: values > wanted,
        "greaterThanOrEqual": lambda: values >= wanted,
        "inRange": lambda: (values > wanted) & (values < one["filterTo"]),
        "blank": lambda: values.isna(),
        "notBlank": lambda: values.notna(),
    }
    return found[one["type"]]()


def spoken_alike(
    filters: Mapping[str, Filter], labels: Mapping[str, Collection[Mapping[str, str]]], language: str
) -> dict[str, Filter]:
    """Filters whose word is a label in another language, with the label of this one: a link serves every reader.

    `labels`: column -> labels, each language -> word.
    """
    return {name: _in_language(one, labels.get(name, ()), language) for name, one in filters.items()}


def _in_language(one: Filter, labels: Collection[Mapping[str, str]], language: str) -> Filter:
    if "conditions" in one:
        return {**one, "conditions": [_in_language(part, labels, language) for part in one["conditions"]]}
    wanted = one.get("filter")
    for label in labels:
        if isinstance(wanted, str) and wanted in label.values():
            return {**one, "filter": label[language]}
    return one

"""A grid's filter, search and sort: what an address or a grid asks, validated.

    address or grid ──► query_in / cleaned ──► list_conditions.py

What a caller sends is validated: unknown columns, kinds and values are dropped.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
_MOST_CONDITIONS, _LONGEST, _LARGEST = 40, 200, 1e300

Filter = dict[str, Any]


@dataclass(frozen=True)
class Columns:
    """The columns that can be filtered and sorted. `scaled`: shown and filtered in so many of the stored unit."""

    texts: frozenset[str]
    numbers: frozenset[str]
    scaled: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class GridQuery:
    """`filters`: column -> AG Grid's filter, clean; `search`: words, each of which a row must hold; `sort`: (column,
    upwards), the first one first."""

    filters: Mapping[str, Filter] = field(default_factory=dict)
    search: str = ""
    sort: Sequence[tuple[str, bool]] = ()


def query_in(address: Mapping[str, str], columns: Columns) -> GridQuery:
    """The query in an address: ?search=…&sort=points.desc&filter={…}."""
    try:
        model = json.loads(address.get("filter") or "{}")
    except ValueError:
        model = {}
    sort = [
        {"colId": name, "sort": way}
        for name, _dot, way in (part.rpartition(".") for part in address.get("sort", "").split(","))
    ]
    return GridQuery(cleaned(model, columns), address.get("search", "")[:_LONGEST], sorting(sort, columns))


def cleaned(model: Any, columns: Columns) -> dict[str, Filter]:
    """The filters of a grid that fit its columns."""
    if not isinstance(model, dict):
        return {}
    clean = {name: _clean(condition, name, columns) for name, condition in model.items() if isinstance(name, str)}
    return {name: condition for name, condition in clean.items() if condition is not None}


def sorting(model: Any, columns: Columns) -> tuple[tuple[str, bool], ...]:
    """(column, upwards), the first one first."""
    if not isinstance(model, list):
        return ()
    return tuple(
        (column["colId"], column["sort"] == "asc")
        for column in model
        if isinstance(column, dict)
        and column.get("colId") in columns.texts | columns.numbers
        and column.get("sort") in ("asc", "desc")
    )


def any_of(words: Sequence[str]) -> Filter:
    """The filter of a text that is one of these words."""
    conditions = [{"filterType": "text", "type": "equals", "filter": word} for word in words]
    return conditions[0] if len(conditions) == 1 else {"filterType": "text", "operator": "OR", "conditions": conditions}


def ticked(condition: Filter | None) -> list[str]:
    """The words of an any_of; empty for any other filter."""
    parts = (condition or {}).get("conditions", [condition] if condition else [])
    plain = all(part.get("type") == "equals" for part in parts) and (condition or {}).get("operator", "OR") == "OR"
    return [str(part["filter"]) for part in parts] if plain else []


def _clean(condition: Any, name: str, columns: Columns) -> Filter | None:
    if not isinstance(condition, dict):
        return None
    if isinstance(condition.get("conditions"), list):
        parts = [_clean(part, name, columns) for part in condition["conditions"][:_MOST_CONDITIONS]]
        if not parts or any(part is None or "conditions" in part for part in parts):
            return None
        filter_type = "text" if name in columns.texts else "number"
        return {
            "filterType": filter_type,
            "operator": "OR" if condition.get("operator") == "OR" else "AND",
            "conditions": parts,
        }
    kind, value = condition.get("type"), condition.get("filter")
    if name in columns.texts and kind in _TEXT:
        if kind in _BLANK:
            return {"filterType": "text", "type": kind}
        return {"filterType": "text", "type": kind, "filter": value[:_LONGEST]} if isinstance(value, str) else None
    if name in columns.numbers and kind in _NUMBER:
        if kind in _BLANK:
            return {"filterType": "number", "type": kind}
        if not _is_number(value) or (kind == "inRange" and not _is_number(condition.get("filterTo"))):
            return None
        more = {"filterTo": condition["filterTo"]} if kind == "inRange" else {}
        return {"filterType": "number", "type": kind, "filter": value, **more}
    return None


def _is_number(value: Any) -> bool:
    """Not NaN, no infinity, and no whole number of four hundred digits, which no column can be held against."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST


def scaled(condition: Filter, factor: float) -> Filter:
    """The filter with its numbers times `factor`, to the ten digits that anybody types."""
    if "conditions" in condition:
        return {**condition, "conditions": [scaled(part, factor) for part in condition["conditions"]]}
    numbers: Filter = {
        key: float(f"{condition[key] * factor:.10g}") for key in ("filter", "filterTo") if key in condition
    }
    return {**condition, **numbers}


def spoken_alike(
    filters: Mapping[str, Filter], labels: Mapping[str, Collection[Mapping[str, str]]], language: str
) -> dict[str, Filter]:
    """Filters whose word is a label in another language, with the label of this one: a link serves every reader.

    `labels`: column -> labels, each language -> word.
    """
    return {name: _in_language(condition, labels.get(name, ()), language) for name, condition in filters.items()}


def _in_language(condition: Filter, labels: Collection[Mapping[str, str]], language: str) -> Filter:
    if "conditions" in condition:
        return {**condition, "conditions": [_in_language(part, labels, language) for part in condition["conditions"]]}
    wanted = condition.get("filter")
    for label in labels:
        if isinstance(wanted, str) and wanted in label.values():
            return {**condition, "filter": label[language]}
    return condition

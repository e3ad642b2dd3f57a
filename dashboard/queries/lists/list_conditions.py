"""A grid's filter, search and sort as SQL, by the rules by which the grid filters in the browser.

Words know no capitals and no patterns; an unknown figure passes no comparison and stands last in either order. A
column that shows a label (a pool, a district) is filtered and sorted by the label in the reader's language, though the
database has its key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Text, and_, case, false, func, literal, or_, true

from dashboard.queries.lists.grid_filters import Filter, GridQuery
from pipeline.wording.spelling import words_of


@dataclass(frozen=True)
class Number:
    """A figure, filtered in so many of its stored unit."""

    of: ColumnElement[Any]
    scale: float = 1.0


@dataclass(frozen=True)
class Words:
    """A text as it is stored, never NULL. `blank_last`: "" stands last in either order, as of days. `joined_by`: what
    parts it, where it is several texts in one: it equals a text of which it has the very same."""

    of: ColumnElement[str]
    blank_last: bool = False
    joined_by: str = ""


@dataclass(frozen=True)
class Labels:
    """A key, never NULL ("": none), shown as its label; a key without a label is shown as it is."""

    of: ColumnElement[str]
    labels: Mapping[str, str]

    @property
    def named(self) -> Mapping[str, str]:
        return {"": "", **self.labels}


Column: TypeAlias = Number | Words | Labels


def conditions(
    query: GridQuery, columns: Mapping[str, Column], row_holds: Callable[[str], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """What the rows have to pass. `row_holds`: whether a row holds a folded word; each word of the search has to be
    there, or in what a column of labels shows."""
    asked = [_passes(columns[name], condition) for name, condition in query.filters.items() if name in columns]
    return and_(true(), *asked, *(_has(word, columns, row_holds(word)) for word in words_of(query.search)))


def order(
    sort: Sequence[tuple[str, bool]],
    columns: Mapping[str, Column],
    collation: str | None,
    backwards: bool = False,
) -> list[ColumnElement[Any]]:
    """What to sort by, unknown last; `backwards`: the very opposite, unknown first. `collation`: the database's name
    for the order of code points; None: its own. What is not among the columns sorts nothing."""
    clauses: list[ColumnElement[Any]] = []
    for name, upwards in sort:
        if (column := columns.get(name)) is None:
            continue
        key: ColumnElement[Any] = _as_shown(column)
        if isinstance(column, Number):
            clauses.append(by_number(key, upwards, backwards))
            continue
        if collation is not None:
            key = key.collate(collation)
        if isinstance(column, Words) and column.blank_last:
            clauses.append(by_number(func.nullif(key, ""), upwards, backwards))
            continue
        clauses.append(key.asc() if upwards != backwards else key.desc())
    return clauses


def by_number(figure: Any, upwards: bool, backwards: bool = False) -> ColumnElement[Any]:
    """To sort by a figure (or a day), unknown last; `backwards`: the very opposite."""
    way = figure.asc() if upwards != backwards else figure.desc()
    return way.nulls_first() if backwards else way.nulls_last()


def _as_shown(column: Column) -> ColumnElement[Any]:
    if not isinstance(column, Labels) or not column.labels:
        return column.of
    return case({key: literal(label, Text) for key, label in column.labels.items()}, value=column.of, else_=column.of)


def _has(word: str, columns: Mapping[str, Column], held: ColumnElement[bool]) -> ColumnElement[bool]:
    shown = [
        column.of.in_(keys)
        for column in columns.values()
        if isinstance(column, Labels)
        and (keys := [key for key, label in column.named.items() if word in label.lower()])
    ]
    return or_(held, *shown)


def _passes(column: Column, condition: Filter) -> ColumnElement[bool]:
    if "conditions" in condition:
        parts = [_passes(column, part) for part in condition["conditions"]]
        return or_(false(), *parts) if condition["operator"] == "OR" else and_(true(), *parts)
    if isinstance(column, Number):
        return _number_passes(column.of if column.scale == 1 else column.of / column.scale, condition)
    kind, wanted = condition["type"], str(condition.get("filter", "")).lower()
    if isinstance(column, Words):
        text = func.lower(column.of)
        if column.joined_by and kind in ("equals", "notEqual"):
            by = column.joined_by
            whole, kind = literal(by) + text + by, "contains" if kind == "equals" else "notContains"
            return _text_passes(whole, kind, f"{by}{wanted}{by}")
        return _text_passes(text, kind, wanted)
    named = column.named
    keys = [key for key, label in named.items() if _label_passes(label.lower(), kind, wanted)]
    unnamed = and_(column.of.not_in(list(named)), _text_passes(func.lower(column.of), kind, wanted))
    return or_(column.of.in_(keys), unnamed)


def _text_passes(text: ColumnElement[str], kind: str, wanted: str) -> ColumnElement[bool]:
    tests = {
        "contains": lambda: text.contains(wanted, autoescape=True),
        "notContains": lambda: ~text.contains(wanted, autoescape=True),
        "equals": lambda: text == wanted,
        "notEqual": lambda: text != wanted,
        "startsWith": lambda: text.startswith(wanted, autoescape=True),
        "endsWith": lambda: text.endswith(wanted, autoescape=True),
        "blank": lambda: text == "",
        "notBlank": lambda: text != "",
    }
    return tests[kind]()


def _label_passes(label: str, kind: str, wanted: str) -> bool:
    tests = {
        "contains": lambda: wanted in label,
        "notContains": lambda: wanted not in label,
        "equals": lambda: label == wanted,
        "notEqual": lambda: label != wanted,
        "startsWith": lambda: label.startswith(wanted),
        "endsWith": lambda: label.endswith(wanted),
        "blank": lambda: label == "",
        "notBlank": lambda: label != "",
    }
    return tests[kind]()


def _number_passes(figure: ColumnElement[Any], condition: Filter) -> ColumnElement[bool]:
    """NULL passes no comparison, as in the browser."""
    wanted = condition.get("filter")
    tests = {
        "equals": lambda: figure == wanted,
        "notEqual": lambda: figure != wanted,
        "lessThan": lambda: figure < wanted,
        "lessThanOrEqual": lambda: figure <= wanted,
        "greaterThan": lambda: figure > wanted,
        "greaterThanOrEqual": lambda: figure >= wanted,
        "inRange": lambda: and_(figure > wanted, figure < condition["filterTo"]),
        "blank": lambda: figure.is_(None),
        "notBlank": lambda: figure.is_not(None),
    }
    return tests[condition["type"]]()

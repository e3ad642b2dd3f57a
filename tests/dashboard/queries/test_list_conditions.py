"""A grid's filters, search and order in SQL say what the same rules say in plain Python, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Double, Engine, Integer, Text, cast, func, literal, select, union_all

from dashboard.queries.lists.grid_filters import Filter, GridQuery
from dashboard.queries.lists.list_conditions import Labels, Number, Words, conditions, order

POOLS = {"seed": "种子库", "golden": "金种子库"}
NAMES = ("莲芯传感", "Lotus_50%", "lotus sensors", "ÉCLAIR", "a\\b", "")
KEYS = ("seed", "golden", "old key", "")
NUMBERS = (None, -1.5, 0.0, 0.1, 2e4, 5e7)

rows = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(KEYS), st.sampled_from(NUMBERS)), min_size=1, max_size=6
)
texts = st.sampled_from([*NAMES, "%", "_", "\\", "库", "LOTUS", "key", "é"])
of_text = st.one_of(
    st.fixed_dictionaries(
        {
            "filterType": st.just("text"),
            "type": st.sampled_from(["contains", "notContains", "equals", "notEqual", "startsWith", "endsWith"]),
            "filter": texts,
        }
    ),
    st.fixed_dictionaries({"filterType": st.just("text"), "type": st.sampled_from(["blank", "notBlank"])}),
)
of_number = st.fixed_dictionaries(
    {
        "filterType": st.just("number"),
        "type": st.sampled_from(
            ["equals", "notEqual", "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual", "inRange"]
        ),
        "filter": st.sampled_from([-1.5e-4, 0.0, 2.0, 5000.0]),
        "filterTo": st.sampled_from([1.0, 6000.0]),
    }
)


def either(one: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    both = st.fixed_dictionaries(
        {"operator": st.sampled_from(["AND", "OR"]), "conditions": st.lists(one, min_size=2, max_size=2)}
    )
    return st.one_of(one, both)


of_column = {"name": either(of_text), "pool": either(of_text), "cny": either(of_number)}
by_column = st.tuples(st.sampled_from(sorted(of_column)), st.booleans())
queries = st.builds(
    GridQuery,
    filters=st.fixed_dictionaries({}, optional=of_column),
    search=st.sampled_from(["", "lotus", "种子", "lotus 金", "50%", "_", "nothing"]),
    sort=st.lists(by_column, max_size=2, unique_by=lambda one: one[0]),
)

TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, wanted: wanted in text,
    "notContains": lambda text, wanted: wanted not in text,
    "equals": lambda text, wanted: text == wanted,
    "notEqual": lambda text, wanted: text != wanted,
    "startsWith": lambda text, wanted: text.startswith(wanted),
    "endsWith": lambda text, wanted: text.endswith(wanted),
    "blank": lambda text, _wanted: text == "",
    "notBlank": lambda text, _wanted: text != "",
}


def passes(value: Any, condition: Filter) -> bool:
    if "conditions" in condition:
        parts = [passes(value, part) for part in condition["conditions"]]
        return any(parts) if condition["operator"] == "OR" else all(parts)
    if condition["filterType"] == "text":
        return TEXT_TESTS[condition["type"]](value.lower(), str(condition.get("filter", "")).lower())
    if value is None:
        return False
    figure, wanted = value / 1e4, condition["filter"]
    return {
        "equals": figure == wanted,
        "notEqual": figure != wanted,
        "lessThan": figure < wanted,
        "lessThanOrEqual": figure <= wanted,
        "greaterThan": figure > wanted,
        "greaterThanOrEqual": figure >= wanted,
        "inRange": wanted < figure < condition["filterTo"],
    }[condition["type"]]


def in_python(given_rows: list[tuple[str, str, float | None]], query: GridQuery) -> list[int]:
    shown = [
        {"row": place, "name": name, "pool": POOLS.get(key, key), "cny": figure}
        for place, (name, key, figure) in enumerate(given_rows)
    ]
    left = [row for row in shown if all(passes(row[name], asked) for name, asked in query.filters.items())]
    for word in query.search.lower().split():
        labels = {label for label in POOLS.values() if word in label}
        left = [row for row in left if word in row["name"].lower() or row["pool"] in labels]
    for name, upwards in reversed(query.sort):
        known = [row for row in left if row[name] is not None]
        ordered = sorted(known, key=lambda row, name=name: row[name], reverse=not upwards)
        left = ordered + [row for row in left if row[name] is None]
    return [row["row"] for row in left]


@pytest.fixture
def ask(engine: Engine) -> Callable[[list[tuple[str, str, float | None]], GridQuery], list[int]]:
    def asked(given_rows: list[tuple[str, str, float | None]], query: GridQuery) -> list[int]:
        table = union_all(
            *(
                select(
                    cast(literal(place), Integer).label("row"),
                    cast(literal(name), Text).label("name"),
                    cast(literal(key), Text).label("pool"),
                    cast(literal(figure), Double).label("cny"),
                )
                for place, (name, key, figure) in enumerate(given_rows)
            )
        ).subquery()
        shown = {"name": Words(table.c.name), "pool": Labels(table.c.pool, POOLS), "cny": Number(table.c.cny, 1e4)}
        fits = conditions(query, shown, lambda word: func.lower(table.c.name).contains(word, autoescape=True))
        collation = "C" if engine.dialect.name == "postgresql" else None
        statement = select(table.c.row).where(fits).order_by(*order(query.sort, shown, collation), table.c.row)
        with engine.connect() as connection:
            return list(connection.scalars(statement))

    return asked


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_rows=rows, query=queries)
def test_the_database_filters_searches_and_sorts_as_the_grid_does(
    ask: Callable[[list[tuple[str, str, float | None]], GridQuery], list[int]],
    given_rows: list[tuple[str, str, float | None]],
    query: GridQuery,
):
    assert ask(given_rows, query) == in_python(given_rows, query)

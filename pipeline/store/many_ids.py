"""Rows of many firms in one statement: `firm_id` among some ids, be they eight or eighty thousand.

An IN (...) with a hole for each id takes so many at most, so that whoever had more asked often, or read everything and
dropped the rest. Here the ids go over as one value, and the database looks up each by the column's index: what is read
grows with the ids that are asked for, not with what is stored.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Integer, Text, bindparam, func, null
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

#: A statement takes longer to build than a database to answer it for one firm. What every page asks is built once for
#: each person and day, and given its values when it is executed; of each kind so many are kept.
KEPT_STATEMENTS = 256


class _Ids(TypeDecorator[Sequence[Any]]):
    """Texts as one value: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True
    one: type[TypeEngine[Any]] = Text

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = postgresql.ARRAY(self.one()) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Numbers(_Ids):
    """Whole numbers in the same way."""

    cache_ok = True
    one = Integer


class _OneOf(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        return self  # SQLAlchemy would write "= 1" behind it, and SQLite then walk through the whole table


@compiles(_OneOf, "postgresql")
def _any_of_array(element: _OneOf, compiler: Any, **how: Any) -> str:
    column, ids = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} = ANY ({ids})"


@compiles(_OneOf, "sqlite")
def _in_json(element: _OneOf, compiler: Any, **how: Any) -> str:
    column, ids = (compiler.process(clause, **how) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"


def one_of(column: Any, ids: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column of texts holds one of these ids, of which there may be any number; no row does of none."""
    return _OneOf(column, bindparam(None, [str(one) for one in ids], type_=_Ids(), unique=True))


def one_of_those(column: Any, name: str) -> ColumnElement[bool]:
    """`one_of` the ids that a statement is given under this name when it is executed."""
    return _OneOf(column, bindparam(name, type_=_Ids()))


def one_of_those_numbers(column: Any, name: str) -> ColumnElement[bool]:
    """The same of a column of whole numbers."""
    return _OneOf(column, bindparam(name, type_=_Numbers()))


def without_index(column: Any) -> ColumnElement[Any]:
    """A column whose index is not to be used, for a condition beside that on the firms: SQLite, which keeps no
    statistics, would else as soon walk through all rows of a kind or of a return."""
    return func.coalesce(column, null())

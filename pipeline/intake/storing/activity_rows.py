"""The cells of a form of activities as columns, or what is wrong with each.

Called by validation.py with one block of a sheet at a time. What a kind needs and allows is held against
pipeline/activities; nothing about one kind is written here.
"""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import pandas as pd

from pipeline.activities import stated
from pipeline.intake.mapping.column_maps import ColumnRule, nearest
from pipeline.intake.mapping.headings import FormSheet
from pipeline.intake.reading import cells, days
from pipeline.intake.reading.cells import Wrong
from pipeline.intake.reading.workbook import Block
from pipeline.language import N_, Message

#: What is the same activity, stated twice.
KEY = ("kind", "level", "title", "counterpart", "amount_fen", "occurred_on")
_WORDS = ("kind", "level", "title", "counterpart", "outcome")
_DAYS = ("occurred_on", "ended_on", "known_on")
_FEN = 100
#: Of a figure that is a whole number of fen, this is what arithmetic may have added.
_LEAST = 1e-3

_NO_FRACTION = N_("%(found)s is no whole number of fen.")
_NO_SUCH_COLUMN = N_("The form has no such column; the row cannot be stated without it.")


def read(
    sheet: FormSheet,
    block: Block,
    today: date,
    as_shown: Callable[[int, ColumnRule], tuple[np.ndarray, np.ndarray | None, list[Wrong]]],
) -> tuple[dict[str, np.ndarray], list[tuple[int, list[Wrong]]]]:
    """The columns kind, level, title, counterpart, outcome (str or None), amount_fen (float, whole), the days, and the
    firm's name; and by the place of a column what is wrong in it. `as_shown`: a column of figures as its cells show
    them."""
    count = len(block)
    columns = {name: np.full(count, None, dtype=object) for name in (*_WORDS, "name")}
    columns |= {name: np.full(count, np.datetime64("NaT", "D")) for name in _DAYS}
    columns["amount_fen"] = np.full(count, np.nan)
    places: dict[str, int] = {}
    faults: list[tuple[int, list[Wrong]]] = []
    unread: dict[str, set[int]] = {}
    for place, rule in sheet.matching.rules.items():
        values = block.columns[place]
        column = "amount_fen" if rule.role == "amount" else str(rule.role)
        if rule.fact is not None and rule.fact.name == "name":
            column = "name"
            columns[column], wrong = cells.words(values, {})
        elif rule.role in ("kind", "level"):
            columns[column], wrong = cells.words(values, rule.words, understood=rule.understood)
            wrong = _near(rule, values, wrong)
        elif rule.role in _WORDS:
            columns[column], wrong = cells.words(values, {})
        elif rule.role in _DAYS:
            columns[column], wrong = days.days(values, today, future=rule.role == "ended_on")
        elif rule.role == "amount":
            shown, percents, otherwise = as_shown(place, rule)
            columns[column], wrong = _fen(shown, rule, percents)
            wrong = [*otherwise, *wrong]
        else:
            continue
        if column == "kind":
            wrong += _missing(columns[column], wrong, N_("the kind of activity is missing."), N_("Write which it is."))
        elif column == "occurred_on":
            write = N_("Write the day as year-month-day, for example 2024-03-05.")
            wrong += _missing(columns[column].astype(object), wrong, N_("the day is missing."), write)
        places[column], unread[column] = place, {one.at for one in wrong}
        faults.append((place, wrong))
    faults += _of_kinds(columns, places, unread)
    return columns, faults


def _fen(values: np.ndarray, rule: ColumnRule, percents: np.ndarray | None) -> cells.Read:
    """Amounts in fen; one that has a part of a fen is wrong."""
    yuan, wrong = cells.numbers(values, "money", rule.factor, percents)
    fen = np.round(yuan * _FEN)
    for at in np.flatnonzero(np.abs(yuan * _FEN - fen) > np.maximum(_LEAST, np.abs(fen) * 1e-15)).tolist():
        what = Message(_NO_FRACTION, {"found": cells.quoted(values[at])})
        wrong.append(Wrong(at, "not_whole", what, Message(N_("Write an amount without a part of a fen."))))
        fen[at] = np.nan
    return fen, wrong


def _near(rule: ColumnRule, values: np.ndarray, wrong: list[Wrong]) -> list[Wrong]:
    """For a word that nobody knows the words that look like it, where some do."""
    found = []
    for one in wrong:
        near = nearest(str(values[one.at]), rule.words) if one.kind == "unknown_word" else ()
        instead = Message(N_("Is it one of these: %(words)s?"), {"words": list(near)}) if near else one.instead
        found.append(Wrong(one.at, one.kind, one.what, instead))
    return found


def _missing(read: np.ndarray, wrong: list[Wrong], what: str, instead: str) -> list[Wrong]:
    known = {one.at for one in wrong}
    blank = [at for at, value in enumerate(read) if value is None and at not in known]
    return [Wrong(at, "missing", Message(what), Message(instead)) for at in blank]


def _of_kinds(
    columns: dict[str, np.ndarray], places: dict[str, int], unread: dict[str, set[int]]
) -> Iterator[tuple[int, list[Wrong]]]:
    """What the kinds of the rows need and do not have; a cell that could not be read is not missing as well."""
    by_column: dict[str, list[Wrong]] = {}
    for fault in stated.faults(_frame(columns)):
        column = fault.column if fault.column in places else "kind"
        if fault.at in unread.get(column, ()):
            continue
        instead = fault.instead if column == fault.column else Message(_NO_SUCH_COLUMN)
        by_column.setdefault(column, []).append(Wrong(fault.at, fault.kind, fault.what, instead))
    return ((places[column], wrong) for column, wrong in by_column.items() if column in places)


def _frame(columns: dict[str, np.ndarray]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.to_datetime(values) if name in _DAYS else values for name, values in columns.items()})

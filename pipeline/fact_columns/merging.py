"""Stored returns read into one frame of firm-years: form by form, column by column, the most trusted statement last.

A row of `return_row` has a column for every fact there is, but a form states a dozen of them: a return says which
(`stated`), and only those are read, of large returns from their columns. What is left is one assignment a column and
source, from the least to the most trusted, each in the order in which it became known.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, bindparam, or_, select

from pipeline.catalog import catalog
from pipeline.fact_columns import cells
from pipeline.fact_columns.cells import FULL_YEAR_MONTHS, ROW, Arrays
from pipeline.fact_columns.kept_columns import kept_of
from pipeline.sources import trust
from pipeline.store.firm_selection import FirmRange, FirmSelection, limited
from pipeline.store.many_ids import one_of_those, without_index
from pipeline.store.tables import Firm, Return, ReturnRow

if TYPE_CHECKING:
    import pandas as pd

#: Fewer than the variables that SQLite takes in one statement (32,766).
_MOST_RETURNS = 10_000
#: Two returns are read together where what both state is at least this share of what either does.
_ALIKE = 0.75
#: Of so few firms a question costs more than the blank cells that it would spare.
_FEW_FIRMS = 50


@dataclass
class _Form:
    """Returns of one source that state nearly the same facts. `kept`: those of them that are read from their columns,
    with the fingerprints of these."""

    source: str
    facts: set[str]
    returns: list[int] = field(default_factory=list)
    kept: dict[int, list[str]] = field(default_factory=dict)


@dataclass
class _Stated:
    """The rows of one form in the order in which they became known: `slot` is a row's place in the frame."""

    known_on: np.ndarray
    row: np.ndarray
    slot: np.ndarray
    values: Arrays


def read(
    connection: Connection, day: date, cohort: str | None, firms: FirmSelection, names: Sequence[str]
) -> "pd.DataFrame":
    """Full years by (firm_id, year), sorted, one typed column per name: what facts.as_known_on promises."""
    if _are_few(firms):
        return _frame(*_gathered_at_once(connection, day, cohort, firms, names), names)
    if cohort is not None and _every_firm_is_of(connection, cohort):
        cohort = None  # looking up the firm of every row would be a quarter of the work
    index, (stated,) = _gathered(connection, day, cohort, firms, names, [_forms(connection, firms)])
    return _frame(index, stated, names)


def read_on_days(
    connection: Connection, days: Sequence[date], cohort: str | None, names: Sequence[str]
) -> "list[pd.DataFrame]":
    """What `read` gives of each of these days, from one reading; all frames have one index, so that a year of which
    nothing was known on a day is there and blank."""
    if not days:
        return []
    index, (stated,) = _gathered(connection, max(days), cohort, None, names, [_forms(connection, None)])
    return [
        _frame(index, {source: [_by(part, day) for part in parts] for source, parts in stated.items()}, names)
        for day in days
    ]


def _by(part: _Stated, day: date) -> _Stated:
    known = part.known_on <= np.datetime64(day)
    values = {name: column[known] for name, column in part.values.items()}
    return _Stated(part.known_on[known], part.row[known], part.slot[known], values)


def read_apart(
    connection: Connection, firms: Sequence[str], names: Sequence[str], *said: ColumnElement[bool]
) -> Callable[..., "pd.DataFrame"]:
    """Full years of some firms as stated up to today, read once: what certain returns say, apart or together.

    Gives a function: with the places of some of the conditions `said` it returns, in the shape of `read`, what the
    returns say for which these hold. A return has one of the conditions at most. All frames have one index.
    """
    forms = [_forms(connection, firms, condition) for condition in said]
    index, groups = _gathered(connection, date.max, None, firms, names, forms)

    def frame(*places: int) -> "pd.DataFrame":
        together: dict[str, list[_Stated]] = defaultdict(list)
        for place in places:
            for source, parts in groups[place].items():
                together[source] += parts
        return _frame(index, together, names)

    return frame


def _gathered(
    connection: Connection,
    day: date,
    cohort: str | None,
    firms: FirmSelection,
    names: Sequence[str],
    groups: Sequence[Sequence[_Form]],
) -> tuple["pd.MultiIndex", list[dict[str, list[_Stated]]]]:
    """(firm_id, year) of everything that the forms say, and by group of forms and source what is stated there."""
    read_in: list[tuple[int, _Form, Arrays]] = []
    keys: list[Arrays] = []
    silent: list[int] = []
    ids = _ids(connection, cohort, firms) if any(form.kept for forms in groups for form in forms) else None
    for group, form in ((group, form) for group, forms in enumerate(groups) for form in forms):
        asked = [name for name in names if name in form.facts]
        kept, others = kept_of(connection, form.kept, ids, asked) if form.kept else (None, [])
        said = [] if kept is None else [_until(kept, day)]
        if not asked:  # a year is a year of the firm also where none of the facts asked for was stated
            keys += said
            silent += [*form.returns, *others]
            continue
        if form.returns or others or not said:
            statement = _known([*form.returns, *others], day, cohort, firms)
            said.append(cells.rows(connection, statement, ["id", "known_on"], asked))
        read_in.append((group, form, cells.joined(said)))
    keys = [*(found for _group, _form, found in read_in), *keys]
    for at in range(0, len(silent), _MOST_RETURNS):
        statement = _known(silent[at : at + _MOST_RETURNS], day, cohort, firms).distinct()
        keys.append(cells.rows(connection, statement, [], []))
    index, slots = _index(keys)
    stated: list[dict[str, list[_Stated]]] = [defaultdict(list) for _group in groups]
    for (group, form, found), slot in zip(read_in, slots, strict=False):
        stated[group][form.source].append(_ordered(found, slot))
    return index, stated


def _ids(connection: Connection, cohort: str | None, firms: FirmSelection) -> set[str] | None:
    """The firms of a cohort and range; None: all there are."""
    if cohort is None and firms is None:
        return None
    statement = limited(select(Firm.id), Firm.id, firms)
    return set(connection.scalars(statement if cohort is None else statement.where(Firm.cohort == cohort)))


def _until(found: Arrays, day: date) -> Arrays:
    """The rows that were known on the day."""
    known = found["known_on"] <= np.datetime64(day)
    return {name: column[known] for name, column in found.items()}


def _gathered_at_once(
    connection: Connection, day: date, cohort: str | None, firms: FirmSelection, names: Sequence[str]
) -> tuple["pd.MultiIndex", dict[str, list[_Stated]]]:
    """What `_gathered` gives of a few firms, in one question. Most cells are blank, and looked at but once."""
    given: dict[str, Any] = {"day": day, "firms": firms} | ({} if cohort is None else {"cohort": cohort})
    statement = _rows_of_few(cohort is not None, tuple(names))
    columns, blocks = cells.read(connection, statement, list(cells.ABOUT), names, given)
    source, says = columns.index("source"), columns.index("stated")
    alike: dict[tuple[str, str], list[Sequence[Any]]] = defaultdict(list)
    for row in (row for rows in blocks for row in rows):
        alike[row[source], str(row[says])].append(row)
    found = [_given(columns, rows, rows[0][says]) for rows in alike.values()]
    index, slots = _index(found)
    stated: dict[str, list[_Stated]] = defaultdict(list)
    for (of, _says), part, slot in zip(alike, found, slots, strict=True):
        stated[of].append(_ordered(part, slot))
    return index, stated


@lru_cache(maxsize=16)
def _rows_of_few(of_cohort: bool, names: tuple[str, ...]) -> Select[Any]:
    """The statement of `_gathered_at_once`: with hundreds of columns it takes longer to build than to answer."""
    statement = select(ROW.firm_id, ROW.year, *cells.asked(cells.ABOUT, names)).where(
        ROW.known_on <= bindparam("day"), ROW.months == FULL_YEAR_MONTHS, one_of_those(ROW.firm_id, "firms")
    )
    statement = statement.join(Return, Return.id == without_index(ROW.return_id)).where(Return.in_force)
    if of_cohort:
        statement = statement.join(Firm, Firm.id == ROW.firm_id).where(Firm.cohort == bindparam("cohort"))
    return statement


def _given(columns: Sequence[str], rows: Sequence[Sequence[Any]], stated: str | list[str] | None) -> Arrays:
    """What rows of returns that state the same say, without the facts of which all are silent. `stated`: as the driver
    gives it (SQLite: JSON as text)."""
    said = json.loads(stated) if isinstance(stated, str) else stated
    stated_cells = zip(columns, zip(*rows, strict=True), strict=True)
    return cells.arrays(
        {
            name: column
            for name, column in stated_cells
            if name in cells.KINDS
            or (name in catalog() and (said is None or name in said) and any(cell is not None for cell in column))
        }
    )


def _ordered(found: Arrays, slot: np.ndarray) -> _Stated:
    order = np.lexsort((found["id"], found["known_on"]))
    values = {name: values[order] for name, values in found.items() if name in catalog()}
    return _Stated(found["known_on"][order], found["id"][order], slot[order], values)


def _are_few(firms: FirmSelection) -> bool:
    return firms is not None and not isinstance(firms, FirmRange) and len(firms) <= _FEW_FIRMS


def _every_firm_is_of(connection: Connection, cohort: str) -> bool:
    # Below or above, not "other than": so the index of cohorts answers at once.
    others = select(Firm.id).where(or_(Firm.cohort < cohort, Firm.cohort > cohort)).limit(1)
    return connection.scalar(others) is None


def _forms(connection: Connection, firms: FirmSelection, said: ColumnElement[bool] | None = None) -> list[_Form]:
    """Every return in force (that speaks of these firms, where they are named), together with those like it."""
    statement = select(Return.id, Return.source, Return.stated, Return.kept_columns).where(Return.in_force)
    statement = statement.order_by(Return.id)
    if said is not None:
        statement = statement.where(said)
    named = firms is not None and not isinstance(firms, FirmRange)
    if named:
        statement = statement.where(Return.id.in_(limited(select(ReturnRow.return_id), ReturnRow.firm_id, firms)))
    few = _are_few(firms)
    kept: dict[int, list[str]] = {}
    alike: dict[tuple[str, frozenset[str]], list[int]] = defaultdict(list)
    every = frozenset(catalog())
    for number, source, stated, columns in connection.execute(statement):
        if columns and not named:  # a part has thousands of firms, too many to be looked through for some
            kept[number] = columns
        alike[source, every if stated is None else every.intersection(stated)].append(number)
    forms: list[_Form] = []
    for (source, facts), returns in sorted(alike.items(), key=lambda each: -len(each[0][1])):
        for at in range(0, len(returns), _MOST_RETURNS):
            some = returns[at : at + _MOST_RETURNS]
            form = next((form for form in forms if _fits(form, source, facts, len(some), few)), None)
            if form is None:
                forms.append(form := _Form(source, set(facts)))
            form.facts |= facts
            form.returns += some
    for form in forms:
        form.kept = {number: kept[number] for number in form.returns if number in kept}
        form.returns = [number for number in form.returns if number not in kept]
    return forms


def _fits(form: _Form, source: str, facts: frozenset[str], count: int, few: bool) -> bool:
    both, either = len(form.facts & facts), len(form.facts | facts)
    return form.source == source and len(form.returns) + count <= _MOST_RETURNS and (few or both >= _ALIKE * either)


def _known(returns: Sequence[int], day: date, cohort: str | None, firms: FirmSelection) -> Select[Any]:
    # The rows of some firms are found by their firm, not among all rows of each return.
    of_return = ROW.return_id if firms is None else without_index(ROW.return_id)
    statement = select(ROW.firm_id, ROW.year).where(
        of_return.in_(returns), ROW.known_on <= day, ROW.months == FULL_YEAR_MONTHS
    )
    if cohort is not None:
        statement = statement.join(Firm, Firm.id == ROW.firm_id).where(Firm.cohort == cohort)
    return limited(statement, ROW.firm_id, firms)


def _index(keys: Iterable[Arrays]) -> tuple["pd.MultiIndex", list[np.ndarray]]:
    """(firm_id, year), each once and sorted, and for each array of keys the places of its rows therein."""
    import pandas as pd

    parts = list(keys)
    firm = np.concatenate([part["firm_id"] for part in parts]) if parts else np.empty(0, dtype=object)
    year = np.concatenate([part["year"] for part in parts]) if parts else np.empty(0, dtype=np.int64)
    firm_number, firm_ids = pd.factorize(firm, sort=True)
    year_number, years = pd.factorize(year, sort=True)
    places, slots = np.unique(firm_number * max(len(years), 1) + year_number, return_inverse=True)
    index = pd.MultiIndex(
        levels=[pd.Index(firm_ids, dtype=pd.StringDtype(na_value=np.nan)), years],
        codes=list(np.divmod(places, max(len(years), 1))),
        names=["firm_id", "year"],
    )
    ends = np.cumsum([len(part["firm_id"]) for part in parts])[:-1]
    return index, np.split(slots, ends) if parts else []


def _frame(index: "pd.MultiIndex", stated: dict[str, list[_Stated]], names: Sequence[str]) -> "pd.DataFrame":
    """Column by column the latest statement of the most trusted source; a blank hides nothing."""
    import pandas as pd

    facts = catalog()
    trusted: dict[tuple[str, ...], list[str]] = {}
    numeric = [name for name in names if facts[name].numeric]
    block = np.full((len(numeric), len(index)), np.nan)
    columns: dict[str, Any] = dict(zip(numeric, block, strict=True))
    for name in names:
        fact = facts[name]
        if not fact.numeric:
            columns[name] = np.full(len(index), *(("NaT", "M8[s]") if fact.type == "date" else (np.nan, "O")))
        order = trust().order_of(name)
        if order not in trusted:
            trusted[order] = _from_least_trusted(order, stated)
        for source in trusted[order]:
            if not (parts := [part for part in stated[source] if name in part.values]):
                continue
            slot, values = _in_order(parts, name)
            there = _stated(values)
            # Of several statements of one year the last assigned stays: the latest of the most trusted.
            columns[name][slot[there]] = values[there]
    words = pd.StringDtype(na_value=np.nan)
    others = {
        name: pd.array(columns[name], dtype=words) if facts[name].type != "date" else columns[name]
        for name in names
        if not facts[name].numeric
    }
    frame = pd.concat([pd.DataFrame(block.T, index, numeric), pd.DataFrame(others, index)], axis=1)
    places = {name: place for place, name in enumerate(frame)}
    return frame.take([places[name] for name in names], axis=1)


def _stated(values: np.ndarray) -> np.ndarray:
    """Where a value is not blank."""
    import pandas as pd

    return values == values if values.dtype.kind in "fM" else ~pd.isna(values)  # neither NaN nor NaT is itself


def _from_least_trusted(order: Sequence[str], stated: dict[str, list[_Stated]]) -> list[str]:
    """The sources that state anything; one that data/sources.yaml no longer names is trusted least."""
    return sorted(stated, key=lambda source: -order.index(source) if source in order else -len(order))


def _in_order(parts: list[_Stated], name: str) -> tuple[np.ndarray, np.ndarray]:
    """Places and values of one fact by one source, in the order in which they became known."""
    if len(parts) == 1:
        return parts[0].slot, parts[0].values[name]
    slot, values = (
        np.concatenate(each) for each in zip(*((part.slot, part.values[name]) for part in parts), strict=True)
    )
    known_on, row = (np.concatenate(each) for each in zip(*((part.known_on, part.row) for part in parts), strict=True))
    order = np.lexsort((row, known_on))
    return slot[order], values[order]

"""Facts as known on a day: the only door through which everything else reads what firms stated.

Intake stores rows; features, rules and the dashboard read them here. Rows are never changed, so the same day always
gives the same facts; a row whose `known_on` is later is never read. Where several returns state the same figure of the
same year, each column takes the latest statement of the most trusted source (data/sources.yaml).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, bindparam, select

from pipeline.catalog import catalog
from pipeline.fact_columns import merging
from pipeline.fact_columns.cells import FULL_YEAR_MONTHS as FULL_YEAR_MONTHS
from pipeline.sources import trust
from pipeline.store.firm_selection import FirmRange, FirmSelection, limited
from pipeline.store.many_ids import one_of_those, without_index
from pipeline.store.tables import CITY, Event, Firm, Import, Return, ReturnRow

if TYPE_CHECKING:
    import pandas as pd

_EVENT_WORDS = ("firm_id", "kind", "board")


def public_on(year: int) -> date:
    """The day on which a figure of `year` counts as known where no publication day is given.

    Source: listed and quoted firms publish annual reports by 30 April of the next year (证券法 第79条).
    """
    return date(year + 1, 4, 30)


def as_known_on(
    engine: Engine | Connection,
    day: date,
    cohort: str | None = CITY,
    firms: FirmSelection = None,
    columns: Sequence[str] | None = None,
) -> "pd.DataFrame":
    """Every full year of every firm of the cohort, as it was known on `day`.

    Index (firm_id, year), sorted; one column per fact of the catalogue (or only `columns`): float64 for
    figures and yes/no (1.0, 0.0), datetime64 for days, str for words; NaN, NaT or None where nobody had
    stated it. Money in yuan, shares as fractions. `firms` limits it to these; cohort None: all cohorts.
    """
    asked = None if columns is None else set(columns)
    wanted = [name for name in catalog() if asked is None or name in asked]
    with connected(engine) as connection:
        return merging.read(connection, day, cohort, firms, wanted)


def as_known_on_days(
    engine: Engine | Connection, days: Sequence[date], cohort: str, columns: Sequence[str]
) -> "list[pd.DataFrame]":
    """as_known_on of each of these days, from one reading of the facts; a year of which nothing was known on a day yet
    is there and blank."""
    with connected(engine) as connection:
        return merging.read_on_days(connection, days, cohort, columns)


def last_stated(
    connection: Connection, firms: Iterable[str], columns: Sequence[str], *said: ColumnElement[bool]
) -> Callable[..., "pd.DataFrame"]:
    """What returns in force state of these firms' full years, whenever it counts as known, by conditions on Return.

    `last_stated(…, a, b)(0, 1)` is what the returns of a or b say, in the shape of as_known_on. For questions about
    what was handed in; what is scored or judged asks as_known_on.
    """
    return merging.read_apart(connection, list(firms), columns, *said)


def firms_as_known_on(
    engine: Engine | Connection, day: date, cohort: str | None = CITY, firms: FirmSelection = None
) -> "pd.DataFrame":
    """One row per firm that had stated anything by `day`: its cohort and the facts that hold for the firm.

    Index firm_id, sorted; columns cohort and every `per_firm` fact, each the latest year's statement that is
    not blank.
    """
    return facts_and_firms(engine, day, cohort, firms, [])[1]


def facts_and_firms(
    engine: Engine | Connection, day: date, cohort: str | None, firms: FirmSelection, columns: Sequence[str]
) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    """as_known_on of `columns` (and the `per_firm` facts) and firms_as_known_on, from one reading."""

    labels = [fact.name for fact in catalog().values() if fact.per_firm]
    known = as_known_on(engine, day, cohort, firms, [*columns, *labels])
    if cohort is None:
        of_firms = limited(select(Firm.id, Firm.cohort), Firm.id, firms)
        cohorts = _read(engine, of_firms).set_index("id")["cohort"]
    else:
        cohorts = cohort
    return known, _latest(known, labels, cohorts)


def _latest(known: "pd.DataFrame", columns: Sequence[str], cohorts: "pd.Series | str") -> "pd.DataFrame":
    """Of each firm its cohort, and the last value of each column that is not blank; what groupby(…).last() gives, which
    takes each column of words apart cell by cell."""
    import numpy as np
    import pandas as pd

    firm, places = known.index.codes[0], np.arange(len(known))
    begins = np.flatnonzero(np.diff(firm, prepend=-1))
    index = known.index.get_level_values("firm_id")[begins]
    words = pd.StringDtype(na_value=float("nan"))
    of_firms = [cohorts] * len(index) if isinstance(cohorts, str) else cohorts.reindex(index)
    found: dict[str, Any] = {"cohort": pd.array(of_firms, dtype=words)}
    if not len(begins):
        return pd.DataFrame(found | {name: known[name].array for name in columns}, index)
    for name in columns:
        values = known[name].array
        last = np.maximum.reduceat(np.where(values.isna(), -1, places), begins)
        found[name] = pd.api.extensions.take(values, np.where(last < begins, -1, last), allow_fill=True)
    return pd.DataFrame(found, index)


def last_years_known_on(engine: Engine | Connection, day: date, cohort: str) -> "pd.Series":
    """The last full year of which anything was known on `day`, of every firm of the cohort: int64, index firm_id
    sorted. What the index of as_known_on says, found in the database: of each firm the rows are looked at from its
    last year back, until one counts."""
    last_year = (
        select(ReturnRow.year)
        .join(Return, Return.id == without_index(ReturnRow.return_id))
        .where(ReturnRow.firm_id == Firm.id, ReturnRow.known_on <= day, ReturnRow.months == FULL_YEAR_MONTHS)
        .where(Return.in_force)
        .order_by(ReturnRow.year.desc())
        .limit(1)
        .scalar_subquery()
    )
    statement = select(Firm.id.label("firm_id"), last_year.label("year")).where(Firm.cohort == cohort)
    return _read(engine, statement).dropna().set_index("firm_id")["year"].astype("int64").sort_index()


def events_as_known_on(
    engine: Engine | Connection, day: date, cohort: str | None = CITY, firms: FirmSelection = None
) -> "pd.DataFrame":
    """Events known by `day`: columns firm_id, kind, board, occurred_on, known_on (datetime64). `firms`: theirs
    alone."""
    import numpy as np
    import pandas as pd

    named = firms is not None and not isinstance(firms, FirmRange)
    statement = _events(cohort is not None, named)
    given = {"day": day, "cohort": cohort, "firms": firms}
    with connected(engine) as connection:
        rows = connection.execute(statement if named else limited(statement, Event.firm_id, firms), given).all()
    # With the kinds said: pandas would look at each cell to find them, twice.
    words, days = pd.StringDtype(na_value=float("nan")), "datetime64[s]"
    columns = zip(*rows, strict=True) if rows else iter([()] * 5)
    return pd.DataFrame(
        {
            name: pd.array(column, dtype=words) if name in _EVENT_WORDS else np.array(column, dtype=days)
            for name, column in zip((*_EVENT_WORDS, "occurred_on", "known_on"), columns, strict=True)
        }
    )


@cache
def _events(of_cohort: bool, named: bool) -> Select:
    """The statement of `events_as_known_on`, of all firms or of those that it is given."""
    statement = (
        select(Event.firm_id, Event.kind, Event.board, Event.occurred_on, Event.known_on)
        .join(Firm, Firm.id == Event.firm_id)
        .where(Event.in_force, Event.known_on <= bindparam("day"))
        .order_by(Event.firm_id, Event.occurred_on, Event.id)
    )
    if of_cohort:
        statement = statement.where(Firm.cohort == bindparam("cohort"))
    return statement.where(one_of_those(Event.firm_id, "firms")) if named else statement


def statements_of(engine: Engine | Connection, firm: str, day: date) -> "pd.DataFrame":
    """Who stated each figure of one firm by `day`: the one believed first, then those who said otherwise.

    Columns year, months, fact, value (as stated, base unit), believed (bool), source, file_name, sheet,
    sheet_row, import_id, return_id, known_on, prepared_by; blank cells are left out. Sorted by year
    (latest first), fact in the order of the catalogue, and trust.
    """
    import pandas as pd

    statement = _statements(day, None, [firm]).join(Import, Import.id == Return.import_id)
    statement = statement.with_only_columns(
        ReturnRow.id,
        ReturnRow.year,
        ReturnRow.months,
        ReturnRow.known_on,
        ReturnRow.return_id,
        ReturnRow.sheet_row,
        Return.source,
        Return.sheet,
        Return.import_id,
        Import.file_name,
        *(getattr(ReturnRow, name) for name in catalog()),
    )
    rows = _read(engine, statement)
    rows["by"] = rows["prepared_by"]
    about = [
        "id",
        "year",
        "months",
        "known_on",
        "return_id",
        "sheet_row",
        "source",
        "sheet",
        "import_id",
        "file_name",
        "by",
    ]
    tall = rows.astype(object).melt(id_vars=about, value_vars=list(catalog()), var_name="fact").dropna(subset="value")
    if tall.empty:
        return pd.DataFrame(columns=["year", "months", "fact", "value", "believed", *about[3:-1], "prepared_by"])
    places = {name: place for place, name in enumerate(catalog())}
    tall["place"] = tall["fact"].map(places)
    tall["trust"] = [
        trust().order_of(fact).index(source) for fact, source in zip(tall["fact"], tall["source"], strict=True)
    ]
    tall = tall.sort_values(
        ["year", "months", "place", "trust", "known_on", "id"],
        ascending=[False, False, True, True, False, False],
    )
    tall["believed"] = ~tall.duplicated(["year", "months", "fact"])
    return tall.rename(columns={"by": "prepared_by"}).drop(columns=["id", "place", "trust"]).reset_index(drop=True)


def _statements(day: date, cohort: str | None, firms: FirmSelection) -> Select:
    """Rows in force that were known by `day`: every reading of facts begins here."""
    statement = select(ReturnRow).join(Return, and_(Return.id == ReturnRow.return_id, Return.in_force))
    statement = statement.where(ReturnRow.known_on <= day)
    if cohort is not None:
        statement = statement.join(Firm, Firm.id == ReturnRow.firm_id).where(Firm.cohort == cohort)
    return limited(statement, ReturnRow.firm_id, firms)


def _read(engine: Engine | Connection, statement: Select) -> "pd.DataFrame":
    import pandas as pd

    with connected(engine) as connection:
        return pd.read_sql_query(statement, connection)


@contextmanager
def connected(engine: Engine | Connection) -> Iterator[Connection]:
    """The caller's own connection, or one of the engine for as long as it is needed."""
    if isinstance(engine, Connection):
        yield engine
    else:
        with engine.connect() as connection:
            yield connection

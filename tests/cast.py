"""The standing cast: the same few invented firms and people return in every test.

Lotus Sensors is small and grows; Banyan Motors is large and profitable; Kapok Software loses money.
Their credit codes are made up, with check digits that hold.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.catalog import catalog
from pipeline.facts import public_on
from pipeline.store.tables import CITY, Event, Firm, Import, Return, ReturnRow

LOTUS = "91440703MA5CA1L08E"
BANYAN = "91440704MA5CA1B04D"
KAPOK = "91440705MA5CA1K010"
NAMES = {LOTUS: "莲芯传感（虚构）", BANYAN: "榕动电机（虚构）", KAPOK: "木棉软件（虚构）"}
NOW = datetime(2024, 6, 1, 9, 0)


def yearly(firm: str = LOTUS, /, **facts: Mapping[int, Any]) -> pd.DataFrame:
    """A facts frame of one firm from `fact={year: value}`; every other fact is blank, typed as facts.py does."""
    years = sorted({year for values in facts.values() for year in values})
    index = pd.MultiIndex.from_product([[firm], years], names=["firm_id", "year"])
    columns: dict[str, pd.Series] = {}
    for name, fact in catalog().items():
        values = [facts.get(name, {}).get(year) for year in years]
        if fact.numeric:
            columns[name] = pd.Series(values, index, dtype="float64")
        elif fact.type == "date":
            columns[name] = pd.Series(pd.to_datetime(values), index).astype("datetime64[s]")
        else:
            columns[name] = pd.Series(values, index, dtype=pd.StringDtype(na_value=float("nan")))
    return pd.DataFrame(columns)


def state(
    engine: Engine,
    firm: str,
    year: int,
    /,
    *,
    source: str = "hnte_annual",
    known_on: date | None = None,
    months: int = 12,
    cohort: str = CITY,
    file_name: str = "lotus.xlsx",
    **facts: Any,
) -> int:
    """Store one return row straight away, without a file; returns the id of its import."""
    with Session(engine) as session, session.begin():
        if session.get(Firm, firm) is None:
            session.add(Firm(id=firm, cohort=cohort, name=NAMES.get(firm, firm)))
        brought = Import(
            kind="returns",
            file_name=file_name,
            sha256=f"{firm}{year}{source}{known_on}",
            map_name="city",
            cohort=cohort,
            source=source,
            rows=1,
            imported_at=NOW,
            imported_by="test",
        )
        form = Return(brought_by=brought, source=source, sheet="年度财务")
        session.add_all([brought, form])
        session.flush()
        session.add(
            ReturnRow(
                firm_id=firm,
                return_id=form.id,
                sheet_row=2,
                year=year,
                months=months,
                known_on=known_on or public_on(year),
                **facts,
            )
        )
        return brought.id


def happened(engine: Engine, firm: str, kind: str, on: date, *, known_on: date | None = None) -> None:
    """Store one stage event of a firm that is known already."""
    with Session(engine) as session, session.begin():
        session.add(Event(firm_id=firm, kind=kind, occurred_on=on, known_on=known_on or on))

"""The rows of a sheet are stored as they were read, the same on both databases."""

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, select

from pipeline.catalog import catalog
from pipeline.intake.storing import store
from pipeline.intake.storing.checked_rows import CheckedSheet, FirmNumbers
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.tables import Event, ReturnRow

LOTUS, BANYAN, KAPOK = "91440703MA5CAXT000", "91440704MA5CAXT111", "91440705MA5CAXT222"
NAT = np.datetime64("NaT", "D")


@pytest.fixture
def request_(tmp_path) -> ImportRequest:
    return ImportRequest.of(tmp_path / "form.csv", "city", by="test", now=datetime(2024, 6, 1), today=date(2024, 6, 1))


@pytest.mark.parametrize("at_once", [2, 20_000])
def test_every_kind_of_fact_is_kept_as_its_kind_and_a_blank_as_nothing(
    engine: Engine, request_, monkeypatch, at_once: int
):
    monkeypatch.setattr(store, "_ROWS_AT_ONCE", at_once)
    known_on = pd.to_datetime(["2024-04-30", "2024-05-02", "2024-04-30"])
    rows = pd.DataFrame(
        {
            "firm_id": [LOTUS, BANYAN, KAPOK],
            "row": [1, 2, 4],
            "year": [2023, 2023, 2022],
            "months": [12, 6, 12],
            "known_on": known_on.astype("datetime64[s]"),
            "name": ["莲芯\t传感\\N", None, '木"棉\n'],
            "revenue_cny": [0.1 + 0.2, np.nan, -1e15],
            "staff": [0.0, 2_000_000_000.0, np.nan],
            "rd_over_operating_spend": [np.nan, 1 / 3, 0.0],
            "srdi_provincial": [1.0, 0.0, np.nan],
            "registered_on": np.array(["2001-02-03", NAT, "1999-12-31"], dtype="datetime64[D]").astype("datetime64[s]"),
            "prepared_by": pd.Series([None, None, None], dtype=object),
        }
    )
    facts = [catalog()[name] for name in rows.columns if name in catalog()]
    with engine.begin() as connection:
        number = store.add_import(connection, request_, "0" * 64, len(rows))
        store.add_firms(connection, rows[["firm_id", "name"]], "city")
        sheet, firms = CheckedSheet("表", {}, {}, facts), FirmNumbers()
        for at in range(0, len(rows), at_once):
            sheet.add(some := rows.iloc[at : at + at_once], firms.take_in(some))
        return_id = store.add_return(connection, number, "hnte_annual", sheet)
        for _where, some in sheet.in_order():
            store.add_rows(connection, return_id, some)
        columns = [getattr(ReturnRow, fact.name) for fact in facts]
        about = (ReturnRow.firm_id, ReturnRow.sheet_row, ReturnRow.year, ReturnRow.months, ReturnRow.known_on)
        found = connection.execute(select(*about, *columns).order_by(ReturnRow.id)).all()
        assert connection.scalars(select(ReturnRow.return_id).distinct()).all() == [return_id]
    assert [tuple(row) for row in found] == [
        (LOTUS, 2, 2023, 12, date(2024, 4, 30), "莲芯\t传感\\N", 0.1 + 0.2, 0, None, True, date(2001, 2, 3), None),
        (BANYAN, 3, 2023, 6, date(2024, 5, 2), None, None, 2_000_000_000, 1 / 3, False, None, None),
        (KAPOK, 5, 2022, 12, date(2024, 4, 30), '木"棉\n', -1e15, None, 0.0, None, date(1999, 12, 31), None),
    ]


def test_events_are_kept_with_their_days_and_whether_they_count(engine: Engine, request_):
    events = pd.DataFrame(
        {
            "firm_id": [LOTUS, BANYAN],
            "name": ["莲芯", None],
            "kind": ["listed", "share_reform"],
            "board": ["bse", ""],
            "occurred_on": np.array(["2023-05-05", "2022-01-31"], dtype="datetime64[D]"),
            "known_on": pd.to_datetime(["2023-05-05", "2022-02-01"]),
        }
    )
    with engine.begin() as connection:
        number = store.add_import(connection, request_, "0" * 64, len(events))
        store.add_firms(connection, events[["firm_id", "name"]], "city")
        store.add_events(connection, number, events, np.array([True, False]))
        columns = (Event.firm_id, Event.kind, Event.board, Event.occurred_on, Event.known_on, Event.in_force)
        found = connection.execute(select(*columns).order_by(Event.id)).all()
    assert [tuple(row) for row in found] == [
        (LOTUS, "listed", "bse", date(2023, 5, 5), date(2023, 5, 5), True),
        (BANYAN, "share_reform", "", date(2022, 1, 31), date(2022, 2, 1), False),
    ]

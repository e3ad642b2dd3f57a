"""Made-up panels for the tests of scoring: firms whose chance of listing grows with a hidden quality."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from pipeline.facts import public_on
from pipeline.store.tables import Event, Firm, Import, Return, ReturnRow
from scoring.explain.explanation import explain_firm
from scoring.explain.firm_snapshot import firm_snapshot

NOW = datetime(2026, 11, 22, 9, 0)
YEARS = range(2018, 2025)


def ratios(rows: int = 1200, columns: int = 8, seed: int = 0, share: float = 0.06) -> tuple[pd.DataFrame, pd.Series]:
    """An anonymous panel: heavy tails, gaps, an interaction; 0/1 label with noise."""
    chance = np.random.default_rng(seed)
    values = chance.standard_t(3, size=(rows, columns))
    hidden = 2 * values[:, 0] + 3 * ((values[:, 1] > 0.5) & (values[:, 2] < 0)) + chance.normal(0, 1, rows)
    label = (hidden > np.quantile(hidden, 1 - share)).astype(int)
    values[chance.random(values.shape) < 0.05] = np.nan
    return pd.DataFrame(values, columns=[f"Attr{place + 1}" for place in range(columns)]), pd.Series(label)


def a_market(
    engine: Engine, firms: int = 130, seed: int = 0, cohort: str = "neeq", years: Sequence[int] = tuple(YEARS)
) -> list[str]:
    """Firms with yearly figures and listings that follow a hidden quality; about one firm in five lists by 2025."""
    chance = np.random.default_rng(seed)
    quality = chance.normal(0, 1, firms)
    ids = [f"{cohort}:{100000 + place}" for place in range(firms)]
    growth = 0.05 + 0.08 * quality
    size = np.exp(chance.normal(17.5, 1, firms) + quality)
    rows, events = [], []
    listed: dict[str, date] = {}
    for place, firm in enumerate(ids):
        for year in years:
            revenue = size[place] * (1 + growth[place]) ** (year - years[0]) * float(np.exp(chance.normal(0, 0.1)))
            margin = 0.06 + 0.04 * quality[place] + float(chance.normal(0, 0.03))
            rows.append(_row(firm, year, revenue, margin, float(chance.uniform(0.2, 0.7))))
            day = date(year + 1, 9, 1)
            if firm not in listed and chance.random() < 0.03 * np.exp(1.3 * quality[place]):
                listed[firm] = day
                events.append({"firm_id": firm, "kind": "listed", "board": "bse", "occurred_on": day, "known_on": day})
    store(engine, cohort, ids, rows, events)
    return ids


def _row(firm: str, year: int, revenue: float, margin: float, debt: float) -> dict[str, object]:
    return {
        "firm_id": firm,
        "year": year,
        "months": 12,
        "known_on": public_on(year),
        "sheet_row": 2,
        "name": firm,
        "revenue_cny": revenue,
        "net_profit_cny": revenue * margin,
        "gross_margin_stated": margin + 0.2,
        "roe_stated": margin * 1.5,
        "debt_ratio_stated": debt,
        "current_ratio_stated": 1 / debt,
    }


def store(
    engine: Engine,
    cohort: str,
    ids: Sequence[str],
    rows: Sequence[dict[str, object]],
    events: Sequence[dict[str, object]] = (),
) -> None:
    """Rows and events as one import of a source."""
    with Session(engine) as session, session.begin():
        brought = Import(
            kind="returns",
            file_name="made-up.csv",
            sha256=f"{cohort}{len(rows)}",
            map_name="neeq",
            cohort=cohort,
            source="exchange",
            rows=len(rows),
            imported_at=NOW,
            imported_by="test",
        )
        session.add(brought)
        session.flush()
        sheet = Return(import_id=brought.id, source="exchange", sheet="made-up")
        session.add(sheet)
        session.flush()
        known = {firm for (firm,) in session.query(Firm.id)}
        new = [{"id": firm, "cohort": cohort, "name": firm} for firm in ids if firm not in known]
        if new:
            session.execute(insert(Firm), new)
        if rows:
            session.execute(insert(ReturnRow), [{**row, "return_id": sheet.id} for row in rows])
        if events:
            session.execute(insert(Event), [{**event, "import_id": brought.id} for event in events])


def explained(engine: Engine, models: Path, firm_id: str, day: date, suggestions: bool = True) -> dict[str, Any]:
    """A firm's score explained, as `goldseed explain --json` prints it."""
    return explain_firm(models, firm_snapshot(engine, firm_id, day), suggestions=suggestions).as_json()

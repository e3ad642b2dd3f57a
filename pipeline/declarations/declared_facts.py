"""What was declared of each firm by a day, as facts that the policy of the pools reads."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from pipeline.declarations.content import Application, application_from
from pipeline.declarations.declarations import APPLICATION, NOMINATION, REPLACED
from pipeline.store.pool_tables import Declaration

COLUMNS = (
    "nominated",
    "nominated_by",
    "nominated_on",
    "applied",
    "intends_to_list",
    "truth_declared",
    "plan_dropped",
    "target_board",
    "reform_on",
    "filing_on",
    "advisers_signed",
)


def declared(connection: Connection, as_of: date, at: datetime | None = None) -> pd.DataFrame:
    """What was declared by `as_of` (and on record at the moment `at`, UTC, where it is given).

    Index firm_id, only firms of which anything was ever declared by then. Columns: nominated, applied, intends_to_list,
    truth_declared, advisers_signed (a broker's agreement), plan_dropped (1.0 yes, 0.0 no, NaN not said); target_board,
    nominated_by (words, None); nominated_on, reform_on, filing_on (datetime64). A plan is dropped where somebody has
    withdrawn the newest application; one that was replaced is none.
    """
    statement = select(
        Declaration.firm_id,
        Declaration.kind,
        Declaration.declared_on,
        Declaration.declared_by,
        Declaration.content,
        Declaration.withdrawn_on,
        Declaration.withdrawn_at,
        Declaration.withdrawn_why,
    ).where(Declaration.declared_on <= as_of)
    if at is not None:
        statement = statement.where(Declaration.recorded_at <= at)
    # Of each firm and kind the newest comes last.
    newest: dict[tuple[str, str], Any] = {}
    for row in connection.execute(statement.order_by(Declaration.declared_on, Declaration.id)):
        newest[row.firm_id, row.kind] = row
    rows: dict[str, dict[str, object]] = {}
    for (firm, kind), row in newest.items():
        withdrawn = row.withdrawn_on is not None and row.withdrawn_on <= as_of
        withdrawn &= at is None or (row.withdrawn_at is not None and row.withdrawn_at <= at)
        said = rows.setdefault(firm, {})
        if kind == NOMINATION:
            said |= _nomination(row) if not withdrawn else {"nominated": 0.0}
        elif kind == APPLICATION:
            said |= _application(application_from(row.content), as_of) if not withdrawn else _dropped(row)
    found = pd.DataFrame.from_dict(rows, orient="index", columns=None).reindex(columns=list(COLUMNS))
    found.index.name = "firm_id"
    figures = [name for name in COLUMNS if name not in ("nominated_by", "target_board") and not name.endswith("_on")]
    for name in figures:
        found[name] = found[name].astype("float64")
    for name in (name for name in COLUMNS if name.endswith("_on")):
        found[name] = pd.to_datetime(found[name])
    for name in ("nominated_by", "target_board"):
        found[name] = found[name].astype(object).where(found[name].notna(), None)
    return found.sort_index()


def _nomination(row: Any) -> Mapping[str, object]:
    return {"nominated": 1.0, "nominated_by": row.declared_by, "nominated_on": pd.Timestamp(row.declared_on)}


def _application(said: Application, as_of: date) -> Mapping[str, object]:
    signed = any(one.role == "broker" and one.signed_on is not None and one.signed_on <= as_of for one in said.advisers)
    return {
        "applied": 1.0,
        "intends_to_list": float(said.intends_to_list),
        "truth_declared": float(said.truth),
        "plan_dropped": 0.0,
        "target_board": said.target_board,
        "reform_on": None if said.reform_on is None else pd.Timestamp(said.reform_on),
        "filing_on": None if said.filing_on is None else pd.Timestamp(said.filing_on),
        "advisers_signed": float(signed),
    }


def _dropped(row: Any) -> Mapping[str, object]:
    return {"applied": 0.0, "plan_dropped": float(row.withdrawn_why != REPLACED)}

"""What was declared of each firm by a day, as a table: what the policy of the pools reads.

Nothing that was declared, recorded or withdrawn later is read, so a day of the past gives what was known on it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, and_, select

from pipeline.accounts import audit
from pipeline.declarations.content import BROKER
from pipeline.store.firm_selection import limited
from pipeline.store.pool_tables import Declaration

if TYPE_CHECKING:
    import pandas as pd

_YES_OR_NO = ("nominated", "applied", "intends_to_list", "plan_dropped", "truth_declared", "advisers_signed")
_WORDS, _DAYS = ("target_board", "nominated_by"), ("reform_on", "filing_on", "nominated_on")
COLUMNS = (*_YES_OR_NO, *_WORDS, *_DAYS)
_DECLARATION = Declaration.__table__.c


def applications(connection: Connection, as_of: date, firms: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The application of each of these firms that is in force on `as_of`, as content.Application is stored; firms
    without one are left out."""
    found: dict[str, dict[str, Any]] = {}
    known = limited(_known(as_of, None).where(_DECLARATION.kind == "application"), _DECLARATION.firm_id, firms)
    for row in connection.execute(known.order_by(_DECLARATION.id)):
        found.pop(row.firm_id, None)  # the newest says, also where it was withdrawn
        if not row.withdrawn:
            found[row.firm_id] = row.content
    return found


def declared(connection: Connection, as_of: date, at: datetime | None = None) -> "pd.DataFrame":
    """What was declared by `as_of` of every firm of which anything was; `at`: as recorded by that moment, else by now.

    Index firm_id, sorted. float64 1.0 and 0.0: nominated, applied (in force), plan_dropped (a person withdrew the
    application, and none came after it); of the application in force, NaN without one: intends_to_list,
    truth_declared, advisers_signed (a broker has signed by `as_of`), target_board (object, None), reform_on and
    filing_on (datetime64, NaT); of the nomination in force: nominated_by (object, None), nominated_on (datetime64).
    """
    import pandas as pd

    rows = _rows(connection, as_of, at)
    newest = rows.drop_duplicates(["firm_id", "kind"], keep="last")
    told = pd.DataFrame(index=pd.Index(sorted(rows["firm_id"].unique()), name="firm_id", dtype=object))
    standing = newest[~newest["withdrawn"]].set_index("firm_id")
    applications = standing[standing["kind"] == "application"]
    nominations = standing[standing["kind"] == "nomination"]
    dropped = newest.loc[newest["withdrawn"] & (newest["kind"] == "application"), "firm_id"]
    told["nominated"] = told.index.isin(nominations.index)
    told["applied"] = told.index.isin(applications.index)
    told["plan_dropped"] = told.index.isin(dropped)
    contents = [_said(content, as_of) for content in applications["content"]]
    said = pd.DataFrame(contents, applications.index, columns=list(_SAID), dtype=object)
    for name in _SAID:
        told[name] = said[name]
    told["nominated_by"], told["nominated_on"] = nominations["declared_by"], nominations["declared_on"]
    for name in _YES_OR_NO:
        told[name] = told[name].astype("float64")
    for name in _WORDS:
        told[name] = told[name].astype(object).where(told[name].notna(), None)
    for name in _DAYS:
        told[name] = pd.to_datetime(told[name]).astype("datetime64[s]")
    return told[list(COLUMNS)]


_SAID = ("intends_to_list", "target_board", "reform_on", "filing_on", "truth_declared", "advisers_signed")


def _said(content: dict[str, Any], as_of: date) -> tuple[Any, ...]:
    """What an application says, in the order of _SAID."""
    signed = [one["signed_on"] for one in content["advisers"] if one["role"] == BROKER and one["signed_on"]]
    return (
        content["intends_to_list"],
        content["target_board"],
        content["reform_on"],
        content["filing_on"],
        content["truth"],
        any(day <= as_of.isoformat() for day in signed),
    )


def _rows(connection: Connection, as_of: date, at: datetime | None) -> "pd.DataFrame":
    """The declarations known then, those of one firm and kind in their order; `withdrawn`: they were by then."""
    import pandas as pd

    rows = connection.execute(_known(as_of, at).order_by(_DECLARATION.id)).all()
    names = ["firm_id", "kind", "declared_on", "declared_by", "content", "withdrawn"]
    return pd.DataFrame(rows, columns=names).astype({"withdrawn": bool, "firm_id": object})


def _known(as_of: date, at: datetime | None) -> Select[Any]:
    table = _DECLARATION
    by_then = [table.declared_on <= as_of]
    gone = [table.withdrawn_on.is_not(None), table.withdrawn_on <= as_of]
    if at is not None:
        by_then.append(table.recorded_at <= audit.utc(at))
        gone.append(table.withdrawn_at <= audit.utc(at))
    columns = (table.firm_id, table.kind, table.declared_on, table.declared_by, table.content)
    return select(*columns, and_(*gone).label("withdrawn")).where(*by_then)

"""Who is clean: what departments have said of each firm, as one figure that a policy can ask for."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from pipeline.opinions.requests import CLEAN, NOT_CLEAN
from pipeline.store.many_rows import frame_of
from pipeline.store.pool_tables import Opinion, OpinionRequest

if TYPE_CHECKING:
    import pandas as pd


def clean_by_firm(connection: Connection, as_of: date, at: datetime | None = None) -> "pd.Series":
    """Firm id -> 1.0 where every department that was asked has answered "clean", 0.0 where one has answered "not
    clean", NaN where one is still waited for or cannot say.

    Of each firm the newest review that asked about it by `as_of` counts, with the answers given by then; a firm that
    nobody was asked about is left out. `at`: only what was recorded by that moment (UTC, without a zone); an answer
    that was changed since then is not known. float64, the index is called firm_id and sorted.
    """
    import pandas as pd

    statement = select(
        Opinion.firm_id, OpinionRequest.review_id, Opinion.answer, Opinion.answered_on, Opinion.recorded_at
    ).join(OpinionRequest, OpinionRequest.id == Opinion.request_id)
    statement = statement.where(OpinionRequest.asked_on <= as_of)
    if at is not None:
        statement = statement.where(OpinionRequest.recorded_at <= at)
    columns = ["firm_id", "review_id", "answer", "answered_on", "recorded_at"]
    asked = frame_of(connection, statement, columns)
    if asked.empty:
        return pd.Series([], index=pd.Index([], name="firm_id", dtype="str"), dtype="float64")
    asked = asked[asked["review_id"] == asked.groupby("firm_id")["review_id"].transform("max")]
    given = asked["answer"].notna() & (pd.to_datetime(asked["answered_on"]) <= pd.Timestamp(as_of))
    if at is not None:
        given &= pd.to_datetime(asked["recorded_at"]) <= pd.Timestamp(at)
    answers = asked["answer"].where(given)
    by_firm = asked["firm_id"]
    all_clean = (answers == CLEAN).groupby(by_firm).all()
    some_not = (answers == NOT_CLEAN).groupby(by_firm).any()
    found = pd.Series(float("nan"), index=all_clean.index, dtype="float64")
    found[all_clean] = 1.0
    found[some_not] = 0.0
    return found.rename(None).rename_axis("firm_id").sort_index()

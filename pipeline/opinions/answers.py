"""What the departments have said of each firm by a day, as a fact that the policy of the pools may read."""

from datetime import date

import pandas as pd
from sqlalchemy import Connection, select

from pipeline.opinions.words import CLEAN, NOT_CLEAN
from pipeline.store.pool_tables import Opinion, OpinionRequest


def clean_by_firm(connection: Connection, as_of: date) -> pd.Series:
    """Whether every department that the newest review asked about a firm found it clean: float64 by firm_id, sorted.

    1.0: all answered clean by the day; 0.0: one has an objection; NaN: one has not answered, or cannot say. Firms that
    nobody was asked about are left out.
    """
    statement = (
        select(OpinionRequest.review_id, Opinion.firm_id, Opinion.answer, Opinion.answered_on)
        .join(OpinionRequest, OpinionRequest.id == Opinion.request_id)
        .where(OpinionRequest.asked_on <= as_of)
    )
    rows = pd.DataFrame(
        connection.execute(statement).all(), columns=["review_id", "firm_id", "answer", "answered_on"]
    ).astype({"answer": object})
    newest = rows[rows["review_id"] == rows.groupby("firm_id")["review_id"].transform("max")]
    answered = newest["answer"].where(pd.to_datetime(newest["answered_on"]) <= pd.Timestamp(as_of))
    said = answered.map({CLEAN: 1.0, NOT_CLEAN: 0.0}).astype("float64")
    by_firm = said.groupby(newest["firm_id"])
    lowest, waiting = by_firm.min(), said.isna().groupby(newest["firm_id"]).any()
    return lowest.where((lowest == 0) | ~waiting).sort_index().rename("opinions_clean")

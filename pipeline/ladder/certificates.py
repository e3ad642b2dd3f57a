"""Recognitions as a high-tech enterprise as events: the first certificate of each firm, by what returns state of it.

Nobody enters them as stage events; a certificate that was stated later than the day is not known on it.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from pipeline.facts import as_known_on
from pipeline.ladder.records import certificates_in
from pipeline.ladder.rungs import CERTIFICATE, Sign, rungs
from pipeline.language import Label
from pipeline.store.firm_selection import FirmSelection

if TYPE_CHECKING:
    import pandas as pd

#: The kind of event that a first certificate is, beside the stage events, and how it is called.
HNTE_RECOGNISED = "hnte_recognised"
NAME = Label("首次认定高新技术企业", "first recognised as high-tech enterprise")


def recognitions_as_known_on(
    database: Engine | Connection, day: date, cohort: str | None, firms: FirmSelection = None
) -> "pd.DataFrame":
    """Each firm's first certificate that was known by `day`, in the form of events_as_known_on: firm_id, kind, board,
    occurred_on, known_on (the day itself: by then it was known).

    Of a firm whose first return came after its first certificate it is the first one that a return tells of: such a
    firm was never without one in these data.
    """
    import pandas as pd

    sign = certificate_sign()
    known = as_known_on(database, day, cohort, firms, _facts(sign)).reset_index()
    first = certificates_in(known, sign).groupby("firm_id")["begins"].min()
    first = first[first <= pd.Timestamp(day)]
    words = pd.StringDtype(na_value=float("nan"))
    when = pd.to_datetime(first).to_numpy().astype("datetime64[s]")
    return pd.DataFrame(
        {
            "firm_id": pd.array(list(first.index), dtype=words),
            "kind": pd.array([HNTE_RECOGNISED] * len(first), dtype=words),
            "board": pd.array([None] * len(first), dtype=words),
            "occurred_on": when,
            "known_on": when,
        }
    )


def certificate_sign() -> Sign:
    """The certificate that the ladder of the city asks about."""
    return next(sign for rung in rungs().values() for sign in rung.signs if sign.what == CERTIFICATE)


def _facts(sign: Sign) -> Sequence[str]:
    return [sign.name, *([sign.expires] if sign.expires else [])]

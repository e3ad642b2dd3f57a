"""What is on record of firms and rungs, as known on a day: each as days from and until which it holds.

    activities, facts, certificates, memberships, events ──► records_as_known_on ──► held_on

What was not known on the day is never read; what was known of it may be about any day before, so that the state at the
end of an earlier year is told by all that is known now, and not by how late returns came in.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, select

from pipeline.activities.known import activities_as_known_on
from pipeline.facts import as_known_on, connected, events_as_known_on
from pipeline.ladder.rungs import ACTIVITY, CERTIFICATE, EVENT, FACT, POOL, Lasts, Rung, Sign
from pipeline.store.firm_selection import FirmSelection, limited
from pipeline.store.many_rows import frame_of
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import CITY, Firm

if TYPE_CHECKING:
    import pandas as pd

#: Of what a frame of records consists: from which day until which, the last one counted (NaT: no end is known).
COLUMNS = ("firm_id", "rung", "begins", "ends")


def records_as_known_on(
    database: Engine | Connection,
    day: date,
    ladder: Mapping[str, Rung],
    cohort: str | None = CITY,
    firms: FirmSelection = None,
) -> "pd.DataFrame":
    """All that is known on `day` of who stands on which rung: columns COLUMNS (str, str, datetime64, datetime64), a row
    a record; nothing that begins after the day. A firm may have several of a rung, also at once."""
    import pandas as pd

    signs = [(rung.id, sign) for rung in ladder.values() for sign in rung.signs]
    with connected(database) as connection:
        parts = [
            _of_activities(connection, day, cohort, firms, _of_kind(signs, ACTIVITY)),
            _of_facts(connection, day, cohort, firms, signs),
            _of_pools(connection, day, cohort, firms, _of_kind(signs, POOL)),
            _of_events(connection, day, cohort, firms, _of_kind(signs, EVENT)),
        ]
    found = pd.concat([_framed(part) for part in parts], ignore_index=True)
    return found[found["begins"] <= pd.Timestamp(day)].reset_index(drop=True)


def held_on(records: "pd.DataFrame", firms: "pd.Index", ladder: Mapping[str, Rung], day: date) -> "pd.DataFrame":
    """Whether each firm stands on each rung on `day`: bool, index `firms`, a column a rung, in their order. A record
    counts on its last day and not on the next."""
    import numpy as np
    import pandas as pd

    moment = pd.Timestamp(day)
    inside = records[(records["begins"] <= moment) & (records["ends"].isna() | (records["ends"] >= moment))]
    rows, columns = firms.get_indexer(pd.Index(inside["firm_id"])), pd.Index(list(ladder)).get_indexer(inside["rung"])
    held = np.zeros((len(firms), len(ladder)), dtype=bool)
    there = (rows >= 0) & (columns >= 0)
    held[rows[there], columns[there]] = True
    return pd.DataFrame(held, index=firms, columns=list(ladder))


def first_days(records: "pd.DataFrame", rung: str) -> "pd.Series":
    """The first day on which each firm that ever stood on a rung did so: datetime64, index firm_id."""
    return records[records["rung"] == rung].groupby("firm_id")["begins"].min()


def _of_kind(signs: Iterable[tuple[str, Sign]], what: str) -> dict[str, tuple[str, Sign]]:
    """name -> the rung and the sign, of the signs of one kind."""
    return {sign.name: (rung, sign) for rung, sign in signs if sign.what == what}


def _framed(found: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    days = {name: pd.to_datetime(found[name]).astype("datetime64[s]") for name in COLUMNS[2:]}
    words = {name: found[name].astype("object") for name in COLUMNS[:2]}
    return pd.DataFrame(words | days)


def _of_activities(
    connection: Connection, day: date, cohort: str | None, firms: FirmSelection, signs: dict[str, tuple[str, Sign]]
) -> "pd.DataFrame":
    known = activities_as_known_on(connection, day, cohort, firms, list(signs))
    known = known.assign(rung=known["kind"].map({kind: rung for kind, (rung, _sign) in signs.items()}))
    known = known.assign(begins=known["occurred_on"], ends=known["ended_on"])
    for kind, (_rung, sign) in signs.items():
        if sign.lasts is not None:
            open_ones = (known["kind"] == kind) & known["ends"].isna()
            known.loc[open_ones, "ends"] = last_day(known.loc[open_ones, "begins"], sign.lasts)
    return known


def _of_facts(
    connection: Connection, day: date, cohort: str | None, firms: FirmSelection, signs: list[tuple[str, Sign]]
) -> "pd.DataFrame":
    """Yes and no of yearly returns, and the certificates that they state."""
    import pandas as pd

    asked = [(rung, sign) for rung, sign in signs if sign.what in (FACT, CERTIFICATE)]
    columns = [name for _rung, sign in asked for name in (sign.name, sign.expires) if name]
    known = as_known_on(connection, day, cohort, firms, columns).reset_index()
    parts = [
        (_yearly(known, rung, sign) if sign.what == FACT else certificates_in(known, sign)).assign(rung=rung)
        for rung, sign in asked
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _yearly(known: "pd.DataFrame", rung: str, sign: Sign) -> "pd.DataFrame":
    """A yes of a year holds from the year's end until the day before the end of the next year that says anything."""
    import pandas as pd

    said = known.loc[known[sign.name].notna(), ["firm_id", "year", sign.name]].sort_values(["firm_id", "year"])
    said["begins"] = pd.to_datetime(said["year"].astype("str") + "-12-31")
    said["ends"] = said.groupby("firm_id")["begins"].shift(-1) - pd.Timedelta(days=1)
    return said[said[sign.name] == 1.0]


def certificates_in(known: "pd.DataFrame", sign: Sign) -> "pd.DataFrame":
    """The certificates that facts state: columns firm_id, begins, ends, each once. Where only the last day is stated,
    it began as long before as it lasts."""
    import pandas as pd

    begins = pd.to_datetime(known[sign.name])
    ends = pd.to_datetime(known[sign.expires]) if sign.expires else begins.where(begins.isna())
    if sign.lasts is not None and sign.lasts.years is not None:
        term = pd.DateOffset(years=sign.lasts.years)
        begins = begins.fillna(ends + pd.Timedelta(days=1) - term)
    if sign.lasts is not None:
        ends = ends.fillna(last_day(begins, sign.lasts))
    found = pd.DataFrame({"firm_id": known["firm_id"], "begins": begins, "ends": ends})
    return found.dropna(subset="begins").drop_duplicates()


def last_day(begins: "pd.Series", lasts: Lasts) -> "pd.Series":
    """The last day of what began on these days: the day before so many years later, or a day of the next year."""
    import pandas as pd

    if lasts.years is not None:
        return begins + pd.DateOffset(years=lasts.years) - pd.Timedelta(days=1)
    parts = {"year": begins.dt.year + 1, "month": lasts.month, "day": lasts.day}
    return pd.to_datetime(pd.DataFrame(parts, index=begins.index))


def _of_pools(
    connection: Connection, day: date, cohort: str | None, firms: FirmSelection, signs: dict[str, tuple[str, Sign]]
) -> "pd.DataFrame":
    """Memberships; who left on a day was not in that day, and who leaves later was not known to."""
    import pandas as pd

    statement = (
        select(PoolMembership.firm_id, PoolMembership.pool, PoolMembership.entered_on, PoolMembership.left_on)
        .join(Firm, Firm.id == PoolMembership.firm_id)
        .where(PoolMembership.pool.in_(list(signs)), PoolMembership.entered_on <= day)
    )
    if cohort is not None:
        statement = statement.where(Firm.cohort == cohort)
    known = frame_of(connection, limited(statement, PoolMembership.firm_id, firms), ["firm_id", "pool", "in", "out"])
    left = pd.to_datetime(known["out"])
    ends = left.where(left <= pd.Timestamp(day)) - pd.Timedelta(days=1)
    rung = known["pool"].map({pool: rung for pool, (rung, _sign) in signs.items()})
    return pd.DataFrame({"firm_id": known["firm_id"], "rung": rung, "begins": known["in"], "ends": ends})


def _of_events(
    connection: Connection, day: date, cohort: str | None, firms: FirmSelection, signs: dict[str, tuple[str, Sign]]
) -> "pd.DataFrame":
    import pandas as pd

    known = events_as_known_on(connection, day, cohort, firms)
    known = known[known["kind"].isin(list(signs))]
    rung = known["kind"].map({kind: rung for kind, (rung, _sign) in signs.items()})
    ends = pd.Series(pd.NaT, index=known.index, dtype="datetime64[s]")
    return pd.DataFrame({"firm_id": known["firm_id"], "rung": rung, "begins": known["occurred_on"], "ends": ends})

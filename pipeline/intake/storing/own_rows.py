"""Which rows of a file its sender may bring: the one answer for the board and for the command.

Whoever has no district brings rows of any firm. An officer of a district brings rows of the city's firms that belong to
that district, and of firms that nobody has named yet, which become the district's own. A firm brings rows of its own of
the year that it hands in. A row of any other firm, and a row that names another district or year, is a problem of the
file like a wrong cell; a firm that moves is moved by the city.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, and_, not_, select

from pipeline.districts import DISTRICTS
from pipeline.intake.reading.problems import MOST_LISTED, Problem, shown
from pipeline.language import N_, Label, Message
from pipeline.store.many_ids import one_of
from pipeline.store.tables import CITY, Firm

_STRANGER = N_("%(firm)s is not among the firms of %(district)s.")
_LEAVE_OUT = N_("Leave the row out: its own district hands it in. Where the firm has moved to you, ask the city.")
_ELSEWHERE = N_("the row names another district, and it was handed in for %(district)s.")
_ASK = N_("Write your own district; a firm that moves to another is moved by the city.")

_OTHER_FIRM = N_("this row is of the firm %(found)s, and the return of %(firm)s.")
_ONLY_OWN = N_("A firm hands in its own rows alone: leave this one out.")
_OTHER_YEAR = N_("this row is of the year %(found)s, and the return of %(year)s.")
_ONLY_YEAR = N_("Hand in each year by itself; of %(year)s here. A wrong figure of another year is objected to.")


class _Placed(Protocol):
    """A sheet as its problems name it."""

    name: str
    columns: dict[str, int]
    headings: dict[str, str]


def strangers(connection: Connection, district: str | None, firms: Iterable[str]) -> set[str]:
    """Those of these firms on record that a sender of this district may not touch; None: the whole city's."""
    if district is None:
        return set()
    own = and_(Firm.cohort == CITY, Firm.district_code.is_not(None), Firm.district_code == district)
    return set(connection.scalars(select(Firm.id).where(one_of(Firm.id, firms), not_(own))))


class OwnRows(Protocol):
    """The rows that one sender may bring, asked part by part while a file is read."""

    def problems(self, sheet: _Placed, rows: pd.DataFrame) -> tuple[Sequence[Problem], int]:
        """A problem for each row that is another's, by name, the first of them; and how many more there are."""


class RowsOfDistrict:
    """Those of an officer of a district."""

    def __init__(self, engine: Engine, district: str) -> None:
        self._engine, self._district = engine, district

    def problems(self, sheet: _Placed, rows: pd.DataFrame) -> tuple[Sequence[Problem], int]:
        with self._engine.connect() as connection:
            others = strangers(connection, self._district, pd.unique(rows["firm_id"]))
        strange = rows["firm_id"].isin(others).to_numpy()
        named = rows["district_code"] if "district_code" in rows else pd.Series(None, rows.index, dtype=object)
        elsewhere = (named.notna() & (named != self._district)).to_numpy(dtype=bool) & ~strange
        wrong = np.flatnonzero(strange | elsewhere)
        label = _label(self._district)
        found = []
        for at in wrong[:MOST_LISTED].tolist():
            row = rows.iloc[at]
            name = row["name"] if "name" in rows and isinstance(row["name"], str) else None
            firm, field = str(row["firm_id"]), "firm" if strange[at] else "district_code"
            said = _STRANGER if strange[at] else _ELSEWHERE
            found.append(
                Problem(
                    "other_district",
                    Message(said, {"firm": name or firm, "district": label}),
                    Message(_LEAVE_OUT if strange[at] else _ASK),
                    sheet.name,
                    int(row["row"]),
                    sheet.columns[field],
                    sheet.headings[field],
                    firm or None,
                    found=shown(name or firm) if strange[at] else _named_district(str(row["district_code"])),
                    firm_name=name,
                )
            )
        return found, len(wrong) - len(found)


class RowsOfFirm:
    """Those of a firm that hands in its return of a year."""

    def __init__(self, firm_id: str, year: int) -> None:
        self._firm, self._year = firm_id, year

    def problems(self, sheet: _Placed, rows: pd.DataFrame) -> tuple[Sequence[Problem], int]:
        strange = (rows["firm_id"] != self._firm).to_numpy(dtype=bool)
        other_year = (rows["year"] != self._year).to_numpy(dtype=bool) & ~strange
        wrong = np.flatnonzero(strange | other_year)
        found = []
        for at in wrong[:MOST_LISTED].tolist():
            row, field = rows.iloc[at], "firm" if strange[at] else "year"
            said = str(row["firm_id"]) if strange[at] else str(row["year"])
            about = {"firm": self._firm, "year": self._year, "found": said}
            found.append(
                Problem(
                    "other_firm" if strange[at] else "other_year",
                    Message(_OTHER_FIRM if strange[at] else _OTHER_YEAR, about),
                    Message(_ONLY_OWN if strange[at] else _ONLY_YEAR, about),
                    sheet.name,
                    int(row["row"]),
                    sheet.columns[field],
                    sheet.headings[field],
                    str(row["firm_id"]) or None,
                    found=shown(said),
                )
            )
        return found, len(wrong) - len(found)


def _label(code: str) -> Label:
    known = DISTRICTS.get(code)
    return Label(code, code) if known is None else Label(known.zh, known.en)


def _named_district(code: str) -> str:
    """What the row says, as the form writes it."""
    return shown(DISTRICTS[code].zh if code in DISTRICTS else code)

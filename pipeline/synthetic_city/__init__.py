"""A synthetic city for the demo: drawn from a latent quality, written as messy workbooks, read by the real import.

    quality.py -> income.py -> stages.py -> identity.py -> city.py -> sources.py
    income.py -> statements.py -> people.py -> city.py
    statements.py -> governance.py -> city.py
    codes.py -> identity.py
    names.py -> identity.py
    names.py -> declarations.py

Only `write_city` is called from outside, whose files go through pipeline/intake like anybody's,
`declarations.made_up_declarations`, what districts and firms declare, and `activities`, what firms did, on which
nothing else of the city depends.
No firm in it exists: credit codes begin their organisation code with XN, which no register gives out, and
names are coinages without a place.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.city.in_force import city as city_in_force
from pipeline.districts import DISTRICTS
from pipeline.intake.mapping import column_maps
from pipeline.synthetic_city.city import City, draw
from pipeline.synthetic_city.sources import WrongUnit, draw_sources, sheets_told
from pipeline.synthetic_city.workbooks import (
    Rows,
    WrongCell,
    event_rows,
    sheet_rows,
    with_wrong_cells,
    write_workbook,
)

__all__ = ["City", "CityFile", "CityFiles", "draw", "write_city"]

STORED, REFUSED = "stored", "refused"


@dataclass(frozen=True)
class CityFile:
    """One file and how to import it. `known_on` None: the usual day of each year's figures."""

    path: Path
    map_name: str
    source: str
    known_on: date | None
    expected: str  # stored, refused
    wrong_cells: tuple[WrongCell, ...] = ()


@dataclass(frozen=True)
class CityFiles:
    """`returns` in the order of import, then `events`. `wrong_units`: rows of which the import warns."""

    folder: Path
    returns: tuple[CityFile, ...]
    events: CityFile
    wrong_units: tuple[WrongUnit, ...]
    city: City


def write_city(folder: Path, *, firms: int = 2200, seed: int = 0, until: date) -> CityFiles:
    """Write the workbooks of a made-up city as it is known on `until`; the same seed writes the same content.

    Five fiscal years, the last whose figures are public by `until`: returns a district (the years before, and
    the latest by itself; one of these has wrong cells, is refused, and follows corrected), tax office, auditors,
    a survey, returns corrected later, and the events.
    """
    folder.mkdir(parents=True, exist_ok=True)
    form = column_maps.load("city")
    city = draw(firms, seed, until=until)
    said = draw_sources(city, form, seed)
    rng = np.random.default_rng([seed, 30])
    first, latest = city.years[0], city.years[-1]
    files: list[CityFile] = []

    def pages(stated: pd.DataFrame, clerks: np.random.Generator | None = None) -> dict[str, Rows]:
        told = sheets_told(stated, form)
        found = {str(sheet.name): sheet_rows(stated, sheet, clerks) for sheet in form.sheets if sheet.name in told}
        return {name: rows for name, rows in found.items() if len(rows) > 1}

    def file(name: str, sheets: dict[str, Rows], source: str, known_on: date | None = None) -> None:
        write_workbook(folder / name, sheets)
        files.append(CityFile(folder / name, "city", source, known_on, STORED))

    years = said.returns.index.get_level_values("year")
    shares = city_in_force().demo_shares
    for district in shares:
        of_district = said.returns["district_code"] == district
        name = DISTRICTS[district].zh
        before = said.returns[of_district & (years < latest)]
        now = said.returns[of_district & (years == latest)]
        if len(before):
            file(f"演示_高企年报_{name}_{first}-{latest - 1}.xlsx", pages(before, rng), "hnte_annual")
        if not len(now):
            continue
        sheets = pages(now, rng)
        if district == list(shares)[-1]:
            spoilt, wrong = with_wrong_cells(sheets)
            path = folder / f"演示_高企年报_{name}_{latest}_待修改.xlsx"
            write_workbook(path, spoilt)
            files.append(CityFile(path, "city", "hnte_annual", None, REFUSED, wrong))
            file(f"演示_高企年报_{name}_{latest}_已修改.xlsx", sheets, "hnte_annual")
        else:
            file(f"演示_高企年报_{name}_{latest}.xlsx", sheets, "hnte_annual")
    file(f"演示_税务数据_全市_{first}-{latest}.xlsx", pages(said.tax), "tax")
    file(f"演示_审计报告_{first}-{latest}.xlsx", pages(said.audited), "audited")
    file(f"演示_上市意愿调查_{first}-{latest}.xlsx", pages(said.survey), "survey")
    for known_on, rows in said.corrections:
        year = rows.index.get_level_values("year").max()
        file(f"演示_高企年报_更正_{year}.xlsx", pages(rows), "hnte_annual", known_on)

    path = folder / "演示_上市进程登记表.xlsx"
    events_form = column_maps.load("city-events")
    write_workbook(path, {"上市进程": event_rows(city.events, events_form.sheets[0])})
    events = CityFile(path, events_form.name, events_form.source, None, STORED)
    return CityFiles(folder, tuple(files), events, said.wrong_units, city)

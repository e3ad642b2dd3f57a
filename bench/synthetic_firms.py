"""The returns of as many made-up firms as a province or a nation has, as tables that `goldseed import` takes.

A chunk of firms is drawn as the synthetic city is, written and forgotten, so that memory does not grow with their
number. Codes and names differ between chunks: a firm has its number among all, and each chunk a word before its names.

`python -m bench.synthetic_firms FOLDER --firms 75000` writes them.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.demo_data import FILE_MARK
from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.column_maps import SheetMap
from pipeline.synthetic_city import City, draw
from pipeline.synthetic_city.codes import NUMBERS, codes_of
from pipeline.synthetic_city.sources import draw_sources
from pipeline.synthetic_city.workbooks import MADE_UP_LINE, Rows, event_rows, sheet_rows

#: The returns tell of five years, the last of them public by this day; figures of any day compare.
UNTIL = date(2026, 5, 2)
#: Drawn, written and imported at once: some 58,000 rows of a form, 18 MB, about what an office hands in.
FIRMS_A_CHUNK = 12_500
#: (source, sheet of the city's form): all firms hand in the first four, nearly all are in the fifth, the stronger ones
#: in the last. The tax office states again six figures of the second.
FORMS = (
    ("hnte_annual", "企业基本信息"),
    ("hnte_annual", "年度财务"),
    ("hnte_annual", "人员与研发"),
    ("hnte_annual", "知识产权"),
    ("tax", "年度财务"),
    ("survey", "融资与治理"),
)
_EVENTS = "上市进程"
_TABLES = (*FORMS, (None, _EVENTS))
# Prime to NUMBERS: neighbours among the firms have codes far apart, and no two the same.
_STRIDE = 611_953
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
#: So many chunks have a word of their own (六十甲子).
MOST_FIRMS = 60 * FIRMS_A_CHUNK


@dataclass(frozen=True)
class Table:
    """One file, without its heading `rows` rows. `source` None: a table of events."""

    path: Path
    source: str | None
    rows: int

    @property
    def map_name(self) -> str:
        return "city-events" if self.source is None else "city"


def write_firms(folder: Path, firms: int, *, seed: int = 0, until: date = UNTIL, first: int = 0) -> list[Table]:
    """Write the tables of so many firms; the same arguments write the same bytes.

    `first`: the number of the first firm, so that others, drawn apart, can stand in the same database; their names
    differ too where it is the first of a chunk. Raises ValueError where there are no codes or names for so many.
    """
    if not 0 < firms <= MOST_FIRMS - first:
        raise ValueError(f"There are codes and names for 1 to {MOST_FIRMS:,} made-up firms, not for {first + firms:,}.")
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for begin in range(first, first + firms, FIRMS_A_CHUNK):
        count = min(FIRMS_A_CHUNK, first + firms - begin)
        tables += [_written(folder, begin, *told) for told in _told(begin, count, seed, until)]
    return tables


def _told(begin: int, count: int, seed: int, until: date) -> Iterator[tuple[str | None, str, Rows]]:
    """(source, sheet, heading row and rows) of the firms from number `begin` on."""
    form = column_maps.load("city")
    drawn = np.random.SeedSequence([seed, begin]).generate_state(1)[0]
    city = _renumbered(draw(count, int(drawn), until=until), begin)
    said = draw_sources(city, form, int(drawn))
    sheets = {str(sheet.name): sheet for sheet in form.sheets}
    stated = {"hnte_annual": said.returns, "tax": said.tax, "survey": said.survey}
    for source, name in FORMS:
        yield source, name, sheet_rows(stated[source], sheets[name])
    yield None, _EVENTS, event_rows(city.events, _events_sheet())


def _events_sheet() -> SheetMap:
    return column_maps.load("city-events").sheets[0]


def _renumbered(city: City, begin: int) -> City:
    """The same city with codes and names that no other chunk has."""
    old = pd.Series(city.facts.index.unique("firm_id"))
    numbers = (np.arange(begin, begin + len(old)) * _STRIDE) % NUMBERS
    new = pd.Series(codes_of(old.str[2:8], numbers).to_numpy(), index=old.to_numpy())
    chunk = begin // FIRMS_A_CHUNK
    word = _STEMS[chunk % len(_STEMS)] + _BRANCHES[chunk % len(_BRANCHES)]

    def renamed(index: pd.MultiIndex) -> pd.MultiIndex:
        firms = new.reindex(index.get_level_values("firm_id")).to_numpy()
        return pd.MultiIndex.from_arrays([firms, index.get_level_values("year")], names=index.names)

    facts = city.facts.set_axis(renamed(city.facts.index)).assign(name=lambda told: word + told["name"])
    asked = city.asked.set_axis(renamed(city.asked.index))
    events = city.events[city.events["firm_id"].isin(new.index)]
    events = events.assign(firm_id=new.reindex(events["firm_id"]).to_numpy(), name=word + events["name"])
    return City(city.until, facts.sort_index(), asked.sort_index(), events)


def _written(folder: Path, begin: int, source: str | None, sheet: str, rows: Rows) -> Table:
    path = folder / f"{FILE_MARK}_{source or 'events'}_{sheet}_{begin:06}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow([MADE_UP_LINE])
        writer.writerows(rows)
    return Table(path, source, len(rows) - 1)


def written(folder: Path) -> list[Table]:
    """The tables that write_firms() has left in a folder, in its order."""
    places = {(source or "events", sheet): place for place, (source, sheet) in enumerate(_TABLES)}
    found = []
    for path in folder.glob(f"{FILE_MARK}_*.csv"):
        source, sheet, begin = path.stem.removeprefix(f"{FILE_MARK}_").rsplit("_", 2)
        with path.open("rb") as stream:
            rows = sum(1 for _ in stream) - 2
        found.append(((int(begin), places[source, sheet]), Table(path, None if source == "events" else source, rows)))
    return [table for _place, table in sorted(found, key=lambda pair: pair[0])]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.synthetic_firms", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--firms", type=int, default=2_200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for table in write_firms(arguments.folder, arguments.firms, seed=arguments.seed):
        print(f"{table.rows:>8} rows  {table.path}")


if __name__ == "__main__":
    main()

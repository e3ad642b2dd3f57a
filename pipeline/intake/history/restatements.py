"""What a file states otherwise than its source did so far, old -> new, before anything of it is kept.

Held against what the source said last of the same full year, wherever in its files that stood. A blank takes nothing
back: what was stated stays in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from pipeline import facts
from pipeline.facts import FULL_YEAR_MONTHS
from pipeline.intake.mapping.column_maps import ColumnMap
from pipeline.intake.plausibility.panel import FormUnit, form_units
from pipeline.intake.reading.problems import cell_name, shown, shown_in
from pipeline.intake.storing.checked_rows import ReadSheet
from pipeline.intake.storing.findings import Change
from pipeline.intake.storing.restatement import MOST_LISTED, ChangedValue, Restatement
from pipeline.intake.storing.store import known_names
from pipeline.store.tables import Return

#: Nobody restates a figure for the sake of a yuan in a billion.
_SAME = 1e-9
_YES_NO = ("否", "是")  # as every form has them
#: A change and where it stands: sheet, row, and its fact's place among those of the sheet.
_Placed = tuple[int, int, int, ChangedValue]


def compared(
    connection: Connection,
    parts: Iterable[tuple[Sequence[ReadSheet], Sequence[np.ndarray]]],
    map_: ColumnMap,
    source: str,
) -> Restatement:
    """Hold the rows of a checked file that restate others against what stands; `parts`: sheets of some firms each, and
    of each sheet a flag a row."""
    found, first = Restatement(), list[_Placed]()
    units, words = form_units(map_), _form_words(map_)
    for sheets, restated in parts:
        rows = [
            sheet.rows[flags & (sheet.rows["months"] == FULL_YEAR_MONTHS).to_numpy()]
            for sheet, flags in zip(sheets, restated, strict=True)
        ]
        if not any(map(len, rows)):
            continue
        found.rows += sum(map(len, rows))
        firms = pd.unique(pd.concat([part["firm_id"] for part in rows], ignore_index=True)).tolist()
        names = [fact.name for fact in dict.fromkeys(fact for sheet in sheets for fact in sheet.facts)]
        before = facts.last_stated(connection, firms, names, Return.source == source)(0)
        for number, (sheet, part) in enumerate(zip(sheets, rows, strict=True)):
            first += [(number, *one) for one in _compare(found, sheet, part, before, units, words)]
        first = sorted(first, key=lambda one: one[:3])[:MOST_LISTED]
    changes = [change for _sheet, _row, _fact, change in first]
    named = known_names(connection, sorted({change.firm_id for change in changes}))
    found.changes = [replace(one, firm_name=named.get(one.firm_id)) for one in changes]
    return found


def _form_words(map_: ColumnMap) -> dict[str, dict[str, str]]:
    """By fact, what is kept -> the word of the form."""
    rules = [rule for sheet in map_.sheets for rule in sheet.columns if rule.fact is not None and rule.words]
    return {rule.field: {kept: word for word, kept in rule.words.items()} for rule in rules}


def _compare(
    found: Restatement,
    sheet: ReadSheet,
    rows: pd.DataFrame,
    before: pd.DataFrame,
    units: Mapping[str, FormUnit],
    words: Mapping[str, Mapping[str, str]],
) -> list[tuple[int, int, ChangedValue]]:
    """Count what becomes of some rows of a sheet; gives the first changes, each with its row and the place of its fact
    among those of the sheet."""
    key = pd.MultiIndex.from_frame(rows[["firm_id", "year"]])
    stated = before.reindex(key)
    changed, added = np.zeros((len(rows), len(sheet.facts)), bool), np.zeros((len(rows), len(sheet.facts)), bool)
    for place, fact in enumerate(sheet.facts):
        old, new = stated[fact.name], rows[fact.name].set_axis(key)
        if fact.type == "date":
            new = pd.to_datetime(new)
        there, here = old.notna().to_numpy(), new.notna().to_numpy()
        if fact.numeric:
            apart = ~np.isclose(old.to_numpy(float), new.to_numpy(float), rtol=_SAME, atol=0)
        else:
            apart = old.to_numpy(dtype=object) != new.to_numpy(dtype=object)
        changed[:, place], added[:, place] = apart & there & here, here & ~there
        found.blank += int((there & ~here).sum())
    found.values += int(changed.sum())
    found.added += int(added.sum())
    found.corrected += int(changed.any(axis=1).sum())
    found.unchanged += int((~changed.any(axis=1) & ~added.any(axis=1)).sum())
    first = []
    for row, place in np.argwhere(changed)[:MOST_LISTED].tolist():
        one, fact = rows.iloc[row], sheet.facts[place]
        unit = units.get(fact.name, FormUnit("", 1.0))
        old, new = stated[fact.name].iloc[row], one[fact.name]
        if fact.type == "yes_no":
            said = _YES_NO[bool(old)], _YES_NO[bool(new)]
        elif fact.numeric:
            said = shown_in(old, unit.factor), shown_in(new, unit.factor)
        elif fact.type == "date":
            said = f"{old:%Y-%m-%d}", f"{new:%Y-%m-%d}"
        else:
            written = words.get(fact.name, {})
            said = shown(written.get(old, old)), shown(written.get(new, new))
        change = Change(fact.name, int(one["year"]), *said, unit.unit)
        cell = cell_name(int(one["row"]), sheet.columns[fact.name])
        first.append((int(one["row"]), place, ChangedValue(str(one["firm_id"]), None, sheet.name, cell, change)))
    return first

"""A first guess at what the headings of an unknown form mean, for a person to correct.

Below pages/mapping.py, over pipeline/intake. A guess is a near match of the heading with the catalogue's labels; the
unit is what stands in the heading's brackets. Nothing is stored here.
"""

import re
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

from pipeline.catalog import catalog
from pipeline.intake.column_maps import MONEY_UNITS, SHARE_UNITS
from pipeline.intake.workbook import open_workbook

#: A label less alike than this is no guess at all.
_ALIKE = 72
_BRACKETS = re.compile(r"[（(【\[]([^）)】\]]*)[）)】\]]")
_LAST_BRACKET = re.compile(r"[（(【\[][^（(【\[]*$")
_FIRM = re.compile(r"信用代码|企业代码|credit code", re.IGNORECASE)
_YEAR = re.compile(r"^(年度|年份|会计年度|报告年度|year)$", re.IGNORECASE)
UNITS = ("", *MONEY_UNITS, *(unit for unit in SHARE_UNITS if unit != "1"))


def headings_of(path: Path) -> list[dict[str, Any]]:
    """One row a heading of the file: sheet, heading, sample, target (a fact, firm, year or empty) and unit.

    The heading row of a sheet is the one among its first rows with the most words. Raises what open_workbook raises.
    """
    found = []
    for sheet in open_workbook(path).sheets:
        head = [list(row) for row in sheet.head()]
        if not head:
            continue
        at = max(
            range(len(head)), key=lambda row: sum(isinstance(cell, str) and bool(cell.strip()) for cell in head[row])
        )
        below = head[at + 1] if at + 1 < len(head) else []
        for place, cell in enumerate(head[at]):
            if isinstance(cell, str) and cell.strip():
                sample = below[place] if place < len(below) else None
                about = {"sheet": sheet.name, "heading": cell.strip(), "sample": "" if sample is None else str(sample)}
                found.append({**about, **guess(cell.strip())})
    return found


def guess(heading: str) -> dict[str, str]:
    """What a heading probably means: target and unit, both empty where nothing is near."""
    last = _BRACKETS.findall(heading)[-1:]
    unit = last[0].strip() if last else ""
    bare = (
        _BRACKETS.sub("", heading).strip()
        if unit not in UNITS
        else re.sub(r"[（(【\[][^（(【\[]*$", "", heading).strip()
    )
    if _FIRM.search(heading):
        return {"target": "firm", "unit": ""}
    if _YEAR.match(bare):
        return {"target": "year", "unit": ""}
    labels = {name: fact.zh for name, fact in catalog().items()}
    best = process.extractOne(bare, labels, scorer=fuzz.ratio, score_cutoff=_ALIKE)
    if best is None:
        return {"target": "", "unit": ""}
    fits = catalog()[best[2]].type in ("money", "ratio", "number")
    return {"target": best[2], "unit": unit if fits and unit in UNITS else ""}


def content_of(rows: list[dict[str, Any]], zh: str, source: str) -> dict[str, Any]:
    """The map that the corrected rows say, as its YAML holds it; headings without a target are ignored ones."""
    sheets: dict[str, dict[str, Any]] = {}
    for row in rows:
        target, unit = row.get("target") or "", row.get("unit") or ""
        entry: dict[str, Any]
        if not target:
            entry = {"is": "ignored"}
        elif target in ("firm", "year"):
            entry = {"is": target}
        else:
            entry = {"fact": target, **({"unit": unit} if unit else {})}
        sheets.setdefault(str(row.get("sheet")), {"columns": {}})["columns"][str(row.get("heading"))] = entry
    useful = {
        name: sheet
        for name, sheet in sheets.items()
        if {"firm", "year"} <= {entry.get("is") for entry in sheet["columns"].values()}
    }
    return {"zh": zh, "en": zh, "kind": "returns", "firm": "credit_code", "source": source, "sheets": useful}

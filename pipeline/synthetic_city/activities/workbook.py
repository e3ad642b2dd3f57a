"""The activities of a made-up city as a workbook in the city's own form, to be imported like anybody's."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.intake.mapping import column_maps
from pipeline.intake.mapping.column_maps import ColumnRule
from pipeline.synthetic_city.activities.drawing import draw_activities
from pipeline.synthetic_city.city import City
from pipeline.synthetic_city.workbooks import write_workbook

MAP = "city-activities"
FILE = "演示_创新与融资活动登记表.xlsx"


def write_activities(folder: Path, city: City, seed: int) -> Path:
    """Write the workbook; the same city and seed write the same content."""
    made, rules = draw_activities(city, seed), column_maps.load(MAP).sheets[0].columns
    columns = [_cells(made, rule) for rule in rules]
    path = folder / FILE
    write_workbook(path, {"活动": [tuple(rule.heading for rule in rules), *zip(*columns, strict=True)]})
    return path


def _cells(made: pd.DataFrame, rule: ColumnRule) -> list[Any]:
    if rule.role == "amount":
        return [None if pd.isna(value) else round(float(value) / rule.factor, 4) for value in made["amount_cny"]]
    name = {"firm": "firm_id", "name": "firm_name"}.get(rule.field, rule.field)
    if name.endswith("_on"):
        days = pd.to_datetime(made[name])
        return [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in days]
    written = {kept: word for word, kept in rule.words.items()}
    return [None if pd.isna(word) else written.get(word, word) for word in made[name]]

"""The score of a technology SME, computed from its figures where the firm does not state it.

The bands and their points are in data/rules/tech_sme_score.yaml.
"""

from datetime import date
from functools import cache
from typing import Any

import numpy as np

from pipeline.errors import WrongFile
from pipeline.language import N_, Message
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.evaluation.firm_years import FirmYears, Floats, divided
from pipeline.strict_yaml import load_strictly

PARTS = frozenset({"staff", "rd_revenue", "rd_cost", "class1_ip", "class2_ip"})
_KEYS = frozenset({"reviewed_on", "law", "source", "confidence", "bands"})


@cache
def bands() -> dict[date, dict[str, list[list[float]]]]:
    """The bands of each part by the day they begin. Raises WrongFile where the file cannot be meant."""
    problems: list[Message] = []
    content: dict[str, Any] = load_strictly(RULES_FOLDER / "tech_sme_score.yaml", problems) or {}
    for unknown in sorted(set(content) - _KEYS):
        problems.append(Message(N_("unknown key %(keys)s."), {"keys": unknown}))
    by_day = content.get("bands", {})
    for day, parts in by_day.items():
        falling = all(sorted(lines, reverse=True) == lines for lines in parts.values())
        if not isinstance(day, date) or set(parts) != PARTS or not falling:
            problems.append(Message(N_("%(place)s: %(what)s"), {"place": "tech_sme_score.yaml", "what": str(day)}))
    if problems or not by_day:
        raise WrongFile(Message(N_("The rules in %(folder)s cannot be used:"), {"folder": RULES_FOLDER.name}), problems)
    return dict(sorted(by_day.items()))


def score(data: FirmYears, staff_share: Floats, class1_ip: Floats, class2_ip: Floats) -> Floats:
    """Stated, or staff + R&D + intellectual property; NaN where one of the three is unknown.

    `staff_share`: scientific staff as a fraction of all in the latest year; `class1_ip`, `class2_ip`: how many
    intellectual property rights of each class the firm has.
    """
    stated = data.stock("tech_sme_score")
    research = np.fmax(
        _points(data, "rd_revenue", _ratio(data, "revenue_cny")),
        _points(data, "rd_cost", _ratio(data, "total_cost_cny")),
    )
    return np.where(
        np.isnan(stated), staff_points(data, staff_share) + research + _ip_points(data, class1_ip, class2_ip), stated
    )


def staff_points(data: FirmYears, staff_share: Floats) -> Floats:
    """Stated, or the points of the share of scientific staff in the latest year."""
    stated = data.stock("tech_sme_staff_points")
    worked_out = _points(data, "staff", staff_share)
    return np.where(np.isnan(stated), worked_out, stated)


def _ratio(data: FirmYears, whole: str) -> Floats:
    expense, spend = data.figure("rd_expense_cny", 0), data.figure("rd_spend_cny", 0)
    return divided(np.where(np.isnan(expense), spend, expense), data.figure(whole, 0))


def _ip_points(data: FirmYears, class1_ip: Floats, class2_ip: Floats) -> Floats:
    points = _points(data, "class1_ip", class1_ip)
    return np.where(points > 0, points, points + _points(data, "class2_ip", class2_ip))


def _points(data: FirmYears, part: str, values: Floats) -> Floats:
    """The points of each value by the bands of the facts day; NaN where the value is unknown."""
    begun = [day for day in bands() if day <= data.day]
    if not begun:
        return np.full(len(data), np.nan)
    points = np.zeros(len(values))
    for line, worth in reversed(bands()[begun[-1]][part]):
        points = np.where(values >= line - 1e-9, worth, points)
    return np.where(np.isnan(values), np.nan, points)

"""The figures that seem to be in another unit, with the check that says so, as findings."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.intake.plausibility.panel import OddCells, Panel
from pipeline.intake.reading.problems import Finding, shown_in
from pipeline.language import N_

_UNIT_NAMES = {1.0: "yuan", 1e3: "qian", 1e4: "wan", 1e6: "baiwan", 1e8: "yi"}
_UNIT_WORDS = {1.0: "元", 1e3: "千元", 1e4: "万元", 1e6: "百万元", 1e8: "亿元"}

_TEXTS = {
    "shares": N_(
        "%(field)s: %(found)s %(unit)s would mean %(size)s shares. "
        "If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "years": N_(
        "%(field)s: %(found)s %(unit)s is %(size)s times the firm's other years. "
        "If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "growth": N_(
        "%(field)s: %(found)s %(unit)s and the stated growth differ by a factor of %(size)s. "
        "If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "ratios": N_(
        "%(field)s: %(found)s %(unit)s and the stated ratio differ by a factor of %(size)s. "
        "If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "whole": N_(
        "%(field)s: %(found)s %(unit)s is %(size)s times revenue and assets. "
        "If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "twin": N_(
        "%(field)s: %(found)s %(unit)s is %(size)s times what the same row states under another heading. "
        "If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "heads": N_(
        "%(field)s: %(found)s %(unit)s is ¥%(size)s per employee. If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "size": N_(
        "%(field)s: %(found)s %(unit)s is more than all but the country's largest firms have. "
        "If it stands in %(sent)s, write %(instead)s %(unit)s."
    ),
    "balance": N_(
        "%(field)s: with %(found)s %(unit)s assets are not liabilities and equity; with %(instead)s %(unit)s they are. "
        "It stands in %(sent)s, it seems."
    ),
}


@dataclass
class UnitErrors:
    """Per fact: by how many powers of ten each row's figure seems too large (0: fine), which check says so first,
    and the size that it found."""

    panel: Panel
    powers: dict[str, np.ndarray]
    check: dict[str, np.ndarray]
    sizes: dict[str, np.ndarray]

    def flag(self, fact: str, rows: np.ndarray, power: np.ndarray | int, check: str, size: np.ndarray) -> None:
        """Call the rows out, unless an earlier check has done so or the figure is blank or nought."""
        if fact not in self.powers:
            return
        rows = rows & (self.powers[fact] == 0) & (self.panel.get(fact) != 0) & ~np.isnan(self.panel.get(fact))
        self.powers[fact][rows] = np.broadcast_to(power, rows.shape)[rows]
        self.check[fact][rows] = check
        self.sizes[fact][rows] = size[rows]

    def flagged(self, fact: str) -> np.ndarray:
        return self.powers.get(fact, np.zeros(len(self.panel))) != 0


def cells_of(errors: UnitErrors) -> list[OddCells]:
    """Fact by fact the cells of the file whose figure is called out."""
    panel = errors.panel
    return [
        OddCells(
            fact,
            np.flatnonzero((powers != 0) & panel.new & panel.stated_here(fact)),
            partial(_finding, errors, fact),
        )
        for fact, powers in errors.powers.items()
    ]


def _finding(errors: UnitErrors, fact: str, at: int) -> Finding:
    panel, form_unit, power = errors.panel, errors.panel.form_units[fact], int(errors.powers[fact][at])
    sent = form_unit.factor / 10.0**power
    name = f"unit_{_UNIT_NAMES[sent]}_for_{_UNIT_NAMES[form_unit.factor]}" if sent in _UNIT_NAMES else "unit_scale"
    return panel.finding(
        at,
        fact,
        name,
        _TEXTS[errors.check[fact][at]],
        size=_rounded(errors.sizes[fact][at]),
        sent=_UNIT_WORDS.get(sent, f"{form_unit.unit} x {10.0**-power:g}"),
        instead=shown_in(panel.get(fact)[at], form_unit.factor * 10.0**power),
    )


def _rounded(size: float) -> str:
    """Three digits of a size, in plain figures."""
    return "?" if not np.isfinite(size) else f"{float(f'{size:.3g}'):,.0f}" if size >= 1000 else f"{size:.3g}"

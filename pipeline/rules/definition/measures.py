"""What conditions look at: figures, shares and days worked out from the facts of data/catalog.yaml.

measures.yaml + facts -> **measures.py** -> conditions.py
A measure is asked for per firm and per year back from the firm's latest, or as a stock that stands now. What
the catalogue does not hold and nobody can derive is unknown by name (`nobody_states`), never invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.catalog import catalog
from pipeline.language import N_, Message
from pipeline.rules.definition.units import KINDS
from pipeline.rules.evaluation import tech_sme_score

if TYPE_CHECKING:
    from pipeline.rules.evaluation.firm_years import FirmYears

Floats = NDArray[np.float64]

_HOW = ("fact", "first_of", "sum_of", "lower_of", "part", "computed", "nobody_states")
_KEYS = frozenset({"zh", "en", "kind", "note_zh", "note_en", "whole", "facts", *_HOW})


@dataclass(frozen=True)
class Measure:
    """`how` it comes about and from which `parts`: facts of the catalogue, or other measures."""

    name: str
    zh: str
    en: str
    kind: str
    how: str
    parts: tuple[str, ...]
    note_zh: str = ""
    note_en: str = ""

    @property
    def is_share(self) -> bool:
        """part / whole: over several years the sums are divided."""
        return self.how == "part"


def read_measures(content: Mapping[str, Any], problems: list[Message]) -> dict[str, Measure]:
    """The measures of measures.yaml; every fault goes to `problems`."""
    found: dict[str, Measure] = {}
    for name, entry in content.items():
        how = next((key for key in _HOW if key in entry), "")
        if set(entry) - _KEYS or not how or entry.get("kind") not in KINDS:
            problems.append(
                Message(N_("%(place)s: %(what)s"), {"place": "measures.yaml", "what": f"{name}: {sorted(entry)}"})
            )
            continue
        parts = entry[how]
        if how == "part":
            parts = [entry["part"], entry["whole"]]
        elif how == "computed":
            parts = entry.get("facts", [])
        elif how == "nobody_states":
            parts = [name]
        parts = tuple([parts] if isinstance(parts, str) else parts)
        known = set(catalog()) | set(content)
        if how != "nobody_states" and (strangers := [part for part in parts if part not in known]):
            problems.append(
                Message(
                    N_("%(place)s: %(what)s"),
                    {"place": "measures.yaml", "what": f"{name}: {', '.join(strangers)}?"},
                )
            )
        found[name] = Measure(
            name,
            entry["zh"],
            entry["en"],
            entry["kind"],
            how,
            parts,
            entry.get("note_zh", ""),
            entry.get("note_en", ""),
        )
    return found


@cache
def measures() -> dict[str, Measure]:
    """Every measure by name. Raises WrongFile where measures.yaml cannot be used."""
    from pipeline.errors import WrongFile
    from pipeline.rules.definition.rule_books import RULES_FOLDER
    from pipeline.strict_yaml import load_strictly

    problems: list[Message] = []
    found = read_measures(load_strictly(RULES_FOLDER / "measures.yaml", problems) or {}, problems)
    if problems:
        raise WrongFile(Message(N_("The rules in %(folder)s cannot be used:"), {"folder": RULES_FOLDER.name}), problems)
    return found


def facts_needed() -> list[str]:
    """Facts of the catalogue that any measure reads, to ask the database for no others."""
    wanted = {part for measure in measures().values() for part in measure.parts}
    # The dates of a market value are shown beside it.
    return [name for name in catalog() if name in wanted | {"expected_market_value_on", "latest_round_on"}]


def base_facts(name: str) -> tuple[str, ...]:
    """The facts of the catalogue below a measure, for saying what is missing; its own name where nobody states it."""
    measure = measures()[name]
    if measure.how == "nobody_states":
        return (name,)
    return tuple(dict.fromkeys(fact for part in measure.parts for fact in facts_of_part(part)))


def facts_of_part(part: str) -> tuple[str, ...]:
    """A part of a measure is a fact of the catalogue (which comes first where both have the name), or a measure."""
    return (part,) if part in catalog() else base_facts(part)


def part_value(data: "FirmYears", part: str, lag: int | None) -> Floats:
    """A part of a measure: a fact of the catalogue, or another measure."""
    if part in catalog():
        return data.stock(part) if lag is None else data.figure(part, lag)
    return value(data, part, lag)


def value(data: "FirmYears", name: str, lag: int | None) -> Floats:
    """A measure of every firm, `lag` years before its latest year, or (None) as it stands now. NaN: unknown."""
    measure = measures()[name]
    if measure.how == "computed":
        return COMPUTED[name](data)
    if measure.how == "nobody_states":
        return data.supplied(name)
    if measure.is_share:
        part, whole = (part_value(data, part, lag or 0) for part in measure.parts)
        return divided(part, whole)
    parts = [part_value(data, part, lag) for part in measure.parts]
    if measure.how == "lower_of":
        return np.fmin.reduce(parts)
    if measure.how == "sum_of":
        return np.add.reduce(parts)
    found = parts[0]
    for other in parts[1:]:
        found = np.where(np.isnan(found), other, found)
    return found


def divided(part: Floats, whole: Floats) -> Floats:
    """part / whole; unknown where the whole is not above zero."""
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


def _market_value(data: "FirmYears") -> Floats:
    expected, latest_round = data.stock("expected_market_value_cny"), data.stock("latest_round_valuation_cny")
    return np.where(np.isnan(expected), latest_round, expected)


def _is_joint_stock(data: "FirmYears") -> Floats:
    """A completed share reform, or the legal form that the law wants in the name (公司法 第7条)."""
    reformed = data.days_since("share_reform_on")
    by_name = data.name_ends_with("股份有限公司", "有限公司")
    return np.where(reformed >= 0, 1.0, np.where(reformed < 0, 0.0, by_name))


def _hnte_valid(data: "FirmYears") -> Floats:
    since, past = data.days_since("hnte_certified_on"), data.days_since("hnte_expires_on")
    valid = np.where((past > 0) | (since < 0), 0.0, 1.0)
    return np.where(np.isnan(past), np.where(since > 3 * 366, 0.0, np.nan), valid)


def _rd_years(data: "FirmYears") -> Floats:
    """Fiscal years in a row with R&D spend, counted over the last three."""
    years = [data.figure("rd_spend_cny", lag) for lag in range(3)]
    unknown = np.isnan(years).any(axis=0)
    spent = np.cumprod([year > 0 for year in years], axis=0).sum(axis=0)
    return np.where(unknown, np.nan, spent.astype(np.float64))


COMPUTED = {
    "market_value": _market_value,
    "is_joint_stock": _is_joint_stock,
    "operating_years": lambda data: data.months_since("registered_on") / 12,
    "days_since_registration": lambda data: data.days_since("registered_on"),
    "neeq_listed_months": lambda data: data.months_since("neeq_listed_on"),
    "hnte_valid": _hnte_valid,
    "rd_years": _rd_years,
    "tech_sme_score": tech_sme_score.score,
    "tech_sme_staff_points": tech_sme_score.staff_points,
}

"""The catalogue of facts: what each figure means, its unit, range and direction, from data/catalog.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.language import Label
from pipeline.settings import ROOT
from pipeline.strict_yaml import parse_strictly

CATALOG_FILE = ROOT / "data" / "catalog.yaml"

#: In frames these types are float64 with NaN for unknown; yes_no is 1.0 or 0.0.
NUMERIC_TYPES = frozenset({"money", "ratio", "number", "count", "years", "days", "points", "yes_no"})
TYPES = NUMERIC_TYPES | {"date", "text"}
UNITS = {
    "money": "CNY",
    "ratio": "ratio",
    "count": "count",
    "years": "years",
    "days": "days",
    "points": "points",
}
_KEYS = frozenset({"zh", "en", "type", "low", "high", "direction", "act", "per_firm", "values", "counting"})


@dataclass(frozen=True)
class Counting:
    """How so many of a thing are written, `{}` standing for the number: "{} 人", "{} person", "{} people"."""

    zh: str
    one: str
    many: str


@dataclass(frozen=True)
class Fact:
    """One fact. `low`, `high`: range of a stated value in base units; `values`: the words a text may be, each with how
    people say it; `counting`: of
    a count, None where it is written as a bare number."""

    name: str
    zh: str
    en: str
    group: str
    type: str
    low: float | None = None
    high: float | None = None
    direction: int = 0
    actionable: bool = False
    per_firm: bool = False
    values: Mapping[str, Label] = field(default_factory=dict, hash=False)
    counting: Counting | None = None

    @property
    def unit(self) -> str:
        """The base unit in which values are kept: CNY, ratio, count, years, days, points, or empty."""
        return UNITS.get(self.type, "")

    @property
    def numeric(self) -> bool:
        return self.type in NUMERIC_TYPES


@cache
def catalog(path: Path = CATALOG_FILE) -> dict[str, Fact]:
    """Every fact by name, in the order of the file.

    Raises ValueError for an unknown key or type, a name given twice, or counting words of what is no
    count: the catalogue is ours to keep right.
    """
    facts: dict[str, Fact] = {}
    for group, entries in parse_strictly(path.read_text(encoding="utf-8")).items():
        for name, entry in entries.items():
            unknown = set(entry) - _KEYS
            if unknown or entry["type"] not in TYPES or name in facts:
                raise ValueError(
                    f"{path.name}, {group}.{name}: unknown key or type, or a name given twice {unknown or ''}"
                )
            if "counting" in entry and entry["type"] != "count":
                raise ValueError(f"{path.name}, {group}.{name}: only a count says how it is counted")
            facts[name] = Fact(
                name=name,
                zh=entry["zh"],
                en=entry["en"],
                group=group,
                type=entry["type"],
                low=entry.get("low"),
                high=entry.get("high"),
                direction=entry.get("direction", 0),
                actionable=entry.get("act", False),
                per_firm=entry.get("per_firm", False),
                values={word: Label(said["zh"], said["en"]) for word, said in entry.get("values", {}).items()},
                counting=Counting(*entry["counting"]) if "counting" in entry else None,
            )
    return facts

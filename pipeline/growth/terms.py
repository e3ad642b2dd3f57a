"""What data/growth.yaml says: the rule, the cells, the classes of size, the days between contacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.language import Label
from pipeline.settings import ROOT
from pipeline.strict_yaml import parse_strictly

TERMS_FILE = ROOT / "data" / "growth.yaml"
#: Whose contacts are counted, the highest level first.
LEVELS = ("city", "county", "town")


@dataclass(frozen=True)
class DatedNumber:
    """A whole number that holds from a day on, and who says so."""

    from_day: date
    value: int
    source: str
    confidence: str


@dataclass(frozen=True)
class SizeClass:
    """Firms with at least so many people, up to the next class."""

    id: str
    begins: int
    name: Label


@dataclass(frozen=True)
class Terms:
    rule: str
    least_in_cell: tuple[DatedNumber, ...]
    contact_days: Mapping[str, tuple[DatedNumber, ...]]
    size_classes: tuple[SizeClass, ...]
    sections: Mapping[str, Label]

    def least_on(self, day: date) -> int:
        """Below the first day every cell is large enough to rank one firm: nothing asks for more."""
        found = number_on(self.least_in_cell, day)
        return 1 if found is None else found.value

    def days_on(self, level: str, day: date) -> int | None:
        """The days between contacts of a level that hold on a day; None before the first."""
        found = number_on(self.contact_days[level], day)
        return None if found is None else found.value

    def size_name(self, size: str) -> Label:
        return next(each.name for each in self.size_classes if each.id == size)


def number_on(numbers: tuple[DatedNumber, ...], day: date) -> DatedNumber | None:
    """The number that holds on a day; None before the first."""
    return next((each for each in reversed(numbers) if each.from_day <= day), None)


@cache
def terms(path: Path = TERMS_FILE) -> Terms:
    """Raises ValueError for a value that is no whole number from 1, a level that is missing, or classes of size that do
    not rise from 0: the file is ours to keep right."""
    content = parse_strictly(path.read_text(encoding="utf-8"))
    if tuple(content["contact_days"]) != LEVELS:
        raise ValueError(f"{path.name}, contact_days: the levels {LEVELS}, found {list(content['contact_days'])}")
    classes = tuple(
        SizeClass(name, one["from"], Label(one["zh"], one["en"]))
        for name, one in content["size_classes"]["classes"].items()
    )
    begins = [each.begins for each in classes]
    if begins != sorted(set(begins)) or begins[0] != 0:
        raise ValueError(f"{path.name}, size_classes: they rise from 0, found {begins}")
    return Terms(
        rule=content["rule"],
        least_in_cell=_dated(path.name, content["least_in_cell"]),
        contact_days={level: _dated(path.name, one) for level, one in content["contact_days"].items()},
        size_classes=classes,
        sections={letter: Label(one["zh"], one["en"]) for letter, one in content["sections"].items()},
    )


def _dated(file: str, entry: Mapping[str, Any]) -> tuple[DatedNumber, ...]:
    found = []
    for day, one in sorted(entry["values"].items()):
        if type(day) is not date or type(one["value"]) is not int or one["value"] < 1:
            raise ValueError(f"{file}: a day with a whole number from 1; found {day}: {one}")
        found.append(DatedNumber(day, one["value"], one["source"], one["confidence"]))
    return tuple(found)

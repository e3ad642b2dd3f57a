"""What data/rules/pacesetters.yaml says: stages of life, indicators, and the weights and places of each edition."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.windows import Window, window
from pipeline.strict_yaml import parse_strictly

TERMS_FILE = RULES_FOLDER / "pacesetters.yaml"
STAGES = ("startup", "growth", "mature")
#: The windows that an indicator may look at.
_WINDOWS = ("now", "latest", "growth", "cagr")


class NoEdition(ShownToPeople):
    """No weights are set for a day."""


@dataclass(frozen=True)
class Indicator:
    """`measure` of data/rules/measures.yaml over a `window`; `group`: technology or growth."""

    id: str
    group: str
    measure: str
    window: Window
    name: Label


@dataclass(frozen=True)
class Edition:
    """What holds from a day on. `weights`: stage -> indicator -> per cent, 100 together; `places`: stage -> how many
    are in; `known_share`: of the weight, from 0 to 1."""

    begins: date
    startup_below_years: float
    mature_from_years: float
    mature_from_revenue_cny: float
    known_share: float
    notice_working_days: int
    places: Mapping[str, int]
    weights: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class PacesetterTerms:
    source: str
    law: str
    confidence: str
    stages: Mapping[str, Label]
    groups: Mapping[str, Label]
    indicators: Mapping[str, Indicator]
    editions: tuple[Edition, ...]

    def on(self, day: date) -> Edition:
        """Raises NoEdition before the first."""
        found = next((each for each in reversed(self.editions) if each.begins <= day), None)
        if found is None:
            words = N_("No weights for pacesetters are set for %(day)s; the first hold from %(first)s.")
            first = self.editions[0].begins.isoformat()
            raise NoEdition(Message(words, {"day": day.isoformat(), "first": first}))
        return found


@cache
def terms(path: Path = TERMS_FILE) -> PacesetterTerms:
    """Raises ValueError for an unknown measure, window, stage or indicator, and for weights that are not 100 together:
    the file is ours to keep right."""
    content = parse_strictly(path.read_text(encoding="utf-8"))
    indicators = {name: _indicator(path.name, name, one) for name, one in content["indicators"].items()}
    editions = tuple(_edition(path.name, day, one, indicators) for day, one in sorted(content["editions"].items()))
    if tuple(content["stages"]) != STAGES or not editions:
        raise ValueError(f"{path.name}: the stages {STAGES} and an edition at least")
    return PacesetterTerms(
        source=content["source"],
        law=content["law"],
        confidence=content["confidence"],
        stages={name: Label(one["zh"], one["en"]) for name, one in content["stages"].items()},
        groups={name: Label(one["zh"], one["en"]) for name, one in content["groups"].items()},
        indicators=indicators,
        editions=editions,
    )


def _indicator(file: str, name: str, one: Mapping[str, Any]) -> Indicator:
    over = window(one["window"])
    if one["fact"] not in measures.measures() or over is None or over.kind not in _WINDOWS:
        raise ValueError(f"{file}, {name}: no such measure or window: {one}")
    return Indicator(name, one["group"], one["fact"], over, Label(one["zh"], one["en"]))


def _edition(file: str, day: Any, one: Mapping[str, Any], indicators: Mapping[str, Indicator]) -> Edition:
    for stage in STAGES:
        weights = one["weights"][stage]
        if set(weights) - set(indicators) or sum(weights.values()) != 100 or min(weights.values()) <= 0:
            raise ValueError(f"{file}, {day}, {stage}: weights of known indicators above 0, together 100: {weights}")
        if one["places"][stage] < 1:
            raise ValueError(f"{file}, {day}, {stage}: one place at least")
    if type(day) is not date or not 0 < one["known_share"] <= 1 or one["notice_working_days"] < 1:
        raise ValueError(f"{file}, {day}: a day, a known share above 0 up to 1, and one working day at least")
    return Edition(day, **one)

"""The lines of the two pools in force on a day, out of data/rules/pools.yaml.

**policy.py** -> proposing.py -> reviews.py
The bureau edits the file: a change is a new dated line, an old line stays as it was. What cannot be meant (an
unknown key, a date given twice, an exit line above the entry line) is refused, all of it in one list.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import ShownToPeople, WrongFile
from pipeline.language import N_, Message
from pipeline.settings import ROOT
from pipeline.strict_yaml import load_strictly
from pipeline.tutoring.stages import STAGES

POLICY_FILE = ROOT / "data" / "rules" / "pools.yaml"
SEED, GOLDEN = "seed", "golden"
CONFIDENCES = ("high", "medium", "low", "derived", "synthetic")
_UNITS = {
    "seed_enter_points": "points",
    "seed_leave_points": "points",
    "seed_cap": "firms",
    "golden_enter_points": "points",
    "golden_leave_points": "points",
    "golden_cap": "firms",
    "scores_valid_days": "days",
    "held_from_stage": "stage",
}


#: Scores older than ten years say nothing of a firm of today.
_MOST_DAYS = 3_660


class NoPolicy(ShownToPeople):
    """A day before the first line of the pools' policy: an unknown line is not a met one."""


@dataclass(frozen=True)
class PolicyLine:
    """One value of the policy as it stands on a day, and who says so."""

    name: str
    zh: str
    en: str
    unit: str
    value: float | str
    begins: date
    source: str
    confidence: str


@dataclass(frozen=True)
class Pool:
    """Enter at `enter_points` or more; leave below `leave_points`; at most `cap` firms."""

    enter_points: float
    leave_points: float
    cap: int


@dataclass(frozen=True)
class Policy:
    seed: Pool
    golden: Pool
    scores_valid_days: int
    held_from_stage: str
    begins: date
    lines: tuple[PolicyLine, ...]
    fingerprint: str  # of the values: the same lines have the same, whatever is said about them


@dataclass(frozen=True)
class PolicyBook:
    """Every dated line of the file, oldest first under each name."""

    zh: str
    en: str
    lines: dict[str, tuple[PolicyLine, ...]]

    def days(self) -> list[date]:
        """The days on which anything changes."""
        return sorted({line.begins for dated in self.lines.values() for line in dated})

    def on(self, day: date) -> Policy:
        """The policy in force on `day`. Raises NoPolicy before the first day of any of its lines."""
        current: dict[str, PolicyLine] = {}
        for name, dated in self.lines.items():
            begun = [line for line in dated if line.begins <= day]
            if not begun:
                raise NoPolicy(
                    Message(
                        N_("The pools' policy has no line on %(day)s: %(line)s begins on %(begins)s."),
                        {"line": dated[0], "day": day.isoformat(), "begins": dated[0].begins.isoformat()},
                    )
                )
            current[name] = begun[-1]
        value: dict[str, Any] = {name: line.value for name, line in current.items()}
        written = json.dumps(value, sort_keys=True)
        return Policy(
            seed=Pool(value["seed_enter_points"], value["seed_leave_points"], value["seed_cap"]),
            golden=Pool(value["golden_enter_points"], value["golden_leave_points"], value["golden_cap"]),
            scores_valid_days=value["scores_valid_days"],
            held_from_stage=value["held_from_stage"],
            begins=max(line.begins for line in current.values()),
            lines=tuple(current.values()),
            fingerprint=hashlib.sha256(written.encode()).hexdigest(),
        )


def policy_on(day: date) -> Policy:
    """The bureau's policy in force on `day`. Raises NoPolicy before its first day."""
    return policy_book().on(day)


@cache
def policy_book(path: Path = POLICY_FILE) -> PolicyBook:
    """The whole file. Raises WrongFile listing everything in it that cannot be meant."""
    problems: list[Message] = []
    content = load_strictly(path, problems)
    lines = _lines(content, problems) if not problems else {}
    if not problems:
        book = PolicyBook(content["zh"], content["en"], lines)
        for day in book.days():
            _check_together(book, day, problems)
    if problems:
        raise WrongFile(Message(N_("%(file)s cannot be used:"), {"file": path.name}), problems)
    return book


def _lines(content: Any, problems: list[Message]) -> dict[str, tuple[PolicyLine, ...]]:
    if not _keys("top", content, {"zh", "en", "reviewed_on", "lines"}, problems):
        return {}
    if not _keys("lines", content["lines"], set(_UNITS), problems):
        return {}
    found: dict[str, tuple[PolicyLine, ...]] = {}
    for name, entry in content["lines"].items():
        if not _keys(name, entry, {"zh", "en", "unit", "values"}, problems):
            continue
        if entry["unit"] != _UNITS[name]:
            _problem(problems, name, N_("its unit is %(unit)s."), unit=_UNITS[name])
        if not isinstance(entry["values"], dict) or not entry["values"]:
            _problem(
                problems, name, N_("a value by its first day was expected, for example 2026-01-01: {value: 60, …}.")
            )
            continue
        dated = []
        for begins, line in entry["values"].items():
            place = f"{name}, {begins}"
            if not isinstance(begins, date) or isinstance(begins, datetime) or not 2000 <= begins.year <= 2099:
                _problem(problems, place, N_("this is not a day on which a line can begin (write YYYY-MM-DD)."))
            elif _keys(place, line, {"value", "source", "confidence"}, problems):
                if line["confidence"] not in CONFIDENCES:
                    _problem(problems, place, N_("confidence is one of %(words)s."), words=", ".join(CONFIDENCES))
                if not _fits(line["value"], _UNITS[name]):
                    _problem(
                        problems, place, N_("%(found)s does not fit %(unit)s."), found=line["value"], unit=_UNITS[name]
                    )
                dated.append(
                    PolicyLine(
                        name,
                        entry["zh"],
                        entry["en"],
                        entry["unit"],
                        line["value"],
                        begins,
                        str(line["source"]),
                        line["confidence"],
                    )
                )
        found[name] = tuple(sorted(dated, key=lambda line: line.begins))
    return found


def _fits(value: object, unit: str) -> bool:
    if unit == "stage":
        return isinstance(value, str) and value in STAGES
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    most = _MOST_DAYS if unit == "days" else math.inf
    return unit == "points" or (isinstance(value, int) and 0 < value <= most)


def _check_together(book: PolicyBook, day: date, problems: list[Message]) -> None:
    try:
        policy = book.on(day)
    except NoPolicy as error:
        problems.append(Message(N_("%(place)s: %(what)s"), {"place": day.isoformat(), "what": error.message}))
        return
    for name, pool in ((SEED, policy.seed), (GOLDEN, policy.golden)):
        if pool.leave_points >= pool.enter_points:
            _problem(problems, f"{name}, {day}", N_("the exit line must be below the entry line."))
    if policy.golden.enter_points <= policy.seed.enter_points or policy.golden.leave_points < policy.seed.leave_points:
        _problem(problems, f"{GOLDEN}, {day}", N_("its lines must be above those of the seed pool."))


def _keys(place: str, found: object, wanted: set[str], problems: list[Message]) -> bool:
    if not isinstance(found, dict):
        _problem(problems, place, N_("a mapping was expected."))
        return False
    if unknown := sorted(str(key) for key in found if key not in wanted):
        _problem(problems, place, N_("unknown key %(keys)s."), keys=", ".join(unknown))
    if missing := sorted(wanted - set(found)):
        _problem(problems, place, N_("%(keys)s is missing."), keys=", ".join(missing))
    blank = [key for key in ("zh", "en", "source") if key in found and not (isinstance(found[key], str) and found[key])]
    if blank or not isinstance(found.get("reviewed_on", date.min), date):
        keys = ", ".join(blank or ["reviewed_on"])
        _problem(problems, place, N_("what stands at %(keys)s is not of the kind that belongs there."), keys=keys)
    return not unknown and not missing and not blank


def _problem(problems: list[Message], place: str, text: str, **params: object) -> None:
    problems.append(Message(N_("%(place)s: %(what)s"), {"place": place, "what": Message(text, params)}))

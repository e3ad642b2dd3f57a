"""Read the policy of the two pools from data/rules/pools.yaml, and refuse what cannot be meant.

The bureau edits the file: a change is a new dated line, an old line stays as it was. Who enters and who leaves is said
in conditions of the rules' own form and read by their reader; places, days and stages are single dated values. Every
fault (an unknown key, a date given twice, an exit line above the entry line) comes in one list.
"""

import math
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import WrongFile
from pipeline.language import N_, Message
from pipeline.pools.model import CONDITIONS, GOLDEN, SEED, NoPolicy, Policy, PolicyBook, PolicyLine
from pipeline.rules.definition import measures
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.model import Condition, Evidence, Group, Line, Node
from pipeline.rules.definition.parse import ConditionReader, Dialect
from pipeline.strict_yaml import load_strictly
from pipeline.tutoring.stages import STAGES

POLICY_FILE = RULES_FOLDER / "pools.yaml"
CONFIDENCES = ("high", "medium", "low", "derived", "synthetic")
#: The single values of the policy and their units.
_UNITS = {"seed_cap": "firms", "golden_cap": "firms", "scores_valid_days": "days", "held_from_stage": "stage"}
#: Scores older than ten years say nothing of a firm of today.
_MOST_DAYS = 3_660
_POOL_KEYS = frozenset({"enter", "leave", "cap"})
_VALUE_KEYS = frozenset({"zh", "en", "unit", "values"})
_NEEDED = ("zh", "en", "reviewed_on", SEED, GOLDEN, "scores_valid_days", "held_from_stage")
_TOP_KEYS = frozenset({*_NEEDED, "source", "confidence"})


def policy_on(day: date) -> Policy:
    """The bureau's policy in force on `day`. Raises NoPolicy before its first day."""
    return policy_book().on(day)


@cache
def policy_book(path: Path = POLICY_FILE) -> PolicyBook:
    """The whole file. Raises WrongFile listing everything in it that cannot be meant."""
    problems: list[Message] = []
    content = load_strictly(path, problems)
    book = None
    if not problems:
        dialect = Dialect(measures.measures(), sources=None, confidences=CONFIDENCES, window="now", of_rules=False)
        reader = _PolicyReader(path.name, dialect)
        book = reader.book(content)
        problems += reader.problems
    if book is None or problems:
        raise WrongFile(Message(N_("%(file)s cannot be used:"), {"file": path.name}), problems)
    return book


class _PolicyReader(ConditionReader):
    """One policy being read."""

    def book(self, content: Any) -> PolicyBook | None:
        if isinstance(content, dict) and "lines" in content:
            self.problem("lines", _old_form())
            return None
        later = frozenset({SEED, GOLDEN, *_UNITS})
        if not self.keys("top", content, _TOP_KEYS, _NEEDED, later):
            return None
        self.day("reviewed_on", content["reviewed_on"])
        source, confidence = self.who_says("top", content)
        evidence = Evidence("", source or (), confidence or "")
        conditions: dict[str, Node] = {}
        values: dict[str, tuple[PolicyLine, ...]] = {}
        for pool in (SEED, GOLDEN):
            if self.keys(pool, content[pool], _POOL_KEYS, ("enter", "leave", "cap"), _POOL_KEYS):
                for way in ("enter", "leave"):
                    node = self.condition(f"{pool}, {way}", content[pool][way], evidence)
                    conditions |= {f"{pool}_{way}": node} if node is not None else {}
                values[f"{pool}_cap"] = self.values(f"{pool}_cap", content[pool]["cap"], evidence)
        for name in ("scores_valid_days", "held_from_stage"):
            values[name] = self.values(name, content[name], evidence)
        if self.problems or set(conditions) != set(CONDITIONS):
            return None
        book = PolicyBook(content["zh"], content["en"], conditions, values, evidence)
        for day in book.days():
            self.check_together(book, day)
        return book

    def condition(self, place: str, entry: object, evidence: Evidence) -> Node | None:
        node = self.node(place, entry, None)
        for condition in _conditions_below(node):
            for line in condition.lines:
                if line.value is not None:
                    self.check_evidence(f"{place}, {condition.measure}, {line.begins}", line, evidence)
        return node

    def values(self, name: str, entry: Any, evidence: Evidence) -> tuple[PolicyLine, ...]:
        """The dated lines of a single value."""
        if not self.keys(name, entry, _VALUE_KEYS, ("zh", "en", "unit", "values")):
            return ()
        unit = _UNITS[name]
        if entry["unit"] != unit:
            self.problem(name, N_("its unit is %(unit)s."), unit=unit)
        if not entry["values"]:
            self.problem(name, N_("a value by its first day was expected, for example 2026-01-01: {value: 60, …}."))
            return ()
        lines = []
        for line in self.lines(name, entry["values"], None):
            place = f"{name}, {line.begins}"
            self.check_evidence(place, line, evidence)
            if not _fits(line.value, unit):
                self.problem(place, N_("%(found)s does not fit %(unit)s."), found=line.value, unit=unit)
            source = ", ".join(line.source or evidence.source)
            confidence = line.confidence or evidence.confidence
            lines.append(PolicyLine(name, entry["zh"], entry["en"], unit, line.value, line.begins, source, confidence))
        return tuple(lines)

    def check_evidence(self, place: str, line: Line, evidence: Evidence) -> None:
        said = {"source": line.source or evidence.source, "confidence": line.confidence or evidence.confidence}
        if missing := [key for key, value in said.items() if not value]:
            self.problem(place, N_("%(keys)s is missing."), keys=", ".join(missing))

    def check_together(self, book: PolicyBook, day: date) -> None:
        """Whether the lines of a day leave firms neither going in and out nor higher in the lower pool."""
        try:
            policy = book.on(day)
        except NoPolicy as error:
            self.problems.append(
                Message(N_("%(place)s: %(what)s"), {"place": f"{self.file}, {day}", "what": error.message})
            )
            return
        for name, pool in ((SEED, policy.seed), (GOLDEN, policy.golden)):
            if _reaches(pool.leave_points, pool.enter_points):
                self.problem(f"{name}, {day}", N_("the exit line must be below the entry line."))
        seed, golden = policy.seed, policy.golden
        same_exit = seed.leave_points == golden.leave_points
        if _reaches(seed.enter_points, golden.enter_points) or (
            not same_exit and _reaches(seed.leave_points, golden.leave_points)
        ):
            self.problem(f"{GOLDEN}, {day}", N_("its lines must be above those of the seed pool."))


def _reaches(line: float | None, other: float | None) -> bool:
    """Whether the first line is at or above the second; not where one of them is not in points."""
    return line is not None and other is not None and line >= other


def _fits(value: object, unit: str) -> bool:
    if unit == "stage":
        return isinstance(value, str) and value in STAGES
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return 0 < value <= (_MOST_DAYS if unit == "days" else math.inf)


def _conditions_below(node: Node | None) -> list[Condition]:
    if isinstance(node, Condition):
        return [node]
    return [leaf for child in node.nodes for leaf in _conditions_below(child)] if isinstance(node, Group) else []


def _old_form() -> str:
    return N_(
        "this is the form of an earlier version. Write the conditions of each pool in the form of the rules, for "
        'example seed: {enter: {all: [{fact: points, is: ">=", unit: points, values: {2021-01-01: 60}}]}, '
        'leave: {any: [{fact: points, is: "<", unit: points, values: {2021-01-01: 56}}]}, '
        "cap: {zh: …, en: …, unit: firms, values: {2021-01-01: 150}}}. data/rules/README.md explains it."
    )

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

from pipeline.accounts.departments import DEPARTMENTS
from pipeline.districts import DISTRICTS
from pipeline.errors import WrongFile
from pipeline.language import N_, Message
from pipeline.pools.contradictions import contradictions
from pipeline.pools.model import (
    GOLDEN,
    NEEDED_LINES,
    SEED,
    NoPolicy,
    Policy,
    PolicyBook,
    PolicyLine,
    month_and_day,
)
from pipeline.rules.definition import measures
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.model import Condition, Evidence, Group, Line, Node
from pipeline.rules.definition.parse import ConditionReader, Dialect
from pipeline.strict_yaml import load_strictly, load_text_strictly
from pipeline.tutoring.stages import STAGES

POLICY_FILE = RULES_FOLDER / "pools.yaml"
#: The second policy that comes with the program: points alone decide.
POINTS_ONLY_FILE = RULES_FOLDER / "pools_points_only.yaml"
#: The third: for a bureau without a model, no line in points.
RULES_ONLY_FILE = RULES_FOLDER / "pools_rules_only.yaml"
CONFIDENCES = ("high", "medium", "low", "derived", "synthetic")
#: The single values of the policy and their units.
_UNITS = {
    "seed_cap": "firms",
    "golden_cap": "firms",
    "seed_floors": "firms",
    "golden_floors": "firms",
    "scores_valid_days": "days",
    "held_from_stage": "stage",
    "valid_months": "months",
    "reviews_to_leave": "reviews",
    "reporting_days": "month-day",
    "opinions": "departments",
    "opinion_days": "working days",
    "notice_days": "working days",
}
#: Scores older than ten years say nothing of a firm of today; the most of every other number, by its unit.
_MOST = {"days": 3_660, "months": 120, "reviews": 4, "working days": 60}
_POOL_KEYS = {SEED: frozenset({"enter", "leave", "cap", "floors"})}
_POOL_KEYS[GOLDEN] = _POOL_KEYS[SEED] | {"straight"}
_VALUE_KEYS = frozenset({"zh", "en", "unit", "values"})
_SINGLE = tuple(name for name in _UNITS if not name.startswith((SEED, GOLDEN)))
_NEEDED = ("zh", "en", "reviewed_on", SEED, GOLDEN, *(name for name in _SINGLE if name in NEEDED_LINES))
_TOP_KEYS = frozenset({*_NEEDED, *_SINGLE, "candidate", "note_zh", "note_en", "source", "confidence"})


def policy_on(day: date) -> Policy:
    """The policy of the file in force on `day`. Raises NoPolicy before its first day."""
    return policy_book().on(day)


@cache
def policy_book(path: Path = POLICY_FILE) -> PolicyBook:
    """The whole file. Raises WrongFile listing everything in it that cannot be meant."""
    problems: list[Message] = []
    return _book(path.name, load_strictly(path, problems), problems)


def policy_book_of(text: str, name: str) -> PolicyBook:
    """As policy_book, of the text of a file that was adopted, or is being tried."""
    problems: list[Message] = []
    return _book(name, load_text_strictly(text, name, problems), problems)


def _book(name: str, content: Any, problems: list[Message]) -> PolicyBook:
    book = None
    if not problems:
        dialect = Dialect(
            measures.measures(), sources=None, confidences=CONFIDENCES, window="now", of_rules=False, named=True
        )
        reader = _PolicyReader(name, dialect)
        book = reader.book(content)
        problems += reader.problems
    if book is None or problems:
        raise WrongFile(Message(N_("%(file)s cannot be used:"), {"file": name}), problems)
    return book


class _PolicyReader(ConditionReader):
    """One policy being read."""

    def book(self, content: Any) -> PolicyBook | None:
        if isinstance(content, dict) and "lines" in content:
            self.problem("lines", _old_form())
            return None
        later = frozenset({SEED, GOLDEN, "candidate", *_UNITS})
        if not self.keys("top", content, _TOP_KEYS, _NEEDED, later):
            return None
        self.day("reviewed_on", content["reviewed_on"])
        source, confidence = self.who_says("top", content)
        evidence = Evidence("", source or (), confidence or "")
        entries = {"candidate": content.get("candidate")}
        values: dict[str, tuple[PolicyLine, ...]] = {}
        for pool in (SEED, GOLDEN):
            found = content[pool]
            if self.keys(pool, found, _POOL_KEYS[pool], ("enter", "leave", "cap"), _POOL_KEYS[pool]):
                entries |= {f"{pool}_{way}": found.get(way) for way in ("enter", "straight", "leave")}
                values |= {
                    f"{pool}_{name}": self.values(f"{pool}_{name}", found[name], evidence)
                    for name in ("cap", "floors")
                    if name in found
                }
        values |= {name: self.values(name, content[name], evidence) for name in _SINGLE if name in content}
        conditions = {
            name: node
            for name, entry in entries.items()
            if entry is not None and (node := self.condition(name.replace("_", ", "), entry, evidence)) is not None
        }
        if self.problems:
            return None
        book = PolicyBook(
            content["zh"],
            content["en"],
            conditions,
            values,
            evidence,
            content.get("note_zh", ""),
            content.get("note_en", ""),
        )
        for day in book.days():
            self.check_together(book, day)
        return book

    def condition(self, place: str, entry: object, evidence: Evidence) -> Node | None:
        node = self.node(place, entry, None)
        for condition, said in _conditions_below(node, evidence):
            for line in condition.lines:
                if line.value is not None:
                    self.check_evidence(f"{place}, {condition.measure}, {line.begins}", line, said)
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
            if not _fits(line.value, name):
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
        for name, (one, other) in contradictions(policy).items():
            text = N_("nobody can ever meet it: %(one)s and %(other)s exclude each other.")
            self.problem(f"{name.replace('_', ', ')}, {day}", text, one=one, other=other)


def _reaches(line: float | None, other: float | None) -> bool:
    """Whether the first line is at or above the second; not where one of them is not in points."""
    return line is not None and other is not None and line >= other


def _fits(value: object, name: str) -> bool:
    """Whether a single value can be what it is called."""
    unit = _UNITS[name]
    if unit == "stage":
        return isinstance(value, str) and value in STAGES
    if unit == "month-day":
        return isinstance(value, list) and all(map(_is_month_and_day, value))
    if unit == "departments":
        words = value if isinstance(value, list) else [None]
        return all(isinstance(word, str) and word in DEPARTMENTS for word in words) and len(set(words)) == len(words)
    if name.endswith("_floors"):
        return isinstance(value, dict) and all(
            district in DISTRICTS and _is_number(places, 0, math.inf) for district, places in value.items()
        )
    return _is_number(value, 0 if name == "notice_days" else 1, _MOST.get(unit, math.inf))


def _is_number(value: object, least: int, most: float) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_month_and_day(word: object) -> bool:
    try:
        return isinstance(word, str) and bool(month_and_day(word))
    except ValueError:
        return False


def _conditions_below(node: Node | None, evidence: Evidence) -> list[tuple[Condition, Evidence]]:
    """Each condition with what it rests on where its lines name nothing of their own."""
    if isinstance(node, Condition):
        return [(node, evidence)]
    if not isinstance(node, Group):
        return []
    return [leaf for child in node.nodes for leaf in _conditions_below(child, node.evidence or evidence)]


def _old_form() -> str:
    return N_(
        "this is the form of an earlier version. Write the conditions of each pool in the form of the rules, for "
        'example seed: {enter: {all: [{fact: points, is: ">=", unit: points, values: {2021-01-01: 60}}]}, '
        'leave: {any: [{fact: points, is: "<", unit: points, values: {2021-01-01: 56}}]}, '
        "cap: {zh: …, en: …, unit: firms, values: {2021-01-01: 150}}}. data/rules/README.md explains it."
    )

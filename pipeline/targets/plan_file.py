"""Read data/rules/targets.yaml, and refuse what cannot be meant, every fault in one list."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.activities.kinds import activity_kinds
from pipeline.districts import DISTRICTS
from pipeline.errors import NotFound, WrongFile
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.model import RECOGNITION, Condition, Evidence, Group, Node
from pipeline.rules.definition.parse import ConditionReader, Dialect
from pipeline.rules.definition.rule_books import rule_books
from pipeline.strict_yaml import load_strictly
from pipeline.targets.model import ACTIVITIES, FIGURES, FIRMS, GOALS, YEAR_END, Goal, Plan, Target
from pipeline.tutoring.event_boards import BOARDS
from pipeline.tutoring.stages import EVENTS

TARGETS_FILE = RULES_FOLDER / "targets.yaml"
CONFIDENCES = ("high", "medium", "low", "derived", "synthetic")
_TOP = frozenset({"reviewed_on", "plans"})
_PLAN = frozenset({"zh", "en", "baseline", "ends", "source", "confidence", "note_zh", "note_en", "targets"})
_TARGET = frozenset(
    {
        *("zh", "en", "counts", "by", "needs", "labels", "activity", "levels", "event", "boards"),
        *("goals", "milestones", "districts"),
    }
)
_LATER = frozenset({"baseline", "ends", "targets", "needs", "labels", "activity", "levels", "boards", "goals"}) | {
    "milestones",
    "districts",
    "plans",
}


@cache
def plans(path: Path = TARGETS_FILE) -> tuple[Plan, ...]:
    """Every plan, in the order of the file. Raises WrongFile listing everything that cannot be meant."""
    problems: list[Message] = []
    content = load_strictly(path, problems)
    found: tuple[Plan, ...] = ()
    if not problems:
        dialect = Dialect(measures.measures(), sources=None, confidences=CONFIDENCES, window="now", of_rules=False)
        reader = _TargetsReader(path.name, dialect)
        found = tuple(reader.plans(content))
        problems += reader.problems
    if problems:
        raise WrongFile(Message(N_("%(file)s cannot be used:"), {"file": path.name}), problems)
    return found


def plan(plan_id: str, path: Path = TARGETS_FILE) -> Plan:
    """Raises NotFound for a plan that the file has not."""
    for each in plans(path):
        if each.id == plan_id:
            return each
    text = N_("There is no plan %(plan)s. There are: %(plans)s.")
    raise NotFound(Message(text, {"plan": plan_id, "plans": ", ".join(each.id for each in plans(path))}))


def target_of(plan_id: str, target_id: str, path: Path = TARGETS_FILE) -> tuple[Plan, Target]:
    """Raises NotFound for a plan or target that the file has not."""
    of = plan(plan_id, path)
    target = of.target(target_id)
    if target is None:
        text = N_("The plan %(plan)s has no target %(target)s. It has: %(targets)s.")
        names = ", ".join(each.id for each in of.targets)
        raise NotFound(Message(text, {"plan": plan_id, "target": target_id, "targets": names}))
    return of, target


class _TargetsReader(ConditionReader):
    def plans(self, content: Any) -> list[Plan]:
        if not self.keys("top", content, _TOP, ("reviewed_on", "plans"), _LATER):
            return []
        self.day("reviewed_on", content["reviewed_on"])
        if not isinstance(content["plans"], dict):
            self.problem("plans", N_("a mapping was expected."))
            return []
        return [each for name, entry in content["plans"].items() if (each := self.plan(str(name), entry)) is not None]

    def plan(self, name: str, entry: Any) -> Plan | None:
        needed = ("zh", "en", "baseline", "ends", "source", "confidence", "targets")
        if not self.keys(name, entry, _PLAN, needed, _LATER):
            return None
        self.who_says(name, entry)
        baseline, ends = self.day(name, entry["baseline"]), self.day(name, entry["ends"])
        if baseline is None or ends is None:
            return None
        if ends <= baseline:
            self.problem(name, N_("it ends before its baseline."))
        if not isinstance(entry["targets"], dict):
            self.problem(name, N_("a mapping was expected."))
            return None
        evidence = Evidence("", (entry["source"],), entry["confidence"])
        targets = [self.target(f"{name}, {id_}", str(id_), of, evidence) for id_, of in entry["targets"].items()]
        return Plan(
            id=name,
            name=Label(entry["zh"], entry["en"]),
            baseline=baseline,
            ends=ends,
            source=entry["source"],
            confidence=entry["confidence"],
            note=Label(entry.get("note_zh", ""), entry.get("note_en", "")),
            targets=tuple(each for each in targets if each is not None),
        )

    def target(self, place: str, name: str, entry: Any, evidence: Evidence) -> Target | None:
        if not self.keys(place, entry, _TARGET, ("zh", "en", "goals"), _LATER):
            return None
        counts, on = entry.get("counts", FIRMS), entry.get("by", YEAR_END)
        self.one_of(place, "counts", [counts], (FIRMS, ACTIVITIES))
        self.one_of(place, "by", [on], (YEAR_END, FIGURES))
        activity = self.words(place, entry.get("activity"), activity_kinds().kinds)
        levels = self.words(
            place, entry.get("levels"), {word for k in activity_kinds().kinds.values() for word in k.levels}
        )
        labels = self.words(place, entry.get("labels"), _labels())
        boards = self.words(place, entry.get("boards"), BOARDS)
        if "event" in entry:
            self.one_of(place, "event", [entry["event"]], tuple(EVENTS))
        needs = self.needs(place, entry["needs"], evidence) if "needs" in entry else None
        if not (needs or labels or activity or "event" in entry):
            self.problem(place, N_("it says nothing of what is counted."))
        if counts == ACTIVITIES and not activity:
            self.problem(place, N_("only of activities several of one firm count."))
        return Target(
            id=name,
            name=Label(entry["zh"], entry["en"]),
            counts=counts,
            on=on,
            needs=needs,
            labels=labels,
            activity=activity,
            levels=levels,
            event=entry.get("event"),
            boards=boards,
            goals=self.goals(place, entry["goals"]),
            milestones=self.milestones(place, entry.get("milestones", {})),
            districts=self.districts(place, entry.get("districts", {})),
        )

    def needs(self, place: str, entry: Any, evidence: Evidence) -> Node | None:
        node = self.node(place, entry, None)
        return Group("all", (node,), evidence=evidence) if isinstance(node, Condition | Group) else None

    def goals(self, place: str, found: Any) -> tuple[Goal, ...]:
        if not isinstance(found, list) or not found:
            self.problem(place, N_("a list of goals was expected."))
            return ()
        goals = []
        for entry in found:
            pairs = list(entry.items()) if isinstance(entry, dict) else []
            if len(pairs) != 1 or pairs[0][0] not in GOALS or not _is_number(pairs[0][1]):
                self.problem(place, N_("a goal is one of %(kinds)s with a whole number."), kinds=", ".join(GOALS))
                continue
            goals.append(Goal(*pairs[0]))
        return tuple(goals)

    def milestones(self, place: str, found: Any) -> dict[date, int]:
        if not isinstance(found, dict) or not all(isinstance(day, date) and _is_number(n) for day, n in found.items()):
            self.problem(place, N_("milestones are days with a whole number each."))
            return {}
        return dict(sorted(found.items()))

    def districts(self, place: str, found: Any) -> dict[str, int]:
        if not isinstance(found, dict) or not all(_is_number(number) for number in found.values()):
            self.problem(place, N_("districts are codes with a whole number each."))
            return {}
        if found and set(map(str, found)) != set(DISTRICTS):
            self.problem(place, N_("a split names every district of the city once, and no other."))
        return {str(code): number for code, number in found.items()}

    def words(self, place: str, found: Any, known: Any) -> tuple[str, ...]:
        if found is None:
            return ()
        if not isinstance(found, list) or not found or not all(isinstance(word, str) for word in found):
            self.problem(place, N_("a list of words was expected."))
            return ()
        self.one_of(place, "", found, tuple(known))
        return tuple(found)

    def one_of(self, place: str, key: str, found: Sequence[Any], known: Sequence[str]) -> None:
        if strangers := [str(word) for word in found if word not in known]:
            self.problem(place, N_("unknown key %(keys)s."), keys=" ".join((key, *strangers)).strip())


def _labels() -> set[str]:
    return {rule.name for book in rule_books() if book.board == RECOGNITION for rule in book.rules}


def _is_number(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool) and found >= 0

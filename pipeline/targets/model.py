"""Plans, their targets and goals, as their file has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.language import N_, Label, Message
from pipeline.rules.definition.model import Node

OVER, AT_LEAST, GROWN_BY, TIMES = "over", "at_least", "grown_by", "times"
#: A msgid for each kind of goal.
GOALS: Mapping[str, str] = {
    OVER: N_("more than %(value)s"),
    AT_LEAST: N_("at least %(value)s"),
    GROWN_BY: N_("%(value)s more than at the baseline"),
    TIMES: N_("%(value)s times the baseline"),
}
YEAR_END, FIGURES = "year_end", "figures"
FIRMS, ACTIVITIES = "firms", "activities"


@dataclass(frozen=True)
class Goal:
    kind: str
    value: int

    def needed(self, baseline: int | None) -> int | None:
        """The least count that reaches it; None where it needs a baseline that is not known."""
        if self.kind == OVER:
            return self.value + 1
        if self.kind == AT_LEAST:
            return self.value
        if baseline is None:
            return None
        return baseline + self.value if self.kind == GROWN_BY else baseline * self.value

    @property
    def message(self) -> Message:
        return Message(GOALS[self.kind], {"value": self.value})


@dataclass(frozen=True)
class Target:
    """What is counted, all of which has to hold: `needs`, conditions of the rules; `labels`, names of rules of
    recognition; `activity`, kinds that stand on the day, of `levels` alone where there are any; `event` on one of
    `boards`. `on`: figures where it is the figures of a fiscal year that count."""

    id: str
    name: Label
    counts: str
    on: str
    needs: Node | None
    labels: tuple[str, ...]
    activity: tuple[str, ...]
    levels: tuple[str, ...]
    event: str | None
    boards: tuple[str, ...]
    goals: tuple[Goal, ...]
    milestones: Mapping[date, int]
    districts: Mapping[str, int]

    @property
    def by_figures(self) -> bool:
        return self.on == FIGURES


@dataclass(frozen=True)
class Plan:
    id: str
    name: Label
    baseline: date
    ends: date
    source: str
    confidence: str
    note: Label
    targets: Sequence[Target]

    def target(self, target_id: str) -> Target | None:
        return next((each for each in self.targets if each.id == target_id), None)

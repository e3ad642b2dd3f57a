"""What changed in firms' standing to the boards between two days: by their own figures, or because the rules changed.

The figures of the later day are held against the rules of the earlier one in between: what differs from before then is
the figures' doing, and what differs from that by the rules of the later day is the law's. No score enters it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import Connection, Engine

from pipeline.facts import connected
from pipeline.json_values import JsonObject
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.evaluation import evaluate, nearest
from pipeline.rules.reports import board_tables, check, compare_regimes

FIGURES, RULES = "figures", "rules"
#: Where one of the days has no rule of the board, or nothing of the firm was known.
NOT_RECORDED = "not_recorded"
_STEPS = ((FIGURES, "before", "between"), (RULES, "between", "now"))
#: One text a cause; which way it went is told by from what to what.
_TEXTS = {
    FIGURES: N_("%(board)s: %(before)s → %(now)s (its own figures)"),
    RULES: N_("%(board)s: %(before)s → %(now)s (the rules changed)"),
}


@dataclass(frozen=True)
class StandingChange:
    """A firm's standing to one board went from `before` to `now` (of nearest.MEETS, or NOT_RECORDED) because of
    FIGURES or of RULES."""

    board: str
    because: str
    before: str
    now: str

    @property
    def worth_telling(self) -> bool:
        """Whether it came near a board or went away from it; that what is not met had been unknown tells nothing."""
        return not {self.before, self.now} <= {"not_met", "unknown", NOT_RECORDED}

    @property
    def message(self) -> Message:
        book = rule_books.book_of(self.board)
        about = {"board": Label(book.zh, book.en), "before": _said(self.before), "now": _said(self.now)}
        return Message(_TEXTS[self.because], about)

    def as_json(self) -> JsonObject:
        return {
            "board": self.board,
            "because": self.because,
            "before": self.before,
            "now": self.now,
            "said": str(self.message),
        }


@dataclass(frozen=True)
class StandingChanges:
    """`of_firm`: firm -> its changes in the order of the boards; `rules`: the thresholds that differ between the two
    days, as compare_regimes.changed_thresholds has them."""

    of_firm: dict[str, list[StandingChange]]
    rules: pd.DataFrame

    def of(self, firm_id: str) -> list[StandingChange]:
        return self.of_firm.get(firm_id, [])


def standing_changes(
    engine: Engine | Connection, before: date, now: date, firms: Sequence[str], cohort: str
) -> StandingChanges:
    """What changed between two days in how these firms stand to the boards, on each day by what was known of them and
    by the rules in force."""
    rules = compare_regimes.changed_thresholds(before, now)
    if not len(firms):
        return StandingChanges({}, rules)
    with connected(engine) as connection:
        then, later = (check.inputs(connection, day, cohort=cohort, firms=list(firms)) for day in (before, now))
    meets = {
        "before": _meets(*then, before, before),
        "between": _meets(*later, now, before),
    }
    meets["now"] = meets["between"] if _same_rules(before, now) else _meets(*later, now, now)
    table = pd.concat(meets, axis=1).fillna(NOT_RECORDED)
    places = {board: place for place, board in enumerate(BOARDS)}
    found: dict[str, list[StandingChange]] = {}
    moved = table[(table["before"] != table["between"]) | (table["between"] != table["now"])]
    for (firm, board), row in sorted(moved.iterrows(), key=lambda each: (each[0][0], places[each[0][1]])):
        found.setdefault(str(firm), []).extend(
            StandingChange(str(board), because, str(row[one]), str(row[other]))
            for because, one, other in _STEPS
            if row[one] != row[other]
        )
    return StandingChanges(found, rules)


def _same_rules(before: date, now: date) -> bool:
    """Whether the very same editions of all rules, with the same lines, are in force on both days."""
    one, other = ([(rule.id, rule.needs) for rule in evaluate.recorded(BOARDS, day)[0]] for day in (before, now))
    return one == other


def _meets(facts: pd.DataFrame, firms: pd.DataFrame, facts_day: date, rules_of: date) -> pd.Series:
    """How much of each board is met, one of nearest.MEETS: index firm_id, board."""
    if facts.empty:
        return pd.Series(dtype=object, index=pd.MultiIndex.from_arrays([[], []], names=["firm_id", "board"]))
    table = nearest.by_board(evaluate.check(facts, firms, facts_day, rules_of)).astype({"board": str, "firm_id": str})
    return table.set_index(["firm_id", "board"])["meets"].astype(object)


def _said(state: str) -> Message:
    return Message(N_("not recorded") if state == NOT_RECORDED else board_tables.MEETS_NAMES[state])

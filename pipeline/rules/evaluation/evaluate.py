"""Which board's rules every firm meets on a day, and how far it is from the rest.

conditions.py -> **boards.py** -> nearest.py, explaining.py, comparing.py
Facts as known on one day are held against the rules in force on the same day or another: what would the rules of
2024 have said of the firms of 2022. One verdict a firm and rule; conditions are worked out again, for the few
firms that are looked at, when they are asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.language import Message
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.rule_books import BOARDS, NoSuchRule, RuleInForce
from pipeline.rules.evaluation import conditions
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN, WORDS, Outcome, States
from pipeline.rules.evaluation.firm_years import FirmYears

if TYPE_CHECKING:
    from pipeline.rules.explanation.condition_table import FirmVerdict

ROW_COLUMNS = ("firm_id", "board", "part", "rule", "verdict")


@dataclass
class Verdicts:
    """What the rules of one day say of every firm, one row of each array a rule, one column a firm.

    `state`: 0 not met, 1 unknown, 2 met; `away`, `gap`, `widest`: how far, as in conditions.Outcome.
    `not_recorded`: what to say of boards for which no rule of the day is recorded.
    """

    data: FirmYears
    facts_day: date
    rules_of: date
    rules: list[RuleInForce]
    state: States
    away: NDArray[np.int16]
    gap: NDArray[np.float32]
    widest: NDArray[np.float32]
    warnings: list[Message] = field(default_factory=list)
    not_recorded: list[Message] = field(default_factory=list)

    @property
    def firm_ids(self) -> pd.Index:
        return self.data.firm_ids

    @property
    def boards(self) -> list[str]:
        """The boards that were asked for and have rules, in their usual order."""
        return list(dict.fromkeys(rule.rule.board for rule in self.rules))

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row a firm and rule: firm_id, board, part, rule, verdict (met, not_met, unknown); all categories."""
        firms, rules = len(self.firm_ids), len(self.rules)

        def of_rules(words: Sequence[str]) -> "pd.Categorical[str]":
            kinds = list(dict.fromkeys(words))
            codes = np.array([kinds.index(word) for word in words], dtype=np.int16)
            return pd.Categorical.from_codes(np.tile(codes, firms), pd.Index(kinds))

        return pd.DataFrame(
            {
                "firm_id": pd.Categorical.from_codes(np.repeat(np.arange(firms, dtype=np.int32), rules), self.firm_ids),
                "board": of_rules([held.rule.board for held in self.rules]),
                "part": of_rules([held.rule.part for held in self.rules]),
                "rule": of_rules([held.id for held in self.rules]),
                "verdict": pd.Categorical.from_codes(self.state.T.reshape(-1).astype(np.int8), pd.Index(WORDS)),
            }
        )

    @cached_property
    def conditions(self) -> pd.DataFrame:
        """Every condition of every firm (explaining.COLUMNS). Large: for a whole cohort ask conditions_of."""
        from pipeline.rules.explanation.condition_table import conditions_of

        return conditions_of(self, None)

    def conditions_of(self, firm_ids: Sequence[str]) -> pd.DataFrame:
        """Every condition of a few firms: value, threshold, unit, gap, the years it looked at, what is missing."""
        from pipeline.rules.explanation.condition_table import conditions_of

        return conditions_of(self, firm_ids)

    def of_firm(self, firm_id: str) -> "FirmVerdict":
        """All that the rules say of one firm. Raises NoSuchRule where no fact of the firm is known on the day."""
        from pipeline.rules.explanation.condition_table import of_firm

        return of_firm(self, firm_id)

    @cached_property
    def by_board(self) -> pd.DataFrame:
        """One row a firm and board: the state of each part, the nearest standard and its distance (nearest.COLUMNS)."""
        from pipeline.rules.evaluation.nearest import by_board

        return by_board(self)

    def verdict(self, rule_id: str, board: str | None = None) -> pd.Series:
        """met, not_met or unknown per firm for one rule. Raises NoSuchRule where it is not in force on the day."""
        state = self.state[self.place(rule_id, board)]
        return pd.Series(np.array(WORDS)[state], index=self.firm_ids, name=rule_id)

    def place(self, rule_id: str, board: str | None = None) -> int:
        """The row of a rule in the arrays."""
        for place, held in enumerate(self.rules):
            if held.id == rule_id and board in (None, held.rule.board):
                return place
        from pipeline.language import N_

        raise NoSuchRule(
            Message(
                N_("The rule %(rule)s is not in force on %(day)s."), {"rule": rule_id, "day": self.rules_of.isoformat()}
            )
        )

    def as_json(self, firm_ids: Sequence[str] | None = None) -> dict[str, object]:
        """The verdicts and every condition as one document (document.as_json)."""
        from pipeline.rules.reports.verdicts_json import as_json

        return as_json(self, firm_ids)


def check(
    facts: pd.DataFrame,
    firms: pd.DataFrame,
    facts_day: date,
    rules_of: date | None = None,
    boards: Sequence[str] | None = None,
    books: Sequence[rule_books.RuleBook] | None = None,
) -> Verdicts:
    """What the rules of `rules_of` (default: the facts day) say of every firm.

    `facts`: index (firm_id, year), `firms`: index firm_id, both as pipeline.facts gives them for `facts_day`.
    `boards`: names of dated.BOARDS or "recognition"; by default all six boards, leaving out those that have no
    rule yet on the day (they stand in `not_recorded`). Raises NoSuchRule for a board asked for by name that is
    unknown or has no rule on the day.
    """
    day = rules_of or facts_day
    rules: list[RuleInForce] = []
    missing: list[Message] = []
    for board in BOARDS if boards is None else boards:
        try:
            rules += rule_books.in_force(board, day, books)
        except NoSuchRule as error:
            if boards is not None or not isinstance(error.message, Message):
                raise
            missing.append(error.message)
    data = FirmYears(facts, firms, facts_day)
    shape = (len(rules), len(data))
    verdicts = Verdicts(
        data,
        facts_day,
        day,
        rules,
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.int16),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.float32),
        rule_books.warnings_on(day, sorted({held.rule.board for held in rules}), books),
        missing,
    )
    for place, outcome in outcomes(rules, data):
        for name in ("state", "away", "gap", "widest"):
            getattr(verdicts, name)[place] = getattr(outcome, name)
    return verdicts


def outcomes(rules: Sequence[RuleInForce], data: FirmYears, keep: bool = False) -> Iterator[tuple[int, Outcome]]:
    """(place, outcome) of each rule, in the order given; a rule that refers to another comes after it."""
    rates = conditions.rates_on(data.day)
    referred: dict[str, Outcome] = {}
    wanted = {name for held in rules for name in _refers_to(held.needs)}
    for place, held in enumerate(rules):
        outcome = conditions.evaluated(held.needs, data, rates, referred, keep)
        if held.rule.name in wanted:
            referred[held.rule.name] = outcome
        yield place, outcome


def _refers_to(node: rule_books.Node) -> list[str]:
    if isinstance(node, rule_books.Meets):
        return [node.rule]
    return [name for child in node.nodes for name in _refers_to(child)] if isinstance(node, rule_books.Group) else []


def part_states(verdicts: Verdicts, board: str) -> Mapping[str, States]:
    """The state of each part of a board per firm; a part without rules is left out.

    standard: one of them is enough. Preconditions, structural: all. Positioning: the regular set, or an
    exceptional route that somebody has confirmed (unknown exceptional routes promise nothing).
    """
    found: dict[str, States] = {}
    for part in ("standard", "structural", "precondition", "positioning"):
        places = [i for i, held in enumerate(verdicts.rules) if held.rule.board == board and held.rule.part == part]
        if not places:
            continue
        if part == "standard":
            found[part] = verdicts.state[places].max(axis=0)
            continue
        regular = [i for i in places if verdicts.rules[i].rule.route == "regular"]
        found[part] = verdicts.state[regular].min(axis=0)
        for place in places:
            if verdicts.rules[place].rule.route != "regular":
                found[part] = np.where(verdicts.state[place] == MET, MET, found[part]).astype(np.uint8)
    return found


__all__ = ["MET", "NOT_MET", "ROW_COLUMNS", "UNKNOWN", "Verdicts", "check", "outcomes", "part_states"]

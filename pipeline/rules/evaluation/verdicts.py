"""What the rules of a day say of every firm, as arrays: one row a rule, one column a firm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.language import N_, Message
from pipeline.rules.definition.model import BOARD_PARTS, LABEL_PART, RECOGNITION, RuleInForce
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation.conditions import MET, WORDS, Outcome, States
from pipeline.rules.evaluation.firm_years import FirmYears


@dataclass(eq=False)
class Verdicts:
    """What the rules of one day say of every firm, one row of each array a rule, one column a firm.

    `state`: 0 not met, 1 unknown, 2 met; `conditions_missing`, `total_gap_share`, `largest_gap_share`, `reach`: how
    far, as in conditions.Outcome.
    `not_recorded`: what to say of boards for which no rule of the day is recorded. `outcomes`: of each rule with all
    its conditions, kept for a few firms (their page tells every condition), else empty.
    """

    data: FirmYears
    facts_day: date
    rules_of: date
    rules: list[RuleInForce]
    state: States
    conditions_missing: NDArray[np.int16]
    total_gap_share: NDArray[np.float32]
    largest_gap_share: NDArray[np.float32]
    reach: NDArray[np.float32]
    warnings: list[Message] = field(default_factory=list)
    not_recorded: list[Message] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

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
                "board": of_rules([rule.board for rule in self.rules]),
                "part": of_rules([rule.part for rule in self.rules]),
                "rule": of_rules([rule.id for rule in self.rules]),
                "verdict": pd.Categorical.from_codes(self.state.T.reshape(-1).astype(np.int8), pd.Index(WORDS)),
            }
        )

    def frame(self) -> pd.DataFrame:
        """`rows` in plain words, with the stable name of each rule: the table that others read.

        Columns firm_id, board, part (standard, structural, precondition, positioning, recognition), name (the same
        in every edition: main-S1, hnte), rule (the id in force on the day: main-2024-S1, hnte-2016), verdict (met,
        not_met, unknown); one row a firm and rule.
        """
        table = self.rows.astype("str")
        table["part"] = table["part"].replace(LABEL_PART, RECOGNITION)
        table.insert(3, "name", np.tile([rule.name for rule in self.rules], len(self.firm_ids)))
        return table.astype({"name": "str"})

    def verdict(self, rule_id: str, board: str | None = None) -> pd.Series:
        """met, not_met or unknown per firm for one rule. Raises NoSuchRule where it is not in force on the day."""
        state = self.state[self.place(rule_id, board)]
        return pd.Series(np.array(WORDS)[state], index=self.firm_ids, name=rule_id)

    def place(self, rule_id: str, board: str | None = None) -> int:
        """The row of a rule in the arrays."""
        for place, rule in enumerate(self.rules):
            if rule.id == rule_id and board in (None, rule.board):
                return place
        raise NoSuchRule(
            Message(
                N_("The rule %(rule)s is not in force on %(day)s."), {"rule": rule_id, "day": self.rules_of.isoformat()}
            )
        )


def part_states(verdicts: Verdicts, board: str) -> Mapping[str, States]:
    """The state of each part of a board per firm; a part without rules is left out.

    standard: one of them is enough. Preconditions, structural: all. Positioning: the regular set, or an
    exceptional route that a person has confirmed (unknown exceptional routes promise nothing).
    """
    states: dict[str, States] = {}
    for part in BOARD_PARTS:
        places = [i for i, rule in enumerate(verdicts.rules) if rule.board == board and rule.part == part]
        if not places:
            continue
        if part == "standard":
            states[part] = verdicts.state[places].max(axis=0)
            continue
        regular = [i for i in places if verdicts.rules[i].rule.route == "regular"]
        states[part] = verdicts.state[regular].min(axis=0)
        for place in places:
            if verdicts.rules[place].rule.route != "regular":
                states[part] = np.where(verdicts.state[place] == MET, MET, states[part]).astype(np.uint8)
    return states

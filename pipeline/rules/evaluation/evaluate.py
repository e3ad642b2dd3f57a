"""Evaluates the rules in force on a day for every firm.

Facts as known on one day are evaluated against the rules in force on the same day or another: what would the rules of
2024 have said of the firms of 2022. One verdict a firm and rule; conditions are evaluated again, for the few firms that
are looked at, when they are asked for.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from pipeline.language import Message
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARDS, RECOGNITION, RuleBook, RuleInForce
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation.conditions import outcomes
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.evaluation.verdicts import Verdicts

#: Of so many firms the outcome of every condition is kept.
_FEW_FIRMS = 20


def check(
    facts: pd.DataFrame,
    firms: pd.DataFrame,
    facts_day: date,
    rules_of: date | None = None,
    boards: Sequence[str] | None = None,
    books: Sequence[RuleBook] | None = None,
) -> Verdicts:
    """What the rules of `rules_of` (default: the facts day) say of every firm.

    `facts`: index (firm_id, year), `firms`: index firm_id, both as pipeline.facts gives them for `facts_day`.
    `boards`: names of BOARDS or "recognition"; by default all six boards, leaving out those that have no rule yet on
    the day (`not_recorded` names them). Raises NoSuchRule for a board asked for by name that is unknown or has no
    rule on the day.
    """
    day = rules_of or facts_day
    if boards is None:
        rules, not_recorded = recorded(BOARDS, day, books)
    else:
        rules, not_recorded = [rule for board in boards for rule in rule_books.in_force(board, day, books)], []
    return _evaluated(FirmYears(facts, firms, facts_day), day, rules, not_recorded, books)


def check_all(facts: pd.DataFrame, firms: pd.DataFrame, facts_day: date, rules_of: date | None = None) -> Verdicts:
    """As check, for all six boards and the labels of recognition, leaving out what has no rule yet on the day."""
    day = rules_of or facts_day
    rules, not_recorded = recorded((*BOARDS, RECOGNITION), day)
    return _evaluated(FirmYears(facts, firms, facts_day), day, rules, not_recorded, None)


def recorded(
    boards: Sequence[str], day: date, books: Sequence[RuleBook] | None = None
) -> tuple[list[RuleInForce], list[Message]]:
    """The rules of these boards on a day, and what to say of those for which none is recorded yet."""
    rules: list[RuleInForce] = []
    not_recorded: list[Message] = []
    for board in boards:
        try:
            rules += rule_books.in_force(board, day, books)
        except NoSuchRule as error:
            if not isinstance(error.message, Message):
                raise
            not_recorded.append(error.message)
    return rules, not_recorded


def _evaluated(
    data: FirmYears,
    day: date,
    rules: list[RuleInForce],
    not_recorded: list[Message],
    books: Sequence[RuleBook] | None,
) -> Verdicts:
    shape = (len(rules), len(data))
    verdicts = Verdicts(
        data=data,
        facts_day=data.day,
        rules_of=day,
        rules=rules,
        state=np.zeros(shape, np.uint8),
        conditions_missing=np.zeros(shape, np.int16),
        total_gap_share=np.zeros(shape, np.float32),
        largest_gap_share=np.zeros(shape, np.float32),
        reach=np.zeros(shape, np.float32),
        warnings=rule_books.warnings_on(day, sorted({rule.rule.board for rule in rules}), books),
        not_recorded=not_recorded,
    )
    few = len(data) <= _FEW_FIRMS
    for place, outcome in outcomes(rules, data, keep=few):
        if few:
            verdicts.outcomes.append(outcome)
        for name in ("state", "conditions_missing", "total_gap_share", "largest_gap_share", "reach"):
            getattr(verdicts, name)[place] = getattr(outcome, name)
    return verdicts

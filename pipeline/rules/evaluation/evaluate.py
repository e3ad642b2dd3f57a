"""Holds every firm's facts against the rules in force on a day.

Facts as known on one day are held against the rules in force on the same day or another: what would the rules of
2024 have said of the firms of 2022. One verdict a firm and rule; conditions are worked out again, for the few
firms that are looked at, when they are asked for.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from pipeline.language import Message
from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import BOARDS, RuleBook, RuleInForce
from pipeline.rules.definition.rule_books import NoSuchRule
from pipeline.rules.evaluation.conditions import outcomes
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.evaluation.verdicts import Verdicts


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
            if boards is not None or not isinstance(error.letter, Message):
                raise
            missing.append(error.letter)
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

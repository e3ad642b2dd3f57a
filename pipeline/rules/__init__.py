"""Listing rules as dated data, and how far every firm is from each of them.

    definition ──► evaluation ──► explanation ──► reports

definition: what the law says on a day. evaluation: what that says of all firms at once. explanation: why, and what is
missing. reports: tables and texts for screens and commands. A room may import those to its left, never one to its
right; each says in its own `__init__.py` what to take from it. Programs outside the project call `check`.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.rules.evaluation.verdicts import Verdicts


def check(
    facts: "pd.DataFrame",
    firms: "pd.DataFrame",
    as_of: date,
    rules_of: date | None = None,
    boards: Sequence[str] | None = None,
) -> "Verdicts":
    """What the rules in force on a day say of every firm, without a database; `.frame()` is the table of verdicts.

    `facts`: figures as known on `as_of`, index (firm_id, year), columns named as in data/catalog.yaml, in base units
    (yuan, fractions). `firms`: index firm_id, what holds for the firm whatever the year (registered_on,
    industry_code, hnte_expires_on ...) and what a person has judged, under the name of a measure that no return
    states. Columns may be missing: what they would have decided is unknown. Firms of either frame are checked.
    `rules_of`: the day of the rules, unless given `as_of`. `boards`: main, star, chinext, bse, neeq, hkex,
    recognition; unless given all seven, without those that have no rule yet on the day (`.not_recorded` names them).
    Raises NoSuchRule for a board asked for by name that is unknown or has no rule on the day.
    """
    # pandas is loaded by the first check, not by the command line that shows its help.
    from pipeline.rules.evaluation import evaluate

    return (
        evaluate.check_all(facts, firms, as_of, rules_of)
        if boards is None
        else evaluate.check(facts, firms, as_of, rules_of, boards)
    )

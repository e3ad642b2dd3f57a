"""What a feature is: a function of a firm's history, with the texts and the policy that belong to it."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from pipeline.language import Label
from scoring.features.history import History


@dataclass(frozen=True)
class Feature:
    """One feature, named after its function.

    `direction`: +1 more is better by policy, -1 less is, 0 the data decide. `actionable`: a firm can change it by what
    it does in a year (not what rests on past years). `unit`: money (on the log scale, see history.money_scale), ratio,
    change and spread (of a ratio, in percentage points; a change has a sign), count (log), times, turns, patents,
    conditions, days, years, yuan, points, doublings. `counts`: the fact of the catalogue whose counting word a count
    takes. `calendar`: it moves with the calendar by its making, whatever a firm does, so its drift asks for no new
    model.
    """

    name: str
    label: Label
    group: str
    unit: str
    direction: int
    actionable: bool
    calendar: bool
    counts: str | None
    formula: Callable[[History], pd.Series]


#: Every feature by name, in the order of definitions.py: the columns of the feature matrix.
FEATURES: dict[str, Feature] = {}


def feature(
    zh: str,
    *,
    group: str,
    unit: str,
    direction: int = 0,
    actionable: bool = False,
    calendar: bool = False,
    counts: str | None = None,
) -> Callable[[Callable[[History], pd.Series]], Callable[[History], pd.Series]]:
    """Registers a function as a feature: its name is the column, the first line of its docstring the English label.

    `zh` is the Chinese label; screens show both. Raises ValueError for a name given twice or a missing docstring.
    """

    def register(formula: Callable[[History], pd.Series]) -> Callable[[History], pd.Series]:
        name, text = formula.__name__, (formula.__doc__ or "").strip().split("\n")[0]
        if name in FEATURES or not text:
            raise ValueError(f"feature {name}: given twice, or without a docstring for its readers")
        label = Label(zh, text.removesuffix("."))
        FEATURES[name] = Feature(name, label, group, unit, direction, actionable, calendar, counts, formula)
        return formula

    return register

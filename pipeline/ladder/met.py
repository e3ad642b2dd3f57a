"""What the rules of a day say of each rung: who meets its conditions, and who is one condition away, and which."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.ladder.rungs import Rung
from pipeline.language import CHINESE, ENGLISH, Label
from pipeline.rules.evaluation.conditions import NOT_MET, UNKNOWN
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_text
from pipeline.rules.explanation.condition_table import conditions_of

if TYPE_CHECKING:
    import pandas as pd


def place_of(verdicts: Verdicts, rung: Rung) -> int | None:
    """The row of the rule that is in force for a rung; None where no rule says who meets its conditions."""
    return next((place for place, rule in enumerate(verdicts.rules) if rule.name in rung.rules), None)


def states(verdicts: Verdicts, ladder: Mapping[str, Rung], firms: "pd.Index") -> "pd.DataFrame":
    """What the rules say: uint8 (conditions.NOT_MET, UNKNOWN, MET), index `firms`, a column a rung of which a rule is
    in force. Firms of which nothing is known are unknown."""
    import pandas as pd

    places = verdicts.firm_ids.get_indexer(firms)
    found = {}
    for rung in ladder.values():
        place = place_of(verdicts, rung)
        if place is not None:
            found[rung.id] = np.where(places >= 0, verdicts.state[place, places], UNKNOWN).astype(np.uint8)
    return pd.DataFrame(found, index=firms)


def one_away(verdicts: Verdicts, rung: Rung, held: "pd.Series") -> dict[str, Label]:
    """The one condition that each firm lacks which does not stand on the rung: exactly one is not met on the cheapest
    way, and none of it is unknown. `held`: bool by firm_id; firm_id -> the condition with figure and line, the
    nearest first."""
    place = place_of(verdicts, rung)
    if place is None:
        return {}
    # One unknown condition counts as two that are missing, so one is one that is known to fail.
    near = (verdicts.state[place] == NOT_MET) & (verdicts.conditions_missing[place] == 1)
    on_it = held.reindex(verdicts.firm_ids, fill_value=False).to_numpy(dtype=bool)
    chosen = np.flatnonzero(near & ~on_it)
    nearest = chosen[np.argsort(verdicts.total_gap_share[place, chosen], kind="stable")]
    said = open_condition(verdicts, place, [str(firm) for firm in verdicts.firm_ids[nearest]])
    return {str(firm): said[str(firm)] for firm in verdicts.firm_ids[nearest]}


def open_condition(verdicts: Verdicts, place: int, firms: Sequence[str]) -> dict[str, Label]:
    """firm_id -> its first open condition on the cheapest way to a rule, in words."""
    if not firms:
        return {}
    rule = verdicts.rules[place]
    rows = conditions_of(verdicts, firms)
    open_ones = (rows["rule"] == rule.id) & rows["on_way"] & (rows["role"] != "when") & (rows["verdict"] != "met")
    first = rows[open_ones].drop_duplicates("firm_id").to_dict("records")
    said = {str(row["firm_id"]): condition_text.gap_of(row, verdicts.data) for row in first}
    return {firm: Label(gap.in_language(CHINESE), gap.in_language(ENGLISH)) for firm, gap in said.items()}

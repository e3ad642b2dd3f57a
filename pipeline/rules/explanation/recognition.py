"""Labels that the state gives (高企, 科技型中小企业, 专精特新, 小巨人, 规上, 瞪羚): who would get or keep them.

They are rules like those of the boards, under the name "recognition", part "label"; added here are the certificate's
expiry and who must renew within a year and would fail which condition.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, Label, Message
from pipeline.rules.definition.model import RECOGNITION
from pipeline.rules.evaluation import evaluate, measure_values
from pipeline.rules.evaluation.conditions import WORDS
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_text
from pipeline.rules.explanation.condition_table import conditions_of, rows_of_firm

HNTE = "hnte-2016"
#: Labels that a return states: what the firm has, beside what the conditions say.
STATED_BY = {"hnte": "hnte_valid", "srdi_provincial": "srdi_provincial", "little_giant": "little_giant"}


@dataclass(frozen=True)
class Renewal:
    """One firm whose HNTE certificate runs out: when, and the conditions it would fail today."""

    firm_id: str
    expires_on: date
    verdict: str
    gaps: list[Message]

    def as_json(self) -> JsonObject:
        return {
            "firm_id": self.firm_id,
            "expires_on": self.expires_on,
            "verdict": self.verdict,
            "gaps": [{"zh": gap.in_language(CHINESE), "en": gap.in_language(ENGLISH)} for gap in self.gaps],
        }


@dataclass(frozen=True)
class LabelVerdict:
    """What the rules say of one firm and one label. `states_it`: whether its return says that it has it, None where no
    return says anything."""

    rule: str
    label: Label
    verdict: str
    states_it: bool | None
    gaps: list[Message]


def check(facts: pd.DataFrame, firms: pd.DataFrame, facts_day: date, rules_of: date | None = None) -> Verdicts:
    """Every label's verdict for every firm; arguments as evaluate.check. The rows' part is `label`."""
    return evaluate.check(facts, firms, facts_day, rules_of, [RECOGNITION])


def expiry(verdicts: Verdicts) -> pd.DataFrame:
    """The HNTE certificate of every firm, index firm_id.

    certified_on, expires_on (three years after certification where only that is stated); state: valid, expired,
    or '' where no certificate is known; days_left (NaN without one); renew: whether it runs out within 12 months;
    verdict: what the eight conditions say today.
    """
    data = verdicts.data
    unknown = np.full(len(data), np.datetime64("NaT", "D"))
    certified, stated = (data.day_of(fact, unknown) for fact in ("hnte_certified_on", "hnte_expires_on"))
    expires = np.where(np.isnat(stated), _years_later(certified, 3) - 1, stated)
    today = np.datetime64(verdicts.facts_day, "D")
    known = ~np.isnat(expires)
    left = np.where(known, (expires - today).astype(np.float64), np.nan)
    in_a_year = _years_later(np.array([today]), 1)[0]
    return pd.DataFrame(
        {
            "certified_on": certified.astype("datetime64[s]"),
            "expires_on": expires.astype("datetime64[s]"),
            "state": np.select([~known, left >= 0], ["", "valid"], "expired"),
            "days_left": left,
            "renew": (left >= 0) & (expires <= in_a_year),
            "verdict": verdicts.verdict(HNTE).to_numpy(),
        },
        index=data.firm_ids,
    )


def _years_later(days: NDArray[np.datetime64], years: int) -> NDArray[np.datetime64]:
    """The same day of a later year; of 29 February the 28th where that year has no other."""
    months = days.astype("datetime64[M]")
    later = months + 12 * years
    first, last = later.astype("datetime64[D]"), (later + 1).astype("datetime64[D]") - 1
    return np.minimum(first + (days - months.astype("datetime64[D]")), last)


def renewals(verdicts: Verdicts) -> list[Renewal]:
    """Firms that must renew within 12 months and would not clearly pass, the soonest first, with each gap in words."""
    table = expiry(verdicts)
    due = table[table["renew"] & (table["verdict"] != "met")].sort_values("expires_on")
    conditions = conditions_of(verdicts, list(due.index))
    rows = conditions[conditions["rule"] == HNTE].to_dict("records")
    gaps = condition_text.gaps(rows, verdicts.data, HNTE)
    return [
        Renewal(str(firm), expires.date(), str(verdict), gaps[str(firm)])
        for firm, expires, verdict in zip(due.index, due["expires_on"], due["verdict"], strict=True)
    ]


def of_firm(verdicts: Verdicts, firm_id: str) -> list[LabelVerdict]:
    """Each label that is for firms of its district, for one firm, in the order of the rule books."""
    own = verdicts.data.only([firm_id])
    rows = rows_of_firm(verdicts, firm_id, open_alone=True)
    labels = []
    district = str(own.words("district_code").iloc[0])
    for place, rule in enumerate(verdicts.rules):
        if rule.rule.districts and district not in rule.rule.districts:
            continue
        state = int(verdicts.state[place, verdicts.firm_ids.get_loc(firm_id)])
        labels.append(
            LabelVerdict(
                rule=rule.id,
                label=Label(rule.rule.zh, rule.rule.en),
                verdict=WORDS[state],
                states_it=_states_it(own, rule.name),
                gaps=(
                    condition_text.gaps(rows[rule.board, rule.id], own, rule.id)[firm_id]
                    if (rule.board, rule.id) in rows
                    else [condition_text.met(rule.id, rule.board)]
                ),
            )
        )
    return labels


def _states_it(own: FirmYears, rule: str) -> bool | None:
    """Whether the firm states that it has the label of a rule."""
    label = next((label for label in STATED_BY if rule.startswith(label)), None)
    return None if label is None else states_label(own, label)


def states_label(own: FirmYears, label: str) -> bool | None:
    """Whether a firm states that it has a label of STATED_BY; None where it says nothing."""
    name = STATED_BY[label]
    stated = own.stock(name)[0] if name == "little_giant" else measure_values.value(own, name, None)[0]
    return None if np.isnan(stated) else bool(stated)

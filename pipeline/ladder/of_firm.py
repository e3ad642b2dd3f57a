"""How one firm stands to each rung: on it, its conditions met, one condition away and which, further, or not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.json_values import JsonObject
from pipeline.ladder import met
from pipeline.ladder.records import records_as_known_on
from pipeline.ladder.rungs import rungs
from pipeline.language import N_, Label
from pipeline.rules.evaluation.conditions import WORDS
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import recognition
from pipeline.rules.reports import check
from pipeline.store.tables import CITY

HELD, MET, ONE_AWAY, NOT_MET, UNKNOWN, NO_RULE = "held", "met", "one_away", "not_met", "unknown", "no_rule"
#: How a firm stands to a rung, in words.
STANDINGS = {
    HELD: N_("on this rung"),
    MET: N_("conditions met, not on it"),
    ONE_AWAY: N_("one condition away"),
    NOT_MET: N_("further away"),
    UNKNOWN: N_("not known"),
    NO_RULE: N_("not on it"),
}


@dataclass(frozen=True)
class FirmRung:
    """`standing`: one of STANDINGS; `since`, `until`: the days of the record in force, the last one counted, None where
    none is known; `condition`: the one that it lacks."""

    rung: str
    standing: str
    since: date | None = None
    until: date | None = None
    condition: Label | None = None

    def as_json(self) -> JsonObject:
        said = None if self.condition is None else {"zh": self.condition.zh, "en": self.condition.en}
        return {**vars(self), "condition": said}


def of_firm(session: Session, person: Person, firm_id: str, day: date) -> Sequence[FirmRung]:
    """Each rung of one firm of the city by what was known on `day`, the lowest first. Raises NotAllowed for whoever may
    not see the firm."""
    people.require(person, Action.SEE_FIRMS, firm_id, session=session)
    connection, every = session.connection(), rungs()
    records = records_as_known_on(connection, day, every, CITY, [firm_id])
    moment = pd.Timestamp(day)
    now = records[records["ends"].isna() | (records["ends"] >= moment)]
    facts, firms = check.inputs(connection, day, cohort=CITY, firms=[firm_id])
    verdicts = None if firms.empty else recognition.check(facts, firms, day)
    found = []
    for rung in every.values():
        own = now[now["rung"] == rung.id].sort_values("begins")
        if len(own):
            ends = None if own["ends"].isna().any() else own["ends"].max().date()
            found.append(FirmRung(rung.id, HELD, own["begins"].iloc[0].date(), ends))
        elif not rung.rules:
            found.append(FirmRung(rung.id, NO_RULE))
        else:
            found.append(_by_rules(verdicts, rung.id, firm_id))
    return found


def _by_rules(verdicts: Verdicts | None, rung_id: str, firm_id: str) -> FirmRung:
    place = None if verdicts is None else met.place_of(verdicts, rungs()[rung_id])
    if verdicts is None or place is None:
        return FirmRung(rung_id, UNKNOWN)
    word = WORDS[int(verdicts.state[place, 0])]
    if word != NOT_MET:
        return FirmRung(rung_id, word)
    if verdicts.conditions_missing[place, 0] > 1:
        return FirmRung(rung_id, NOT_MET)
    return FirmRung(rung_id, ONE_AWAY, condition=met.open_condition(verdicts, place, [firm_id])[firm_id])

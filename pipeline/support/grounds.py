"""What firms can found a claim on, as known on a day: certificates, years of returns, stage events, activities; and how
each firm stands to the conditions of each rule.

Step 5 of the flow: in_force.py -> **grounds.py** -> entitlements.py
All firms at once; of one firm the same, read alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from pipeline import facts as known
from pipeline.activities.known import activities_as_known_on
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import Edition, Evidence, Rule, RuleInForce, leaves, resolved
from pipeline.rules.evaluation import conditions
from pipeline.rules.evaluation.conditions import MET
from pipeline.rules.evaluation.firm_years import FirmYears
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.reports import check
from pipeline.store.tables import CITY
from pipeline.support.amounts import amounts, fen_of
from pipeline.support.model import ACTIVITY, CERTIFICATE, EVENT, SHARE, SupportRule

#: What says which year of a firm is its latest one, and the days of its certificate.
_ALWAYS = ("revenue_cny", "net_profit_cny", "net_profit_attributable_cny", "net_profit_after_nonrecurring_cny")
#: A certificate holds for three years, and a firm must have been registered for one to get its first
#: (国科发火〔2016〕32号, 第九条、第十一条): before so many days no second one can have been issued.
_NO_SECOND_BEFORE = 365 * 4
#: Two days that are further apart are those of two certificates.
_TWO_CERTIFICATES = 365 * 2
COLUMNS = ("rule_id", "firm_id", "occasion", "occasion_on", "state", "amount_fen", "base_fen", "days")


@dataclass(frozen=True)
class Grounds:
    """`occasions`: COLUMNS, a row for each thing on which a firm can found a claim to a rule, within the rule's days;
    state 0 not met, 1 unknown, 2 met; money and days as whole numbers, None where not known. `verdicts`: of the rules
    with conditions, in the form of the rules', a board a rule. `has_returns`: the firms of which any return is
    known."""

    on: date
    occasions: pd.DataFrame
    verdicts: Verdicts


def read_grounds(session: Session, rules: Sequence[SupportRule], on: date, firm_id: str | None = None) -> Grounds:
    """Of the city's firms, or of one of them, as known on a day."""
    only = None if firm_id is None else [firm_id]
    connection = session.connection()
    in_force = {rule.id: found for rule in rules if (found := _as_rule(rule, on)) is not None}
    asked = {
        fact for rule in in_force.values() for leaf in leaves(rule.needs) for fact in measures.base_facts(leaf.measure)
    }
    asked |= {rule.formula.of for rule in rules if rule.formula.of is not None} | set(_ALWAYS)
    facts, firms = known.facts_and_firms(connection, on, CITY, only, sorted(asked))
    events = known.events_as_known_on(connection, on, CITY, only)
    firms = check.with_events(firms, events)
    firms["first_hnte_certificate"] = first_certificates(facts, firms)
    kinds = {rule.what for rule in rules if rule.per == ACTIVITY}
    activities = activities_as_known_on(connection, on, CITY, only, kinds)
    verdicts = _verdicts(FirmYears(facts, firms, on), list(in_force.values()), on)
    places = {rule.board: place for place, rule in enumerate(verdicts.rules)}
    parts = []
    for rule in rules:
        found = _occasions(rule, on, facts, firms, events, activities)
        state = np.full(len(found), MET, dtype=np.int64)
        if rule.id in places and len(found):
            of_firm = verdicts.firm_ids.get_indexer(pd.Index(found["firm_id"]))
            state = np.where(of_firm >= 0, verdicts.state[places[rule.id]][of_firm], conditions.UNKNOWN).astype(
                np.int64
            )
        worked_out = amounts(
            rule.formula, found["base_fen"].to_numpy(dtype=object), found["days"].to_numpy(dtype=object)
        )
        parts.append(
            found.assign(rule_id=rule.id, state=state, amount_fen=pd.Series(worked_out, found.index, dtype=object))
        )
    occasions = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    return Grounds(on, occasions[list(COLUMNS)], verdicts)


def first_certificates(facts: pd.DataFrame, firms: pd.DataFrame) -> pd.Series:
    """Whether the certificate of a firm is its first: 0.0 where an earlier one is known from its returns, 1.0 where the
    firm is so young that it cannot have had another, NaN where neither is known. Index as `firms`."""
    if "hnte_certified_on" not in firms or "hnte_certified_on" not in facts:
        return pd.Series(np.nan, index=firms.index)
    issued = pd.to_datetime(firms["hnte_certified_on"])
    earliest = pd.to_datetime(facts["hnte_certified_on"]).groupby(level="firm_id").min().reindex(firms.index)
    age = (issued - pd.to_datetime(firms["registered_on"])).dt.days
    first = pd.Series(np.where(age < _NO_SECOND_BEFORE, 1.0, np.nan), index=firms.index)
    return first.mask((issued - earliest).dt.days > _TWO_CERTIFICATES, 0.0).where(issued.notna())


# --- within ----------------------------------------------------------------------------------------


def _as_rule(rule: SupportRule, on: date) -> RuleInForce | None:
    """The conditions of a rule with the thresholds of a day, in the form of the rules'."""
    if rule.needs is None:
        return None
    needs = resolved(rule.needs, on, Evidence(rule.law, rule.source, rule.confidence))
    if needs is None:
        return None
    edition = Edition(rule.id, rule.begins, None, rule.law, rule.source, rule.confidence)
    as_rule = Rule(rule.id, rule.id, "standard", rule.name.zh, rule.name.en, {rule.id: rule.id}, (edition,), rule.needs)
    return RuleInForce(rule.id, as_rule, edition, on, needs)


def _verdicts(data: FirmYears, rules: list[RuleInForce], on: date) -> Verdicts:
    rates = conditions.rates_on(on)
    outcomes = [conditions.evaluated(rule.needs, data, rates, {}, keep=True) for rule in rules]
    blank = np.zeros((0, len(data)))
    return Verdicts(
        data,
        on,
        on,
        rules,
        state=np.stack([one.state for one in outcomes]) if outcomes else blank.astype(np.uint8),
        conditions_missing=np.stack([one.conditions_missing for one in outcomes])
        if outcomes
        else blank.astype(np.int16),
        total_gap_share=np.stack([one.total_gap_share for one in outcomes]) if outcomes else blank.astype(np.float32),
        largest_gap_share=np.stack([one.largest_gap_share for one in outcomes])
        if outcomes
        else blank.astype(np.float32),
        reach=np.stack([one.reach for one in outcomes]) if outcomes else blank.astype(np.float32),
        outcomes=outcomes,
    )


def _occasions(
    rule: SupportRule,
    on: date,
    facts: pd.DataFrame,
    firms: pd.DataFrame,
    events: pd.DataFrame,
    activities: pd.DataFrame,
) -> pd.DataFrame:
    """firm_id, occasion, occasion_on, base_fen, days, of what lies within the rule's days and has happened by `on`."""
    if rule.per == CERTIFICATE:
        issued = (
            pd.to_datetime(firms["hnte_certified_on"]).dropna()
            if "hnte_certified_on" in firms
            else pd.Series(dtype="datetime64[s]")
        )
        found = _frame(issued.index, issued, "certificate:" + issued.dt.strftime("%Y-%m-%d"))
    elif rule.per == EVENT:
        of_kind = events[events["kind"] == rule.what].drop_duplicates("firm_id")
        found = _frame(of_kind["firm_id"], of_kind["occurred_on"], "event:" + of_kind["kind"].astype(str))
    elif rule.per == ACTIVITY:
        of_kind = activities[activities["kind"] == rule.what]
        run = (of_kind["ended_on"] - of_kind["occurred_on"]).dt.days
        found = _frame(of_kind["firm_id"], of_kind["occurred_on"], "activity:" + of_kind["id"].astype(str))
        found["base_fen"] = _whole(of_kind["amount_fen"])
        found["days"] = _whole(run)
    else:
        found = _years(rule, facts)
    last = pd.Timestamp(on if rule.until is None else min(on, rule.until))
    return found[(found["occasion_on"] >= pd.Timestamp(rule.begins)) & (found["occasion_on"] <= last)]


def _years(rule: SupportRule, facts: pd.DataFrame) -> pd.DataFrame:
    """A year is an occasion once it is over: on its last day. Of a share of a figure every year that states it; else
    the latest one of each firm."""
    if rule.formula.kind == SHARE:
        figures = (
            facts[rule.formula.of] if rule.formula.of in facts else pd.Series(dtype="float64", index=facts.index[:0])
        )
        figures = figures.dropna()
        rows, base = figures.index, fen_of(figures.to_numpy(dtype=np.float64))
    else:
        rows = facts.index[~facts.index.get_level_values(0).duplicated(keep="last")]
        base = np.full(len(rows), None, dtype=object)
    years = rows.get_level_values(1).astype(int) if len(rows) else pd.Index([], dtype=int)
    days = pd.to_datetime(pd.Series([f"{year}-12-31" for year in years], dtype=object))
    found = _frame(rows.get_level_values(0), days, "year:" + pd.Series(years).astype(str))
    found["base_fen"] = base
    return found


def _frame(firm_ids: pd.Index | pd.Series, days: pd.Series, occasions: pd.Series) -> pd.DataFrame:
    count = len(firm_ids)
    return pd.DataFrame(
        {
            "firm_id": np.asarray(firm_ids, dtype=object),
            "occasion": np.asarray(occasions, dtype=object),
            "occasion_on": pd.to_datetime(np.asarray(days)) if count else pd.to_datetime([]),
            "base_fen": np.full(count, None, dtype=object),
            "days": np.full(count, None, dtype=object),
        }
    )


def _whole(values: pd.Series) -> np.ndarray:
    """Whole numbers as Python has them, None where not known."""
    found = np.full(len(values), None, dtype=object)
    there = values.notna().to_numpy()
    found[there] = values[there].to_numpy(dtype=np.int64).astype(object)
    return found

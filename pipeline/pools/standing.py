"""How one firm stands to the conditions of the pools: what is met, what is missing, what is to be asked of whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.language import N_, Label, Message
from pipeline.pools.evaluating import Evaluated, verdicts, with_its_place
from pipeline.pools.in_force import policy_in_force
from pipeline.pools.inputs import Inputs, read_inputs
from pipeline.pools.model import CONDITIONS, GOLDEN, POINTS, SEED, Policy
from pipeline.pools.reviews import NoScores, run_for
from pipeline.rules.evaluation.conditions import WORDS
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import condition_table, condition_text
from pipeline.rules.explanation.condition_text import ConditionRow
from pipeline.store.tables import Score

#: Whom to ask for what nobody knows, by measure; of every other one the firm states it in its return.
_THE_FIRM = Label("企业（入库申请）", "the firm, in its application")
_ITS_RETURN = Label("企业报表", "the firm, in its return")
_MARKET_OR_ITS_RETURN = Label(
    "市场监管、税务等部门或企业报表", "market supervision, tax and other departments, or its return"
)
_SAFETY_OR_ITS_RETURN = Label("应急管理、生态环境部门或企业报表", "emergency management, ecology, or its return")
_ASKED: Mapping[str, Label] = {
    POINTS: Label("本局（须先评分）", "the bureau, which has to score it first"),
    "nominated": Label("区县", "its district"),
    **dict.fromkeys(
        (
            "applied",
            "truth_declared",
            "intends_to_list",
            "target_board_named",
            "months_to_filing",
            "reform_months_from_entry",
            "advisers_signed",
            "target_board_standard",
            "target_board_industry_open",
        ),
        _THE_FIRM,
    ),
    "opinions_clean": Label("会商部门", "the departments asked"),
    **dict.fromkeys(("major_violation_36m", "compliance_clean_2y", "management_penalty_36m"), _MARKET_OR_ITS_RETURN),
    "dishonest_debtor": Label("法院或信用平台", "the courts or the credit platform"),
    "major_incident_12m": _SAFETY_OR_ITS_RETURN,
}
#: The firm itself is told where it states what it would be asked.
_ITS_OWN: Mapping[Label, Label] = {
    _THE_FIRM: Label("入库申请中填写", "your application"),
    _ITS_RETURN: Label("本企业报表中填报", "your return"),
    _MARKET_OR_ITS_RETURN: Label(
        "本企业报表中填报，或请市场监管、税务等部门核实",
        "your return, or ask market supervision, tax and other departments",
    ),
    _SAFETY_OR_ITS_RETURN: Label(
        "本企业报表中填报，或请应急管理、生态环境部门核实", "your return, or ask emergency management and ecology"
    ),
}
#: Which conditions concern a firm, by the pool that it is in.
_CONCERN: Mapping[str | None, Sequence[str]] = {
    None: ("candidate", "seed_enter", "golden_straight"),
    SEED: ("candidate", "golden_enter", "golden_straight", "seed_leave"),
    GOLDEN: ("golden_enter", "golden_leave", "seed_leave"),
}


@dataclass(frozen=True)
class PartStanding:
    """One part of a condition: `verdict` (met, not_met, unknown), `missing`: a sentence for each condition on the
    nearest way that is not met or not known, with whom to ask; `source`, `confidence`: who says so."""

    id: str
    label: Label
    verdict: str
    missing: list[Message]
    source: str
    confidence: str
    rows: Sequence[ConditionRow]


@dataclass(frozen=True)
class PoolStanding:
    """One of CONDITIONS and how a firm stands to it."""

    name: str
    label: Label
    verdict: str
    parts: list[PartStanding]


def standing_of_firm(
    session: Session, person: Person, firm_id: str, as_of: date, *, to_the_firm: bool = False
) -> list[PoolStanding]:
    """How a firm stands to the conditions that concern it: those of the pool that it may enter, and of leaving its own.
    `to_the_firm`: the sentences speak to the firm, not of it.

    Raises NotAllowed where the person may not see whether it is in a pool, NoPolicy before the policy's first day.
    """
    people.require(person, Action.SEE_POOLS, firm_id, session=session)
    policy = policy_in_force(session, as_of)
    try:
        run = run_for(session, as_of, policy)
        points = session.scalar(select(Score.points).where(Score.run_id == run.id, Score.firm_id == firm_id))
    except NoScores:
        points = None
    inputs = read_inputs(session, as_of, policy, pd.Series({firm_id: points}, dtype="float64"), only=firm_id)
    return standing(inputs, policy, firm_id, to_the_firm=to_the_firm)


def standing(inputs: Inputs, policy: Policy, firm_id: str, *, to_the_firm: bool = False) -> list[PoolStanding]:
    """As standing_of_firm, of what is known."""
    pool = inputs.firms.at[firm_id, "pool"]
    if pool == GOLDEN:
        inputs = with_its_place(inputs)
    found = verdicts(inputs, policy, [firm_id])
    of_rule = condition_table.rows_of_firm(found, firm_id)
    evaluated = Evaluated(_only(inputs, firm_id), policy)
    standings = []
    for name in _CONCERN[pool]:
        if name not in policy.conditions:
            continue
        parts = [
            PartStanding(
                id=rule.id,
                label=Label(rule.rule.zh, rule.rule.en),
                verdict=WORDS[found.state[place, 0]],
                missing=_missing(of_rule[(name, rule.id)], found, name.endswith("leave"), to_the_firm),
                source=", ".join(rule.source),
                confidence=rule.confidence,
                rows=of_rule[(name, rule.id)],
            )
            for place, rule in enumerate(found.rules)
            if rule.board == name
        ]
        standings.append(PoolStanding(name, CONDITIONS[name], WORDS[evaluated.state(name).iloc[0]], parts))
    return standings


def _only(inputs: Inputs, firm_id: str) -> Inputs:
    return Inputs(inputs.day, inputs.firms.loc[[firm_id]], inputs.facts, inputs.firm_facts)


def _missing(rows: Sequence[ConditionRow], found: Verdicts, leaving: bool, to_the_firm: bool) -> list[Message]:
    """A sentence for each condition on the nearest way that is open, and of what nobody knows whom to ask. To lack a
    condition of leaving is no lack."""
    sentences = []
    for row in rows:
        if not row["on_way"] or row["role"] == "when" or row["verdict"] == "met":
            continue
        if leaving and row["verdict"] == "not_met":
            continue
        gap = condition_text.gap_of(row, found.data)
        if row["verdict"] == "unknown":
            whom = _ASKED.get(str(row["measure"]), _ITS_RETURN)
            condition = Label(str(row["zh"]), str(row["en"]))
            if to_the_firm and whom in _ITS_OWN:
                where = {"condition": condition, "where": _ITS_OWN[whom]}
                gap = Message(N_("%(condition)s: not known; state it in %(where)s"), where)
            else:
                gap = Message(N_("%(condition)s: not known; ask %(whom)s"), {"condition": condition, "whom": whom})
        sentences.append(gap)
    return sentences

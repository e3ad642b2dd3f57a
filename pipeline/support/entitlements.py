"""What a firm can claim now, what it could claim and lacks, and what all firms together could still claim.

Step 6 of the flow: grounds.py, amounts.py -> **entitlements.py** -> claims.py
An entitlement says what is known on the
day. What nobody knows is said as unknown: it can be claimed and is then shown by the claim's papers, and it counts in
no forecast.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people
from pipeline.accounts.people import Action, Person
from pipeline.activities.kinds import activity_kinds
from pipeline.catalog import catalog
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, N_, Label, Message, language
from pipeline.rules.evaluation.conditions import MET, NOT_MET
from pipeline.rules.explanation import condition_table, condition_text
from pipeline.store.plan_tables.support import SupportClaim
from pipeline.store.tables import CITY, Firm
from pipeline.support.grounds import Grounds, read_grounds
from pipeline.support.in_force import support_book
from pipeline.support.model import (
    ACTIVITY,
    CERTIFICATE,
    EVENT,
    IN_WORDS,
    INTEREST,
    PROPOSED,
    SHARE,
    SupportBook,
    SupportRule,
)
from pipeline.tutoring.stages import EVENTS
from pipeline.wording.number_format import MINUS, UNKNOWN

#: Can be claimed now; can be, and its papers have to show what is not known; is claimed; lacks something; is stated
#: without an amount that could be worked out. In the order in which they are told.
CAN, TO_SHOW, HAS, LACKS, WORDS = "can", "to_show", "claimed", "lacks", "in_words"
ENTITLEMENT_STATES: Mapping[str, Label] = {
    CAN: Label("现可申报", "can be claimed now"),
    TO_SHOW: Label("可申报，须以材料证明", "can be claimed, its papers have to show the rest"),
    HAS: Label("已申报", "claimed"),
    LACKS: Label("条件未满足", "something is missing"),
    WORDS: Label("金额未载明，请咨询", "no amount stated; ask"),
}


@dataclass(frozen=True)
class Entitlement:
    """One rule for one firm and one thing to claim it for. `amount_fen`: what it gives, or for a rule that states the
    most alone that; None: not known. `worked_out`: of what. `lacks`: what is missing, and by how much, or not known.
    `occasion` None: there is nothing yet for which it could be claimed."""

    rule: SupportRule
    state: str
    occasion: str | None = None
    occasion_on: date | None = None
    amount_fen: int | None = None
    worked_out: Message | None = None
    basis: JsonObject = field(default_factory=dict)
    lacks: Sequence[Message] = ()
    claim: int | None = None

    def as_json(self) -> JsonObject:
        return {
            "rule": self.rule.id,
            "name": both(self.rule.name),
            "state": self.state,
            "occasion": self.occasion,
            "occasion_on": self.occasion_on,
            "amount_fen": self.amount_fen,
            "amount_cny": yuan(self.amount_fen),
            "at_most": self.rule.formula.asks_for_amount,
            "worked_out": self.worked_out,
            "lacks": list(self.lacks),
            "claim": self.claim,
            "evidence": [both(one) for one in self.rule.evidence],
            "from": self.rule.begins,
            "until": self.rule.until,
            "source": f"{self.rule.law} ({self.rule.dated})",
        }


@dataclass(frozen=True)
class FirmSupport:
    """`entitlements`: of the rules in force on the day; `ended`: rules that are over, and `book` with everything
    else."""

    firm_id: str
    on: date
    book: SupportBook
    entitlements: Sequence[Entitlement]
    ended: Sequence[SupportRule]

    @property
    def can_fen(self) -> int:
        """What can be claimed now, as far as a rule gives an amount and not the most alone."""
        return sum(
            one.amount_fen or 0
            for one in self.entitlements
            if one.state == CAN and not one.rule.formula.asks_for_amount
        )

    def as_json(self) -> JsonObject:
        return {
            "firm_id": self.firm_id,
            "on": self.on,
            "made_up_rules": self.book.made_up,
            "can_claim_now_cny": yuan(self.can_fen),
            "entitlements": [one.as_json() for one in self.entitlements],
            "ended": [{"rule": one.id, "name": both(one.name), "until": one.until} for one in self.ended],
        }


def both(label: Label) -> JsonObject:
    return {"zh": label.zh, "en": label.en}


def yuan(fen: int | None) -> str | None:
    """Fen as yuan with two decimals, exact: a number of JSON would be a float."""
    if fen is None:
        return None
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole}.{rest:02d}"


def support_of_firm(session: Session, person: Person, firm_id: str, on: date) -> FirmSupport:
    """What a firm of the city can claim on a day, could claim and lacks. Raises NotAllowed, WrongFile."""
    people.require(person, Action.SEE_SUPPORT, firm_id, session=session)
    return known_support(session, firm_id, on)


def known_support(session: Session, firm_id: str, on: date) -> FirmSupport:
    """As support_of_firm, for whoever has asked already."""
    book = support_book(session)
    in_force = [rule for rule in book.rules.values() if rule.holds_on(on)]
    ended = [rule for rule in book.rules.values() if rule.state != PROPOSED and rule.ended_by(on)]
    found: list[Entitlement] = []
    if in_force and session.get_one(Firm, firm_id).cohort == CITY:
        grounds = read_grounds(session, in_force, on, firm_id)
        claimed = _claimed(session, {rule.once for rule in in_force}, firm_id)
        for rule in in_force:
            found += _of_rule(rule, grounds, firm_id, claimed)
    order = list(ENTITLEMENT_STATES)
    return FirmSupport(firm_id, on, book, sorted(found, key=lambda one: order.index(one.state)), ended)


@dataclass(frozen=True)
class Forecast:
    """What could still be claimed on a day, by rule: firms, occasions, the sum of what rules give (those that state the
    most alone count in no sum)."""

    on: date
    rules: Mapping[str, tuple[int, int]]

    def of_pot(self, book: SupportBook, pot: str) -> int:
        return sum(fen for rule, (_count, fen) in self.rules.items() if book.rules[rule].pot == pot)


def forecast(session: Session, on: date) -> Forecast:
    """Of all firms of the city: how many could claim each rule now, and for how much, as far as everything is known."""
    book = support_book(session)
    in_force = [rule for rule in book.rules.values() if rule.holds_on(on)]
    if not in_force:
        return Forecast(on, {})
    rows = read_grounds(session, in_force, on).occasions
    once = {rule.id: rule.once for rule in in_force}
    claimed = _claimed(session, set(once.values()))
    keys = pd.MultiIndex.from_arrays([rows["rule_id"].map(once), rows["firm_id"], rows["occasion"]])
    free = ~keys.isin(list(claimed)) if claimed else pd.Series(True, rows.index)
    rows = rows[(rows["state"] == MET) & free]
    summed = {
        rule.id: (
            len(of_rule := rows[rows["rule_id"] == rule.id]),
            int(of_rule["amount_fen"].dropna().sum()),
        )
        for rule in in_force
        if rule.formula.kind != IN_WORDS
    }
    return Forecast(on, summed)


# --- within ----------------------------------------------------------------------------------------


def _claimed(session: Session, once: Collection[str], firm_id: str | None = None) -> dict[tuple[str, str, str], int]:
    """The claims that stand: (once, firm, occasion) -> number."""
    of = SupportClaim
    wanted = select(of.once, of.firm_id, of.occasion, of.id).where(of.live.is_(True), of.once.in_(sorted(once)))
    if firm_id is not None:
        wanted = wanted.where(of.firm_id == firm_id)
    return {(word, firm, occasion): number for word, firm, occasion, number in session.execute(wanted)}


def _of_rule(
    rule: SupportRule, grounds: Grounds, firm_id: str, claimed: Mapping[tuple[str, str, str], int]
) -> list[Entitlement]:
    rows = grounds.occasions[(grounds.occasions["rule_id"] == rule.id) & (grounds.occasions["firm_id"] == firm_id)]
    lacks = _lacks(rule, grounds, firm_id)
    if rule.formula.kind == IN_WORDS:
        return [Entitlement(rule, WORDS, lacks=lacks)] if len(rows) else []
    if rows.empty:
        return [Entitlement(rule, LACKS, lacks=[_nothing_yet(rule, grounds.on), *lacks])]
    return [_of_occasion(rule, row, lacks, claimed) for row in rows.to_dict("records")]


def _of_occasion(
    rule: SupportRule, row: Mapping[Any, Any], lacks: Sequence[Message], claimed: Mapping[tuple[str, str, str], int]
) -> Entitlement:
    amount = rule.formula.cny_fen if rule.formula.asks_for_amount else row["amount_fen"]
    worked_out, basis = _worked_out(rule, row)
    number = claimed.get((rule.once, row["firm_id"], row["occasion"]))
    if number is not None:
        state = HAS
    elif row["state"] == NOT_MET:
        state = LACKS
    elif amount is None:
        state, lacks = LACKS, [*lacks, Message(N_("What its amount is worked out of is not known."))]
    elif amount == 0:
        state, lacks = LACKS, [*lacks, Message(N_("Its amount is nought."))]
    else:
        state = CAN if row["state"] == MET else TO_SHOW
    return Entitlement(
        rule,
        state,
        row["occasion"],
        row["occasion_on"].date(),
        amount,
        worked_out,
        basis,
        () if state in (CAN, HAS) else lacks,
        number,
    )


def _worked_out(rule: SupportRule, row: Mapping[Any, Any]) -> tuple[Message | None, JsonObject]:
    """Of what an amount is worked out: in words, and as it is kept with a claim."""
    formula = rule.formula
    kept: JsonObject = {
        "kind": formula.kind,
        "rule_from": rule.begins.isoformat(),
        "law": rule.law,
        "dated": rule.dated,
    }
    if formula.kind not in (SHARE, INTEREST):
        return None, kept
    assert formula.share is not None
    share = percent(float(formula.share))
    kept |= {"base_fen": row["base_fen"], "share": str(formula.share), "cap_fen": formula.cny_fen}
    if formula.kind == SHARE:
        fact = None if formula.of is None else catalog()[formula.of]
        of = Label("贷款或合同金额", "the amount stated") if fact is None else Label(fact.zh, fact.en)
        about = {"share": share, "of": of, "base": Yuan(row["base_fen"])}
        return Message(N_("%(share)s of %(of)s (%(base)s)"), about), kept | {"of": formula.of or ACTIVITY}
    assert formula.rate is not None
    kept |= {"rate": str(formula.rate), "days": row["days"], "days_a_year": formula.days_a_year}
    about = {
        "share": share,
        "rate": percent(float(formula.rate)),
        "base": Yuan(row["base_fen"]),
        "days": "—" if row["days"] is None else min(row["days"], formula.most_days or row["days"]),
        "year": formula.days_a_year,
    }
    text = N_("%(share)s of the interest: %(base)s × %(rate)s × %(days)s / %(year)s days")
    return Message(text, about), kept


@dataclass(frozen=True)
class Yuan:
    """An amount in fen as people read it, to the fen, in whatever language is spoken then."""

    fen: int | None

    def __str__(self) -> str:
        return money_to_the_fen(self.fen)


def money_to_the_fen(fen: int | None) -> str:
    """1,234,567.89 元, ¥1,234,567.89; — where not known."""
    if fen is None:
        return UNKNOWN
    whole, rest = divmod(abs(fen), 100)
    text = f"{MINUS if fen < 0 else ''}{'' if language() == CHINESE else '¥'}{whole:,}.{rest:02d}"
    return f"{text} 元" if language() == CHINESE else text


def percent(fraction: float) -> str:
    """A fraction as it is written in a rule: 1.725%, without noughts behind."""
    return f"{fraction * 100:.4f}".rstrip("0").rstrip(".") + "%"


def _nothing_yet(rule: SupportRule, on: date) -> Message:
    """That there is nothing for which it could be claimed."""
    days = {"from": rule.begins.isoformat(), "until": (rule.until or on).isoformat()}
    if rule.per == CERTIFICATE:
        return Message(N_("No HNTE certificate issued between %(from)s and %(until)s is known."), days)
    if rule.per == EVENT:
        kind = EVENTS[rule.what]
        return Message(
            N_("No %(what)s between %(from)s and %(until)s is recorded."), {**days, "what": Label(kind.zh, kind.en)}
        )
    if rule.per == ACTIVITY:
        name = activity_kinds().kinds[rule.what].name
        return Message(N_("No %(what)s between %(from)s and %(until)s is recorded."), {**days, "what": name})
    if rule.formula.of is not None:
        fact = catalog()[rule.formula.of]
        return Message(
            N_("%(what)s of a year between %(from)s and %(until)s is stated in no return."),
            {**days, "what": Label(fact.zh, fact.en)},
        )
    return Message(N_("No return of a year between %(from)s and %(until)s is known."), days)


def _lacks(rule: SupportRule, grounds: Grounds, firm_id: str) -> list[Message]:
    """Each condition on the nearest way that is not met, with how much is missing, or that nobody knows."""
    if firm_id not in grounds.verdicts.firm_ids or rule.needs is None:
        return []
    rows = condition_table.rows_of_firm(grounds.verdicts, firm_id, open_alone=True).get((rule.id, rule.id), ())
    said = []
    for row in rows:
        if row["role"] == "when":
            continue
        if row["verdict"] == "unknown":
            said.append(
                Message(
                    N_("%(condition)s: not known; the claim's papers show it"),
                    {"condition": Label(str(row["zh"]), str(row["en"]))},
                )
            )
        else:
            said.append(condition_text.gap_of(row, grounds.verdicts.data))
    return said

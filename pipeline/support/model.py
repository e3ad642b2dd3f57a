"""The records of support: rules with their amounts, and the pots that pay them.

Step 1 of the flow: **model.py** -> rules_file.py
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from pipeline.language import Label
from pipeline.rules.definition.model import Node

#: Whether a rule can be claimed: in force here; stated and not adopted; over; or an example of another place, which can
#: be claimed there alone.
IN_FORCE, PROPOSED, LAPSED, EXAMPLE = "in_force", "proposed", "lapsed", "example"
RULE_STATES: Mapping[str, Label] = {
    IN_FORCE: Label("现行有效", "in force"),
    PROPOSED: Label("拟议", "proposed"),
    LAPSED: Label("已届满", "lapsed"),
    EXAMPLE: Label("外地示例", "example of elsewhere"),
}
#: What a claim is made for, and what of it is named: a certificate, a year of returns, a stage event, a dated activity.
CERTIFICATE, YEAR, EVENT, ACTIVITY = "certificate", "year", "event", "activity"
#: How an amount comes about. Nothing else is worked out.
FIXED, SHARE, INTEREST, UP_TO, IN_WORDS = "fixed", "share", "interest", "up_to", "in_words"
#: Who is served first, and what becomes of whoever finds the pot empty.
FIRST_COME, BY_RANK, PRO_RATA = "first_come", "rank", "pro_rata"
ORDERS: Mapping[str, Label] = {
    FIRST_COME: Label("按申报先后", "first come, first served"),
    BY_RANK: Label("按评审名次", "by rank"),
    PRO_RATA: Label("按比例分配", "pro rata"),
}
REDUCED, NEXT, REFUSED = "reduced", "next", "refused"
WHEN_EMPTY: Mapping[str, Label] = {
    REDUCED: Label("余额不足时按余额核减", "what is left is given"),
    NEXT: Label("余额不足时转入下一年度", "waits for the next year"),
    REFUSED: Label("余额不足时不予受理", "refused"),
}


@dataclass(frozen=True)
class Formula:
    """How the amount of a rule is worked out, one of the kinds above.

    `cny_fen`: the amount of FIXED, the most of UP_TO, the cap of SHARE and INTEREST (None: no cap). `share`: of SHARE
    and INTEREST, an exact fraction. `of`: the fact of the catalogue of which SHARE takes a share, None: the amount of
    the activity. `rate`: of INTEREST, a year; simple, over `days_a_year` days a year and `most_days` at most. `words`:
    of IN_WORDS, where no amount can be worked out.
    """

    kind: str
    cny_fen: int | None = None
    share: Fraction | None = None
    of: str | None = None
    rate: Fraction | None = None
    days_a_year: int = 360
    most_days: int | None = None
    words: Label | None = None

    @property
    def asks_for_amount(self) -> bool:
        """Whether whoever claims has to say how much."""
        return self.kind == UP_TO


@dataclass(frozen=True)
class SupportRule:
    """One dated rule. `per`, `what`: what it is claimed for (an event or activity is named by its kind); `once`: of all
    rules with this word one alone is claimed for the same thing. `until`: the last day on which what it is claimed for
    may have happened, `claim_by`: the last day to claim it. `dated`: of the paper, a year where no more is known.
    `place`: of an example, whose it is. `needs` None: nothing that the program could look at."""

    id: str
    name: Label
    state: str
    per: str
    what: str
    formula: Formula
    begins: date
    until: date | None
    claim_by: date | None
    needs: Node | None
    once: str
    pot: str | None
    evidence: tuple[Label, ...]
    law: str
    dated: str
    source: tuple[str, ...]
    confidence: str
    place: Label | None = None

    def holds_on(self, on: date) -> bool:
        """Whether it can be claimed here on a day: its first and its last day are among them."""
        last = self.claim_by or self.until
        return self.state == IN_FORCE and self.begins <= on and (last is None or on <= last)

    def ended_by(self, on: date) -> bool:
        last = self.claim_by or self.until
        return self.state in (IN_FORCE, LAPSED) and last is not None and last < on


@dataclass(frozen=True)
class Period:
    """The time for which a pot has its money; both days are in it."""

    begins: date
    until: date
    amount_fen: int


@dataclass(frozen=True)
class Pot:
    """Money set aside, by period; a claim is paid out of that of the day on which it is made."""

    id: str
    name: Label
    order: str
    when_empty: str
    periods: tuple[Period, ...]
    source: tuple[str, ...]
    confidence: str

    def period_on(self, on: date) -> Period | None:
        return next((one for one in self.periods if one.begins <= on <= one.until), None)

    def period_from(self, begins: date) -> Period | None:
        return next((one for one in self.periods if one.begins == begins), None)

    def period_after(self, period: Period) -> Period | None:
        return next((one for one in self.periods if one.begins > period.until), None)


@dataclass(frozen=True)
class SupportBook:
    """A file of rules. `ask`: whom a firm asks, None: not said; `made_up`: its rules are nobody's, for the made-up
    city."""

    name: Label
    ask: Label | None
    made_up: bool
    rules: Mapping[str, SupportRule]
    pots: Mapping[str, Pot]


NOTHING = SupportBook(Label("", ""), None, False, {}, {})

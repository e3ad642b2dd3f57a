"""Read a file of support rules and pots, and refuse what cannot be meant, all in one letter.

Step 3 of the flow: model.py -> **rules_file.py** -> in_force.py
Conditions are those of the rules' own form and are
read by their reader. Money is written in yuan, shares as fractions; both are kept exact.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from pipeline.activities.kinds import activity_kinds
from pipeline.catalog import catalog
from pipeline.errors import WrongFile
from pipeline.language import N_, Label, Message
from pipeline.rules.definition import measures
from pipeline.rules.definition.model import Node
from pipeline.rules.definition.parse import ConditionReader, Dialect
from pipeline.strict_yaml import load_strictly
from pipeline.support.model import (
    ACTIVITY,
    CERTIFICATE,
    EVENT,
    EXAMPLE,
    FIXED,
    IN_WORDS,
    INTEREST,
    LAPSED,
    ORDERS,
    PRO_RATA,
    REDUCED,
    RULE_STATES,
    SHARE,
    UP_TO,
    WHEN_EMPTY,
    YEAR,
    Formula,
    Period,
    Pot,
    SupportBook,
    SupportRule,
)
from pipeline.tutoring.stages import EVENTS

CONFIDENCES = ("high", "medium", "low", "derived", "synthetic")
#: The one certificate that rules speak of, whose days returns state.
HNTE = "hnte"
_TOP = frozenset({"zh", "en", "reviewed_on", "ask", "made_up", "pots", "rules"})
_POT = frozenset({"zh", "en", "order", "empty", "periods", "source", "confidence"})
_RULE_NEEDED = ("zh", "en", "state", "per", "amount", "from", "law", "dated", "source", "confidence")
_RULE = frozenset({*_RULE_NEEDED, "until", "claim_by", "needs", "once", "pot", "evidence", "place"})
#: Read by their own functions, whatever they are.
_LATER = frozenset(
    {"per", "amount", "from", "until", "claim_by", "dated", "needs", "evidence", "place", "ask", "pots", "rules"}
)
_LATER |= frozenset({"reviewed_on", "made_up", "periods"})
_AMOUNT_KEYS: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    FIXED: (frozenset({"fixed_cny"}), ("fixed_cny",)),
    SHARE: (frozenset({"share", "of", "cap_cny"}), ("share", "of")),
    INTEREST: (
        frozenset({"interest_rate", "share", "days_a_year", "most_days", "cap_cny"}),
        ("interest_rate", "share", "days_a_year"),
    ),
    UP_TO: (frozenset({"up_to_cny"}), ("up_to_cny",)),
    IN_WORDS: (frozenset({"words"}), ("words",)),
}
#: The key by which each kind is known.
_KIND_OF = {"fixed_cny": FIXED, "interest_rate": INTEREST, "up_to_cny": UP_TO, "words": IN_WORDS, "of": SHARE}
_LONGEST = 200


@lru_cache(maxsize=8)
def read_support(path: Path, changed: int = 0) -> SupportBook:
    """The rules of a file. `changed`: when it was, so that what is kept stays true. Raises WrongFile listing everything
    in it that cannot be meant, and where it cannot be read."""
    if not path.is_file():
        raise WrongFile(
            Message(
                N_("The file of support rules is not there: %(file)s. The file of the city names it."),
                {"file": path.name},
            )
        )
    problems: list[Message] = []
    content = load_strictly(path, problems)
    book = None
    if not problems:
        dialect = Dialect(_measures(), sources=None, confidences=CONFIDENCES, window="now", of_rules=False, named=True)
        reader = _Reader(path.name, dialect)
        book = reader.book(content)
        problems += reader.problems
    if book is None or problems:
        raise WrongFile(Message(N_("%(file)s cannot be used:"), {"file": path.name}), problems)
    return book


def _measures() -> dict[str, measures.Measure]:
    """All but those that only a review of the pools knows."""
    return {name: measure for name, measure in measures.measures().items() if measure.how != "of_pools"}


class _Reader(ConditionReader):
    """One file of support rules being read."""

    def book(self, content: Any) -> SupportBook | None:
        if not self.keys("top", content, _TOP, ("zh", "en", "reviewed_on", "pots", "rules"), _LATER):
            return None
        self.day("reviewed_on", content["reviewed_on"])
        ask = self.label("ask", content["ask"]) if "ask" in content else None
        if not isinstance(content.get("made_up", False), bool):
            self.problem("made_up", N_("write true or false."))
        pots, rules = content["pots"] or {}, content["rules"] or {}
        if not isinstance(pots, dict) or not isinstance(rules, dict):
            self.problem("top", N_("pots and rules are written under names of their own."))
            return None
        read_pots = {name: pot for name, entry in pots.items() if (pot := self.pot(str(name), entry)) is not None}
        read_rules = {
            name: rule
            for name, entry in rules.items()
            if (rule := self.support_rule(str(name), entry, set(pots))) is not None
        }
        if self.problems:
            return None
        return SupportBook(
            Label(content["zh"], content["en"]), ask, bool(content.get("made_up")), read_rules, read_pots
        )

    def pot(self, name: str, entry: Any) -> Pot | None:
        place = f"pots, {name}"
        if not self.keys(place, entry, _POT, ("zh", "en", "order", "empty", "periods"), _LATER):
            return None
        order, empty = entry["order"], entry["empty"]
        self.one_of(f"{place}, order", order, tuple(ORDERS))
        self.one_of(f"{place}, empty", empty, tuple(WHEN_EMPTY))
        if order == PRO_RATA and empty != REDUCED:
            self.problem(f"{place}, empty", N_("what is shared out pro rata is reduced: write %(word)s."), word=REDUCED)
        source, confidence = self.who_says(place, entry)
        periods = self.periods(f"{place}, periods", entry["periods"])
        return Pot(name, Label(entry["zh"], entry["en"]), order, empty, periods, source or (), confidence or "")

    def periods(self, place: str, entry: Any) -> tuple[Period, ...]:
        if not isinstance(entry, dict) or not entry:
            self.problem(
                place,
                N_("a first day with its last day and its amount was expected, for example %(example)s."),
                example="2021-01-01: {until: 2021-12-31, amount_cny: 10000000}",
            )
            return ()
        found = []
        for begins, said in entry.items():
            first = self.day(place, begins)
            if not self.keys(
                f"{place}, {begins}",
                said,
                frozenset({"until", "amount_cny"}),
                ("until", "amount_cny"),
                frozenset({"until", "amount_cny"}),
            ):
                continue
            last = self.day(f"{place}, {begins}", said["until"])
            fen = self.fen(f"{place}, {begins}, amount_cny", said["amount_cny"])
            if first is None or last is None or fen is None:
                continue
            if last < first:
                self.problem(f"{place}, {begins}", N_("it ends on %(ends)s, before it has begun."), ends=last)
            found.append(Period(first, last, fen))
        found.sort(key=lambda one: one.begins)
        for earlier, later in pairwise(found):
            if later.begins <= earlier.until:
                self.problem(
                    f"{place}, {later.begins}",
                    N_("it begins while the one of %(begins)s lasts."),
                    begins=earlier.begins,
                )
        return tuple(found)

    def support_rule(self, name: str, entry: Any, pots: set[Any]) -> SupportRule | None:
        place = f"rules, {name}"
        if not self.keys(place, entry, _RULE, _RULE_NEEDED, _LATER):
            return None
        before = len(self.problems)
        state = entry["state"]
        self.one_of(f"{place}, state", state, tuple(RULE_STATES))
        begins = self.day(f"{place}, from", entry["from"])
        until, claim_by = (
            self.day(f"{place}, {key}", entry[key]) if key in entry else None for key in ("until", "claim_by")
        )
        for key, last, first in (("until", until, begins), ("claim_by", claim_by, until or begins)):
            if last is not None and first is not None and last < first:
                self.problem(f"{place}, {key}", N_("it ends on %(ends)s, before it has begun."), ends=last)
        if state == LAPSED and until is None:
            self.problem(place, N_("what has lapsed has a last day: write until."))
        if (state == EXAMPLE) != ("place" in entry):
            self.problem(place, N_("an example says whose it is (place: {zh: …, en: …}), and nothing else does."))
        per, what = self.per(f"{place}, per", entry["per"])
        formula = self.formula(f"{place}, amount", entry["amount"])
        if formula is not None and formula.kind == INTEREST and per != ACTIVITY:
            self.problem(f"{place}, amount", N_("interest is of a loan: per names an activity."))
        if formula is not None and formula.kind == SHARE:
            if formula.of is None and per != ACTIVITY:
                self.problem(f"{place}, amount", N_("a share of an activity's amount: per names an activity."))
            if formula.of is not None and per != YEAR:
                self.problem(f"{place}, amount", N_("a share of a figure is of a year: write per: {year: returns}."))
        pot = entry.get("pot")
        if pot is not None and pot not in pots:
            self.problem(place, N_("there is no pot %(name)s in this file."), name=pot)
        needs: Node | None = self.node(place, entry["needs"], None) if "needs" in entry else None
        source, confidence = self.who_says(place, entry)
        evidence = tuple(
            label
            for number, said in enumerate(entry.get("evidence") or (), 1)
            if (label := self.label(f"{place}, evidence {number}", said)) is not None
        )
        where = self.label(f"{place}, place", entry["place"]) if "place" in entry else None
        dated = str(entry["dated"]) if isinstance(entry["dated"], int | date) else ""
        if not dated:
            self.problem(f"{place}, dated", N_("write the day of the paper, or its year."))
        if len(self.problems) > before or begins is None or formula is None:
            return None
        return SupportRule(
            id=name,
            name=Label(entry["zh"], entry["en"]),
            state=state,
            per=per,
            what=what,
            formula=formula,
            begins=begins,
            until=until,
            claim_by=claim_by,
            needs=needs,
            once=entry.get("once", name),
            pot=pot,
            evidence=evidence,
            law=entry["law"],
            dated=dated,
            source=source or (),
            confidence=confidence or "",
            place=where,
        )

    def per(self, place: str, entry: Any) -> tuple[str, str]:
        known: Mapping[str, tuple[str, ...]] = {
            CERTIFICATE: (HNTE,),
            YEAR: ("returns",),
            EVENT: tuple(EVENTS),
            ACTIVITY: tuple(activity_kinds().kinds),
        }
        kind, what = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else ("", "")
        if kind in known and what in known[kind]:
            return kind, what
        if kind in known:
            text = N_("%(found)s is none of: %(keys)s.")
            self.problem(f"{place}, {kind}", text, found=str(what)[:_LONGEST], keys=", ".join(known[kind]))
            return "", ""
        self.problem(
            place,
            N_("write one of these, with its kind: %(kinds)s; for example per: {event: tutoring_filed}."),
            kinds=", ".join(known),
        )
        return "", ""

    def formula(self, place: str, entry: Any) -> Formula | None:
        kinds = [kind for key, kind in _KIND_OF.items() if isinstance(entry, dict) and key in entry]
        if len(kinds) != 1:
            self.problem(place, N_("write one way to work it out: %(ways)s."), ways=", ".join(_KIND_OF))
            return None
        kind = kinds[0]
        allowed, needed = _AMOUNT_KEYS[kind]
        if not self.keys(place, entry, allowed, needed, allowed):
            return None
        before = len(self.problems)
        fen = next(
            (self.fen(f"{place}, {key}", entry[key]) for key in ("fixed_cny", "up_to_cny", "cap_cny") if key in entry),
            None,
        )
        share, rate = (
            self.fraction(f"{place}, {key}", entry[key]) if key in entry else None for key in ("share", "interest_rate")
        )
        days = {key: self.days(f"{place}, {key}", entry[key]) for key in ("days_a_year", "most_days") if key in entry}
        of = entry.get("of")
        if kind == SHARE and of != ACTIVITY and (of not in catalog() or catalog()[str(of)].type != "money"):
            self.problem(
                place, N_("%(fact)s is no sum of money of the catalogue, and not the amount of an activity."), fact=of
            )
        words = self.label(f"{place}, words", entry["words"]) if "words" in entry else None
        if len(self.problems) > before:
            return None
        return Formula(
            kind,
            cny_fen=fen,
            share=share,
            of=None if of == ACTIVITY else of,
            rate=rate,
            days_a_year=days.get("days_a_year") or 360,
            most_days=days.get("most_days"),
            words=words,
        )

    def fen(self, place: str, found: Any) -> int | None:
        """Yuan as whole fen."""
        if isinstance(found, int | float) and not isinstance(found, bool):
            fen = Decimal(str(found)) * 100
            if fen.is_finite() and fen > 0 and fen == int(fen):
                return int(fen)
        self.problem(
            place, N_("%(found)s is no amount: write a number above nought, with two decimals at most."), found=found
        )
        return None

    def fraction(self, place: str, found: Any) -> Fraction | None:
        if isinstance(found, int | float) and not isinstance(found, bool) and 0 < found <= 1:
            return Fraction(str(found))
        self.problem(place, N_("%(found)s is not a fraction; write 0.05 for 5 %%."), found=found)
        return None

    def days(self, place: str, found: Any) -> int | None:
        if isinstance(found, int) and not isinstance(found, bool) and 0 < found <= 3_660:
            return found
        self.problem(place, N_("%(found)s is no number of days."), found=found)
        return None

    def label(self, place: str, found: Any) -> Label | None:
        said = found if isinstance(found, dict) and set(found) == {"zh", "en"} else {}
        if said and all(isinstance(word, str) and 0 < len(word) <= _LONGEST for word in said.values()):
            return Label(said["zh"], said["en"])
        self.problem(place, N_("write it in both languages: {zh: …, en: …}."))
        return None

    def one_of(self, place: str, found: Any, known: tuple[str, ...]) -> None:
        if found not in known:
            self.problem(place, N_("%(found)s is none of: %(keys)s."), found=found, keys=", ".join(known))

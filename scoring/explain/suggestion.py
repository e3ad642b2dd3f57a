"""A suggestion: which facts move from where to where, which features that brings over their lines, what rule it then
meets, and how many points it is worth; its sentence in either language."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.catalog import catalog
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, N_, Label, Message, speaking
from pipeline.wording import number_format
from scoring.explain.actions import ACTIONS
from scoring.features.matrix import FEATURES, shown

#: How screens and JSON call the two languages.
TONGUES: Mapping[str, str] = {"zh": CHINESE, "en": ENGLISH}
#: Rules named in a sentence; the rest stand in the list.
_RULES_NAMED = 3


@dataclass(frozen=True)
class NewlyMet:
    """A rule, or one condition of it, that a suggestion would also meet; `whole`: the rule itself."""

    board: str
    rule: str
    label: Label
    whole: bool

    def as_json(self) -> dict[str, str | bool]:
        return {"board": self.board, "rule": self.rule, "zh": self.label.zh, "en": self.label.en, "whole": self.whole}


@dataclass(frozen=True)
class Change:
    """One action of a suggestion: a fact of the last year in base units, and the feature whose threshold it passes."""

    action: str
    fact: str
    fact_from: float
    fact_to: float
    feature: str
    value_from: float
    value_to: float

    def as_json(self) -> JsonObject:
        note, fact, feature = ACTIONS[self.action].note, catalog()[self.fact], FEATURES[self.feature].label
        texts: dict[str, str] = {}
        for tongue, language in TONGUES.items():
            texts |= {
                f"fact_{tongue}": getattr(fact, tongue),
                tongue: getattr(feature, tongue),
                f"fact_from_{tongue}": fact_shown(self.fact, self.fact_from, language),
                f"fact_to_{tongue}": fact_shown(self.fact, self.fact_to, language),
                f"from_{tongue}": shown(self.feature, self.value_from, language),
                f"to_{tongue}": shown(self.feature, self.value_to, language),
                f"note_{tongue}": getattr(note, tongue) if note else "",
            }
        return {
            "lever": self.action,
            "fact": self.fact,
            "fact_from": self.fact_from,
            "fact_to": self.fact_to,
            "feature": self.feature,
            "from": self.value_from,
            "to": self.value_to,
            **texts,
        }

    def in_language(self, language: str) -> str:
        """A fact and its feature; the fact alone where both say the same."""
        texts, tongue = self.as_json(), "zh" if language == CHINESE else "en"
        words = {
            "fact": texts[f"fact_{tongue}"],
            "before": texts[f"fact_from_{tongue}"],
            "after": texts[f"fact_to_{tongue}"],
            "feature": texts[tongue],
            "was": texts[f"from_{tongue}"],
            "will": texts[f"to_{tongue}"],
            "note": texts[f"note_{tongue}"],
        }
        if texts["fact_zh"] == texts["zh"] or self.feature in self.fact:
            plain = N_("%(fact)s from %(before)s to %(after)s")
            noted = N_("%(fact)s from %(before)s to %(after)s, %(note)s")
        else:
            plain = N_("%(fact)s from %(before)s to %(after)s (%(feature)s from %(was)s to %(will)s)")
            noted = N_("%(fact)s from %(before)s to %(after)s, %(note)s (%(feature)s from %(was)s to %(will)s)")
        return Message(noted if words["note"] else plain, words).in_language(language)


@dataclass(frozen=True)
class Suggestion:
    """What a firm could do, scored before it is told. `facts`: every fact of the last year that moves, with its new
    value; `profit_before`: the profit that moves along, where no change is about it (fact, value); `combines`: the
    numbers (from 1) of the single suggestions that it takes together, none for a single one."""

    changes: tuple[Change, ...]
    facts: Mapping[str, float]
    points_now: float
    points_then: float
    profit_before: tuple[str, float] | None = None
    also_meets: tuple[NewlyMet, ...] = ()
    combines: tuple[int, ...] = ()

    @property
    def gain(self) -> float:
        return self.points_then - self.points_now

    def in_language(self, language: str) -> str:
        """The suggestion as a sentence; a combination is marked as such and names its parts by their numbers."""
        chinese = language == CHINESE
        steps = [change.in_language(language) for change in self.changes]
        if self.profit_before is not None:
            fact, before = self.profit_before
            words = {
                "fact": getattr(catalog()[fact], "zh" if chinese else "en"),
                "before": fact_shown(fact, before, language),
                "after": fact_shown(fact, self.facts[fact], language),
            }
            steps.append(Message(N_("with it %(fact)s from %(before)s to %(after)s"), words).in_language(language))
        if self.combines:
            numbers = ("、" if chinese else ", ").join(map(str, self.combines))
            steps = [Message(N_("Combination of %(numbers)s"), {"numbers": numbers}).in_language(language)]
        sentence = Message(
            N_("%(steps)s: %(gain)s points more (%(now)s to %(then)s)."),
            {
                "steps": ("；" if chinese else "; ").join(steps),
                "gain": number_format.decimal(self.gain, 1),
                "now": number_format.decimal(self.points_now, 1),
                "then": number_format.decimal(self.points_then, 1),
            },
        ).in_language(language)
        if not self.also_meets:
            return sentence
        labels = (getattr(met.label, "zh" if chinese else "en") for met in self.also_meets[:_RULES_NAMED])
        rules = ("；" if chinese else "; ").join(dict.fromkeys(labels))
        also = Message(N_("It also meets: %(rules)s."), {"rules": rules}).in_language(language)
        return sentence + (also if chinese else f" {also}")

    def as_json(self) -> JsonObject:
        return {
            "changes": [change.as_json() for change in self.changes],
            "facts": dict(self.facts),
            "points_now": self.points_now,
            "points_then": self.points_then,
            "gain": self.gain,
            "kind": "combination" if self.combines else "single",
            "combines": list(self.combines),
            "in_words": {tongue: self.in_language(language) for tongue, language in TONGUES.items()},
            "also_meets": [met.as_json() for met in self.also_meets],
        }


def fact_shown(fact: str, value: float, language: str) -> str:
    """A fact in its unit: money in 万元 however much, to which suggestions are rounded."""
    about = catalog()[fact]
    with speaking(language):
        return number_format.money_in_wan(value) if about.type == "money" else number_format.fact_value(about, value)

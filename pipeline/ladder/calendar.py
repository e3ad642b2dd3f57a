"""The certificates of high-tech enterprises that end within twelve months, month by month, with what renewal would lack
today. What has to be renewed, and the conditions, are those of pipeline.rules.explanation.recognition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, ENGLISH, Label, Message
from pipeline.rules.evaluation.verdicts import Verdicts
from pipeline.rules.explanation import recognition


@dataclass(frozen=True)
class Due:
    """One certificate that ends: on which day, what the conditions say today (met, not_met, unknown), and each open or
    unknown one in words."""

    firm_id: str
    name: str
    district: str
    expires_on: date
    verdict: str
    gaps: Sequence[Label]

    @property
    def month(self) -> str:
        return f"{self.expires_on:%Y-%m}"

    def as_json(self) -> JsonObject:
        return {
            "firm_id": self.firm_id,
            "name": self.name,
            "district": self.district,
            "expires_on": self.expires_on,
            "verdict": self.verdict,
            "gaps": [{"zh": gap.zh, "en": gap.en} for gap in self.gaps],
        }


@dataclass(frozen=True)
class Month:
    """Certificates that end in a month, and of these what renewal would come to by today's figures."""

    month: str
    ending: int
    met: int
    not_met: int
    unknown: int


def due_of(verdicts: Verdicts, named: Mapping[str, tuple[str, str]]) -> list[Due]:
    """Every certificate that ends within twelve months, the soonest first. `named`: firm_id -> name, district."""
    table = recognition.expiry(verdicts)
    ending = table[table["renew"]].sort_values("expires_on", kind="stable")
    gaps = {each.firm_id: [_without_rule(gap) for gap in each.gaps] for each in recognition.renewals(verdicts)}
    return [
        Due(
            firm_id=str(firm),
            name=named.get(str(firm), (str(firm), ""))[0],
            district=named.get(str(firm), ("", ""))[1],
            expires_on=expires.date(),
            verdict=str(verdict),
            gaps=[Label(gap.in_language(CHINESE), gap.in_language(ENGLISH)) for gap in gaps.get(str(firm), [])],
        )
        for firm, expires, verdict in zip(ending.index, ending["expires_on"], ending["verdict"], strict=True)
    ]


def _without_rule(gap: Message) -> Message:
    """What is missing, without the name of the rule before it: all here are of one."""
    named = gap.params.get("gap")
    return named if isinstance(named, Message) else gap


def months_of(due: Sequence[Due]) -> list[Month]:
    """The months in which certificates end, in order; a month in which none does is left out."""
    found = []
    for month in dict.fromkeys(each.month for each in due):
        verdicts = [each.verdict for each in due if each.month == month]
        counts = {word: verdicts.count(word) for word in ("met", "not_met", "unknown")}
        found.append(Month(month, len(verdicts), **counts))
    return found
